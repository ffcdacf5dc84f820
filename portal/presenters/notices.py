"""Notices in words: what happened or waits, and the page where it is done or seen."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from portal.models import AmendmentState, CorrectionState, CustodyState, GrantState, NoticeKind, ReminderText
from portal.presenters.language import day_words, mark, say
from portal.presenters.progress import PROGRESS
from portal.presenters.rounds import address, number
from portal.services.notice_pages import NoticePage, NoticeView

NOTICES: Final = "/thong-bao"
_ACTS: Final = frozenset(
    {
        NoticeKind.PACKET_TO_SIGN,
        NoticeKind.PACKET_FAULTY,
        NoticeKind.UPLOAD_REFUSED,
        NoticeKind.ROUND_CLOSES,
        NoticeKind.ROUND_REMINDER,
        NoticeKind.CUSTODY_WAITS,
        NoticeKind.CUSTODY_LATE,
        NoticeKind.CORRECTION_WAITS,
        NoticeKind.LOCK_WAITS,
        NoticeKind.KEY_WAITS,
        NoticeKind.KEY_ENDS,
        NoticeKind.GRANT_ASKED,
    }
)
# `%(id)s`: the number that the notice is about.
_HREFS: Final[Mapping[NoticeKind, str]] = {
    NoticeKind.PACKET_TO_SIGN: "/goi-hoc-ba/%(id)s",
    NoticeKind.PACKET_FAULTY: "/goi-hoc-ba/%(id)s",
    NoticeKind.UPLOAD_REFUSED: "/goi-hoc-ba/nhap/%(id)s",
    NoticeKind.RECORDS_LOCKED: "/goi-hoc-ba",
    NoticeKind.ROUND_CLOSES: PROGRESS,
    NoticeKind.ROUND_REMINDER: PROGRESS,
    NoticeKind.CUSTODY_WAITS: "/chuyen-truong/%(id)s",
    NoticeKind.CUSTODY_LATE: "/chuyen-truong/%(id)s",
    NoticeKind.CUSTODY_ENDED: "/chuyen-truong/%(id)s",
    NoticeKind.CORRECTION_WAITS: "/sau-khi-chot/%(id)s",
    NoticeKind.CORRECTION_TOLD: "/sau-khi-chot/%(id)s",
    NoticeKind.LOCK_WAITS: "/chot-du-lieu/de-nghi/%(id)s",
    NoticeKind.KEY_WAITS: "/chung-thu/de-nghi/%(id)s",
    NoticeKind.KEY_ENDS: "/chung-thu/%(id)s",
    NoticeKind.GRANT_ASKED: "/cap-quyen/%(id)s",
    NoticeKind.GRANT_DECIDED: "/cap-quyen/%(id)s",
    NoticeKind.AMENDMENT_ANSWERED: "/yeu-cau-sua/%(id)s",
    NoticeKind.SHARE_OPENED: "/con-em",
    NoticeKind.SHARE_TAKEN: "/con-em",
    NoticeKind.CHILD_SEEN: "/con-em",
}
_WORDS: Final[Mapping[NoticeKind, str]] = {
    NoticeKind.PACKET_TO_SIGN: mark("Gói học bạ số %(id)s chờ bạn xem, ký và đóng dấu."),
    NoticeKind.UPLOAD_REFUSED: mark("Một tệp bạn gửi không đọc được. Xem vì sao và gửi lại."),
    NoticeKind.CUSTODY_WAITS: mark("Đơn chuyển trường số %(id)s chờ bạn trả lời."),
    NoticeKind.CORRECTION_WAITS: mark("Việc sau khi chốt số %(id)s chờ cán bộ thứ hai xác nhận."),
    NoticeKind.LOCK_WAITS: mark("Đề nghị chốt số %(id)s chờ cán bộ thứ hai xác nhận."),
    NoticeKind.KEY_WAITS: mark("Đề nghị về chứng thư số %(id)s chờ cán bộ thứ hai xác nhận."),
    NoticeKind.GRANT_ASKED: mark("Đề nghị cấp quyền xem học bạ số %(id)s chờ Sở quyết định."),
}
_OVER: Final[Mapping[NoticeKind, str]] = {
    NoticeKind.CORRECTION_WAITS: mark("Việc sau khi chốt số %(id)s không còn chờ xác nhận. Mở để xem kết quả."),
    NoticeKind.LOCK_WAITS: mark("Đề nghị chốt số %(id)s không còn chờ xác nhận. Mở để xem kết quả."),
    NoticeKind.KEY_WAITS: mark("Đề nghị về chứng thư số %(id)s không còn chờ xác nhận. Mở để xem kết quả."),
}
_FAULTS: Final = {
    "rows": mark("Gói học bạ số %(id)s có %(n)s dòng không được nhận. Sửa rồi gửi lại các dòng đó."),
    "signatures": mark("Gói học bạ số %(id)s có %(n)s chữ ký không được nhận. Xem vì sao rồi ký lại."),
}
_CUSTODY_ENDS: Final = {
    CustodyState.MOVED.value: mark("Đơn chuyển trường số %(id)s: hồ sơ đã chuyển."),
    CustodyState.REFUSED.value: mark("Đơn chuyển trường số %(id)s bị từ chối. Xem lý do để báo phụ huynh."),
    CustodyState.WITHDRAWN.value: mark("Đơn chuyển trường số %(id)s đã được rút."),
    CustodyState.CLOSED.value: mark("Đơn chuyển trường số %(id)s đã được Sở khép lại."),
}
_CUSTODY_OVER: Final = mark("Đơn chuyển trường số %(id)s đã kết thúc.")
_CORRECTIONS: Final = {
    CorrectionState.OPEN.value: mark("Việc sau khi chốt số %(id)s chờ trường gửi bản đã sửa."),
    CorrectionState.CONFIRMED.value: mark("Việc sau khi chốt số %(id)s đã được hai cán bộ xác nhận, sẽ có hiệu lực."),
    CorrectionState.EFFECTIVE.value: mark("Việc sau khi chốt số %(id)s đã có hiệu lực."),
}
_CORRECTION_OVER: Final = mark("Việc sau khi chốt số %(id)s đã khép lại, học bạ giữ nguyên.")
_GRANTS: Final = {
    GrantState.GIVEN.value: mark("Đề nghị xem học bạ số %(id)s đã được cấp."),
    GrantState.REFUSED.value: mark("Đề nghị xem học bạ số %(id)s không được cấp."),
}
_AMENDMENTS: Final = {
    AmendmentState.ACCEPTED.value: mark("Yêu cầu sửa học bạ số %(id)s đã được trường nhận, đang sửa."),
    AmendmentState.CORRECTING.value: mark("Yêu cầu sửa học bạ số %(id)s đã được Sở mở thành việc sau khi chốt."),
    AmendmentState.REFUSED.value: mark("Yêu cầu sửa học bạ số %(id)s bị từ chối. Xem lý do."),
    AmendmentState.DONE.value: mark("Yêu cầu sửa học bạ số %(id)s đã làm xong."),
}
_AMENDMENT_OVER: Final = mark("Yêu cầu sửa học bạ số %(id)s đã khép lại.")
_MISSING: Final = mark("Đợt %(round)s năm học %(year)s hết hạn ngày %(day)s: còn %(n)s học bạ chưa đủ chữ ký.")
_SILENT: Final = mark("Đợt %(round)s năm học %(year)s hết hạn ngày %(day)s: trường chưa gửi học bạ nào.")
_REMINDERS: Final = {
    ReminderText.DEADLINE.value: mark(
        "Sở nhắc: đợt %(round)s năm học %(year)s đến hết ngày %(day)s. Hãy gửi và ký số học bạ còn thiếu."
    ),
    ReminderText.LATE.value: mark(
        "Sở nhắc: đã hết hạn đợt %(round)s năm học %(year)s (%(day)s). Hãy gửi và ký ngay học bạ còn thiếu."
    ),
    ReminderText.SILENT.value: mark(
        "Sở nhắc: Sở chưa nhận học bạ nào của trường cho đợt %(round)s năm học %(year)s, hạn %(day)s."
    ),
    ReminderText.SIGNATURES.value: mark(
        "Sở nhắc: học bạ đợt %(round)s năm học %(year)s còn thiếu chữ ký số, hạn %(day)s."
    ),
}
_LATE: Final = mark("Đơn chuyển trường số %(id)s đã quá hạn trả lời ngày %(day)s.")
_LOCKED: Final = mark("Học bạ năm học %(year)s của trường đã được chốt và có hiệu lực.")
_KEY_ENDS: Final = mark("Chứng thư số %(id)s hết hạn ngày %(day)s. Xin chứng thư mới trước ngày đó.")
_SHARED: Final = mark("Liên kết chia sẻ học bạ của %(name)s đã được mở.")
_TAKEN: Final = mark("Tệp PDF học bạ của %(name)s đã được tải về qua liên kết chia sẻ của bạn.")
_SEEN: Final = mark("Học bạ của %(name)s đã được mở theo một quyền xem. Xem ai và để làm gì.")
_INSPECTED: Final = mark("Học bạ của %(name)s đã được cán bộ Sở mở xem. Xem ai và khi nào.")
_NO_LONGER: Final = mark("một em không còn gắn với tài khoản của bạn")


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """acts: somebody has to do something. name: of the button, for who does not see the line."""

    action: str
    words: str
    at: datetime
    read: bool
    acts: bool


@dataclass(frozen=True, slots=True)
class NoticesShown:
    """unread: in words, empty without one. newest: what "all read" goes up to."""

    rows: tuple[NoticeLine, ...]
    unread: str
    newest: int
    page: int
    pages: int
    previous: str
    next: str


def present_notices(found: NoticePage) -> NoticesShown:
    """The page of one's own notices."""

    def neighbour(wanted: int) -> str:
        return address(NOTICES, trang=wanted) if 1 <= wanted <= found.pages else ""

    return NoticesShown(
        rows=tuple(
            NoticeLine(f"{NOTICES}/{held.id}", sentence(held), held.at, held.read, held.kind in _ACTS and not held.over)
            for held in found.rows
        ),
        unread=say(mark("%(n)s thông báo chưa đọc."), {"n": number(found.unread)}) if found.unread else "",
        newest=found.newest,
        page=found.page,
        pages=found.pages,
        previous=neighbour(found.page - 1),
        next=neighbour(found.page + 1),
    )


