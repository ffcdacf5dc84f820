"""What a picture is recognised by: corners and blobs that look the same turned, leaning, lit otherwise (SIFT)."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from verify.paper.arrays import Grey, Reals

# Pixels of the longer side, at which words, not letters, are features; SIFT doubles it again.
_SIDE: Final = 700
_FEATURES: Final = 1000
_CONTRAST: Final = 0.02


@dataclass(frozen=True, slots=True, eq=False)
class Landmarks:
    """places: n x 2, from the left upper corner. descriptors: n x 128."""

    places: Reals
    descriptors: NDArray[np.float32]


def landmarks(image: Grey, per_unit: float = 1.0) -> Landmarks:
    """The features of an image, in units of so many pixels, from its left upper corner."""
    factor = min(1.0, _SIDE / max(image.shape))
    size = (max(1, round(image.shape[1] * factor)), max(1, round(image.shape[0] * factor)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    found, descriptors = cv2.SIFT.create(nfeatures=_FEATURES, contrastThreshold=_CONTRAST).detectAndCompute(small, None)
    if not found:
        return Landmarks(np.empty((0, 2)), np.empty((0, 128), dtype=np.float32))
    places = (np.array([each.pt for each in found], dtype=np.float64) + 0.5) / (factor * per_unit)
    return Landmarks(places, descriptors.astype(np.float32))
