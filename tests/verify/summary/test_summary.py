"""The signed summary: what was signed comes back, nothing else verifies, and no bytes raise anything but a refusal."""

from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.signers.file import FileSigner
from tests.factories import OTHER_LOOKUP_CODE, year_record
from tests.pki import pki
from tests.verify.summary.hostile import HOSTILE
from verify.code import PrintTarget
from verify.errors import LimitExceeded, MalformedRecord, VerifyError
from verify.record.model import SubjectResult, TraitResult
from verify.record.vocabulary import (
    COMPETENCES,
    QUALITIES,
    SUBJECTS,
    OverallResult,
    SubjectLevel,
    TraitLevel,
)
from verify.summary import letters, marks, payload, signed
from verify.summary.marks import Marks
from verify.summary.payload import COMPETENCE, SUBJECT, Extra, Summary, summary_of
from verify.summary.signed import SummaryKey, from_digits, key_of, open_summary, to_digits

DAY = date(2026, 7, 1)
TARGET = PrintTarget("3f2a9c4d1b7e4f60a8d5c2e9b1740f36", "2024-2025", 1)
NAMES = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=30)


def key() -> SummaryKey:
    held = key_of(pki().department_seal.certificate)
    assert held is not None
    return held


def summary(**changes: Any) -> Summary:
    return replace(summary_of(year_record(4), "ab" * 32, 260_000, DAY), **changes)


@cache
def signed_bytes() -> bytes:
    return signed.sign(summary(), TARGET, pki().department_seal)


def levels(rows: Any, values: type[SubjectLevel] | type[TraitLevel]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.sampled_from([row.code for row in rows]), st.sampled_from(list(values)))


@st.composite
def any_marks(draw: st.DrawFn) -> Marks:
    subjects = draw(levels(SUBJECTS, SubjectLevel))
    scores = {code: draw(st.none() | st.integers(1, 10)) for code in subjects}
    return Marks(
        grade=draw(st.integers(1, 5)),
        overall_result=draw(st.sampled_from(list(OverallResult))),
        programme_completed=draw(st.booleans()),
        promoted=draw(st.none() | st.booleans()),
        subjects={code: SubjectResult(level, scores[code]) for code, level in subjects.items()},
        qualities=draw(levels(QUALITIES, TraitLevel)),
        competences=draw(levels(COMPETENCES, TraitLevel)),
    )


@given(any_marks())
def test_marks_come_back(held: Marks) -> None:
    packed = marks.pack(held)
    assert len(packed) == marks.BYTES
    assert marks.unpack(packed) == held


@given(st.binary(min_size=marks.BYTES, max_size=marks.BYTES))
def test_any_number_has_one_meaning_or_none(data: bytes) -> None:
    try:
        held = marks.unpack(data)
    except MalformedRecord:
        return
    assert marks.pack(held) == data


@pytest.mark.parametrize("score", [-1, 11, 255])
def test_a_score_beyond_the_form_is_not_packed(score: int) -> None:
    held = marks.marks_of(year_record(4))
    wrong = replace(held, subjects={**held.subjects, "toan": SubjectResult(SubjectLevel.VERY_GOOD, score)})
    with pytest.raises(MalformedRecord):
        marks.pack(wrong)


