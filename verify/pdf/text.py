"""Where two text layers of a page differ: cell by cell against the record, word by word outside the cells.

pdfium takes a line that repeats the line above for a bold face made by printing twice, and leaves it out. So a cell is
equal too when it reads as the same cell of the expected print does.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from verify.form.boxes import CellBox
from verify.pdf.letters import Box, Letter, around, lines_of, squeezed, worded

# A cell's text is only text; its QR holds what a camera reads.
PICTURED: Final = frozenset({"qr"})
# Writers move letters by up to 0.7 pt (poppler's cairo); labels and cells stand 2 pt apart.
_AROUND_CELL: Final = 0.8
_AROUND_LETTER: Final = 1.5
# Faithful copies in place have nine of ten letters within this, in points; a page fitted to another sheet has not.
_IN_PLACE: Final = 0.7
_NINE_OF_TEN: Final = 90
# Places told of one page; a page that differs in more is another page.
_MOST: Final = 60
# Differing letters of one label stand closer than this.
_SAME_LABEL: Final = 40.0


@dataclass(frozen=True, slots=True)
class Changed:
    """A place where the words differ. expected, found: as a person reads them."""

    box: Box
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class PageText:
    """What differs in the words of a page.

    cells: what is read instead, by position among the cells of the page. added: words on blank paper. strange: most of
    the form's own words are not where they belong: another form, or letters that lost their meaning. rescaled: strange,
    though every letter is there.
    """

    cells: dict[int, str]
    labels: tuple[Changed, ...]
    added: tuple[Box, ...]
    strange: bool = False
    rescaled: bool = False


def compare_page(cells: Sequence[CellBox], expected: Sequence[Letter], found: Sequence[Letter]) -> PageText:
    """Compare a page's letters with the texts of its cells, and outside them with the letters of the expected print."""
    in_cells, outside = _sorted_into(cells, found)
    wanted, labels = _sorted_into(cells, expected)
    missing, extra = _unmatched(labels, outside)
    covering, free = _on_labels(extra, labels)
    strange = len(missing) > len(labels) / 2
    return PageText(
        {
            index: worded(letters)
            for index, (cell, letters, model) in enumerate(zip(cells, in_cells, wanted, strict=True))
            if squeezed(worded(letters)) not in (_printed(cell), squeezed(worded(model)))
        },
        tuple(_changed(group, labels, outside) for group in _groups([*missing, *covering])[:_MOST]),
        tuple(around(group) for group in _groups(free)[:_MOST]),
        strange,
        strange and _count(expected) == _count(found),
    )


def labels_of(cells: Sequence[CellBox], letters: Sequence[Letter]) -> list[Letter]:
    """The letters of a page that are the form's own words: those outside every cell."""
    return _sorted_into(cells, letters)[1]


def is_displaced(expected: Sequence[Letter], found: Sequence[Letter]) -> bool:
    """Whether the letters of a page lie further off than those of copies do, as on a page scaled by a thousandth."""
    places = _by_place(found)
    partners = ((letter, _partner(letter, places)) for letter in expected)
    apart = [(abs(one.left - other.left), abs(one.base - other.base)) for one, other in partners if other is not None]
    return bool(apart) and float(np.percentile(apart, _NINE_OF_TEN, axis=0).max()) > _IN_PLACE


def _printed(cell: CellBox) -> str:
    return "" if cell.field in PICTURED else squeezed(cell.text)


def _sorted_into(cells: Sequence[CellBox], letters: Sequence[Letter]) -> tuple[list[list[Letter]], list[Letter]]:
    """Letters by the cell that holds their middle, and those in none."""
    xs = np.array([letter.middle for letter in letters])
    ys = np.array([letter.base for letter in letters])
    free = np.ones(len(letters), dtype=np.bool_)
    held = []
    for cell in cells:
        x0, y0, x1, y1 = cell.box
        inside = (xs >= x0 - _AROUND_CELL) & (xs <= x1 + _AROUND_CELL)
        inside &= (ys >= y0 - _AROUND_CELL) & (ys <= y1 + _AROUND_CELL)
        inside &= free
        free &= ~inside
        held.append([letters[int(index)] for index in np.flatnonzero(inside)])
    return held, [letters[int(index)] for index in np.flatnonzero(free)]


def _unmatched(expected: Iterable[Letter], found: Iterable[Letter]) -> tuple[list[Letter], list[Letter]]:
    """Expected letters without a partner of the same character at the same place, and found ones without."""
    places = _by_place(found)
    missing = []
    for letter in expected:
        partner = _partner(letter, places)
        if partner is None:
            missing.append(letter)
        else:
            places[_place(partner)].remove(partner)
    return missing, [letter for letters in places.values() for letter in letters]


def _by_place(letters: Iterable[Letter]) -> dict[tuple[str, int, int], list[Letter]]:
    places: dict[tuple[str, int, int], list[Letter]] = defaultdict(list)
    for letter in letters:
        places[_place(letter)].append(letter)
    return places


def _place(letter: Letter) -> tuple[str, int, int]:
    return letter.character, int(letter.left // _AROUND_LETTER), int(letter.base // _AROUND_LETTER)


def _partner(letter: Letter, places: dict[tuple[str, int, int], list[Letter]]) -> Letter | None:
    character, column, row = _place(letter)
    near = (
        other
        for right in (0, -1, 1)
        for down in (0, -1, 1)
        for other in places.get((character, column + right, row + down), ())
        if abs(other.left - letter.left) <= _AROUND_LETTER and abs(other.base - letter.base) <= _AROUND_LETTER
    )
    return next(near, None)


def _on_labels(letters: Sequence[Letter], labels: Sequence[Letter]) -> tuple[list[Letter], list[Letter]]:
    """Letters that lie on one of the form's own, and those on blank paper."""
    x0, y0, x1, y1 = np.array([(each.x0, each.y0, each.x1, each.y1) for each in labels]).reshape(-1, 4).T
    covering: list[Letter] = []
    free: list[Letter] = []
    for letter in letters:
        touched = (x0 < letter.x1) & (letter.x0 < x1) & (y0 < letter.y1) & (letter.y0 < y1)
        (covering if touched.any() else free).append(letter)
    return covering, free


def _count(letters: Iterable[Letter]) -> Counter[str]:
    return Counter(letter.character for letter in letters)


def _groups(letters: Sequence[Letter]) -> list[list[Letter]]:
    """Letters that stand together on a line."""
    groups: list[list[Letter]] = []
    for line in lines_of(letters):
        for letter in line:
            if letter is line[0] or letter.x0 - groups[-1][-1].x1 > _SAME_LABEL:
                groups.append([])
            groups[-1].append(letter)
    return groups


def _changed(group: Sequence[Letter], labels: Sequence[Letter], found: Sequence[Letter]) -> Changed:
    """The label around some differing letters, as expected and as found."""
    box = around(group)
    wide = (box[0] - _SAME_LABEL, box[1], box[2] + _SAME_LABEL, box[3])

    def words(letters: Sequence[Letter]) -> str:
        return worded(each for each in letters if wide[0] <= each.middle <= wide[2] and wide[1] <= each.base <= wide[3])

    return Changed(box, words(labels), words(found))
