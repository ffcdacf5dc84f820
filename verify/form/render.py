"""Rendering: year records to a PDF/A-3a of the official form, with the box of each cell. Same input, same bytes.

Values reach the template as data (JSON), never as markup. One compiler a process holds fonts and template; a lock
guards it, because a compile changes its state and threads share it.
"""

import functools
import json
import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

import typst

from verify import limits
from verify.errors import LimitExceeded, MalformedRecord, Refusal, VerifyError
from verify.form import words
from verify.form.boxes import CORNERS, CellBox
from verify.form.excerpt import ExcerptSheet
from verify.form.letters import FONTS, printable
from verify.form.sections import Section, printable_alone
from verify.form.sheet import Sheet
from verify.record.model import YearRecord

__all__ = ["Attachment", "CellBox", "PrintContext", "Rendered", "render"]

_HERE: Final = Path(__file__).parent
OFFICIAL: Final = 1
# The same form with "BẢN TẬP HUẤN" in every margin: of instances that people learn with.
TRAINING: Final = 2
# Chosen parts of a record, and the same for training.
EXCERPT: Final = 3
TRAINING_EXCERPT: Final = 4
TEMPLATES: Final = {
    OFFICIAL: _HERE / "v1" / "form.typ",
    TRAINING: _HERE / "training" / "form.typ",
    EXCERPT: _HERE / "excerpt_v1" / "form.typ",
    TRAINING_EXCERPT: _HERE / "training" / "excerpt.typ",
}
EXCERPT_OF: Final = {OFFICIAL: EXCERPT, TRAINING: TRAINING_EXCERPT}


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file inside the PDF (ISO 19005-3 associated file). relationship: what it is to the document."""

    name: str
    media_type: str
    relationship: Literal["source", "data", "supplement", "alternative"]
    description: str
    data: bytes


@dataclass(frozen=True, slots=True)
class PrintContext:
    """What a print says beside the record; stored with each print, so that it can be rendered again.

    host_url: the only official address, scheme and host. system_name, owner_name: source system and its owner (Luật
    GDĐT 20/2023 Đ.12). sample: "DỮ LIỆU MẪU" on each page. preview: watermark, no QR. template: version of the form.
    summary: digits of the signed summary in the QR of a single year's pages, where the holder asked for it.
    extract: number of the extract that a print was issued as; every foot says it. sections: the parts that an extract
    holds, with a template of its own; None for the whole form.
    """

    host_url: str
    system_name: str
    owner_name: str
    sample: bool
    preview: bool
    template: int = OFFICIAL
    summary: str | None = None
    extract: str | None = None
    sections: tuple[Section, ...] | None = None


@dataclass(frozen=True, slots=True)
class Rendered:
    """A print. boxes: every cell of the form, empty ones too, in the order of the pages."""

    pdf: bytes
    boxes: tuple[CellBox, ...]
    pages: int


def render(
    years: Sequence[YearRecord],
    context: PrintContext,
    attachments: Sequence[Attachment] = (),
    origins: Sequence[words.Told] = (),
) -> Rendered:
    """Print the years of one pupil, oldest first: cover, civil data (both from the newest), a block for each year.

    origins: of years that the system before this one had locked, or that took another version's place; the foot of
    their pages says so.
    Fields of a year's cells carry the prefix `2025-2026/` when several years are printed. Raises
    MalformedRecord(BAD_SHAPE) for no year, several pupils, an unknown template, several years with a summary, or
    sections that no extract can have; LimitExceeded for a text or a print beyond `verify.limits`.
    """
    _check(years, context)
    told = {each.school_year: words.origin(each) for each in origins}
    sheet = _sheet(context, told)
    data = _metadata(years, context) | {"attachments": [_attached(each) for each in attachments]}
    pdf, corners = _press(context.template).print(data | sheet.data(years))
    boxes = sheet.cells.boxes(corners)
    pages = boxes[-1].page + 1  # every page has a footer
    if pages > limits.DOCUMENT_PAGES:
        raise LimitExceeded(Refusal.TOO_MANY_PAGES, "form")
    return Rendered(pdf, boxes, pages)


def _check(years: Sequence[YearRecord], context: PrintContext) -> None:
    if len({year.lookup_code for year in years}) != 1:
        raise MalformedRecord(Refusal.BAD_SHAPE, "years")
    if context.template not in TEMPLATES:
        raise MalformedRecord(Refusal.BAD_SHAPE, "template")
    if context.summary is not None and len(years) != 1:
        raise MalformedRecord(Refusal.BAD_SHAPE, "summary")
    if (context.sections is not None) != (context.template in EXCERPT_OF.values()):
        raise MalformedRecord(Refusal.BAD_SHAPE, "sections")
    if context.sections is not None and not _is_extract(context, context.sections):
        raise MalformedRecord(Refusal.BAD_SHAPE, "sections")


def _is_extract(context: PrintContext, sections: Collection[Section]) -> bool:
    """A summary would tell marks that the extract leaves out, and of what is not locked there is none."""
    issued = context.extract is not None and context.summary is None and not context.preview
    return issued and printable_alone(sections)


def _sheet(context: PrintContext, told: Mapping[str, str]) -> Sheet:
    source = _source(context)
    if context.sections is None or context.extract is None:
        return Sheet(context.host_url, source, context.preview, told, context.summary)
    return ExcerptSheet(context.host_url, source, told, context.extract, context.sections)


def _source(context: PrintContext) -> str:
    # First, so that no line ends within the number: a hyphen there is none in the text of the page.
    part = ", chỉ gồm các phần ghi ở trang đầu" if context.sections is not None else ""
    issued = f"Trích lục số {context.extract}{part}. " if context.extract is not None else ""
    return (
        f"{issued}Bản in từ {context.system_name}, do {context.owner_name} quản lý. "
        f"Địa chỉ tra cứu, kiểm tra chính thức duy nhất: {context.host_url}"
    )


def _metadata(years: Sequence[YearRecord], context: PrintContext) -> dict[str, Any]:
    newest = years[-1]
    day = words.document_day(newest)
    kind = "Học bạ" if context.sections is None else "Trích lục học bạ"
    span = newest.school_year if len(years) == 1 else f"{years[0].school_year} – {newest.school_year}"
    return {
        "title": printable(f"{kind} cấp tiểu học – {newest.full_name} – {span}"),
        "author": printable(newest.issuing_school.name),
        "day": {"year": day.year, "month": day.month, "day": day.day},
        "sample": context.sample or any(year.sample for year in years),
        "preview": context.preview,
    }


def _attached(attachment: Attachment) -> dict[str, Any]:
    try:
        data: str | list[int] = attachment.data.decode("utf-8")
    except UnicodeDecodeError:
        data = list(attachment.data)
    return {
        "name": attachment.name,
        "media_type": attachment.media_type,
        "relationship": attachment.relationship,
        "description": attachment.description,
        "data": data,
    }


class _Press:
    """One compiler with its fonts. A second query of the same document uses the layout of the first compile again."""

    def __init__(self, template: Path) -> None:
        fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS])
        self._compiler = typst.Compiler(template, root=_HERE, font_paths=fonts)
        self._lock = threading.Lock()

    def print(self, data: dict[str, Any]) -> tuple[bytes, str]:
        """The PDF, and the corners of its cells."""
        inputs = {"form": json.dumps(data, ensure_ascii=False)}
        day = datetime(**data["day"], tzinfo=UTC)
        with self._lock:
            try:
                pdf = self._compiler.compile(format="pdf", sys_inputs=inputs, pdf_standards=["a-3a"], timestamp=day)
                corners = self._compiler.eval(CORNERS)
            except (typst.TypstError, ValueError, RuntimeError) as error:
                raise MalformedRecord(Refusal.BAD_SHAPE, "form") from error
        if not isinstance(pdf, bytes):
            raise VerifyError(Refusal.BAD_SHAPE, "form")
        return pdf, corners


@functools.cache
def _press(template: int) -> _Press:
    return _Press(TEMPLATES[template])