@settings(deadline=None, max_examples=30)
@given(any_marks(), NAMES, NAMES, st.dates(), st.integers(0, 2**32 - 1))
def test_a_summary_comes_back_and_verifies(held: Marks, name: str, school: str, born: date, index: int) -> None:
    given_summary = summary(marks=held, full_name=name, school_name=school, birth_date=born, log_index=index)
    try:
        data = signed.sign(given_summary, TARGET, pki().department_seal)
    except MalformedRecord:  # a name that no record holds: not NFC
        return
    assert open_summary(from_digits(to_digits(data)), TARGET, (key(),)) == given_summary


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_one_flipped_bit_never_verifies(data: st.DataObject) -> None:
    whole = signed_bytes()
    place = data.draw(st.integers(0, 8 * len(whole) - 1))
    flipped = bytearray(whole)
    flipped[place // 8] ^= 1 << place % 8
    with pytest.raises(VerifyError):
        open_summary(bytes(flipped), TARGET, (key(),))


def test_every_bit_of_the_payload_counts() -> None:
    """All of them, where the property test above takes a sample."""
    whole, packed = signed_bytes(), payload.pack(summary())
    start = whole.index(packed)
    for place in range(8 * start, 8 * (start + len(packed))):
        flipped = bytearray(whole)
        flipped[place // 8] ^= 1 << place % 8
        with pytest.raises(VerifyError):
            open_summary(bytes(flipped), TARGET, (key(),))


@pytest.mark.parametrize(
    "target",
    [
        replace(TARGET, code=OTHER_LOOKUP_CODE),
        replace(TARGET, school_year="2025-2026"),
        replace(TARGET, version=2),
    ],
    ids=["code", "year", "version"],
)
def test_it_verifies_behind_its_own_address_only(target: PrintTarget) -> None:
    with pytest.raises(MalformedRecord):
        open_summary(signed_bytes(), target, (key(),))


def test_another_key_is_not_believed() -> None:
    other = key_of(pki().head.certificate)
    assert other is not None
    for keys in ((), (other,), (replace(other, kid=key().kid),)):
        with pytest.raises(MalformedRecord):
            open_summary(signed_bytes(), TARGET, keys)


@given(st.binary(max_size=500))
def test_no_bytes_raise_anything_but_a_refusal(data: bytes) -> None:
    for hostile in (data, b"\xd2" + data, b"\xd2\x84" + data):
        with pytest.raises(VerifyError):
            open_summary(hostile, TARGET, (key(),))
    with pytest.raises(VerifyError):
        payload.unpack(data)


@given(st.text(max_size=1500))
def test_no_text_raises_anything_but_a_refusal(text: str) -> None:
    try:
        data = from_digits(text)
    except VerifyError:
        return
    assert to_digits(data) == text


@pytest.mark.parametrize("defect", HOSTILE)
def test_a_payload_that_is_never_written(defect: str) -> None:
    with pytest.raises(VerifyError):
        payload.unpack(HOSTILE[defect])


def test_a_good_payload_of_that_shape_is_read() -> None:
    """The vectors above fail for their defect, not for their frame."""
    held = payload.unpack(cbor2.dumps([1, 1, 2, b"a", 3, b"b", b"c", bytes(15), bytes(16), [[1, b"x", 0, 0]]]))
    assert (held.full_name, held.extras) == ("a", (Extra(1, "x", TraitLevel.GOOD),))


@given(st.text(max_size=40))
def test_names_come_back(text: str) -> None:
    assert letters.unpack(letters.pack(text)) == text


def test_every_vietnamese_letter_has_a_byte_of_its_own() -> None:
    packed = letters.pack(letters.LETTERS)
    assert isinstance(packed, bytes)
    assert len(set(packed)) == len(letters.LETTERS) == 134
    assert letters.unpack(packed) == letters.LETTERS
    assert isinstance(letters.pack("Nguyễn Thị Ŵ"), str)


def test_rows_beyond_the_catalogue_are_in_it() -> None:
    record = year_record(4)
    subjects = dict(record.subjects) | {"Cờ vua": SubjectResult(SubjectLevel.COMPLETED, 7)}
    competences = dict(record.competences) | {"rieng": TraitResult(TraitLevel.REACHED, label="Kĩ năng sống")}
    made = summary_of(replace(record, subjects=subjects, competences=competences), "cd" * 32, 5, DAY)
    assert made.extras == (
        Extra(SUBJECT, "Cờ vua", SubjectLevel.COMPLETED, 7),
        Extra(COMPETENCE, "Kĩ năng sống", TraitLevel.REACHED),
    )
    assert payload.unpack(payload.pack(made)) == made


def test_a_record_that_no_symbol_could_hold_is_refused() -> None:
    with pytest.raises(LimitExceeded):
        payload.pack(summary(full_name="N" * 200, school_name="T" * 200))


def test_a_key_of_rsa_signs_nothing() -> None:
    assert key_of(b"no certificate") is None

    with pytest.raises(MalformedRecord):
        signed.sign(summary(), TARGET, pki().department_seal_rsa)


def test_a_device_that_signs_with_another_key_is_found() -> None:
    """What leaves `sign` was opened with the public key of the certificate."""
    held = pki().department_seal
    wrong = FileSigner(ec.generate_private_key(ec.SECP256R1()), held.certificate, held.chain)
    with pytest.raises(MalformedRecord):
        signed.sign(summary(), TARGET, wrong)
