"""A photo that lies on its page, ready to be compared: darkness, how ink is shown, how far its labels are off."""

from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np

from verify.paper import thresholds
from verify.paper.alignment import Mask, aligned
from verify.paper.appearance import Appearance, darkness_of, learn
from verify.paper.arrays import Grey
from verify.paper.copying import copier_of
from verify.paper.expected import Darkness, ExpectedPage
from verify.paper.fitting import fitted
from verify.paper.windows import Window, window_of

# Strokes are looked for at these widths in pixels: a pen has 0.4 mm; where grain is as dark as that, 0.7.
_PENS: Final = (3, 5)
# Grain of blank paper, of full ink, from which the wider is used.
_GRAINY: Final = 0.06
# So many labels around a cell say how rough the page is there.
_LABELS: Final = 24
_FEWEST_LABELS: Final = 8
_LABEL_MARGIN: Final = 2
_ALMOST_ALL: Final = 0.995


@dataclass(frozen=True, slots=True, eq=False)
class Laid:
    """pen: width in pixels at which strokes are looked for. labels: middle (x, y) in points, strokes; a row each.

    lost: where the photo shows paper without the ink that is expected.
    """

    page: ExpectedPage
    image: Grey
    found: Darkness
    known: Mask
    lost: Mask
    looks: Appearance
    pen: int
    labels: Darkness

    def sees(self, window: Window) -> bool:
        """Whether the photo shows what stands in a window."""
        return bool(self.known[window].mean() > _ALMOST_ALL)

    def sees_paper(self, window: Window) -> bool:
        """Whether the photo shows the paper in a window, with the ink that is expected or without it."""
        return bool((self.known | self.lost)[window].mean() > _ALMOST_ALL)

    def strokes(self, left: Darkness) -> Darkness:
        """What is left over at the width of a pen, in parts of full ink."""
        found = cv2.blur(left, (self.pen, self.pen), borderType=cv2.BORDER_REPLICATE)
        return np.asarray(found, np.float32) / np.float32(self.looks.ink)

    def bound(self, box: tuple[float, float, float, float]) -> float | None:
        """The strokes that are no alteration around a box; None where labels are so rough that nothing can be told."""
        if len(self.labels) < _FEWEST_LABELS:
            return None
        apart = np.hypot(self.labels[:, 0] - (box[0] + box[2]) / 2, self.labels[:, 1] - (box[1] + box[3]) / 2)
        near = self.labels[np.argsort(apart)[:_LABELS], 2]
        rough = float(np.quantile(near, 0.85))
        least = thresholds.STROKE if self.looks.copier is None else thresholds.COPIED
        return None if rough > thresholds.ROUGH else max(least, thresholds.LABELS * rough)


def laid_on(page: ExpectedPage, image: Grey, known: Mask, lost: Mask) -> Laid | None:
    """A rectified photo (200 dpi, the page's shape) on its page; None where hardly anything printed is seen."""
    found, seen = aligned(page.darkness, darkness_of(image, page.darkness, known), known)
    looks = learn(page.darkness, found, seen, copier_of(page.labels, page.darkness, found, seen))
    if looks is None:
        return None
    grain = _grain(found, page.darkness, seen) / looks.ink
    bare = Laid(page, image, found, seen, lost, looks, _PENS[grain > _GRAINY], np.zeros((0, 3), dtype=np.float32))
    return replace(bare, labels=_labels(bare))


def _grain(found: Darkness, expected: Darkness, known: Mask) -> float:
    """Darkness by which neighbouring pixels of blank paper differ by chance."""
    blank = (expected[::2, ::2] < 0.01) & known[::2, ::2]
    beside = np.abs(found[::2, ::2] - np.roll(found, -1, axis=1)[::2, ::2])[blank]
    return float(np.median(beside)) if beside.size else 1.0


def _labels(photo: Laid) -> Darkness:
    rows = []
    for word in photo.page.labels:
        window = window_of(word.box, photo.found.shape, _LABEL_MARGIN)
        if photo.sees(window):
            left = fitted(photo.found[window], photo.looks.page[window]).left
            stroke = float(np.abs(photo.strokes(left)).max())
            rows.append(((word.box[0] + word.box[2]) / 2, (word.box[1] + word.box[3]) / 2, stroke))
    return np.array(rows, dtype=np.float32).reshape(-1, 3)
