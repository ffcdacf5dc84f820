"""A record and its canonical bytes are the same thing, and nothing else reads as a record."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.factories import booklet, year_record
from tests.verify.record.strategies import year_records
from verify.canonical import canonicalise
from verify.errors import MalformedRecord, VerifyError
from verify.record.codec import from_bytes, to_bytes, to_json
from verify.record.model import YearRecord

RECORD = year_record(4)
BYTES = to_bytes(RECORD)


@given(year_records)
@settings(deadline=None)
def test_round_trip(record: YearRecord) -> None:
    data = to_bytes(record)
    assert from_bytes(data) == record
    assert to_bytes(from_bytes(data)) == data


@pytest.mark.parametrize("record", booklet(), ids=lambda record: f"grade {record.grade}")
def test_round_trip_of_each_grade(record: YearRecord) -> None:
    assert from_bytes(to_bytes(record)) == record


@given(st.integers(0, len(BYTES) - 1), st.integers(1, 255))
@settings(deadline=None)
def test_one_changed_byte_is_never_the_same_record(position: int, change: int) -> None:
    changed = bytearray(BYTES)
    changed[position] ^= change
    try:
        assert from_bytes(bytes(changed)) != RECORD
    except VerifyError:
        pass


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_no_bytes_raise_anything_but_a_refusal(data: bytes) -> None:
    with pytest.raises(VerifyError):
        from_bytes(data)


@given(
    st.sampled_from(sorted(to_json(RECORD))),
    st.recursive(st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5), st.lists, max_leaves=5),
)
@settings(deadline=None)
def test_a_field_of_another_type_raises_nothing_but_a_refusal(name: str, value: Any) -> None:
    try:
        from_bytes(canonicalise({**to_json(RECORD), name: value}))
    except VerifyError:
        pass


DEFECTS: dict[str, Callable[[dict[str, Any]], object]] = {
    "other schema": lambda held: held.update(schema="hocba/year-record/2"),
    "unknown key": lambda held: held.update(rank=1),
    "unknown key inside": lambda held: held["issuing_school"].update(motto="x"),
    "missing key": lambda held: held.pop("height_cm"),
    "empty text instead of null": lambda held: held.update(height_cm=""),
    "grade 6": lambda held: held.update(grade=6),
    "version 0": lambda held: held.update(version=0),
    "truth value as number": lambda held: held.update(days_absent_with_leave=True),
    "unknown gender": lambda held: held.update(gender="nam"),
    "subject level of a trait": lambda held: held["subjects"]["toan"].update(level="Đ"),
    "trait level of a subject": lambda held: held["qualities"]["nhan_ai"].update(level="H"),
    "day that does not exist": lambda held: held.update(birth_date="2016-02-30"),
    "day in another spelling": lambda held: held.update(birth_date="20160228"),
    "awards as text": lambda held: held.update(awards="Học sinh Xuất sắc"),
    "empty award": lambda held: held.update(awards=[""]),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_refuses(defect: str) -> None:
    held = json.loads(BYTES)
    DEFECTS[defect](held)
    with pytest.raises(MalformedRecord):
        from_bytes(canonicalise(held))


def test_refuses_decomposed_text() -> None:
    with pytest.raises(MalformedRecord):
        to_bytes(year_record(4, full_name="Nguye\u0302\u0303n"))
