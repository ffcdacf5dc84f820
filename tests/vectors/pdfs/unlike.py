"""Copies that pdfium draws as they should be, and poppler, ghostscript, MuPDF or pdf.js do not.

Each was drawn with all five (decision 0052): another of them shows a black bar over a mark, or letters in a cell.
"""

import io
import re
import struct
from collections.abc import Callable
from typing import Any, Final

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, String

from tests.vectors.pdfs import typeface
from tests.vectors.pdfs.drawn import COPY, EMPTY, MARK
from tests.vectors.pdfs.ground import Ground
from tests.vectors.pdfs.vector import Vector
from tests.verify.pdf.content import forging
from verify.verdict import Verdict

_RESTLESS: Final = f"{COPY}, ?picture_equal may_show_otherwise"
_CORNERS: Final = (300, 400, 330, 400, 300, 380, 330, 380)
_SHEET: Final = (595.2756, 841.8898)
# The strict reader of signatures refuses the file.
_REFUSED: Final = "signature_found damaged, ?picture_equal may_show_otherwise"
_Make = Callable[[Ground], bytes]


def _place(field: str = MARK) -> tuple[float, float, float, float]:
    """Left, bottom, width and height inside a cell."""
    x0, y0, x1, y1 = forging.at(forging.cell(field))
    return round(x0 + 2, 2), round(y0 + 2, 2), round(x1 - x0 - 4, 2), round(y1 - y0 - 4, 2)


def _rectangle(field: str = MARK) -> str:
    return " ".join(map(str, _place(field)))


def _bar() -> str:
    return f"0 g {_rectangle()} re f"


def _drawn(operators: Callable[[], str], *, under: bool = False, **resources: Callable[[Pdf], Any]) -> _Make:
    """Draw on the page of marks, over or under it. resources: /R of a kind (`ExtGState`)."""

    def change(pdf: Pdf) -> None:
        page = pdf.pages[forging.cell(MARK).page]
        for kind, make in resources.items():
            page.add_resource(make(pdf), Name("/" + kind), Name.R)
        page.contents_add(b"q", prepend=True)
        page.contents_add(b"Q")
        page.contents_add(f"q {operators()} Q".encode(), prepend=under)

    return lambda _ground: forging.edited(change)


def _group(operators: str, **more: Any) -> Callable[[Pdf], Any]:
    def make(pdf: Pdf) -> Any:
        return pdf.make_stream(operators.encode(), Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 600, 842], **more)

    return make


# --- how a file is found


def _classic() -> bytes:
    """The print with a classic table of its objects."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(forging.true_print().pdf)) as pdf:
        pdf.save(out, static_id=True, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return out.getvalue()


def _other_drawing(data: bytes) -> tuple[int, bytes]:
    """The drawing of the page of marks with a bar on it, as an object of the same number."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        drawing = pdf.pages[forging.cell(MARK).page].obj["/Contents"]
        body = drawing.read_bytes() + f"\nq {_bar()} Q".encode()
        number = int(drawing.objgen[0])
    return number, b"%d 0 obj\n<</Length %d>>stream\n%s\nendstream\nendobj\n" % (number, len(body), body)


def _with_orphan(_ground: Ground) -> bytes:
    """An object that no table names, behind the one of its number."""
    data = _classic()
    _number, other = _other_drawing(data)
    at = data.rindex(b"xref\n0", 0, data.rindex(b"startxref"))
    return re.sub(rb"startxref\n\d+", b"startxref\n%d" % (at + len(other)), data[:at] + other + data[at:])


def _second_table(_ground: Ground) -> bytes:
    """A hybrid file whose second table names another drawing (ISO 32000-1 §7.5.8.4)."""
    data = _classic()
    number, other = _other_drawing(data)
    end = data.rindex(b"startxref")
    at = data.rindex(b"xref\n0", 0, end)
    row = struct.pack(">BIB", 1, at, 0)
    stream = b"9999 0 obj\n<</Type/XRef/Size 10000/W[1 4 1]/Index[%d 1]/Length 6>>stream\n%s\nendstream\nendobj\n"
    stream %= (number, row)
    table = data[at:end].replace(b"trailer <<", b"trailer <</XRefStm %d " % (at + len(other)))
    start = at + len(other) + len(stream)
    return data[:at] + other + stream + table + b"startxref\n%d\n%%%%EOF\n" % start


def _page(**entries: object) -> _Make:
    def change(pdf: Pdf) -> None:
        for key, value in entries.items():
            pdf.pages[forging.cell(MARK).page].obj["/" + key] = value

    return lambda _ground: forging.edited(change)


def _larger_sheet(_ground: Ground) -> bytes:
    """Words beside what is shown, on the sheet that a printer takes."""

    def change(pdf: Pdf) -> None:
        width, height = _SHEET
        page = pdf.pages[forging.cell(MARK).page]
        page.obj["/MediaBox"], page.obj["/CropBox"] = Array([0, 0, 2 * width, height]), Array([0, 0, width, height])
        forging.draw_on(pdf, forging.cell(MARK).page, "0 g 700 100 300 300 re f")

    return forging.edited(change)


