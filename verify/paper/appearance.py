"""How this photo shows ink: paper taken away, and what printer, lens and sharpening made of the strokes.

A form holds thousands of strokes that we know: labels, rules, words. From them one filter for each part of the page
(blur, motion, sharpening, what is left of a shift) and one curve for the whole (toner, contrast, a copier's black
and white) are fitted by least squares; the expected page shown through both is what an unaltered page looks like
*in this photo*.
"""

from dataclasses import dataclass, replace
from itertools import product
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from verify.paper.copying import Copier
from verify.paper.expected import Darkness

Mask = NDArray[np.bool_]
Weights = NDArray[np.float64]

_REACH: Final = 4
_SIDE: Final = 2 * _REACH + 1
# Parts of the page that have a filter of their own, rows and columns: a tilted phone is sharp on one side only.
_PARTS: Final = (4, 3)
# The whole page's strokes count in each part as so many pixels of its own.
_SHARED_PIXELS: Final = 1500.0
_SAMPLES: Final = 20_000
_RIDGE: Final = 0.3
_INK: Final = 0.02
_CURVE: Final = np.linspace(-0.1, 1.3, 29, dtype=np.float32)
_FULL_BIN: Final = 40
# Paper's brightness is smoothed over about 5 mm; cells of four pixels.
_COARSE: Final = 4
_PAPER: Final = 10.0
_BLANK_AROUND: Final = 9
_OUTLIER: Final = 0.3


