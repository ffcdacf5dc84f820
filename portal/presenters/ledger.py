"""The ledger of looks in words: for who searches it, for the family whose record it is, and as a file."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from portal.presenters.account_acts import ACCOUNT_ACTIONS
from portal.presenters.extracts import section_words
from portal.presenters.grant_words import PURPOSES, purpose_words
from portal.presenters.language import day_words, mark, moment_words, say
from portal.presenters.tones import Tone
from portal.services.access import OPERATOR, Action, Outcome
from portal.services.extracts import SECTIONS
from portal.services.ledger import Broken, Found, Look, Verified
from portal.services.ledger_heads import Contradiction, HeadFlaw, HeadsChecked
from portal.services.subject_requests import REQUEST
from verify.code import grouped
from verify.form.sections import Section

ACTIONS: Final[Mapping[str, str]] = {
    **ACCOUNT_ACTIONS,
    Action.RECORD_READ: mark("Xem học bạ"),
    Action.RECORD_PRINT: mark("Tải bản in"),
    Action.RECORD_CHECK: mark("So một tệp hoặc một bản giấy với học bạ"),
    Action.REPORT_MAKE: mark("Lập báo cáo gửi Bộ"),
    Action.REPORT_DOWNLOAD: mark("Tải báo cáo gửi Bộ"),
    Action.RECORDS_EXPORT: mark("Xuất dữ liệu học bạ"),
    Action.LEDGER_SEARCH: mark("Tìm trong nhật ký truy cập"),
    Action.LEDGER_EXPORT: mark("Xuất nhật ký truy cập"),
    Action.GUARDIANS_READ: mark("Xem hoặc mời người giám hộ"),
    Action.CUSTODY_REQUEST: mark("Tìm học sinh để lập đơn chuyển trường"),
    Action.CUSTODY_READ: mark("Xem đơn chuyển trường"),
    Action.AMENDMENT_READ: mark("Xem yêu cầu sửa học bạ"),
    Action.SUBJECT_REQUEST: mark("Gửi yêu cầu về dữ liệu cá nhân"),
    Action.SUBJECT_READ: mark("Xem yêu cầu về dữ liệu cá nhân"),
    Action.SUBJECT_ANSWER: mark("Trả lời yêu cầu về dữ liệu cá nhân"),
    Action.SUBJECT_END: mark("Rút yêu cầu, hoặc bỏ hạn chế dữ liệu cá nhân"),
    Action.SUBJECT_COPY: mark("Tải bản sao toàn bộ dữ liệu"),
}
_OTHER: Final = mark("Một việc khác trên học bạ")
_ROLES: Final[Mapping[str, str]] = {
    "clerk": mark("văn thư"),
    "head": mark("hiệu trưởng"),
    "department_admin": mark("quản trị của Sở"),
    "auditor": mark("kiểm toán viên"),
    "monitor": mark("cán bộ theo dõi"),
    "ministry": mark("cán bộ của Bộ"),
    "guardian": mark("người giám hộ"),
}
_LEAVES: Final[Mapping[str, str]] = {
    "grant": mark("quyền được cấp số %(number)s"),
    "share": mark("đường dẫn chia sẻ %(number)s"),
    "print": mark("bản in và ngày sinh"),
}
_PARTS: Final[Mapping[str, str]] = {
    "status": mark("tình trạng"),
    "marks": mark("kết quả học tập"),
    "whole": mark("toàn bộ học bạ"),
}
_BROKEN: Final[Mapping[Broken, str]] = {
    Broken.CHANGED: mark("Nội dung của dòng %(id)s không khớp với mã băm của nó."),
    Broken.LINK: mark("Dòng %(id)s không nối tiếp dòng trước: có dòng đã bị bớt, thêm hoặc đổi chỗ."),
    Broken.MONTH: mark("Tháng đã đóng bắt đầu từ dòng %(id)s không khớp với các dòng của nó."),
}
_HEADS: Final[Mapping[Contradiction, str]] = {
    Contradiction.REWRITTEN: mark(
        "Dòng %(row)s đã bị viết lại hoặc bỏ đi: khác với đầu chuỗi ghi ngày %(day)s (dòng %(index)s của sổ minh bạch)."
    ),
    Contradiction.MONTH: mark(
        "Tháng đã đóng có dòng %(row)s không khớp với đầu chuỗi ghi ngày %(day)s (dòng %(index)s của sổ minh bạch)."
    ),
    Contradiction.OPENING_GONE: mark(
        "Đầu chuỗi ghi ngày %(day)s (dòng %(index)s của sổ minh bạch) không còn dữ liệu để mở ra."
    ),
    Contradiction.OPENING_DIFFERS: mark(
        "Đầu chuỗi giữ ở cổng cho ngày %(day)s không mở được dòng %(index)s của sổ minh bạch."
    ),
}
HEADINGS: Final = (
    mark("Dòng"),
    mark("Lúc"),
    mark("Người xem"),
    mark("Với tư cách"),
    mark("Việc"),
    mark("Mã số tra cứu"),
    mark("Phần"),
    mark("Kết quả"),
    mark("Mạng"),
    mark("Lý do"),
)


@dataclass(frozen=True, slots=True)
class LookLine:
    """A row of the ledger. code: grouped in fours, empty where no record was asked for."""

    id: int
    at: datetime
    who: str
    basis: str
    action: str
    code: str
    fields: str
    outcome: str
    tone: Tone
    network: str
    purpose: str

    @property
    def cells(self) -> tuple[str, ...]:
        """The row as texts, in the order of HEADINGS."""
        return (
            str(self.id),
            moment_words(self.at),
            self.who,
            self.basis,
            self.action,
            self.code,
            self.fields,
            self.outcome,
            self.network,
            self.purpose,
        )


@dataclass(frozen=True, slots=True)
class LooksPage:
    """more: there are further rows than the ones shown."""

    looks: tuple[LookLine, ...]
    more: bool


def present_looks(found: Found) -> LooksPage:
    """Rows of the ledger, for who searches it and for the family: the same words for both."""
    return LooksPage(tuple(_line(look, found.units) for look in found.looks), found.more)


def _line(look: Look, units: Mapping[str, str]) -> LookLine:
    allowed = look.outcome == Outcome.ALLOWED
    return LookLine(
        id=look.id,
        at=look.at,
        who=look.who or (say(mark("Người vận hành")) if look.basis == OPERATOR else say(mark("Khách không đăng nhập"))),
        basis=_basis(look.basis, units),
        action=say(ACTIONS.get(look.action, _OTHER)),
        code=grouped(look.code) if look.code else "",
        fields=_fields(look.fields or ""),
        outcome=say(mark("Đã cho xem")) if allowed else say(mark("Bị từ chối")),
        tone=Tone.NEUTRAL if allowed else Tone.CAUTION,
        network=look.network,
        purpose=_purpose(look),
    )


def _basis(basis: str | None, units: Mapping[str, str]) -> str:
    """`clerk@X, head@X` in words; a grant, a link or a print in words too."""
    if basis is None or basis == OPERATOR:
        return ""
    return ", ".join(_role(each, units) for each in basis.split(", "))


def _role(held: str, units: Mapping[str, str]) -> str:
    leave, _, number = held.partition(":")
    if leave in _LEAVES:
        return say(_LEAVES[leave], {"number": number})
    role, _, unit = held.partition("@")
    if role not in _ROLES:
        return held
    return f"{say(_ROLES[role])} ({units.get(unit, unit)})" if unit else say(_ROLES[role])


def _purpose(look: Look) -> str:
    """Of a look under a grant the purpose in words, then its reference and case; of a request its number; else what
    the person wrote.
    """
    code, _, rest = (look.purpose or "").partition(" ")
    if (look.basis or "").startswith("grant:") and code in PURPOSES:
        return f"{purpose_words(code)}: {rest}"
    if look.action.startswith("subject.") and code == REQUEST:
        return say(mark("yêu cầu số %(number)s"), {"number": rest})
    return look.purpose or ""


def _fields(held: str) -> str:
    """`marks: 2025-2026` in words; what names no part of a record stands as it is. Of an extract its sections."""
    part, colon, years = held.partition(": ")
    if colon and part.startswith(SECTIONS):
        return f"{section_words(tuple(map(Section, part.removeprefix(SECTIONS).split(','))))}: {years}"
    return f"{say(_PARTS[part])}: {years}" if colon and part in _PARTS else held


def broken_sentence(found: Verified) -> str:
    """Where the chain is torn, and what to do."""
    if found.how is None:
        return ""
    where = say(_BROKEN[found.how], {"id": str(found.first_broken)})
    return f"{where} {say(mark('Giữ nguyên cơ sở dữ liệu và điều tra.'))}"


def head_sentences(checked: HeadsChecked) -> tuple[str, ...]:
    """What log and ledger say of each other: each contradiction, or how far they agree."""
    if checked.flaws:
        return (*map(_head_sentence, checked.flaws), say(mark("Giữ nguyên cơ sở dữ liệu và điều tra.")))
    held = {"heads": str(checked.heads), "covered": str(checked.covered), "open": str(checked.open_rows)}
    agreed = say(
        mark("Khớp với %(heads)s đầu chuỗi trong sổ minh bạch, đến dòng %(covered)s; %(open)s dòng mới chờ ghi."), held
    )
    if not checked.lost:
        return (agreed,)
    lost = mark("%(lost)s đầu chuỗi thuộc những ngày đã mất khi khôi phục từ bản sao lưu, không đối chiếu được.")
    return (agreed, say(lost, {"lost": str(checked.lost)}))


def _head_sentence(flaw: HeadFlaw) -> str:
    where = {"row": str(flaw.row), "day": day_words(flaw.day), "index": str(flaw.log_index)}
    return say(_HEADS[flaw.kind], where)


def headings() -> tuple[str, ...]:
    """The headings of a file."""
    return tuple(say(heading) for heading in HEADINGS)
