"""Copies of the print of `tests.sealed`, each named by what an attacker, or a careless writer, did to it."""

import io
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, String

from tests.sealed import sealed_print
from verify.form.boxes import CellBox
from verify.form.render import Rendered
from verify.verifier import rendered

Change = Callable[[Pdf], None]
# Points of the sheet as the form's renderer declares it.
_HEIGHT: Final = 841.8898
PAGE_OF_MARKS: Final = 2


@cache
def true_print() -> Rendered:
    return rendered(sealed_print().edition)


def edited(change: Change, data: bytes | None = None) -> bytes:
    made = io.BytesIO()
    with pikepdf.open(io.BytesIO(data or true_print().pdf)) as pdf:
        change(pdf)
        pdf.save(made)
    return made.getvalue()


def cell(field: str) -> CellBox:
    return next(box for box in true_print().boxes if box.field == field and box.page == PAGE_OF_MARKS)


def inside(field: str) -> tuple[float, float, float, float]:
    """A cell without its rules, from the bottom left."""
    x0, y0, x1, y1 = cell(field).box
    return round(x0 + 4, 2), round(_HEIGHT - y1 + 4, 2), round(x1 - 4, 2), round(_HEIGHT - y0 - 4, 2)


MARK: Final = "subjects.toan.score"
EMPTY: Final = "subjects.tieng_dan_toc.score"


def _bar(field: str) -> str:
    x0, y0, x1, y1 = inside(field)
    return f"{x0} {y0} {x1 - x0:.2f} {y1 - y0:.2f} re f"


def drawn(operators: str, *, under: bool = False, **resources: Callable[[Pdf], Any]) -> bytes:
    """Draw on the page of marks, over or under it. resources: /R of a kind (`ExtGState`)."""

    def change(pdf: Pdf) -> None:
        page = pdf.pages[PAGE_OF_MARKS]
        for kind, make in resources.items():
            page.add_resource(make(pdf), Name("/" + kind), Name.R)
        page.contents_add(b"q", prepend=True)
        page.contents_add(b"Q")
        page.contents_add(f"q {operators} Q".encode(), prepend=under)

    return edited(change)


def annotated(subtype: str, look: str | None = None, flags: int = 4, **more: Any) -> bytes:
    """An annotation on a mark. look: its own picture, in a square of 100 units."""

    def change(pdf: Pdf) -> None:
        added = Dictionary(Type=Name.Annot, Subtype=Name("/" + subtype), Rect=Array([*inside(MARK)]), F=flags, **more)
        if look is not None:
            picture = pdf.make_stream(look.encode(), Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 100, 100]))
            added.AP = Dictionary(N=picture)
        pdf.pages[PAGE_OF_MARKS].obj["/Annots"] = Array([pdf.make_indirect(added)])

    return edited(change)


def _covered_in(space: Callable[[Pdf], Any]) -> bytes:
    """A black bar under the mark, covered by white in a colour that some viewers do not paint."""
    return drawn(f"0 g {_bar(MARK)} /R cs 1 scn {_bar(MARK)}", under=True, ColorSpace=space)


def _white() -> Dictionary:
    return Dictionary(FunctionType=2, N=1, Domain=[0, 1], C0=[1, 1, 1], C1=[1, 1, 1])


def _field_that_programs_fill(pdf: Pdf) -> None:
    blank = pdf.make_stream(b"", Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 100, 100]))
    field = pdf.make_indirect(
        Dictionary(
            Type=Name.Annot,
            Subtype=Name.Widget,
            FT=Name.Tx,
            T=String("diem"),
            Rect=Array([*inside(MARK)]),
            F=4,
            AP=Dictionary(N=blank),
        )
    )
    pdf.pages[PAGE_OF_MARKS].obj["/Annots"] = Array([field])
    pdf.Root["/AcroForm"] = Dictionary(Fields=Array([field]))
    pdf.Root["/OpenAction"] = Dictionary(S=Name.JavaScript, JS=String("this.getField('diem').value = '9'"))


