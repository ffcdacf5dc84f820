"""Whether everybody sees what pdfium draws: what acts by itself, or is drawn otherwise elsewhere, cannot be compared.

Content is compared in the picture of one viewer. Some means of PDF show other people something else: layers and
programs change a page after it is opened; an annotation without a picture of its own is drawn by each viewer as it
likes (pdfium leaves out lines, stamps and the borders of links, poppler draws them); inks and fonts of rare kinds are
drawn here and left out there. Our prints and faithful copies of them need none of these, so who uses one gets no answer
about the picture; nothing is held against the document.

What stands before the header makes a file of another kind for other programs: a web page, an archive.

What is written otherwise than the standard says, and so mended by each viewer in its own way, is asked for in
`operators`. Known limit: both are lists of what is known to differ, found by drawing with four viewers (decision 0029).
"""

import re
from collections.abc import Iterator
from typing import Final

import pikepdf

from verify import limits
from verify.errors import UnreadableDocument
from verify.pdf.nesting import is_group
from verify.pdf.opening import structure
from verify.pdf.operators import are_plain

# In the canonical text of an object. A name inside a string counts too: a doubt is told.
_RESTLESS: Final = re.compile(
    # what acts, or is toggled
    rb"/(?:JavaScript|JS|AA|XFA|OCProperties|Collection|RichMedia|Rendition|Screen|Movie|3D)\b|/NeedAppearances true"
    # inks and fonts that some viewers leave out
    rb"|/(?:Separation|DeviceN|Type3|PatternType|ShadingType)\b|/SMask (?!/None\b)|/BM (?!/(?:Normal|Compatible)\b)"
    rb"|/(?:OP|op) true|/TR2? (?:<<|\[|\d)"
    # colours that each viewer reckons in its own way, or leaves to the device
    rb"|/(?:CalGray|CalRGB|Lab|DefaultGray|DefaultRGB|DefaultCMYK)\b"
    # other pictures for other viewers or printers, other words for who listens
    rb"|/(?:Alternates|OPI|PS|Subtype2|ActualText|Alt)\b|/Ref (?:<<|\d)"
)
# Among the operators of a page or group (ISO 32000-1 §14.9.3, §14.9.4).
_SPOKEN: Final = re.compile(rb"/(?:ActualText|Alt)\b")
_ESCAPED: Final = re.compile(rb"#([0-9A-Fa-f]{2})")
# ISO 32000-1 table 165: invisible, hidden, toggled by the mouse.
_UNSEEN: Final = 1 | 2 | 256
# ISO 32000-1 table 6. What a viewer draws of an image in an unknown one is its own affair.
_FILTERS: Final = frozenset(
    f"/{name}Decode" for name in ("ASCIIHex", "ASCII85", "LZW", "Flate", "RunLength", "CCITTFax", "JBIG2", "DCT", "JPX")
)
# pdfunite counts objects wrongly; that changes nothing.
_HARMLESS: Final = "reported number of objects"


def is_still(data: bytes) -> bool:
    """Whether every viewer shows what pdfium draws, as far as is known; raises LimitExceeded.

    A structure that the strict reader refuses or doubts is not: each viewer mends it in its own way.
    """
    if data[: data.find(b"%PDF-")].strip():
        return False
    try:
        with structure(data) as pdf:
            quiet = not any(_is_restless(item) for item in pdf.objects)
            quiet = quiet and _opens_quietly(pdf) and not _speaks_otherwise(pdf)
            quiet = quiet and all(_is_drawn(each) for each in _annotations(pdf)) and are_plain(pdf)
            return quiet and all(_HARMLESS in str(warning) for warning in pdf.get_warnings())
    except UnreadableDocument:
        return False


def _is_restless(item: pikepdf.Object) -> bool:
    if isinstance(item, pikepdf.Stream):
        image = item.get("/Subtype") == pikepdf.Name.Image
        return (image and not _is_plain(item)) or _RESTLESS.search(item.stream_dict.unparse(resolved=True)) is not None
    return (
        isinstance(item, pikepdf.Dictionary | pikepdf.Array)
        and _RESTLESS.search(item.unparse(resolved=True)) is not None
    )


