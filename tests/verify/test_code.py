"""Lookup codes: any spelling is read, nothing else is; the QR's text leads back to the same target."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verify.code import PrintTarget, grouped, masked, new_code, parse, parse_target, qr_text
from verify.errors import MalformedRecord, VerifyError

codes = st.binary(min_size=16, max_size=16).map(new_code)
years = st.integers(2000, 2099).map(lambda first: f"{first}-{first + 1}")


@given(codes)
def test_a_new_code_is_a_version_4_uuid(code: str) -> None:
    assert uuid.UUID(code).version == 4
    assert uuid.UUID(code).variant == uuid.RFC_4122


@given(
    codes,
    st.sampled_from([str.upper, str.lower, grouped, lambda c: f"  {c[:8]} {c[8:]}\n", lambda c: f"{{{c}}}"]),
)
def test_any_spelling_gives_the_code(code: str, spell: object) -> None:
    assert callable(spell)
    assert parse(spell(code)) == code


@given(codes, years, st.integers(1, 99))
def test_the_qr_leads_back(code: str, year: str, version: int) -> None:
    target = PrintTarget(code, year, version)
    text = qr_text("https://hocba.example.vn", target)
    summarised = qr_text("https://hocba.example.vn", target, "12" * 300)
    assert summarised.startswith(text.replace("/T/", "/S/") + "#1212")
    assert parse_target(summarised) == target
    assert text == text.upper()
    assert set(text) <= set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")
    assert parse_target(text) == target


@pytest.mark.parametrize(
    "text",
    [
        "",
        "3f2a",
        "z" * 32,
        "3f2a9c1e7b4d1a6f8c0e5d1b2a3c4d5e",
        "0" * 32,
        "3f2a9c1e7b4d4a6f8c0e5d1b2a3c4d5e0",
        "x" * 5000,
    ],
)
def test_what_is_no_code_is_refused(text: str) -> None:
    with pytest.raises(MalformedRecord):
        parse(text)


@given(st.text(max_size=500))
def test_no_text_raises_anything_else(text: str) -> None:
    try:
        assert len(parse(text)) == 32
    except VerifyError:
        pass


def test_logs_hold_four_characters() -> None:
    assert masked("3f2a9c1e7b4d4a6f8c0e5d1b2a3c4d5e") == "3f2a…"
