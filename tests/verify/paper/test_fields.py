"""The smooth field that lays curled paper flat: deaf to single mistakes, calm where nothing is known."""

import numpy as np
import pytest
from numpy.typing import NDArray

from verify.paper.fields import Field, Knots, Measured, fitted
from verify.paper.mapping import Mapping, rendered_through

PAGE = Knots(210, 297, 25)


def _places(step: float = 12) -> NDArray[np.float64]:
    grid = np.meshgrid(np.arange(6, 205, step), np.arange(6, 292, step))
    return np.stack(grid, axis=-1).reshape(-1, 2).astype(np.float64)


def _bent(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """A bulge, as of a booklet held open."""
    x, y = places.T
    return np.stack([3 * np.cos(np.pi * x / 210), 2 * (y / 297) ** 2], axis=1)


def _measured(places: NDArray[np.float64], moved: NDArray[np.float64]) -> Measured:
    return Measured(places, moved, np.broadcast_to(np.eye(2) * 100, (len(places), 2, 2)))


def test_a_bulge_is_followed() -> None:
    places = _places()
    field = fitted(_measured(places, _bent(places)), PAGE, 1.0, 0.5)
    between = _places(7)
    assert np.abs(field.at(between) - _bent(between)).max() < 0.05


def test_a_grid_and_single_places_agree() -> None:
    field = fitted(_measured(_places(), _bent(_places())), PAGE, 1.0, 0.5)
    x, y = np.array([10.0, 100, 200]), np.array([20.0, 280])
    grid = np.stack(np.meshgrid(x, y), axis=-1)
    assert np.allclose(field.over(x, y), field.at(grid.reshape(-1, 2)).reshape(2, 3, 2))


def test_a_few_wrong_measurements_pull_nothing() -> None:
    places, random = _places(), np.random.default_rng(6)
    moved = _bent(places)
    wrong = random.choice(len(places), 20, replace=False)
    moved[wrong] += random.uniform(2, 4, (20, 2))
    field = fitted(_measured(places, moved), PAGE, 1.0, 0.3)
    right = np.setdiff1d(np.arange(len(places)), wrong)
    assert np.abs(field.at(places[right]) - _bent(places[right])).max() < 0.2


def test_a_rule_says_nothing_along_itself() -> None:
    """Certain across only: what is claimed along the rule is not believed."""
    places = _places()
    moved = np.stack([np.full(len(places), 9.0), np.full(len(places), 0.5)], axis=1)
    certainty = np.broadcast_to(np.diag([0.0, 100.0]), (len(places), 2, 2))
    field = fitted(Measured(places, moved, certainty), PAGE, 1.0, 100)
    found = field.at(places)
    assert np.abs(found[:, 0]).max() < 0.01
    assert np.abs(found[:, 1] - 0.5).max() < 0.01


def test_without_evidence_nothing_moves() -> None:
    empty = Measured(np.empty((0, 2)), np.empty((0, 2)), np.empty((0, 2, 2)))
    assert np.abs(fitted(empty, PAGE, 1.0, 0.5).at(_places())).max() < 1e-9


def _still() -> Field:
    return Field(PAGE, np.zeros((PAGE.counts[1], PAGE.counts[0], 2)))


def test_a_page_seen_from_above_is_itself() -> None:
    random = np.random.default_rng(6)
    picture = random.integers(0, 255, (297, 210)).astype(np.uint8)
    same = Mapping(np.array([[1.0, 0, -0.5], [0, 1, -0.5], [0, 0, 1]]), _still())
    seen, covered = rendered_through(picture, same, picture.shape, 1.0)
    assert covered.all()
    assert np.array_equal(seen, picture)


@pytest.mark.parametrize("factor", [0.5, 2.0, 3.7])
def test_a_resized_picture_has_its_pixels_where_they_went(factor: float) -> None:
    mapping = Mapping(np.array([[8.0, 0.3, 40], [-0.2, 8, 30], [1e-5, 2e-5, 1]]), _still())
    at = mapping.at(_places())
    assert np.allclose(mapping.scaled(factor).at(_places()), (at + 0.5) * factor - 0.5)
    fewest, usual = mapping.pixels_per_mm()
    larger = mapping.scaled(factor).pixels_per_mm()
    assert larger == pytest.approx((fewest * factor, usual * factor), rel=0.01)
    assert 7 < fewest <= usual < 9
