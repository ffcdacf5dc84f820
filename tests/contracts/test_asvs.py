"""The list of ASVS 5.0: each requirement of levels 1 and 2 stands in it once, and each test that it names exists."""

import re
from itertools import chain
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
LIST: Final = ROOT / "docs" / "security" / "asvs.md"
# The last number of each section, as far as level 2 goes (ASVS 5.0.0); every number up to it is level 1 or 2.
LAST: Final = (
    "1.1.2 1.2.9 1.3.11 1.4.3 1.5.2 2.1.3 2.2.3 2.3.4 2.4.1 3.2.2 3.3.4 3.4.6 3.5.5 3.7.2 4.1.3 4.2.1"
    " 4.3.2 4.4.4 5.1.1 5.2.3 5.3.2 5.4.3 6.1.3 6.2.12 6.3.4 6.4.4 6.5.5 6.6.3 6.8.4 7.1.3 7.2.4 7.3.2"
    " 7.4.5 7.5.2 7.6.2 8.1.2 8.2.3 8.3.1 8.4.1 9.1.3 9.2.4 10.1.2 10.2.2 10.3.4 10.4.11 10.5.5 10.6.2"
    " 10.7.3 11.1.2 11.2.3 11.3.3 11.4.4 11.5.1 11.6.1 12.1.3 12.2.2 12.3.4 13.1.1 13.2.5 13.3.2 13.4.5"
    " 14.1.2 14.2.4 14.3.3 15.1.3 15.2.3 15.3.7 16.1.1 16.2.5 16.3.4 16.4.3 16.5.3 17.1.1 17.2.4 17.3.2"
)
ROW: Final = re.compile(r"\| (\d[\d.]*)(?:–(\d[\d.]*))? \| ([123]) \| [^|]+ \| (met|n\.a\.|open|operator) \| [^|]+ \|")
TEST: Final = re.compile(r"`([\w/]+\.py)::(test_\w+)`")
PLACE: Final = re.compile(r"`((?:portal|verify|static|deploy|docs|tests|contracts|fuzz)/[\w./-]*)`")


def wanted() -> set[str]:
    numbers: set[str] = set()
    for last in LAST.split():
        section, _, number = last.rpartition(".")
        numbers |= {f"{section}.{each}" for each in range(1, int(number) + 1)}
    return numbers


def numbers_of(first: str, last: str | None) -> list[str]:
    section, _, begin = first.rpartition(".")
    end = (last or first).rpartition(".")[2]
    return [f"{section}.{each}" for each in range(int(begin), int(end) + 1)]


def rows() -> list[re.Match[str]]:
    lines = [line for line in LIST.read_text(encoding="utf-8").splitlines() if re.match(r"\| \d", line)]
    found = [ROW.fullmatch(line) for line in lines]
    assert None not in found, [line for line, row in zip(lines, found, strict=True) if row is None]
    return [row for row in found if row is not None]


def test_each_requirement_stands_there_once() -> None:
    told = list(chain.from_iterable(numbers_of(row[1], row[2]) for row in rows()))
    assert len(told) == len(set(told)), sorted({each for each in told if told.count(each) > 1})
    assert not wanted() - set(told)
    assert len(wanted()) == 253


def test_each_test_that_it_names_exists() -> None:
    named = TEST.findall(LIST.read_text(encoding="utf-8"))
    assert len(named) > 100
    for path, name in named:
        text = (ROOT / "tests" / path).read_text(encoding="utf-8")
        assert re.search(rf"^def {name}\(", text, re.MULTILINE), f"{path} has no {name}"


def test_each_place_that_it_names_exists() -> None:
    for place in PLACE.findall(LIST.read_text(encoding="utf-8")):
        assert (ROOT / place).exists() or (ROOT / "tests" / place).exists(), place


def test_what_is_met_says_by_what() -> None:
    for row in rows():
        assert row[4] != "met" or len(row[0].split(" | ")[-1]) > 10, row[0]
