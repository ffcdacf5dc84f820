"""Photos of a print against the pages that its record gives: every cell of every page that is to be seen.

The counterpart of `verify.pdf.content` for pictures, with the same two questions: TEXT_EQUAL is what the cells say,
PICTURE_EQUAL is whether the photos show enough of the paper to say it. A photo never proves its own page alone: pages
that nobody photographed are told, and keep the answer open.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from PIL import Image

from verify import limits
from verify.form.render import Rendered
from verify.paper.arrays import Grey
from verify.paper.cells import NOT_COMPARED, read_cells
from verify.paper.expected import PIXELS_PER_POINT, ExpectedPage, expected_pages
from verify.paper.pages import PageImage, page_images
from verify.paper.quality import PhotoFault, Refused
from verify.paper.readings import Cause, CellReading, PaperReading, State
from verify.paper.rectifying import rectify
from verify.paper.windows import window_of
from verify.pictures import Boxed, BoxedPage, BoxKind, CellPicture, Picture, Pictures
from verify.png import CELL_STEPS, PAGE_STEPS, fitting
from verify.verdict import Check, Difference, Question, Reason, Status

_FAULTS: Final = {
    PhotoFault.NO_PAGE: Reason.PHOTO_NO_PAGE,
    PhotoFault.TOO_SMALL: Reason.PHOTO_TOO_SMALL,
    PhotoFault.BLURRED: Reason.PHOTO_BLURRED,
    PhotoFault.CUT_OFF: Reason.PHOTO_CUT_OFF,
    PhotoFault.GLARE: Reason.PHOTO_GLARE,
    PhotoFault.SHADOW: Reason.PHOTO_SHADOW,
    PhotoFault.COVERED: Reason.PHOTO_COVERED,
}
# Several photos of one page: whoever shows a difference shows it; whoever shows a cell answers for one who does not.
_RANK: Final = (State.DIFFERS, State.EQUAL, State.UNREAD)
_CROP_MARGIN: Final = 14
_WHO: Final = ("full_name", "birth_date")
# Of TEXT_EQUAL, yes or no: whether name and birth date were read on the paper and are the record's.
IDENTIFIED: Final = "identified"


@dataclass(frozen=True, slots=True, eq=False)
class LaidPhoto:
    """A photo on its page. image: grey at 200 dpi, of the page's shape."""

    page: int
    image: Grey
    expected: ExpectedPage


@dataclass(frozen=True, slots=True)
class PaperReport:
    """What photos say about a print. checks: TEXT_EQUAL, PICTURE_EQUAL. photos: laid on their pages."""

    checks: tuple[Check, Check]
    reading: PaperReading
    differences: tuple[Difference, ...]
    photos: tuple[LaidPhoto, ...]


def compare(pictures: Sequence[Grey], expected: Rendered, template: int) -> PaperReport:
    """Lay each picture on a page of the expected print and read its cells.

    template: version of the form that the print was made with. Raises UnreadableDocument or LimitExceeded.
    """
    images, pages = _sides(expected)
    photos, refused, read = [], [], []
    for picture in pictures:
        laid = rectify(picture, images)
        if isinstance(laid, Refused):
            refused.append(laid)
            continue
        refused += laid.retakes
        page = pages[laid.page.number]
        read.append(read_cells(laid.image, laid.known, laid.lost, page, template))
        photos.append(LaidPhoto(page.number, laid.image, page))
    reading = _together(read)
    missing = _missing(pages, {photo.page for photo in photos})
    differing = () if reading.too_many_differ else reading.differing
    differences = tuple(Difference(cell.field, cell.page, cell.box, cell.expected, cell.seen) for cell in differing)
    checks = _text_check(reading), _picture_check(reading, refused, missing)
    return PaperReport(checks, reading, differences, tuple(photos))


def not_compared(reason: Reason) -> PaperReport:
    """We could not look at every print that the paper may be: nothing is held against it."""
    checks = Check(Question.TEXT_EQUAL, Status.UNKNOWN, reason), Check(Question.PICTURE_EQUAL, Status.UNKNOWN, reason)
    return PaperReport(checks, PaperReading(()), (), ())


@lru_cache(maxsize=2)
def _sides(expected: Rendered) -> tuple[tuple[PageImage, ...], tuple[ExpectedPage, ...]]:
    """Both views of the expected print, kept for the next photo of it."""
    return page_images(expected), expected_pages(expected)


def _together(readings: Iterable[PaperReading]) -> PaperReading:
    best: dict[tuple[str, int, tuple[float, ...]], CellReading] = {}
    for cell in (cell for reading in readings for cell in reading.cells):
        place = (cell.field, cell.page, cell.box)
        held = best.get(place)
        if held is None or _RANK.index(cell.state) < _RANK.index(held.state):
            best[place] = cell
    return PaperReading(tuple(sorted(best.values(), key=lambda cell: (cell.page, cell.box[1], cell.box[0]))))


def _missing(pages: Sequence[ExpectedPage], seen: set[int]) -> list[int]:
    """Pages with something to compare that are on no photo."""
    return [
        page.number
        for page in pages
        if page.number not in seen and any(box.field not in NOT_COMPARED for box, _words in page.cells)
    ]


