"""The words of a cell in a photo against their own expected picture: names, dates, comments, results.

Another word is told by its letters: ink is gone where a letter had it and stands where it had none. Stamps, pens and
stains only add ink, white spots only take it: both are unread. A single tone mark leaves too little for that: it is
unread; where a photo is too poor to carry tone marks, the words that have some are named, to be compared by eye.
"""

import unicodedata
from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np

from verify.form.boxes import CellBox
from verify.paper import thresholds
from verify.paper.expected import Darkness, Word
from verify.paper.fitting import fitted
from verify.paper.laid import Laid
from verify.paper.readings import Cause, CellReading, State
from verify.paper.windows import window_of

_MARGIN: Final = 2
# Beside a word its own edges blur into what counts as blank.
_BESIDE: Final = 3
_BORDER: Final = 4
_MOVED: Final = 4
# Farther than a page is ever laid aside (2.5 mm).
_NEAR: Final = 20
_FEWEST_OTHERS: Final = 3
_INKED: Final = 0.5
_BLANK: Final = 0.15
_CLEAR: Final = 0.4
# Pixels of ink below which a letter is no evidence: the edge of a coffee ring makes anything of a full stop.
_SMALLEST: Final = 30


def read_words(photo: Laid, box: CellBox, words: Sequence[Word]) -> CellReading:
    """Read a cell that the photo shows."""
    strokes = [_stroke(photo, word) for word in words]
    strongest = max([_blank_stroke(photo, box, words), *strokes])
    bound = photo.bound(box.box)
    state, cause = State.EQUAL, None
    if bound is None:
        state, cause = State.UNREAD, Cause.TOO_POOR
    elif strongest > bound:
        changed = any(_is_other(photo, word) for word, stroke in zip(words, strokes, strict=True) if stroke > bound)
        state, cause = (State.DIFFERS, None) if changed else (State.UNREAD, Cause.COVERED)
    eye = tuple(word.text for word in words if _has_tone(word.text)) if bound and bound > thresholds.TONE else ()
    return CellReading(
        box.field, box.page, box.box, state, box.text, stroke=round(strongest, 3), cause=cause, by_eye=eye
    )


def shows_others(photo: Laid, box: CellBox, words: Sequence[Word]) -> bool:
    """Whether clear ink of other words stands where so much of the expected ink is gone that it might be covered.

    The labels around are where they belong, the paper is white, many letters are others, and none of the words that
    they stand in is to be seen anywhere near: a page that was laid wrongly, a blank sticker and a blot all fail one of
    these. A name whitened and drawn over with a pen is taken for another: nobody's clean page looks so.
    """
    letters = [letter for word in words for letter in word.letters]
    if photo.bound(box.box) is None or not letters:
        return False
    changed = [(word, sum(_letter_changed(photo, letter) for letter in word.letters)) for word in words]
    if sum(count for _word, count in changed) < max(_FEWEST_OTHERS, thresholds.OTHER_LETTERS * len(letters)):
        return False
    return not any(_is_near(photo, word) for word, count in changed if count)


def _is_near(photo: Laid, word: Word) -> bool:
    """Whether the word itself stands within some millimetres of its place."""
    window = window_of(word.box, photo.found.shape, _MARGIN)
    around = photo.found[window_of(word.box, photo.found.shape, _MARGIN + _NEAR)]
    likeness = cv2.matchTemplate(around, photo.looks.page[window], cv2.TM_CCOEFF_NORMED)
    return bool(likeness.max() > thresholds.SAME_WORD)


def _stroke(photo: Laid, word: Word) -> float:
    window = window_of(word.box, photo.found.shape, _MARGIN)
    left = fitted(photo.found[window], photo.looks.page[window]).left
    return float(np.abs(photo.strokes(left)).max())


def _blank_stroke(photo: Laid, box: CellBox, words: Sequence[Word]) -> float:
    """The strongest unexpected ink in a cell beside its words."""
    window = window_of(box.box, photo.found.shape, -_BORDER)
    if not photo.found[window].size:
        return 0.0
    strokes = photo.strokes(photo.found[window] - photo.looks.page[window])
    for word in words:
        inside = window_of(word.box, photo.found.shape, _BESIDE)
        top, bottom, left, right = (
            max(0, edge - start.start)
            for half, start in zip(inside, window, strict=True)
            for edge in (half.start, half.stop)
        )
        strokes[top:bottom, left:right] = 0
    return float(strokes.max(initial=0.0))


def _is_other(photo: Laid, word: Word) -> bool:
    """Whether a letter of the word is confidently another."""
    return not _was_moved(photo, word) and any(_letter_changed(photo, letter) for letter in word.letters)


def _letter_changed(photo: Laid, letter: Sequence[float]) -> bool:
    window = window_of(letter, photo.found.shape, 1)
    shown = photo.looks.page[window] / photo.looks.ink
    ink = int(np.count_nonzero(shown > _INKED))
    if ink < _SMALLEST or _is_stained(photo.found[window][shown < _BLANK] / photo.looks.ink):
        return False
    strokes = photo.strokes(photo.found[window] - photo.looks.page[window])
    gone = np.count_nonzero((shown > _INKED) & (strokes < -_CLEAR)) / ink
    new = np.count_nonzero((shown < _BLANK) & (strokes > _CLEAR)) / ink
    return bool(gone > thresholds.GONE and new > thresholds.NEW)


def _is_stained(paper: Darkness) -> bool:
    """Whether the paper around a letter is dark itself: another letter leaves most of it white, a stain does not."""
    return bool(paper.size and np.median(paper) > thresholds.STAIN)


def _was_moved(photo: Laid, word: Word) -> bool:
    """Whether the word itself stands a little beside its place."""
    window = window_of(word.box, photo.found.shape, _MARGIN)
    around = photo.found[window_of(word.box, photo.found.shape, _MARGIN + _MOVED)]
    likeness = cv2.matchTemplate(around, photo.looks.page[window], cv2.TM_CCOEFF_NORMED)
    if likeness.shape != (2 * _MOVED + 1, 2 * _MOVED + 1):
        return False
    here = likeness[_MOVED - 1 : _MOVED + 2, _MOVED - 1 : _MOVED + 2].max()
    return bool(likeness.max() > max(thresholds.SAME_WORD, here + 0.05))


def _has_tone(text: str) -> bool:
    return any(unicodedata.combining(letter) for letter in unicodedata.normalize("NFD", text))
