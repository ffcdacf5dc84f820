"""Pieces of a page: the pixels that a box covers at the resolution at which pages are compared."""

from collections.abc import Sequence

from verify.paper.expected import PIXELS_PER_POINT

Window = tuple[slice, slice]


def window_of(box: Sequence[float], shape: tuple[int, ...], margin: int) -> Window:
    """The pixels of a box in points, grown by a margin in pixels, within the page."""
    x0, y0, x1, y1 = (round(side * PIXELS_PER_POINT) for side in box)
    rows = slice(max(0, y0 - margin), max(0, min(shape[0], y1 + margin)))
    return rows, slice(max(0, x0 - margin), max(0, min(shape[1], x1 + margin)))
