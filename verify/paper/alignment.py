"""The last fraction of a millimetre: a photo that lies roughly on the expected page is laid on it, piece by piece.

Least squares between the pictures (Lucas and Kanade 1981) with wide windows: the pull at a place comes from all printed
strokes within about 12 mm, rules and labels above all, so a single altered digit cannot pull itself into place. Where
the page is blank the shift of its surroundings holds.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from verify.paper.expected import Darkness

Mask = NDArray[np.bool_]

# Scale of the picture, blur in its pixels: coarse first, for shifts as large as the strokes are wide.
_STEPS: Final = ((4, 1.0), (2, 1.2), (2, 0.8))
# One cell of the coarse grid is this many pixels of the page; windows are Gaussians of so many cells.
_GRID: Final = 16
_WINDOW: Final = 2.5
# Against pulls where nothing is printed, as squared slope of darkness per pixel.
_STIFF: Final = 2e-5
# Darkness that is off by more than this is no question of place: a stamp, a pen, another digit.
_OUTLIER: Final = 0.25
# The photo was laid to 0.3 mm; more than 0.9 mm is another place.
_FARTHEST: Final = 7.0
_SEEN: Final = 0.99


def aligned(expected: Darkness, found: Darkness, known: Mask) -> tuple[Darkness, Mask]:
    """The found darkness and what is known of it, moved onto the expected page of the same shape."""
    height, width = expected.shape
    shift = np.zeros((-(-height // _GRID), -(-width // _GRID), 2), dtype=np.float32)
    seen = known.astype(np.float32)
    for scale, blur in _STEPS:
        want = _smaller(expected, scale, blur)
        there = (shift / scale).astype(np.float32)
        have, weight = (_moved(_smaller(each, scale, blur), there) for each in (found, seen))
        pull = _pull(want, have, weight, shift.shape[1::-1])
        shift = np.clip(shift + scale * pull, -_FARTHEST, _FARTHEST).astype(np.float32)
    return _moved(found, shift, cv2.INTER_CUBIC), _moved(seen, shift) > _SEEN


def _moved(picture: Darkness, shift: Darkness, way: int = cv2.INTER_LINEAR) -> Darkness:
    height, width = picture.shape
    whole: Darkness = np.asarray(cv2.resize(shift, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
    whole[..., 0] += np.arange(width, dtype=np.float32)
    whole[..., 1] += np.arange(height, dtype=np.float32)[:, None]
    return np.asarray(cv2.remap(picture, whole[..., 0], whole[..., 1], way, borderMode=cv2.BORDER_CONSTANT), np.float32)


def _pull(want: Darkness, have: Darkness, weight: Darkness, grid: tuple[int, int]) -> Darkness:
    """By how many pixels to look further, for each cell of the coarse grid (columns, rows)."""
    gain = max(0.05, float((want * have * weight).sum() / max(1e-6, float((want * want * weight).sum()))))
    apart = want - have / gain
    weight = weight / (1 + np.square(apart / _OUTLIER))
    right, down = (cv2.Sobel(have, cv2.CV_32F, *order, ksize=3, scale=0.125 / gain) for order in ((1, 0), (0, 1)))
    products = (right * right, right * down, down * down, right * apart, down * apart)
    xx, xy, yy, xe, ye = (_pooled(each * weight, grid) for each in products)
    xx, yy = xx + _STIFF, yy + _STIFF
    pull = np.stack((yy * xe - xy * ye, xx * ye - xy * xe), axis=-1) / (xx * yy - xy * xy)[..., None]
    return np.clip(pull, -1, 1).astype(np.float32)


def _smaller(picture: Darkness, scale: int, blur: float) -> Darkness:
    size = (picture.shape[1] // scale, picture.shape[0] // scale)
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(small, (0, 0), blur), np.float32)


def _pooled(values: Darkness, grid: tuple[int, int]) -> Darkness:
    """Means over wide windows, one for each cell of the coarse grid."""
    pooled = cv2.resize(values, grid, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(pooled, (0, 0), _WINDOW), np.float32)
