"""A photo or scan becomes a flat page: laid on the page that is expected, to some hundredths of a millimetre.

1 the page is found among those of the form (`finding`); rivals are laid on and compared
2 the picture is laid on it by all its ink (`refining`)
3 light is made even (`lighting`), and what the picture cannot show is marked unknown (`quality`)

The same picture and pages give the same answer. How the method was chosen: docs/decisions/0030-rectifying.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from verify.paper.arrays import Grey, Mask
from verify.paper.finding import Found, candidates
from verify.paper.lighting import flattened, paper_level
from verify.paper.mapping import Mapping, rendered_through
from verify.paper.pages import PIXELS_PER_MM, PageImage
from verify.paper.quality import Part, PhotoFault, Refused, measured
from verify.paper.refining import COARSE, FINE, Refined, refined

__all__ = ["Part", "PhotoFault", "Rectified", "Refused", "rectify"]

# A digit of the form is 2.6 mm high: seven pixels. A whole page that a chat shrank to 1,280 pixels has 3.4-4.1.
_FEWEST_PER_MM: Final = 2.5
# Edges wider than this flow together in letters of 2 mm; an unsteady hand gives 0.2.
_WIDEST_BLUR_MM: Final = 0.45
# The form's rules and labels under noise and blur: 0.86 and more in all conditions of tests/photos.
_LEAST_LIKE: Final = 0.6
_LEAST_SEEN: Final = 0.2
# Candidates that are laid on; each costs 0.1 s.
_RIVALS: Final = 3
# A picture is laid on the page with a few more pixels than the page has.
_OVERSAMPLED: Final = 1.15
# Smaller pictures hold no page in words that a program or a person can read.
_SMALLEST_SIDE: Final = 500
# Mean squared second differences at 700 pixels: photos of tests/photos 470 and more, one that no page is found on
# because it is out of focus 4.
_SHARPNESS: Final = 40.0


@dataclass(frozen=True, slots=True, eq=False)
class Rectified:
    """A picture laid on a page; the arrays have the shape of `page.image` (200 dpi).

    image: grey under even light, paper about 255. light: brightness of the paper in the picture. known: whether the
    picture shows what stands there. lost: where it shows paper without the ink that is expected. pixels_per_mm: of the
    original picture, where it has the fewest. inliers: features that agreed. residual: what windows with ink still
    miss, mm (90th percentile). blur: of edges, mm. retakes: parts of the page to take again, worst first.
    """

    page: PageImage
    image: Grey
    light: Grey
    known: Mask
    lost: Mask
    mapping: Mapping
    pixels_per_mm: float
    inliers: int
    residual: float
    blur: float
    retakes: tuple[Refused, ...]


def rectify(picture: Grey, pages: Sequence[PageImage]) -> Rectified | Refused:
    """Lay a picture on whichever of the expected pages it shows; a refusal says what to do about it."""
    found = candidates(picture, pages)
    if not found:
        return Refused(_why_nothing(picture), Part.WHOLE)
    fewest, _usual = found[0].mapping.pixels_per_mm()
    if fewest < _FEWEST_PER_MM:
        return Refused(PhotoFault.TOO_SMALL, Part.WHOLE)
    factor = min(1.0, _OVERSAMPLED * PIXELS_PER_MM / fewest)
    small = _resized(picture, factor)
    best, laid = _likeliest(small, factor, found[:_RIVALS])
    if laid.likeness < _LEAST_LIKE:
        return Refused(PhotoFault.NO_PAGE, Part.WHOLE)
    laid = refined(small, laid.mapping, best.page, FINE)
    return _judged(small, factor, best, laid)


def _likeliest(picture: Grey, factor: float, found: Sequence[Found]) -> tuple[Found, Refined]:
    """The candidate that the picture is like, once laid on it: pages of a booklet share most of their features."""
    laid = [(each, refined(picture, each.mapping.scaled(factor), each.page, COARSE)) for each in found]
    return max(laid, key=lambda pair: pair[1].likeness)


def _judged(picture: Grey, factor: float, found: Found, laid: Refined) -> Rectified | Refused:
    page = found.page
    seen, covered = rendered_through(picture, laid.mapping, page.image.shape, PIXELS_PER_MM)
    paper = paper_level(seen, PIXELS_PER_MM)
    flat = flattened(seen, paper)
    # As even as the photo: the grey ground of a table's head is paper in both.
    expected = flattened(page.image, paper_level(page.image, PIXELS_PER_MM))
    quality = measured(seen, flat, paper, expected, covered)
    if quality.blur > _WIDEST_BLUR_MM:
        return Refused(PhotoFault.BLURRED, Part.WHOLE)
    if quality.seen < _LEAST_SEEN:
        return quality.retakes[0] if quality.retakes else Refused(PhotoFault.CUT_OFF, Part.WHOLE)
    mapping = laid.mapping.scaled(1 / factor)
    return Rectified(
        page=page,
        image=flat,
        light=paper,
        known=quality.known,
        lost=quality.lost,
        mapping=mapping,
        pixels_per_mm=mapping.pixels_per_mm()[0],
        inliers=found.matches,
        residual=laid.residual,
        blur=quality.blur,
        retakes=quality.retakes,
    )


def _resized(picture: Grey, factor: float) -> Grey:
    if factor >= 1:
        return picture
    return cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA).astype(np.uint8)


def _why_nothing(picture: Grey) -> PhotoFault:
    """What is wrong with a picture in which no page was found, as far as one can tell."""
    if max(picture.shape) < _SMALLEST_SIDE:
        return PhotoFault.TOO_SMALL
    side = max(picture.shape)
    small = _resized(picture, min(1.0, 700 / side))
    edges = cv2.Laplacian(small.astype(np.float32), cv2.CV_32F)
    return PhotoFault.BLURRED if float(np.mean(edges**2)) < _SHARPNESS else PhotoFault.NO_PAGE
