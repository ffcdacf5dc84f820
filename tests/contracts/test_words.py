"""Words for people: each closed code has its own true Vietnamese sentence that says what to do, and none accuses."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path

import pytest

from portal.errors import Problem
from portal.models import State
from portal.presenters import defects, differences, exchange_words, facts, problems, reasons, refusals, states, verdict
from portal.presenters.tones import Tone
from portal.services.audit import AuditProblem, Defect
from portal.workbooks.refusals import WorkbookProblem, WorkbookRefused
from verify.errors import Refusal, VerifyError
from verify.exchange.judging import Fault
from verify.report.differences import Difference, Found
from verify.signing import Role
from verify.standing import StandingState
from verify.verdict import Check, Question, Reason, Status, Verdict

ROOT = Path(__file__).parents[2]
# A court's word, and a claim that only the ministry's portal may make (domain §6, §8.3).
FORBIDDEN = re.compile(r"(?<!\w)giả(?!\w)|giá trị pháp lý", re.IGNORECASE)
NOTHING_TO_DO = {
    Reason.CLAIMED_TIME_ONLY,
    Reason.VALID_WHEN_RECEIVED,
    Reason.VALID_AT_EARLIER_LOCK,
    Reason.VALID_BY_OTHER_LOG,
    Reason.NO_WITNESS_REQUIRED,
    Reason.NO_STAMP_REQUIRED,
}
DETAIL = dict.fromkeys(
    ("limit", "count", "sheets", "classes", "found", "wanted", "sheet", "part", "row", "column"), "7"
)


def assert_sentence(text: str) -> None:
    assert text == unicodedata.normalize("NFC", text)
    assert text[0].isupper() or text[0] in "“…"
    assert text[-1] in ".?”"
    assert "%(" not in text
    assert "{" not in text
    assert "  " not in text
    assert not FORBIDDEN.search(text)


def repeated(texts: Iterable[str]) -> list[str]:
    return [text for text, count in Counter(texts).items() if count > 1]


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason is not Reason.OK])
@pytest.mark.parametrize("status", [Status.FAILED, Status.UNKNOWN])
def test_reason(reason: Reason, status: Status) -> None:
    check = Check(Question.READABLE, status, reason)
    assert_sentence(reasons.sentence(check))
    assert_sentence(reasons.what(check))
    if reason not in NOTHING_TO_DO:
        assert_sentence(reasons.advice(check))


def test_reasons_are_told_apart() -> None:
    words = {reason: held.what for reason, held in reasons.REASONS.items()}
    assert not repeated(words.values())
    assert set(reasons.REASONS) == set(Reason) - {Reason.OK}


@pytest.mark.parametrize("question", Question)
def test_question(question: Question) -> None:
    assert_sentence(reasons.question(question))
    assert_sentence(reasons.sentence(Check(question, Status.PASSED)))
    for status in (Status.FAILED, Status.UNKNOWN, Status.NOT_APPLICABLE):
        assert_sentence(reasons.sentence(Check(question, status)))


def test_questions_are_told_apart() -> None:
    assert not repeated(reasons.QUESTIONS.values())
    assert not repeated(reasons.PASSED.values())


def test_each_question_stands_under_exactly_one_of_the_three() -> None:
    shown = (*facts.CHANGED, *facts.SIGNED, *facts.STANDING)
    assert not repeated(shown)
    assert set(shown) == set(Question)


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        (reasons.STATUSES, Status),
        (verdict.TITLES, Verdict),
        (states.STATES, State),
        (states.STANDINGS, StandingState),
        (states.ROLES, Role),
    ],
    ids=["status", "verdict", "state", "standing", "role"],
)
def test_short_words(words: dict[StrEnum, str], codes: type[StrEnum]) -> None:
    assert set(words) == set(codes)
    assert not repeated(words.values())
    for text in words.values():
        assert text[0].isupper()
        assert not FORBIDDEN.search(text)


def test_green_is_for_the_original_only() -> None:
    assert set(verdict.TONES) == set(Verdict)
    assert [each for each, tone in verdict.TONES.items() if tone is Tone.GOOD] == [Verdict.AUTHENTIC]
    assert Tone.GOOD not in {states.standing_tone(standing) for standing in StandingState}


@pytest.mark.parametrize("problem", Problem)
def test_problem(problem: Problem) -> None:
    assert_sentence(problems.sentence(problem, {}))
    page = problems.error_page(problem, {})
    assert page.advice
    assert page.text != page.advice
    assert not page.title.endswith(".")


def test_problems_are_told_apart() -> None:
    assert not repeated(words.what for words in problems.PROBLEMS.values())


@pytest.mark.parametrize("refusal", Refusal)
def test_refusal(refusal: Refusal) -> None:
    assert_sentence(refusals.refusal_sentence(VerifyError(refusal)))
    assert all(refusals.REFUSALS[refusal])


def test_refusals_are_told_apart() -> None:
    assert not repeated(what for what, _advice in refusals.REFUSALS.values())


@pytest.mark.parametrize("defect", Defect)
def test_defect(defect: Defect) -> None:
    assert_sentence(defects.defect_sentence(AuditProblem(defect, detail="head")))


@pytest.mark.parametrize("problem", WorkbookProblem)
def test_workbook_problem(problem: WorkbookProblem) -> None:
    assert_sentence(WorkbookRefused(problem, **DETAIL).message)


@pytest.mark.parametrize("fault", Fault)
def test_why_a_bundle_from_elsewhere_is_not_taken(fault: Fault) -> None:
    assert_sentence(exchange_words.FAULTS[fault])


@pytest.mark.parametrize("status", [*problems.HTTP, 406, 418, 500, 502])
def test_http_status(status: int) -> None:
    page = problems.http_error_page(status, seconds=70)
    for text in (page.text, page.advice):
        assert_sentence(text)


@pytest.mark.parametrize(
    "path",
    sorted(
        path
        for folder, ending in (("templates", "*.html"), ("portal", "*.py"), ("verify", "*.py"), ("verify", "*.typ"))
        for path in (ROOT / folder).rglob(ending)
    ),
    ids=lambda path: path.relative_to(ROOT).as_posix(),
)
def test_nothing_accuses_or_claims(path: Path) -> None:
    """Also in what no table holds: templates, the printed form, findings."""
    found = [
        f"{number}: {line.strip()}"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if FORBIDDEN.search(line)
    ]
    assert not found


@pytest.mark.parametrize("difference", list(Difference))
def test_difference(difference: Difference) -> None:
    found = Found(difference, 7, "0" * 32, "TH-1", "head")
    assert_sentence(differences.difference_sentence(found))
    assert "dòng 7" in differences.difference_line(found)


def test_each_difference_has_its_own_sentence() -> None:
    assert not repeated(differences.DIFFERENCES.values())
