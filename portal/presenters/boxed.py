"""Pages of the file that was sent, with numbered boxes, and cells side by side: what of them this visitor sees.

A page, a box and a cut are of the visitor's own file. The expected side of a cell is the stored record: for those who
may see stored values. Where cells may not be named, their boxes would name them: then no page of a mismatch is shown.
"""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from portal.presenters.language import mark, say
from portal.services.checking import Disclosure
from verify.pictures import Boxed, BoxedPage, BoxKind, CellPicture, Picture
from verify.record.labels import label_of
from verify.verdict import ABOUT_THE_CONTENT, Conclusion, Status, Verdict

_WORDS: Final[Mapping[BoxKind, str]] = {
    BoxKind.DIFFERS: mark("khác dữ liệu gốc"),
    BoxKind.UNREAD: mark("không đọc được chữ"),
    BoxKind.OUTSIDE: mark("nằm ngoài mọi ô, không tính là khác"),
}
_WHOLE_PAGE: Final = mark("Cả trang")
_MARK: Final = mark("Nét lạ")
# A number's badge, as a part of the picture's width: 12 px letters on a phone of 360 px.
_BADGE: Final = 0.046
_ALL: Final = frozenset(BoxKind)


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture that the page carries itself. source: a `data:` address."""

    source: str = field(repr=False)
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class ShotBox:
    """A box on a picture, in its pixels, with the badge that holds its number. words: why it is drawn.

    number: None around a whole page.
    """

    kind: BoxKind
    number: int | None
    label: str
    words: str
    x: int
    y: int
    width: int
    height: int
    badge_x: int
    badge_y: int


@dataclass(frozen=True, slots=True)
class PageShot:
    """A page (from 1) with its boxes. listed: each number once. badge: height of a badge. more: boxes not drawn.

    small: nothing on it is to be looked for. words: all of it for who does not see the picture.
    """

    page: int
    shot: Shot
    boxes: tuple[ShotBox, ...]
    listed: tuple[ShotBox, ...]
    badge: int
    more: int
    small: bool
    words: str


@dataclass(frozen=True, slots=True)
class CellShots:
    """A cell as sent, and as stored where that may be seen."""

    found: Shot
    expected: Shot | None


@dataclass(frozen=True, slots=True)
class Shown:
    """What of the pictures this visitor sees. cells: by path. left_out: pages (from 1) that found no room."""

    pages: tuple[PageShot, ...] = ()
    cells: Mapping[str, CellShots] = field(default_factory=dict)
    left_out: tuple[int, ...] = ()

    @property
    def numbered(self) -> bool:
        """Whether any box has a number."""
        return not all(page.small for page in self.pages)


def present_pictures(conclusion: Conclusion, disclosure: Disclosure, numbers: Mapping[str, int]) -> Shown:
    """The pictures that may be shown. numbers: of the cells that the page lists, by path."""
    kinds = _allowed(conclusion, disclosure)
    pages, following = [], max(numbers.values(), default=0)
    for boxed in conclusion.pictures.pages:
        allowed = [box for box in boxed.boxes if box.kind in kinds and _may_be_told(box, disclosure)]
        shown = _page(boxed, allowed, numbers, following)
        if shown is not None:
            following = max(following, *(box.number or 0 for box in shown.boxes))
            pages.append(shown)
    cells = [cell for cell in conclusion.pictures.cells if cell.kind in kinds and disclosure.fields]
    told = BoxKind.DIFFERS in kinds or not conclusion.differences
    return Shown(
        pages=tuple(pages),
        cells={cell.field: _cell(cell, values=disclosure.values) for cell in cells},
        left_out=tuple(page + 1 for page in conclusion.pictures.left_out) if told else (),
    )


def _allowed(conclusion: Conclusion, disclosure: Disclosure) -> frozenset[BoxKind]:
    """Marks stand beside cells that are equal, so they tell nothing more; beside others they would help a guess."""
    if conclusion.verdict is Verdict.MISMATCH:
        return _ALL if disclosure.fields else frozenset()
    content = [check.status for check in conclusion.checks if check.question in ABOUT_THE_CONTENT]
    equal = all(status is Status.PASSED for status in content)
    return frozenset({BoxKind.OUTSIDE if equal else BoxKind.UNREAD})


def _may_be_told(box: Boxed, disclosure: Disclosure) -> bool:
    """That a cell of a photo is not clear depends on what is expected there: as a differing one (design §9.9)."""
    return disclosure.fields or box.kind is not BoxKind.UNREAD or not box.field


def _page(boxed: BoxedPage, boxes: list[Boxed], numbers: Mapping[str, int], following: int) -> PageShot | None:
    if not boxes:
        return None
    badge = max(1, round(boxed.picture.width * _BADGE))
    placed: list[ShotBox] = []
    for box in boxes:
        number = numbers.get(box.field)
        if number is None and not _is_page(box):
            number = following = following + 1
        placed.append(_placed(box, number, badge, placed, boxed.picture.width))
    listed = tuple({box.number: box for box in reversed(placed)}.values())[::-1]
    return PageShot(
        page=boxed.page + 1,
        shot=_shot(boxed.picture),
        boxes=tuple(placed),
        listed=listed,
        badge=badge,
        # Of all kinds: where some may not be shown, neither may their number.
        more=boxed.more if len(boxes) == len(boxed.boxes) else 0,
        small=all(map(_is_page, boxes)),
        words=_words(boxed.page + 1, listed),
    )


def _is_page(box: Boxed) -> bool:
    return box.kind is BoxKind.UNREAD and not box.field


def _placed(box: Boxed, number: int | None, badge: int, before: list[ShotBox], width: int) -> ShotBox:
    """The badge stands left of the box, further left where another one stands, else right of it."""
    left, top, right, bottom = box.box
    lefts = [*range(left - badge, -1, -badge), *range(right, width - badge, badge), left]
    x = next((x for x in lefts if not any(_touch(x, top, each, badge) for each in before)), lefts[-1])
    return ShotBox(
        kind=box.kind,
        number=number,
        label=_label(box),
        words=say(_WORDS[box.kind]),
        x=left,
        y=top,
        width=right - left,
        height=bottom - top,
        badge_x=x,
        badge_y=top,
    )


def _touch(x: int, y: int, other: ShotBox, badge: int) -> bool:
    return abs(x - other.badge_x) < badge and abs(y - other.badge_y) < badge


def _label(box: Boxed) -> str:
    year, _, path = box.field.rpartition("/")
    if path:
        return f"{label_of(path)} ({year})" if year else label_of(path)
    return say(_WHOLE_PAGE if _is_page(box) else _MARK)


def _words(page: int, listed: tuple[ShotBox, ...]) -> str:
    each = "; ".join(f"{box.number or ''} {box.label}: {box.words}".strip() for box in listed)
    return say(mark("Ảnh trang %(page)s của tệp đã gửi, có khung: %(each)s."), {"page": str(page), "each": each})


def _cell(cell: CellPicture, *, values: bool) -> CellShots:
    return CellShots(_shot(cell.found), _shot(cell.expected) if values else None)


def _shot(picture: Picture) -> Shot:
    """A picture as the page carries it."""
    return Shot(f"data:image/png;base64,{b64encode(picture.png).decode()}", picture.width, picture.height)
