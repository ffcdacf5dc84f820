"""How far a piece of a photo is from what it should show, with a little shift, contrast and blur of its own."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from verify.paper.expected import Darkness

# What a piece may have of its own, one standard deviation: darkness of the paper, contrast, shift right and down in
# pixels, blur in square pixels. Small against what turns one value into another.
_OWN: Final = np.array([0.03, 0.08, 0.3, 0.3, 0.3])
# Darkness by which a pixel is off by chance.
_NOISE: Final = 0.06


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """shown: what should be seen, fitted. left: found less shown. loss: squares of what is left and of the fitting."""

    shown: Darkness
    left: Darkness
    loss: float


def fitted(found: Darkness, shown: Darkness) -> Fit:
    """Lay what should be seen on what is found; both of one shape with a margin around what matters."""
    right, down = (cv2.Sobel(shown, cv2.CV_32F, *order, scale=1 / 8) for order in ((1, 0), (0, 1)))
    ways = np.stack([np.ones_like(shown), shown, right, down, cv2.Laplacian(shown, cv2.CV_32F)]).reshape(5, -1)
    apart = (found - shown).reshape(-1)
    square = (ways @ ways.T).astype(np.float64) + np.diag((_NOISE / _OWN) ** 2)
    own = np.linalg.solve(square, (ways @ apart).astype(np.float64))
    added = (own.astype(np.float32) @ ways).reshape(shown.shape)
    left = found - shown - added
    loss = float(np.square(left).sum()) + float(np.square(own * _NOISE / _OWN).sum())
    return Fit(shown + added, left, loss)


def lean(expected: Fit, other: Fit, found: Darkness) -> float:
    """Where the found piece stands on the way from one fitted value (0) to another (1)."""
    way = other.shown - expected.shown
    length = float(np.square(way).sum())
    return float(((found - expected.shown) * way).sum()) / length if length > 0 else 0.0
