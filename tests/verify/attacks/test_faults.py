"""What is our fault, or merely unknown, is never held against a document; who guesses learns no cell."""

from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, cast

import pikepdf
import pytest
from pikepdf import Name

from portal.services import checking
from portal.services.candidates import candidates
from portal.services.checking import CheckingDesk, check_document
from tests.factories import year_record
from tests.sealed import CONTEXT, sealed_print, verdict_on, with_record
from tests.verify.attacks import vectors
from verify.evidence import Edition
from verify.form.render import render
from verify.record.model import SubjectResult
from verify.record.vocabulary import SubjectLevel
from verify.verdict import Reason, Status, Verdict
from verify.verifier import EDITIONS

NOW = datetime(2026, 6, 20, tzinfo=UTC)


def guessed(**changes: Any) -> bytes:
    """The form printed with a guessed mark."""
    subjects = dict(year_record(4).subjects)
    subjects["toan"] = SubjectResult(SubjectLevel.VERY_GOOD, 9, subjects["toan"].comment)
    return render([year_record(4, subjects=subjects, **changes)], CONTEXT).pdf


def unreadable(*pages: int, data: bytes) -> bytes:
    """Some pages turned into scans: a white picture behind everything."""

    def change(pdf: pikepdf.Pdf) -> None:
        for number in pages:
            white = pdf.make_stream(
                b"\xff",
                Type=Name.XObject,
                Subtype=Name.Image,
                Width=1,
                Height=1,
                ColorSpace=Name.DeviceGray,
                BitsPerComponent=8,
            )
            pdf.pages[number].add_resource(white, Name.XObject, Name.Trang)
            pdf.pages[number].contents_add(b"q 595 0 0 842 0 0 cm /Trang Do Q", prepend=True)

    return vectors.edited(change, data)


def test_who_hides_the_pages_with_the_birth_date_learns_no_cell() -> None:
    data = unreadable(0, 1, data=guessed(birth_date=date(2015, 1, 1)))
    conclusion = verdict_on(data)
    assert conclusion.verdict is Verdict.MISMATCH
    assert {difference.field for difference in conclusion.differences} == {"subjects.toan.score"}
    assert not checking._holds_the_paper(conclusion)


def test_who_holds_the_paper_learns_the_cell() -> None:
    assert checking._holds_the_paper(verdict_on(guessed()))


def test_a_stored_record_that_cannot_be_printed_is_our_fault() -> None:
    broken = Edition((with_record(sealed_print().year, record=b"{}"),), CONTEXT)
    for data in (vectors.true_print().pdf, guessed()):
        conclusion = verdict_on(data, broken)
        assert conclusion.verdict is Verdict.INSUFFICIENT
        report = {check.question.value: check for check in conclusion.checks}
        assert report["text_equal"].reason is Reason.OUR_FAULT
        assert report["readable"].status is Status.PASSED


def test_one_print_of_several_that_cannot_be_printed_accuses_nobody() -> None:
    broken = Edition((with_record(sealed_print().year, record=b"{}"),), CONTEXT)
    conclusion = verdict_on(guessed(), sealed_print().edition, broken)
    assert conclusion.verdict is Verdict.INSUFFICIENT
    assert verdict_on(vectors.true_print().pdf, broken, sealed_print().edition).verdict is Verdict.CONTENT_MATCHES


def test_prints_beyond_those_compared_accuse_nobody() -> None:
    frames = [replace(CONTEXT, system_name=f"Hệ thống {number}") for number in range(EDITIONS)]
    year = sealed_print().year
    editions = [Edition((year,), frame) for frame in frames]
    conclusion = verdict_on(vectors.true_print().pdf, *editions, sealed_print().edition)
    assert (conclusion.verdict, conclusion.deciding.reason) == (Verdict.INSUFFICIENT, Reason.NOT_ASKED)


def test_a_print_equal_but_not_still_is_not_exchanged_for_one_that_differs() -> None:
    """The nearest print is the equal one, even where its picture proves nothing."""
    other = Edition((sealed_print().year,), replace(CONTEXT, system_name="Hệ thống khác"))
    data = vectors.SHOWN_OTHERWISE["hidden stamp"]()
    for editions in ((other, sealed_print().edition), (sealed_print().edition, other)):
        conclusion = verdict_on(data, *editions)
        assert conclusion.deciding.reason is Reason.MAY_SHOW_OTHERWISE


def test_a_document_that_names_no_year_may_be_a_print_of_any() -> None:
    newest, older = ("2025-2026", 1), ("2024-2025", 2)
    old_frame = replace(CONTEXT, system_name="Hệ thống cũ")
    booklet = ((older, newest), old_frame)
    made = [booklet, ((older,), old_frame), ((("2023-2024", 1), newest), old_frame)]
    found = candidates((), (newest, older), made, CONTEXT)
    assert found == [((newest,), CONTEXT), ((older,), old_frame), booklet]
    assert candidates((older,), (newest, older), made, CONTEXT) == [((older,), old_frame)]
    assert candidates((newest,), (newest, older), made, CONTEXT) == [((newest,), CONTEXT)]


@pytest.mark.parametrize("error", [ValueError("x"), RuntimeError("x"), KeyError("x"), OSError("x")])
def test_a_mistake_of_ours_in_a_child_is_told_as_ours(error: Exception) -> None:
    class Broken:
        def run(self, *_task: object) -> object:
            raise error

    desk = CheckingDesk(cast(Any, Broken()), "", cast(Any, None), cast(Any, None), CONTEXT)
    answer = check_document(desk, lambda: nullcontext(cast(Any, None)), b"%PDF-1.7", NOW)
    assert answer.conclusion.verdict is Verdict.INSUFFICIENT
    assert answer.conclusion.deciding.reason is Reason.OUR_FAULT