def href_of(held: NoticeView) -> str:
    """Where a notice leads."""
    if held.code is not None:
        return f"/con-em/{held.code}"
    return _HREFS[held.kind] % {"id": held.subject}


def sentence(held: NoticeView) -> str:
    """What a notice says."""
    values = {"id": str(held.subject), "name": held.name or say(_NO_LONGER), **_values(held)}
    return say(_text(held), values)


def _text(held: NoticeView) -> str:
    """The sentence, which for some kinds depends on how it came."""
    if held.over:
        return _OVER[held.kind]
    first = held.detail.partition(" ")[0]
    told = {
        NoticeKind.PACKET_FAULTY: _FAULTS.get(first),
        NoticeKind.CUSTODY_ENDED: _CUSTODY_ENDS.get(held.detail, _CUSTODY_OVER),
        NoticeKind.CORRECTION_TOLD: _CORRECTIONS.get(held.detail, _CORRECTION_OVER),
        NoticeKind.GRANT_DECIDED: _GRANTS.get(held.detail),
        NoticeKind.AMENDMENT_ANSWERED: _AMENDMENTS.get(held.detail, _AMENDMENT_OVER),
        NoticeKind.ROUND_CLOSES: _SILENT if held.detail.endswith(" silent") else _MISSING,
        NoticeKind.ROUND_REMINDER: _REMINDERS.get(first),
        NoticeKind.CHILD_SEEN: _INSPECTED if held.detail == "department" else _SEEN,
    }
    return told.get(held.kind) or _PLAIN[held.kind]