def darkness_of(image: NDArray[np.uint8], expected: Darkness, known: Mask) -> Darkness:
    """0 where the picture is as bright as the blank paper around, 1 for black; below 0 where it is brighter."""
    blank = (cv2.dilate(expected, np.ones((_BLANK_AROUND, _BLANK_AROUND))) < _INK) & known
    size = (image.shape[1] // _COARSE, image.shape[0] // _COARSE)
    light = image.astype(np.float32)
    weight = cv2.resize(blank.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    paper = cv2.resize(light * blank, size, interpolation=cv2.INTER_AREA)
    near = [cv2.GaussianBlur(each, (0, 0), _PAPER) for each in (paper, weight)]
    far = [cv2.GaussianBlur(each, (0, 0), 6 * _PAPER) for each in (paper, weight)]
    mean = (near[0] + 0.01 * far[0]) / (near[1] + 0.01 * far[1] + 1e-6)
    whole = cv2.resize(mean, (image.shape[1], image.shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(1 - light / np.maximum(whole, 1), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Appearance:
    """How strokes look. filters: one for each part of the page. curve: darkness after the filter to darkness shown.

    ink: how dark a full stroke is shown, 0 to 1. page: the expected page as this photo would show it.
    copier: what the print went through before it was photographed, where it did.
    """

    copier: Copier | None
    filters: tuple[Darkness, ...]
    curve: Darkness
    ink: float
    page: Darkness

    def shown(self, darkness: Darkness, place: tuple[float, float]) -> Darkness:
        """A piece of a page at a place (row and column as parts of 1), as this photo would show it."""
        kernel = self.filters[_part_at(place)]
        return self._through(_filtered(_printed(darkness, self.copier), kernel))

    def _through(self, filtered: Darkness) -> Darkness:
        return np.interp(filtered, _CURVE, self.curve).astype(np.float32)


def learn(expected: Darkness, found: Darkness, known: Mask, copier: Copier | None) -> Appearance | None:
    """From all that is printed; None where too little of it is seen to say how ink looks."""
    rows, columns = _samples(expected, known)
    expected = _printed(expected, copier)
    if rows.size < 4 * _SIDE * _SIDE:
        return None
    around = np.pad(expected, _REACH)
    shifts = list(product(range(_SIDE), repeat=2))
    seen = np.stack([around[rows + down, columns + right] for down, right in shifts], axis=1)
    have = found[rows, columns]
    parts = _part_numbers(rows / expected.shape[0], columns / expected.shape[1])
    filters = _filters(seen, have, parts)
    predicted = _predicted(seen, filters, parts)
    robust = np.abs(have - predicted) < _OUTLIER
    filters = _filters(seen[robust], have[robust], parts[robust])
    predicted = _predicted(seen, filters, parts)
    curve, full = _curve(predicted, have)
    kernels = tuple(each.reshape(_SIDE, _SIDE).astype(np.float32) for each in filters)
    made = Appearance(copier, kernels, curve, full, expected)
    return replace(made, page=_whole(made, expected))


def _printed(darkness: Darkness, copier: Copier | None) -> Darkness:
    return darkness if copier is None else copier.copied(darkness)


def _samples(expected: Darkness, known: Mask) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    near = (cv2.dilate(expected, np.ones((7, 7))) > _INK) & known
    places = np.flatnonzero(near)
    # Every n-th, n prime and unlike the page's width: spread over the page, the same for the same picture.
    step = max(1, places.size // _SAMPLES) | 1
    rows, columns = np.divmod(places[::step], expected.shape[1])
    return rows, columns


def _filters(seen: Darkness, have: Darkness, parts: NDArray[np.int64]) -> list[Weights]:
    squares, pulls, counts = [], [], []
    for part in range(_PARTS[0] * _PARTS[1]):
        own = seen[parts == part]
        squares.append((own.T @ own).astype(np.float64))
        pulls.append((own.T @ have[parts == part]).astype(np.float64))
        counts.append(len(own))
    square, pull, count = sum(squares), sum(pulls), max(1, sum(counts))
    share = _SHARED_PIXELS / count
    ridge = _RIDGE * np.eye(_SIDE * _SIDE) * _SHARED_PIXELS / 1000
    return [
        np.linalg.solve(own + share * square + ridge, mine + share * pull)
        for own, mine in zip(squares, pulls, strict=True)
    ]


def _predicted(seen: Darkness, filters: list[Weights], parts: NDArray[np.int64]) -> Darkness:
    each = seen @ np.stack(filters, axis=1).astype(np.float32)
    return each[np.arange(len(parts)), parts]


def _curve(predicted: Darkness, have: Darkness) -> tuple[Darkness, float]:
    """Mean darkness shown for each darkness predicted, drawn to the straight line where pixels are few."""
    bins = np.clip(np.searchsorted(_CURVE, predicted) - 1, 0, len(_CURVE) - 1)
    middle = np.bincount(bins, predicted, len(_CURVE)), np.bincount(bins, have, len(_CURVE))
    count = np.bincount(bins, minlength=len(_CURVE))
    held = count >= _FULL_BIN
    xs, ys = middle[0][held] / count[held], middle[1][held] / count[held]
    if not held.any():
        return _CURVE.copy(), 1.0
    curve = np.interp(_CURVE, xs, ys)
    below, above = xs[0] > _CURVE, xs[-1] < _CURVE
    curve[below] = ys[0] + (_CURVE[below] - xs[0])
    slope = np.clip((ys[-1] - ys[-2]) / (xs[-1] - xs[-2]), 0, 1) if len(xs) > 1 else 1.0
    curve[above] = ys[-1] + slope * (_CURVE[above] - xs[-1])
    strong = have[predicted >= np.quantile(predicted, 0.9)]
    return curve.astype(np.float32), float(np.median(strong))


def _whole(made: Appearance, expected: Darkness) -> Darkness:
    height, width = expected.shape
    page = np.empty_like(expected)
    for part, kernel in enumerate(made.filters):
        row, column = divmod(part, _PARTS[1])
        rows = slice(row * height // _PARTS[0], (row + 1) * height // _PARTS[0])
        columns = slice(column * width // _PARTS[1], (column + 1) * width // _PARTS[1])
        top, left = max(0, rows.start - _REACH), max(0, columns.start - _REACH)
        cut = expected[top : rows.stop + _REACH, left : columns.stop + _REACH]
        filtered = _filtered(cut, kernel)[rows.start - top :, columns.start - left :][: rows.stop - rows.start]
        page[rows, columns] = made._through(filtered[:, : columns.stop - columns.start])
    return page


def _filtered(darkness: Darkness, kernel: Darkness) -> Darkness:
    return np.asarray(cv2.filter2D(darkness, cv2.CV_32F, kernel, borderType=cv2.BORDER_CONSTANT), np.float32)


def _part_numbers(down: Weights, across: Weights) -> NDArray[np.int64]:
    numbers = np.minimum((down * _PARTS[0]).astype(np.int64), _PARTS[0] - 1) * _PARTS[1]
    return numbers + np.minimum((across * _PARTS[1]).astype(np.int64), _PARTS[1] - 1)


def _part_at(place: tuple[float, float]) -> int:
    return int(_part_numbers(np.array([place[0]]), np.array([place[1]]))[0])
