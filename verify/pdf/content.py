"""A document's content against the print that its record gives: text and picture of every cell, and of the form around.

Text equality alone passes overdrawn marks, picture equality alone passes an altered text layer that machines read; both
are asked (design §3). Only the same pages at the same size compare; anything else is told as such, not cell by cell.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from PIL import Image

from verify import limits
from verify.form.boxes import CellBox
from verify.form.render import Rendered
from verify.paper.qr import read_codes
from verify.pdf.ink import SCALE, Ink
from verify.pdf.letters import Letter, worded
from verify.pdf.pages import Page, read, sizes_of
from verify.pdf.picture import Box, Residue, residue
from verify.pdf.stillness import is_still
from verify.pdf.text import PICTURED, PageText, compare_page, is_displaced, labels_of
from verify.verdict import Check, Difference, Question, Reason, Status

# Of TEXT_EQUAL when it failed: how many pages could not be read, so that their cells are unknown.
UNREAD_PAGES: Final = "unread_pages"
# The form itself: labels, rules, frame.
FORM: Final = "form"
# A4 is 595.276 x 841.89 pt; writers round to whole points.
_SIZE_TOLERANCE: Final = 1.0
# Sheets that differ by more lie on each other with more than a pixel between.
_SAME_PLACE: Final = 0.5
_QR_MARGIN: Final = 8
# Tone marks and tails of a differing cell reach so many points beyond it; they are no marks of their own.
_SPILL: Final = 2.0
# Regions told of one page; one that differs in more is another page.
_MOST_REGIONS: Final = 200
_PAGE: Final = (595.28, 841.89)
_NO_TEXT: Final = PageText({}, (), ())
# Below this part of its cells a page counts as the right picture.
_FEW: Final = 0.5


@dataclass(frozen=True, slots=True)
class Mark:
    """Something on blank paper outside every cell. page: 0-based; box: points from the top left."""

    page: int
    box: Box


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """Both sides of a page on which something is to be shown.

    page: 0-based. found: as on a screen, or as printed where only that differs.
    """

    page: int
    found: Ink
    expected: Ink


@dataclass(frozen=True, slots=True)
class ContentReport:
    """checks: TEXT_EQUAL and PICTURE_EQUAL. differences: cells and words of the form; marks: beside them, no mismatch.

    A difference that only the picture shows has an empty `found`, but for a QR, which is read again. unread: pages
    (0-based) that nobody can read as text, whatever the record says. views: the first pages on which any of these is.
    """

    checks: tuple[Check, Check]
    differences: tuple[Difference, ...] = ()
    marks: tuple[Mark, ...] = ()
    unread: tuple[int, ...] = ()
    views: tuple[View, ...] = field(default=(), repr=False)


def compare(data: bytes, expected: Rendered) -> ContentReport:
    """Compare a document with an expected print; raises UnreadableDocument or LimitExceeded."""
    sizes, wanted = sizes_of(data), sizes_of(expected.pdf)
    if len(sizes) != len(wanted):
        reason = Reason.PAGES_MISSING if len(sizes) < len(wanted) else Reason.PAGES_EXTRA
        return _other_pages(reason, {"pages": str(len(sizes)), "expected": str(len(wanted))})
    for number, (size, want) in enumerate(zip(sizes, wanted, strict=True)):
        if any(abs(one - other) > _SIZE_TOLERANCE for one, other in zip(size, want, strict=True)):
            return _other_pages(Reason.PAGE_SIZE_DIFFERS, {"page": str(number + 1)})
    model = _model(expected)
    pages = [_PageComparison(number, *sides) for number, sides in enumerate(zip(model, read(data), strict=True))]
    for number, page in enumerate(pages):
        moved = any(abs(one - other) > _SAME_PLACE for one, other in zip(sizes[number], wanted[number], strict=True))
        if page.text and (page.text.rescaled or (page.only_picture_differs and (moved or page.is_displaced))):
            return _other_pages(Reason.PAGE_SIZE_DIFFERS, {"page": str(number + 1)})
    return _report(pages, still=is_still(data))


def _other_pages(reason: Reason, facts: dict[str, str]) -> ContentReport:
    """Other pages, or another size: nothing was compared, so nothing is held against the document."""
    return ContentReport(
        (
            Check(Question.TEXT_EQUAL, Status.UNKNOWN, reason, facts),
            Check(Question.PICTURE_EQUAL, Status.UNKNOWN, reason, facts),
        )
    )


@dataclass(frozen=True, slots=True)
class _ModelPage:
    """A page of the expected print: what is read from it, its cells, and the letters outside them."""

    page: Page
    cells: tuple[CellBox, ...]
    labels: tuple[Letter, ...]


@lru_cache(maxsize=2)
def _model(expected: Rendered) -> tuple[_ModelPage, ...]:
    """The expected side, kept: the same print is compared again and again while a school checks a class."""
    found = []
    for number, page in enumerate(read(expected.pdf)):
        cells = tuple(cell for cell in expected.boxes if cell.page == number)
        found.append(_ModelPage(page, cells, tuple(labels_of(cells, page.letters))))
    return tuple(found)


class _PageComparison:
    """One page of both sides, and where they differ."""

    def __init__(self, number: int, model: _ModelPage, page: Page) -> None:
        self._number = number
        self._model = model
        self._page = page
        self.scan = page.scan
        self.picture_cells: list[int] = []
        self.picture_labels: list[Box] = []
        self.picture_marks: list[Box] = []
        self._shown = page.inks[0]
        # From the printed side to the one on a screen, which is shown if both differ.
        for ink in reversed(page.inks):
            left = residue(model.page.inks[0], ink)
            if left is not None:
                self._shown = ink
                self._sort(left)
        self.text = self._compare_text()
        self.unread = page.scan or not page.letters

    def _compare_text(self) -> PageText | None:
        """None where nothing can be read: no letters, a scan, or letters without meaning under the right picture.

        Some printer drivers keep the shapes of letters and lose what they stand for.
        """
        if self.scan or not self._page.letters:
            return None
        text = compare_page(self._model.cells, self._model.page.letters, self._page.letters)
        same_picture = len(self.picture_cells) + len(self.picture_labels) < _FEW * len(self._model.cells)
        return None if text.strange and same_picture else text

    @property
    def picture_differs(self) -> bool:
        return bool(self.picture_cells or self.picture_labels)

    @property
    def only_picture_differs(self) -> bool:
        return self.picture_differs and self.text is not None and not (self.text.cells or self.text.labels)

    @property
    def is_displaced(self) -> bool:
        return is_displaced(self._model.page.letters, self._page.letters)

    def _sort(self, left: Residue) -> None:
        """Into cells, words of the form, and marks on blank paper."""
        cells = self._model.cells
        self.picture_cells += [
            index for index, cell in enumerate(cells) if index not in self.picture_cells and left.differs_in(cell.box)
        ]
        for index, cell in enumerate(cells):
            left.clear(_grown(cell.box) if index in self.picture_cells else cell.box)
        for number, (box, gone) in enumerate(left.regions()):
            if number == _MOST_REGIONS:
                self.picture_labels.append((0.0, 0.0, *_PAGE))
                return
            if gone or any(left.covers(_of(label)) for label in self._labels_in(box)):
                self.picture_labels.append(box)
            else:
                self.picture_marks.append(box)

    def _labels_in(self, box: Box) -> list[Letter]:
        return [letter for letter in self._model.labels if _overlap(box, _of(letter))]

    def differences(self) -> list[Difference]:
        """By cell, then the words of the form."""
        found = []
        text = self.text or _NO_TEXT
        for index in sorted({*text.cells, *self.picture_cells}):
            cell = self._model.cells[index]
            words = self._seen(cell) if cell.field in PICTURED else text.cells.get(index, "")
            found.append(Difference(cell.field, self._number, cell.box, cell.text, words))
        for label in text.labels:
            found.append(Difference(FORM, self._number, label.box, label.expected, label.found))
        for box in self.picture_labels:
            if not any(_overlap(box, label.box) for label in text.labels):
                found.append(Difference(FORM, self._number, box, worded(self._labels_in(box)), ""))
        return found

    def marks(self) -> list[Mark]:
        boxes = [*self.picture_marks]
        added = self.text.added if self.text else ()
        boxes += [box for box in added if not any(_overlap(box, other) for other in boxes)]
        return [Mark(self._number, box) for box in boxes]

    def view(self) -> View:
        return View(self._number, self._shown, self._model.page.inks[0])

    def _seen(self, cell: CellBox) -> str:
        """What a camera reads in the box of a QR now."""
        return " ".join(read_codes(_cut(self._page.inks[0], cell.box)))


def _report(pages: Sequence[_PageComparison], *, still: bool) -> ContentReport:
    scanned = any(page.scan for page in pages)
    marks = tuple(mark for page in pages for mark in page.marks())
    differences = tuple(difference for page in pages if not page.scan for difference in page.differences())
    unread = tuple(number for number, page in enumerate(pages) if page.unread)
    told = {*unread, *(difference.page for difference in differences), *(mark.page for mark in marks)}
    views = tuple(pages[number].view() for number in sorted(told)[: limits.PICTURED_PAGES])
    checks = _text_check(pages), _picture_check(pages, scanned, still=still)
    return ContentReport(checks, differences, marks, unread, views)


def _text_check(pages: Sequence[_PageComparison]) -> Check:
    read_pages = [page.text for page in pages if page.text]
    if any(text.cells or text.labels for text in read_pages):
        unread = len(pages) - len(read_pages)
        facts = {UNREAD_PAGES: str(unread)} if unread else {}
        return Check(Question.TEXT_EQUAL, Status.FAILED, Reason.TEXT_DIFFERS, facts)
    if len(read_pages) < len(pages):
        return Check(Question.TEXT_EQUAL, Status.UNKNOWN, Reason.TEXT_MISSING)
    if any(text.added for text in read_pages):
        return Check(Question.TEXT_EQUAL, Status.PASSED, Reason.MARKS_OUTSIDE_CELLS)
    return Check(Question.TEXT_EQUAL, Status.PASSED)


def _picture_check(pages: Sequence[_PageComparison], scanned: bool, *, still: bool) -> Check:
    """A scan is never pixel by pixel the print: that it differs proves nothing.

    still: whether other viewers show the same (`verify.pdf.stillness`).
    """
    if any(page.picture_differs for page in pages if not page.scan):
        return Check(Question.PICTURE_EQUAL, Status.FAILED, Reason.PICTURE_DIFFERS)
    if scanned and any(page.picture_differs for page in pages):
        return Check(Question.PICTURE_EQUAL, Status.UNKNOWN, Reason.PICTURE_DIFFERS)
    if not still:
        return Check(Question.PICTURE_EQUAL, Status.UNKNOWN, Reason.MAY_SHOW_OTHERWISE)
    if any(page.picture_marks for page in pages):
        return Check(Question.PICTURE_EQUAL, Status.PASSED, Reason.MARKS_OUTSIDE_CELLS)
    return Check(Question.PICTURE_EQUAL, Status.PASSED)


def _of(letter: Letter) -> Box:
    return letter.x0, letter.y0, letter.x1, letter.y1


def _grown(box: Box) -> Box:
    return box[0] - _SPILL, box[1] - _SPILL, box[2] + _SPILL, box[3] + _SPILL


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _cut(ink: Ink, box: Box) -> Image.Image:
    x0, y0, x1, y1 = (round(side * SCALE) for side in box)
    cut = ink[max(0, y0 - _QR_MARGIN) : y1 + _QR_MARGIN, max(0, x0 - _QR_MARGIN) : x1 + _QR_MARGIN]
    return Image.fromarray(255 - cut)
