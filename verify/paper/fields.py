"""A smooth displacement over a page: what a homography leaves of curled paper, folds and lenses.

A cubic B-spline with knots some 25 mm apart, fitted to displacements that are each known in some directions only (a
table's rule says nothing along itself). Bending costs, so that a place without evidence follows its neighbours and one
altered cell cannot drag the page to itself.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from verify.paper.arrays import Reals

# Rounds in which measurements far from the field lose their weight.
_ROUNDS: Final = 3


@dataclass(frozen=True, slots=True)
class Knots:
    """A regular grid of knots over a page of a size (width, height in mm), about `spacing` apart."""

    width: float
    height: float
    spacing: float

    @property
    def counts(self) -> tuple[int, int]:
        """Control points across and down: one beyond each side."""
        return int(np.ceil(self.width / self.spacing)) + 3, int(np.ceil(self.height / self.spacing)) + 3

    def across(self, x: Reals) -> Reals:
        """Weights of the columns of control points at places x (n x columns)."""
        return _weights(x, self.width, self.counts[0])

    def down(self, y: Reals) -> Reals:
        """Weights of the rows of control points at places y (n x rows)."""
        return _weights(y, self.height, self.counts[1])


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """Displacements in mm. control: rows x columns x 2 of the grid of knots."""

    knots: Knots
    control: Reals

    def at(self, places: Reals) -> Reals:
        """Displacements at places (n x 2)."""
        across, down = self.knots.across(places[:, 0]), self.knots.down(places[:, 1])
        found: Reals = np.einsum("nr,nc,rck->nk", down, across, self.control, optimize=True)
        return found

    def over(self, x: Reals, y: Reals) -> Reals:
        """Displacements on a grid (len(y) x len(x) x 2)."""
        down, across = self.knots.down(y), self.knots.across(x)
        found: Reals = np.einsum("yr,xc,rck->yxk", down, across, self.control, optimize=True)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """Displacements known at places.

    places, displacements: n x 2, mm. certainty: n x 2 x 2, the inverse covariance (1/mm2) of each.
    """

    places: Reals
    displacements: Reals
    certainty: Reals


def fitted(measured: Measured, knots: Knots, stiffness: float, tolerance: float, start: Field | None = None) -> Field:
    """The smooth field nearest to what was measured. tolerance: mm from which a measurement counts for less.

    start: judges the measurements in the first round; without it all count alike there.
    """
    across, down = knots.across(measured.places[:, 0]), knots.down(measured.places[:, 1])
    columns, rows = knots.counts
    basis = (down[:, :, None] * across[:, None, :]).reshape(len(across), rows * columns)
    bending = stiffness * _bending(rows, columns)
    field = start
    for _ in range(_ROUNDS):
        certainty = measured.certainty
        if field is not None:
            miss = np.hypot(*(field.at(measured.places) - measured.displacements).T)
            certainty = certainty / (1 + (miss / tolerance) ** 2)[:, None, None] ** 2
        field = Field(knots, _solved(basis, measured.displacements, certainty, bending).reshape(rows, columns, 2))
    if field is None:
        raise AssertionError("at least one round")
    return field


def _solved(basis: Reals, displacements: Reals, certainty: Reals, bending: Reals) -> Reals:
    """Weighted least squares of both components together (count x 2)."""
    count = basis.shape[1]
    normal = np.zeros((2 * count, 2 * count))
    right = np.zeros(2 * count)
    for i in range(2):
        for j in range(2):
            part = (basis * certainty[:, i, j, None]).T @ basis
            normal[i * count : (i + 1) * count, j * count : (j + 1) * count] = part + (bending if i == j else 0)
        force = np.einsum("nj,nj->n", certainty[:, i], displacements)
        right[i * count : (i + 1) * count] = basis.T @ force
    # Control points that nothing holds stay where the homography puts them.
    normal[np.diag_indices(2 * count)] += 1e-3
    solved: Reals = np.linalg.solve(normal, right).reshape(2, count).T
    return solved


def _bending(rows: int, columns: int) -> Reals:
    """Sum of squared second differences of the control points, along and across."""
    down, across = _second(rows), _second(columns)
    first_down, first_across = np.diff(np.eye(rows), axis=0), np.diff(np.eye(columns), axis=0)
    twist = np.kron(first_down.T @ first_down, first_across.T @ first_across)
    bending: Reals = np.kron(down.T @ down, np.eye(columns)) + np.kron(np.eye(rows), across.T @ across) + 2 * twist
    return bending


def _second(count: int) -> Reals:
    return np.asarray(np.diff(np.eye(count), n=2, axis=0), dtype=np.float64)


def _weights(at: Reals, length: float, count: int) -> Reals:
    """Uniform cubic B-spline weights of `count` control points over 0..length."""
    cells = count - 3
    scaled = np.clip(at / length, -0.02, 1.02) * cells
    first = np.clip(np.floor(scaled).astype(int), 0, cells - 1)
    t = scaled - first
    parts = ((1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3)
    out = np.zeros((len(at), count))
    rows = np.arange(len(at))
    for offset, part in enumerate(parts):
        out[rows, first + offset] = part / 6
    return out
