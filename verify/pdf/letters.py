"""The text layer of a page by position: each letter with the middle of its box, in points from the top left as shown.

pdfium sorts nothing: letters come as the content stream draws them, invisible and tiny ones too. Spaces are left out:
which of them are drawn and which are gaps differs from writer to writer, and the place of each word is compared anyway.
"""

import ctypes
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

import pypdfium2
from pypdfium2 import raw as pdfium

from verify.errors import LimitExceeded, Refusal

Box = tuple[float, float, float, float]

# A page of this form full of small type has 6,000; a stranger's dense page 10,000.
PAGE_LETTERS: Final = 20_000
# Lines of the form stand 8 points or more apart, letters of one line on one base.
_LINE: Final = 3.0
# A gap wider than this part of the height of a letter is a space.
_SPACE: Final = 0.18
# pdfium gives whole device points; a page drawn this large has thousandths of a point.
_FINE: Final = 1000
_UNKNOWN: Final = "\ufffd"
# What pdfium puts for a hyphen at the end of a line.
_HYPHEN: Final = 0x02
_SURROGATES: Final = range(0xD800, 0xE000)


@dataclass(frozen=True, slots=True)
class Letter:
    """A drawn character with its combining marks, in points from the top left.

    x0, y0, x1, y1: its box; top and bottom depend on what the font says of itself, which writers change.
    left, base: where the pen starts, on the base line; that stays where it is.
    """

    character: str
    left: float
    base: float
    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def middle(self) -> float:
        """The middle from left to right."""
        return (self.x0 + self.x1) / 2


def letters_of(page: pypdfium2.PdfPage) -> tuple[Letter, ...]:
    """Every letter of the text layer, in the order of drawing; raises LimitExceeded(TOO_MUCH_WORK)."""
    with _text_of(page) as textpage:
        return tuple(_composed(_drawn(page, textpage, textpage.count_chars())))


def _drawn(page: pypdfium2.PdfPage, textpage: pypdfium2.PdfTextPage, count: int) -> Iterator[Letter]:
    a, b, c, d, e, f = _to_device(page)
    box = pdfium.FS_RECTF()
    x, y = ctypes.c_double(), ctypes.c_double()
    for index in range(count):
        character = _character(pdfium.FPDFText_GetUnicode(textpage, index))
        if character.isspace():
            continue
        if not pdfium.FPDFText_GetLooseCharBox(textpage, index, box):
            continue
        pdfium.FPDFText_GetCharOrigin(textpage, index, x, y)
        across = (a * box.left + c * box.bottom + e, a * box.right + c * box.top + e)
        down = (b * box.left + d * box.bottom + f, b * box.right + d * box.top + f)
        left, base = a * x.value + c * y.value + e, b * x.value + d * y.value + f
        yield Letter(character, left, base, min(across), min(down), max(across), max(down))


def _character(code: int) -> str:
    if code == _HYPHEN:
        return "-"
    if code == 0 or code > 0x10FFFF or code in _SURROGATES:
        return _UNKNOWN
    return chr(code)


def _to_device(page: pypdfium2.PdfPage) -> tuple[float, float, float, float, float, float]:
    """The affine map from the page's own space to points from the top left of the page as shown (crop, rotation)."""
    width, height = (round(side * _FINE) for side in page.get_size())
    x, y = ctypes.c_int(), ctypes.c_int()

    def shown(px: float, py: float) -> tuple[float, float]:
        pdfium.FPDF_PageToDevice(page, 0, 0, width, height, 0, px, py, x, y)
        return x.value / _FINE, y.value / _FINE

    (e, f), (ax, ay), (bx, by) = shown(0, 0), shown(1000, 0), shown(0, 1000)
    return (ax - e) / 1000, (ay - f) / 1000, (bx - e) / 1000, (by - f) / 1000, e, f


def _composed(letters: Iterable[Letter]) -> Iterator[Letter]:
    """Letters in NFC: a combining mark joins the letter before it."""
    held: Letter | None = None
    for letter in letters:
        character = letter.character
        if not character.isascii():
            if held and unicodedata.combining(character[0]):
                held = replace(held, character=unicodedata.normalize("NFC", held.character + character))
                continue
            if not unicodedata.is_normalized("NFC", character):
                letter = replace(letter, character=unicodedata.normalize("NFC", character))  # noqa: PLW2901
        if held:
            yield held
        held = letter
    if held:
        yield held


def text_below(page: pypdfium2.PdfPage, part: float) -> str:
    """The words in the lowest part (0 to 1) of a page, in the order of drawing; raises LimitExceeded(TOO_MUCH_WORK)."""
    left, bottom, right, top = page.get_bbox()
    with _text_of(page) as textpage:
        return str(textpage.get_text_bounded(left, bottom, right, bottom + (top - bottom) * part))


def has_letters(page: pypdfium2.PdfPage) -> bool:
    """Whether the page has a text layer."""
    with _text_of(page) as textpage:
        return bool(textpage.count_chars())


@contextmanager
def _text_of(page: pypdfium2.PdfPage) -> Iterator[pypdfium2.PdfTextPage]:
    textpage = page.get_textpage()
    try:
        if textpage.count_chars() > PAGE_LETTERS:
            raise LimitExceeded(Refusal.TOO_MUCH_WORK, "text")
        yield textpage
    finally:
        textpage.close()


def squeezed(text: str) -> str:
    """A text as it is compared: NFC, without white space."""
    return unicodedata.normalize("NFC", "".join(text.split()))


def lines_of(letters: Iterable[Letter]) -> list[list[Letter]]:
    """Letters by line from the top, each line from the left."""
    lines: list[list[Letter]] = []
    for letter in sorted(letters, key=lambda each: each.base):
        if not lines or letter.base - lines[-1][0].base > _LINE:
            lines.append([])
        lines[-1].append(letter)
    return [sorted(line, key=lambda each: each.left) for line in lines]


def worded(letters: Iterable[Letter]) -> str:
    """Letters as a person reads them, with single spaces where the gaps are."""
    return " ".join("".join(_with_gaps(line)) for line in lines_of(letters))


def _with_gaps(line: Sequence[Letter]) -> Iterator[str]:
    previous: Letter | None = None
    for letter in line:
        if previous and letter.x0 - previous.x1 > _SPACE * (letter.y1 - letter.y0):
            yield " "
        yield letter.character
        previous = letter


def around(letters: Sequence[Letter]) -> Box:
    """The box around some letters; at least one."""
    return (
        round(min(letter.x0 for letter in letters), 2),
        round(min(letter.y0 for letter in letters), 2),
        round(max(letter.x1 for letter in letters), 2),
        round(max(letter.y1 for letter in letters), 2),
    )
