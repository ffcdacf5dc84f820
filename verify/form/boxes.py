"""The cells of a print: what is written where. The template marks two corners of each cell, this module reads them."""

import json
from dataclasses import dataclass
from typing import Any, Final

from verify import limits
from verify.errors import LimitExceeded, Refusal
from verify.form.letters import printable

PAGE_NUMBER: Final = "page_number"
# Read in the document's own context, so the layout of the compile is used again and costs nothing.
CORNERS: Final = (
    "query(<corner>).map(mark => { let at = mark.location().position(); (mark.value, at.page, at.x.pt(), at.y.pt()) })"
)

_LONGEST_UNBROKEN = 24
_PIECE = 8
_BREAK = "\u200b"  # never in printable text
_SMALLER_FROM = (110, 400, 1000)


@dataclass(frozen=True, slots=True)
class CellBox:
    """One cell of a print.

    field: path in the record (`subjects.toan.score`). page: 0-based. box: x0, y0, x1, y1 in PDF points from the top
    left. text: what is printed in it, single spaces between words; empty for an empty cell.
    """

    field: str
    page: int
    box: tuple[float, float, float, float]
    text: str


class Cells:
    """Collects the cells of one print and gives each its number in the template."""

    def __init__(self) -> None:
        self._cells: list[tuple[str, str]] = []

    def add(self, field: str, text: str | None) -> dict[str, Any]:
        """The template's data for a cell; raises LimitExceeded(TOO_LARGE)."""
        if text and len(text) > limits.TEXT_CHARACTERS:
            raise LimitExceeded(Refusal.TOO_LARGE, field)
        shown = printable(text or "")
        self._cells.append((field, shown))
        size = sum(len(shown) > bound for bound in _SMALLER_FROM)
        return {"id": len(self._cells) - 1, "text": _breakable(shown), "size": size}

    def boxes(self, corners: str) -> tuple[CellBox, ...]:
        """The boxes from the answer to `CORNERS`, by page, then as they stand in the form."""
        marks: list[tuple[int, int, float, float]] = json.loads(corners)
        pages = max(page for _number, page, _x, _y in marks)
        opened: dict[int, tuple[int, float, float]] = {}
        found: list[tuple[int, int, CellBox]] = []
        for number, page, x, y in marks:
            if number not in opened:
                opened[number] = (page - 1, x, y)
                continue
            first_page, x0, y0 = opened.pop(number)
            found.append((first_page, number, self._box(number, first_page, pages, (x0, y0, x, y))))
        return tuple(box for _page, _number, box in sorted(found, key=lambda each: each[:2]))

    def _box(self, number: int, page: int, pages: int, box: tuple[float, float, float, float]) -> CellBox:
        field, text = self._cells[number]
        if field == PAGE_NUMBER:
            text = f"Trang {page + 1}/{pages}"
        x0, y0, x1, y1 = (round(value, 2) for value in box)
        return CellBox(field, page, (x0, y0, x1, y1), text)


def _breakable(text: str) -> list[str]:
    """The pieces between which the template may break a line inside a word that is too long for one."""
    return " ".join(_chopped(word) for word in text.split(" ")).split(_BREAK)


def _chopped(word: str) -> str:
    if len(word) <= _LONGEST_UNBROKEN:
        return word
    return _BREAK.join(word[start : start + _PIECE] for start in range(0, len(word), _PIECE))
