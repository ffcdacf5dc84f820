"""Error pages: the same words for a page and the command line, with their values."""

import pytest

from portal.errors import Problem
from portal.presenters import defects, problems, refusals
from portal.services.audit import AuditProblem, Defect
from verify.errors import MalformedRecord, Refusal


def test_a_sentence_names_what_it_is_about() -> None:
    assert "“MAU-TH-99”" in problems.sentence(Problem.UNKNOWN_UNIT, {"code": "MAU-TH-99"})


def test_a_page_says_the_same_as_the_command_line() -> None:
    page = problems.error_page(Problem.NOT_LOCKED, {})
    assert f"{page.text} {page.advice}" == problems.sentence(Problem.NOT_LOCKED, {})


def test_a_value_that_holds_a_percent_sign_stays() -> None:
    assert "“100%(x)s”" in problems.sentence(Problem.UNKNOWN_UNIT, {"code": "100%(x)s"})


@pytest.mark.parametrize(("seconds", "wait"), [(30, "30 giây"), (95, "2 phút"), (None, "một phút")])
def test_too_many_says_when_to_come_back(seconds: int | None, wait: str) -> None:
    assert problems.http_error_page(429, seconds=seconds).advice == f"Thử lại sau {wait}."


def test_missing_and_forbidden_pages_are_one_page() -> None:
    assert "không được xem" in problems.http_error_page(404).text


def test_a_failure_of_ours_is_told_as_ours() -> None:
    for status in (500, 502, 503):
        assert "việc bạn làm không sai" in problems.http_error_page(status).text


def test_a_refusal_of_the_core_says_what_to_do() -> None:
    assert "quét mã QR" in refusals.refusal_sentence(MalformedRecord(Refusal.BAD_CODE))


def test_a_defect_names_its_place() -> None:
    assert "full_name" in defects.defect_sentence(AuditProblem(Defect.COLUMNS_DIFFER, detail="full_name"))
