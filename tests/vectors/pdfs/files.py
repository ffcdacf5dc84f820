"""Files that are hardly files: cut, empty, of two formats at once, and small ones that unfold into too much work."""

import io
import zlib
from collections.abc import Callable
from typing import Final

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf

from tests.vectors.pdfs.drawn import COPY
from tests.vectors.pdfs.ground import Ground
from tests.vectors.pdfs.vector import Vector
from verify import limits
from verify.verdict import Verdict

_UNREAD: Final = Verdict.INSUFFICIENT
_LOST: Final = f"{COPY}, record_found no_code_found"


_MENDED: Final = "signature_found damaged, ?picture_equal may_show_otherwise"


def _byte_unseen(ground: Ground) -> bytes:
    """A digit of the form's date of making, in the metadata."""
    at = ground.sealed.index(b"/CreationDate(D:") + len(b"/CreationDate(D:2")
    return ground.sealed[:at] + bytes([ground.sealed[at] ^ 1]) + ground.sealed[at + 1 :]


def _saved(pdf: Pdf) -> bytes:
    out = io.BytesIO()
    pdf.save(out, static_id=True)
    return out.getvalue()


def _blank(change: Callable[[Pdf], None]) -> Callable[[Ground], bytes]:
    """A foreign document of one empty page, changed."""

    def make(_ground: Ground) -> bytes:
        with pikepdf.new() as pdf:
            pdf.add_blank_page(page_size=(595, 842))
            change(pdf)
            return _saved(pdf)

    return make


def _file(*objects: bytes, root: int = 1) -> bytes:
    """A file of objects numbered from 1, with a classic table."""
    out, offsets = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(offsets) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<</Size %d/Root %d 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(offsets) + 1, root, start)
    return bytes(out)


def _streamed(dictionary: bytes, data: bytes) -> bytes:
    return b"<<%s/Length %d>>stream\n%s\nendstream" % (dictionary, len(data), data)


def _page_drawing(stream: bytes) -> bytes:
    return _file(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R>>",
        stream,
    )


def _twice_packed(size: int) -> bytes:
    return zlib.compress(zlib.compress(bytes(size), 9), 9)


