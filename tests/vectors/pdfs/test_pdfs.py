"""Each vector through the whole check, as a visitor uploads it: every fact as declared, and the one verdict."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from tests.vectors.pdfs import standing
from tests.vectors.pdfs.ground import Ground
from tests.vectors.pdfs.page import COMMAND, page
from tests.vectors.pdfs.table import VECTORS
from tests.vectors.pdfs.vector import Vector, told
from verify.verdict import Reason, Verdict

ROOT: Final = Path(__file__).parents[3]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_a_vector_is_told_as_what_it_is(vector: Vector, ground: Ground, need_command: Callable[[str], str]) -> None:
    if vector.command is not None:
        need_command(vector.command)
    conclusion = ground.check(vector.make(ground)).conclusion
    assert (conclusion.verdict, told(conclusion)) == (vector.verdict, vector.expected)
    if vector.fields is not None:
        assert {difference.field for difference in conclusion.differences} == vector.fields
    assert conclusion.deciding.reason is not Reason.OUR_FAULT


def test_only_what_is_genuine_is_declared_green() -> None:
    assert {vector for vector in VECTORS if vector.verdict is Verdict.AUTHENTIC} == {*standing.GENUINE}


def test_each_name_stands_once() -> None:
    assert [name for name, count in Counter(vector.name for vector in VECTORS).items() if count > 1] == []


def test_the_page_says_what_is_run() -> None:
    assert (ROOT / "docs" / "vectors.md").read_text(encoding="utf-8") == page(), COMMAND
