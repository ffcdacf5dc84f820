"""Canonical bytes: RFC 8785 on the way out, strict on the way in."""

import json
import unicodedata
from types import MappingProxyType
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from verify.canonical import Json, canonicalise, parse, parse_canonical
from verify.errors import LimitExceeded, MalformedRecord, Refusal, VerifyError

texts = st.text(st.characters(codec="utf-8"), max_size=20).filter(lambda text: unicodedata.is_normalized("NFC", text))
values: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(texts, values, max_size=5))
def test_round_trip(value: dict[str, Json]) -> None:
    data = canonicalise(value)
    assert parse_canonical(data) == value
    assert canonicalise(parse(data)) == data


@given(values)
def test_writes_what_the_reference_writes(value: Json) -> None:
    assert canonicalise(value) == rfc8785.dumps(value)


def test_every_character_of_one_unit_is_written_as_the_reference_writes_it() -> None:
    # The text ends in a starter, so that no neighbours compose; surrogates are refused elsewhere.
    units = [chr(code) for code in range(0x10000) if not 0xD800 <= code < 0xE000]
    plain = [unit for unit in units if unicodedata.is_normalized("NFC", unit)]
    value: Json = {f"{unit}k": f"{unit}v" for unit in plain if unicodedata.is_normalized("NFC", f"{unit}kv")}
    assert canonicalise(value) == rfc8785.dumps(value)


def test_an_escape_before_a_combining_mark_is_normalised_text() -> None:
    value = {"a": "\n\u0301", "b": "\x0b\u0307", "c\n\u0303": "\t\u0308"}
    assert parse_canonical(canonicalise(value)) == value == parse(rfc8785.dumps(value))


@pytest.mark.parametrize("value", [{"a": "e\u0301"}, {"e\u0301": 1}, [["n\u0303"]], {"a": ["\n\u0301", "o\u0302"]}])
def test_text_that_is_not_composed_is_not_written(value: Json) -> None:
    with pytest.raises(MalformedRecord) as caught:
        canonicalise(value)
    assert caught.value.refusal is Refusal.NOT_NFC


@pytest.mark.parametrize(
    ("value", "refusal"),
    [
        (1.0, Refusal.BAD_SHAPE),
        ({1: "a"}, Refusal.BAD_SHAPE),
        ({"a": {2, 3}}, Refusal.BAD_SHAPE),
        (MappingProxyType({"a": 1}), Refusal.BAD_SHAPE),
        (2**53, Refusal.BAD_NUMBER),
        (["\udfff"], Refusal.NOT_JSON),
    ],
)
def test_what_is_no_value_is_not_written(value: Any, refusal: Refusal) -> None:
    with pytest.raises(MalformedRecord) as caught:
        canonicalise(value)
    assert caught.value.refusal is refusal


def test_keys_are_ordered_by_utf16_units() -> None:
    # RFC 8785 §3.2.3: U+1F600 is a surrogate pair and sorts before U+FF21
    assert canonicalise({"\uff21": 1, "\U0001f600": 2, "a": 3}).decode() == '{"a":3,"\U0001f600":2,"\uff21":1}'


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ('{"a":1,"a":2}', Refusal.DUPLICATE_KEY),
        ('{"a":{"b":1,"b":1}}', Refusal.DUPLICATE_KEY),
        ('{"a":1.0}', Refusal.BAD_NUMBER),
        ('{"a":1e3}', Refusal.BAD_NUMBER),
        ('{"a":NaN}', Refusal.BAD_NUMBER),
        ('{"a":9007199254740992}', Refusal.BAD_NUMBER),
        ('{"a":' + "9" * 400 + "}", Refusal.BAD_NUMBER),
        ('{"a":"Nguye\u0302\u0303n"}', Refusal.NOT_NFC),
        ('{"a":"\\ud800"}', Refusal.NOT_JSON),
        ('{"a":1', Refusal.NOT_JSON),
        ("[1]", Refusal.BAD_SHAPE),
        ('{"a":' + "[" * 40 + "]" * 40 + "}", Refusal.TOO_DEEP),
    ],
)
def test_refused(text: str, refusal: Refusal) -> None:
    with pytest.raises(VerifyError) as caught:
        parse(text.encode("utf-8", "surrogatepass"))
    assert caught.value.refusal is refusal


@pytest.mark.parametrize("text", ['{"b":1,"a":2}', '{ "a":1}', '{"a":1}\n', '{"a":"\\u0041"}'])
def test_other_spellings_are_not_canonical(text: str) -> None:
    assert isinstance(json.loads(text), dict)
    with pytest.raises(MalformedRecord) as caught:
        parse_canonical(text.encode())
    assert caught.value.refusal is Refusal.NOT_CANONICAL


def test_size_is_bounded() -> None:
    with pytest.raises(LimitExceeded):
        parse(b'{"a":"' + b"x" * 300_000 + b'"}')


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(data: bytes) -> None:
    try:
        parse(data)
    except VerifyError:
        pass
