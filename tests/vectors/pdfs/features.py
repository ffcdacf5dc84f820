"""What a PDF may hold beside pages, on a copy of ours and on files of other people, signed or not."""

import io
from collections.abc import Callable
from typing import Any, Final

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, String

from tests.pki import NOW, pki
from tests.vectors.pdfs.drawn import COPY, MARK, PICTURE
from tests.vectors.pdfs.ground import Ground
from tests.vectors.pdfs.vector import Vector
from tests.verify.pdf.content import forging
from tests.verify.pdf.signatures.updates import signed_again
from verify.pdf.seal import seal
from verify.verdict import Verdict

_RESTLESS: Final = f"{COPY}, ?picture_equal may_show_otherwise"
_UNTRUSTED: Final = "trusted_path unknown_authority, ?not_revoked revocation_unknown"
_ADDED: Final = (
    "signature_found several_signatures, whole_file_covered bytes_not_covered, later_changes changed_after_signing"
)
_FOREIGN: Final = "record_found no_code_found"


def _edited(change: Callable[[Pdf], None]) -> Callable[[Ground], bytes]:
    return lambda _ground: forging.edited(change)


def _javascript(pdf: Pdf) -> None:
    pdf.Root["/OpenAction"] = Dictionary(S=Name.JavaScript, JS=String("this.getField('diem').value = '9'"))


def _launch(pdf: Pdf) -> None:
    pdf.Root["/OpenAction"] = Dictionary(S=Name.Launch, F=String("calc.exe"))


def _xfa(pdf: Pdf) -> None:
    pdf.Root["/AcroForm"] = Dictionary(Fields=Array(), XFA=pdf.make_stream(b"<xdp/>"), NeedAppearances=True)


def _portfolio(pdf: Pdf) -> None:
    pdf.attachments["khac.pdf"] = pikepdf.AttachedFileSpec(pdf, b"%PDF-1.7", filename="khac.pdf")
    pdf.Root["/Collection"] = Dictionary(Type=Name.Collection, View=Name.H, D=String("khac.pdf"))


def _form_field(text: str) -> Callable[[Pdf], None]:
    """A field over a mark, drawn by its own appearance."""

    def change(pdf: Pdf) -> None:
        box = forging.cell(MARK)
        look = pdf.make_stream(
            f"1 g 8 8 84 84 re f BT /Hv 60 Tf 0 g 20 20 Td ({text}) Tj ET".encode(),
            Type=Name.XObject,
            Subtype=Name.Form,
            BBox=Array([0, 0, 100, 100]),
            Resources=Dictionary(
                Font=Dictionary(Hv=Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica))
            ),
        )
        field = Dictionary(
            Type=Name.Annot,
            Subtype=Name.Widget,
            FT=Name.Tx,
            T=String("diem"),
            V=String(text),
            Rect=Array([*forging.at(box)]),
            F=4,
            AP=Dictionary(N=look),
        )
        held = pdf.make_indirect(field)
        pdf.pages[box.page].obj["/Annots"] = Array([held])
        pdf.Root["/AcroForm"] = Dictionary(Fields=Array([held]))

    return change


def _foreign(change: Callable[[Pdf], None] = lambda _pdf: None) -> bytes:
    """A document of somebody else: a page with a few words, no code of ours."""
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=(595, 842))
        forging.draw_on(pdf, 0, "BT /Hv 14 Tf 100 700 Td (Giay khen) Tj ET")
        pdf.docinfo["/Title"] = "Giấy khen"
        change(pdf)
        out = io.BytesIO()
        pdf.save(out, static_id=True)
        return out.getvalue()


def _made(change: Callable[[Pdf], None]) -> Callable[[Ground], bytes]:
    return lambda _ground: _foreign(change)


def _signed(signer: Any) -> Callable[[Ground], bytes]:
    return lambda _ground: seal(_foreign(), signer(), NOW)


def _signed_twice(_ground: Ground) -> bytes:
    return signed_again(seal(_foreign(), pki().other_authority, NOW), pki().head, same_field=False)


def _with_our_code_alone(ground: Ground) -> bytes:
    """A stranger's page that only names a code of ours, as a letter about a pupil does."""
    code = ground.records["subject"].lookup_code
    grouped = "-".join((code[:8], code[8:12], code[12:16], code[16:20], code[20:]))

    def change(pdf: Pdf) -> None:
        forging.draw_on(pdf, 0, f"BT /Hv 9 Tf 100 60 Td (Ma so tra cuu: {grouped}) Tj ET")

    return _foreign(change)


ON_OURS: Final = (
    Vector("JavaScript in a copy", _edited(_javascript), Verdict.INSUFFICIENT, _RESTLESS),
    Vector("program to launch in a copy", _edited(_launch), Verdict.INSUFFICIENT, _RESTLESS),
    Vector("XFA form in a copy", _edited(_xfa), Verdict.INSUFFICIENT, _RESTLESS),
    Vector("portfolio around a copy", _edited(_portfolio), Verdict.INSUFFICIENT, _RESTLESS),
    Vector(
        "form field that says another mark", _edited(_form_field("9")), Verdict.MISMATCH, PICTURE, frozenset({MARK})
    ),
)

FOREIGN: Final = (
    Vector("foreign document", _made(lambda _pdf: None), Verdict.NOT_FOUND, f"{COPY}, {_FOREIGN}"),
    Vector("foreign document with JavaScript", _made(_javascript), Verdict.NOT_FOUND, f"{COPY}, {_FOREIGN}"),
    Vector("foreign XFA form", _made(_xfa), Verdict.NOT_FOUND, f"{COPY}, {_FOREIGN}"),
    Vector("foreign portfolio", _made(_portfolio), Verdict.NOT_FOUND, f"{COPY}, {_FOREIGN}"),
    Vector(
        "foreign document signed by its own people",
        _signed(lambda: pki().other_authority),
        Verdict.NOT_FOUND,
        f"{_FOREIGN}, {_UNTRUSTED}",
    ),
    Vector("foreign document under our own seal", _signed(lambda: pki().department_seal), Verdict.NOT_FOUND, _FOREIGN),
    Vector(
        "foreign document with two signatures",
        _signed_twice,
        Verdict.NOT_FOUND,
        f"{_FOREIGN}, {_UNTRUSTED}, {_ADDED}",
    ),
    Vector("letter that only names our code", _with_our_code_alone, Verdict.NOT_FOUND, f"{COPY}, {_FOREIGN}"),
)
