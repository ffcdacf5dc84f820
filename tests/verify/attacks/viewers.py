"""Copies of the true print that pdfium draws as they should be, and poppler, ghostscript or MuPDF do not.

Each was drawn with all four (decision 0029); the names say what is written otherwise than the standard says.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from pikepdf import Array, Dictionary, Name, Pdf, String

from tests.verify.attacks.vectors import MARK, PAGE_OF_MARKS, drawn, edited, inside

_X0, _Y0, _X1, _Y1 = inside(MARK)
_WIDE, _HIGH = _X1 - _X0, _Y1 - _Y0
_RECT: Final = f"{_X0} {_Y0} {_WIDE:.2f} {_HIGH:.2f}"
_BAR: Final = f"0 g {_RECT} re f"
_PICTURE: Final = f"{_WIDE} 0 0 {_HIGH} {_X0} {_Y0} cm /R Do"
# Off the sheet.
_AWAY: Final = "-99 -99 1 1"


def _with_picture(data: bytes, *without: str, **more: Any) -> bytes:
    held = {"BitsPerComponent": 8, "ColorSpace": Name.DeviceGray, **more}
    kept = {key: value for key, value in held.items() if key not in without}

    def make(pdf: Pdf) -> Any:
        return pdf.make_stream(data, Type=Name.XObject, Subtype=Name.Image, Width=8, Height=8, **kept)

    return drawn(_PICTURE, XObject=make)


def _more_in_a_list_of_lists(pdf: Pdf) -> None:
    page = pdf.pages[PAGE_OF_MARKS]
    page.contents_add(b"q", prepend=True)
    page.contents_add(b"Q")
    more = pdf.make_indirect(pdf.make_stream(f"q {_BAR} Q".encode()))
    page.obj["/Contents"] = Array([*page.obj["/Contents"], Array([more])])


def _default_colours(pdf: Pdf) -> None:
    """White, that is black where the page's own reckoning of red, green and blue is believed."""
    reckoned = Array([Name.CalRGB, Dictionary(WhitePoint=[0.95, 1, 1.09], Matrix=[0] * 9)])
    page = pdf.pages[PAGE_OF_MARKS]
    page.add_resource(reckoned, Name.ColorSpace, Name.DefaultRGB)
    page.contents_add(f"q 1 1 1 rg {_RECT} re f Q".encode(), prepend=True)


def _colour_beyond_the_list(_pdf: Pdf) -> Array:
    return Array([Name.Indexed, Name.DeviceGray, 1, String("\xff\xff")])


def _group_of_no_kind(pdf: Pdf) -> Any:
    return pdf.make_stream(_BAR.encode(), Type=Name.XObject, BBox=[0, 0, 600, 842])


DIFFERING: Final[Mapping[str, Callable[[], bytes]]] = {
    "too-many-numbers": lambda: drawn(f"0 g {_RECT} {_AWAY} re f"),
    "number-with-exponent": lambda: drawn(f"0 g {_X0} {_Y0} {_WIDE} 1e1 re f"),
    "list-without-end": lambda: drawn(f"0 g [1 2 {_BAR}"),
    "more-in-a-list-of-lists": lambda: edited(_more_in_a_list_of_lists),
    "default-colours": lambda: edited(_default_colours),
    "colour-beyond-the-list": lambda: drawn(f"/R cs 7 sc {_RECT} re f", ColorSpace=_colour_beyond_the_list),
    "group-of-no-kind": lambda: drawn("/R Do", XObject=_group_of_no_kind),
    "picture-of-no-bits": lambda: _with_picture(bytes(64), BitsPerComponent=0),
    "picture-of-three-bits": lambda: _with_picture(bytes(64), BitsPerComponent=3),
    "picture-without-dots": lambda: _with_picture(b""),
    "stencil-without-dots": lambda: _with_picture(b"", "ColorSpace", ImageMask=True, BitsPerComponent=1),
    "picture-with-half-a-key": lambda: _with_picture(bytes(64), Mask=Array([0])),
    "picture-packed-in-no-known-way": lambda: drawn(
        f"{_WIDE} 0 0 {_HIGH} {_X0} {_Y0} cm BI /W 1 /H 1 /BPC 8 /CS /G /F /Foo ID \x00 EI"
    ),
}
