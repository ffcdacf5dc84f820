"""A page as it should look, for comparing strokes: darkness to a fraction of a pixel, and where each word stands.

pdfium sets small letters on whole pixels: at 200 dpi a digit of its drawing is up to 0.6 of full ink away from the same
digit on paper. Drawn three times as fine and averaged, 0.1 is left.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from pypdfium2 import PdfPage

from verify.form.boxes import CellBox
from verify.form.render import Rendered
from verify.paper.pages import DOTS_PER_INCH
from verify.pdf.letters import Box, Letter, around, letters_of, lines_of
from verify.pdf.opening import opened, page_of

Darkness = NDArray[np.float32]

PIXELS_PER_POINT: Final = DOTS_PER_INCH / 72
_FINE: Final = 3
# A gap wider than this part of the height of a letter parts two words.
_GAP: Final = 0.12


@dataclass(frozen=True, slots=True)
class Word:
    """A printed word. box: points from the top left. letters: the box of each letter."""

    text: str
    box: Box
    letters: tuple[Box, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ExpectedPage:
    """number: 0-based. darkness: 0 is paper, 1 black, at 200 dpi. cells: each box with its words, in order of the form.

    labels: words of the form itself, outside every cell.
    """

    number: int
    darkness: Darkness
    cells: tuple[tuple[CellBox, tuple[Word, ...]], ...]
    labels: tuple[Word, ...]


def expected_pages(rendered: Rendered) -> tuple[ExpectedPage, ...]:
    """Every page of a print; raises UnreadableDocument or LimitExceeded."""
    found = []
    with opened(rendered.pdf) as document:
        for number in range(len(document)):
            with page_of(document, number) as page:
                boxes = [box for box in rendered.boxes if box.page == number]
                found.append(_page(page, number, boxes))
    return tuple(found)


def _page(page: PdfPage, number: int, boxes: list[CellBox]) -> ExpectedPage:
    held: list[list[Letter]] = [[] for _ in boxes]
    outside: list[Letter] = []
    for letter in letters_of(page):
        inside = [index for index, box in enumerate(boxes) if _holds(box.box, letter)]
        (held[inside[0]] if inside else outside).append(letter)
    cells = tuple((box, _words(letters)) for box, letters in zip(boxes, held, strict=True))
    return ExpectedPage(number, _drawn(page), cells, _words(outside))


def _drawn(page: PdfPage) -> Darkness:
    rows, columns = (round(side * PIXELS_PER_POINT) for side in reversed(page.get_size()))
    bitmap = page.render(scale=PIXELS_PER_POINT * _FINE, grayscale=True)
    grey = bitmap.to_numpy().reshape(bitmap.height, -1)[:, : bitmap.width]
    fine = np.full((rows * _FINE, columns * _FINE), 255, dtype=np.uint8)
    height, width = min(fine.shape[0], grey.shape[0]), min(fine.shape[1], grey.shape[1])
    fine[:height, :width] = grey[:height, :width]
    bitmap.close()
    averaged = cv2.resize(fine, (columns, rows), interpolation=cv2.INTER_AREA)
    return 1 - np.asarray(averaged, np.float32) / np.float32(255)


def _holds(box: Box, letter: Letter) -> bool:
    middle = (letter.y0 + letter.y1) / 2
    return box[0] <= letter.middle <= box[2] and box[1] <= middle <= box[3]


def _words(letters: list[Letter]) -> tuple[Word, ...]:
    found: list[list[Letter]] = []
    for line in lines_of(letters):
        for number, letter in enumerate(line):
            apart = number == 0 or letter.x0 - line[number - 1].x1 > _GAP * (letter.y1 - letter.y0)
            if apart:
                found.append([])
            found[-1].append(letter)
    return tuple(
        Word("".join(each.character for each in word), around(word), tuple(around([each]) for each in word))
        for word in found
    )
