"""Strict reading of single JSON fields of log entries and openings: the value as it stands, or a refusal."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Final

from verify import limits
from verify.canonical import Json
from verify.errors import MalformedRecord, Refusal

HASH: Final = re.compile(r"[0-9a-f]{64}")
ROLE: Final = re.compile(r"[a-z][a-z_]{0,39}")
LOOKUP_CODE: Final = re.compile(r"[0-9a-f]{32}")
SCHOOL_YEAR: Final = re.compile(r"[0-9]{4}-[0-9]{4}")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


def exactly(value: Mapping[str, Json], keys: frozenset[str]) -> None:
    """Refuse missing and unknown keys; raises MalformedRecord(BAD_SHAPE), like every function here."""
    if set(value) != keys:
        raise MalformedRecord(Refusal.BAD_SHAPE, "keys")


def text(value: object, pattern: re.Pattern[str], path: str) -> str:
    """Text that a pattern describes completely."""
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise MalformedRecord(Refusal.BAD_SHAPE, path)
    return value


def unit(value: object) -> str:
    """The opaque code of a school or other unit."""
    if not isinstance(value, str) or not 0 < len(value) <= limits.NAME_CHARACTERS:
        raise MalformedRecord(Refusal.BAD_SHAPE, "unit")
    return value


def name(value: object, path: str) -> str:
    """A short public name on one line, such as that of a system."""
    if not isinstance(value, str) or not 0 < len(value) <= limits.NAME_CHARACTERS or not value.isprintable():
        raise MalformedRecord(Refusal.BAD_SHAPE, path)
    return value


def positive(value: object, path: str) -> int:
    """A whole number from 1; `true` is none."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise MalformedRecord(Refusal.BAD_SHAPE, path)
    return value


def index(value: object, path: str) -> int:
    """The index of a leaf, or another whole number from 0; `true` is none."""
    if type(value) is not int or value < 0:
        raise MalformedRecord(Refusal.BAD_SHAPE, path)
    return value


def time_text(moment: datetime) -> str:
    """`2026-06-30T16:59:59Z` of an aware moment in whole seconds."""
    if moment.utcoffset() is None or moment.microsecond:
        raise MalformedRecord(Refusal.BAD_SHAPE, "time")
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def time(value: object, path: str) -> datetime:
    """The moment that `time_text` writes, in UTC."""
    try:
        return datetime.strptime(text(value, _TIME, path), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise MalformedRecord(Refusal.BAD_SHAPE, path) from error


def day(value: object, path: str) -> date:
    """The day that `date.isoformat` writes: `2026-06-30`."""
    try:
        return date.fromisoformat(text(value, _DAY, path))
    except ValueError as error:
        raise MalformedRecord(Refusal.BAD_SHAPE, path) from error
