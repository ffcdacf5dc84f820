"""Even light: the brightness of the blank paper around each place, so that paper is white in shade as in the sun."""

from typing import Final

import cv2
import numpy as np

from verify.paper.arrays import Grey

# At 25 dpi strokes are averaged away, and the darkest solid thing of the form, a corner of a QR, is 3.5 mm.
_COARSE_PER_MM: Final = 1.0
_WIDER_THAN_INK_MM: Final = 8.0
_SMOOTH_MM: Final = 2.0


def paper_level(image: Grey, per_mm: float) -> Grey:
    """Brightness of the paper at every pixel, as if nothing were printed on it. per_mm: pixels of a millimetre.

    A closing by more than the size of the darkest ink.
    """
    height, width = image.shape
    size = (max(1, round(width * _COARSE_PER_MM / per_mm)), max(1, round(height * _COARSE_PER_MM / per_mm)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    side = round(_WIDER_THAN_INK_MM * _COARSE_PER_MM) | 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    closed = cv2.morphologyEx(small, cv2.MORPH_CLOSE, kernel)
    smooth = cv2.GaussianBlur(closed, (0, 0), _SMOOTH_MM * _COARSE_PER_MM)
    return cv2.resize(smooth, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.uint8)


def flattened(image: Grey, paper: Grey) -> Grey:
    """The image with paper at 255, whatever light fell on it."""
    return cv2.divide(image, np.maximum(paper, 1), scale=255).astype(np.uint8)
