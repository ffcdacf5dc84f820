"""The last millimetre: a page that was found is laid on the expected one by all its ink, window by window.

Least squares between the pictures (Lucas and Kanade 1981) in windows of some millimetres, each with the directions in
which its ink says anything; the field (`fields`) goes through them. Windows hold far more than the digits of a cell and
the field is far stiffer than a letter, so what was altered is never pulled into what was expected.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from verify.paper.arrays import Floats, Grey, Mask, Reals
from verify.paper.fields import Field, Knots, Measured, fitted
from verify.paper.lighting import flattened, paper_level
from verify.paper.mapping import Mapping, rendered_through
from verify.paper.pages import PIXELS_PER_MM, PageImage


@dataclass(frozen=True, slots=True)
class Level:
    """One step. per_mm: pixels of a millimetre. blur: pixels. window, spacing: of windows and of knots, mm.

    tolerance: mm beyond which a window's shift is likelier a mistake than a bend.
    """

    per_mm: float
    blur: float
    window: float
    spacing: float
    tolerance: float


COARSE: Final = (
    Level(2.0, 1.5, 12.0, 25.0, 0.8),
    Level(2.0, 1.2, 12.0, 25.0, 0.5),
    Level(4.0, 1.5, 9.0, 25.0, 0.3),
)
FINE: Final = (Level(4.0, 1.2, 8.0, 20.0, 0.15),)

_STIFFNESS: Final = 4.0
# No window is believed closer than this: letters are set and printed to some hundredths of a millimetre.
_SPREAD_MM: Final = 0.08
# Mean squared darkness of a window with a few letters in it.
_FEWEST_INK: Final = 4e-4
_COVERED: Final = 0.9
# A window cannot see farther than its blur.
_REACH: Final = 1.5


@dataclass(frozen=True, slots=True, eq=False)
class Refined:
    """likeness: mean correlation of windows with ink, -1 to 1. residual: 90th percentile of what windows miss, mm."""

    mapping: Mapping
    likeness: float
    residual: float


def refined(picture: Grey, mapping: Mapping, page: PageImage, levels: Sequence[Level]) -> Refined:
    """The mapping made better, step by step."""
    result = Refined(mapping, 0.0, float("inf"))
    for level in levels:
        result = _step(picture, result.mapping, page, level)
    return result


@dataclass(frozen=True, slots=True, eq=False)
class _Sums:
    """Means over windows of products of darkness (expected e, photographed p) and of its slopes (x, y)."""

    ee: Reals
    pp: Reals
    ep: Reals
    slopes: Reals
    slopes_e: Reals
    slopes_p: Reals
    known: Reals


def _step(picture: Grey, mapping: Mapping, page: PageImage, level: Level) -> Refined:
    height, width = (round(side * level.per_mm / PIXELS_PER_MM) for side in page.image.shape)
    per_mm = height / page.image.shape[0] * PIXELS_PER_MM
    seen, known = rendered_through(picture, mapping, (height, width), per_mm)
    expected = cv2.resize(page.image, (width, height), interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    sums, places = _windows(_ink(expected, per_mm, level.blur), _ink(seen, per_mm, level.blur), known, level, per_mm)
    useful = (sums.ee > _FEWEST_INK) & (sums.known > _COVERED)
    likeness = _likeness(sums, useful)
    knots = Knots(page.image.shape[1] / PIXELS_PER_MM, page.image.shape[0] / PIXELS_PER_MM, level.spacing)
    if np.count_nonzero(useful) < 4:
        return Refined(mapping, likeness, float("inf"))
    shifts, certainty = _shifts(sums, per_mm, level)
    wanted = mapping.field.at(places) - shifts
    measured = Measured(places[useful], wanted[useful], certainty[useful])
    start = Field(mapping.field.knots, mapping.field.control)
    field = fitted(measured, knots, _STIFFNESS, level.tolerance, start)
    return Refined(mapping.moved(field), likeness, _residual(measured, field))


def _ink(image: Grey, per_mm: float, blur: float) -> Floats:
    """Darkness, 0 to 1, as if under even light."""
    flat = flattened(image, paper_level(image, per_mm))
    return cv2.GaussianBlur(1 - flat.astype(np.float32) / 255, (0, 0), blur).astype(np.float32)


def _windows(expected: Floats, seen: Floats, known: Mask, level: Level, per_mm: float) -> tuple[_Sums, Reals]:
    x, y = (
        cv2.Sobel(expected, cv2.CV_32F, *order, ksize=3, scale=1 / 8).astype(np.float32, copy=False)
        for order in ((1, 0), (0, 1))
    )
    height, width = expected.shape
    # Windows overlap by half.
    step = level.window * per_mm / 2
    size = (int(width / step), int(height / step))

    def mean(image: Floats) -> Reals:
        small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        return cv2.blur(small, (2, 2), anchor=(0, 0), borderType=cv2.BORDER_REPLICATE).astype(np.float64).ravel()

    def pair(first: Floats, second: Floats) -> Reals:
        return mean(first * second)

    slopes = np.stack([pair(x, x), pair(x, y), pair(x, y), pair(y, y)], axis=-1).reshape(-1, 2, 2)
    sums = _Sums(
        pair(expected, expected),
        pair(seen, seen),
        pair(expected, seen),
        slopes,
        np.stack([pair(x, expected), pair(y, expected)], axis=-1),
        np.stack([pair(x, seen), pair(y, seen)], axis=-1),
        mean(known.astype(np.float32)),
    )
    # The blur of two neighbours stands between them.
    at = np.stack(np.meshgrid(np.arange(size[0]) + 1.0, np.arange(size[1]) + 1.0), axis=-1).reshape(-1, 2)
    return sums, at * (np.array([width, height]) / size) / per_mm


def _shifts(sums: _Sums, per_mm: float, level: Level) -> tuple[Reals, Reals]:
    """By how many mm each window sees what belongs elsewhere, and how certainly (n x 2, n x 2 x 2)."""
    gain = np.clip(sums.ep / np.maximum(sums.ee, 1e-9), 0.05, 2.0)
    pull = (sums.slopes_p - gain[:, None] * sums.slopes_e) * gain[:, None]
    values, vectors = np.linalg.eigh(sums.slopes * (gain**2)[:, None, None])
    along = np.einsum("nji,nj->ni", vectors, pull)
    noise = np.maximum(sums.pp - 2 * gain * sums.ep + gain**2 * sums.ee, 1e-6)
    weakest = np.maximum(values, 1e-3 * values.max())
    bound = _REACH * level.blur
    found = np.clip(along / np.maximum(weakest, 1e-9), -bound, bound)
    shifts = np.einsum("nij,nj->ni", vectors, found) / per_mm
    # Neighbouring pixels are blurred together: fewer independent ones than there are.
    pixels = (level.window * per_mm) ** 2 / (4 * np.pi * level.blur**2)
    information = pixels * np.maximum(values, 0) / noise[:, None] * per_mm**2
    bounded = information / (1 + information * _SPREAD_MM**2)
    certainty = np.einsum("nij,nj,nkj->nik", vectors, bounded, vectors)
    return shifts, certainty


def _likeness(sums: _Sums, useful: NDArray[np.bool_]) -> float:
    if not useful.any():
        return 0.0
    alike = sums.ep[useful] / np.sqrt(np.maximum(sums.ee[useful] * sums.pp[useful], 1e-12))
    return float(np.mean(alike))


def _residual(measured: Measured, field: Field) -> float:
    """How far windows that know both directions lie from the field: 90th percentile, mm."""
    sure = np.linalg.eigvalsh(measured.certainty)[:, 0] > 0.5 / _SPREAD_MM**2
    if not sure.any():
        return float("inf")
    miss = field.at(measured.places[sure]) - measured.displacements[sure]
    return float(np.percentile(np.hypot(*miss.T), 90))