# --- what lies on a page


def _note(subtype: str, flags: int = 4, *, drawn: str = "0 g 0 0 100 100 re f", **more: Any) -> _Make:
    def make(_ground: Ground) -> bytes:
        box = forging.cell(MARK)
        return forging.annotation(box.page, forging.at(box), subtype, drawn, flags=flags, **more)

    return make


def _marked(_ground: Ground) -> bytes:
    """What a person does who reads a genuine print: yellow over a mark, multiplied with what is below."""

    def change(pdf: Pdf) -> None:
        states = Dictionary(ExtGState=Dictionary(M=Dictionary(BM=Name.Multiply)))
        look = _group("/M gs 1 1 0 rg 0 0 600 842 re f", Resources=states)(pdf)
        place = [*forging.at(forging.cell(MARK))]
        note = Dictionary(Type=Name.Annot, Subtype=Name.Highlight, Rect=place, F=4, AP=Dictionary(N=look))
        pdf.pages[forging.cell(MARK).page].obj["/Annots"] = Array([pdf.make_indirect(note)])

    return forging.edited(change)


def _look_under_the_mouse(_ground: Ground) -> bytes:
    def change(pdf: Pdf) -> None:
        looks = {name: _group(drawn)(pdf) for name, drawn in (("/N", "q Q"), ("/R", "0 g 0 0 600 842 re f"))}
        note = Dictionary(
            Type=Name.Annot, Subtype=Name.Stamp, Rect=[*forging.at(forging.cell(MARK))], F=4, AP=Dictionary(looks)
        )
        pdf.pages[forging.cell(MARK).page].obj["/Annots"] = Array([pdf.make_indirect(note)])

    return forging.edited(change)


# --- groups, colours, lines


def _leaning_group(_ground: Ground) -> bytes:
    """A group without names draws, by a name of the page, the white that hides a bar."""

    def change(pdf: Pdf) -> None:
        page = pdf.pages[forging.cell(MARK).page]
        page.add_resource(_group(f"1 g {_rectangle()} re f")(pdf), Name.XObject, Name.R)
        page.add_resource(_group("/R Do", Resources=Dictionary())(pdf), Name.XObject, Name.S)
        page.contents_add(f"q {_bar()} /S Do Q".encode(), prepend=True)

    return forging.edited(change)


def _knocked_out(pdf: Pdf) -> Any:
    """White, and nothing over it: in a knockout group the nothing takes the white away."""
    states = Dictionary(ExtGState=Dictionary(Z=Dictionary(ca=0)))
    drawn = f"1 g {_rectangle()} re f /Z gs {_rectangle()} re f"
    return _group(drawn, Group=Dictionary(S=Name.Transparency, K=True), Resources=states)(pdf)


