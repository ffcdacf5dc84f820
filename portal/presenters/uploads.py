"""An uploaded class: how far it is, every fault at its cell, and what confirming it would do."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from portal.models import Job, JobKind, JobMessage, JobState, Upload, UploadState
from portal.presenters.columns import ColumnSummary, columns_of
from portal.presenters.language import mark, say
from portal.presenters.refusals import refusal_sentence
from portal.presenters.signatures import RoleLine, SignatureFault, faults_of, roles_of, signers_of
from portal.presenters.states import state_words
from portal.services.arrivals import Chain
from portal.services.changes import Change
from portal.services.comparison import ComparedRow, Comparison, Kind
from portal.services.judged_store import JudgedUpload
from portal.services.uploads import WAITS, refusal_of
from verify.errors import VerifyError
from verify.record.findings import Finding, FindingCode, Severity
from verify.record.labels import label_of

UPLOADS: Final = "/goi-hoc-ba/nhap"
# Whoever has more faulty rows mends the file; the marked copy shows them all.
ROWS_SHOWN: Final = 200

_KINDS: Final = {
    Kind.NEW: mark("Mới"),
    Kind.REPLACED: mark("Thay bản cũ"),
    Kind.SIGNED: mark("Thêm chữ ký"),
    Kind.UNCHANGED: mark("Không đổi"),
    Kind.FAULTY: mark("Có lỗi"),
}
MESSAGES: Final = {
    JobMessage.WAITING: mark("Đang chờ đến lượt."),
    JobMessage.READING: mark("Đang mở và đọc tệp."),
    JobMessage.JUDGING: mark("Đang kiểm tra từng dòng theo Thông tư 27/2020."),
    JobMessage.PREPARING: mark("Đang chuẩn bị các dòng đã xác nhận."),
    JobMessage.STORING: mark("Đang lưu."),
    JobMessage.LOCKING: mark("Đang chốt."),
    JobMessage.GATHERING: mark("Đang tập hợp học bạ đã chốt."),
    JobMessage.AUDITING: mark("Đang kiểm từng học bạ."),
    JobMessage.FINISHED: mark("Đã xong."),
    JobMessage.REFUSED: mark("Không đọc được tệp."),
    JobMessage.CHANGED: mark(
        "Dữ liệu của lớp đã thay đổi từ lúc bạn xem, nên chưa nhận dòng nào. Xem lại kết quả dưới đây rồi xác nhận "
        "lần nữa."
    ),
    JobMessage.OUR_FAULT: mark("Hệ thống gặp sự cố khi xử lý tệp; tệp của bạn không có lỗi gì và vẫn được giữ."),
    JobMessage.GAVE_UP: mark("Việc xử lý bị ngắt nhiều lần nên đã dừng lại; tệp vẫn được giữ, chưa có gì được lưu."),
    JobMessage.CANCELLED: mark("Việc này đã được hủy."),
}
_EXPIRED: Final = mark("Sau 7 ngày không được xác nhận, tệp đã bị xóa và chưa có gì được lưu. Hãy gửi lại tệp.")
_DISCARDED: Final = mark("Tệp này đã được bỏ theo yêu cầu, chưa có gì được lưu. Nếu cần, hãy gửi lại tệp.")
_LABELS: Final = {
    "issuing_school.name": mark("Tên trường"),
    "issuing_school.code": mark("Mã trường"),
    "issuing_school.commune": mark("Xã, phường"),
    "issuing_school.district": mark("Huyện"),
    "issuing_school.province": mark("Tỉnh"),
    "issuing_school.head_name": mark("Người đứng đầu trường"),
    "issuing_school.head_title": mark("Chức danh người đứng đầu"),
    "programme_completed_text": mark("Hoàn thành chương trình (lời ghi)"),
    "promoted_text": mark("Lên lớp (lời ghi)"),
    "sample": mark("Dữ liệu mẫu"),
}


@dataclass(frozen=True, slots=True)
class UploadHead:
    """What stands above every page of an upload. waits_until: when the file is forgotten."""

    upload_id: int
    file_name: str
    school_year: str
    waits_until: datetime
    href: str


@dataclass(frozen=True, slots=True)
class Progress:
    """running: ask again. failed: it ended without success. taking: confirmed rows, not a file that is checked.

    done of total: rows; total 0: not known yet.
    """

    running: bool
    failed: bool
    words: str
    done: int
    total: int
    taking: bool = False


@dataclass(frozen=True, slots=True)
class Closed:
    """A file that is no longer there. refused: it could not be read."""

    title: str
    words: str
    refused: bool


@dataclass(frozen=True, slots=True)
class Fault:
    """One finding at its cell. cell: `K10`; column_known: False where the file has no such column."""

    sheet: str
    cell: str
    column_known: bool
    message: str


@dataclass(frozen=True, slots=True)
class RowFaults:
    row: int
    name: str
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class DoubtGroup:
    """Warnings of one kind. rows: each with its words."""

    title: str
    count: int
    rows: tuple[RowFaults, ...]


@dataclass(frozen=True, slots=True)
class RowLine:
    """A row in the list of good ones. preview: its printed form. signers: who signed it, in an XML packet."""

    row: int
    name: str
    kind: str
    preview: str
    signers: str


@dataclass(frozen=True, slots=True)
class Report:
    """What was found in a file. hidden: faulty rows beyond those that are shown. notice: why it is shown again.

    roles: of an XML packet, who has signed and who has not yet; empty for a workbook. ready: how many have every
    signature that a lock needs.
    """

    head: UploadHead
    class_name: str
    grade: int
    total: int
    good: int
    faulty: int
    doubtful: int
    columns: tuple[ColumnSummary, ...]
    rows: tuple[RowFaults, ...]
    hidden: int
    doubts: tuple[DoubtGroup, ...]
    file_doubts: tuple[str, ...]
    clean: tuple[RowLine, ...]
    notice: str | None
    roles: tuple[RoleLine, ...]
    ready: int


@dataclass(frozen=True, slots=True)
class ChangeLine:
    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Replacement:
    """A record that gets a new version. state: of the one that it replaces, in words."""

    row: int
    name: str
    state: str
    version: int
    changes: tuple[ChangeLine, ...]
    preview: str


@dataclass(frozen=True, slots=True)
class Absent:
    name: str
    state: str


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What confirming would do. new_codes: of the new ones, pupils without any record yet.

    signed: records that get more signatures. xml: an XML packet. ready: records that are accepted at once. short: those
    that somebody signed, and that still lack a signature.
    """

    head: UploadHead
    class_name: str
    grade: int
    good: int
    faulty: int
    new: tuple[RowLine, ...]
    new_codes: int
    replaced: tuple[Replacement, ...]
    unchanged: int
    absent: tuple[Absent, ...]
    left_out: tuple[RowFaults, ...]
    seen: str
    choice: str
    xml: bool
    signed: tuple[RowLine, ...]
    ready: int
    short: int


