"""A grey picture as the finest PNG that keeps to a number of bytes.

PNG in 16 greys, by measuring: a page of the form at 100 dpi takes 24 to 50 kB, as much as WebP at quality 50; each
browser shows it, letters keep their edges, and a stroke of a fourteenth of full ink is seen.
Noise (a scan, a hostile page) takes several times as much: then fewer pixels, and in the end 4 greys, in which paper
is white again.
"""

import io
from typing import Final

import numpy as np
from PIL import Image

from verify.pictures import Picture

# Longest side in pixels, and greys; 1,170 is A4 at 100 dpi.
Step = tuple[int, int]
PAGE_STEPS: Final[tuple[Step, ...]] = ((1170, 16), (900, 16), (640, 16), (640, 4), (450, 4))
# A cell at 150 dpi, the comparison's own; the widest (a comment) spans the page.
CELL_STEPS: Final[tuple[Step, ...]] = ((640, 16), (480, 16), (320, 16), (320, 4))
_BITS: Final = {16: 4, 4: 2}


def fitting(grey: Image.Image, steps: tuple[Step, ...], size: int) -> Picture | None:
    """The first of the steps that takes at most `size` bytes; None when none does. grey: mode L, 255 is paper."""
    for longest, greys in steps:
        picture = _png(_shrunk(grey, longest), greys)
        if len(picture.png) <= size:
            return picture
    return None


def _shrunk(grey: Image.Image, longest: int) -> Image.Image:
    scale = min(1.0, longest / max(grey.size))
    size = (max(1, round(grey.width * scale)), max(1, round(grey.height * scale)))
    return grey if size == grey.size else grey.resize(size, Image.Resampling.LANCZOS)


def _png(grey: Image.Image, greys: int) -> Picture:
    top = greys - 1
    steps = ((np.asarray(grey).astype(np.uint16) * top + 127) // 255).astype(np.uint8)
    image = Image.fromarray(steps, mode="P")
    image.putpalette([step * 255 // top for step in range(greys) for _channel in range(3)])
    target = io.BytesIO()
    image.save(target, "PNG", bits=_BITS[greys], compress_level=6)
    return Picture(target.getvalue(), grey.width, grey.height)
