"""Faithful copies and forgeries of one print, each named by what was done to it.

`FAITHFUL` and `FORGED` map a name to a function from the true print to other bytes. Made when asked for; nothing here
is a stored file, so a change of the form needs no new vectors.
"""

import io
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import pikepdf
import pypdfium2
from pikepdf import Array, Dictionary, Name, Pdf
from pypdfium2 import raw as pdfium

from tests.pki import NOW, pki
from tests.verify.pdf.content import forging
from verify.form.boxes import CellBox
from verify.form.render import Attachment, render
from verify.pdf.seal import seal
from verify.record.vocabulary import SubjectLevel

# --- faithful --------------------------------------------------------------------------------------------------


def resaved_by_pikepdf(**how: Any) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(forging.true_print().pdf)) as pdf:
        pdf.save(out, **how)
    return out.getvalue()


def imported_by_pdfium(size: tuple[float, float] | None = None) -> bytes:
    """What a browser on pdfium saves: pages imported, or drawn as groups on sheets of a printer's size."""
    source = pypdfium2.PdfDocument(forging.true_print().pdf)
    if size is None:
        document = pypdfium2.PdfDocument.new()
        document.import_pages(source)
    else:
        document = pypdfium2.PdfDocument(pdfium.FPDF_ImportNPagesToOne(source, *size, 1, 1))
    out = io.BytesIO()
    document.save(out)
    document.close()
    source.close()
    return out.getvalue()


def updated_with_nothing() -> bytes:
    """A comment and a second end after the end."""
    pdf = forging.true_print().pdf
    start = pdf.rindex(b"startxref")
    position = int(pdf[start + 9 :].split()[0])
    return pdf + b"\n%% a comment after the end\nstartxref\n%d\n%%%%EOF\n" % position


def sealed() -> bytes:
    """As the portal hands it out: with what proves it attached, and sealed (an annotation that draws nothing)."""
    proof = Attachment("record.json", "application/json", "source", "Dữ liệu đã ký", b"{}")
    return seal(render([forging.true_record()], forging.CONTEXT, [proof]).pdf, pki().department_seal, NOW)


FAITHFUL: Final[dict[str, Callable[[], bytes]]] = {
    "the print itself": lambda: forging.true_print().pdf,
    "sealed with its attachments": sealed,
    "resaved by pikepdf": resaved_by_pikepdf,
    "resaved in object streams": lambda: resaved_by_pikepdf(object_stream_mode=pikepdf.ObjectStreamMode.generate),
    "linearised": lambda: resaved_by_pikepdf(linearize=True),
    "unpacked": lambda: resaved_by_pikepdf(stream_decode_level=pikepdf.StreamDecodeLevel.all, compress_streams=False),
    "imported by pdfium": imported_by_pdfium,
    "printed by pdfium on A4": lambda: imported_by_pdfium(forging.A4),
    "printed by pdfium on a sheet of whole points": lambda: imported_by_pdfium((595, 842)),
    "saved again after the end": updated_with_nothing,
}


# --- forged ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Forgery:
    """make: the bytes. fields: cells that must be named; empty where the pages themselves are others."""

    make: Callable[[], bytes]
    fields: tuple[str, ...] = ()


def _relabelled_glyphs() -> bytes:
    """The picture untouched; machines read another digit: the map of one font to text says 5 for 6."""

    def change(pdf: Pdf) -> None:
        for item in pdf.objects:
            if isinstance(item, Dictionary) and "/ToUnicode" in item:
                stream = item.ToUnicode
                stream.write(stream.read_bytes().replace(b"<0036>\n", b"<0035>\n"))

    return forging.edited(change)


def without_meaning() -> bytes:
    """The map of every font to text says a circle for everything."""

    def change(pdf: Pdf) -> None:
        for item in pdf.objects:
            if isinstance(item, Dictionary) and "/ToUnicode" in item:
                stream = item.ToUnicode
                stream.write(re.sub(rb"> <[0-9a-fA-F]{4}>\n", b"> <25CB>\n", stream.read_bytes()))

    return forging.edited(change)


def _pages(order: tuple[int, ...]) -> bytes:
    def change(pdf: Pdf) -> None:
        pages = [pdf.pages[number] for number in order]
        del pdf.pages[:]
        pdf.pages.extend(pages)

    return forging.edited(change)