def head_of(upload: Upload) -> UploadHead:
    return UploadHead(
        upload.id, upload.file_name, upload.school_year, upload.created_at + WAITS, f"{UPLOADS}/{upload.id}"
    )


def present_progress(job: Job | None) -> Progress:
    """How far the newest job is; None: nothing runs, and nothing will."""
    if job is None:
        return Progress(False, True, say(MESSAGES[JobMessage.OUR_FAULT]), 0, 0)
    failed = job.state in (JobState.FAILED, JobState.CANCELLED)
    taking = job.kind == JobKind.UPLOAD_TAKE
    return Progress(job.is_open, failed, say(MESSAGES[JobMessage(job.message)]), job.done, job.total, taking)


def present_closed(upload: Upload) -> Closed:
    """Why nothing waits here any more, and what to do."""
    refused = refusal_of(upload)
    if refused is not None:
        words = refusal_sentence(refused) if isinstance(refused, VerifyError) else refused.message
        return Closed(say(mark("Không đọc được tệp")), words, refused=True)
    if upload.state == UploadState.EXPIRED:
        return Closed(say(mark("Tệp đã hết hạn chờ")), say(_EXPIRED), refused=False)
    return Closed(say(mark("Tệp đã được bỏ")), say(_DISCARDED), refused=False)


def present_report(upload: Upload, job: Job | None, comparison: Comparison, held: JudgedUpload) -> Report:
    faulty = comparison.of(Kind.FAULTY)
    changed = job is not None and job.message == JobMessage.CHANGED
    return Report(
        head=head_of(upload),
        class_name=comparison.class_name,
        grade=comparison.grade,
        total=len(comparison.rows),
        good=comparison.good,
        faulty=len(faulty),
        doubtful=sum(any(_doubts(row)) for row in comparison.rows),
        columns=tuple(columns_of(faulty, held)),
        rows=_rows(faulty[:ROWS_SHOWN], held, Severity.ERROR),
        hidden=max(0, len(faulty) - ROWS_SHOWN),
        doubts=tuple(_doubt_groups(comparison.rows, held)),
        file_doubts=tuple(found.message for found in comparison.findings),
        clean=tuple(_line(upload, row) for row in comparison.rows if row.kind is not Kind.FAULTY),
        notice=say(MESSAGES[JobMessage.CHANGED]) if changed else None,
        roles=roles_of([(row.name, row.chain) for row in comparison.rows if row.chain is not None]),
        ready=sum(
            row.chain.complete for row in comparison.rows if row.chain is not None and row.kind is not Kind.FAULTY
        ),
    )


