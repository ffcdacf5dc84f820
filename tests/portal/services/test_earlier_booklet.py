"""Grades 1 to 5 of a pupil stand together: three years of the system before this one, two locked here, one booklet."""

import io
import secrets
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pikepdf
import sqlalchemy as sa
import typst
from pypdfium2 import PdfDocument

from portal.identity import SYSTEM
from portal.models import Transcript
from portal.services import earlier_imports, earlier_keys, key_proposals, lookup, organisation
from portal.services.audit import audit
from portal.services.checking import CheckedFile, check_document
from portal.services.earlier_imports import Desk
from portal.services.examinations import examine_for_period
from portal.services.intake import take_in
from portal.services.prints import printed_pdf
from portal.signers.file import FileSigner
from portal.workbooks.judging import JudgedClass, JudgedPupil
from tests import earlier
from tests.earlier import OLD_CODE, bundle, entry
from tests.factories import year_record
from tests.instances import NOW, SCHOOL, DemoInstance, fresh_code
from tests.portal.services.test_earlier_imports import first, second
from verify.code import grouped
from verify.log import notes
from verify.signing import Role, Signer
from verify.verdict import Question, Reason, Status, Verdict

SCRIPT = Path(__file__).parents[3] / "docs" / "verify_receipt.py"
OLD_GRADES, NEW_GRADES = (1, 2, 3), (4, 5)
FIRST_DAY, LAST_DAY = date(2022, 1, 1), date(2024, 7, 31)


def effective(school_year: str) -> datetime:
    return datetime(int(school_year[5:]), 6, 30, 16, 59, 59, tzinfo=UTC)


def old_signers(instance: DemoInstance) -> dict[Role, FileSigner]:
    """Keys of the old system, by an authority that the instance trusts; both have expired since."""
    assert instance.runtime.authority is not None
    made = datetime(2021, 9, 1, tzinfo=UTC)
    return {
        role: instance.runtime.authority.demo_signer("CU-TH-01", "Trường cũ", role, "Người cũ", made)
        for role in (Role.HEAD, Role.SCHOOL_SEAL)
    }


def recognise(instance: DemoInstance, signers: Mapping[Role, FileSigner]) -> None:
    trust = instance.runtime.trust(NOW)
    start, end = earlier_keys.period_of(FIRST_DAY, LAST_DAY)
    for role, signer in signers.items():
        seen = examine_for_period(signer.certificate, trust, start, end, NOW)
        with instance.transaction() as session:
            number = earlier_keys.propose_earlier_key(
                session, first(instance), SCHOOL, role, seen, FIRST_DAY, LAST_DAY, "1/QĐ", NOW
            )
        with instance.transaction() as session:
            key_proposals.confirm(session, second(instance), number, seen, trust, instance.runtime.log_signer, NOW)


def import_old_years(instance: DemoInstance, *, with_lists: bool) -> None:
    signers = old_signers(instance)
    recognise(instance, signers)
    authority, trust = instance.runtime.authority, instance.runtime.trust(NOW)
    assert authority is not None
    keys: dict[Role, Signer] = dict(signers)
    records = [year_record(grade, lookup_code=OLD_CODE) for grade in OLD_GRADES]
    days = [effective(record.school_year) for record in records]
    lists = [each for day in days for each in authority.crls(day - timedelta(days=1))] if with_lists else []
    data = bundle(*(entry(record, keys, day) for record, day in zip(records, days, strict=True)), lists=lists)
    with instance.reading() as session:
        gate = earlier_imports.gate(session, trust, NOW)
    opened = earlier_imports.open_bundle(instance.runtime.sandbox, data, gate)
    with instance.transaction() as session:
        number = earlier_imports.propose(session, first(instance), data, opened, "2/QĐ", NOW)
    desk = Desk(trust, instance.runtime.log_signer, lambda: secrets.token_bytes(32), fresh_code, True)
    with instance.transaction() as session:
        earlier_imports.confirm(session, second(instance), number, opened, desk, NOW)
        lines = earlier_imports.report_of(session, number)
    assert [line.outcome.value for line in lines] == ["taken"] * 3


def lock_new_years(instance: DemoInstance) -> str:
    """The years of this system, under a code of its own."""
    code = fresh_code()
    for grade in NEW_GRADES:
        record = year_record(grade)
        judged = JudgedClass(record.class_name, grade, (JudgedPupil(5, 1, record, ()),), ())
        with instance.transaction() as session:
            school = organisation.unit(session, SCHOOL)
            taken = take_in(session, SYSTEM, school, record.school_year, judged, f"{grade}" * 64, lambda: code, NOW)
        assert taken.packet is not None
        instance.sign(taken.packet)
        instance.lock(taken.packet)
    return code


def booklet(instance: DemoInstance, code: str, year: str | None = None) -> bytes:
    with instance.transaction() as session:
        return printed_pdf(
            session, instance.runtime.press, SYSTEM, code, year, whole=year is None, now=NOW, network="local"
        ).pdf


def checked(instance: DemoInstance, data: bytes) -> CheckedFile:
    return check_document(instance.runtime.desk(NOW), instance.reading, data, NOW + timedelta(minutes=1))


def pages(pdf: bytes) -> list[str]:
    return [" ".join(page.get_textpage().get_text_bounded().split()) for page in PdfDocument(pdf)]


