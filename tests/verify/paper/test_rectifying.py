"""Photos of every condition laid on their page, against the simulator's truth; what is refused, with which advice."""

from collections.abc import Callable
from functools import cache
from typing import Final

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.factories import booklet
from tests.photos.alterations import drawn
from tests.photos.records import CONTEXT, sample_years
from tests.photos.simulating import Condition, Photo, photograph
from tests.verify.form.minutes import MINUTES
from verify.form.minutes import render_minutes
from verify.form.render import Rendered, render
from verify.paper.opening import open_pages, open_photo
from verify.paper.pages import PIXELS_PER_MM, PageImage, page_images
from verify.paper.quality import together
from verify.paper.rectifying import Part, PhotoFault, Rectified, Refused, rectify

# 3 MP: some 170 dots an inch on a whole page, so that the suite stays quick; the bench takes 12 MP.
_SHORTER: Final = 1500
# Issue 6: at most 0.3 mm at the cells. Seen: 0.09 for 95 of 100 cells of the folded page, worst cell 0.11.
_USUAL_MM: Final = 0.12
_WORST_MM: Final = 0.2

_CONDITIONS: Final = tuple(Condition)


@cache
def _print(number: int) -> tuple[Rendered, tuple[PageImage, ...]]:
    rendered = render([sample_years(3, seed=6)[number]], CONTEXT)
    return rendered, page_images(rendered)


@cache
def _photo(condition: Condition, number: int = 0, page: int = 2, seed: int = 6) -> Photo:
    return photograph(drawn(_print(number)[0], page), condition, seed, shorter=_SHORTER)


def _cells(page: PageImage) -> NDArray[np.float64]:
    """The middle of each cell, mm."""
    boxes = np.array([box.box for box in page.boxes])
    return np.asarray((boxes[:, :2] + boxes[:, 2:]) / 2 * 25.4 / 72, dtype=np.float64)


def _is_known(rectified: Rectified) -> NDArray[np.bool_]:
    at = (_cells(rectified.page) * PIXELS_PER_MM).astype(int)
    return np.asarray(rectified.known[at[:, 1], at[:, 0]], dtype=np.bool_)


def _misses(rectified: Rectified, photo: Photo) -> NDArray[np.float64]:
    """Millimetres between each known cell and the place where it was laid."""
    cells = _cells(rectified.page)[_is_known(rectified)]
    return np.asarray(np.hypot(*(photo.truth.paper(rectified.mapping.at(cells)) - cells).T), dtype=np.float64)


@pytest.mark.parametrize("condition", _CONDITIONS)
def test_a_photo_is_laid_on_its_page(condition: Condition, record_property: Callable[[str, object], None]) -> None:
    order = _CONDITIONS.index(condition)
    number, page = order % 3, (2, 3, 1, 2, 0)[order % 5]
    photo = _photo(condition, number, page)
    rectified = rectify(open_photo(photo.data), _print(number)[1])
    assert isinstance(rectified, Rectified), rectified
    assert rectified.page.number == page
    assert rectified.image.shape == rectified.known.shape == rectified.page.image.shape
    misses = _misses(rectified, photo)
    record_property("cells_mm", round(float(np.percentile(misses, 95)), 3))
    record_property("worst_mm", round(float(misses.max()), 3))
    assert np.percentile(misses, 95) < _USUAL_MM
    assert misses.max() < _WORST_MM
    if condition not in {Condition.HALF, Condition.GLARE}:
        assert np.mean(_is_known(rectified)) > 0.8


def test_half_a_page_is_known_where_it_is_seen() -> None:
    photo = _photo(Condition.HALF)
    picture = open_photo(photo.data)
    rectified = rectify(picture, _print(0)[1])
    assert isinstance(rectified, Rectified)
    top = photo.truth.y[0].mean() > 100
    assert rectified.retakes[0] == Refused(PhotoFault.CUT_OFF, Part.TOP if top else Part.BOTTOM)
    at = rectified.mapping.at(_cells(rectified.page))
    inside = np.all((at > 1) & (at < np.array(picture.shape[::-1]) - 2), axis=1)
    known = _is_known(rectified)
    assert not known[~inside].any()
    assert known[inside].mean() > 0.9
    assert 0.3 < known.mean() < 0.8


def test_what_glare_burns_is_not_known() -> None:
    """On a photo whose paper is grey, a white patch that swallows ink."""
    clean = open_photo(_photo(Condition.STRAIGHT).data)
    laid = rectify(clean, _print(0)[1])
    assert isinstance(laid, Rectified)
    cell = next(box for box in laid.page.boxes if box.field == "subjects.toan.level")
    middle = np.array([[(cell.box[0] + cell.box[2]) / 2, (cell.box[1] + cell.box[3]) / 2]]) * 25.4 / 72
    x, y = (int(each) for each in laid.mapping.at(middle)[0])
    burnt = (clean * 0.8).astype(np.uint8)
    cv2.circle(burnt, (x, y), 130, 255, -1)
    rectified = rectify(burnt, _print(0)[1])
    assert isinstance(rectified, Rectified)
    column, row = (middle[0] * PIXELS_PER_MM).astype(int)
    assert not rectified.known[row, column]
    assert laid.known[row, column]
    assert 0.9 < rectified.known.mean() < 0.995


