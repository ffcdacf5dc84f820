"""A hand-over at the transfer desk: how far it is, its rows with exceptions first, and the lists made of it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from portal.models import BatchState, ItemKind, ItemOutcome, Job, JobState, TransferBatch, TransferItem
from portal.presenters.language import mark, moment_words, say
from portal.presenters.past_verdict import PAGES
from portal.presenters.tones import Tone
from portal.presenters.transfer_words import OUTCOMES, part_words, said
from portal.services import transfers
from portal.services.transfer_minutes import Minutes
from verify.record.labels import label_of

DESK: Final = "/tiep-nhan"
_KINDS: Final = {
    ItemKind.PDF: mark("Tệp PDF"),
    ItemKind.PHOTO: mark("Ảnh"),
    ItemKind.CODE: mark("Mã số"),
    ItemKind.OTHER: mark("Tệp khác"),
}
_FAILED: Final = mark("Việc kiểm tra bị ngắt ở phía hệ thống; các dòng đã có kết quả vẫn được giữ.")
_RUNNING: Final = mark("Đang kiểm tra từng dòng.")


@dataclass(frozen=True, slots=True)
class Row:
    """One row. part: that the file is an extract, also said in `why`; or empty.

    exception: needs a person; handled: was ticked off. verdict_href: the stored verdict, or None.
    """

    position: int
    anchor: str
    kind: str
    label: str
    title: str
    tone: Tone
    why: str
    part: str
    advice: str
    pupil: str
    school: str
    year: str
    cells: tuple[str, ...]
    verdict_number: str | None
    verdict_href: str | None
    exception: bool
    handled: bool


@dataclass(frozen=True, slots=True)
class Tally:
    """How many rows have one outcome."""

    title: str
    count: int


@dataclass(frozen=True, slots=True)
class BatchPage:
    """rows: exceptions first. left: exceptions that nobody ticked off yet. next_position: where the reader goes on."""

    href: str
    number: str
    created_at: datetime
    expires_at: datetime
    finished_at: datetime | None
    grade: int | None
    good: int
    exceptions: int
    left: int
    tallies: tuple[Tally, ...]
    rows: tuple[Row, ...]
    root: str | None
    next_position: int | None


@dataclass(frozen=True, slots=True)
class DeskProgress:
    """running: ask again. failed: it ended without success."""

    href: str
    running: bool
    failed: bool
    words: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class BatchLine:
    """A hand-over in the list of the person's own."""

    href: str
    number: str
    created_at: datetime
    words: str


def number_of(batch: TransferBatch) -> str:
    """Under which number a person finds a hand-over: `TN-000012`."""
    return f"TN-{batch.id:06d}"


def present_line(batch: TransferBatch) -> BatchLine:
    if batch.state == BatchState.DONE:
        values = {"good": str(batch.good), "exceptions": str(batch.exceptions)}
        words = say(mark("%(good)s dòng dùng được, %(exceptions)s dòng cần xem"), values)
    else:
        words = say(mark("đang kiểm tra"))
    return BatchLine(f"{DESK}/{batch.id}", number_of(batch), batch.created_at, words)


def present_progress(batch: TransferBatch, done: int, total: int, job: Job | None) -> DeskProgress:
    failed = job is not None and not job.is_open and job.state != JobState.DONE
    words = say(_FAILED if failed else _RUNNING)
    return DeskProgress(f"{DESK}/{batch.id}", not failed, failed, words, done, total)


def present_batch(batch: TransferBatch, items: Sequence[TransferItem], next_position: int | None) -> BatchPage:
    """The result page. next_position: the row that gets the keyboard; None: the first exception that is left."""
    ordered = transfers.exceptions_first(items)
    open_ones = [item.position for item in ordered if transfers.is_open_exception(item)]
    counts = Counter(item.outcome for item in ordered)
    return BatchPage(
        href=f"{DESK}/{batch.id}",
        number=number_of(batch),
        created_at=batch.created_at,
        expires_at=batch.expires_at,
        finished_at=batch.finished_at,
        grade=batch.grade,
        good=batch.good,
        exceptions=batch.exceptions,
        left=len(open_ones),
        tallies=tuple(
            Tally(say(OUTCOMES[outcome].title, {"of": "…"}), counts[outcome.value])
            for outcome in ItemOutcome
            if counts[outcome.value]
        ),
        rows=tuple(present_row(item) for item in ordered),
        root=batch.root,
        next_position=next_position if next_position is not None else next(iter(open_ones), None),
    )


