"""Whether every viewer takes the same shape for a letter: only fonts that leave no choice.

A font may hold several tables of characters, names of shapes, and a list of differences; which of them counts, each
viewer decides in its own way, so that one string shows a mark in one viewer and nothing in the next. Programs inside a
font move its outlines in the viewers that run them. So fonts are let through in the three forms that faithful copies
have, and programs only as they stand in the form's own fonts. Found by drawing with five viewers (decision 0052).
"""

import struct
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Final

import pikepdf

from verify.form.letters import FONTS

# The 14 fonts of every viewer but the two of signs (ISO 32000-1 §9.6.2.2).
_EVERYWHERE: Final = frozenset(
    {f"/Helvetica{style}" for style in ("", "-Bold", "-Oblique", "-BoldOblique")}
    | {f"/Courier{style}" for style in ("", "-Bold", "-Oblique", "-BoldOblique")}
    | {f"/Times-{style}" for style in ("Roman", "Bold", "Italic", "BoldItalic")}
)
_USUAL: Final = (None, "/WinAnsiEncoding")
# ISO 32000-1 table 123.
_NONSYMBOLIC: Final = 32
_TABLES: Final = 64
_PROGRAMS: Final = (b"fpgm", b"prep", b"cvt ")
# Of a part of a composed glyph (OpenType, table glyf): where it stands in words or bytes, how it is scaled, whether
# another part or a program follows.
_WORDS, _SCALE, _MORE, _TWO_SCALES, _FOUR_SCALES, _PROGRAM = 1, 8, 32, 64, 128, 256


def are_clear(pdf: pikepdf.Pdf) -> bool:
    """Whether all fonts of a document are so; raises what pikepdf raises."""
    fonts = [item for item in pdf.objects if isinstance(item, pikepdf.Dictionary) and item.get("/Type") == "/Font"]
    parts = {each.objgen for font in fonts for each in _descendants(font)}
    return all(_is_clear(font) for font in fonts if font.objgen not in parts)


def _descendants(font: pikepdf.Object) -> list[pikepdf.Object]:
    held = font.get("/DescendantFonts")
    return [each for each in held if isinstance(each, pikepdf.Dictionary)] if isinstance(held, pikepdf.Array) else []


def _is_clear(font: pikepdf.Object) -> bool:
    encoding = font.get("/Encoding")
    name = str(encoding) if isinstance(encoding, pikepdf.Name) else None
    if encoding is not None and name is None:
        return False
    match str(font.get("/Subtype")):
        case "/Type0":
            return name == "/Identity-H" and [*map(_is_numbered, _descendants(font))] == [True]
        case "/TrueType" if name == "/WinAnsiEncoding":
            descriptor = font.get("/FontDescriptor")
            if not isinstance(descriptor, pikepdf.Dictionary) or descriptor.get("/Flags") != _NONSYMBOLIC:
                return False
            tables = _tables(descriptor)
            return tables is not None and _is_by_unicode_alone(tables.get(b"cmap", b"")) and _is_unmoved(tables)
        case "/Type1":
            return str(font.get("/BaseFont")) in _EVERYWHERE and "/FontDescriptor" not in font and name in _USUAL
    return False


def _is_numbered(font: pikepdf.Object) -> bool:
    """TrueType whose codes are the numbers of its shapes."""
    descriptor = font.get("/FontDescriptor")
    if font.get("/Subtype") != "/CIDFontType2" or font.get("/CIDToGIDMap", "/Identity") != "/Identity":
        return False
    tables = _tables(descriptor) if isinstance(descriptor, pikepdf.Dictionary) else None
    return tables is not None and _is_unmoved(tables)


def _tables(descriptor: pikepdf.Object) -> dict[bytes, bytes] | None:
    """The tables of the one file that a font has, None where there is no such file or it is cut."""
    file = descriptor.get("/FontFile2")
    if not isinstance(file, pikepdf.Stream) or {"/FontFile", "/FontFile3"} & descriptor.keys():
        return None
    return _read(file.read_bytes())


