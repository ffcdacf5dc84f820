"""What is drawn, hidden or moved on a faithful copy's pages: overlays, strokes, cells, layers, invisible words."""

import io
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import pikepdf
import pypdfium2
from pikepdf import Array, Dictionary, Name, Pdf, String
from pypdfium2 import raw as pdfium

from tests.pki import NOW, pki
from tests.vectors.pdfs.ground import Ground
from tests.vectors.pdfs.vector import Vector
from tests.verify.pdf.content import forging
from verify.form.boxes import CellBox
from verify.form.render import render
from verify.pdf.seal import seal
from verify.record.vocabulary import SubjectLevel
from verify.verdict import Verdict

MARK: Final = "subjects.toan.score"
EMPTY: Final = "subjects.tieng_dan_toc.score"
SIX: Final = forging.SCORE_OF_SIX
COPY: Final = "signature_found no_signature"
PICTURE: Final = f"{COPY}, picture_equal picture_differs"
TEXT: Final = f"{COPY}, text_equal text_differs"
BOTH: Final = f"{TEXT}, picture_equal picture_differs"
_RESTLESS: Final = f"{COPY}, ?picture_equal may_show_otherwise"


def _uncompared(reason: str) -> str:
    return f"{COPY}, ?text_equal {reason}, ?picture_equal {reason}"


def _on(field: str, operators: Callable[[CellBox], str]) -> Callable[[Ground], bytes]:
    """Draw on the first cell of a field."""

    def make(_ground: Ground) -> bytes:
        box = forging.cell(field)
        return forging.drawn(box.page, operators(box))

    return make


def _edited(change: Callable[[Pdf], None]) -> Callable[[Ground], bytes]:
    return lambda _ground: forging.edited(change)


def _stroke_from_six_to_eight(grey: str) -> Callable[[CellBox], str]:
    def operators(box: CellBox) -> str:
        x0, y0, x1, y1 = forging.at(box)
        x, y = (x0 + x1) / 2, (y0 + y1) / 2
        start, end = f"{x + 0.2:.2f} {y + 3.4:.2f}", f"{x:.2f} {y:.2f}"
        return f"0.9 w {grey} G {start} m {x + 3.2:.2f} {y + 3.4:.2f} {x + 2.6:.2f} {y:.2f} {end} c S"

    return operators


def _bar(box: CellBox) -> str:
    """A one, drawn."""
    x0, y0, x1, y1 = forging.at(box)
    return f"0.15 g {(x0 + x1) / 2:.2f} {(y0 + y1) / 2 - 4:.2f} 1.1 7.4 re f"


def _moved(_ground: Ground) -> bytes:
    box = forging.cell(MARK)

    def change(page: pypdfium2.PdfPage) -> None:
        for item in forging.objects_in(page, box):
            pdfium.FPDFPageObj_Transform(item, 1, 0, 0, 1, 0, -31.7)

    return forging.with_objects(box.page, change)


def _removed(_ground: Ground) -> bytes:
    box = forging.cell("overall_result")

    def change(page: pypdfium2.PdfPage) -> None:
        for item in forging.objects_in(page, box):
            page.remove_obj(item)

    return forging.with_objects(box.page, change)


def _clipped(_ground: Ground) -> bytes:
    """The text layer whole; a clipping path leaves the marks of the page out of the picture."""
    page = forging.cell(MARK).page

    def change(pdf: Pdf) -> None:
        pdf.pages[page].contents_add(b"q 0 0 300 842 re W n", prepend=True)
        pdf.pages[page].contents_add(b"Q")

    return forging.edited(change)


def _note(subtype: str, look: str, field: str = MARK) -> Callable[[Ground], bytes]:
    """An annotation with a picture of its own, over a cell."""

    def make(_ground: Ground) -> bytes:
        box = forging.cell(field)
        return forging.annotation(box.page, forging.at(box), subtype, look)

    return make