def _hidden_until_opened(pdf: Pdf) -> None:
    picture = pdf.make_stream(
        b"0 g 0 0 100 100 re f", Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 100, 100])
    )
    stamp = pdf.make_indirect(
        Dictionary(Type=Name.Annot, Subtype=Name.Stamp, Rect=Array([*inside(MARK)]), F=2, AP=Dictionary(N=picture))
    )
    pdf.pages[PAGE_OF_MARKS].obj["/Annots"] = Array([stamp])
    pdf.Root["/OpenAction"] = Dictionary(S=Name.Hide, T=stamp, H=False)


def _layer_for_the_reader_to_show(pdf: Pdf) -> None:
    layer = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("Lop")))
    pdf.Root["/OCProperties"] = Dictionary(OCGs=Array([layer]), D=Dictionary(OFF=Array([layer])))
    page = pdf.pages[PAGE_OF_MARKS]
    page.add_resource(layer, Name.Properties, Name.Lop)
    page.contents_add(f"/OC /Lop BDC 0 g {_bar(MARK)} EMC".encode())


def _other_file_opens(pdf: Pdf) -> None:
    pdf.attachments["khac.pdf"] = pikepdf.AttachedFileSpec(pdf, b"%PDF-1.7", filename="khac.pdf")
    pdf.Root["/Collection"] = Dictionary(Type=Name.Collection, View=Name.H, D=String("khac.pdf"))


def _embedded_page_opens(pdf: Pdf) -> None:
    pdf.Root["/OpenAction"] = Dictionary(S=Name.GoToE, D=Array([0, Name.Fit]), T=Dictionary(R=Name.C, N=String("k")))


def _spoken_otherwise(pdf: Pdf) -> None:
    for item in pdf.objects:
        if isinstance(item, Dictionary) and item.get("/S") == Name.TD:
            item["/ActualText"] = String("9")


def _broken_reference() -> bytes:
    data = true_print().pdf
    return data[: data.rindex(b"startxref")] + b"startxref\n5\n%%EOF\n"


def _bitmap_letter(pdf: Pdf) -> Dictionary:
    return Dictionary(
        Type=Name.Font,
        Subtype=Name.Type3,
        FontBBox=Array([0, 0, 0, 0]),
        FontMatrix=Array([1, 0, 0, 1, 0, 0]),
        CharProcs=Dictionary(a=pdf.make_stream(b"1 0 d0 0 0 1 1 re f")),
        FirstChar=97,
        LastChar=97,
        Widths=Array([1]),
    )


