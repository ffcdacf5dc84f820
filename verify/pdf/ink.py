"""The picture of a page as darkness: 0 is paper, 255 the strongest ink of any colour.

150 dpi, by measuring (see `picture` for the method): at 100 dpi a pen stroke from 6 to 8 leaves 4 pixels beside the
tolerances, at 150 dpi 14; at 200 dpi poppler's cairo leaves 7-12 pixels on every faithful page, at 150 dpi none.

Darkness is 255 minus the weakest of red, green and blue, so that yellow ink counts as much as black.
"""

import ctypes
import math
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pypdfium2
from numpy.typing import NDArray
from pypdfium2 import raw as pdfium

Ink = NDArray[np.uint8]

DPI: Final = 150
SCALE: Final = DPI / 72
# Two A4 pages; only larger sheets are drawn coarser, and those are no page of this form.
_PIXELS: Final = 5_000_000
# Pages made of one scan, or of its strips.
_SCANNED_PART: Final = 0.5
_OBJECTS: Final = 20_000
_MARKERS: Final = frozenset(
    {
        pdfium.FPDF_ANNOT_HIGHLIGHT,
        pdfium.FPDF_ANNOT_UNDERLINE,
        pdfium.FPDF_ANNOT_SQUIGGLY,
        pdfium.FPDF_ANNOT_STRIKEOUT,
    }
)
_NESTED: Final = 3


def scale_for(width: float, height: float) -> float:
    """Pixels for each point: those of `DPI` unless the sheet is far larger than the form's."""
    return min(SCALE, math.sqrt(_PIXELS / max(width * height, 1)))


def ink_of(page: pypdfium2.PdfPage, *, printed: bool = False) -> Ink:
    """A page drawn with annotations and form fields. printed: as a printer gets it, which may hide or add layers."""
    bitmap = page.render(scale=scale_for(*page.get_size()), optimize_mode="print" if printed else None)
    try:
        colours: Ink = bitmap.to_numpy()
        lightest = colours if colours.ndim == 2 else np.minimum.reduce([colours[..., each] for each in range(3)])
        return np.subtract(255, lightest, dtype=np.uint8)
    finally:
        bitmap.close()


def has_annotations(page: pypdfium2.PdfPage) -> bool:
    """Whether anything lies on the page that a screen and a printer may treat differently."""
    return bool(pdfium.FPDFPage_GetAnnotCount(page))


def take_off_markers(page: pypdfium2.PdfPage) -> None:
    """Take what people do with a marker pen off a page in memory: a marked cell is the same cell.

    Viewers draw such marks each in its own way, so that a file with them is never still (`verify.pdf.stillness`).
    """
    for index in reversed(range(pdfium.FPDFPage_GetAnnotCount(page))):
        annotation = pdfium.FPDFPage_GetAnnot(page, index)
        kind = pdfium.FPDFAnnot_GetSubtype(annotation) if annotation else None
        pdfium.FPDFPage_CloseAnnot(annotation)
        if kind in _MARKERS:
            pdfium.FPDFPage_RemoveAnnot(page, index)


def is_scan(page: pypdfium2.PdfPage) -> bool:
    """Whether most of the page is a picture: its text layer, if any, was guessed by a machine, not written."""
    count = pdfium.FPDFPage_CountObjects(page)
    area = _picture_area((pdfium.FPDFPage_GetObject(page, index) for index in range(min(count, _OBJECTS))), _NESTED)
    return area >= _SCANNED_PART * float(page.get_width() * page.get_height())


def _picture_area(objects: Iterator[Any], depth: int) -> float:
    """Square points that pictures cover; overlaps count twice."""
    area = 0.0
    for drawn in objects:
        kind = pdfium.FPDFPageObj_GetType(drawn)
        if kind == pdfium.FPDF_PAGEOBJ_IMAGE:
            area += _bounds_area(drawn)
        elif kind == pdfium.FPDF_PAGEOBJ_FORM and depth > 0:
            count = min(pdfium.FPDFFormObj_CountObjects(drawn), _OBJECTS)
            inside = (pdfium.FPDFFormObj_GetObject(drawn, index) for index in range(count))
            area += _enlargement(drawn) * _picture_area(inside, depth - 1)
    return area


def _bounds_area(drawn: Any) -> float:
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    if not pdfium.FPDFPageObj_GetBounds(drawn, left, bottom, right, top):
        return 0.0
    return abs((right.value - left.value) * (top.value - bottom.value))


def _enlargement(form: Any) -> float:
    """By how much a group enlarges areas: the determinant of its matrix."""
    matrix = pdfium.FS_MATRIX()
    if not pdfium.FPDFPageObj_GetMatrix(form, matrix):
        return 1.0
    return abs(float(matrix.a * matrix.d - matrix.b * matrix.c))