def _inverted_profile(pdf: Pdf) -> Any:
    """A profile by which black is white."""

    def fixed(*numbers: float) -> bytes:
        return b"XYZ \0\0\0\0" + b"".join(struct.pack(">i", round(each * 65536)) for each in numbers)

    curve = b"curv\0\0\0\0" + struct.pack(">IHH", 2, 65535, 0)
    tags = {
        b"desc": b"desc\0\0\0\0\0\0\0\2x\0" + bytes(78),
        b"wtpt": fixed(0.9642, 1, 0.8249),
        b"rXYZ": fixed(0.4361, 0.2225, 0.0139),
        b"gXYZ": fixed(0.3851, 0.7169, 0.0971),
        b"bXYZ": fixed(0.1431, 0.0606, 0.7141),
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve),
        b"cprt": b"text\0\0\0\0x\0\0\0",
    }
    table, body, start = struct.pack(">I", len(tags)), b"", 132 + 12 * len(tags)
    for tag, data in tags.items():
        table += tag + struct.pack(">II", start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    head = struct.pack(">I4sI4s4s4s12x4s", start + len(body), b"lcms", 0x02100000, b"mntr", b"RGB ", b"XYZ ", b"acsp")
    head = head.ljust(68, b"\0") + fixed(0.9642, 1, 0.8249)[8:]
    return pdf.make_stream(head.ljust(128, b"\0") + table + body, N=3, Alternate=Name.DeviceRGB)


def _by_inverted_profile(pdf: Pdf) -> Array:
    return Array([Name.ICCBased, _inverted_profile(pdf)])


def _profile_of_the_document(pdf: Pdf) -> None:
    pdf.Root.OutputIntents[0]["/DestOutputProfile"] = _inverted_profile(pdf)


def _white_hairs() -> str:
    """A bar in an empty cell under so many white lines of no width that a screen shows none of it."""
    x, y, width, height = _place(EMPTY)
    lines = (
        f"{x - 1} {y - 1 + each / 5:.1f} m {x + width + 1} {y - 1 + each / 5:.1f} l S"
        for each in range(round(5 * height) + 10)
    )
    return f"0 g {_rectangle(EMPTY)} re f 1 G 0 w {' '.join(lines)}"


def _dashes_from_before() -> str:
    x, y, width, _height = _place()
    return f"0 G 6 w [1 900] -500 d {x} {y + 8} m {x + width} {y + 8} l S"


def _commented(_ground: Ground) -> bytes:
    """Some go on reading where the next part begins, some to the end of the line."""

    def change(pdf: Pdf) -> None:
        page = pdf.pages[forging.cell(MARK).page]
        page.contents_add(b"q", prepend=True)
        page.contents_add(b"Q q 0 g %")
        page.contents_add(f"{_rectangle()} re f Q".encode())

    return forging.edited(change)


def _shown(codes: str) -> Callable[[], str]:
    def operators() -> str:
        x, y, _width, _height = _place(EMPTY)
        return f"0 g BT /R 12 Tf 1 0 0 1 {x} {y + 2} Tm {codes} Tj ET"

    return operators


def _nothing_in(file: bytes) -> int:
    """A shape without an outline."""
    tables = typeface.tables_of(file)
    places = struct.unpack(f">{len(tables[b'loca']) // 2}H", tables[b"loca"])
    return next(number for number in range(1, len(places) - 1) if places[number] == places[number + 1])


def _two_tables(file: bytes) -> bytes:
    return typeface.font_file(
        typeface.tables_of(file) | {b"cmap": typeface.two_tables_of_characters(_nothing_in(file))}
    )


def _unlike(name: str, make: _Make, facts: str = _RESTLESS) -> Vector:
    return Vector(name, make, Verdict.INSUFFICIENT, facts)


FOUND: Final = (
    _unlike(
        "an object that no table names, and a kilobyte after the end",
        lambda g: _with_orphan(g) + b"%" + b"x" * 1_009,
    ),
    _unlike(
        "spaces before the header, and an object that no table names",
        lambda g: b" " * 699 + b"\n" + _with_orphan(g),
        _REFUSED,
    ),
    _unlike("second table that names another drawing", _second_table, _REFUSED),
    _unlike("words on a sheet larger than what is shown", _larger_sheet),
    _unlike("page turned by 45 degrees", _page(Rotate=45)),
    _unlike("page in units of two points", _page(UserUnit=2)),
)

NOTES: Final = (
    _unlike("mark under a marker pen", _marked),
    _unlike("popup with a picture", _note("Popup")),
    _unlike(
        "highlighter without a picture",
        _note("Highlight", drawn="", C=[0, 0, 0], QuadPoints=_CORNERS),
    ),
    _unlike("note that looks otherwise under the mouse", _look_under_the_mouse),
)

DRAWN: Final = (
    _unlike("group that draws what only the page names", _leaning_group),
    _unlike(
        "knockout group that takes away its own white",
        _drawn(lambda: f"{_bar()} /R Do", under=True, XObject=_knocked_out),
    ),
    _unlike(
        "opacity that is a word", _drawn(lambda: f"/R gs {_bar()}", ExtGState=lambda _pdf: Dictionary(ca=String("0")))
    ),
    _unlike("opacity below nothing", _drawn(lambda: f"/R gs {_bar()}", ExtGState=lambda _pdf: Dictionary(ca=-1))),
    _unlike("colour with a number too many", _drawn(lambda: f"/DeviceGray cs 1 0 sc {_rectangle()} re f", under=True)),
    _unlike("colour space without a colour", _drawn(lambda: f"1 g /c0 cs {_rectangle()} re f", under=True)),
    _unlike(
        "black that a profile makes white",
        _drawn(
            lambda: f"/R cs 0 0 0 sc {_rectangle()} re f",
            under=True,
            ColorSpace=_by_inverted_profile,
        ),
    ),
    _unlike(
        "profile of the whole document that turns colours round", lambda _g: forging.edited(_profile_of_the_document)
    ),
    _unlike("bar under white lines of no width", _drawn(_white_hairs)),
    _unlike("dashes that begin before their line", _drawn(_dashes_from_before)),
    _unlike("comment that ends with its part of the page", _commented),
    _unlike("letters that clip, and draw nothing", _drawn(lambda: f"BT /f0 10 Tf 7 Tr 0 0 Td <0003> Tj ET {_bar()}")),
    _unlike("font with two tables of characters", _drawn(_shown("(A)"), Font=typeface.simple(_two_tables))),
    _unlike(
        "font whose codes lean on another map",
        _drawn(_shown("<0001>"), Font=typeface.numbered(encoding=typeface.leaning_on_another)),
    ),
    _unlike(
        "font whose map to shapes is cut short",
        _drawn(_shown("<0001>"), Font=typeface.numbered(shapes=lambda pdf: pdf.make_stream(bytes(2)))),
    ),
)