def _text_check(reading: PaperReading) -> Check:
    """What the cells say: one that differs with confidence outweighs others that could not be read (issue 6).

    How many cells are equal is told where all are: of others the number alone would help a guess (design §9.9).
    """
    facts = {IDENTIFIED: "yes" if _identifies(reading) else "no"}
    if reading.too_many_differ:
        return Check(Question.TEXT_EQUAL, Status.UNKNOWN, Reason.TOO_MANY_DIFFER, facts)
    if reading.differing:
        return Check(Question.TEXT_EQUAL, Status.FAILED, Reason.CELLS_DIFFER, facts)
    if reading.unread or not reading.cells:
        return Check(Question.TEXT_EQUAL, Status.UNKNOWN, Reason.CELLS_UNREAD, facts)
    facts["matched"] = f"{reading.equal}/{len(reading.cells)}"
    if reading.by_eye:
        return Check(Question.TEXT_EQUAL, Status.PASSED, Reason.TONES_BY_EYE, facts)
    return Check(Question.TEXT_EQUAL, Status.PASSED, Reason.OK, facts)


def _identifies(reading: PaperReading) -> bool:
    """Whether the paper evidently carries the pupil's name and birth date."""
    states: dict[str, set[State]] = {}
    for cell in reading.cells:
        states.setdefault(cell.field.rpartition("/")[2], set()).add(cell.state)
    return all(State.EQUAL in states.get(field, ()) and State.DIFFERS not in states[field] for field in _WHO)


def _picture_check(reading: PaperReading, refused: Sequence[Refused], missing: Sequence[int]) -> Check:
    """Whether the photos show enough. What they show differing is told whatever else they do not show."""
    differs = bool(reading.differing) and not reading.too_many_differ
    facts = {"missing": ", ".join(str(number + 1) for number in missing)} if missing else {}
    if differs:
        return Check(Question.PICTURE_EQUAL, Status.FAILED, Reason.CELLS_DIFFER, facts)
    if refused and (reading.unread or missing):
        worst = refused[0]
        return Check(Question.PICTURE_EQUAL, Status.UNKNOWN, _FAULTS[worst.reason], facts | {"part": worst.part.value})
    if missing:
        return Check(Question.PICTURE_EQUAL, Status.UNKNOWN, Reason.PAGES_NOT_PHOTOGRAPHED, facts)
    return Check(Question.PICTURE_EQUAL, Status.PASSED, Reason.OK, facts)


def pictured(report: PaperReport) -> Pictures:
    """The photos with boxes, and each cell that a person must look at beside the expected one."""
    told = [] if report.reading.too_many_differ else [*report.reading.differing, *report.reading.unread]
    pages, room = [], limits.PAGE_PICTURES_BYTES
    wanted = [photo for photo in report.photos if any(cell.page == photo.page for cell in told)]
    for number, photo in enumerate(wanted[: limits.PICTURED_PAGES]):
        page = _page(photo, [cell for cell in told if cell.page == photo.page], room // (len(wanted) - number))
        if page is not None:
            room -= len(page.picture.png)
            pages.append(page)
    return Pictures(tuple(pages), tuple(_cells(report, told)))


def _page(photo: LaidPhoto, told: Sequence[CellReading], size: int) -> BoxedPage | None:
    picture = fitting(Image.fromarray(photo.image), PAGE_STEPS, size)
    if picture is None:
        return None
    scale = PIXELS_PER_POINT * picture.width / photo.image.shape[1]
    drawn = told[: limits.PICTURE_BOXES]
    boxes = tuple(Boxed(_kind(cell), cell.field, _scaled(cell.box, scale)) for cell in drawn)
    return BoxedPage(photo.page, picture, boxes, len(told) - len(drawn))


def _scaled(box: tuple[float, float, float, float], scale: float) -> tuple[int, int, int, int]:
    left, top, right, bottom = (round(side * scale) for side in box)
    return left, top, max(right, left + 1), max(bottom, top + 1)


def _cells(report: PaperReport, told: Sequence[CellReading]) -> Iterable[CellPicture]:
    """Theirs and the expected one, those that differ first, as long as there is room."""
    photos = {photo.page: photo for photo in report.photos}
    wanted = [cell for cell in told if cell.cause is not Cause.NOT_SEEN][: limits.PICTURED_CELLS]
    room = limits.CELL_PICTURES_BYTES
    for number, cell in enumerate(wanted):
        photo, share = photos[cell.page], room // (2 * (len(wanted) - number))
        window = window_of(cell.box, photo.image.shape, _CROP_MARGIN)
        drawn = np.clip(255 - 255 * photo.expected.darkness[window], 0, 255).astype(np.uint8)
        found, expected = _cut(photo.image[window], share), _cut(drawn, share)
        if found is None or expected is None:
            continue
        room -= len(found.png) + len(expected.png)
        yield CellPicture(_kind(cell), cell.field, cell.page, found, expected)


def _cut(picture: Grey, size: int) -> Picture | None:
    return fitting(Image.fromarray(np.ascontiguousarray(picture)), CELL_STEPS, size) if picture.size else None


def _kind(cell: CellReading) -> BoxKind:
    return BoxKind.DIFFERS if cell.state is State.DIFFERS else BoxKind.UNREAD


def distance(report: PaperReport) -> tuple[int, int, int]:
    """How far photos are from a print: the fewest differing cells first, then the fewest unread ones."""
    differing = len(report.reading.differing)
    return (0 if report.reading.cells else 1), differing, len(report.reading.unread)
