"""What a photo is too poor to show, and where: cut off, burnt out, too dark, covered, blurred, too small.

A doubt about a place makes it unknown, never different. When too much is unknown the photo is refused with what to do
about it; a person needs to hear which part of the page to take again, not what a computer measured.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import cv2
import numpy as np

from verify.paper.arrays import Floats, Grey, Mask
from verify.paper.pages import PIXELS_PER_MM


class PhotoFault(StrEnum):
    """What keeps a photo from being compared."""

    NO_PAGE = "no_page"
    TOO_SMALL = "too_small"
    BLURRED = "blurred"
    CUT_OFF = "cut_off"
    GLARE = "glare"
    SHADOW = "shadow"
    COVERED = "covered"


class Part(StrEnum):
    """The part of a page to take again."""

    WHOLE = "whole"
    TOP = "top"
    BOTTOM = "bottom"
    LEFT = "left"
    RIGHT = "right"
    TOP_LEFT = "top_left"
    TOP_RIGHT = "top_right"
    BOTTOM_LEFT = "bottom_left"
    BOTTOM_RIGHT = "bottom_right"


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a photo, or a part of it, cannot be compared. part: what to take again."""

    reason: PhotoFault
    part: Part


@dataclass(frozen=True, slots=True, eq=False)
class Quality:
    """known: pixels that show what stands on the paper. seen: share of the page's ink there.

    lost: where the picture shows the paper, but not the ink that is expected.

    blur: standard deviation in mm. retakes: what is wrong with which part of the page, worst first.
    """

    known: Mask
    lost: Mask
    seen: float
    blur: float
    retakes: tuple[Refused, ...]


# Everything here is measured at 2 pixels a millimetre, blur at 4.
_PER_MM: Final = 2.0
_SHARP_PER_MM: Final = 4.0
# Ink as dark as a word within a window of this many mm tells whether ink can be seen there.
_WINDOW_MM: Final = 9.0
_INK: Final = 3e-3
# The ground of a table's head has 240; a hairline is drawn as dark as a letter in its middle.
_GROUND: Final = 220
# Contrast below this part of the page's usual one: glare, a finger, a stain as dark as ink.
_FAINT: Final = 0.4
# Ink of more than this part of it shows that burnt paper is only bright paper.
_LEGIBLE: Final = 0.7
# A sensor is full at 255; JPEG leaves some of it. Paper this bright all over is an ordinary scan.
_BURNT: Final = 249
_BRIGHT_PAPER: Final = 240
# Paper this dark leaves 20 steps between itself and ink.
_DARK: Final = 40
_AROUND_MM: Final = 1.5
# Share of a quarter's ink from which it has to be taken again.
_QUARTER: Final = 0.3
_SIGMAS: Final = (0.0, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.7, 1.0)


def measured(seen: Grey, flat: Grey, paper: Grey, expected: Grey, covered: Mask) -> Quality:
    """Judge a photo laid on the expected page (all of one shape, at 200 dpi).

    seen: as photographed. flat: under even light. paper: the light. covered: where the picture shows the page at all.
    """
    ink, drawn = _darkness(expected, _PER_MM), _darkness(flat, _PER_MM)
    contrast, strokes = (_contrast(each, drawn) for each in (ink, _darkness(_without_ground(expected), _PER_MM)))
    size = (ink.shape[1], ink.shape[0])
    brightness, light = (cv2.resize(each, size, interpolation=cv2.INTER_AREA) for each in (seen, paper))
    cut_off = cv2.resize(covered.astype(np.uint8) * 255, size, interpolation=cv2.INTER_AREA) < 255
    shown = strokes[(strokes > 0) & ~cut_off]
    usual = float(np.median(shown)) if shown.size else 0.0
    burnt = (brightness >= _BURNT) & (float(np.median(light)) < _BRIGHT_PAPER)
    dark = light < _DARK
    faint = (strokes >= 0) & (strokes < _FAINT * usual)
    causes = {PhotoFault.CUT_OFF: cut_off}
    causes[PhotoFault.SHADOW] = dark & ~cut_off
    # A bright lamp burns the paper only; where strokes are as dark as elsewhere, a new one would be seen too.
    causes[PhotoFault.GLARE] = _around(burnt & (contrast < _LEGIBLE * usual)) & ~cut_off
    causes[PhotoFault.COVERED] = faint & ~cut_off & ~causes[PhotoFault.GLARE] & ~dark
    unknown = np.logical_or.reduce(list(causes.values()))
    others = np.logical_or.reduce([mask for fault, mask in causes.items() if fault is not PhotoFault.COVERED])
    known, lost = (_larger(mask, seen.shape) for mask in (~unknown, causes[PhotoFault.COVERED] & ~others))
    return Quality(known, lost, _share(ink, ~unknown), _blur(expected, flat, usual, known), _retakes(ink, causes))


def _larger(mask: Mask, shape: tuple[int, ...]) -> Mask:
    return cv2.resize(mask.astype(np.uint8), shape[::-1], interpolation=cv2.INTER_NEAREST) > 0


