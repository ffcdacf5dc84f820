"""A first look at a document: how long it is, which records its pages name, and what it carries beside pages.

It only has to find the record: so a page is drawn and searched for a QR only where the words of its footer name no
code. That the QR of a page is the right one is a question of content, asked when the record is known.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import pikepdf
from PIL import Image

from verify import limits
from verify.code import PrintTarget, parse_target
from verify.errors import LimitExceeded, MalformedRecord, Refusal, UnreadableDocument
from verify.paper.qr import read_codes
from verify.pdf.ink import Ink, ink_of
from verify.pdf.letters import has_letters, squeezed, text_below
from verify.pdf.nesting import require_shallow
from verify.pdf.opening import opened, page_of, structure

# The last 40 mm of A4: the footer with the largest QR stands in them.
_FOOTER_PART: Final = 0.15
# Words are looked for somewhat higher: a page printed smaller moves its footer up.
_WORDS_PART: Final = 0.3
# Objects of a five-year booklet: 2,500.
_OBJECTS: Final = 50_000
_CODE: Final = re.compile(r"Mãsốtracứu:([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})")
# In the foot of an extract (`verify.form.render`); the letters are those of `portal.services.verdicts`.
_EXTRACT: Final = re.compile(r"Tríchlụcsố(TL(?:-[0-9A-HJKMNP-TV-Z]{4}){3})")
_EDITION: Final = re.compile(r"Nămhọc(\d{4}-\d{4}),bảnsố([1-9]\d{0,3})(?!\d)")

# What a structure may hold beside pages, by the name that betrays it. Names inside strings count too: a doubt is told.
FEATURES: Final = (
    "javascript",
    "xfa",
    "form_fields",
    "annotations",
    "embedded_files",
    "portfolio",
    "launch_action",
    "optional_content",
    "repaired",
)
_NAMES: Final = {
    "javascript": re.compile(rb"/(?:JavaScript|JS)\b"),
    "xfa": re.compile(rb"/XFA\b"),
    "embedded_files": re.compile(rb"/EmbeddedFile\b"),
    "portfolio": re.compile(rb"/Collection\b"),
    "launch_action": re.compile(rb"/S /Launch\b"),
    "optional_content": re.compile(rb"/OCProperties\b"),
}
# The widget of a signature draws nothing on our prints; links open nothing by themselves.
_QUIET_ANNOTATIONS: Final = frozenset({"/Widget", "/Link", "/Popup"})


@dataclass(frozen=True, slots=True)
class PageTarget:
    """What a page (0-based) points at. text: what its footer says; qr: lookup QRs, read where it says nothing."""

    page: int
    qr: tuple[PrintTarget, ...]
    text: PrintTarget | None


@dataclass(frozen=True, slots=True)
class Inspection:
    """targets: one for each page. has_text: whether any page has a text layer. features: of `FEATURES`.

    extract: number of the extract that the foot of a page names.
    """

    pages: int
    targets: tuple[PageTarget, ...]
    has_text: bool
    features: tuple[str, ...]
    extract: str | None = None


def inspect(data: bytes) -> Inspection:
    """Look at a stranger's PDF; raises UnreadableDocument or LimitExceeded."""
    features = _features(data)
    targets, has_text, extract = [], False, None
    with opened(data) as document:
        count = len(document)
        for number in range(count):
            with page_of(document, number) as page:
                words = squeezed(text_below(page, _WORDS_PART))
                text, issued = _named(words), _last(_EXTRACT, words)
                extract = extract or (issued[1] if issued is not None else None)
                has_text = has_text or text is not None or has_letters(page)
                targets.append(PageTarget(number, () if text is not None else _lookups(ink_of(page)), text))
    return Inspection(count, tuple(targets), has_text, features, extract)


def _lookups(ink: Ink) -> tuple[PrintTarget, ...]:
    """Lookup QRs in the footer, else anywhere on the page."""
    top = round(ink.shape[0] * (1 - _FOOTER_PART))
    for part in (ink[top:], ink):
        if part.any():
            found = targets_of(read_codes(Image.fromarray(255 - part)))
            if found:
                return found
    return ()


def targets_of(texts: tuple[str, ...]) -> tuple[PrintTarget, ...]:
    """The lookup targets among the texts of QR codes, each once."""
    found = []
    for text in texts:
        try:
            found.append(parse_target(text))
        except MalformedRecord:
            continue  # a QR of another system
    return tuple(dict.fromkeys(found))


def _named(words: str) -> PrintTarget | None:
    """Code and edition in the words of the footer: the last ones on the page."""
    code = _last(_CODE, words)
    if code is None:
        return None
    try:
        target = parse_target(code[1])
    except MalformedRecord:
        return None
    edition = _last(_EDITION, words)
    return PrintTarget(target.code, edition[1], int(edition[2])) if edition else target


def _last(pattern: re.Pattern[str], words: str) -> re.Match[str] | None:
    return next(iter(reversed(list(pattern.finditer(words)))), None)


def _features(data: bytes) -> tuple[str, ...]:
    """What the document carries; `repaired` alone where pdfium mended a structure that the strict reader refuses."""
    try:
        with structure(data) as pdf:
            require_shallow(pdf)
            found = {name for text in _objects(pdf) for name, sign in _NAMES.items() if sign.search(text)}
            found |= set(_on_pages(pdf)) | set(_in_forms(pdf))
    except UnreadableDocument:
        return ("repaired",)
    return tuple(name for name in FEATURES if name in found)


def _objects(pdf: pikepdf.Pdf) -> Iterator[bytes]:
    """Each object's dictionary as canonical text, in which names have one spelling."""
    if len(pdf.objects) > _OBJECTS:
        raise LimitExceeded(Refusal.TOO_MUCH_WORK, "objects")
    for item in pdf.objects:
        if isinstance(item, pikepdf.Stream):
            yield item.stream_dict.unparse(resolved=True)
        elif isinstance(item, pikepdf.Dictionary | pikepdf.Array):
            yield item.unparse(resolved=True)


def _on_pages(pdf: pikepdf.Pdf) -> Iterator[str]:
    for page in pdf.pages[: limits.DOCUMENT_PAGES]:
        for annotation in _listed(page.obj, "/Annots"):
            if str(annotation.get("/Subtype", "")) not in _QUIET_ANNOTATIONS:
                yield "annotations"


def _in_forms(pdf: pikepdf.Pdf) -> Iterator[str]:
    form = pdf.Root.get("/AcroForm")
    if isinstance(form, pikepdf.Dictionary):
        for form_field in _listed(form, "/Fields"):
            if str(form_field.get("/FT", "")) != "/Sig":
                yield "form_fields"


def _listed(holder: pikepdf.Object, key: str) -> list[pikepdf.Object]:
    """The dictionaries of an array in a dictionary; a stranger's may be anything."""
    items = holder.get(key)
    if not isinstance(items, pikepdf.Array):
        return []
    return [item for item in items if isinstance(item, pikepdf.Dictionary)]
