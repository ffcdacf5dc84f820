"""Pictures of what a comparison found: the pages with boxes, and each differing cell beside the expected one.

Drawn from the very ink that was compared, not rendered again: what the box shows is what the verdict rests on, pale and
yellow strokes are as dark as they counted, and a hostile page costs nothing more.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

from PIL import Image

from verify import limits
from verify.pdf.content import ContentReport, View
from verify.pdf.ink import SCALE, Ink
from verify.pdf.picture import Box
from verify.pictures import Boxed, BoxedPage, BoxKind, CellPicture, Picture, Pictures, PixelBox
from verify.png import CELL_STEPS, PAGE_STEPS, fitting

# Marks nearer to each other than this, in points, are one: a note is many letters.
_NEAR: Final = 12.0
# Around a cell, in points: its rules and a little of its neighbours show where it is.
_MARGIN: Final = 5.0
# A box around a whole page stands this part of its sides inside.
_INSET: Final = 0.015

_Told = tuple[BoxKind, str, Box]


def pictured(report: ContentReport) -> Pictures:
    """The pictures of a comparison, within `limits.PAGE_PICTURES_BYTES` and `limits.CELL_PICTURES_BYTES`."""
    told = _told(report)
    pages = tuple(_pages(report, told))
    drawn = {page.page for page in pages}
    left_out = tuple(page for page in sorted({*told, *report.unread}) if page not in drawn)
    return Pictures(pages, tuple(_cells(report)), left_out)


def _pages(report: ContentReport, told: defaultdict[int, list[_Told]]) -> Iterator[BoxedPage]:
    """Each page as fine as its share of the room that is left."""
    room = limits.PAGE_PICTURES_BYTES
    for number, view in enumerate(report.views):
        whole = [(BoxKind.UNREAD, "", _all_of(view))] if view.page in report.unread else []
        page = _page(view, whole + told[view.page], room // (len(report.views) - number))
        if page is not None:
            room -= len(page.picture.png)
            yield page


def _told(report: ContentReport) -> defaultdict[int, list[_Told]]:
    """Cells, each once, and marks, by page. On a scan everything is a mark: there they say nothing."""
    found: defaultdict[int, list[_Told]] = defaultdict(list)
    for difference in report.differences:
        each = (BoxKind.DIFFERS, difference.field, difference.box)
        if each not in found[difference.page]:
            found[difference.page].append(each)
    for page in {mark.page for mark in report.marks} - {*report.unread}:
        together = _together(mark.box for mark in report.marks if mark.page == page)
        found[page] += [(BoxKind.OUTSIDE, "", box) for box in together]
    return found


def _all_of(view: View) -> Box:
    height, width = (side / SCALE for side in view.found.shape)
    return width * _INSET, height * _INSET, width * (1 - _INSET), height * (1 - _INSET)


def _page(view: View, told: list[_Told], size: int) -> BoxedPage | None:
    picture = fitting(_grey(view.found), PAGE_STEPS, size)
    if picture is None:
        return None
    scale = SCALE * picture.width / view.found.shape[1]
    drawn = told[: limits.PICTURE_BOXES]
    boxes = tuple(Boxed(kind, field, _scaled(box, scale, picture)) for kind, field, box in drawn)
    return BoxedPage(view.page, picture, boxes, len(told) - len(drawn))


def _scaled(box: Box, scale: float, picture: Picture) -> PixelBox:
    """Inside the picture, and never thinner than a pixel."""
    left, top, right, bottom = (round(side * scale) for side in box)
    left, top = min(max(left, 0), picture.width - 1), min(max(top, 0), picture.height - 1)
    return left, top, min(max(right, left + 1), picture.width), min(max(bottom, top + 1), picture.height)


def _cells(report: ContentReport) -> Iterator[CellPicture]:
    """Each differing cell where it stands first, as long as there is room."""
    views = {view.page: view for view in report.views}
    first = {each.field: each for each in reversed(report.differences) if each.page in views}
    room = limits.CELL_PICTURES_BYTES
    named = dict.fromkeys(each.field for each in report.differences if each.field in first)
    wanted = [first[field] for field in named][: limits.PICTURED_CELLS]
    for number, difference in enumerate(wanted):
        share = room // (2 * (len(wanted) - number))
        view = views[difference.page]
        found, expected = (_cut(side, difference.box, share) for side in (view.found, view.expected))
        if found is None or expected is None:
            continue
        room -= len(found.png) + len(expected.png)
        yield CellPicture(BoxKind.DIFFERS, difference.field, difference.page, found, expected)


def _cut(ink: Ink, box: Box, size: int) -> Picture | None:
    left, top = (max(0, round((side - _MARGIN) * SCALE)) for side in box[:2])
    right, bottom = (max(0, round((side + _MARGIN) * SCALE)) for side in box[2:])
    cut = ink[top:bottom, left:right]
    return fitting(_grey(cut), CELL_STEPS, size) if cut.size else None


def _grey(ink: Ink) -> Image.Image:
    return Image.fromarray(255 - ink)


def _together(boxes: Iterable[Box]) -> list[Box]:
    """Boxes that are near each other as one, from the top of the page."""
    found, before = list(boxes), -1
    while len(found) != before:
        before, waiting, found = len(found), found, []
        for box in waiting:
            near = [each for each in found if _near(each, box)]
            found = [each for each in found if each not in near]
            found.append(_around((*near, box)))
    return sorted(found, key=lambda box: (box[1], box[0]))


def _near(one: Box, other: Box) -> bool:
    return (
        one[0] - _NEAR < other[2]
        and other[0] - _NEAR < one[2]
        and one[1] - _NEAR < other[3]
        and other[1] - _NEAR < one[3]
    )


def _around(boxes: tuple[Box, ...]) -> Box:
    left, top, right, bottom = zip(*boxes, strict=True)
    return min(left), min(top), max(right), max(bottom)
