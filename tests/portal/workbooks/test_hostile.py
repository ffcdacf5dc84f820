"""No bytes raise anything but WorkbookRefused: noise, cut and mutated real workbooks, hostile XML in sound archives."""

import random
import re
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.workbooks.judging import JudgedClass
from portal.workbooks.reading import ReadClass, read_class
from portal.workbooks.refusals import WorkbookRefused
from tests.portal.workbooks.build import TITLE, SheetPlan, class_file, judged_read, parts_of, workbook, zipped
from tests.verify.record.test_values import CELLS

DATA: Final = Path(__file__).parents[2] / "data" / "workbooks"
SAMPLES: Final = [path.read_bytes() for path in sorted(DATA.glob("*.xlsx"))] + [class_file()]
PARTS: Final = [parts_of(data) for data in SAMPLES]
SLOW: Final = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
HEADINGS: Final = [
    "STT",
    "Họ và tên",
    "Mã HS",
    "Môn",
    "Mức",
    "Điểm",
    "Toán",
    "Nhân ái",
    "Khoa học",
    "Năng lực",
    "Lớp",
    "Nữ",
]


def read(data: bytes) -> ReadClass | None:
    """Read; a refusal that can be put into words is fine, anything else fails the test."""
    try:
        return read_class(data)
    except WorkbookRefused as refused:
        return None if refused.message else pytest.fail("a refusal without words")


def read_and_judge(data: bytes) -> JudgedClass | None:
    held = read(data)
    try:
        return (
            None
            if held is None
            else judged_read(held, grade=held.grade or 4, school_year=held.school_year or "2025-2026")
        )
    except WorkbookRefused:
        return None


@settings(deadline=None)
@given(st.binary(max_size=2000))
def test_noise(data: bytes) -> None:
    assert read(data) is None
    assert read(b"PK\x03\x04" + data) is None


@SLOW
@given(st.sampled_from(SAMPLES), st.integers(0, 2**32), st.integers(1, 12))
def test_mutated_archives(data: bytes, seed: int, changes: int) -> None:
    read_and_judge(mutated(data, seed, changes))


@SLOW
@given(st.sampled_from(SAMPLES), st.floats(0, 1))
def test_cut_archives(data: bytes, share: float) -> None:
    assert read(data[: int(len(data) * share * 0.999)]) is None


@SLOW
@given(st.sampled_from(PARTS), st.integers(0, 2**32), st.integers(1, 6))
def test_mutated_parts_in_a_sound_archive(parts: dict[str, bytes], seed: int, changes: int) -> None:
    chosen = random.Random(seed).choice(sorted(parts))
    read_and_judge(zipped({**parts, chosen: mutated(parts[chosen], seed, changes)}))


@SLOW
@given(st.sampled_from(PARTS), st.integers(0, 2**32))
def test_mutated_xml_that_stays_well_formed(parts: dict[str, bytes], seed: int) -> None:
    choose = random.Random(seed)
    chosen = choose.choice(sorted(name for name in parts if name.endswith((".xml", ".rels"))))
    read_and_judge(zipped({**parts, chosen: _shuffled(parts[chosen], choose)}))


def mutated(data: bytes, seed: int, changes: int) -> bytes:
    choose = random.Random(seed)
    held = bytearray(data)
    for _change in range(changes):
        place = choose.randrange(len(held) or 1)
        kind = choose.randrange(4)
        if kind == 0:
            held[place : place + 1] = bytes([choose.randrange(256)])
        elif kind == 1:
            del held[place : place + choose.randrange(1, 40)]
        elif kind == 2:
            held[place:place] = choose.choice([b"\x00", b"<c>", b"&#x0;", b"PK\x05\x06", b'"', b"\xff\xff\xff\xff"])
        else:
            other = choose.randrange(len(held) or 1)
            held[place : place + 20] = held[other : other + 20]
    return bytes(held)


def _shuffled(content: bytes, choose: random.Random) -> bytes:
    """Attribute values and texts exchanged for others of the same part or for odd ones."""
    values = re.findall(rb'"([^"<>]*)"', content) or [b""]
    odd = [
        b"",
        b"-1",
        b"0",
        b"A1",
        b"XFD1048576",
        b"99999999999999999999",
        b"inlineStr",
        b"s",
        b"e",
        b"d",
        b"str",
        b"A1:XFD1048576",
    ]
    share = choose.choice([0.002, 0.02, 0.3])

    def change(match: re.Match[bytes]) -> bytes:
        return b'"' + choose.choice([*odd, choose.choice(values)]) + b'"' if choose.random() < share else match[0]

    changed = re.sub(rb'"[^"<>]*"', change, content)
    return re.sub(
        rb">([^<>]*)</", lambda m: b">" + choose.choice(odd) + b"</" if choose.random() < share / 5 else m[0], changed
    )


CELL: Final = (
    CELLS | st.sampled_from(HEADINGS) | st.sampled_from(["T", "T 9", "Lớp 4A1", "Tổng số", "31/02/2016", "An"])
)


@SLOW
@given(
    st.lists(st.lists(CELL, max_size=8), max_size=12), st.lists(st.sampled_from(HEADINGS), max_size=8), st.booleans()
)
def test_sheets_of_anything(rows: list[list[object]], header: list[str], titled: bool) -> None:
    clean = [[_writable(cell) for cell in row] for row in rows]
    plan = SheetPlan("A", [*(TITLE if titled else ()), *clean[:3], header, *clean[3:]])
    read_and_judge(workbook(plan, SheetPlan("Nhận xét", [header, *clean])))


def _writable(cell: object) -> object:
    """What a spreadsheet can hold."""
    if isinstance(cell, float) and not -1e300 < cell < 1e300:
        return None
    if isinstance(cell, int) and not isinstance(cell, bool):
        return cell % 10**15
    if isinstance(cell, str):
        return cell.encode("utf-8", "replace").decode()
    return cell if not hasattr(cell, "year") or 1900 <= cell.year < 9999 else None


@pytest.mark.parametrize("data", SAMPLES, ids=["1B", "3A2", "4A1", "5D", "made"])
def test_the_samples_themselves_are_read(data: bytes) -> None:
    held = read_and_judge(data)
    assert held is not None
    assert held.rows
