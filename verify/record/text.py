"""Text as people and spreadsheets type it, made fit to be signed (`clean`) or to be compared (`fold`).

Files of schools hold NFD, no-break and zero-width spaces, and three letters that look like Đ (domain §8.2). Signed
text is NFC without invisible characters; comparison ignores case, tone marks and the kind of đ.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final

_ESCAPED_CONTROL = re.compile(r"_x00(?:0[0-9A-Fa-f]|1[0-9A-Fa-f])_")
_PUNCTUATION = re.compile(r"[\W_]+")
_DROPPED: Final = frozenset({"Cf", "Cs", "Cn"})
_SPACES: Final = frozenset({"Cc", "Zs", "Zl", "Zp"})
_DASHES: Final = frozenset("-‐‑‒–—−/. ")
_PLAIN_D: Final = str.maketrans({"đ": "d", "ð": "d", "ɖ": "d"})


# Most cells of a workbook are repeated, and these are short; a long one is not kept, or a stranger's file would stay.
_KEPT_CHARACTERS: Final = 64
_KEPT_TEXTS: Final = 8192


def clean(text: str) -> str:
    """NFC, without control and invisible characters, each run of spaces and line breaks as one space."""
    return _kept_clean(text) if len(text) <= _KEPT_CHARACTERS else _cleaned(text)


def _cleaned(text: str) -> str:
    if "_x00" in text:
        text = _ESCAPED_CONTROL.sub(" ", text)
    if not text.isprintable():
        text = "".join(_visible(character) for character in text)
    return unicodedata.normalize("NFC", " ".join(text.split()))


def clean_lines(text: str) -> tuple[str, ...]:
    """The cleaned lines that are not empty."""
    return tuple(line for line in (clean(part) for part in text.splitlines()) if line)


def is_placeholder(text: str) -> bool:
    """Whether cleaned text only says "nothing here": empty, or dashes."""
    return len(text) <= 3 and _DASHES.issuperset(text)


def fold(text: str) -> str:
    """For comparison: lower case, no diacritics, đ and ð as d, punctuation as one space.

    `Mức đạt được (TH&CN)` becomes `muc dat duoc th cn`.
    """
    return _kept_fold(text) if len(text) <= _KEPT_CHARACTERS else _folded(text)


def _folded(text: str) -> str:
    plain = text.casefold().translate(_PLAIN_D)
    if not plain.isascii():
        decomposed = unicodedata.normalize("NFKD", plain)
        plain = "".join(c for c in decomposed if unicodedata.category(c) not in ("Mn", "Cf")).translate(_PLAIN_D)
    return _PUNCTUATION.sub(" ", plain).strip()


_kept_clean = lru_cache(maxsize=_KEPT_TEXTS)(_cleaned)
_kept_fold = lru_cache(maxsize=_KEPT_TEXTS)(_folded)


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if category in _SPACES:
        return " "
    return "" if category in _DROPPED else character
