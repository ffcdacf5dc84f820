"""Checking uploads against the store: verdicts, what a stranger may learn, budgets, and our own failures."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pikepdf
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.identity import SYSTEM, Appointment, Identity, StaffRole
from portal.models import AccessEvent, RecordVersion, Transcript, YearRecordRow
from portal.services import blobs
from portal.services.checking import CheckedFile, Disclosure, check_document, record_check
from portal.services.prints import printed_pdf
from tests.instances import NOW, WORKBOOKS, DemoInstance
from verify import limits
from verify.form.render import render
from verify.record.codec import from_bytes
from verify.record.model import SubjectResult, YearRecord
from verify.verdict import Question, Reason, Status, Verdict

CLERK = Identity(2, "văn thư", (Appointment("MAU-TH-01", StaffRole.CLERK),))
NEIGHBOUR = Identity(4, "trường khác", (Appointment("MAU-TH-02", StaffRole.CLERK),))


def record_of(instance: DemoInstance, number: int = 0) -> YearRecord:
    with instance.reading() as session:
        row = session.scalars(sa.select(RecordVersion).order_by(RecordVersion.id).offset(number).limit(1)).one()
        return from_bytes(blobs.get(session, row.root_sha256))


def sealed(instance: DemoInstance, code: str, *, whole: bool = False) -> bytes:
    with instance.transaction() as session:
        made = printed_pdf(session, instance.runtime.press, SYSTEM, code, None, whole=whole, now=NOW, network="local")
    return made.pdf


def checked(instance: DemoInstance, data: bytes) -> CheckedFile:
    return check_document(instance.runtime.desk(NOW), instance.reading, data, NOW + timedelta(minutes=1))


def altered(instance: DemoInstance, record: YearRecord, marks: int = 1) -> bytes:
    """The form printed anew with other marks, as a forger would."""
    subjects = dict(record.subjects)
    scored = [code for code, result in subjects.items() if result.score is not None]
    assert len(scored) >= marks
    for code in scored[:marks]:
        held = subjects[code]
        subjects[code] = SubjectResult(held.level, 10 if held.score != 10 else 9, held.comment)
    changed = from_changes(record, subjects=subjects)
    return render([changed], instance.runtime.print_context).pdf


def from_changes(record: YearRecord, **changes: object) -> YearRecord:
    return replace(record, **changes)  # type: ignore[arg-type]


def disclosed(instance: DemoInstance, checked_file: CheckedFile, identity: Identity | None = None) -> Disclosure:
    with instance.transaction() as session:
        return record_check(session, identity, checked_file, NOW, "192.0.2.0/24")


def test_a_print_of_ours_is_authentic(instance: DemoInstance) -> None:
    record = record_of(instance)
    answer = checked(instance, sealed(instance, record.lookup_code))
    assert answer.conclusion.verdict is Verdict.AUTHENTIC
    assert (answer.code, answer.school_year, answer.version) == (record.lookup_code, "2025-2026", 1)
    assert answer.card is not None
    assert record.full_name not in answer.card.masked_name


def test_a_booklet_is_authentic(instance: DemoInstance) -> None:
    answer = checked(instance, sealed(instance, record_of(instance).lookup_code, whole=True))
    assert answer.conclusion.verdict is Verdict.AUTHENTIC


def test_a_record_never_printed_here_is_compared_in_todays_frame(instance: DemoInstance) -> None:
    pdf = render([record_of(instance)], instance.runtime.print_context).pdf
    assert checked(instance, pdf).conclusion.verdict is Verdict.CONTENT_MATCHES


def test_an_altered_mark_is_a_mismatch_named_to_the_holder(instance: DemoInstance) -> None:
    answer = checked(instance, altered(instance, record_of(instance)))
    assert answer.conclusion.verdict is Verdict.MISMATCH
    (difference,) = answer.conclusion.differences
    assert difference.field.endswith(".score")
    assert disclosed(instance, answer) == Disclosure(fields=True, values=False)


def test_staff_of_the_school_see_values_and_a_neighbour_does_not(instance: DemoInstance) -> None:
    answer = checked(instance, altered(instance, record_of(instance)))
    assert disclosed(instance, answer, CLERK) == Disclosure(fields=True, values=True)
    assert disclosed(instance, answer, NEIGHBOUR).values is False


def test_a_stranger_with_another_name_learns_no_cell(instance: DemoInstance) -> None:
    pdf = render([from_changes(record_of(instance), full_name="Người Lạ")], instance.runtime.print_context).pdf
    answer = checked(instance, pdf)
    assert answer.conclusion.verdict is Verdict.MISMATCH
    assert disclosed(instance, answer).fields is False


def test_many_differing_cells_are_not_named_to_a_stranger(instance: DemoInstance) -> None:
    answer = checked(instance, altered(instance, record_of(instance), marks=6))
    assert answer.conclusion.verdict is Verdict.MISMATCH
    assert disclosed(instance, answer).fields is False


def test_three_comparisons_a_day_and_the_same_file_is_free(instance: DemoInstance) -> None:
    record = record_of(instance)
    answers = [checked(instance, altered(instance, record, marks)) for marks in (1, 2, 3, 4)]
    assert [disclosed(instance, answer).fields for answer in answers] == [True, True, True, False]
    assert disclosed(instance, answers[0]).fields is True
    assert disclosed(instance, answers[3], CLERK).fields is True


def test_each_check_is_written(instance: DemoInstance) -> None:
    disclosed(instance, checked(instance, sealed(instance, record_of(instance).lookup_code)))
    with instance.reading() as session:
        actions = session.scalars(sa.select(AccessEvent.action)).all()
    assert actions == ["record.print", "record.check"]


def test_unknown_and_not_locked_are_one_answer(instance: DemoInstance) -> None:
    record = record_of(instance)
    unknown = from_changes(record, lookup_code="12345678123441238123123456789012")
    taken = instance.take_in(WORKBOOKS / "lop-1B.xlsx")
    with instance.reading() as session:
        draft = session.scalars(
            sa.select(RecordVersion)
            .join(YearRecordRow, YearRecordRow.id == RecordVersion.year_record_id)
            .join(Transcript, Transcript.id == YearRecordRow.transcript_id)
            .where(Transcript.lookup_code == taken.rows[0].lookup_code)
        ).one()
        unlocked = from_bytes(blobs.get(session, draft.root_sha256))
    answers = [checked(instance, render([each], instance.runtime.print_context).pdf) for each in (unknown, unlocked)]
    assert {answer.conclusion.verdict for answer in answers} == {Verdict.NOT_FOUND}
    assert answers[0].conclusion == answers[1].conclusion
    assert disclosed(instance, answers[1]) == Disclosure(fields=False, values=False)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", Reason.NOT_A_PDF),
        (b"GIF89a", Reason.NOT_A_PDF),
        (b"%PDF-1.7\n%%EOF", Reason.DAMAGED),
    ],
)
def test_what_is_no_pdf_is_said_so(instance: DemoInstance, data: bytes, reason: Reason) -> None:
    answer = checked(instance, data)
    assert (answer.conclusion.verdict, answer.conclusion.deciding.reason) == (Verdict.INSUFFICIENT, reason)


def test_too_large_is_not_even_opened(instance: DemoInstance) -> None:
    answer = checked(instance, b"%PDF-" + bytes(limits.DOCUMENT_BYTES))
    assert answer.conclusion.deciding.reason is Reason.OVER_LIMIT


def test_a_foreign_pdf_is_not_found(instance: DemoInstance) -> None:
    made = io.BytesIO()
    with pikepdf.new() as new:
        new.add_blank_page(page_size=(595, 842))
        new.save(made)
    answer = checked(instance, made.getvalue())
    assert answer.conclusion.verdict is Verdict.NOT_FOUND
    assert answer.conclusion.deciding.reason is Reason.NO_CODE_FOUND


def test_our_failure_is_never_the_documents(instance: DemoInstance) -> None:
    @contextmanager
    def no_database() -> Iterator[Session]:
        engine = sa.create_engine("sqlite:////nowhere/hocba.sqlite3")
        with Session(engine) as session:
            session.execute(sa.text("SELECT 1"))
            yield session

    pdf = sealed(instance, record_of(instance).lookup_code)
    answer = check_document(instance.runtime.desk(NOW), no_database, pdf, NOW)
    assert answer.conclusion.verdict is Verdict.INSUFFICIENT
    (readable,) = (check for check in answer.conclusion.checks if check.question is Question.READABLE)
    assert (readable.status, readable.reason) == (Status.UNKNOWN, Reason.OUR_FAULT)


def test_each_check_has_a_number_of_its_own(instance: DemoInstance) -> None:
    first = checked(instance, b"x")
    later = check_document(instance.runtime.desk(NOW), instance.reading, b"x", NOW)
    assert first.number != later.number
    assert first.file_sha256 == later.file_sha256