def _layer(
    field: str, draw: Callable[[CellBox], str], *, off: bool = False, printed: bool = True
) -> Callable[[Ground], bytes]:
    """A drawing in a layer. off: until a reader shows it. printed: also on paper."""

    def make(_ground: Ground) -> bytes:
        box = forging.cell(field)

        def change(pdf: Pdf) -> None:
            state = Dictionary(
                View=Dictionary(ViewState=Name.OFF if off else Name.ON),
                Print=Dictionary(PrintState=Name.ON if printed else Name.OFF),
            )
            layer = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("Lop"), Usage=state))
            events = [
                Dictionary(Event=Name("/" + event), OCGs=Array([layer]), Category=Array([Name("/" + event)]))
                for event in ("View", "Print")
            ]
            default = Dictionary(OFF=Array([layer] if off else []), AS=Array(events))
            pdf.Root["/OCProperties"] = Dictionary(OCGs=Array([layer]), D=default)
            pdf.pages[box.page].add_resource(layer, Name.Properties, Name.Lop)
            forging.draw_on(pdf, box.page, f"/OC /Lop BDC {draw(box)} EMC")

        return forging.edited(change)

    return make


def _page_in_a_hidden_layer(pdf: Pdf) -> None:
    layer = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("Lop")))
    pdf.Root["/OCProperties"] = Dictionary(OCGs=Array([layer]), D=Dictionary(OFF=Array([layer])))
    page = pdf.pages[forging.cell(MARK).page]
    page.add_resource(layer, Name.Properties, Name.Lop)
    page.contents_add(b"/OC /Lop BDC", prepend=True)
    page.contents_add(b"EMC")


def _pages(order: Sequence[int]) -> Callable[[Ground], bytes]:
    def change(pdf: Pdf) -> None:
        pages = [pdf.pages[number] for number in order]
        del pdf.pages[:]
        pdf.pages.extend(pages)

    return _edited(change)


def _page_of_the_neighbour(ground: Ground) -> bytes:
    def change(pdf: Pdf) -> None:
        with pikepdf.open(io.BytesIO(ground.prints["neighbour"])) as source:
            pdf.pages[2] = source.pages[2]
            pdf.pages[2].obj["/Parent"] = pdf.Root.Pages

    return forging.edited(change)


def _set(key: str, value: object) -> Callable[[Ground], bytes]:
    return _edited(lambda pdf: pdf.pages[2].obj.__setitem__(key, value))


def _reprinted(ground: Ground) -> bytes:
    """The simplest forgery: the same form, set from an altered record."""
    record = ground.records["subject"]
    subjects = dict(record.subjects)
    subjects["khoa_hoc"] = replace(subjects["khoa_hoc"], score=8, level=SubjectLevel.VERY_GOOD)
    return render([replace(record, subjects=subjects)], ground.desk.context).pdf


def _reprinted_and_sealed(ground: Ground) -> bytes:
    return seal(_reprinted(ground), pki().department_seal, NOW)


def _accent(ground: Ground) -> bytes:
    return render([replace(ground.records["subject"], full_name="Nguyễn Thị Ngọc Uyển")], ground.desk.context).pdf


_WORDS_BESIDE: Final = "BT /Hv 11 Tf {mode} Tr 100 190 Td (ghi chu) Tj ET"

OVERLAYS: Final = (
    Vector(
        "mark typed over", _on(MARK, lambda box: forging.typed(box, "9")), Verdict.MISMATCH, BOTH, frozenset({MARK})
    ),
    Vector("white box over a mark", _on(MARK, forging.blanked), Verdict.MISMATCH, PICTURE, frozenset({MARK})),
    Vector(
        "white box over a mark, another typed on it",
        _on(MARK, lambda box: f"{forging.blanked(box)} {forging.typed(box, '9')}"),
        Verdict.MISMATCH,
        BOTH,
        frozenset({MARK}),
    ),
    Vector(
        "white box over a mark, another drawn on it",
        _on(MARK, lambda box: f"{forging.blanked(box)} {_bar(box)}"),
        Verdict.MISMATCH,
        PICTURE,
        frozenset({MARK}),
    ),
    Vector(
        "pen stroke that makes a 6 an 8",
        _on(SIX, _stroke_from_six_to_eight("0.15")),
        Verdict.MISMATCH,
        PICTURE,
        frozenset({SIX}),
    ),
    Vector(
        "pale stroke that makes a 6 an 8",
        _on(SIX, _stroke_from_six_to_eight("0.6")),
        Verdict.MISMATCH,
        PICTURE,
        frozenset({SIX}),
    ),
    Vector(
        "mark written into an empty cell",
        _on(EMPTY, lambda box: forging.typed(box, "9")),
        Verdict.MISMATCH,
        BOTH,
        frozenset({EMPTY}),
    ),
    Vector(
        "sticker over a mark",
        _note("FreeText", "1 g 8 8 84 84 re f BT /Hv 80 Tf 0 g 20 20 Td (8) Tj ET"),
        Verdict.MISMATCH,
        PICTURE,
        frozenset({MARK}),
    ),
    Vector(
        "ink of an editor over a mark",
        _note("Ink", "0 0 1 RG 8 w 10 10 m 90 90 l S"),
        Verdict.MISMATCH,
        PICTURE,
        frozenset({MARK}),
    ),
    Vector(
        "words on blank paper",
        lambda _g: forging.drawn(1, _WORDS_BESIDE.format(mode=0)),
        Verdict.CONTENT_MATCHES,
        f"{COPY}, +text_equal marks_outside_cells, +picture_equal marks_outside_cells",
    ),
)