def present_confirmation(upload: Upload, comparison: Comparison, held: JudgedUpload) -> Confirmation:
    faulty = comparison.of(Kind.FAULTY)
    new = comparison.of(Kind.NEW)
    return Confirmation(
        head=head_of(upload),
        class_name=comparison.class_name,
        grade=comparison.grade,
        good=comparison.good,
        faulty=len(faulty),
        new=tuple(_line(upload, row) for row in new),
        new_codes=sum(row.code is None for row in new),
        replaced=tuple(_replacement(upload, row) for row in comparison.of(Kind.REPLACED)),
        unchanged=len(comparison.of(Kind.UNCHANGED)),
        absent=tuple(Absent(each.name, state_words(each.state)) for each in comparison.absent),
        left_out=_rows(faulty[:ROWS_SHOWN], held, Severity.ERROR),
        seen=comparison.digest,
        choice="good" if faulty else "all",
        xml=bool(held.arrivals),
        signed=tuple(_line(upload, row) for row in comparison.of(Kind.SIGNED)),
        ready=sum(chain.complete for chain in _written(comparison)),
        short=sum(bool(chain.signatures) and not chain.complete for chain in _written(comparison)),
    )


def _written(comparison: Comparison) -> list[Chain]:
    """The signatures that come with what would be written."""
    rows = (row for row in comparison.rows if row.kind not in (Kind.FAULTY, Kind.UNCHANGED))
    return [row.chain for row in rows if row.chain is not None]


def _line(upload: Upload, row: ComparedRow) -> RowLine:
    preview = f"{UPLOADS}/{upload.id}/dong/{row.row}.pdf"
    return RowLine(row.row, row.name, say(_KINDS[row.kind]), preview, signers_of(row.chain))


def _replacement(upload: Upload, row: ComparedRow) -> Replacement:
    return Replacement(
        row=row.row,
        name=row.name,
        state=state_words(row.state) if row.state is not None else "",
        version=row.version or 0,
        changes=tuple(_change(change) for change in row.changes),
        preview=f"{UPLOADS}/{upload.id}/dong/{row.row}.pdf",
    )


def _change(change: Change) -> ChangeLine:
    label = say(_LABELS[change.path]) if change.path in _LABELS else label_of(change.path)
    return ChangeLine(label, change.before, change.after)


def _rows(rows: Sequence[ComparedRow], held: JudgedUpload, severity: Severity) -> tuple[RowFaults, ...]:
    return tuple(
        RowFaults(
            row.row,
            row.name,
            (
                *(_fault(held, row.row, found) for found in row.findings if found.severity is severity),
                *(Fault("", "", False, fault.message) for fault in _refusing(row)),
            ),
        )
        for row in rows
    )


def _refusing(row: ComparedRow) -> list[SignatureFault]:
    """What refuses a row among its signatures."""
    return [fault for fault in faults_of(row.chain) if fault.refuses]


def _fault(held: JudgedUpload, row: int, found: Finding) -> Fault:
    place = held.place(row, found.field)
    if place is None:
        return Fault("", "", False, found.message)
    return Fault(place.sheet, place.reference, place.exact, found.message)


def _doubts(row: ComparedRow) -> Iterator[Finding]:
    """Points to confirm; that a pupil is new is told once, where it is confirmed."""
    for found in row.findings:
        if found.severity is Severity.WARNING and found.code is not FindingCode.NEW_PUPIL:
            yield found


def _doubt_groups(rows: Sequence[ComparedRow], held: JudgedUpload) -> Iterator[DoubtGroup]:
    found: dict[tuple[str, FindingCode], list[RowFaults]] = defaultdict(list)
    for row in rows:
        for each in _doubts(row):
            found[each.field, each.code].append(RowFaults(row.row, row.name, (_fault(held, row.row, each),)))
    for (field, _code), places in sorted(found.items(), key=lambda item: -len(item[1])):
        yield DoubtGroup(label_of(field), len(places), tuple(places[:ROWS_SHOWN]))
