"""What is shown of an examined document: pictures of its pages with boxes, and of its cells beside the expected ones.

The same values whatever was examined: a page of a PDF, or a photo laid on the form. Boxes are in pixels of the picture
they stand on, so that whoever shows them needs to know nothing of points and scales.
"""

from dataclasses import dataclass, field
from enum import StrEnum

PixelBox = tuple[int, int, int, int]


class BoxKind(StrEnum):
    """Why a box is drawn.

    differs: a cell, or words of the form, not as stored. unread: could not be read, so nothing is held against it.
    outside: something on blank paper outside every cell, which is no difference.
    """

    DIFFERS = "differs"
    UNREAD = "unread"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG, with its size in pixels."""

    png: bytes = field(repr=False)
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Boxed:
    """A box on a page. field: path of the cell (`verify.verdict.Difference`), empty where it is no cell.

    box: left, top, right, bottom in pixels of the page's picture.
    """

    kind: BoxKind
    field: str
    box: PixelBox


@dataclass(frozen=True, slots=True)
class BoxedPage:
    """A page of what was sent, as it was compared. page: 0-based. more: boxes beyond those that are drawn."""

    page: int
    picture: Picture
    boxes: tuple[Boxed, ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class CellPicture:
    """A cell as it was sent, and as the stored record gives it. expected: only for who may see stored values."""

    kind: BoxKind
    field: str
    page: int
    found: Picture
    expected: Picture


@dataclass(frozen=True, slots=True)
class Pictures:
    """All that may be shown of one document. left_out: pages (0-based) with boxes that found no room."""

    pages: tuple[BoxedPage, ...] = ()
    cells: tuple[CellPicture, ...] = ()
    left_out: tuple[int, ...] = ()

    @property
    def size(self) -> int:
        """Bytes of all the pictures."""
        drawn = [page.picture for page in self.pages]
        drawn += [side for cell in self.cells for side in (cell.found, cell.expected)]
        return sum(len(picture.png) for picture in drawn)


NO_PICTURES = Pictures()
