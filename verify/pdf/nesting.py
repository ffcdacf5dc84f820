"""Groups that draw themselves, or each other in turn without end: told before a library follows them.

600 bytes of a group that draws itself twice end pdfium for want of memory. Each group in a group multiplies the work,
so that only few levels are let through; what then is still too much ends at the limits of the child.
"""

from collections.abc import Iterator
from typing import Final, TypeGuard

import pikepdf

from verify.errors import LimitExceeded, Refusal
from verify.pdf.resources import Resources

# Our prints have none; ghostscript and cairo write one, printing a page on a sheet another, Chromium up to four.
_LEVELS: Final = 12
_Number = tuple[int, int]


def require_shallow(pdf: pikepdf.Pdf) -> None:
    """Raise LimitExceeded(TOO_DEEP) for groups in groups in groups."""
    on_pages = frozenset(number for page in pdf.pages for number in _groups(Resources.of_page(page.obj)))
    left = {item.objgen: _drawn_by(item, on_pages) for item in pdf.objects if is_group(item)}
    for _ in range(_LEVELS):
        left = {number: drawn for number, drawn in left.items() if drawn & left.keys()}
        if not left:
            return
    raise LimitExceeded(Refusal.TOO_DEEP, "groups")


def is_group(item: pikepdf.Object) -> TypeGuard[pikepdf.Stream]:
    """Whether an object is a form XObject (ISO 32000-1 §8.10)."""
    return isinstance(item, pikepdf.Stream) and item.get("/Subtype") == pikepdf.Name.Form


def _drawn_by(group: pikepdf.Object, on_pages: frozenset[_Number]) -> frozenset[_Number]:
    """What a group may draw; one without names of its own uses those of the page that draws it."""
    if "/Resources" in group:
        return frozenset(_groups(Resources.of_group(group)))
    return on_pages if b"Do" in group.read_bytes() else frozenset()


def _groups(resources: Resources) -> Iterator[_Number]:
    return (each.objgen for each in resources.named("/XObject").values() if is_group(each))
