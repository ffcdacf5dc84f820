"""Transfers of custody in words: whose turn it is, how many days are left, what happens with the next agreement."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from portal.models import Applicant, CustodyState
from portal.presenters.language import day_words, mark, moment_words, say
from portal.presenters.locks import Pair
from portal.presenters.tones import Tone
from portal.services.custody_days import Due
from portal.services.custody_pages import CaseLine, CasePage, CaseView, LeavingLine

CASES: Final = "/chuyen-truong"
STATES: Final = {
    CustodyState.REQUESTED: mark("Chờ trường nơi chuyển đến"),
    CustodyState.AGREED: mark("Chờ trường nơi chuyển đi"),
    CustodyState.MOVED: mark("Đã chuyển"),
    CustodyState.REFUSED: mark("Bị từ chối"),
    CustodyState.WITHDRAWN: mark("Đã rút"),
    CustodyState.CLOSED: mark("Sở đã khép lại"),
}
_TONES: Final = {
    CustodyState.REQUESTED: Tone.CAUTION,
    CustodyState.AGREED: Tone.CAUTION,
    CustodyState.MOVED: Tone.INFO,
    CustodyState.REFUSED: Tone.NEUTRAL,
    CustodyState.WITHDRAWN: Tone.NEUTRAL,
    CustodyState.CLOSED: Tone.NEUTRAL,
}
_NEXT: Final = {
    CustodyState.REQUESTED: mark("Người đứng đầu %(receiving)s trả lời; đồng ý thì đến lượt %(keeping)s."),
    CustodyState.AGREED: mark("Người đứng đầu %(keeping)s trả lời; đồng ý thì hồ sơ chuyển ngay cho %(receiving)s."),
    CustodyState.MOVED: mark(
        "Hồ sơ đã thuộc %(receiving)s. Những năm đã học vẫn do trường cũ lập, trường mới không sửa được; trường cũ vẫn "
        "xem được các năm mình lập."
    ),
    CustodyState.REFUSED: mark("Hồ sơ vẫn do %(keeping)s quản lý. Lý do ghi bên dưới để báo phụ huynh."),
    CustodyState.WITHDRAWN: mark("Hồ sơ vẫn do %(keeping)s quản lý."),
    CustodyState.CLOSED: mark("Hồ sơ vẫn do %(keeping)s quản lý. Phụ huynh vẫn muốn chuyển thì lập đơn mới."),
}
# To another installation nobody answers on this portal: a file goes, and a file comes back.
_AWAY_STATES: Final = {
    CustodyState.REQUESTED: mark("Chờ người đứng đầu"),
    CustodyState.AGREED: mark("Đã bàn giao tệp, chờ báo nhận"),
}
_AWAY_NEXT: Final = {
    CustodyState.REQUESTED: mark(
        "Người đứng đầu %(keeping)s trả lời; đồng ý thì cổng lập tệp bàn giao cho %(receiving)s."
    ),
    CustodyState.AGREED: mark(
        "Giao tệp cho gia đình hoặc gửi %(receiving)s. Hồ sơ vẫn do %(keeping)s quản lý cho đến khi giấy báo nhận được "
        "đưa vào đây."
    ),
}
_AWAY_AGREES: Final = (
    mark("Đồng ý và lập tệp bàn giao"),
    mark("Tệp chứa học bạ các năm đã chốt cùng bằng chứng của sổ minh bạch, có con dấu số của Sở, dùng được 30 ngày."),
)
_ENDS: Final = {
    CustodyState.REFUSED: mark("Từ chối"),
    CustodyState.WITHDRAWN: mark("Rút đơn"),
    CustodyState.CLOSED: mark("Khép lại đơn"),
}
_AGREES: Final = {
    CustodyState.REQUESTED: (
        mark("Đồng ý tiếp nhận"),
        mark("Đơn chuyển sang trường nơi chuyển đi. Lời đồng ý không rút lại được; trường vẫn rút đơn được."),
    ),
    CustodyState.AGREED: (
        mark("Đồng ý cho chuyển"),
        mark("Quyền quản lý hồ sơ chuyển ngay lúc bạn bấm nút. Trường vẫn xem được những năm mình đã lập."),
    ),
}
_APPLICANTS: Final = {Applicant.PARENT: mark("Cha hoặc mẹ"), Applicant.GUARDIAN: mark("Người giám hộ")}
_TO_DAY: Final = mark("trả lời đến hết ngày %(day)s")
_LATE: Final = mark("quá hạn %(late)s ngày làm việc")


@dataclass(frozen=True, slots=True)
class Line:
    """A request in a list. due: in words; empty once it is over."""

    href: str
    name: str
    way: str
    state: str
    tone: Tone
    due: str
    late: bool
    mine: bool


@dataclass(frozen=True, slots=True)
class Leaving:
    """back: where the form goes that says the pupil is back; None for who may not."""

    name: str
    record: str
    school: str
    left_on: str
    back: str | None


@dataclass(frozen=True, slots=True)
class ListPage:
    """previous, next: addresses of the neighbouring pages."""

    rows: tuple[Line, ...]
    leavings: tuple[Leaving, ...]
    left: str
    page: int
    pages: int
    previous: str | None
    next: str | None


@dataclass(frozen=True, slots=True)
class Stay:
    unit: str
    since: str
    until: str


@dataclass(frozen=True, slots=True)
class Block:
    """One request. agrees: words of the button and what it does, for whose turn it is. ends: of the other button.

    seen: goes back with the agreement, to agree_at. stays: whose care the records were in.
    """

    href: str
    title: str
    state: str
    tone: Tone
    next: str
    due: str
    late: bool
    pairs: tuple[Pair, ...]
    record: str | None
    seen: str
    agree_at: str
    agrees: tuple[str, str] | None
    ends: str | None
    stays: tuple[Stay, ...]


def present_cases(found: CasePage) -> ListPage:
    def neighbour(wanted: int) -> str | None:
        return f"{CASES}?trang={wanted}" if 1 <= wanted <= found.pages else None

    return ListPage(
        tuple(_line(each) for each in found.rows),
        tuple(_leaving(each) for each in found.leavings),
        str(found.left),
        found.page,
        found.pages,
        neighbour(found.page - 1),
        neighbour(found.page + 1),
    )


def present_case(held: CaseView) -> Block:
    line = held.line
    words = (_AWAY_AGREES if line.outside else _AGREES.get(line.state)) if line.mine else None
    return Block(
        href=f"{CASES}/{line.id}",
        title=f"{say(mark('Chuyển trường'))}: {line.name}",
        state=_state(line),
        tone=_TONES[line.state],
        next=say(_of(line, _AWAY_NEXT, _NEXT), {"receiving": line.receiving, "keeping": line.keeping}),
        due=_due(line.due),
        late=bool(line.due and line.due.late),
        pairs=tuple(_pairs(held)),
        record=f"/hoc-ba/{held.code}" if held.code is not None else None,
        seen=line.state.value,
        agree_at=f"{CASES}/tinh-khac/di/{line.id}/dong-y" if line.outside else f"{CASES}/{line.id}/dong-y",
        agrees=(say(words[0]), say(words[1])) if words is not None else None,
        ends=say(_ENDS[held.ends_as]) if held.ends_as is not None else None,
        stays=tuple(
            Stay(stay.unit, _moment(stay.since) or say(mark("từ đầu")), _moment(stay.until) or say(mark("nay")))
            for stay in held.stays
        ),
    )


def _line(each: CaseLine) -> Line:
    return Line(
        f"{CASES}/{each.id}",
        each.name,
        f"{each.keeping} → {each.receiving}",
        _state(each),
        _TONES[each.state],
        _due(each.due),
        bool(each.due and each.due.late),
        each.mine,
    )


def _state(line: CaseLine) -> str:
    return say(_of(line, _AWAY_STATES, STATES))


def _of(line: CaseLine, away: Mapping[CustodyState, str], here: Mapping[CustodyState, str]) -> str:
    return away.get(line.state, here[line.state]) if line.outside else here[line.state]


def _leaving(each: LeavingLine) -> Leaving:
    back = f"{CASES}/chua-ro-noi-den/{each.id}/hoc-lai" if each.own else None
    since = say(mark("%(day)s, đã %(days)s ngày"), {"day": day_words(each.left_on), "days": str(each.days)})
    return Leaving(each.name, f"/hoc-ba/{each.code}", each.school, since, back)


def _due(due: Due | None) -> str:
    if due is None:
        return ""
    return say(_LATE, {"late": str(due.late)}) if due.late else say(_TO_DAY, {"day": day_words(due.last_day)})


def _pairs(held: CaseView) -> Iterator[Pair]:
    line = held.line
    yield Pair(say(mark("Nơi chuyển đi")), line.keeping)
    yield Pair(say(mark("Nơi chuyển đến")), line.receiving)
    yield Pair(say(mark("Người viết đơn")), f"{say(_APPLICANTS[held.applicant])}, {day_words(held.applied_on)}")
    yield Pair(say(mark("Học ở trường mới từ")), day_words(held.starts_on))
    yield Pair(say(mark("Lý do trên đơn")), held.reason)
    yield Pair(say(mark("Người lập trên cổng")), f"{held.requested_by}, {_moment(line.requested_at)}")
    if held.agreed_by is not None:
        agreed = mark("Người đứng đầu đồng ý") if line.outside else mark("Nơi chuyển đến đồng ý")
        yield Pair(say(agreed), f"{held.agreed_by}, {_moment(held.agreed_at)}")
    if held.closed_by is not None:
        yield Pair(say(STATES[line.state]), f"{held.closed_by}, {_moment(held.closed_at)}")
    if held.closing is not None:
        yield Pair(say(mark("Lý do")), held.closing)


def _moment(at: datetime | None) -> str:
    return moment_words(at) if at is not None else ""
