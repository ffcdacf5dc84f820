"""The payload of a signed summary: an array in deterministic CBOR (RFC 8949 §4.2).

    [1, log index, day of signing, name, birth date, school, class, marks, content] or, with rows beyond the form's
    catalogue, a tenth element [[kind, label, level, score], …]

Days count from 1970-01-01. Texts are packed by `verify.summary.letters`, marks by `verify.summary.marks`. content: the
first 16 bytes of the SHA-256 of the signed record; nobody finds a second record for it (2^128), and that the school
made none is what the log's leaf proves.
Lookup code, school year and version are not repeated: they stand in the address in front of the summary, and the
signature covers them (`verify.summary.signed`).
"""

import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import cbor2

from verify import limits
from verify.errors import LimitExceeded, MalformedRecord, Refusal, VerifyError
from verify.record.model import YearRecord
from verify.record.vocabulary import COMPETENCE_BY_CODE, QUALITY_BY_CODE, SUBJECT_BY_CODE, SubjectLevel, TraitLevel
from verify.summary import letters, marks
from verify.summary.marks import Marks

FORMAT: Final = 1
CONTENT_BYTES: Final = 16
# The largest symbol that a print carries holds less.
_LARGEST: Final = 300
_EPOCH: Final = date(1970, 1, 1)
_Levels = tuple[SubjectLevel | TraitLevel, ...]
# By kind of row, in the order in which they are numbered.
_LEVELS: Final[tuple[_Levels, ...]] = (tuple(SubjectLevel), tuple(TraitLevel), tuple(TraitLevel))
SUBJECT, QUALITY, COMPETENCE = range(3)


@dataclass(frozen=True, slots=True)
class Extra:
    """A row beyond the catalogue. kind: SUBJECT, QUALITY or COMPETENCE. score: 1-10, of subjects only."""

    kind: int
    label: str
    level: SubjectLevel | TraitLevel
    score: int | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """What the QR of a print says under the department's signature.

    log_index: of the leaf that locked the record. signed_on: day in UTC. content: first 16 bytes of the SHA-256 of the
    record that the school signed.
    """

    log_index: int
    signed_on: date
    full_name: str
    birth_date: date
    school_name: str
    class_name: str
    marks: Marks
    content: bytes
    extras: tuple[Extra, ...] = ()


def summary_of(record: YearRecord, root_sha256: str, log_index: int, signed_on: date) -> Summary:
    """The summary of a locked record. root_sha256: of the signed bytes, hexadecimal."""
    return Summary(
        log_index=log_index,
        signed_on=signed_on,
        full_name=record.full_name,
        birth_date=record.birth_date,
        school_name=record.issuing_school.name,
        class_name=record.class_name,
        marks=marks.marks_of(record),
        content=bytes.fromhex(root_sha256)[:CONTENT_BYTES],
        extras=_extras(record),
    )


def _extras(record: YearRecord) -> tuple[Extra, ...]:
    """Rows that a school taught beyond the form, in the order of the record."""
    found = [
        Extra(SUBJECT, code, held.level, held.score)
        for code, held in record.subjects.items()
        if code not in SUBJECT_BY_CODE
    ]
    for kind, rows, known in (
        (QUALITY, record.qualities, QUALITY_BY_CODE),
        (COMPETENCE, record.competences, COMPETENCE_BY_CODE),
    ):
        found += [Extra(kind, held.label or code, held.level) for code, held in rows.items() if code not in known]
    return tuple(found)


def pack(summary: Summary) -> bytes:
    """The canonical bytes; raises MalformedRecord, or LimitExceeded(TOO_LARGE) for what no symbol could hold."""
    array: list[Any] = [
        FORMAT,
        summary.log_index,
        _days(summary.signed_on),
        letters.pack(summary.full_name),
        _days(summary.birth_date),
        letters.pack(summary.school_name),
        letters.pack(summary.class_name),
        marks.pack(summary.marks),
        summary.content,
    ]
    if summary.extras:
        array.append([_extra_row(each) for each in summary.extras])
    data: bytes = cbor2.dumps(array, canonical=True)
    if len(data) > _LARGEST:
        raise LimitExceeded(Refusal.TOO_LARGE, "summary")
    return data


def unpack(data: bytes) -> Summary:
    """Read a payload, in its one spelling; raises MalformedRecord or LimitExceeded for any other bytes."""
    if len(data) > _LARGEST:
        raise LimitExceeded(Refusal.TOO_LARGE, "summary")
    array = decode(data)
    if not isinstance(array, list) or len(array) not in (9, 10) or array[0] != FORMAT:
        raise MalformedRecord(Refusal.UNKNOWN_FORMAT_VERSION, "summary")
    _require_types(array)
    return Summary(
        log_index=array[1],
        signed_on=_day(array[2]),
        full_name=_text(array[3]),
        birth_date=_day(array[4]),
        school_name=_text(array[5]),
        class_name=_text(array[6]),
        marks=marks.unpack(array[7]),
        content=array[8],
        extras=tuple(_extra(row) for row in array[9]) if len(array) == 10 else (),
    )


def decode(data: bytes) -> Any:
    """One CBOR item that is spelled as deterministic encoding spells it; raises MalformedRecord(NOT_CANONICAL)."""
    try:
        value = cbor2.loads(data)
        same = cbor2.dumps(value, canonical=True) == data
    except Exception as error:  # the decoder has no single base of what hostile bytes make it raise
        raise MalformedRecord(Refusal.BAD_SHAPE, type(error).__name__) from error
    if not same:
        raise MalformedRecord(Refusal.NOT_CANONICAL, "cbor")
    return value


def _require_types(array: list[Any]) -> None:
    numbers = all(type(array[place]) is int for place in (0, 1, 2, 4))
    octets = all(isinstance(array[place], bytes) for place in (7, 8)) and len(array[8]) == CONTENT_BYTES
    extras = len(array) == 9 or (isinstance(array[9], list) and len(array[9]) > 0)
    if not (numbers and octets and extras and array[1] >= 0):
        raise MalformedRecord(Refusal.BAD_SHAPE, "summary")


def _text(value: Any) -> str:
    text = letters.unpack(value) if isinstance(value, bytes | str) else None
    if text is None or not 0 < len(text) <= limits.NAME_CHARACTERS or not unicodedata.is_normalized("NFC", text):
        raise MalformedRecord(Refusal.BAD_SHAPE, "text")
    return text


def _extra_row(extra: Extra) -> list[Any]:
    if extra.score is not None and (extra.kind != SUBJECT or not 1 <= extra.score <= 10):
        raise MalformedRecord(Refusal.BAD_NUMBER, "mark")
    return [extra.kind, letters.pack(extra.label), _LEVELS[extra.kind].index(extra.level), extra.score or 0]


def _extra(row: Any) -> Extra:
    try:
        kind, label, level, score = row
        if not (type(kind) is type(level) is type(score) is int and min(kind, level) >= 0):
            raise MalformedRecord(Refusal.BAD_SHAPE, "row")
        held = Extra(kind, _text(label), _LEVELS[kind][level], score or None)
        if _extra_row(held) != row:
            raise MalformedRecord(Refusal.BAD_SHAPE, "row")
    except VerifyError:
        raise
    except (TypeError, ValueError, IndexError) as error:
        raise MalformedRecord(Refusal.BAD_SHAPE, "row") from error
    return held


def _days(day: date) -> int:
    return (day - _EPOCH).days


def _day(days: int) -> date:
    try:
        return _EPOCH + timedelta(days=days)
    except OverflowError as error:
        raise MalformedRecord(Refusal.BAD_NUMBER, "day") from error
