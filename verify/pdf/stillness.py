"""Whether everybody sees what pdfium draws: what acts by itself, or is drawn otherwise elsewhere, cannot be compared.

Content is compared in the picture of one viewer. Some means of PDF show other people something else: layers and
programs change a page after it is opened; an annotation without a picture of its own is drawn by each viewer as it
likes (pdfium leaves out lines, stamps and the borders of links, poppler draws them); inks and fonts of rare kinds are
drawn here and left out there. Our prints and faithful copies of them need none of these, so who uses one gets no answer
about the picture; nothing is held against the document.

What stands before the header makes a file of another kind for other programs: a web page, an archive.

How a page is drawn, and where in the file it is found, is asked the other way round: `operators`, `drawing`, `images`,
`typefaces`, `profiles` and `sheets` let through what faithful copies need, as written by the standard (decision 0052).
Known limit: what they let through was drawn alike by five viewers; a sixth may differ.
"""

import re
from collections.abc import Iterator
from typing import Final

import pikepdf

from verify import limits
from verify.errors import UnreadableDocument
from verify.pdf.drawing import is_orderly_note
from verify.pdf.nesting import is_group
from verify.pdf.opening import structure
from verify.pdf.operators import are_plain
from verify.pdf.profiles import is_ordinary
from verify.pdf.sheets import are_shown_alike, is_found_alike
from verify.pdf.typefaces import are_clear

# In the canonical text of an object. A name inside a string counts too: a doubt is told.
_RESTLESS: Final = re.compile(
    # what acts, or is toggled
    rb"/(?:JavaScript|JS|AA|XFA|OCProperties|Collection|RichMedia|Rendition|Screen|Movie|3D)\b|/NeedAppearances true"
    # inks and fonts that some viewers leave out
    rb"|/(?:Separation|DeviceN|Type3|PatternType|ShadingType)\b|/SMask (?!/None\b)|/BM (?!/(?:Normal|Compatible)\b)"
    rb"|/(?:OP|op) true|/TR2? (?:<<|\[|\d)|/K true"
    # colours that each viewer reckons in its own way, or leaves to the device
    rb"|/(?:CalGray|CalRGB|Lab|DefaultGray|DefaultRGB|DefaultCMYK)\b"
    # other pictures for other viewers or printers, other words for who listens
    rb"|/(?:Alternates|OPI|PS|Subtype2|Thumb|FixedPrint|ActualText|Alt)\b|/Ref (?:<<|\d)"
)
# Among the operators of a page or group (ISO 32000-1 §14.9.3, §14.9.4).
_SPOKEN: Final = re.compile(rb"/(?:ActualText|Alt)\b")
_ESCAPED: Final = re.compile(rb"#([0-9A-Fa-f]{2})")
# ISO 32000-1 table 165: a note that is on paper too, and may be read only, locked, with locked contents. What else
# there is hides a note, turns it or keeps its size, and each viewer does so in its own way.
_PRINTED: Final = 4
_FLAGS: Final = _PRINTED | 64 | 128 | 512
# Kinds that every viewer draws by their own picture, and by nothing else.
_DRAWN: Final = frozenset(
    f"/{kind}"
    for kind in ("Text", "FreeText", "Line", "Square", "Circle", "Polygon", "PolyLine", "Stamp", "Caret", "Ink")
)
# pdfunite counts objects wrongly; that changes nothing.
_HARMLESS: Final = "reported number of objects"


def is_still(data: bytes, *, scanned: bool = False) -> bool:
    """Whether every viewer shows what pdfium draws, as far as is known; raises LimitExceeded.

    A structure that the strict reader refuses or doubts is not: each viewer mends it in its own way. scanned: whether
    the pages are pictures.
    """
    if not is_found_alike(data):
        return False
    try:
        with structure(data) as pdf:
            quiet = not any(_is_restless(item) for item in pdf.objects)
            quiet = quiet and _opens_quietly(pdf) and not _speaks_otherwise(pdf) and are_shown_alike(pdf)
            quiet = quiet and all(_is_drawn(each) for each in _annotations(pdf)) and are_plain(pdf, scanned=scanned)
            quiet = quiet and are_clear(pdf) and _means_its_numbers(pdf)
            return quiet and all(_HARMLESS in str(warning) for warning in pdf.get_warnings())
    except UnreadableDocument:
        return False