UNSEEN: Final = (
    Vector(
        "invisible text in a cell (Tr 3)",
        _on(EMPTY, lambda box: forging.typed(box, "9", mode=3)),
        Verdict.MISMATCH,
        TEXT,
        frozenset({EMPTY}),
    ),
    Vector(
        "white text in a cell",
        _on(EMPTY, lambda box: forging.typed(box, "9", colour="1 g")),
        Verdict.MISMATCH,
        TEXT,
        frozenset({EMPTY}),
    ),
    Vector(
        "tiny text in a cell",
        _on(EMPTY, lambda box: forging.typed(box, "9", size=0.1)),
        Verdict.MISMATCH,
        TEXT,
        frozenset({EMPTY}),
    ),
    Vector(
        "invisible text on blank paper",
        lambda _g: forging.drawn(1, _WORDS_BESIDE.format(mode=3)),
        Verdict.CONTENT_MATCHES,
        f"{COPY}, +text_equal marks_outside_cells",
    ),
    Vector("marks clipped out of the picture", _clipped, Verdict.MISMATCH, PICTURE, None),
    Vector("page in a layer that is off", _edited(_page_in_a_hidden_layer), Verdict.MISMATCH, PICTURE, None),
    Vector(
        "layer that covers a mark on paper alone",
        _layer(MARK, forging.blanked, off=True),
        Verdict.MISMATCH,
        PICTURE,
        frozenset({MARK}),
    ),
    Vector(
        "layer that covers a mark on the screen alone",
        _layer(MARK, forging.blanked, printed=False),
        Verdict.MISMATCH,
        PICTURE,
        frozenset({MARK}),
    ),
    Vector(
        "layer that a reader may switch on",
        _layer(MARK, forging.blanked, off=True, printed=False),
        Verdict.INSUFFICIENT,
        _RESTLESS,
    ),
)

PLACES: Final = (
    Vector("mark moved to the next row", _moved, Verdict.MISMATCH, BOTH, None),
    Vector("result taken away", _removed, Verdict.MISMATCH, BOTH, None),
    Vector("pages swapped", _pages((0, 1, 3, 2)), Verdict.MISMATCH, BOTH, None),
    Vector("a page missing", _pages((0, 1, 2)), Verdict.INSUFFICIENT, _uncompared("pages_missing")),
    Vector("a page added", _pages((0, 1, 2, 3, 3)), Verdict.INSUFFICIENT, _uncompared("pages_extra")),
    Vector("page of another pupil", _page_of_the_neighbour, Verdict.MISMATCH, BOTH, None),
    Vector("page turned", _set("/Rotate", 90), Verdict.INSUFFICIENT, _uncompared("page_size_differs")),
    Vector(
        "page cropped",
        _set("/CropBox", Array([0, 120, *forging.A4])),
        Verdict.INSUFFICIENT,
        _uncompared("page_size_differs"),
    ),
)

REPRINTED: Final = (
    Vector(
        "form printed anew with another mark",
        _reprinted,
        Verdict.MISMATCH,
        BOTH,
        frozenset({SIX, "subjects.khoa_hoc.level"}),
    ),
    Vector(
        "another mark under the department's own seal",
        _reprinted_and_sealed,
        Verdict.MISMATCH,
        "text_equal text_differs, picture_equal picture_differs",
        frozenset({SIX, "subjects.khoa_hoc.level"}),
    ),
    Vector("name with one accent changed", _accent, Verdict.MISMATCH, BOTH, frozenset({"full_name"})),
)