def _page_of_another_pupil() -> bytes:
    other = render(
        [replace(forging.true_record(), full_name="Lê Hoàng Minh", personal_id="087315009999")], forging.CONTEXT
    ).pdf

    def change(pdf: Pdf) -> None:
        with pikepdf.open(io.BytesIO(other)) as source:
            pdf.pages[2] = source.pages[2]
            pdf.pages[2].obj["/Parent"] = pdf.Root.Pages

    return forging.edited(change)


def _one_page(change: Callable[[pikepdf.Page], None], page: int = 2) -> bytes:
    return forging.edited(lambda pdf: change(pdf.pages[page]))


def _scaled(factor: float) -> Callable[[pikepdf.Page], None]:
    def change(page: pikepdf.Page) -> None:
        page.contents_add(f"q {factor} 0 0 {factor} 9 12 cm".encode(), prepend=True)
        page.contents_add(b"Q")

    return change


def _set(key: str, value: Any) -> Callable[[pikepdf.Page], None]:
    def change(page: pikepdf.Page) -> None:
        page.obj[key] = value

    return change


def _layer(box: CellBox, operators: str, *, shown: bool, printed: bool) -> bytes:
    """A layer with its own state on the screen and on paper."""

    def change(pdf: Pdf) -> None:
        state = Dictionary(
            View=Dictionary(ViewState=Name.ON if shown else Name.OFF),
            Print=Dictionary(PrintState=Name.ON if printed else Name.OFF),
        )
        layer = pdf.make_indirect(Dictionary(Type=Name.OCG, Name="Lop", Usage=state))
        events = [
            Dictionary(Event=Name("/" + event), OCGs=Array([layer]), Category=Array([Name("/" + event)]))
            for event in ("View", "Print")
        ]
        pdf.Root["/OCProperties"] = Dictionary(OCGs=Array([layer]), D=Dictionary(AS=Array(events)))
        pdf.pages[box.page].add_resource(layer, Name.Properties, Name.Lop)
        forging.draw_on(pdf, box.page, f"/OC /Lop BDC {operators} EMC")

    return forging.edited(change)


def _hidden_content() -> bytes:
    """All of a page in a layer that is off."""

    def change(pdf: Pdf) -> None:
        layer = pdf.make_indirect(Dictionary(Type=Name.OCG, Name="Lop"))
        pdf.Root["/OCProperties"] = Dictionary(OCGs=Array([layer]), D=Dictionary(OFF=Array([layer])))
        page = pdf.pages[2]
        page.add_resource(layer, Name.Properties, Name.Lop)
        page.contents_add(b"/OC /Lop BDC", prepend=True)
        page.contents_add(b"EMC")

    return forging.edited(change)


def _moved(field: str, across: float, down: float) -> bytes:
    box = forging.cell(field)

    def change(page: pypdfium2.PdfPage) -> None:
        for item in forging.objects_in(page, box):
            pdfium.FPDFPageObj_Transform(item, 1, 0, 0, 1, across, -down)

    return forging.with_objects(box.page, change)


def _removed(field: str) -> bytes:
    box = forging.cell(field)

    def change(page: pypdfium2.PdfPage) -> None:
        for item in forging.objects_in(page, box):
            page.remove_obj(item)

    return forging.with_objects(box.page, change)


def _stroke_from_six_to_eight() -> str:
    """The right half of an upper bowl, as a pen closes it. The digit stands in the middle of its cell."""
    x0, y0, x1, y1 = forging.at(forging.cell(forging.SCORE_OF_SIX))
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    start, end = f"{x + 0.2:.2f} {y + 3.4:.2f}", f"{x:.2f} {y:.2f}"
    return f"0.9 w 0.15 G {start} m {x + 3.2:.2f} {y + 3.4:.2f} {x + 2.6:.2f} {y:.2f} {end} c S"


def _bar(box: CellBox) -> str:
    x0, y0, x1, y1 = forging.at(box)
    return f"0.15 g {(x0 + x1) / 2:.2f} {(y0 + y1) / 2 - 4:.2f} 1.1 7.4 re f"


