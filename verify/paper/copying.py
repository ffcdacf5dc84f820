"""A copier's black and white: soft edges of the form become hard ones, strokes thicker or thinner, grey ground white.

A filter and a curve at 200 dpi (`appearance`) do not say that: what is black was decided far finer than that, before
the scanner or the phone saw it. So the form's drawing goes through the same decision, at a darkness that the page's own
labels tell, and both the expected page and every value that may stand in a cell are drawn by it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from verify.paper.arrays import Grey, Mask
from verify.paper.expected import Darkness, Word
from verify.paper.windows import window_of

# Of a copier's own lens, in pixels (0.09 mm), and the darkness over which it goes from white to black.
_BLUR: Final = 0.7
_SOFT: Final = 0.07
_FINER: Final = 2
# Darkness from which a copier prints black: from one that thickens everything to one that loses hairlines.
_MIDDLES: Final = (0.22, 0.30, 0.38, 0.46, 0.54, 0.62)
# What must be left of the error by which plain ink misses the labels before a page is taken for a copy.
_BETTER: Final = 0.85
_WORDS: Final = 40
_FEWEST_WORDS: Final = 8
_SHORTEST: Final = 3
_REACH: Final = 4
_SIDE: Final = 2 * _REACH + 1
_EVERY: Final = 5
_INK: Final = 0.02
_RIDGE: Final = 0.1
# Darkness off by more than this is no question of the printer: a stamp, a stain.
_OUTLIER: Final = 0.3

# Expected darkness around a word, which of its inner pixels are looked at, and the darkness found there.
_Piece = tuple[Darkness, NDArray[np.int64], Darkness]


@dataclass(frozen=True)
class Copier:
    """middle: darkness of the original from which black is printed, 0 to 1."""

    middle: float

    def copied(self, darkness: Darkness) -> Darkness:
        """A drawing at 200 dpi as it comes out of the copier."""
        grey = np.clip(darkness * 255, 0, 255).astype(np.uint8)
        fine = cv2.resize(grey, None, fx=_FINER, fy=_FINER, interpolation=cv2.INTER_CUBIC)
        soft = cv2.GaussianBlur(fine, (0, 0), _BLUR * _FINER)
        black = cv2.resize(cv2.LUT(soft, self._steps), grey.shape[::-1], interpolation=cv2.INTER_AREA)
        return black.astype(np.float32) / np.float32(255)

    @cached_property
    def _steps(self) -> Grey:
        given = np.linspace(0, 1, 256)
        hard = 1 / (1 + np.exp((self.middle - given) / _SOFT))
        return np.asarray(np.round(255 * (hard - hard[0]) / (hard[-1] - hard[0])), np.uint8)


def copier_of(labels: Sequence[Word], expected: Darkness, found: Darkness, known: Mask) -> Copier | None:
    """The copier that the page's own labels went through; None where they look as printed, or too few are seen."""
    pieces = _pieces(labels, expected, found, known)
    if len(pieces) < _FEWEST_WORDS:
        return None
    errors = [_error(pieces, Copier(middle).copied) for middle in _MIDDLES]
    best = int(np.argmin(errors))
    if errors[best] > _BETTER**2 * _error(pieces, np.asarray):
        return None
    return Copier(_lowest(errors, best))


def _lowest(errors: Sequence[float], best: int) -> float:
    """Where a parabola through the best of the middles and its neighbours is lowest."""
    if not 0 < best < len(errors) - 1:
        return _MIDDLES[best]
    before, least, after = errors[best - 1 : best + 2]
    step = _MIDDLES[1] - _MIDDLES[0]
    return _MIDDLES[best] + step * (before - after) / (2 * max(before + after - 2 * least, 1e-9))


def _pieces(labels: Sequence[Word], expected: Darkness, found: Darkness, known: Mask) -> list[_Piece]:
    """Words of the form, spread over the page."""
    words = [word for word in labels if len(word.text) >= _SHORTEST]
    windows = [window_of(word.box, found.shape, _SIDE) for word in words[:: max(1, len(words) // _WORDS)]]
    return [_piece(expected[window], found[window]) for window in windows if known[window].all()]


def _piece(expected: Darkness, found: Darkness) -> _Piece:
    near = cv2.dilate(expected, np.ones((_SIDE, _SIDE))) > _INK
    inner = slice(_REACH, -_REACH), slice(_REACH, -_REACH)
    places = np.flatnonzero(near[inner])[::_EVERY]
    return expected, places, found[inner].ravel()[places]


def _error(pieces: Sequence[_Piece], printed: Callable[[Darkness], Darkness]) -> float:
    """Mean square by which the best single filter over a printed drawing misses what is found."""
    around = np.concatenate([_neighbours(printed(expected))[near] for expected, near, _found in pieces])
    have = np.concatenate([found for _expected, _near, found in pieces])
    square = (around.T @ around).astype(np.float64) + _RIDGE * np.eye(_SIDE * _SIDE)
    weights = np.linalg.solve(square, (around.T @ have).astype(np.float64))
    return float(np.minimum(np.square(have - around @ weights.astype(np.float32)), _OUTLIER**2).mean())


def _neighbours(drawn: Darkness) -> Darkness:
    """Each inner pixel with those around it, a row each."""
    windows = np.lib.stride_tricks.sliding_window_view(drawn, (_SIDE, _SIDE))
    return windows.reshape(-1, _SIDE * _SIDE)