def test_five_years_stand_together_and_are_the_original(empty_instance: DemoInstance) -> None:
    """With the lists of that time everything could be asked, so the sealed booklet is what it is."""
    code = lock_new_years(empty_instance)
    import_old_years(empty_instance, with_lists=True)
    with empty_instance.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Transcript)) == 1
        view = lookup.transcript(session, SYSTEM, code, NOW, "local")
        card = lookup.card(session.connection(), code)
        by_old_code = lookup.card(session.connection(), OLD_CODE)
        assert audit(session, empty_instance.runtime.log_signer.verifier).problems == ()
    assert [year.record.grade for year in view.years] == [5, 4, 3, 2, 1]
    assert {year.record.lookup_code for year in view.years} == {code}
    origins = [year.origin for year in view.years]
    assert origins[:2] == [None, None]
    assert {each.signed_code for each in origins if each is not None} == {OLD_CODE}
    assert all(each.unknown == () for each in origins if each is not None)
    assert card is not None
    assert by_old_code == card, "papers of the old system lead to the same card"
    assert [(year.source, year.effective_at) for year in card.years[2:]] == [
        (earlier.SOURCE, effective(year.school_year)) for year in card.years[2:]
    ]
    pdf = booklet(empty_instance, code)
    texts = pages(pdf)
    noted = [text for text in texts if "Nhập từ hệ thống trước" in text]
    assert 0 < len(noted) < len(texts), "the pages of the earlier years say so, the others do not"
    assert all(f"{earlier.SOURCE}, hiệu lực từ 30/06/202" in text and "nhập ngày 20/06/2026" in text for text in noted)
    assert all(grouped(code) in text for text in texts)
    found = checked(empty_instance, pdf)
    assert found.conclusion.verdict is Verdict.AUTHENTIC, found.conclusion.deciding
    assert len(found.conclusion.compared) == 5
    resaved = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as held:
        held.save(resaved)
    assert checked(empty_instance, resaved.getvalue()).conclusion.verdict is Verdict.CONTENT_MATCHES


def test_without_the_lists_of_that_time_nothing_is_painted_as_passed(empty_instance: DemoInstance) -> None:
    code = lock_new_years(empty_instance)
    import_old_years(empty_instance, with_lists=False)
    with empty_instance.reading() as session:
        view = lookup.transcript(session, SYSTEM, code, NOW, "local")
    for year in view.years[2:]:
        assert year.origin is not None
        assert [(check.question, check.reason) for check in year.origin.unknown] == [
            (Question.NOT_REVOKED, Reason.REVOCATION_NOT_KEPT)
        ]
    found = checked(empty_instance, booklet(empty_instance, code)).conclusion
    assert found.verdict is Verdict.INSUFFICIENT
    assert (found.deciding.question, found.deciding.status) == (Question.RECORD_SIGNED, Status.UNKNOWN)
    assert found.deciding.reason is Reason.REVOCATION_NOT_KEPT
    assert found.deciding.facts["school_year"] == "2021-2022"
    for new_year in ("2025-2026", "2024-2025"):
        native = checked(empty_instance, booklet(empty_instance, code, new_year)).conclusion
        assert native.verdict is Verdict.AUTHENTIC, "the years of this system stand for themselves"


def test_an_earlier_year_verifies_offline(empty_instance: DemoInstance, tmp_path: Path) -> None:
    code = lock_new_years(empty_instance)
    import_old_years(empty_instance, with_lists=True)
    with pikepdf.open(io.BytesIO(booklet(empty_instance, code, "2022-2023"))) as pdf:
        for name, spec in pdf.attachments.items():
            (tmp_path / name).write_bytes(spec.get_file().read_bytes())
    key = empty_instance.runtime.log_signer.verifier
    names = ("record.json", "log-leaf.json", "log-receipt.tlog-proof", "log-opening.json")

    def answer() -> subprocess.CompletedProcess[str]:
        signature = f"head={tmp_path / 'signature-head.p7s'}"
        given = [notes.format_vkey(key), *(str(tmp_path / name) for name in names), signature]
        return subprocess.run([sys.executable, str(SCRIPT), *given], capture_output=True, text=True, check=False)

    good = answer()
    assert good.returncode == 0, good.stderr
    assert earlier.SOURCE in good.stdout
    record = tmp_path / "record.json"
    record.write_bytes(record.read_bytes().replace(b'"grade":2', b'"grade":3'))
    assert answer().returncode == 1


def test_a_print_of_the_old_system_is_never_accused(empty_instance: DemoInstance) -> None:
    """It bears a code that leads here, and looks like nothing of ours."""
    code = lock_new_years(empty_instance)
    import_old_years(empty_instance, with_lists=True)
    for named in (code, OLD_CODE):
        found = checked(empty_instance, foreign_print(named)).conclusion
        assert (found.verdict, found.deciding.reason) == (Verdict.INSUFFICIENT, Reason.EARLIER_PRINT)


def foreign_print(code: str) -> bytes:
    """A page of other software that names a code in words."""
    text = f"#set page(footer: [Mã số tra cứu: {grouped(code)}])\nHọc bạ điện tử. Toán: 9. Tiếng Việt: 8."
    made = typst.compile(text.encode(), format="pdf")
    assert isinstance(made, bytes)
    return made
