"""Embedded fonts and words for machines: the glyph shows one mark, the text says another, who listens hears a third."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, String

from tests.vectors.pdfs.drawn import COPY, MARK, PICTURE, TEXT
from tests.vectors.pdfs.ground import Ground
from tests.vectors.pdfs.vector import Vector
from tests.verify.pdf.content import forging
from verify.verdict import Verdict

_LINE: Final = re.compile(rb"<([0-9a-fA-F]{4})> <([0-9a-fA-F]{4})>")


def _edited(change: Callable[[Pdf], None]) -> Callable[[Ground], bytes]:
    return lambda _ground: forging.edited(change)


def _fonts(pdf: Pdf) -> Iterator[Dictionary]:
    return (item for item in pdf.objects if isinstance(item, Dictionary) and "/ToUnicode" in item)


def _swapped(first: str, second: str) -> Callable[[re.Match[bytes]], bytes]:
    """A line of a map to text that says the other of two characters."""
    codes = [f"{ord(each):04x}".encode() for each in (first, second)]

    def line(found: re.Match[bytes]) -> bytes:
        says = found[2].lower()
        return b"<%s> <%s>" % (found[1], codes[1 - codes.index(says)] if says in codes else found[2])

    return line


def _text_of_the_other(pdf: Pdf) -> None:
    """The glyph shows 6 and the text says 9, and the other way round."""
    for font in _fonts(pdf):
        _exchange_texts(font)


def _exchange_texts(font: Dictionary) -> None:
    font.ToUnicode.write(_LINE.sub(_swapped("6", "9"), font.ToUnicode.read_bytes()))


def _glyph_of_the_other(pdf: Pdf) -> None:
    """The text says 6 and the glyph shows 9, and the other way round: codes and their meanings are both exchanged."""
    fonts_of_both = [font for font in _fonts(pdf) if _codes(font, "6", "9")]
    codes = {font.objgen: _codes(font, "6", "9") for font in fonts_of_both}
    for page in pdf.pages:
        fonts = {name: codes[font.objgen] for name, font in page.Resources.Font.items() if font.objgen in codes}
        page.Contents = pdf.make_stream(pikepdf.unparse_content_stream(list(_exchanged(page, fonts))))
    for font in fonts_of_both:
        _exchange_texts(font)


def _codes(font: Dictionary, *characters: str) -> tuple[bytes, ...]:
    """The two-byte codes by which a font writes these characters; nothing if it lacks one."""
    lines = {found[2].lower(): found[1] for found in _LINE.finditer(font.ToUnicode.read_bytes())}
    wanted = [lines.get(f"{ord(each):04x}".encode()) for each in characters]
    return tuple(bytes.fromhex(each.decode()) for each in wanted if each) if all(wanted) else ()


def _exchanged(
    page: pikepdf.Page, fonts: dict[str, tuple[bytes, ...]]
) -> Iterator[tuple[Sequence[Any], pikepdf.Operator]]:
    pair: tuple[bytes, ...] = ()
    for instruction in pikepdf.parse_content_stream(page):
        operands, operator = instruction.operands, instruction.operator
        changed = list(operands)
        if str(operator) == "Tf":
            pair = fonts.get(str(operands[0]), ())
        elif str(operator) == "Tj":
            changed = [_other(operands[0], pair)]
        elif str(operator) == "TJ":
            changed = [Array([_other(each, pair) if isinstance(each, String) else each for each in operands[0]])]
        yield changed, operator


def _other(text: Any, pair: tuple[bytes, ...]) -> String:
    data = bytes(text)
    letters = [data[at : at + 2] for at in range(0, len(data), 2)]
    return String(b"".join(pair[1 - pair.index(each)] if each in pair else each for each in letters))


def _without_meaning(pdf: Pdf) -> None:
    """The map of every font to text says a circle for everything."""
    for font in _fonts(pdf):
        font.ToUnicode.write(_LINE.sub(rb"<\1> <25CB>", font.ToUnicode.read_bytes()))


def _spoken_otherwise(pdf: Pdf) -> None:
    """The structure tells who listens another word for each cell."""
    for item in pdf.objects:
        if isinstance(item, Dictionary) and item.get("/S") == Name.TD:
            item["/ActualText"] = String("9")


def _spoken_in_the_page(_ground: Ground) -> bytes:
    """Marked content says another word for a mark that it draws as it is."""
    box = forging.cell(MARK)
    return forging.drawn(box.page, "/Span <</ActualText (9)>> BDC " + forging.typed(box, " ") + " EMC")


FONTS: Final = (
    Vector("glyph shows 9 and text says 6", _edited(_glyph_of_the_other), Verdict.MISMATCH, PICTURE, None),
    Vector("glyph shows 6 and text says 9", _edited(_text_of_the_other), Verdict.MISMATCH, TEXT, None),
    Vector(
        "letters without a meaning",
        _edited(_without_meaning),
        Verdict.INSUFFICIENT,
        f"{COPY}, ?text_equal text_missing",
    ),
    Vector(
        "other words for who listens",
        _edited(_spoken_otherwise),
        Verdict.INSUFFICIENT,
        f"{COPY}, ?picture_equal may_show_otherwise",
    ),
    Vector(
        "other words in a page's marked content",
        _spoken_in_the_page,
        Verdict.INSUFFICIENT,
        f"{COPY}, ?picture_equal may_show_otherwise",
    ),
)
