"""The whole check of a PDF: what must be authentic is, and nothing else ever is (issue 2, must show 3)."""

import io
from dataclasses import replace
from datetime import UTC, datetime

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.factories import OTHER_LOOKUP_CODE, year_record
from tests.pki import NOW, pki
from tests.sealed import CONTEXT, anchors, sealed_print, stored, verdict_on, with_record
from verify.errors import VerifyError
from verify.evidence import Edition
from verify.form.render import render
from verify.log import checkpoint, merkle, notes, receipt
from verify.pdf.content import compare
from verify.pdf.seal import seal
from verify.record.model import SubjectResult
from verify.record.vocabulary import SubjectLevel
from verify.standing import Standing, StandingState
from verify.verdict import Check, Question, Reason, Status, Verdict
from verify.verifier import SAME_BYTES, inspect_pdf, rendered, verify_pdf


def resaved(pdf: bytes) -> bytes:
    made = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        opened.save(made)
    return made.getvalue()


def forged(**changes: object) -> bytes:
    """The form printed anew from altered values, as a forger with our template would."""
    return render([year_record(4, **changes)], CONTEXT).pdf


def altered_mark() -> bytes:
    subjects = dict(year_record(4).subjects)
    subjects["toan"] = SubjectResult(SubjectLevel.VERY_GOOD, 9, subjects["toan"].comment)
    return forged(subjects=subjects)


def status_of(checks: tuple[Check, ...], question: Question) -> Status:
    return next(check.status for check in checks if check.question is question)


def test_a_sealed_print_is_authentic_with_every_fact_passed() -> None:
    conclusion = verdict_on(sealed_print().pdf)
    assert conclusion.verdict is Verdict.AUTHENTIC
    assert {check.question for check in conclusion.checks} == set(Question)
    without = {Question.WITNESSED, Question.TIME_PROVEN}  # nobody is named for either
    assert all(check.status is Status.PASSED or check.question in without for check in conclusion.checks)


def test_byte_for_byte_and_cell_by_cell_agree() -> None:
    made = sealed_print()
    expected = rendered(made.edition)
    assert made.pdf.startswith(expected.pdf)
    assert compare(made.pdf, expected).checks == SAME_BYTES.checks


def test_missing_pages_leave_the_question_open() -> None:
    made = io.BytesIO()
    with pikepdf.open(io.BytesIO(sealed_print().pdf)) as opened:
        del opened.pages[3]
        opened.save(made)
    conclusion = verdict_on(made.getvalue())
    assert (conclusion.verdict, conclusion.deciding.reason) == (Verdict.INSUFFICIENT, Reason.PAGES_MISSING)


@pytest.mark.parametrize("grade", [1, 3, 5])
def test_every_grade_prints_and_checks(grade: int) -> None:
    made = sealed_print(grade)
    assert verdict_on(made.pdf, made.edition).verdict is Verdict.AUTHENTIC


def test_a_resaved_print_matches_in_content() -> None:
    conclusion = verdict_on(resaved(sealed_print().pdf))
    assert conclusion.verdict is Verdict.CONTENT_MATCHES
    assert conclusion.differences == ()


def test_a_print_without_signature_matches_in_content() -> None:
    conclusion = verdict_on(render([sealed_print().record], CONTEXT).pdf)
    assert conclusion.verdict is Verdict.CONTENT_MATCHES
    assert conclusion.deciding.reason is Reason.NO_SIGNATURE


def test_an_altered_mark_is_named() -> None:
    conclusion = verdict_on(altered_mark())
    assert conclusion.verdict is Verdict.MISMATCH
    assert {difference.field for difference in conclusion.differences} == {"subjects.toan.score"}
    (difference,) = conclusion.differences
    assert (difference.expected, difference.found) == ("10", "9")


def test_an_altered_mark_under_a_real_seal_is_still_a_mismatch() -> None:
    """Even our own seal does not make other content true: what counts is the school's signed record."""
    conclusion = verdict_on(seal(altered_mark(), pki().department_seal, NOW))
    assert conclusion.verdict is Verdict.MISMATCH


def test_bytes_after_the_end_are_never_authentic() -> None:
    conclusion = verdict_on(sealed_print().pdf + b"\n% xin chao\n")
    assert conclusion.verdict is Verdict.CONTENT_MATCHES
    assert status_of(conclusion.checks, Question.WHOLE_FILE_COVERED) is Status.FAILED


