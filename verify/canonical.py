"""Canonical bytes (RFC 8785, "JCS") and SHA-256 of data; strict parsing.

RFC 8785 does not normalise text and most JSON readers take the last of two equal keys: so parsing refuses
duplicate keys, text that is not NFC, floating-point numbers and integers beyond 2**53 - 1.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import NoReturn

import rfc8785

from verify import limits
from verify.errors import LimitExceeded, MalformedRecord, Refusal

Json = str | int | bool | None | Mapping[str, "Json"] | Sequence["Json"]
_LARGEST_INTEGER = 2**53 - 1
_SURROGATE = re.compile("[\ud800-\udfff]")


def sha256(data: bytes) -> str:
    """SHA-256 in lower-case hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def canonicalise(value: Json) -> bytes:
    """The RFC 8785 bytes of a value; raises MalformedRecord for what strict parsing would refuse."""
    _check(value, 0)
    try:
        return rfc8785.dumps(value)
    except rfc8785.CanonicalizationError as error:
        raise MalformedRecord(Refusal.BAD_SHAPE, type(error).__name__) from error


def parse(data: bytes, limit: int = limits.RECORD_BYTES) -> dict[str, Json]:
    """Parse one JSON object strictly; raises MalformedRecord or LimitExceeded."""
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
    _check(value, 0)
    if not isinstance(value, dict):
        raise MalformedRecord(Refusal.BAD_SHAPE, "not an object")
    return value


def parse_canonical(data: bytes, limit: int = limits.RECORD_BYTES) -> dict[str, Json]:
    """Parse bytes that must already be canonical: re-writing them gives the same bytes."""
    value = parse(data, limit)
    if canonicalise(value) != data:
        raise MalformedRecord(Refusal.NOT_CANONICAL)
    return value


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
    if depth > limits.RECORD_DEPTH:
        raise LimitExceeded(Refusal.TOO_DEEP, "json")
    if isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str):
                raise MalformedRecord(Refusal.BAD_SHAPE, "key")
            _check_text(key)
            _check(item, depth + 1)
    elif isinstance(value, list | tuple):
        for item in value:
            _check(item, depth + 1)
    else:
        _check_scalar(value)


def _check_scalar(value: object) -> None:
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, int):
        if abs(value) > _LARGEST_INTEGER:
            raise MalformedRecord(Refusal.BAD_NUMBER)
    elif value is not None:
        raise MalformedRecord(Refusal.BAD_SHAPE, type(value).__name__)


def _check_text(text: str) -> None:
    if text.isascii():
        return
    if not unicodedata.is_normalized("NFC", text):
        raise MalformedRecord(Refusal.NOT_NFC)
    if _SURROGATE.search(text):
        raise MalformedRecord(Refusal.NOT_JSON, "surrogate")
