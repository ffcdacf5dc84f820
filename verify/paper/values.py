"""A mark or level in a photo, read among the values that may stand in its cell, each drawn by the form's own template.

It is equal only when it looks like the expected value *and* nothing is left over: a pen stroke that makes an 8 of a 6
is ink that a 6 does not have. It differs when it looks like another value, in the form's place or a little aside as a
forger sets it. Whatever fits no value is unread: stamps, stains and creases are no forgery.
"""

from dataclasses import dataclass
from itertools import product
from typing import Final

import cv2
import numpy as np

from verify.form.boxes import CellBox
from verify.paper import thresholds
from verify.paper.expected import PIXELS_PER_POINT, Darkness
from verify.paper.fitting import Fit, fitted, lean
from verify.paper.laid import Laid
from verify.paper.readings import Cause, CellReading, State
from verify.paper.specimens import Drawing, Kind, place
from verify.paper.windows import Window, window_of

Drawings = dict[tuple[str, str], Drawing]

_MARGIN: Final = 6
# Rules of the table stand on the border of a cell; what they leave over is none of its value.
_RULE: Final = 4
# A forger's value may stand so many pixels aside (0.8 mm) and be so much smaller or larger.
_ASIDE: Final = 6
_SIZES: Final = (0.94, 1.0, 1.06)


@dataclass(frozen=True, slots=True, eq=False)
class _Cell:
    """One cell of a photo. around: the page without the value. middle: of the cell in pixels of the window."""

    photo: Laid
    drawings: Drawings
    kind: Kind
    box: CellBox
    window: Window
    around: Darkness
    middle: tuple[float, float]

    @property
    def found(self) -> Darkness:
        return self.photo.found[self.window]

    @property
    def inner(self) -> Window:
        edge = _MARGIN + _RULE
        height, width = self.found.shape
        return slice(edge, height - edge), slice(edge, width - edge)

    def fit(self, value: str, aside: tuple[float, float] = (0, 0), size: float = 1.0) -> Fit:
        """The cell with a value in it, laid on what is found."""
        return fitted(self.found, self.shown(value, aside, size))

    def shown(self, value: str, aside: tuple[float, float], size: float) -> Darkness:
        """What the cell would look like with a value, in this photo. aside: pixels right and down of its place."""
        drawn = self.around
        if value:
            specimen = _sized(self.drawings[self.kind.name, value], size)
            drawn = drawn + place(specimen, (self.middle[0] + aside[0], self.middle[1] + aside[1]), drawn.shape[:2])
        rows, columns = self.window
        height, width = self.photo.found.shape
        return self.photo.looks.shown(drawn, ((rows.start + rows.stop) / 2 / height, columns.start / width))

    def strongest(self, fit: Fit) -> float:
        """The strongest stroke that a value leaves over."""
        return float(np.abs(self.photo.strokes(fit.left)[self.inner]).max())


def read_value(photo: Laid, box: CellBox, kind: Kind, drawings: Drawings) -> CellReading:
    """Read a cell that the photo shows."""
    cell = _cell(photo, box, kind, drawings)
    fits = {value: cell.fit(value) for value in kind.values}
    expected = fits[box.text]
    leans = {value: lean(expected, fit, cell.found) for value, fit in fits.items() if value != box.text}
    state, cause, seen = _judged(cell, fits, leans)
    return CellReading(
        box.field,
        box.page,
        box.box,
        state,
        box.text,
        seen=seen,
        lean=round(max(leans.values()), 3),
        stroke=round(cell.strongest(expected), 3),
        cause=cause,
    )


def _judged(cell: _Cell, fits: dict[str, Fit], leans: dict[str, float]) -> tuple[State, Cause | None, str]:
    bound = cell.photo.bound(cell.box.box)
    if bound is None:
        return State.UNREAD, Cause.TOO_POOR, ""
    best = min(fits, key=lambda value: fits[value].loss)
    stroke = cell.strongest(fits[cell.box.text])
    if best == cell.box.text and stroke <= bound:
        if max(leans.values()) <= thresholds.LEAN_EQUAL:
            return State.EQUAL, None, ""
        return State.UNREAD, Cause.UNCLEAR, ""
    if stroke <= max(bound, thresholds.CLEAN):
        return State.UNREAD, Cause.UNCLEAR, ""
    leaning = best != cell.box.text and leans[best] >= thresholds.LEAN_DIFFERS
    if leaning and cell.strongest(fits[best]) <= max(bound, thresholds.CLEAN):
        return State.DIFFERS, None, best
    other = _elsewhere(cell, bound)
    return (State.DIFFERS, None, other) if other else (State.UNREAD, Cause.COVERED, "")


def _elsewhere(cell: _Cell, bound: float) -> str:
    """The other value that stands in the cell a little aside, larger or smaller; empty for none."""
    best, found = None, ""
    for value, size in product(cell.kind.values, _SIZES):
        if not value:
            continue
        fit = cell.fit(value, _displacement(cell, value, size), size)
        if best is None or fit.loss < best.loss:
            best, found = fit, value
    if best is None or found == cell.box.text or cell.strongest(best) > max(bound, thresholds.CLEAN):
        return ""
    return found


def _displacement(cell: _Cell, value: str, size: float) -> tuple[float, float]:
    """Where in the cell a value is found, in pixels right and down of its place."""
    shown = cell.shown(value, (0, 0), size) - cell.shown("", (0, 0), 1.0)
    rows, columns = (np.flatnonzero(np.abs(shown).max(axis=axis) > 0.1) for axis in (1, 0))
    if not rows.size:
        return 0.0, 0.0
    top, left = int(rows[0]), int(columns[0])
    template = shown[top : rows[-1] + 1, left : columns[-1] + 1]
    y, x = max(0, top - _ASIDE), max(0, left - _ASIDE)
    search = cell.found[y : rows[-1] + 1 + _ASIDE, x : columns[-1] + 1 + _ASIDE]
    likeness = cv2.matchTemplate(search, template, cv2.TM_CCOEFF_NORMED)
    _least, _most, _at_least, (right, down) = cv2.minMaxLoc(likeness)
    return float(x + right - left), float(y + down - top)


def _cell(photo: Laid, box: CellBox, kind: Kind, drawings: Drawings) -> _Cell:
    window = window_of(box.box, photo.found.shape, _MARGIN)
    rows, columns = window
    x, y = (PIXELS_PER_POINT * (box.box[side] + box.box[side + 2]) / 2 for side in (0, 1))
    around = photo.page.darkness[window].copy()
    cell = _Cell(photo, drawings, kind, box, window, around, (x - columns.start, y - rows.start))
    around[cell.inner] = 0
    return cell


def _sized(specimen: Drawing, size: float) -> Drawing:
    if size == 1.0:
        return specimen
    return np.asarray(cv2.resize(specimen, None, fx=size, fy=size, interpolation=cv2.INTER_AREA), np.float32)
