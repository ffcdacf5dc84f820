"""Whether every reader finds the same objects, the same pages, and the same sheet.

Readers look for the last table in windows of different length, count offsets from the beginning or from the header,
believe a second table or not, and believe the tree of pages or its counts. Where one of them has to mend the file, it
takes the newest object that it comes across, whether a table names it or not. A sheet larger than what is shown comes
out of printers that take the sheet. Found by drawing with five viewers (decision 0052).
"""

import re
from typing import Final

import pikepdf

from verify import limits

# MuPDF looks at the last 1,024 bytes, qpdf at 1,054.
_END_WITHIN: Final = 1_000
_SECOND_TABLE: Final = re.compile(rb"/XRefStm\b")
_DEPTH: Final = 16
_BOXES: Final = ("/MediaBox", "/CropBox")
_SAME: Final = 0.01
# What a reader may print or show of a page instead (ISO 32000-1 table 150).
_AREAS: Final = frozenset({"/ViewArea", "/ViewClip", "/PrintArea", "/PrintClip", "/PrintPageRange"})


def is_found_alike(data: bytes) -> bool:
    """Whether a file begins with its header and ends with its only way in."""
    return (
        data.startswith(b"%PDF-")
        and data.rfind(b"startxref") >= len(data) - _END_WITHIN
        and _SECOND_TABLE.search(data) is None
    )


def are_shown_alike(pdf: pikepdf.Pdf) -> bool:
    """Whether the tree of pages is as its counts say, and each sheet is shown as large as it is."""
    preferences = pdf.Root.get("/ViewerPreferences")
    if isinstance(preferences, pikepdf.Dictionary) and _AREAS & preferences.keys():
        return False
    return _counted(pdf.Root.get("/Pages"), {}, _DEPTH) == len(pdf.pages)


def _counted(node: pikepdf.Object | None, inherited: dict[str, pikepdf.Object], depth: int) -> int | None:
    """How many pages hang on a node, None where something about them is not plain."""
    if not isinstance(node, pikepdf.Dictionary) or not depth:
        return None
    held = inherited | {key: node[key] for key in (*_BOXES, "/Rotate") if key in node}
    if node.get("/Type") == "/Page":
        return 1 if "/Kids" not in node and _is_one_sheet(held) and node.get("/UserUnit", 1) == 1 else None
    kids = node.get("/Kids")
    if node.get("/Type") != "/Pages" or not isinstance(kids, pikepdf.Array) or len(kids) > limits.DOCUMENT_PAGES:
        return None
    counts = [_counted(kid, held, depth - 1) for kid in kids]
    total = sum(each for each in counts if each is not None)
    return total if None not in counts and node.get("/Count") == total <= limits.DOCUMENT_PAGES else None


def _is_one_sheet(held: dict[str, pikepdf.Object]) -> bool:
    turned: object = held.get("/Rotate", 0)
    if not isinstance(turned, int) or turned not in (0, 90, 180, 270):
        return False
    boxes = [_box(held[key]) for key in _BOXES if key in held]
    if "/MediaBox" not in held or None in boxes:
        return False
    first, last = boxes[0], boxes[-1]
    return all(abs(one - other) <= _SAME for one, other in zip(first or (), last or (), strict=True))


def _box(held: pikepdf.Object) -> list[float] | None:
    """A rectangle from the lower left to the upper right."""
    sides = (
        [each for each in held if not isinstance(each, bool | str | pikepdf.Object)]
        if isinstance(held, pikepdf.Array)
        else []
    )
    if len(sides) != 4 or len(held) != 4 or sides[0] >= sides[2] or sides[1] >= sides[3]:
        return None
    return [float(side) for side in sides]