# Equal in pdfium; other viewers, or the reader's next click, show another mark. poppler was seen to do so where told.
SHOWN_OTHERWISE: Final[Mapping[str, Callable[[], bytes]]] = {
    "line without a picture (poppler)": lambda: annotated("Line", L=Array([*inside(MARK)]), C=Array([0, 0, 0])),
    "polygon without a picture (poppler)": lambda: annotated(
        "Polygon", IC=Array([0, 0, 0]), Vertices=Array([*inside(MARK), 250, 640])
    ),
    "stamp without a picture (poppler)": lambda: annotated("Stamp", Name=Name.Approved),
    "border of a link (poppler)": lambda: annotated("Link", Border=Array([0, 0, 9]), C=Array([0, 0, 0])),
    "link with the border that is the default": lambda: annotated("Link"),
    "place to be blacked out": lambda: annotated("Redact", IC=Array([0, 0, 0])),
    "hidden stamp": lambda: annotated("Stamp", "0 g 0 0 100 100 re f", flags=2),
    "stamp shown by an action at opening": lambda: edited(_hidden_until_opened),
    "field that a program fills": lambda: edited(_field_that_programs_fill),
    "layer that the reader may show": lambda: edited(_layer_for_the_reader_to_show),
    "collection that opens another file": lambda: edited(_other_file_opens),
    "action that opens an embedded file": lambda: edited(_embedded_page_opens),
    "other words for who listens": lambda: edited(_spoken_otherwise),
    "ink of no colourant (poppler)": lambda: _covered_in(
        lambda pdf: pdf.make_indirect(Array([Name.DeviceN, Array([Name("/None")]), Name.DeviceRGB, _white()]))
    ),
    "spot ink": lambda: drawn(
        f"/R cs 1 scn {_bar(MARK)}",
        ColorSpace=lambda pdf: pdf.make_indirect(Array([Name.Separation, Name("/None"), Name.DeviceRGB, _white()])),
    ),
    "white that overprints": lambda: drawn(
        f"0 g {_bar(MARK)} /R gs 0 0 0 0 k {_bar(MARK)}",
        under=True,
        ExtGState=lambda pdf: pdf.make_indirect(Dictionary(OP=True, op=True, OPM=1)),
    ),
    "letters as drawings (poppler)": lambda: drawn(
        f"BT /R 20 Tf {inside(MARK)[0]} {inside(MARK)[1]} Td (a) Tj ET",
        Font=lambda pdf: pdf.make_indirect(_bitmap_letter(pdf)),
    ),
    "image in an unknown coding (poppler)": lambda: drawn(
        f"q 30 0 0 20 {inside(MARK)[0]} {inside(MARK)[1]} cm /R Do Q",
        XObject=lambda pdf: pdf.make_stream(
            b"\0",
            Type=Name.XObject,
            Subtype=Name.Image,
            Width=1,
            Height=1,
            BitsPerComponent=8,
            ColorSpace=Name.DeviceGray,
            Filter=Name.Foo,
        ),
    ),
    "PostScript for printers": lambda: drawn(
        "/R Do", XObject=lambda pdf: pdf.make_stream(b"", Type=Name.XObject, Subtype=Name.PS)
    ),
    "page of another file": lambda: drawn(
        "/R Do",
        XObject=lambda pdf: pdf.make_stream(
            b"",
            Type=Name.XObject,
            Subtype=Name.Form,
            BBox=Array([0, 0, 9, 9]),
            Ref=Dictionary(F=String("k.pdf"), Page=0),
        ),
    ),
    "references that each viewer mends": _broken_reference,
}

PALE: Final[Mapping[str, Callable[[], bytes]]] = {
    "pale grey stroke in an empty cell": lambda: drawn(f"0.86 G 2 w {_stroke(EMPTY)}"),
    "very pale stroke in an empty cell": lambda: drawn(f"0.9 G 2 w {_stroke(EMPTY)}"),
}


def _stroke(field: str) -> str:
    x0, y0, x1, y1 = inside(field)
    return f"{(x0 + x1) / 2:.2f} {y0} m {(x0 + x1) / 2:.2f} {y1} l S"


def on_sheets(width: str, height: str) -> bytes:
    """The same pages, declared as sheets of this size."""

    def change(pdf: Pdf) -> None:
        for page in pdf.pages:
            page.obj["/MediaBox"] = Array(
                [0, 0, pikepdf.Object.parse(width.encode()), pikepdf.Object.parse(height.encode())]
            )

    return edited(change)


def moved(across: str, up: str, scale: str = "1") -> bytes:
    def change(pdf: Pdf) -> None:
        for page in pdf.pages:
            page.contents_add(f"q {scale} 0 0 {scale} {across} {up} cm".encode(), prepend=True)
            page.contents_add(b"Q")

    return edited(change)


IN_PLACE: Final[Mapping[str, Callable[[], bytes]]] = {
    "595.276 x 841.89": lambda: on_sheets("595.276", "841.89"),
    "595.28 x 841.89": lambda: on_sheets("595.28", "841.89"),
    "595.32 x 841.92": lambda: on_sheets("595.32", "841.92"),
    "595.44 x 841.92": lambda: on_sheets("595.44", "841.92"),
    "594.96 x 841.92": lambda: on_sheets("594.96", "841.92"),
    "595.2 x 841.68": lambda: on_sheets("595.2", "841.68"),
    "595.22 x 842": lambda: on_sheets("595.22", "842"),
    "moved down by a thousandth": lambda: moved("0", "-0.001"),
    "moved by a hundredth": lambda: moved("0.01", "0.01"),
    "moved by 0.03": lambda: moved("-0.03", "0.03"),
    "moved by 0.1": lambda: moved("0.1", "-0.1"),
    "scaled by a tenth of a thousandth": lambda: moved("0", "0", "1.0001"),
}
