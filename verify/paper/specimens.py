"""How each legal value of a mark or level cell looks: drawn once by the real template, far finer than any photo.

A value stands in the middle of its cell, whatever the row's height, so one drawing serves every cell of its kind: it is
laid at the exact place, to a ninth of a pixel, and averaged down. Marks and levels of subjects share a size and a face.
"""

import functools
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from verify.form.boxes import CellBox
from verify.form.render import EXCERPT_OF, PrintContext, render
from verify.form.sections import Section
from verify.paper.pages import DOTS_PER_INCH
from verify.pdf.opening import opened, page_of
from verify.record.model import IssuingSchool, SubjectResult, TraitResult, YearRecord
from verify.record.vocabulary import (
    QUALITIES,
    SUBJECTS,
    Gender,
    OverallResult,
    SubjectLevel,
    TraitLevel,
)

Drawing = NDArray[np.float32]

MARKS: Final = tuple(str(mark) for mark in range(1, 11))
# A specimen's pixels for each pixel of a page.
FINE: Final = 9
# Millimetres around the middle of a cell that hold the widest value ("10", 4.1 mm) and its blur.
_HALF_WIDTH: Final = 4.0
_HALF_HEIGHT: Final = 2.7
_SCALE: Final = DOTS_PER_INCH * FINE / 72
_MM: Final = 72 / 25.4


@dataclass(frozen=True, slots=True)
class Kind:
    """A sort of cell. values: what may stand in it; the empty text is an empty cell."""

    name: str
    values: tuple[str, ...]


# Wider than the rules of a grade allow: a mark in a subject without marks is read as such, not as dirt.
SCORE: Final = Kind("score", ("", *MARKS))
SUBJECT_LEVEL: Final = Kind("subject_level", ("", *(level.value for level in SubjectLevel)))
TRAIT_LEVEL: Final = Kind("trait_level", ("", *(level.value for level in TraitLevel)))


def kind_of(field: str) -> Kind | None:
    """The sort of a mark or level cell by its path, with or without the year before it; None for any other cell."""
    path = field.rpartition("/")[2]
    section, _, rest = path.partition(".")
    part = rest.rpartition(".")[2]
    if section == "subjects":
        return {"score": SCORE, "level": SUBJECT_LEVEL}.get(part)
    return TRAIT_LEVEL if section in {"qualities", "competences"} and part == "level" else None


@functools.cache
def specimens(template: int) -> dict[tuple[str, str], Drawing]:
    """By kind and value: darkness 0 to 1 around the middle of the cell, `FINE` times as fine as a page."""
    years = _years()
    drawn: dict[tuple[str, str], Drawing] = {}
    for year in years:
        printed = render([year], _context(template))
        with opened(printed.pdf) as document:
            for box in printed.boxes:
                kind = kind_of(box.field)
                if kind is None or not box.text or (kind.name, box.text) in drawn:
                    continue
                with page_of(document, box.page) as page:
                    width, height = page.get_size()
                    bitmap = page.render(scale=_SCALE, crop=_margins(box, width, height), grayscale=True)
                    grey = bitmap.to_numpy().reshape(bitmap.height, -1)[:, : bitmap.width]
                    drawn[kind.name, box.text] = (1 - grey.astype(np.float32) / 255).copy()
                    bitmap.close()
    return drawn


def place(specimen: Drawing, middle: tuple[float, float], shape: tuple[int, int]) -> Drawing:
    """A specimen on blank paper of a shape (rows, columns), its middle at (x, y), all in pixels of a page."""
    height, width = specimen.shape
    down, right = (middle[1] * FINE - height / 2), (middle[0] * FINE - width / 2)
    top, left = round(down), round(right)
    fine = np.zeros((shape[0] * FINE, shape[1] * FINE), dtype=np.float32)
    rows = slice(max(0, top), min(fine.shape[0], top + height))
    columns = slice(max(0, left), min(fine.shape[1], left + width))
    fine[rows, columns] = specimen[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
    return np.asarray(cv2.resize(fine, (shape[1], shape[0]), interpolation=cv2.INTER_AREA), np.float32)


def _margins(box: CellBox, width: float, height: float) -> tuple[float, float, float, float]:
    """What pdfium cuts off a page (left, bottom, right, top) to leave the middle of a cell."""
    x, y = (box.box[0] + box.box[2]) / 2, (box.box[1] + box.box[3]) / 2
    across, down = _HALF_WIDTH * _MM, _HALF_HEIGHT * _MM
    return x - across, height - y - down, width - x - across, y - down


_CONTEXT: Final = PrintContext("https://mau.invalid", "dữ liệu mẫu", "dữ liệu mẫu", sample=True, preview=False)

_NUMBER: Final = "TL-0000-0000-0000"


def _context(template: int) -> PrintContext:
    if template not in EXCERPT_OF.values():
        return replace(_CONTEXT, template=template)
    return replace(_CONTEXT, template=template, extract=_NUMBER, sections=(Section.MARKS, Section.TRAITS))


def _years() -> tuple[YearRecord, ...]:
    """Records that hold every value once: an invented pupil, who is nobody."""
    levels, traits = tuple(SubjectLevel), tuple(TraitLevel)
    subjects = {
        subject.code: SubjectResult(levels[number % len(levels)], number % 10 + 1)
        for number, subject in enumerate(SUBJECTS)
    }
    qualities = {trait.code: TraitResult(traits[number % len(traits)]) for number, trait in enumerate(QUALITIES)}
    record = YearRecord(
        lookup_code="0" * 32,
        school_year="2025-2026",
        grade=5,
        class_name="5A",
        full_name="Dữ Liệu Mẫu",
        gender=Gender.FEMALE,
        birth_date=date(2015, 1, 1),
        issuing_school=IssuingSchool("MAU", "Dữ liệu mẫu"),
        subjects=subjects,
        qualities=qualities,
        competences={},
        overall_result=OverallResult.COMPLETED,
        programme_completed=True,
        sample=True,
    )
    return (record,)