def test_a_comment_added_later_is_never_authentic() -> None:
    made = io.BytesIO()
    with pikepdf.open(io.BytesIO(sealed_print().pdf)) as opened:
        note = pikepdf.Dictionary(
            Type=pikepdf.Name.Annot,
            Subtype=pikepdf.Name.Text,
            Rect=[500, 780, 520, 800],
            Contents=pikepdf.String("đã xem"),
        )
        page = opened.pages[0]
        page.Annots = pikepdf.Array([*page.get("/Annots", []), note])
        opened.save(made)
    assert verdict_on(made.getvalue()).verdict is not Verdict.AUTHENTIC


def test_another_pupils_print_is_a_mismatch() -> None:
    other = render([year_record(4, lookup_code=OTHER_LOOKUP_CODE, full_name="Trần Văn Ẩn")], CONTEXT).pdf
    conclusion = verdict_on(other)
    assert conclusion.verdict is Verdict.MISMATCH
    assert "full_name" in {difference.field for difference in conclusion.differences}


def test_a_print_of_a_replaced_version_is_not_in_force() -> None:
    made = sealed_print()
    standing = Standing(StandingState.SUPERSEDED, datetime(2026, 7, 1, tzinfo=UTC), "12/QĐ", 2)
    conclusion = verdict_on(made.pdf, Edition((replace(made.year, standing=standing),), CONTEXT))
    assert conclusion.verdict is Verdict.NOT_IN_FORCE
    assert conclusion.deciding.facts["decision"] == "12/QĐ"


def test_the_likeliest_of_several_editions_is_compared() -> None:
    made = sealed_print()
    other = Edition((made.year,), replace(CONTEXT, owner_name="Một cơ quan khác"))
    assert verdict_on(made.pdf, other, made.edition).verdict is Verdict.AUTHENTIC
    named = {difference.field for difference in verdict_on(altered_mark(), other, made.edition).differences}
    assert named == {"subjects.toan.score"}


@pytest.mark.parametrize(
    ("part", "question", "reason"),
    [
        ("no head", Question.RECORD_SIGNED, Reason.ROLE_MISSING),
        ("changed record", Question.RECORD_SIGNED, Reason.DIGEST_DIFFERS),
        ("broken signature", Question.RECORD_SIGNED, Reason.SIGNATURE_MALFORMED),
        ("refused at intake", Question.RECORD_SIGNED, Reason.OTHER_SCHOOL),
        ("other leaf", Question.LOGGED, Reason.NOT_IN_LOG),
        ("other log", Question.LOGGED, Reason.LOG_INCONSISTENT),
        ("no opening", Question.LOGGED, Reason.NOT_IN_LOG),
    ],
)
def test_a_store_that_does_not_prove_itself_is_never_called_genuine(
    part: str, question: Question, reason: Reason
) -> None:
    made = sealed_print()
    year = made.year
    other = stored(year_record(4, full_name="Người Khác"))
    head = checkpoint.Checkpoint("x.example/log", 1, merkle.leaf_hash(year.leaf))
    foreign = receipt.build(receipt.Receipt(0, (), checkpoint.sign(head, _foreign_log())))
    spoils: dict[str, dict[str, object]] = {
        "no head": {"signatures": {"school_seal": year.signatures["school_seal"]}},
        "changed record": {"signatures": dict(other.signatures)},
        "broken signature": {"signatures": {role: cms[:-9] for role, cms in year.signatures.items()}},
        "refused at intake": {"received": (Check(Question.SIGNER_AUTHORISED, Status.FAILED, Reason.OTHER_SCHOOL),)},
        "other leaf": {"leaf": other.leaf},
        "other log": {"receipt": foreign},
        "no opening": {"opening": b"{}"},
    }
    conclusion = verdict_on(made.pdf, Edition((with_record(year, **spoils[part]),), CONTEXT))
    assert conclusion.verdict is Verdict.INSUFFICIENT
    assert (conclusion.deciding.question, conclusion.deciding.reason) == (question, reason)


def _foreign_log() -> notes.Signer:
    return notes.parse_skey(notes.format_skey("x.example/log", bytes(range(32))))


def test_no_record_found_is_said_whatever_the_seal() -> None:
    found = Check(Question.RECORD_FOUND, Status.FAILED, Reason.NOT_LOCKED)
    conclusion = verify_pdf(sealed_print().pdf, found, (), anchors())
    assert conclusion.verdict is Verdict.NOT_FOUND


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_one_flipped_bit_anywhere_is_never_authentic(data: st.DataObject) -> None:
    pdf = sealed_print().pdf
    position = data.draw(st.integers(0, len(pdf) - 1))
    bit = data.draw(st.integers(0, 7))
    changed = pdf[:position] + bytes([pdf[position] ^ (1 << bit)]) + pdf[position + 1 :]
    try:
        inspect_pdf(changed)
        conclusion = verdict_on(changed)
    except VerifyError:
        return
    assert conclusion.verdict is not Verdict.AUTHENTIC
