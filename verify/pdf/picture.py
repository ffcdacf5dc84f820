"""Where two pictures of a page differ, and where what is printed was left alone.

Measured with pdfium at 150 dpi on one print of grade 4 (tests/verify/pdf/content makes the files). Largest darkness of
ink beyond that of the other side moved by half a pixel: re-saved by qpdf, pikepdf or pdfium 0, ghostscript 57,
poppler's cairo 177 in place and 117 once each square of 32 pixels is laid where it fits best (cairo rounds where words
start). The form's full ink is 217. Hence:

- squares move by at most one pixel (0.5 pt), to the place of least distance, not of least evidence, so that a stroke
  does not hide itself by moving what it changes;
- BEYOND 120 and FEWEST 5 pixels that hang together: at 120, cairo leaves at most 1, pages drawn by cairo and then by
  Chromium 4; a digit set for another, re-saved by cairo, 6 or more (all pairs in nine cells: none missed). Half a
  pixel, not a whole one: widened by one pixel, the weakest pair (8, 6) left 3;
- FAINT 20 more than anything within three pixels on the other side, where that side is blank (below 24): a pale stroke
  on white paper is seen too, a table rule that another writer puts one pixel aside is not. Faithful copies leave 14;
- pixel by pixel in place (`in_place`), with a bound that rises with the noise of the page: 72 for re-saved files, about
  160 for ghostscript (noise 60-65), none for cairo (noise above 200). It finds pale strokes between the lines of a
  letter;
- BESIDE 48, for the same pages: ink beyond the other side moved by a whole pixel. Faithful copies leave 40.

Known limit, for the picture alone: after a writer as loose as cairo, a changed tone mark on a hatted vowel (ấ to ẩ,
ẩ to ẫ) leaves nothing and other accents about 3 pixels a letter. The text layer shows these; a forger whose
letters also lie about their shapes passes with a tone mark. Levels (subjects 29 pixels or more, D for Đ
13) and digits are seen.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray

from verify.pdf import in_place
from verify.pdf.ink import SCALE, Ink

Box = tuple[float, float, float, float]
Mask = NDArray[np.bool_]

BEYOND: Final = 120
FAINT: Final = 20
BESIDE: Final = 48
FEWEST: Final = 5
_BLANK: Final = 24
_REACH: Final = 3
_STRIP: Final = in_place.SQUARE
_TILE: Final = 8
_MOVES: Final = ((0, 0), (-1, 0), (0, -1), (0, 1), (1, 0), (-1, -1), (-1, 1), (1, -1), (1, 1))


@dataclass(frozen=True, slots=True)
class Residue:
    """What is left when two pictures of a page are laid on each other. excess: ink that is not expected; missing."""

    excess: Mask
    missing: Mask

    def differs_in(self, box: Box) -> bool:
        """Whether enough pixels differ together inside a box (points from the top left)."""
        rows, columns = _pixels(box)
        both = self.excess[rows, columns] | self.missing[rows, columns]
        if int(np.count_nonzero(both)) < FEWEST:
            return False
        return any(int(np.count_nonzero(both[group])) >= FEWEST for group in _connected(both))

    def clear(self, box: Box) -> None:
        """Forget what lies in a box."""
        rows, columns = _pixels(box)
        self.excess[rows, columns] = False
        self.missing[rows, columns] = False

    def regions(self) -> Iterator[tuple[Box, bool]]:
        """Connected regions that differ, each with whether expected ink is missing there."""
        both = self.excess | self.missing
        for rows, columns in _connected(both):
            if int(np.count_nonzero(both[rows, columns])) >= FEWEST:
                gone = int(np.count_nonzero(self.missing[rows, columns])) >= FEWEST
                yield _points(rows, columns, both[rows, columns]), gone

    def covers(self, box: Box) -> bool:
        """Whether unexpected ink lies in a box."""
        rows, columns = _pixels(box)
        return int(np.count_nonzero(self.excess[rows, columns])) >= FEWEST


def residue(expected: Ink, found: Ink) -> Residue | None:
    """What differs, or None when nothing does."""
    found = _fitted(found, expected.shape)
    if np.array_equal(expected, found):
        return None
    sides = _Sides(expected, found)
    whole = sides.residue(slice(0, expected.shape[0]), (0, 0))
    strips = np.flatnonzero((whole.excess | whole.missing).any(axis=1))
    for strip in sorted({int(row) // _STRIP for row in strips}):
        _settle(sides, whole, slice(strip * _STRIP, min((strip + 1) * _STRIP, expected.shape[0])))
    exact = _exact(expected, found)
    whole.excess[exact.excess] = True
    whole.missing[exact.missing] = True
    return whole if (whole.excess | whole.missing).any() else None


class _Sides:
    """Both pictures with their widened copies, framed by one blank pixel so that they can be moved."""

    def __init__(self, expected: Ink, found: Ink) -> None:
        self._expected = _views(expected)
        self._found = tuple(np.pad(view, 1) for view in _views(found))

    def residue(self, rows: slice, move: tuple[int, int]) -> Residue:
        """What differs in some rows when the found picture is moved by (down, right) pixels."""
        ink, near, far = (view[rows] for view in self._expected)
        other, other_near, other_far = (self._moved(view, rows, move) for view in self._found)
        return Residue(_beyond(other, near, far), _beyond(ink, other_near, other_far))

    def distance(self, rows: slice, move: tuple[int, int]) -> NDArray[np.int64]:
        """How far the moved picture is from the expected one, for each square of pixels in some rows."""
        ink, other = self._expected[0][rows], self._moved(self._found[0], rows, move)
        apart = np.maximum(ink, other) - np.minimum(ink, other)
        return np.add.reduceat(apart.sum(axis=0, dtype=np.int64), np.arange(0, apart.shape[1], _STRIP))

    def _moved(self, view: Ink, rows: slice, move: tuple[int, int]) -> Ink:
        height, width = rows.stop - rows.start, view.shape[1] - 2
        top, left = rows.start + 1 + move[0], 1 + move[1]
        return view[top : top + height, left : left + width]


def _settle(sides: _Sides, whole: Residue, rows: slice) -> None:
    """In a strip of rows, lay each square of pixels where it fits best; what differs there stays."""
    distances = np.stack([sides.distance(rows, move) for move in _MOVES])
    best = distances.argmin(axis=0)
    for index in np.unique(best[best > 0]):
        tried = sides.residue(rows, _MOVES[int(index)])
        spread = np.repeat(best == index, _STRIP)[: tried.excess.shape[1]]
        whole.excess[rows][:, spread] = tried.excess[:, spread]
        whole.missing[rows][:, spread] = tried.missing[:, spread]


def _exact(expected: Ink, found: Ink) -> Residue:
    """What differs with little or no tolerance of place, given how much most of the page differs."""
    bound = in_place.bound_for(expected, found)
    changed = in_place.changed(expected, found, bound)
    beside = bound - in_place.EXACT + BESIDE
    return Residue(
        (changed & (found > expected)) | _strongly_beyond(found, _widened(expected, 1), beside),
        (changed & (found < expected)) | _strongly_beyond(expected, _widened(found, 1), beside),
    )


def _strongly_beyond(ink: Ink, wide: Ink, bound: float) -> Mask:
    mask: Mask = ink - np.minimum(ink, wide) > bound
    return mask


def _beyond(ink: Ink, near: Ink, far: Ink) -> Mask:
    """Ink that the other side has neither strongly within half a pixel, nor as pale within three."""
    mask: Mask = ink > np.minimum(near, 255 - BEYOND) + np.uint8(BEYOND)
    mask |= (far < _BLANK) & (ink > far + np.uint8(FAINT))
    return mask


def _views(ink: Ink) -> tuple[Ink, Ink, Ink]:
    return ink, _moved_by_half(ink), _widened(ink, _REACH)


def _moved_by_half(ink: Ink) -> Ink:
    """The strongest ink at each pixel when the picture moves by up to half a pixel in any direction."""
    half, quarter = ink >> 1, np.pad(ink >> 2, 1)
    strongest, half = ink.copy(), np.pad(half, 1)
    height, width = ink.shape
    middle = (slice(1, height + 1), slice(1, width + 1))
    for down, right in product((-1, 0, 1), repeat=2):
        beside = (slice(1 + down, 1 + down + height), slice(1 + right, 1 + right + width))
        if down and right:
            across, along = (middle[0], beside[1]), (beside[0], middle[1])
            mixed = quarter[middle] + quarter[beside] + quarter[across] + quarter[along]
        else:
            mixed = half[middle] + half[beside]
        np.maximum(strongest, mixed, out=strongest)
    return strongest


def _widened(ink: Ink, reach: int) -> Ink:
    """The strongest ink within so many pixels, in every direction."""
    for _ in range(reach):
        tall = ink.copy()
        np.maximum(tall[1:], ink[:-1], out=tall[1:])
        np.maximum(tall[:-1], ink[1:], out=tall[:-1])
        ink = tall.copy()
        np.maximum(ink[:, 1:], tall[:, :-1], out=ink[:, 1:])
        np.maximum(ink[:, :-1], tall[:, 1:], out=ink[:, :-1])
    return ink


def _fitted(ink: Ink, shape: tuple[int, ...]) -> Ink:
    """A picture on a sheet of another size, laid at the top left."""
    if ink.shape == shape:
        return ink
    sheet = np.zeros(shape, dtype=np.uint8)
    height, width = min(ink.shape[0], shape[0]), min(ink.shape[1], shape[1])
    sheet[:height, :width] = ink[:height, :width]
    return sheet


def _pixels(box: Box) -> tuple[slice, slice]:
    x0, y0, x1, y1 = (max(0, round(side * SCALE)) for side in box)
    return slice(y0, y1), slice(x0, x1)


def _points(rows: slice, columns: slice, mask: Mask) -> Box:
    ys, xs = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    x0, x1 = columns.start + int(xs[0]), columns.start + int(xs[-1]) + 1
    y0, y1 = rows.start + int(ys[0]), rows.start + int(ys[-1]) + 1
    return round(x0 / SCALE, 2), round(y0 / SCALE, 2), round(x1 / SCALE, 2), round(y1 / SCALE, 2)


def _connected(mask: Mask) -> Iterator[tuple[slice, slice]]:
    """Rectangles around groups of touching tiles that hold a pixel."""
    height, width = (-(-side // _TILE) for side in mask.shape)
    padded = np.zeros((height * _TILE, width * _TILE), dtype=np.bool_)
    padded[: mask.shape[0], : mask.shape[1]] = mask
    tiles = padded.reshape(height, _TILE, width, _TILE).any(axis=(1, 3))
    waiting = {(int(row), int(column)) for row, column in np.argwhere(tiles)}
    while waiting:
        group, front = [], [waiting.pop()]
        while front:
            row, column = front.pop()
            group.append((row, column))
            touching = {(row + down, column + right) for down, right in product((-1, 0, 1), repeat=2)} & waiting
            waiting -= touching
            front.extend(touching)
        rows, columns = [row for row, _column in group], [column for _row, column in group]
        yield (
            slice(min(rows) * _TILE, (max(rows) + 1) * _TILE),
            slice(min(columns) * _TILE, (max(columns) + 1) * _TILE),
        )
