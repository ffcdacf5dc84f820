"""docs/verdicts.md says what `conclude` does, and what must never happen does not."""

from itertools import product
from pathlib import Path

from tests.verify import verdict_table
from verify.verdict import TOLD_ONLY, Check, Question, Status, Verdict, conclude

PAGE = Path(__file__).parents[2] / "docs" / "verdicts.md"


def test_the_page_is_what_conclude_does() -> None:
    assert PAGE.read_text(encoding="utf-8") == verdict_table.document(), "renew it (see its second line)"


def test_every_combination_stands_in_exactly_one_row() -> None:
    found = verdict_table.joined(list(verdict_table.rows()))
    for statuses in product(Status, repeat=len(verdict_table.COLUMNS)):
        fitting = [
            verdict
            for cells, verdict in found
            if all(
                cell == verdict_table.ANY or status.value in cell.split(", ")
                for cell, status in zip(cells, statuses, strict=True)
            )
        ]
        assert fitting == [verdict_table.judged(statuses)]


def test_every_question_has_a_column() -> None:
    asked = [question for _name, questions in verdict_table.COLUMNS for question in questions]
    assert sorted(asked) == sorted(set(Question) - TOLD_ONLY)


def test_one_question_that_did_not_pass_is_never_authentic() -> None:
    for question, status in product(sorted(set(Question) - TOLD_ONLY), (Status.FAILED, Status.UNKNOWN)):
        checks = [Check(each, status if each is question else Status.PASSED) for each in Question]
        assert conclude(checks).verdict is not Verdict.AUTHENTIC
