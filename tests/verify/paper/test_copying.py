"""A copier's darkness is told from the labels of a page alone."""

import cv2
import numpy as np
import pytest

from tests.photos.alterations import sheets
from tests.photos.records import sample_years
from verify.paper.copying import Copier, copier_of
from verify.paper.expected import Darkness, ExpectedPage, expected_pages


@pytest.fixture(scope="module", name="page")
def expected_page() -> ExpectedPage:
    sheet = sheets(sample_years(1, seed=31)[0], (3,))[0]
    return expected_pages(sheet.rendered)[sheet.number]


def _told(page: ExpectedPage, printed: Darkness) -> Copier | None:
    """From a scan of what was printed, by a lens softer than the copier's."""
    found = np.asarray(cv2.GaussianBlur(printed, (0, 0), 0.8), np.float32)
    return copier_of(page.labels, page.darkness, found, np.ones(found.shape, np.bool_))


@pytest.mark.parametrize("middle", [0.26, 0.35, 0.5])
def test_thick_and_thin_copies_are_told(page: ExpectedPage, middle: float) -> None:
    told = _told(page, Copier(middle).copied(page.darkness))
    assert told is not None
    assert told.middle == pytest.approx(middle, abs=0.03)


def test_a_print_is_no_copy(page: ExpectedPage) -> None:
    assert _told(page, page.darkness) is None


def test_too_few_labels_tell_nothing(page: ExpectedPage) -> None:
    copied = Copier(0.35).copied(page.darkness)
    assert copier_of(page.labels[:5], page.darkness, copied, np.ones(copied.shape, np.bool_)) is None


def test_a_copy_is_black_and_white(page: ExpectedPage) -> None:
    copied = Copier(0.35).copied(page.darkness)
    around = np.ones((9, 9))
    ground = (cv2.erode(page.darkness, around) > 0.04) & (cv2.dilate(page.darkness, around) < 0.08)
    assert np.count_nonzero(ground) > 1000
    assert float(copied[ground].max()) < 0.05
    assert float(copied[cv2.erode(page.darkness, np.ones((7, 7))) > 0.8].min()) > 0.95