def _is_restless(item: pikepdf.Object) -> bool:
    if isinstance(item, pikepdf.Stream):
        # What stands in another file is drawn from there, or from here (ISO 32000-1 table 5).
        return "/F" in item or _RESTLESS.search(item.stream_dict.unparse(resolved=True)) is not None
    return (
        isinstance(item, pikepdf.Dictionary | pikepdf.Array)
        and _RESTLESS.search(item.unparse(resolved=True)) is not None
    )


def _means_its_numbers(pdf: pikepdf.Pdf) -> bool:
    """Whether a profile for the whole document, or for a page (ISO 32000-2), says that colours are as written."""
    for holder in (pdf.Root, *(page.obj for page in pdf.pages[: limits.DOCUMENT_PAGES])):
        for intent in _listed(holder, "/OutputIntents"):
            profile = intent.get("/DestOutputProfile") if isinstance(intent, pikepdf.Dictionary) else None
            if profile is not None and not (isinstance(profile, pikepdf.Stream) and is_ordinary(profile)):
                return False
    return True


def _listed(holder: pikepdf.Object, key: str) -> list[pikepdf.Object]:
    held = holder.get(key)
    return [*held] if isinstance(held, pikepdf.Array) else []


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


def _opens_quietly(pdf: pikepdf.Pdf) -> bool:
    """A document may be opened at a place; anything else that happens then is an action."""
    action = pdf.Root.get("/OpenAction")
    return not isinstance(action, pikepdf.Dictionary) or action.get("/S") == pikepdf.Name.GoTo


def _annotations(pdf: pikepdf.Pdf) -> Iterator[pikepdf.Object]:
    for page in pdf.pages[: limits.DOCUMENT_PAGES]:
        yield from _listed(page.obj, "/Annots")


def _is_drawn(annotation: pikepdf.Object) -> bool:
    """Whether an annotation is drawn alike everywhere: by a picture of its own, always, or not at all."""
    if not isinstance(annotation, pikepdf.Dictionary):
        return False
    kind = str(annotation.get("/Subtype", ""))
    if kind == "/Widget":
        return _field_type(annotation) == "/Sig" and _is_unseen(annotation)
    if "/AP" not in annotation:
        return _is_nothing(kind, annotation)
    flags = int(annotation.get("/F", 0))
    shown = flags & _PRINTED and not flags & ~_FLAGS and "/OC" not in annotation
    return kind in _DRAWN and bool(shown) and _has_picture(annotation)


def _is_nothing(kind: str, annotation: pikepdf.Object) -> bool:
    """Whether nobody draws anything for an annotation without a picture."""
    match kind:
        case "/Popup":
            return annotation.get("/Open", False) is False
        case "/Link":
            return _has_no_border(annotation)
    return False


def _has_picture(annotation: pikepdf.Object) -> bool:
    """One, whatever the mouse does, drawn as pages are."""
    picture = _picture(annotation)
    return picture is not None and is_orderly_note(picture, annotation.get("/Rect"))


def _is_unseen(signature: pikepdf.Object) -> bool:
    """A signature without a rectangle is invisible (ISO 32000-1 §12.7.4.5); poppler draws others, pdfium does not."""
    picture = _picture(signature)
    nothing = "/AP" not in signature or (picture is not None and not picture.read_bytes().strip())
    return nothing and _is_empty(signature.get("/Rect"))


def _picture(annotation: pikepdf.Object) -> pikepdf.Stream | None:
    held = annotation.get("/AP")
    only = held["/N"] if isinstance(held, pikepdf.Dictionary) and {*held.keys()} == {"/N"} else None
    return only if isinstance(only, pikepdf.Stream) else None


def _is_empty(rectangle: pikepdf.Object | None) -> bool:
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
