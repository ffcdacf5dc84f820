"""From places on the expected page to pixels of a photo: homography and field as one map, and pictures through it."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from verify.paper.arrays import Floats, Grey, Mask, Reals
from verify.paper.fields import Field

# The map is smooth: it is computed at every 16th pixel of the page and drawn between.
_NODE: Final = 16


@dataclass(frozen=True, slots=True, eq=False)
class Mapping:
    """homography: from mm on the page to pixels of the picture, applied after the field has moved a place."""

    homography: Reals
    field: Field

    def at(self, places: Reals) -> Reals:
        """Pixels of the picture for places (n x 2, mm) on the page."""
        return _projected(self.homography, places + self.field.at(places))

    def moved(self, field: Field) -> "Mapping":
        """The same with another field."""
        return Mapping(self.homography, field)

    def scaled(self, factor: float) -> "Mapping":
        """The same into the picture made so much larger or smaller."""
        shift = (factor - 1) / 2
        resized = np.array([[factor, 0, shift], [0, factor, shift], [0, 0, 1]])
        return Mapping(resized @ self.homography, self.field)

    def pixels_per_mm(self) -> tuple[float, float]:
        """The fewest and the median pixels of the picture for a millimetre of the page, in any direction."""
        x = np.linspace(5, self.field.knots.width - 5, 9)
        y = np.linspace(5, self.field.knots.height - 5, 12)
        places = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
        across, down = (self.at(places + step) - self.at(places) for step in np.eye(2))
        jacobians = np.stack([across, down], axis=-1)
        weakest = np.linalg.svd(jacobians, compute_uv=False)[:, -1]
        return float(weakest.min()), float(np.median(weakest))


def rendered_through(picture: Grey, mapping: Mapping, shape: tuple[int, int], per_mm: float) -> tuple[Grey, Mask]:
    """The picture as seen from above the page, at so many pixels a millimetre; and where it shows the page at all."""
    x, y = _maps(mapping, shape, per_mm)
    seen = cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    height, width = picture.shape
    known = (x >= 0) & (y >= 0) & (x <= width - 1) & (y <= height - 1)
    return seen.astype(np.uint8), known


def _maps(mapping: Mapping, shape: tuple[int, int], per_mm: float) -> tuple[Floats, Floats]:
    """Pixels of the picture for every pixel of the page."""
    rows, columns = (-(-side // _NODE) + 2 for side in shape)
    # Nodes stand in the middle of squares of 16 pixels, one square beyond each edge, which is cut off again.
    y, x = (((np.arange(count, dtype=np.float64) - 0.5) * _NODE) / per_mm for count in (rows, columns))
    places = np.stack(np.meshgrid(x, y), axis=-1) + mapping.field.over(x, y)
    nodes = _projected(mapping.homography, places.reshape(-1, 2)).reshape(rows, columns, 2).astype(np.float32)
    whole = cv2.resize(nodes, (columns * _NODE, rows * _NODE), interpolation=cv2.INTER_LINEAR)
    inner = whole[_NODE : _NODE + shape[0], _NODE : _NODE + shape[1]]
    return np.ascontiguousarray(inner[..., 0]), np.ascontiguousarray(inner[..., 1])


def _projected(homography: Reals, places: Reals) -> Reals:
    return np.asarray(cv2.perspectiveTransform(places[None], homography)[0], dtype=np.float64)
