"""Tools of whoever copies or forges a print: the true print, and ways to draw on it, set it again, or scan it."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from functools import cache
from typing import Any, Final

import pikepdf
import pypdfium2
from pikepdf import Array, Dictionary, Name, Pdf
from pypdfium2 import raw as pdfium

from tests.factories import subjects_of, year_record
from verify.form.boxes import CellBox
from verify.form.render import PrintContext, Rendered, render
from verify.record.model import YearRecord
from verify.record.vocabulary import SubjectLevel

CONTEXT: Final = PrintContext(
    "https://hocba.dongthap.edu.vn", "Cổng học bạ số tỉnh Đồng Tháp", "Sở Giáo dục và Đào tạo Đồng Tháp", False, False
)
A4: Final = (595.276, 841.89)
# A mark that a pen turns into another one.
SCORE_OF_SIX: Final = "subjects.khoa_hoc.score"


@cache
def true_record() -> YearRecord:
    subjects = subjects_of(4)
    subjects["khoa_hoc"] = replace(subjects["khoa_hoc"], score=6, level=SubjectLevel.COMPLETED)
    return year_record(4, subjects=subjects)


_PRINT: Final[ContextVar[Rendered | None]] = ContextVar("print", default=None)


@contextmanager
def forging_on(print_of_a_store: Rendered) -> Iterator[None]:
    """Let every tool work on another print: that of a store which knows its record."""
    token = _PRINT.set(print_of_a_store)
    try:
        yield
    finally:
        _PRINT.reset(token)


def true_print() -> Rendered:
    return _PRINT.get() or _own_print()


@cache
def _own_print() -> Rendered:
    return render([true_record()], CONTEXT)


def cell(field: str, page: int | None = None) -> CellBox:
    """The first cell of a field (on a page)."""
    return next(box for box in true_print().boxes if box.field == field and page in (None, box.page))


# --- tools of a forger -----------------------------------------------------------------------------------------


@contextmanager
def _edited(out: io.BytesIO) -> Iterator[Pdf]:
    with pikepdf.open(io.BytesIO(true_print().pdf)) as pdf:
        yield pdf
        pdf.save(out)


def edited(change: Callable[[Pdf], None]) -> bytes:
    out = io.BytesIO()
    with _edited(out) as pdf:
        change(pdf)
    return out.getvalue()


def drawn(page: int, operators: str) -> bytes:
    """Draw on top of a page; `/Hv` is Helvetica."""

    def change(pdf: Pdf) -> None:
        draw_on(pdf, page, operators)

    return edited(change)


def draw_on(pdf: Pdf, page: int, operators: str) -> None:
    target = pdf.pages[page]
    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    target.add_resource(pdf.make_indirect(font), Name.Font, Name.Hv)
    target.contents_add(b"q", prepend=True)
    target.contents_add(b"Q\nq " + operators.encode("ascii") + b" Q")


def at(box: CellBox) -> tuple[float, float, float, float]:
    """A cell in PDF's own space, from the bottom left: x0, y0, x1, y1."""
    x0, y0, x1, y1 = box.box
    return x0, A4[1] - y1, x1, A4[1] - y0


def typed(box: CellBox, text: str, *, mode: int = 0, colour: str = "0 g", size: float = 11) -> str:
    x0, y0, x1, y1 = at(box)
    return f"BT /Hv {size} Tf {colour} {mode} Tr {(x0 + x1) / 2 - 3:.2f} {(y0 + y1) / 2 - 4:.2f} Td ({text}) Tj ET"


def blanked(box: CellBox) -> str:
    x0, y0, x1, y1 = at(box)
    return f"1 g {x0 + 1:.2f} {y0 + 1:.2f} {x1 - x0 - 2:.2f} {y1 - y0 - 2:.2f} re f"


def annotation(page: int, place: tuple[float, float, float, float], subtype: str, look: str, **more: Any) -> bytes:
    """An annotation whose appearance draws in a square of 100 units."""

    def change(pdf: Pdf) -> None:
        font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
        appearance = pdf.make_stream(look.encode("ascii"))
        appearance.update(
            Dictionary(
                Type=Name.XObject,
                Subtype=Name.Form,
                BBox=[0, 0, 100, 100],
                Resources=Dictionary(Font=Dictionary(Hv=font)),
            )
        )
        added = Dictionary(
            Type=Name.Annot,
            Subtype=Name("/" + subtype),
            Rect=list(place),
            F=more.pop("flags", 4),
            AP=Dictionary(N=appearance),
            **more,
        )
        pdf.pages[page].obj["/Annots"] = Array([pdf.make_indirect(added)])

    return edited(change)


def with_objects(page: int, change: Callable[[pypdfium2.PdfPage], None]) -> bytes:
    """Change the drawn objects of a page with pdfium, as an editor of PDFs does."""
    document = pypdfium2.PdfDocument(true_print().pdf)
    try:
        target = document[page]
        change(target)
        target.gen_content()
        out = io.BytesIO()
        document.save(out)
        return out.getvalue()
    finally:
        document.close()


def objects_in(page: pypdfium2.PdfPage, box: CellBox) -> list[pypdfium2.PdfObject]:
    x0, y0, x1, y1 = at(box)
    found = []
    for item in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT], max_depth=1):
        left, bottom, right, top = item.get_bounds()
        if left >= x0 - 1 and right <= x1 + 1 and bottom >= y0 - 1 and top <= y1 + 1:
            found.append(item)
    assert found, "nothing is drawn in that cell"
    return found


def reprinted(**changes: Any) -> bytes:
    """The simplest forgery: the same form, set from an altered record."""
    return render([replace(true_record(), **changes)], CONTEXT).pdf


def subject(code: str, **changes: Any) -> dict[str, Any]:
    subjects = dict(true_record().subjects)
    subjects[code] = replace(subjects[code], **changes)
    return {"subjects": subjects}


def print_of_scores(score: int) -> Rendered:
    """The true print with one mark in every subject that has one."""
    subjects = {
        code: replace(result, score=score if result.score else None) for code, result in true_record().subjects.items()
    }
    return render([replace(true_record(), subjects=subjects)], CONTEXT)


def from_pictures(dpi: int, words: bool = False) -> bytes:
    """Pages as pictures, as a scanner makes them; words: with an invisible text layer, as its software adds."""
    document = pypdfium2.PdfDocument(true_print().pdf)
    pages = [page.render(scale=dpi / 72).to_pil() for page in document]
    document.close()
    out = io.BytesIO()
    pages[0].save(out, "PDF", save_all=True, append_images=pages[1:], resolution=dpi)
    if not words:
        return out.getvalue()
    with pikepdf.open(out) as pdf:
        for page in range(len(pdf.pages)):
            draw_on(pdf, page, "BT /Hv 11 Tf 3 Tr 100 700 Td (H0C BA so) Tj ET")
        again = io.BytesIO()
        pdf.save(again)
    return again.getvalue()