_SCORE = forging.cell("subjects.toan.score")
_LEVEL = forging.cell("subjects.toan.level")
_NAME = forging.cell("full_name", 0)
_EMPTY = forging.cell("subjects.tieng_dan_toc.score")
_RESULT = forging.cell("overall_result")
_BLANK_PAPER: Final = (60.0, 170.0, 160.0, 200.0)  # of page 1, below the study history

FORGED: Final[dict[str, Forgery]] = {
    "mark raised and set again": Forgery(
        lambda: forging.reprinted(**forging.subject("khoa_hoc", score=8)), (forging.SCORE_OF_SIX,)
    ),
    "level raised and set again": Forgery(
        lambda: forging.reprinted(**forging.subject("khoa_hoc", level=SubjectLevel.VERY_GOOD)),
        ("subjects.khoa_hoc.level",),
    ),
    "name with one accent changed": Forgery(
        lambda: forging.reprinted(full_name="Nguyễn Thị Ngọc Uyển"), ("full_name",)
    ),
    "name without its accents": Forgery(lambda: forging.reprinted(full_name="Nguyen Thi Ngoc Uyen"), ("full_name",)),
    "Đ replaced by the Icelandic Ð": Forgery(lambda: forging.reprinted(mother="Ðỗ Thị Mỹ Phượng"), ("mother",)),
    "Đ replaced by D": Forgery(lambda: forging.reprinted(mother="Dỗ Thị Mỹ Phượng"), ("mother",)),
    "tone mark on the other vowel": Forgery(
        lambda: forging.reprinted(**forging.subject("mi_thuat", comment="Biết phối hợp màu sắc hài hòa.")),
        ("subjects.mi_thuat.comment",),
    ),
    "birth date moved by a day": Forgery(
        lambda: forging.reprinted(birth_date=forging.true_record().birth_date.replace(day=9)), ("birth_date",)
    ),
    "another version in the footer": Forgery(lambda: forging.reprinted(version=2), ("qr", "version")),
    "another code": Forgery(
        lambda: forging.reprinted(lookup_code="9d8c7b6a5f4e4d3c9b2a1f0e9d8c7b6a"), ("qr", "lookup_code")
    ),
    "another official address": Forgery(
        lambda: render([forging.true_record()], replace(forging.CONTEXT, host_url="https://hocba.dongthap.edu.co")).pdf,
        ("qr", "footer"),
    ),
    "mark typed over": Forgery(lambda: forging.drawn(2, forging.typed(_SCORE, "9")), (_SCORE.field,)),
    "mark covered in white": Forgery(lambda: forging.drawn(2, forging.blanked(_SCORE)), (_SCORE.field,)),
    "mark covered and typed anew": Forgery(
        lambda: forging.drawn(2, forging.blanked(_SCORE) + " " + forging.typed(_SCORE, "9")), (_SCORE.field,)
    ),
    "mark covered and drawn anew as a path": Forgery(
        lambda: forging.drawn(2, f"{forging.blanked(_SCORE)} {_bar(_SCORE)}"), (_SCORE.field,)
    ),
    "pen stroke from 6 to 8": Forgery(lambda: forging.drawn(2, _stroke_from_six_to_eight()), (forging.SCORE_OF_SIX,)),
    "pale pen stroke from 6 to 8": Forgery(
        lambda: forging.drawn(2, _stroke_from_six_to_eight().replace("0.15 G", "0.6 G")), (forging.SCORE_OF_SIX,)
    ),
    "mark written into an empty cell": Forgery(lambda: forging.drawn(2, forging.typed(_EMPTY, "9")), (_EMPTY.field,)),
    "yellow mark in an empty cell": Forgery(
        lambda: forging.drawn(2, forging.typed(_EMPTY, "9", colour="1 1 0 rg")), (_EMPTY.field,)
    ),
    "invisible text in a cell": Forgery(lambda: forging.drawn(2, forging.typed(_EMPTY, "9", mode=3)), (_EMPTY.field,)),
    "white text in a cell": Forgery(
        lambda: forging.drawn(2, forging.typed(_EMPTY, "9", colour="1 g")), (_EMPTY.field,)
    ),
    "tiny text in a cell": Forgery(lambda: forging.drawn(2, forging.typed(_EMPTY, "9", size=0.1)), (_EMPTY.field,)),
    "text layer says another digit": Forgery(_relabelled_glyphs, (forging.SCORE_OF_SIX,)),
    "label of the form covered": Forgery(
        lambda: forging.drawn(2, forging.blanked(replace(_LEVEL, box=(65.0, 212.0, 130.0, 240.0)))), ("form",)
    ),
    "cell moved to the next row": Forgery(lambda: _moved(_SCORE.field, 0, 31.7), (_SCORE.field,)),
    "cell removed": Forgery(lambda: _removed(_RESULT.field), (_RESULT.field,)),
    "note laid over a cell": Forgery(
        lambda: forging.annotation(2, forging.at(_SCORE), "FreeText", "BT /Hv 80 Tf 20 20 Td (8) Tj ET", Contents="8"),
        (_SCORE.field,),
    ),
    "stamp laid over a cell": Forgery(
        lambda: forging.annotation(2, forging.at(_LEVEL), "Stamp", "1 0 0 RG 9 w 20 20 60 60 re S"), (_LEVEL.field,)
    ),
    "ink laid over a cell": Forgery(
        lambda: forging.annotation(
            2,
            forging.at(_SCORE),
            "Ink",
            "0 0 1 RG 8 w 10 10 m 90 90 l S",
            InkList=Array([Array([*forging.at(_SCORE)])]),
        ),
        (_SCORE.field,),
    ),
    "note that only a printer draws": Forgery(
        lambda: forging.annotation(2, forging.at(_EMPTY), "Stamp", "BT /Hv 80 Tf 20 20 Td (9) Tj ET", flags=4 + 32),
        (_EMPTY.field,),
    ),
    "layer that only a screen shows": Forgery(
        lambda: _layer(_EMPTY, forging.typed(_EMPTY, "9"), shown=True, printed=False), (_EMPTY.field,)
    ),
    "layer that only a printer shows": Forgery(
        lambda: _layer(_SCORE, forging.blanked(_SCORE), shown=False, printed=True), (_SCORE.field,)
    ),
    "page in a layer that is off": Forgery(_hidden_content, (_SCORE.field, "form")),
    "pages swapped": Forgery(lambda: _pages((0, 1, 3, 2)), ("page_number",)),
    "page of another pupil": Forgery(_page_of_another_pupil, ("full_name",)),
}

