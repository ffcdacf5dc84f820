"""What a document shows, page by page: letters and ink, read once under the lock of pdfium."""

from collections.abc import Sequence
from dataclasses import dataclass

from pypdfium2 import PdfDocument

from verify.errors import VerifyError
from verify.pdf.ink import Ink, has_annotations, ink_of, is_scan, take_off_markers
from verify.pdf.letters import Letter, letters_of
from verify.pdf.opening import opened, page_of, page_sizes, structure


@dataclass(frozen=True, slots=True)
class Page:
    """One page as read.

    inks: as shown on a screen, and as printed where that may differ. scan: mostly a picture, so that `letters` were
    guessed by a machine.
    """

    letters: tuple[Letter, ...]
    inks: tuple[Ink, ...]
    scan: bool


def sizes_of(data: bytes) -> Sequence[tuple[float, float]]:
    """Width and height of each page in points as shown; raises UnreadableDocument, LimitExceeded."""
    with opened(data) as document:
        return page_sizes(document)


def read(data: bytes) -> tuple[Page, ...]:
    """Every page; raises UnreadableDocument, LimitExceeded."""
    layered = _may_hide_layers(data)
    with opened(data) as document:
        return tuple(_page(document, number, layered) for number in range(len(document)))


def _page(document: PdfDocument, number: int, layered: bool) -> Page:
    with page_of(document, number) as page:
        take_off_markers(page)
        shown = ink_of(page)
        differs = layered or has_annotations(page)
        inks = (shown, ink_of(page, printed=True)) if differs else (shown,)
        return Page(letters_of(page), inks, is_scan(page))


def _may_hide_layers(data: bytes) -> bool:
    """Whether layers may show on paper what a screen hides; so assumed where the structure cannot be read."""
    try:
        with structure(data) as pdf:
            return "/OCProperties" in pdf.Root
    except VerifyError:
        return True
