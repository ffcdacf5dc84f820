"""Pictures of a comparison: boxes where the cells stand, both sides of a cell, and never more than the room."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from tests.factories import booklet
from tests.verify.pdf.content import forging, vectors
from verify import limits
from verify.form.render import Rendered, render
from verify.pdf.content import View, compare
from verify.pdf.ink import SCALE
from verify.pdf.pictured import pictured
from verify.pictures import NO_PICTURES, Boxed, BoxKind, Picture, Pictures

SCORE = "subjects.khoa_hoc.score"


def of(data: bytes, expected: Rendered | None = None) -> Pictures:
    return pictured(compare(data, expected or forging.true_print()))


def pixels(picture: Picture) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.asarray(Image.open(io.BytesIO(picture.png)).convert("L"))


def kinds(pictures: Pictures) -> list[BoxKind]:
    return [box.kind for page in pictures.pages for box in page.boxes]


@pytest.mark.parametrize("name", ["the print itself", "resaved by pikepdf", "printed by pdfium on A4"])
def test_nothing_is_drawn_of_a_faithful_copy(name: str) -> None:
    assert of(vectors.FAITHFUL[name]()) == NO_PICTURES


def test_a_differing_cell_is_boxed_where_it_stands() -> None:
    (page,) = of(forging.reprinted(**forging.subject("khoa_hoc", score=8))).pages
    (box,) = page.boxes
    cell = forging.cell(SCORE)
    scale = page.picture.width / 595.28
    assert (page.page, box.kind, box.field) == (cell.page, BoxKind.DIFFERS, SCORE)
    assert box.box == pytest.approx([side * scale for side in cell.box], abs=1)
    left, top, right, bottom = box.box
    inside = pixels(page.picture)[top:bottom, left:right]
    assert int(inside.min()) < 90, "the mark itself is in the box"


def test_a_cell_is_cut_from_both_sides() -> None:
    (cell,) = of(forging.reprinted(**forging.subject("khoa_hoc", score=8))).cells
    again = of(forging.true_print().pdf, forging.print_of_scores(8)).cells
    (other,) = [each for each in again if each.field == SCORE]
    assert cell.field == SCORE
    assert cell.found == other.expected, "theirs shows an 8, as a print of an 8 does"
    assert cell.expected == other.found
    assert cell.found.png != cell.expected.png


def test_every_place_of_a_name_is_boxed_and_cut_once() -> None:
    pictures = of(forging.reprinted(full_name="Lê Hoàng Minh"))
    assert len(pictures.pages) > 1
    assert {box.field for page in pictures.pages for box in page.boxes} == {"full_name"}
    assert [cell.field for cell in pictures.cells] == ["full_name"]


@pytest.mark.parametrize("name", vectors.BESIDE)
def test_a_mark_outside_cells_is_one_box_and_no_difference(name: str) -> None:
    pictures = of(vectors.BESIDE[name]())
    assert kinds(pictures) == [BoxKind.OUTSIDE]
    assert pictures.cells == ()


@pytest.mark.parametrize("name", vectors.WITHOUT_TEXT)
def test_a_scan_is_boxed_page_by_page_and_cell_by_cell_never(name: str) -> None:
    pictures = of(vectors.WITHOUT_TEXT[name]())
    assert kinds(pictures) == [BoxKind.UNREAD] * forging.true_print().pages
    assert pictures.cells == ()
    for page in pictures.pages:
        (box,) = page.boxes
        assert box.box[2] - box.box[0] > 0.9 * page.picture.width


def test_what_only_a_printer_shows_is_drawn_as_printed() -> None:
    score = forging.cell(SCORE)
    hidden = vectors._layer(score, forging.typed(score, "8"), shown=False, printed=True)
    (page,) = of(hidden).pages
    (plain,) = of(vectors._layer(score, forging.typed(score, "8"), shown=True, printed=False)).pages
    assert page.boxes == plain.boxes
    assert page.picture == plain.picture


def test_other_pages_are_not_drawn() -> None:
    assert of(vectors.OTHER_PAGES["pages_missing"]()) == NO_PICTURES


def test_a_booklet_of_other_marks_keeps_to_its_room_and_names_the_pages_left_out() -> None:
    years = booklet((1, 2, 3, 4))
    true = render(years, forging.CONTEXT)
    other = [replace(year, full_name="Lê Hoàng Minh", homeroom_teacher="Người Khác") for year in years]
    report = compare(render(other, forging.CONTEXT).pdf, true)
    pictures = pictured(report)
    drawn = [page.page for page in pictures.pages]
    assert len(drawn) == limits.PICTURED_PAGES
    assert pictures.left_out
    assert drawn == sorted(drawn)
    assert not {*drawn} & {*pictures.left_out}
    assert {*drawn, *pictures.left_out} == {difference.page for difference in report.differences}
    assert pictures.size <= limits.PAGE_PICTURES_BYTES + limits.CELL_PICTURES_BYTES
    assert len({cell.field for cell in pictures.cells}) == len(pictures.cells) <= limits.PICTURED_CELLS


def test_noise_is_left_out_rather_than_too_large() -> None:
    """As no page of ours is: 8 pages of which each pixel is another grey."""
    report = compare(forging.reprinted(full_name="Lê Hoàng Minh"), forging.true_print())
    generator = np.random.default_rng(3)
    shape = (round(842 * SCALE), round(595 * SCALE))
    noisy = tuple(
        View(page, generator.integers(0, 256, shape, dtype=np.uint8), np.zeros(shape, dtype=np.uint8))
        for page in range(8)
    )
    pictures = pictured(replace(report, unread=tuple(range(8)), views=noisy))
    assert pictures.size <= limits.PAGE_PICTURES_BYTES + limits.CELL_PICTURES_BYTES
    assert {page.page for page in pictures.pages} | {*pictures.left_out} == {*range(8)}


def test_boxes_beyond_the_most_are_counted() -> None:
    report = compare(forging.reprinted(**forging.subject("khoa_hoc", score=8)), forging.true_print())
    (difference,) = report.differences
    many = tuple(replace(difference, field=f"f{number}") for number in range(limits.PICTURE_BOXES + 7))
    (page,) = pictured(replace(report, differences=many)).pages
    assert (len(page.boxes), page.more) == (limits.PICTURE_BOXES, 7)


@pytest.mark.parametrize(
    "box", [(-50.0, -50.0, -10.0, -10.0), (590.0, 835.0, 900.0, 990.0), (700.0, 900.0, 800.0, 950.0)]
)
def test_a_box_beyond_the_sheet_is_drawn_at_its_edge(box: tuple[float, float, float, float]) -> None:
    report = compare(forging.reprinted(**forging.subject("khoa_hoc", score=8)), forging.true_print())
    (difference,) = report.differences
    (page,) = pictured(replace(report, differences=(replace(difference, box=box),))).pages
    (found,) = page.boxes
    assert isinstance(found, Boxed)
    left, top, right, bottom = found.box
    assert 0 <= left < right <= page.picture.width
    assert 0 <= top < bottom <= page.picture.height