def test_the_same_photo_gives_the_same_page() -> None:
    picture, pages = open_photo(_photo(Condition.TILTED).data), _print(0)[1]
    first, second = rectify(picture, pages), rectify(picture, pages)
    assert isinstance(first, Rectified)
    assert isinstance(second, Rectified)
    assert np.array_equal(first.image, second.image)
    assert np.array_equal(first.known, second.known)


def test_another_pupils_page_is_laid_where_its_own_ink_is() -> None:
    """What stands in the cells does not pull: the form does, so that they can be compared."""
    photo = _photo(Condition.STRAIGHT, number=1, page=3)
    rectified = rectify(open_photo(photo.data), _print(0)[1])
    assert isinstance(rectified, Rectified)
    assert rectified.page.number == 3
    assert _misses(rectified, photo).max() < _WORST_MM


def test_years_of_a_booklet_are_told_apart() -> None:
    rendered = render(booklet((4, 5)), CONTEXT)
    pages = page_images(rendered)
    assert len(pages) == 6
    for number in (2, 4):
        photo = photograph(drawn(rendered, number), Condition.SCAN_150, number)
        rectified = rectify(open_photo(photo.data), pages)
        assert isinstance(rectified, Rectified)
        assert rectified.page.number == number


def _shrunk(side: int) -> NDArray[np.uint8]:
    picture = open_photo(_photo(Condition.STRAIGHT).data)
    size = (round(picture.shape[1] * side / picture.shape[0]), side)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _blurred(sigma: float) -> NDArray[np.uint8]:
    picture = open_photo(_photo(Condition.STRAIGHT).data)
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), dtype=np.uint8)


POOR: dict[str, tuple[Callable[[], NDArray[np.uint8]], PhotoFault]] = {
    "blank paper": (lambda: np.full((2000, 1500), 230, dtype=np.uint8), PhotoFault.BLURRED),
    "a few pixels": (lambda: np.zeros((3, 2), dtype=np.uint8), PhotoFault.TOO_SMALL),
    "noise": (
        lambda: np.random.default_rng(6).integers(0, 255, (1200, 900)).astype(np.uint8),
        PhotoFault.NO_PAGE,
    ),
    "a chequered floor": (
        lambda: np.kron(np.indices((30, 22)).sum(axis=0) % 2, np.full((50, 50), 200)).astype(np.uint8),
        PhotoFault.NO_PAGE,
    ),
    "another document of the department": (
        lambda: open_pages(render_minutes(MINUTES))[0],
        PhotoFault.NO_PAGE,
    ),
    "a thumbnail": (lambda: _shrunk(300), PhotoFault.TOO_SMALL),
    "a small picture": (lambda: _shrunk(680), PhotoFault.TOO_SMALL),
    "out of focus": (lambda: _blurred(7), PhotoFault.BLURRED),
    "nothing but blur": (lambda: _blurred(40), PhotoFault.BLURRED),
}


@pytest.mark.parametrize("kind", POOR)
def test_a_poor_picture_is_refused_with_advice(kind: str) -> None:
    make, reason = POOR[kind]
    assert rectify(make(), _print(0)[1]) == Refused(reason, Part.WHOLE)


def test_a_strip_of_a_page_is_too_little() -> None:
    picture = open_photo(_photo(Condition.STRAIGHT).data)
    strip = picture[: picture.shape[0] // 5]
    refused = rectify(strip, _print(0)[1])
    assert isinstance(refused, Refused)
    assert refused.reason in {PhotoFault.CUT_OFF, PhotoFault.NO_PAGE}


@pytest.mark.parametrize(
    ("quarters", "part"),
    [
        ((Part.TOP_LEFT,), Part.TOP_LEFT),
        ((Part.TOP_LEFT, Part.TOP_RIGHT), Part.TOP),
        ((Part.BOTTOM_RIGHT, Part.BOTTOM_LEFT), Part.BOTTOM),
        ((Part.TOP_LEFT, Part.BOTTOM_LEFT), Part.LEFT),
        ((Part.TOP_RIGHT, Part.BOTTOM_RIGHT), Part.RIGHT),
        ((Part.TOP_LEFT, Part.BOTTOM_RIGHT), Part.WHOLE),
        ((Part.TOP_LEFT, Part.TOP_RIGHT, Part.BOTTOM_LEFT), Part.WHOLE),
    ],
)
def test_the_part_to_take_again_holds_every_poor_quarter(quarters: tuple[Part, ...], part: Part) -> None:
    assert together(quarters) is part


def test_a_simulated_photo_is_made_again_from_its_seed() -> None:
    page = drawn(_print(0)[0], 2)
    first, again, other = (photograph(page, Condition.SCAN_150, seed) for seed in (6, 6, 7))
    assert first.data == again.data
    assert first.parameters == again.parameters
    assert first.data != other.data