def _read(data: bytes) -> dict[bytes, bytes] | None:
    if len(data) < 12 or data[:4] not in (b"\0\1\0\0", b"true"):
        return None
    number = int.from_bytes(data[4:6], "big")
    found: dict[bytes, bytes] = {}
    if number > _TABLES or len(data) < 12 + 16 * number:
        return None
    for at in range(12, 12 + 16 * number, 16):
        tag, _sum, start, size = struct.unpack(">4sIII", data[at : at + 16])
        if tag in found or start + size > len(data):
            return None
        found[tag] = data[start : start + size]
    return found if {b"head", b"maxp", b"loca", b"glyf"} <= found.keys() else None


def _is_by_unicode_alone(table: bytes) -> bool:
    """One table of characters, Windows' Unicode (3, 1), in the usual format 4."""
    if len(table) < 14 or table[:8] != b"\0\0\0\1\0\3\0\1":
        return False
    start = int.from_bytes(table[8:12], "big")
    return table[start : start + 2] == b"\0\4"


def _is_unmoved(tables: dict[bytes, bytes]) -> bool:
    """Whether no program moves an outline otherwise than in the form's own fonts."""
    shapes = list(_shapes(tables))
    programs = _programs(tables)
    if not any(programs[:2]) and not any(has_program for _shape, has_program in shapes):
        return True
    known, ours = _ours()
    return programs in known and all(shape in ours for shape, _has_program in shapes)


def _programs(tables: dict[bytes, bytes]) -> tuple[bytes, ...]:
    return tuple(tables.get(tag, b"").rstrip(b"\0") for tag in _PROGRAMS)


@cache
def _ours() -> tuple[frozenset[tuple[bytes, ...]], frozenset[bytes]]:
    """Programs and shapes of the fonts in which the form is set."""
    read = [_read(path.read_bytes()) or {} for path in sorted(FONTS.glob("*.ttf"))]
    shapes = (shape for tables in read for shape, _has_program in _shapes(tables))
    return frozenset(map(_programs, read)), frozenset(shapes)


def _shapes(tables: dict[bytes, bytes]) -> Iterator[tuple[bytes, bool]]:
    """Each shape as far as it does not hang on its number, and whether it has a program; a cut one as it is."""
    wide = tables[b"head"][50:52] == b"\0\1"
    size, unit, kind = (4, 1, "I") if wide else (2, 2, "H")
    number = len(tables[b"loca"]) // size
    places = struct.unpack(f">{number}{kind}", tables[b"loca"][: number * size])
    for start, end in pairwise(places):
        shape = tables[b"glyf"][start * unit : end * unit]
        if shape:
            yield _normal(shape)


def _normal(shape: bytes) -> tuple[bytes, bool]:
    contours = int.from_bytes(shape[:2], "big", signed=True)
    if contours < 0:
        return _composed(shape)
    program = shape[10 + 2 * contours : 12 + 2 * contours]
    return shape.rstrip(b"\0"), any(program)


def _composed(shape: bytes) -> tuple[bytes, bool]:
    """Without the numbers of its parts, which every subset of a font changes; they are shapes of the same font."""
    out, at, more, flags = bytearray(shape[:10]), 10, True, 0
    while more and at + 4 <= len(shape):
        flags = int.from_bytes(shape[at : at + 2], "big")
        length = 4 if flags & _WORDS else 2
        length += 2 if flags & _SCALE else 4 if flags & _TWO_SCALES else 8 if flags & _FOUR_SCALES else 0
        out += shape[at : at + 2] + shape[at + 4 : at + 4 + length]
        at, more = at + 4 + length, bool(flags & _MORE)
    return bytes(out + shape[at:]).rstrip(b"\0"), bool(flags & _PROGRAM)