def _speaks_otherwise(pdf: pikepdf.Pdf) -> bool:
    """Whether pages or groups tell who listens, or copies, other words than they draw."""
    drawings = [item for page in pdf.pages[: limits.DOCUMENT_PAGES] for item in _drawings(page)]
    drawings += [item for item in pdf.objects if is_group(item)]
    return any(_SPOKEN.search(_ESCAPED.sub(_character, drawing.read_bytes())) for drawing in drawings)


def _drawings(page: pikepdf.Page) -> list[pikepdf.Stream]:
    held = page.obj.get("/Contents")
    return [part for part in (held if isinstance(held, pikepdf.Array) else (held,)) if isinstance(part, pikepdf.Stream)]


def _character(found: re.Match[bytes]) -> bytes:
    return bytes([int(found[1], 16)])


def _is_plain(image: pikepdf.Stream) -> bool:
    """An image that says all that is needed to draw it (ISO 32000-1 table 89)."""
    filters = image.get("/Filter", pikepdf.Array())
    named = {str(each) for each in filters} if isinstance(filters, pikepdf.Array) else {str(filters)}
    whole = {"/Width", "/Height"} <= image.keys() and ("/BitsPerComponent" in image or "/ImageMask" in image)
    coloured = "/ColorSpace" in image or "/ImageMask" in image
    return named <= _FILTERS and ((whole and coloured) or "/JPXDecode" in named)


def _opens_quietly(pdf: pikepdf.Pdf) -> bool:
    """A document may be opened at a place; anything else that happens then is an action."""
    action = pdf.Root.get("/OpenAction")
    return not isinstance(action, pikepdf.Dictionary) or action.get("/S") == pikepdf.Name.GoTo


def _annotations(pdf: pikepdf.Pdf) -> Iterator[pikepdf.Object]:
    for page in pdf.pages[: limits.DOCUMENT_PAGES]:
        listed = page.obj.get("/Annots")
        if isinstance(listed, pikepdf.Array):
            yield from listed


def _is_drawn(annotation: pikepdf.Object) -> bool:
    """Whether an annotation is drawn alike everywhere: by a picture of its own, always, or not at all."""
    if not isinstance(annotation, pikepdf.Dictionary):
        return False
    match str(annotation.get("/Subtype", "")):
        case "/Popup":
            return True
        case "/Link":
            return _has_no_border(annotation)
        case "/Widget" if _field_type(annotation) != "/Sig":
            return False
        case "/Widget" if "/AP" not in annotation and _is_empty(annotation.get("/Rect")):
            return True
    return _has_picture(annotation) and not int(annotation.get("/F", 0)) & _UNSEEN and "/OC" not in annotation


def _has_picture(annotation: pikepdf.Object) -> bool:
    appearance = annotation.get("/AP")
    return isinstance(appearance, pikepdf.Dictionary) and isinstance(appearance.get("/N"), pikepdf.Stream)


def _is_empty(rectangle: pikepdf.Object | None) -> bool:
    """A signature without a rectangle is invisible (ISO 32000-1 §12.7.4.5)."""
    sides = [*rectangle] if isinstance(rectangle, pikepdf.Array) else []
    return len(sides) == 4 and sides[0] == sides[2] and sides[1] == sides[3]


def _has_no_border(annotation: pikepdf.Object) -> bool:
    style, border = annotation.get("/BS"), annotation.get("/Border")
    if isinstance(style, pikepdf.Dictionary):
        return style.get("/W") == 0
    return isinstance(border, pikepdf.Array) and len(border) > 2 and border[2] == 0


def _field_type(annotation: pikepdf.Object) -> str:
    parent = annotation.get("/Parent")
    inherited = parent.get("/FT") if isinstance(parent, pikepdf.Dictionary) else None
    return str(annotation.get("/FT", inherited))
