"""Where two pictures of a page differ pixel by pixel, on pages that lie almost exactly on each other.

Without tolerance of place a pale stroke between the lines of a letter is seen. But a sheet declared 595.276 instead of
595.2756 points wide, or moved by a thousandth of a point, is a faithful copy: pdfium draws letters at quarters of a
pixel across and at whole ones down, and rules at whole ones, so a few letters jump by a quarter (66 of darkness) and a
few lines of words and rules by a pixel (217). A square whose changed pixels are all explained by such a jump is let
pass, if the rest of the page is not exactly in place either. Measured on 80 shifts, scales and sheet sizes, ghostscript
and cairo: nothing is left on any faithful copy. What it lets pass there: of digits nothing, of tone marks ấ for ẩ and,
on pages as noisy as ghostscript's, ê for ễ (the known limit of `picture`). A re-saved file passes with nothing.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from verify.pdf.ink import Ink

Mask = NDArray[np.bool_]

EXACT: Final = 72
SQUARE: Final = 32
_NOISY: Final = 1.5
_QUIET_PART: Final = 90  # per cent
_INKED: Final = 40
# A copy that is not exactly in place differs in 7 of a hundred inked squares or more, if only by 1.
_MOVED_PART: Final = 0.03
_JUMPS: Final = (((-1, 0), (1, 0)), ((0, -1), (0, 1)))


def noise(expected: Ink, found: Ink) -> float:
    """How much most of the page differs: what nine of ten inked squares stay below."""
    inked = _peaks(expected) > _INKED
    return float(np.percentile(_peaks(_apart(expected, found))[inked], _QUIET_PART)) if inked.any() else 0.0


def changed(expected: Ink, found: Ink, bound: float) -> Mask:
    """What differs by more than a bound and is not explained by a jump of a pixel."""
    apart = _apart(expected, found)
    mask: Mask = apart > bound
    if not mask.any() or not _is_moved(expected, apart):
        return mask
    left = mask.copy()
    for jumps in _JUMPS:
        explained = [_apart(expected, _jumped(found, jump)) <= bound for jump in jumps]
        first, second = (_counted(mask & each) for each in explained)
        left &= ~np.where(_spread(first >= second, mask.shape), *explained)
    mask &= _spread(_counted(left) > 0, mask.shape)
    return mask


def _is_moved(expected: Ink, apart: Ink) -> bool:
    inked = _peaks(expected) > _INKED
    return int(np.count_nonzero(_peaks(apart)[inked])) > _MOVED_PART * int(np.count_nonzero(inked))


def _apart(one: Ink, other: Ink) -> Ink:
    return np.maximum(one, other) - np.minimum(one, other)


def _jumped(ink: Ink, jump: tuple[int, int]) -> Ink:
    down, right = jump
    height, width = ink.shape
    return np.pad(ink, 1)[1 + down : 1 + down + height, 1 + right : 1 + right + width]


def _counted(mask: Mask) -> NDArray[np.int32]:
    """Pixels of each square."""
    rows, columns = (np.arange(0, side, SQUARE) for side in mask.shape)
    return np.add.reduceat(np.add.reduceat(mask, rows, axis=0, dtype=np.int32), columns, axis=1)


def _spread(squares: Mask, shape: tuple[int, ...]) -> Mask:
    """A value of each square at each of its pixels."""
    wide: Mask = np.repeat(np.repeat(squares, SQUARE, axis=0), SQUARE, axis=1)
    return wide[: shape[0], : shape[1]]


def _peaks(ink: Ink) -> Ink:
    """The strongest pixel of each square."""
    rows, columns = (np.arange(0, side, SQUARE) for side in ink.shape)
    peaks: Ink = np.maximum.reduceat(np.maximum.reduceat(ink, rows, axis=0), columns, axis=1)
    return peaks


def bound_for(expected: Ink, found: Ink) -> float:
    """More than this is a change, given how much most of the page differs."""
    return EXACT + _NOISY * noise(expected, found)
