"""The form's own fonts, written so that viewers take different shapes for one code."""

import struct
from collections.abc import Callable, Mapping
from typing import Any, Final

from pikepdf import Array, Dictionary, Name, Pdf, String

from tests.verify.pdf.content import forging

# Of the subset that Typst makes: a letter, and one that draws nothing.
_LETTER: Final = 1
_CODES: Final = 128
_CODE: Final = 65


def file_of(pdf: Pdf) -> bytes:
    """The first font file of the page of marks."""
    page = pdf.pages[forging.cell("subjects.toan.score").page]
    font = next(iter(page.Resources.Font.values()))
    return bytes(font.DescendantFonts[0].FontDescriptor.FontFile2.read_bytes())


def tables_of(file: bytes) -> dict[bytes, bytes]:
    number = int.from_bytes(file[4:6], "big")
    entries = (struct.unpack(">4sIII", file[at : at + 16]) for at in range(12, 12 + 16 * number, 16))
    return {tag: file[start : start + size] for tag, _sum, start, size in entries}


def font_file(tables: Mapping[bytes, bytes]) -> bytes:
    """A TrueType file of these tables, without sums that anybody checks."""
    head, body = struct.pack(">IHHHH", 0x10000, len(tables), 0, 0, 0), b""
    start = 12 + 16 * len(tables)
    for tag, data in sorted(tables.items()):
        head += struct.pack(">4sIII", tag, 0, start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    return head + body


def two_tables_of_characters(nothing: int) -> bytes:
    """Unicode's (0, 3) leads a code to a shape that draws nothing, the Macintosh's (1, 0) to a letter."""
    segments = (4, 4, 1, 0, _CODE, 0xFFFF, 0, _CODE, 0xFFFF, nothing - _CODE & 0xFFFF, 1, 0, 0)
    ends = struct.pack(">HHH", 4, 2 * (len(segments) + 3), 0) + struct.pack(">HHHHHHHHHHHHH", *segments)
    letters = struct.pack(">HHH", 0, 262, 0) + bytes(_LETTER if code == _CODE else 0 for code in range(256))
    return struct.pack(">HHHHIHHI", 0, 2, 0, 3, 20, 1, 0, 20 + len(ends)) + ends + letters


def _spaces(pdf: Pdf, digits: int) -> Any:
    """A map to text by which every code is a space, so that no text layer shows what is drawn."""
    codes = "".join(f"<{code:0{digits}x}> <0020>\n" for code in range(_CODES // 2))
    more = "".join(f"<{code:0{digits}x}> <0020>\n" for code in range(_CODES // 2, _CODES))
    whole = f"1 begincodespacerange <{'0' * digits}> <{'f' * digits}> endcodespacerange\n"
    body = f"begincmap {whole} 64 beginbfchar {codes} endbfchar 64 beginbfchar {more} endbfchar endcmap"
    return pdf.make_stream(body.encode())


def _descriptor(pdf: Pdf, file: bytes, flags: int) -> Dictionary:
    return Dictionary(
        Type=Name.FontDescriptor,
        FontName=Name("/ABCDEF+T"),
        Flags=flags,
        FontBBox=[0, -300, 1000, 1000],
        Ascent=900,
        Descent=-200,
        CapHeight=700,
        ItalicAngle=0,
        StemV=80,
        FontFile2=pdf.make_stream(file),
    )


def simple(file: Callable[[bytes], bytes], flags: int = 32) -> Callable[[Pdf], Any]:
    def make(pdf: Pdf) -> Any:
        font = Dictionary(
            Type=Name.Font,
            Subtype=Name.TrueType,
            BaseFont=Name("/ABCDEF+T"),
            FirstChar=0,
            LastChar=_CODES - 1,
            Widths=Array([700] * _CODES),
            Encoding=Name.WinAnsiEncoding,
            FontDescriptor=_descriptor(pdf, file(file_of(pdf)), flags),
            ToUnicode=_spaces(pdf, 2),
        )
        return pdf.make_indirect(font)

    return make


def numbered(
    file: Callable[[bytes], bytes] = lambda file: file,
    encoding: Callable[[Pdf], Any] = lambda _pdf: Name("/Identity-H"),
    shapes: Callable[[Pdf], Any] = lambda _pdf: Name.Identity,
) -> Callable[[Pdf], Any]:
    """A composite font. shapes: its map from characters to shapes."""

    def make(pdf: Pdf) -> Any:
        descendant = Dictionary(
            Type=Name.Font,
            Subtype=Name.CIDFontType2,
            BaseFont=Name("/ABCDEF+T"),
            CIDSystemInfo=Dictionary(Registry=String("Adobe"), Ordering=String("Identity"), Supplement=0),
            DW=700,
            CIDToGIDMap=shapes(pdf),
            FontDescriptor=_descriptor(pdf, file(file_of(pdf)), 4),
        )
        font = Dictionary(
            Type=Name.Font,
            Subtype=Name.Type0,
            BaseFont=Name("/ABCDEF+T"),
            Encoding=encoding(pdf),
            DescendantFonts=Array([pdf.make_indirect(descendant)]),
            ToUnicode=_spaces(pdf, 4),
        )
        return pdf.make_indirect(font)

    return make


def leaning_on_another(pdf: Pdf) -> Any:
    """A map of codes that only names the map it continues (ISO 32000-1 §9.7.5.3)."""
    info = "/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> def /CMapName /X def"
    return pdf.make_stream(
        f"/Identity-H usecmap begincmap {info} /CMapType 1 def endcmap".encode(),
        Type=Name.CMap,
        CMapName=Name.X,
        UseCMap=Name("/Identity-H"),
        CIDSystemInfo=Dictionary(Registry=String("Adobe"), Ordering=String("Identity"), Supplement=0),
    )
