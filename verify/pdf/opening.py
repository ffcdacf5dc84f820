"""The border to pdfium and pikepdf: a stranger's bytes are opened here within limits, foreign errors translated.

pdfium reads what is compared (text by position, pictures), because it shows what people see. pikepdf looks at the
structure only; it is never allowed to repair, so that it speaks of the same document.
"""

import io
import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pikepdf
import pypdfium2
from pypdfium2 import raw as pdfium

from verify import limits
from verify.errors import LimitExceeded, Refusal, UnreadableDocument, VerifyError

# ISO 32000-1 annex H 3.4.1: readers accept the header anywhere in the first 1,024 bytes.
_HEADER_WITHIN: Final = 1024
# pdfium is not thread-safe, not even for different documents.
_PDFIUM: Final = threading.RLock()
_ENCRYPTED: Final = (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY)


@contextmanager
def translated() -> Iterator[None]:
    """Turn every foreign error into UnreadableDocument, or LimitExceeded if the document asked for too much.

    The detail names the kind of the foreign error only: its text may quote the document.
    """
    try:
        yield
    except VerifyError:
        raise
    except (RecursionError, MemoryError) as error:
        raise LimitExceeded(Refusal.TOO_MUCH_WORK, type(error).__name__) from error
    except pikepdf.PasswordError as error:
        raise UnreadableDocument(Refusal.ENCRYPTED) from error
    except Exception as error:
        refusal = Refusal.ENCRYPTED if getattr(error, "err_code", None) in _ENCRYPTED else Refusal.DAMAGED_PDF
        raise UnreadableDocument(refusal, type(error).__name__) from error


def check_bytes(data: bytes) -> None:
    """Refuse what is no PDF before a library sees it: UnreadableDocument(NOT_PDF), LimitExceeded(TOO_LARGE)."""
    if len(data) > limits.DOCUMENT_BYTES:
        raise LimitExceeded(Refusal.TOO_LARGE, "document")
    if b"%PDF-" not in data[:_HEADER_WITHIN]:
        raise UnreadableDocument(Refusal.NOT_PDF)


@contextmanager
def opened(data: bytes) -> Iterator[pypdfium2.PdfDocument]:
    """The document in pdfium, which this thread holds until the end; form fields are drawn as people see them.

    Raises UnreadableDocument(NOT_PDF, ENCRYPTED, DAMAGED_PDF), LimitExceeded(TOO_LARGE, TOO_MANY_PAGES, TOO_MUCH_WORK).
    """
    check_bytes(data)
    with _PDFIUM, translated():
        document = pypdfium2.PdfDocument(data)
        try:
            if len(document) > limits.DOCUMENT_PAGES:
                raise LimitExceeded(Refusal.TOO_MANY_PAGES, str(len(document)))
            document.init_forms()
            yield document
        finally:
            document.close()


@contextmanager
def page_of(document: pypdfium2.PdfDocument, number: int) -> Iterator[pypdfium2.PdfPage]:
    """One page, 0-based; raises LimitExceeded(TOO_LARGE) for a page that no printer takes."""
    page = document[number]
    try:
        width, height = page.get_size()
        if not (math.isfinite(width) and math.isfinite(height)) or max(width, height) > limits.PAGE_POINTS:
            raise LimitExceeded(Refusal.TOO_LARGE, "page")
        yield page
    finally:
        page.close()


def page_sizes(document: pypdfium2.PdfDocument) -> list[tuple[float, float]]:
    """Width and height of each page in points, as shown (cropped and turned)."""
    return [document.get_page_size(number) for number in range(len(document))]


@contextmanager
def structure(data: bytes) -> Iterator[pikepdf.Pdf]:
    """The objects of the document in pikepdf, without repair; raises as `opened`."""
    check_bytes(data)
    with translated(), pikepdf.open(io.BytesIO(data), attempt_recovery=False, suppress_warnings=True) as pdf:
        yield pdf
