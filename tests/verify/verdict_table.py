"""docs/verdicts.md, computed from `verify.verdict.conclude`: `python -m tests.verify.verdict_table > docs/verdicts.md`.

Questions that `conclude` treats alike are one column. Every combination of statuses is asked; columns after the one
that decides are joined ("any"), and statuses with the same answer share a row. Two more tables ask for what one column
hides: text against picture, and every question about the file by itself.
"""

import sys
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import product
from typing import Final

from portal.presenters.verdict import TITLES
from verify.verdict import (
    ABOUT_THE_CONTENT,
    ABOUT_THE_FILE,
    ABOUT_THE_STORE,
    TOLD_ONLY,
    Check,
    Question,
    Status,
    Verdict,
    conclude,
)

COLUMNS: Final[tuple[tuple[str, tuple[Question, ...]], ...]] = (
    ("readable", (Question.READABLE,)),
    ("record found", (Question.RECORD_FOUND,)),
    ("signed, logged", tuple(each for each in ABOUT_THE_STORE if each is not Question.WITNESSED)),
    ("witnessed", (Question.WITNESSED,)),
    ("content equal", ABOUT_THE_CONTENT),
    ("in force", (Question.IN_FORCE,)),
    ("file original", ABOUT_THE_FILE),
)
ANY: Final = "any"
Row = tuple[tuple[str, ...], Verdict]


@cache
def judged(statuses: tuple[Status, ...]) -> Verdict:
    """The verdict where the questions of each column have its status, all of them."""
    checks = [
        Check(question, status)
        for (_name, questions), status in zip(COLUMNS, statuses, strict=True)
        for question in questions
    ]
    return conclude(checks).verdict


def rows(before: tuple[Status, ...] = ()) -> Iterator[Row]:
    """The combinations that begin so, joined where nothing after makes a difference."""
    after = len(COLUMNS) - len(before)
    answers = {judged(before + rest) for rest in product(Status, repeat=after)}
    if len(answers) == 1:
        yield tuple(status.value for status in before) + (ANY,) * after, answers.pop()
        return
    for status in Status:
        yield from rows((*before, status))


def joined(found: Sequence[Row]) -> list[Row]:
    """Rows that differ in the last column that is not "any", and in nothing else, as one."""
    made: list[Row] = []
    for cells, verdict in found:
        at = sum(cell != ANY for cell in cells) - 1
        if made and made[-1][1] is verdict:
            last = made[-1][0]
            same = all(last[n] == cells[n] for n in range(len(cells)) if n != at)
            if same and at >= 0:
                made[-1] = ((*last[:at], f"{last[at]}, {cells[at]}", *last[at + 1 :]), verdict)
                continue
        made.append((cells, verdict))
    return made


def one_failing(questions: Sequence[Question]) -> Iterator[Row]:
    """Each question with each status, everything else passed."""
    for question in questions:
        for status in Status:
            if status is not Status.PASSED:
                yield (question.value, status.value), _with({question: status})


def _with(changed: dict[Question, Status]) -> Verdict:
    return conclude(Check(each, changed.get(each, Status.PASSED)) for each in Question).verdict


def _text_and_picture() -> Iterator[Row]:
    for text, picture in product(Status, Status):
        statuses = dict(zip(ABOUT_THE_CONTENT, (text, picture), strict=True))
        yield (text.value, picture.value), _with(statuses)


def _markdown(headings: Sequence[str], found: Sequence[Row]) -> Iterator[str]:
    yield "| " + " | ".join((*headings, "verdict")) + " |"
    yield "|---" * (len(headings) + 1) + "|"
    for cells, verdict in found:
        yield "| " + " | ".join((*cells, f"`{verdict.value}` {TITLES[verdict]}")) + " |"


def document() -> str:
    """The whole page."""
    lines = [
        "# Facts and verdicts",
        "",
        "Computed from `verify.verdict.conclude`, the only place that judges a document; a test holds that this page",
        "is what it does. Renew with `python -m tests.verify.verdict_table > docs/verdicts.md`.",
        "A question that was not asked counts as unknown; one that was asked twice takes its worst answer (failed,",
        "unknown, not applicable,",
        "passed). Told beside the verdict and never deciding: "
        + ", ".join(f"`{each.value}`" for each in TOLD_ONLY)
        + ".",
        "",
        "## Every combination",
        "",
        "From left to right: the first column that is not passed decides. “signed, logged” stands for "
        + ", ".join(f"`{each.value}`" for each in COLUMNS[2][1])
        + "; “content equal” for "
        + ", ".join(f"`{each.value}`" for each in ABOUT_THE_CONTENT)
        + "; “file original” for "
        + ", ".join(f"`{each.value}`" for each in ABOUT_THE_FILE)
        + ".",
        "",
        *_markdown([name for name, _questions in COLUMNS], joined(list(rows()))),
        "",
        "## Text against picture",
        "",
        "All else passed. What was not compared is never held against a document, nor for it.",
        "",
        *_markdown([each.value for each in ABOUT_THE_CONTENT], list(_text_and_picture())),
        "",
        "## One question about store or file",
        "",
        "All else passed.",
        "",
        *_markdown(["question", "status"], list(one_failing((*ABOUT_THE_STORE, *ABOUT_THE_FILE)))),
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(document())