OTHER_PAGES: Final[dict[str, Callable[[], bytes]]] = {
    "pages_missing": lambda: _pages((0, 1, 2)),
    "pages_extra": lambda: _pages((0, 1, 2, 3, 3)),
    "page_size_differs": lambda: _one_page(_set("/Rotate", 90)),
    "page_size_differs upside down": lambda: _one_page(_set("/Rotate", 180)),
    "page_size_differs when shrunk to what a printer reaches": lambda: _one_page(_scaled(0.97)),
    "page_size_differs when shrunk by a quarter": lambda: _one_page(_scaled(0.75)),
    "page_size_differs when cropped": lambda: _one_page(_set("/CropBox", Array([0, 120, *forging.A4]))),
    "page_size_differs on A5": lambda: _one_page(_set("/MediaBox", Array([0, 0, 420, 595]))),
}

BESIDE: Final[dict[str, Callable[[], bytes]]] = {
    "words on blank paper": lambda: forging.drawn(1, "BT /Hv 11 Tf 100 190 Td (ghi chu) Tj ET"),
    "stamp on blank paper": lambda: forging.annotation(1, _BLANK_PAPER, "Stamp", "1 0 0 RG 9 w 10 10 80 80 re S"),
    "ink on blank paper": lambda: forging.drawn(1, "0 0 1 RG 1.5 w 100 180 m 150 200 l 170 175 l S"),
    "invisible words on blank paper": lambda: forging.drawn(1, "BT /Hv 11 Tf 3 Tr 100 190 Td (ghi chu) Tj ET"),
}

WITHOUT_TEXT: Final[dict[str, Callable[[], bytes]]] = {
    "pages as pictures": lambda: forging.from_pictures(150),
    "pages as coarse pictures": lambda: forging.from_pictures(90),
    "pages as pictures with guessed words": lambda: forging.from_pictures(150, words=True),
}