_PLAIN: Final[Mapping[NoticeKind, str]] = {
    **_WORDS,
    NoticeKind.RECORDS_LOCKED: _LOCKED,
    NoticeKind.CUSTODY_LATE: _LATE,
    NoticeKind.KEY_ENDS: _KEY_ENDS,
    NoticeKind.SHARE_OPENED: _SHARED,
    NoticeKind.SHARE_TAKEN: _TAKEN,
}


def _values(held: NoticeView) -> dict[str, str]:
    """What the sentence takes from the detail."""
    parts = held.detail.split(" ")
    match held.kind:
        case NoticeKind.PACKET_FAULTY:
            return {"n": number(int(parts[1]))}
        case NoticeKind.RECORDS_LOCKED:
            return {"year": held.detail}
        case NoticeKind.CUSTODY_LATE | NoticeKind.KEY_ENDS:
            return {"day": _day(held.detail)}
        case NoticeKind.ROUND_CLOSES:
            missing = "" if parts[3] == "silent" else number(int(parts[3]))
            return {"year": parts[0], "round": parts[1], "day": _day(parts[2]), "n": missing}
        case NoticeKind.ROUND_REMINDER:
            return {"year": parts[1], "round": parts[2], "day": _day(parts[3])}
        case _:
            return {}


def reminder_words(text: str, school_year: str, round_number: int, last_day: date) -> str:
    """What a reminder with one of the texts will say."""
    values = {"year": school_year, "round": str(round_number), "day": day_words(last_day)}
    return say(_REMINDERS[text], values)


def _day(iso: str) -> str:
    return day_words(date.fromisoformat(iso))
