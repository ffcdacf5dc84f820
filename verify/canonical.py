"""Canonical bytes (RFC 8785, "JCS") and SHA-256 of data; strict parsing.

RFC 8785 does not normalise text and most JSON readers take the last of two equal keys: so parsing refuses
duplicate keys, text that is not NFC, floating-point numbers and integers beyond 2**53 - 1.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import NoReturn

import rfc8785

from verify import limits
from verify.errors import LimitExceeded, MalformedRecord, Refusal

Json = str | int | bool | None | Mapping[str, "Json"] | Sequence["Json"]
_LARGEST_INTEGER = 2**53 - 1
_WRITER = json.JSONEncoder(ensure_ascii=False, check_circular=False, sort_keys=True, separators=(",", ":"))
_BEYOND_UTF16_UNIT = re.compile("[\U00010000-\U0010ffff]")


def sha256(data: bytes) -> str:
    """SHA-256 in lower-case hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def canonicalise(value: Json) -> bytes:
    """The RFC 8785 bytes of a value; raises MalformedRecord for what strict parsing would refuse.

    The standard library's writer, six times as fast, escapes alike, and sorts keys alike as long as every character
    is one UTF-16 unit; `rfc8785` writes the rest. A test holds the two against each other.
    """
    _check(value, 0)
    try:
        text = _WRITER.encode(value)
        if not unicodedata.is_normalized("NFC", text):
            _check_texts(value)
        return rfc8785.dumps(value) if _BEYOND_UTF16_UNIT.search(text) else text.encode()
    except UnicodeEncodeError as error:
        raise MalformedRecord(Refusal.NOT_JSON, "surrogate") from error
    except (TypeError, rfc8785.CanonicalizationError) as error:
        raise MalformedRecord(Refusal.BAD_SHAPE, type(error).__name__) from error


def parse(data: bytes, limit: int = limits.RECORD_BYTES) -> dict[str, Json]:
    """Parse one JSON object strictly; raises MalformedRecord or LimitExceeded."""
    value, _canonical = _parsed(data, limit)
    return value


def parse_canonical(data: bytes, limit: int = limits.RECORD_BYTES) -> dict[str, Json]:
    """Parse bytes that must already be canonical: re-writing them gives the same bytes."""
    value, canonical = _parsed(data, limit)
    if canonical != data:
        raise MalformedRecord(Refusal.NOT_CANONICAL)
    return value


def _parsed(data: bytes, limit: int) -> tuple[dict[str, Json], bytes]:
    """The object, and its canonical bytes: what cannot be written is refused."""
    if len(data) > limit:
        raise LimitExceeded(Refusal.TOO_LARGE, "json")
    try:
        value = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_object,
            parse_float=_refuse_number,
            parse_constant=_refuse_number,
            parse_int=_integer,
        )
    except RecursionError as error:
        raise LimitExceeded(Refusal.TOO_DEEP, "json") from error
    except (UnicodeDecodeError, ValueError) as error:
        raise MalformedRecord(Refusal.NOT_JSON) from error
    canonical = canonicalise(value)
    if not isinstance(value, dict):
        raise MalformedRecord(Refusal.BAD_SHAPE, "not an object")
    return value, canonical


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise MalformedRecord(Refusal.DUPLICATE_KEY)
    return made


def _refuse_number(_text: str) -> NoReturn:
    raise MalformedRecord(Refusal.BAD_NUMBER)


def _integer(text: str) -> int:
    if len(text) > 17 or abs(int(text)) > _LARGEST_INTEGER:
        raise MalformedRecord(Refusal.BAD_NUMBER)
    return int(text)


def _check(value: object, depth: int) -> None:
    """Depth, kinds and numbers; the texts are checked as they are written."""
    if depth > limits.RECORD_DEPTH:
        raise LimitExceeded(Refusal.TOO_DEEP, "json")
    if isinstance(value, str) or value is None:
        return
    if isinstance(value, int):
        if abs(value) > _LARGEST_INTEGER:
            raise MalformedRecord(Refusal.BAD_NUMBER)
        return
    for item in _members(value):
        _check(item, depth + 1)


def _members(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise MalformedRecord(Refusal.BAD_SHAPE, "key")
        return value.values()
    if isinstance(value, list | tuple):
        return value
    raise MalformedRecord(Refusal.BAD_SHAPE, type(value).__name__)


def _check_texts(value: Json) -> None:
    """Text by text: an escape before a combining mark (`\\n` and U+0301) only looks composed in the JSON text."""
    if isinstance(value, str):
        if not unicodedata.is_normalized("NFC", value):
            raise MalformedRecord(Refusal.NOT_NFC)
    elif isinstance(value, dict):
        for member in value.items():
            _check_texts(member)
    elif isinstance(value, list | tuple):
        for item in value:
            _check_texts(item)
