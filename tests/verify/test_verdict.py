"""`conclude` alone judges: the order of design §9.8, and no combination with a missing check passes."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verify.verdict import (
    ABOUT_THE_CONTENT,
    ABOUT_THE_FILE,
    ABOUT_THE_STORE,
    TOLD_ONLY,
    Check,
    Question,
    Reason,
    Status,
    Verdict,
    conclude,
)

ALL_PASSED = dict.fromkeys(Question, Status.PASSED)


def verdict(**changes: Status) -> Verdict:
    answers = {**ALL_PASSED, **{Question(name): status for name, status in changes.items()}}
    return conclude(Check(question, status) for question, status in answers.items()).verdict


def test_everything_passed_is_authentic() -> None:
    assert verdict() is Verdict.AUTHENTIC


def test_nothing_asked_is_insufficient() -> None:
    conclusion = conclude([])
    assert conclusion.verdict is Verdict.INSUFFICIENT
    assert all(check.reason is Reason.NOT_ASKED for check in conclusion.checks)


@pytest.mark.parametrize("question", sorted(set(Question) - {Question.WITNESSED} - TOLD_ONLY))
@pytest.mark.parametrize("status", [Status.FAILED, Status.UNKNOWN, Status.NOT_APPLICABLE])
def test_one_check_that_did_not_pass_is_never_authentic(question: Question, status: Status) -> None:
    assert verdict(**{question.value: status}) is not Verdict.AUTHENTIC


def test_a_witness_that_is_not_required_does_not_stand_in_the_way() -> None:
    assert verdict(witnessed=Status.NOT_APPLICABLE) is Verdict.AUTHENTIC
    assert verdict(witnessed=Status.FAILED) is Verdict.INSUFFICIENT


@pytest.mark.parametrize("status", Status)
def test_the_age_of_a_record_is_told_and_never_decides(status: Status) -> None:
    assert verdict(time_proven=status) is Verdict.AUTHENTIC
    assert verdict(time_proven=status, text_equal=Status.FAILED) is Verdict.MISMATCH


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"readable": Status.FAILED}, Verdict.INSUFFICIENT),
        ({"record_found": Status.FAILED}, Verdict.NOT_FOUND),
        ({"record_found": Status.UNKNOWN}, Verdict.INSUFFICIENT),
        ({"text_equal": Status.UNKNOWN, "picture_equal": Status.FAILED}, Verdict.INSUFFICIENT),
        ({"text_equal": Status.FAILED, "in_force": Status.FAILED}, Verdict.MISMATCH),
        ({"in_force": Status.FAILED}, Verdict.NOT_IN_FORCE),
        ({"in_force": Status.FAILED, "signature_found": Status.FAILED}, Verdict.NOT_IN_FORCE),
        ({"signature_found": Status.FAILED}, Verdict.CONTENT_MATCHES),
        ({"not_revoked": Status.UNKNOWN}, Verdict.INSUFFICIENT),
        ({"not_revoked": Status.UNKNOWN, "whole_file_covered": Status.FAILED}, Verdict.CONTENT_MATCHES),
        ({"logged": Status.FAILED, "text_equal": Status.FAILED}, Verdict.INSUFFICIENT),
    ],
)
def test_the_order_of_verdicts(changes: dict[str, Status], expected: Verdict) -> None:
    assert verdict(**changes) is expected


@given(st.dictionaries(st.sampled_from(list(Question)), st.sampled_from(list(Status))))
def test_authentic_and_matching_need_every_cell_compared(answers: dict[Question, Status]) -> None:
    conclusion = conclude(Check(question, status) for question, status in answers.items())
    held = {check.question: check.status for check in conclusion.checks}
    if conclusion.verdict in (Verdict.AUTHENTIC, Verdict.CONTENT_MATCHES):
        needed = {Question.READABLE, Question.RECORD_FOUND, Question.IN_FORCE, *ABOUT_THE_CONTENT, *ABOUT_THE_STORE}
        assert all(held[question] is Status.PASSED for question in needed - {Question.WITNESSED})
    if conclusion.verdict is Verdict.AUTHENTIC:
        assert all(held[question] is Status.PASSED for question in ABOUT_THE_FILE)
    if conclusion.verdict is Verdict.MISMATCH:
        assert Status.FAILED in {held[question] for question in ABOUT_THE_CONTENT}


@given(st.lists(st.sampled_from(list(Status)), min_size=1, max_size=4))
def test_a_question_asked_twice_takes_its_worst_answer(statuses: list[Status]) -> None:
    conclusion = conclude(Check(Question.LOGGED, status) for status in statuses)
    (held,) = (check for check in conclusion.checks if check.question is Question.LOGGED)
    order = [Status.FAILED, Status.UNKNOWN, Status.NOT_APPLICABLE, Status.PASSED]
    assert held.status is min(statuses, key=order.index)


def test_the_questions_fall_into_groups_without_overlap() -> None:
    for first, second in combinations((ABOUT_THE_FILE, ABOUT_THE_CONTENT, ABOUT_THE_STORE), 2):
        assert not set(first) & set(second)
