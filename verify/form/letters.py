"""Which characters the form can draw, and what stands for all others.

PDF/A forbids glyphs that the font lacks, and an invisible character (control, direction mark, joiner) must not hide in
a name: each is printed as a visible box. Text runs from left to right only, one glyph a character.
"""

import functools
import struct
import unicodedata
from pathlib import Path
from typing import Final

FONTS: Final = Path(__file__).parent / "fonts"
FACES: Final = ("Regular", "Bold", "Italic", "BoldItalic")
SUBSTITUTE: Final = "□"

_UNDRAWN_CATEGORIES = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Mn", "Me", "Mc", "Zl", "Zp"})
_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})


def printable(text: str) -> str:
    """The text as the form prints it: NFC, runs of white space as one space, what cannot be drawn as `□`."""
    composed = unicodedata.normalize("NFC", " ".join(text.split()))
    if composed.isascii() and composed.isprintable():
        return composed
    return "".join(each if _is_drawn(each) else SUBSTITUTE for each in composed)


@functools.lru_cache(maxsize=4096)
def _is_drawn(character: str) -> bool:
    return (
        ord(character) in drawable()
        and unicodedata.category(character) not in _UNDRAWN_CATEGORIES
        and unicodedata.bidirectional(character) not in _RIGHT_TO_LEFT
    )


@functools.cache
def drawable() -> frozenset[int]:
    """The code points that every face of the embedded font has a glyph for."""
    faces = [_code_points((FONTS / f"LiberationSerif-{face}.ttf").read_bytes()) for face in FACES]
    return frozenset.intersection(*faces)


def _code_points(font: bytes) -> frozenset[int]:
    """The character map of an OpenType font: its format 4 subtable (OpenType 1.9 `cmap`)."""
    cmap = _table(font, b"cmap")
    (count,) = struct.unpack_from(">H", font, cmap + 2)
    for index in range(count):
        (offset,) = struct.unpack_from(">L", font, cmap + 4 + 8 * index + 4)
        (kind,) = struct.unpack_from(">H", font, cmap + offset)
        if kind == 4:
            return _segments(font, cmap + offset)
    raise ValueError("the font has no character map of format 4")


def _table(font: bytes, tag: bytes) -> int:
    (count,) = struct.unpack_from(">H", font, 4)
    for index in range(count):
        name, _checksum, offset, _length = struct.unpack_from(">4sLLL", font, 12 + 16 * index)
        if name == tag:
            return int(offset)
    raise ValueError("the font lacks a table")


def _segments(font: bytes, start: int) -> frozenset[int]:
    (double,) = struct.unpack_from(">H", font, start + 6)
    shape = f">{double // 2}H"
    ends = struct.unpack_from(shape, font, start + 14)
    starts = struct.unpack_from(shape, font, start + 16 + double)
    deltas = struct.unpack_from(shape, font, start + 16 + 2 * double)
    offsets_at = start + 16 + 3 * double
    offsets = struct.unpack_from(shape, font, offsets_at)
    found: set[int] = set()
    for index, (first, last, delta, offset) in enumerate(zip(starts, ends, deltas, offsets, strict=True)):
        for point in range(first, min(last, 0xFFFE) + 1):
            glyph = point
            if offset:
                (glyph,) = struct.unpack_from(">H", font, offsets_at + 2 * index + offset + 2 * (point - first))
            if (glyph + delta) % 65536 if not offset or glyph else 0:
                found.add(point)
    return frozenset(found)
