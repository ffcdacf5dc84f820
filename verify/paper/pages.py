"""The pages that are expected: the print that the stored record gives again, as pictures at one fixed resolution."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from pypdfium2 import PdfDocument

from verify.form.boxes import CellBox
from verify.form.render import Rendered
from verify.paper.arrays import Grey
from verify.paper.landmarks import Landmarks, landmarks
from verify.pdf.opening import opened, page_of

# Strokes of the smallest type of a cell (7.7 pt) are 0.2-0.3 mm: two pixels. A phone's photo of a whole page has
# 250-370 dots an inch, one that a chat has shrunk 100; more pixels than this cost time and tell nothing more.
DOTS_PER_INCH: Final = 200
PIXELS_PER_MM: Final = DOTS_PER_INCH / 25.4
_FINER: Final = 2


@dataclass(frozen=True, slots=True, eq=False)
class PageImage:
    """A page as it should look.

    number: 0-based. image: grey, 255 is paper. boxes: its cells, in points. landmarks: in mm.
    """

    number: int
    image: Grey
    boxes: tuple[CellBox, ...]
    landmarks: Landmarks


def page_images(rendered: Rendered) -> tuple[PageImage, ...]:
    """Every page of a print; raises UnreadableDocument or LimitExceeded."""
    with opened(rendered.pdf) as document:
        images = [_drawn(document, number) for number in range(len(document))]
    return tuple(
        PageImage(
            number,
            image,
            tuple(box for box in rendered.boxes if box.page == number),
            landmarks(image, PIXELS_PER_MM),
        )
        for number, image in enumerate(images)
    )


def _drawn(document: PdfDocument, number: int) -> Grey:
    """Drawn twice as fine and averaged: pdfium sets small letters on whole pixels."""
    with page_of(document, number) as page:
        bitmap = page.render(scale=_FINER * DOTS_PER_INCH / 72, grayscale=True)
        try:
            fine = bitmap.to_numpy().reshape(bitmap.height, -1)
            width, height = bitmap.width // _FINER, bitmap.height // _FINER
            drawn = cv2.resize(fine[: height * _FINER, : width * _FINER], (width, height), interpolation=cv2.INTER_AREA)
            return np.asarray(drawn, dtype=np.uint8)
        finally:
            bitmap.close()