def _darkness(image: Grey, per_mm: float) -> Floats:
    height, width = (round(side * per_mm / PIXELS_PER_MM) for side in image.shape)
    small = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    return (1 - small.astype(np.float32) / 255).astype(np.float32)


def _without_ground(expected: Grey) -> Grey:
    """The strokes alone: a copier prints no grey ground, and nothing was lost with it."""
    return np.where(expected < _GROUND, expected, 255).astype(np.uint8)


def _contrast(ink: Floats, drawn: Floats) -> Floats:
    """How dark expected ink is drawn around each place, 1 as expected; below 0 where nothing is expected around."""
    first, second = (cv2.GaussianBlur(each, (0, 0), 1.0) for each in (ink, drawn))
    sigma = _WINDOW_MM * _PER_MM / 4
    both = cv2.GaussianBlur(first * second, (0, 0), sigma)
    own = cv2.GaussianBlur(first * first, (0, 0), sigma)
    return np.where(own > _INK, np.maximum(both / np.maximum(own, 1e-9), 0), -1).astype(np.float32)


def _around(mask: Mask) -> Mask:
    """A mask without specks, and what stands beside it."""
    side = round(_AROUND_MM * _PER_MM) | 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    solid = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, kernel)
    return cv2.dilate(solid, kernel, iterations=2) > 0


def _share(ink: Floats, mask: Mask) -> float:
    """The part of a page's ink in a mask."""
    return float(ink[mask].sum() / max(float(ink.sum()), 1e-9))


def _blur(expected: Grey, flat: Grey, usual: float, known: Mask) -> float:
    """Width of a stroke's edge: how much of its slope is left, against the expected page blurred by so much.

    Only slopes that are expected count, so grain does not look like sharpness.
    """
    ink, drawn = _darkness(expected, _SHARP_PER_MM), _darkness(flat, _SHARP_PER_MM)
    where = cv2.resize(known.astype(np.uint8), ink.shape[::-1], interpolation=cv2.INTER_NEAREST) > 0
    if usual <= 0 or not where.any():
        return _SIGMAS[-1]
    slopes = _slopes(ink)
    own = _along(slopes, slopes, where)
    left = _along(slopes, _slopes(drawn), where) / (usual * own)
    expected_left = [1.0]
    for sigma in _SIGMAS[1:]:
        soft = cv2.GaussianBlur(ink, (0, 0), sigma * _SHARP_PER_MM).astype(np.float32)
        expected_left.append(_along(slopes, _slopes(soft), where) / own)
        if expected_left[-1] < left:
            break
    reached = _SIGMAS[: len(expected_left)]
    return float(np.interp(-left, [-each for each in expected_left], reached))


def _slopes(ink: Floats) -> tuple[Floats, Floats]:
    across, down = cv2.Sobel(ink, cv2.CV_32F, 1, 0), cv2.Sobel(ink, cv2.CV_32F, 0, 1)
    return across.astype(np.float32, copy=False), down.astype(np.float32, copy=False)


def _along(first: tuple[Floats, Floats], second: tuple[Floats, Floats], where: Mask) -> float:
    return float(sum(np.sum((a * b)[where]) for a, b in zip(first, second, strict=True)))


def _retakes(ink: Floats, causes: dict[PhotoFault, Mask]) -> tuple[Refused, ...]:
    found = []
    for reason, mask in causes.items():
        parts = [name for name, quarter in _quarters(ink.shape) if _share(ink[quarter], mask[quarter]) > _QUARTER]
        if parts:
            found.append((_share(ink, mask), Refused(reason, together(parts))))
    return tuple(each for _share_of, each in sorted(found, key=lambda pair: -pair[0]))


def _quarters(shape: tuple[int, ...]) -> Sequence[tuple[Part, tuple[slice, slice]]]:
    rows, columns = shape[0] // 2, shape[1] // 2
    return (
        (Part.TOP_LEFT, (slice(0, rows), slice(0, columns))),
        (Part.TOP_RIGHT, (slice(0, rows), slice(columns, None))),
        (Part.BOTTOM_LEFT, (slice(rows, None), slice(0, columns))),
        (Part.BOTTOM_RIGHT, (slice(rows, None), slice(columns, None))),
    )


_HALVES: Final = {
    frozenset({Part.TOP_LEFT, Part.TOP_RIGHT}): Part.TOP,
    frozenset({Part.BOTTOM_LEFT, Part.BOTTOM_RIGHT}): Part.BOTTOM,
    frozenset({Part.TOP_LEFT, Part.BOTTOM_LEFT}): Part.LEFT,
    frozenset({Part.TOP_RIGHT, Part.BOTTOM_RIGHT}): Part.RIGHT,
}


def together(quarters: Sequence[Part]) -> Part:
    """The smallest part that a person can be asked for and that holds these quarters."""
    if len(quarters) == 1:
        return quarters[0]
    return _HALVES.get(frozenset(quarters), Part.WHOLE)
