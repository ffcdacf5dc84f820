"""A year record as the bytes that a school signs, and back (docs/decisions/0002).

One flat RFC 8785 object: every field of `YearRecord` under its own name, empty ones as null, under a schema name.
Reading is strict: unknown, missing and mistyped fields are refused, so equal records and equal bytes are the same.
Whether a record follows the rules of TT 27/2020 is asked of `verify.record.rules`, not here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from datetime import date
from enum import StrEnum
from typing import Final, TypeVar

from verify.canonical import Json, canonicalise, parse_canonical
from verify.errors import MalformedRecord, Refusal
from verify.record.model import SCHEMA, IssuingSchool, StudyHistoryRow, SubjectResult, TraitResult, YearRecord
from verify.record.vocabulary import GRADES, Gender, OverallResult, SubjectLevel, TraitLevel

_E = TypeVar("_E", bound=StrEnum)
_T = TypeVar("_T")


def to_bytes(record: YearRecord) -> bytes:
    """The canonical bytes; raises MalformedRecord for text that is not NFC."""
    return canonicalise(to_json(record))


def to_json(record: YearRecord) -> dict[str, Json]:
    """The record as plain JSON values under the names of the domain."""
    return {"schema": SCHEMA, **{name: _plain(getattr(record, name)) for name in _NAMES[YearRecord]}}


def _plain(value: object) -> Json:
    if value is None or type(value) in (str, int, bool):
        return value  # type: ignore[return-value]
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return {name: _plain(getattr(value, name)) for name in _NAMES[type(value)]}


# The fields of the model's classes.
_NAMES: Final[Mapping[type, tuple[str, ...]]] = {
    kind: tuple(entry.name for entry in fields(kind))
    for kind in (YearRecord, IssuingSchool, StudyHistoryRow, SubjectResult, TraitResult)
}


def from_bytes(data: bytes) -> YearRecord:
    """Read canonical bytes strictly; raises MalformedRecord or LimitExceeded."""
    held = _Object(parse_canonical(data), "")
    if held.text("schema") != SCHEMA:
        raise _refused("schema")
    record = YearRecord(
        lookup_code=held.text("lookup_code"),
        version=held.positive("version"),
        replaces=held.text_or_none("replaces"),
        school_year=held.text("school_year"),
        grade=held.grade("grade"),
        class_name=held.text("class_name"),
        full_name=held.text("full_name"),
        gender=held.word("gender", Gender),
        birth_date=held.day("birth_date"),
        issuing_school=_school(held.object("issuing_school")),
        subjects=held.mapping("subjects", _subject),
        qualities=held.mapping("qualities", _trait),
        competences=held.mapping("competences", _trait),
        overall_result=held.word("overall_result", OverallResult),
        programme_completed=held.truth("programme_completed"),
        study_history=held.sequence("study_history", _history_row),
        days_absent_with_leave=held.count_or_none("days_absent_with_leave"),
        days_absent_without_leave=held.count_or_none("days_absent_without_leave"),
        awards=held.texts("awards"),
        promoted=held.truth_or_none("promoted"),
        issue_date=held.day_or_none("issue_date"),
        sample=held.truth("sample"),
        **{name: held.text_or_none(name) for name in _OPTIONAL_TEXTS},
    )
    held.require_all_read()
    return record


_OPTIONAL_TEXTS: Final = (
    "personal_id",
    "personal_id_absent_reason",
    "moet_student_code",
    "lifelong_record_code",
    "ethnicity",
    "nationality",
    "birth_place",
    "home_town",
    "address",
    "father",
    "mother",
    "guardian",
    "height_cm",
    "weight_kg",
    "programme_completed_text",
    "promoted_text",
    "homeroom_teacher",
    "issue_place",
)


class _Object:
    """Typed reading of one JSON object; every key must be asked for exactly as it stands."""

    def __init__(self, value: Json, path: str) -> None:
        if not isinstance(value, Mapping):
            raise _refused(path)
        self._value = value
        self._path = path
        self._unread = set(value)

    def _take(self, name: str) -> Json:
        if name not in self._value:
            raise _refused(f"{self._path}{name}")
        self._unread.discard(name)
        return self._value[name]

    def require_all_read(self) -> None:
        if self._unread:
            raise _refused(f"{self._path}{min(self._unread)}")

    def text_or_none(self, name: str) -> str | None:
        value = self._take(name)
        if value is not None and (not isinstance(value, str) or not value):
            raise _refused(f"{self._path}{name}")
        return value

    def text(self, name: str) -> str:
        return self._given(name, self.text_or_none(name))

    def truth_or_none(self, name: str) -> bool | None:
        value = self._take(name)
        if value is not None and not isinstance(value, bool):
            raise _refused(f"{self._path}{name}")
        return value

    def truth(self, name: str) -> bool:
        return self._given(name, self.truth_or_none(name))

    def count_or_none(self, name: str) -> int | None:
        value = self._take(name)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
            raise _refused(f"{self._path}{name}")
        return value

    def positive(self, name: str) -> int:
        value = self.count_or_none(name)
        if not value:
            raise _refused(f"{self._path}{name}")
        return value

    def grade(self, name: str) -> int:
        value = self.positive(name)
        if value not in GRADES:
            raise _refused(f"{self._path}{name}")
        return value

    def day_or_none(self, name: str) -> date | None:
        value = self.text_or_none(name)
        try:
            day = date.fromisoformat(value) if value is not None else None
        except ValueError as error:
            raise _refused(f"{self._path}{name}") from error
        if day is not None and day.isoformat() != value:
            raise _refused(f"{self._path}{name}")
        return day

    def day(self, name: str) -> date:
        return self._given(name, self.day_or_none(name))

    def word(self, name: str, words: type[_E]) -> _E:
        try:
            return words(self.text(name))
        except ValueError as error:
            raise _refused(f"{self._path}{name}") from error

    def object(self, name: str) -> "_Object":
        return _Object(self._take(name), f"{self._path}{name}.")

    def mapping(self, name: str, read: "Callable[[_Object], _T]") -> dict[str, _T]:
        """Read each member; the order is that of the canonical bytes: by key."""
        held = self.object(name)
        return {key: _complete(held.object(key), read) for key in held._value}

    def sequence(self, name: str, read: "Callable[[_Object], _T]") -> tuple[_T, ...]:
        path = f"{self._path}{name}"
        return tuple(_complete(_Object(item, f"{path}.{index}."), read) for index, item in enumerate(self._list(name)))

    def texts(self, name: str) -> tuple[str, ...]:
        items = self._list(name)
        if not all(isinstance(item, str) and item for item in items):
            raise _refused(f"{self._path}{name}")
        return tuple(str(item) for item in items)

    def _list(self, name: str) -> Sequence[Json]:
        value = self._take(name)
        if not isinstance(value, list):
            raise _refused(f"{self._path}{name}")
        return value

    def _given(self, name: str, value: _T | None) -> _T:
        if value is None:
            raise _refused(f"{self._path}{name}")
        return value


def _complete(held: _Object, read: Callable[[_Object], _T]) -> _T:
    value = read(held)
    held.require_all_read()
    return value


def _school(held: _Object) -> IssuingSchool:
    school = IssuingSchool(
        code=held.text("code"),
        name=held.text("name"),
        commune=held.text_or_none("commune"),
        district=held.text_or_none("district"),
        province=held.text_or_none("province"),
        head_name=held.text_or_none("head_name"),
        head_title=held.text_or_none("head_title"),
    )
    held.require_all_read()
    return school


def _history_row(held: _Object) -> StudyHistoryRow:
    return StudyHistoryRow(
        school_year=held.text("school_year"),
        class_name=held.text("class_name"),
        school=held.text("school"),
        register_number=held.text_or_none("register_number"),
        entry_date=held.day_or_none("entry_date"),
    )


def _subject(held: _Object) -> SubjectResult:
    score = held.count_or_none("score")
    return SubjectResult(held.word("level", SubjectLevel), score, held.text_or_none("comment"))


def _trait(held: _Object) -> TraitResult:
    return TraitResult(held.word("level", TraitLevel), held.text_or_none("comment"), held.text_or_none("label"))


def _refused(path: str) -> MalformedRecord:
    return MalformedRecord(Refusal.BAD_SHAPE, path)
