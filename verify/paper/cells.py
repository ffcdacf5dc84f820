"""Each cell of a rectified photo: equal, differing or unread. Marks and levels by `values`, all others by `words`."""

from collections.abc import Sequence
from typing import Final

from verify.form.boxes import CellBox
from verify.paper.alignment import Mask
from verify.paper.arrays import Grey
from verify.paper.expected import ExpectedPage, Word
from verify.paper.laid import Laid, laid_on
from verify.paper.readings import Cause, CellReading, PaperReading, State
from verify.paper.specimens import kind_of, specimens
from verify.paper.values import Drawings, read_value
from verify.paper.windows import window_of
from verify.paper.words import read_words, shows_others

# Read as data (`qr`), not as a picture.
NOT_COMPARED: Final = frozenset({"qr"})


def read_cells(image: Grey, known: Mask, lost: Mask, page: ExpectedPage, template: int) -> PaperReading:
    """Compare a photo with the page that it was laid on, cell by cell.

    image, known, lost: grey at 200 dpi and what the photo shows of the page, of its shape (`rectifying.Rectified`).
    template: version of the form that the print was made with.
    """
    cells = [(box, words) for box, words in page.cells if box.field not in NOT_COMPARED]
    photo = laid_on(page, image, known, lost)
    if photo is None:
        return PaperReading(tuple(_unread(box) for box, _words in cells))
    drawings = specimens(template)
    return PaperReading(tuple(_read(photo, *cell, drawings) for cell in cells))


def _read(photo: Laid, box: CellBox, words: Sequence[Word], drawings: Drawings) -> CellReading:
    window, kind = window_of(box.box, photo.found.shape, 0), kind_of(box.field)
    if not photo.sees(window):
        others = kind is None and photo.sees_paper(window) and shows_others(photo, box, words)
        return _differing(box) if others else _unread(box)
    if kind is None or box.text not in kind.values:
        return read_words(photo, box, words)
    return read_value(photo, box, kind, drawings)


def _differing(box: CellBox) -> CellReading:
    return CellReading(box.field, box.page, box.box, State.DIFFERS, box.text)


def _unread(box: CellBox) -> CellReading:
    return CellReading(box.field, box.page, box.box, State.UNREAD, box.text, cause=Cause.NOT_SEEN)