def _content_bomb(_ground: Ground) -> bytes:
    """A page of 2 GB of nothing, packed twice into a few kB."""
    return _page_drawing(_streamed(b"/Filter[/FlateDecode/FlateDecode]", _twice_packed(2_000_000_000 // 8)))


def _reference_stream_bomb(_ground: Ground) -> bytes:
    """A cross-reference stream of 40 million entries in 40 kB."""
    packed = zlib.compress(bytes(40_000_000), 9)
    body = _streamed(b"/Type/XRef/Size 10000000/W[1 2 1]/Root 1 0 R/Filter/FlateDecode", packed)
    head = b"%PDF-1.7\n1 0 obj\n<</Type/Catalog>>\nendobj\n"
    return head + b"2 0 obj\n" + body + b"\nendobj\nstartxref\n%d\n%%%%EOF\n" % len(head)


def _object_stream_bomb(_ground: Ground) -> bytes:
    """2 kB that hold the document's catalogue behind a gigabyte of spaces."""
    packed = _packed_spaces(1_000_000_000 // 8)
    held = _streamed(b"/Type/ObjStm/N 1/First 4/Filter[/FlateDecode/FlateDecode]", packed)
    head = b"%PDF-1.7\n2 0 obj\n" + held + b"\nendobj\n"
    rows = bytes([0, 0, 0, 0, 0, 255]) + bytes([2, 0, 0, 0, 2, 0]) + b"\1" + (9).to_bytes(4, "big") + b"\0"
    rows += b"\1" + len(head).to_bytes(4, "big") + b"\0"
    table = _streamed(b"/Type/XRef/Size 4/W[1 4 1]/Root 1 0 R", rows)
    return head + b"3 0 obj\n" + table + b"\nendobj\nstartxref\n%d\n%%%%EOF\n" % len(head)


def _packed_spaces(size: int) -> bytes:
    return zlib.compress(zlib.compress(b"1 0 " + b" " * size + b"<</Type/Catalog>>", 9), 9)


def _nested(_ground: Ground) -> bytes:
    """A page whose drawing is a list in a list, two hundred thousand times."""
    return _page_drawing(_streamed(b"", b"[" * 200_000 + b"]" * 200_000 + b" TJ"))


def _nested_objects(_ground: Ground) -> bytes:
    return _file(
        b"<</Type/Catalog/Pages 2 0 R/A " + b"[" * 50_000 + b"]" * 50_000 + b">>", b"<</Type/Pages/Kids[]/Count 0>>"
    )


def _looped(_ground: Ground) -> bytes:
    """A page tree that is its own child."""
    return _file(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 9>>")


def _looped_reference(ground: Ground) -> bytes:
    """A last table that names itself as the one before."""
    data = ground.sealed
    start = data.rindex(b"xref", 0, data.rindex(b"startxref"))
    tail = data[start:].replace(b"/Prev ", b"/Prev %010d%%" % start, 1)
    return data[:start] + tail


def _form_that_draws_itself(_ground: Ground) -> bytes:
    return _file(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 5 0 R/Resources<</XObject<</F 4 0 R>>>>>>",
        _streamed(b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</F 4 0 R>>>>", b"/F Do /F Do"),
        _streamed(b"", b"/F Do"),
    )


def _huge_picture(pdf: Pdf) -> None:
    """20,000 x 20,000 pixels in 50 kB."""
    page = pdf.pages[0]
    picture = pdf.make_stream(zlib.compress(bytes(20_000 * 20_000 // 8), 9))
    picture.update(
        Dictionary(
            Type=Name.XObject,
            Subtype=Name.Image,
            Width=20_000,
            Height=20_000,
            ColorSpace=Name.DeviceGray,
            BitsPerComponent=1,
            Filter=Name.FlateDecode,
        )
    )
    page.add_resource(picture, Name.XObject, Name.I)
    page.contents_add(b"q 595 0 0 842 0 0 cm /I Do Q")


def _many_pages(count: int) -> Callable[[Pdf], None]:
    def change(pdf: Pdf) -> None:
        kids = [pdf.make_indirect(Dictionary(Type=Name.Page, MediaBox=[0, 0, 9, 9])) for _ in range(count)]
        for kid in kids:
            kid.Parent = pdf.Root.Pages
        pdf.Root.Pages = pdf.make_indirect(Dictionary(Type=Name.Pages, Kids=Array(kids), Count=count))

    return change


def _wide(pdf: Pdf) -> None:
    pdf.pages[0].obj["/MediaBox"] = Array([0, 0, 14_000, 14_000])


HARDLY_FILES: Final = (
    Vector("nothing", lambda _g: b"", _UNREAD, "readable not_a_pdf"),
    Vector("only a header", lambda _g: b"%PDF-1.7\n", _UNREAD, "readable damaged"),
    Vector(
        "header of another format", lambda g: g.sealed.replace(b"%PDF-", b"%!PS-", 1), _UNREAD, "readable not_a_pdf"
    ),
    Vector(
        "header of a version that does not exist",
        lambda g: b"%PDF-9.9" + g.sealed[8:],
        Verdict.CONTENT_MATCHES,
        "digest_intact digest_differs",
    ),
    Vector("header behind a kilobyte of zeros", lambda g: bytes(1_024) + g.sealed, _UNREAD, "readable not_a_pdf"),
    Vector("web page and PDF at once", lambda g: b"<html><script>alert(1)</script>\n" + g.sealed, _UNREAD, _MENDED),
    Vector("ZIP and PDF at once", lambda g: b"PK\x03\x04" + bytes(26) + g.sealed, _UNREAD, _MENDED),
    Vector("cut in the middle", lambda g: g.sealed[: len(g.sealed) // 2], _UNREAD, "readable damaged"),
    Vector("cut in the seal", lambda g: g.sealed[: g.sealed.index(b"/Contents <") + 300], _UNREAD, _MENDED),
    Vector("a byte changed that nobody sees", _byte_unseen, Verdict.CONTENT_MATCHES, "digest_intact digest_differs"),
)

BOMBS: Final = (
    Vector("page of a quarter of a gigabyte in a kilobyte", _content_bomb, Verdict.NOT_FOUND, _LOST),
    Vector("cross-reference stream of ten million entries", _reference_stream_bomb, _UNREAD, "readable damaged"),
    Vector("object stream of an eighth of a gigabyte", _object_stream_bomb, _UNREAD, "readable damaged"),
    Vector("page tree that is its own child", _looped, _UNREAD, "readable damaged"),
    Vector("cross-reference table before itself", _looped_reference, _UNREAD, _MENDED),
    Vector("group that draws itself", _form_that_draws_itself, _UNREAD, "readable over_limit"),
    Vector("drawing nested two hundred thousand deep", _nested, Verdict.NOT_FOUND, _LOST),
    Vector("object nested fifty thousand deep", _nested_objects, _UNREAD, "readable damaged"),
    Vector("picture of 400 megapixels", _blank(_huge_picture), Verdict.NOT_FOUND, _LOST),
    Vector("ten thousand pages", _blank(_many_pages(10_000)), _UNREAD, "readable over_limit"),
    Vector(
        "one page more than is read", _blank(_many_pages(limits.DOCUMENT_PAGES + 1)), _UNREAD, "readable over_limit"
    ),
    Vector("sheet that no printer takes", _blank(_wide), _UNREAD, "readable over_limit"),
)
