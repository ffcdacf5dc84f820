"""Where each pixel of a picture lies on the paper: a pinhole camera above a sheet that is flat, curled or folded.

Lengths are millimetres. The page lies with its left upper corner at the origin, x to the right, y down, z towards the
camera. The answer is the truth that a rectifier is measured against.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import cos, radians, sin
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

# The map is smooth: every fourth pixel is computed.
STEP: Final = 4
_ROUNDS: Final = 8


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """x, y: millimetres on the paper for every `STEP`th pixel. slope: of the paper towards the camera's side there.

    zoom: by how much the picture was made larger afterwards.
    """

    x: Floats
    y: Floats
    slope: Floats
    zoom: float = 1.0

    def paper(self, pixels: NDArray[np.float64]) -> NDArray[np.float64]:
        """Millimetres on the paper for pixels (n x 2: x, y) of the picture."""
        at = (((pixels + 0.5) / self.zoom - 0.5) / STEP).astype(np.float32).reshape(-1, 1, 2)
        return np.stack(
            [cv2.remap(each, at[..., 0], at[..., 1], cv2.INTER_LINEAR).ravel() for each in (self.x, self.y)], axis=1
        ).astype(np.float64)

    def cut(self, rows: slice, columns: slice) -> "Truth":
        """The truth of a part of the picture; edges at multiples of `STEP`."""
        part = np.s_[
            rows.start // STEP : rows.stop // STEP + 1,
            columns.start // STEP : columns.stop // STEP + 1,
        ]
        return Truth(self.x[part], self.y[part], self.slope[part], self.zoom)

    def scaled(self, factor: float) -> "Truth":
        """The truth of the picture made smaller or larger."""
        return Truth(self.x, self.y, self.slope, self.zoom * factor)


@dataclass(frozen=True, slots=True)
class Surface:
    """Height of the paper above the table along one direction, measured from the middle of the page.

    height, slope: functions of the distance along `direction` (degrees, 0 is across the page).
    """

    direction: float
    height: Callable[[Floats], Floats]
    slope: Callable[[Floats], Floats]


def flat() -> Surface:
    return Surface(0.0, np.zeros_like, np.zeros_like)


def curled(direction: float, lift: float, reach: float) -> Surface:
    """A bulge of `lift` mm that ends `reach` mm from the middle, as a page of a bound booklet lies."""
    return Surface(
        direction,
        lambda q: (lift * np.cos(np.pi * q / (2 * reach)) ** 2).astype(np.float32),
        lambda q: (-lift * np.pi / (2 * reach) * np.sin(np.pi * q / reach)).astype(np.float32),
    )


def folded(direction: float, steepness: float, at: float) -> Surface:
    """Two halves that rise from a fold with a radius of 3 mm."""
    return Surface(
        direction,
        lambda q: (steepness * (np.hypot(q - at, 3) - 3)).astype(np.float32),
        lambda q: (steepness * (q - at) / np.hypot(q - at, 3)).astype(np.float32),
    )


@dataclass(frozen=True, slots=True)
class Camera:
    """width, height: pixels. distance: to the target. tilt: degrees, towards `bearing`. roll: degrees, of the camera.

    focal: in widths of the longer side (a phone's wide lens 0.75). barrel: radial distortion at one focal length.
    """

    width: int
    height: int
    target: tuple[float, float]
    distance: float
    tilt: float
    bearing: float
    roll: float
    focal: float = 0.75
    barrel: float = 0.0

    def _axes(self) -> tuple[Floats, Floats, Floats]:
        towards, lean = radians(self.bearing), radians(self.tilt)
        axis = np.array([-sin(towards), cos(towards), 0.0])
        cross = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
        turned = np.eye(3) + sin(lean) * cross + (1 - cos(lean)) * (cross @ cross)
        spin = radians(self.roll)
        right = turned @ np.array([cos(spin), sin(spin), 0.0])
        down = turned @ np.array([-sin(spin), cos(spin), 0.0])
        return (
            right.astype(np.float32),
            down.astype(np.float32),
            (turned @ np.array([0.0, 0.0, -1.0])).astype(np.float32),
        )

    def sees(self, surface: Surface, size: tuple[float, float]) -> Truth:
        """What each pixel shows of a page of a size (width, height) on the table."""
        right, down, forward = self._axes()
        focal = self.focal * max(self.width, self.height)
        u, v = np.meshgrid(
            np.arange(0, self.width + STEP, STEP, dtype=np.float32),
            np.arange(0, self.height + STEP, STEP, dtype=np.float32),
        )
        a, b = (u - self.width / 2) / focal, (v - self.height / 2) / focal
        bent = 1 + self.barrel * (a * a + b * b)
        rays = [right[i] * a * bent + down[i] * b * bent + forward[i] for i in range(3)]
        start = np.array([*self.target, 0.0]) - self.distance * forward
        x, y, q = _meet(rays, start, surface, size)
        along, away = _arc(surface, size), radians(surface.direction)
        shift = (np.interp(q, *along).astype(np.float32) - q).astype(np.float32)
        return Truth(
            (x + shift * cos(away)).astype(np.float32),
            (y + shift * sin(away)).astype(np.float32),
            surface.slope(q).astype(np.float32),
        )


def _meet(
    rays: list[Floats], start: NDArray[np.float64], surface: Surface, size: tuple[float, float]
) -> tuple[Floats, Floats, Floats]:
    """Where rays meet the paper: x, y, and the distance along the surface's direction."""
    away = radians(surface.direction)
    z = np.zeros_like(rays[0])
    reach = max(size)
    for _ in range(_ROUNDS):
        far = (z - start[2]) / rays[2]
        x, y = start[0] + far * rays[0], start[1] + far * rays[1]
        q = (x - size[0] / 2) * cos(away) + (y - size[1] / 2) * sin(away)
        z = surface.height(np.clip(q, -reach, reach).astype(np.float32))
    return x.astype(np.float32), y.astype(np.float32), np.clip(q, -reach, reach).astype(np.float32)


def _arc(surface: Surface, size: tuple[float, float]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Distance along the table against length along the paper, both from the middle."""
    reach = max(size)
    q = np.linspace(-reach, reach, 4001)
    steps = np.sqrt(1 + surface.slope(q.astype(np.float32)).astype(np.float64) ** 2)
    length = np.concatenate([[0.0], np.cumsum((steps[1:] + steps[:-1]) / 2 * np.diff(q))])
    return q, length - np.interp(0.0, q, length)
