"""Which page of the form a picture shows, and roughly where: features of the expected pages, matched and voted on.

No marks are printed for this: the words and rules of the form are features enough. Measured against other features in
docs/decisions/0030-rectifying.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from verify.paper.arrays import Grey, Reals
from verify.paper.fields import Field, Knots, Measured, fitted
from verify.paper.landmarks import Landmarks, landmarks
from verify.paper.mapping import Mapping
from verify.paper.pages import PIXELS_PER_MM, PageImage

# A match counts where the second best is this much farther (Lowe 2004, 7.1).
_RATIO: Final = 0.8
# Millimetres on the page within which a match agrees with a homography; a curled page is not one.
_AGREES_MM: Final = 1.2
_ITERATIONS: Final = 2000
_CONFIDENCE: Final = 0.999
_SEED: Final = 27
_FEWEST_MATCHES: Final = 30
# Pages whose matches come this near to the most are looked at more closely.
_RIVAL: Final = 0.5
# Growing outwards from the part of a curled or folded page that lies flattest.
_ROUNDS: Final = 10
_GROWS_WITHIN_MM: Final = 2.0
# What begins to bend away counts at once; with 0.4 growth stopped at a fold of 6 degrees, 3 mm beside the truth.
_BENDS_MM: Final = 1.5
_SPACING_MM: Final = 40.0
_STIFFNESS: Final = 0.5
_SPREAD_MM: Final = 0.4
_HALF_A_PIXEL: Final = np.array([[1, 0, -0.5], [0, 1, -0.5], [0, 0, 1]])


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A page in a picture.

    mapping: places on the page to pixels of the picture, to a millimetre. matches: how many features agree.
    """

    page: PageImage
    mapping: Mapping
    matches: int


def candidates(picture: Grey, pages: Sequence[PageImage]) -> tuple[Found, ...]:
    """The pages that the picture may show, likeliest first; none where nothing agrees."""
    seen = landmarks(picture)
    if len(seen.places) < _FEWEST_MATCHES:
        return ()
    found = [each for page in pages if (each := _found(page, seen)) is not None]
    most = max((each.matches for each in found), default=0)
    return tuple(sorted((each for each in found if each.matches >= _RIVAL * most), key=lambda each: -each.matches))


def _found(page: PageImage, seen: Landmarks) -> Found | None:
    here, there = _matched(page.landmarks, seen)
    if len(here) < _FEWEST_MATCHES:
        return None
    # From the picture to the page, so that the tolerance is one on paper, wherever the camera stood.
    cv2.setRNGSeed(_SEED)
    found, agreeing = cv2.findHomography(
        there, here, cv2.USAC_MAGSAC, _AGREES_MM, maxIters=_ITERATIONS, confidence=_CONFIDENCE
    )
    if found is None or int(agreeing.sum()) < _FEWEST_MATCHES:
        return None
    back = np.asarray(found, dtype=np.float64)
    if not _upright(back, there[agreeing.ravel() > 0]):
        return None
    # Pixels are counted from the middle of the first.
    homography = _HALF_A_PIXEL @ np.linalg.inv(back)
    field, count = _grown(page, here, _through(back, there) - here)
    return Found(page, Mapping(homography / homography[2, 2], field), count)


def _matched(page: Landmarks, seen: Landmarks) -> tuple[Reals, Reals]:
    """Places on the page and in the picture that look alike, each place of the page once."""
    if len(page.places) < 2 or len(seen.places) < 2:
        return np.empty((0, 2)), np.empty((0, 2))
    pairs = cv2.BFMatcher(cv2.NORM_L2).knnMatch(seen.descriptors, page.descriptors, k=2)
    good = [(best.trainIdx, best.queryIdx) for best, second in pairs if best.distance < _RATIO * second.distance]
    if not good:
        return np.empty((0, 2)), np.empty((0, 2))
    here, there = np.array(good).T
    return page.places[here], seen.places[there]


def _grown(page: PageImage, places: Reals, displacements: Reals) -> tuple[Field, int]:
    """The field through the matches near the homography, then through those near the field, and so on outwards."""
    height, width = page.image.shape
    knots = Knots(width / PIXELS_PER_MM, height / PIXELS_PER_MM, _SPACING_MM)
    field = Field(knots, np.zeros((knots.counts[1], knots.counts[0], 2)))
    near = np.hypot(*displacements.T) < _AGREES_MM
    for _ in range(_ROUNDS):
        certainty = np.broadcast_to(np.eye(2) / _SPREAD_MM**2, (int(near.sum()), 2, 2))
        field = fitted(Measured(places[near], displacements[near], certainty), knots, _STIFFNESS, _BENDS_MM, field)
        before = near
        near = np.hypot(*(field.at(places) - displacements).T) < _GROWS_WITHIN_MM
        if np.array_equal(near, before):
            break
    return field, int(near.sum())


def _through(matrix: Reals, places: Reals) -> Reals:
    return np.asarray(cv2.perspectiveTransform(places[None], matrix)[0], dtype=np.float64)


def _upright(back: Reals, there: Reals) -> bool:
    """Whether the homography neither mirrors nor folds the part of the picture that it explains."""
    weights = there @ back[2, :2] + back[2, 2]
    return bool(np.linalg.det(back / back[2, 2]) > 0 and (np.all(weights > 0) or np.all(weights < 0)))