def present_row(item: TransferItem) -> Row:
    """One answered row."""
    outcome = ItemOutcome(item.outcome or ItemOutcome.NOT_CHECKED)
    detail = item.detail or {}
    words = said(outcome, detail)
    line = detail.get("line")
    label = item.label or say(mark("Mã đã dán"))
    return Row(
        position=item.position,
        anchor=f"dong-{item.position}",
        kind=say(_KINDS[ItemKind(item.kind)]),
        label=say(mark("%(label)s, dòng %(line)s"), {"label": label, "line": str(line)}) if line else label,
        title=words.title,
        tone=words.tone,
        why=words.why,
        part=part_words(detail),
        advice=words.advice,
        pupil=item.masked_name or "",
        school=item.school_name or "",
        year=_year(item),
        cells=tuple(_cell(field) for field in detail.get("cells", ())),
        verdict_number=item.verdict_number,
        verdict_href=f"{PAGES}/{item.verdict_number}" if item.verdict_number is not None else None,
        exception=outcome not in transfers.GOOD,
        handled=item.handled_at is not None,
    )


def _year(item: TransferItem) -> str:
    if item.school_year is None:
        return ""
    values = {"year": item.school_year, "grade": str(item.grade or "…"), "version": str(item.version or "…")}
    return say(mark("%(year)s, khối %(grade)s, bản số %(version)s"), values)


def _cell(field: str) -> str:
    year, _, path = field.rpartition("/")
    return f"{label_of(path)} ({year})" if year else label_of(path)


HEADINGS: Final = (
    mark("STT"),
    mark("Tệp hoặc mã"),
    mark("Loại"),
    mark("Học sinh (tên đã che)"),
    mark("Trường"),
    mark("Năm học"),
    mark("Kết quả"),
    mark("Vì sao"),
    mark("Nên làm gì"),
    mark("Ô khác"),
    mark("Số kết quả"),
    mark("Đã xem"),
)


def export_rows(items: Sequence[TransferItem]) -> list[list[str]]:
    """Rows of the table file, in the order in which they were handed over."""
    return [
        [
            *(str(row.position), row.label, row.kind, row.pupil, row.school, row.year, row.title, row.why, row.advice),
            "; ".join(row.cells),
            row.verdict_number or "",
            say(mark("đã xem")) if row.handled else "",
        ]
        for row in map(present_row, items)
    ]


def export_notes(batch: TransferBatch) -> list[str]:
    """Lines below the table: which hand-over, and the root that its minutes name."""
    return [
        say(mark("Lượt tiếp nhận %(number)s."), {"number": number_of(batch)}),
        say(mark("Gốc Merkle của các kết quả: %(root)s."), {"root": batch.root or "…"}),
    ]


def present_minutes(batch: TransferBatch, items: Sequence[TransferItem], unit: str, person: str, url: str) -> Minutes:
    """What the minutes say."""
    page = present_batch(batch, items, None)
    rows = [present_row(item) for item in items]
    return Minutes(
        title=say(mark("Biên bản kiểm tra hồ sơ chuyển trường")),
        facts=[
            (say(mark("Số:")), page.number),
            (say(mark("Nơi tiếp nhận:")), unit),
            (say(mark("Người thực hiện:")), person),
            (say(mark("Nhận lúc:")), _moment(batch.created_at)),
            (say(mark("Kiểm tra xong lúc:")), _moment(batch.finished_at)),
            (say(mark("Khối đã học xong:")), str(batch.grade) if batch.grade else say(mark("không kiểm tra"))),
            (say(mark("Gốc Merkle (SHA-256):")), batch.root or ""),
        ],
        counted=say(
            mark("%(good)s dòng dùng được, %(exceptions)s dòng cần xem"),
            {"good": str(batch.good), "exceptions": str(batch.exceptions)},
        ),
        tallies=[(tally.title, str(tally.count)) for tally in page.tallies],
        listed=say(mark("Từng dòng")),
        rows=[
            (
                str(row.position),
                row.label,
                " · ".join(part for part in (row.pupil, row.year) if part),
                row.title,
                row.verdict_number or "",
            )
            for row in rows
        ],
        notes=[
            say(mark("Tên tệp do người gửi đặt. Tên học sinh được che; tệp đã gửi bị xóa ngay khi có kết quả.")),
            say(
                mark("Kết quả nói về từng tệp vào lúc kiểm tra; xem lại theo số kết quả tại %(url)s/kiem-tra/ket-qua."),
                {"url": url},
            ),
        ],
        footer=say(mark("%(number)s, kiểm tra tại %(url)s"), {"number": page.number, "url": url}),
    )


def _moment(value: datetime | None) -> str:
    if value is None:
        return ""
    return moment_words(value)
