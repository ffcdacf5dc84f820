"""Requests to put a record right in words: whose turn it is, since when, each step, what comes next."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from portal.models import AmendmentState, CorrectionState, State
from portal.presenters.corrections import ChangeRow
from portal.presenters.language import day_words, mark, moment_words, say
from portal.presenters.locks import Pair
from portal.presenters.tones import Tone
from portal.services.amendment_pages import RequestLine, RequestPage, RequestView
from portal.services.amendment_steps import Act
from portal.services.amendments import Subject
from verify.record.labels import label_of

REQUESTS: Final = "/yeu-cau-sua"
STATES: Final = {
    AmendmentState.ASKED: mark("Chờ trả lời"),
    AmendmentState.ACCEPTED: mark("Trường đã nhận, đang sửa"),
    AmendmentState.CORRECTING: mark("Sở đang xử lý theo quyết định"),
    AmendmentState.REFUSED: mark("Bị từ chối"),
    AmendmentState.WITHDRAWN: mark("Đã rút"),
    AmendmentState.DONE: mark("Đã sửa xong"),
}
_TONES: Final = {
    AmendmentState.ASKED: Tone.CAUTION,
    AmendmentState.ACCEPTED: Tone.CAUTION,
    AmendmentState.CORRECTING: Tone.CAUTION,
    AmendmentState.REFUSED: Tone.NEUTRAL,
    AmendmentState.WITHDRAWN: Tone.NEUTRAL,
    AmendmentState.DONE: Tone.INFO,
}
_NEXT: Final = {
    AmendmentState.ASKED: mark("%(school)s đối chiếu giấy tờ rồi trả lời. Học bạ chưa đổi gì."),
    AmendmentState.ACCEPTED: mark(
        "Văn thư %(school)s nộp lại tệp của lớp với giá trị đúng, người đứng đầu ký. Yêu cầu tự khép khi bản đã ký ghi "
        "đúng như dưới đây."
    ),
    AmendmentState.REFUSED: mark("Học bạ giữ nguyên. Lý do ghi ở bước cuối; có giấy tờ mới thì lập yêu cầu mới."),
    AmendmentState.WITHDRAWN: mark("Người yêu cầu đã rút; học bạ giữ nguyên."),
}
_NEXT_LOCKED: Final = mark(
    "Năm học đã chốt: chỉ sửa được bằng một quyết định của Sở, hai cán bộ xác nhận. Sở xem xét và trả lời; học bạ chưa "
    "đổi gì."
)
_NEXT_CASE: Final = {
    True: mark("Sở đã mở việc sau khi chốt số %(number)s. Yêu cầu tự khép khi quyết định có hiệu lực."),
    False: mark("Việc số %(number)s của Sở đã dừng, không có hiệu lực. Sở trả lời lại."),
}
_READY: Final = {
    State.DRAFT: mark("Bản mới nhất của trường đã ghi đúng như yêu cầu và đang chờ người đứng đầu ký."),
    State.SUBMITTED: mark("Bản mới nhất của trường đã ghi đúng như yêu cầu, còn thiếu một chữ ký."),
    State.ACCEPTED: mark("Bản mới nhất của trường đã ghi đúng như yêu cầu, đủ chữ ký, đang chờ quyết định của Sở."),
}
_STEPS: Final = {
    Act.ASK: mark("Gửi yêu cầu"),
    Act.ACCEPT: mark("Nhà trường nhận sửa"),
    Act.REFUSE: mark("Nhà trường từ chối"),
    Act.OPEN_CASE: mark("Sở mở việc theo quyết định"),
    Act.DECLINE: mark("Sở từ chối"),
    Act.WITHDRAW: mark("Người yêu cầu rút"),
    Act.COMPLETE: mark("Đã sửa xong"),
}
_ENDS: Final = {
    Act.REFUSE: (mark("Từ chối yêu cầu"), "tu-choi"),
    Act.DECLINE: (mark("Từ chối yêu cầu"), "so-tu-choi"),
    Act.WITHDRAW: (mark("Rút yêu cầu"), "rut"),
}
_LIVE_CASES: Final = (CorrectionState.OPEN, CorrectionState.WAITING, CorrectionState.CONFIRMED)
_ISO: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_SHOWN_CHARACTERS: Final = 60


@dataclass(frozen=True, slots=True)
class Line:
    """A request in a list. due: in words; empty where no answer is awaited."""

    href: str
    name: str
    under: str
    school: str
    state: str
    tone: Tone
    due: str
    late: bool
    mine: bool


@dataclass(frozen=True, slots=True)
class ListPage:
    """previous, next: addresses of the neighbouring pages."""

    rows: tuple[Line, ...]
    page: int
    pages: int
    previous: str | None
    next: str | None


@dataclass(frozen=True, slots=True)
class Step:
    what: str
    who: str
    at: str
    reason: str


@dataclass(frozen=True, slots=True)
class End:
    """A form that ends the request. action: where it goes."""

    title: str
    action: str


@dataclass(frozen=True, slots=True)
class Block:
    """One request. accept: where the school's agreement goes; case: where the department begins its act; else empty.

    case_href: of the department's act, for who may open it. seen: goes back with every answer.
    """

    href: str
    title: str
    state: str
    tone: Tone
    due: str
    late: bool
    next: str
    ready: str
    cells: tuple[ChangeRow, ...]
    pairs: tuple[Pair, ...]
    steps: tuple[Step, ...]
    record: str
    seen: str
    accept: str
    case: str
    case_href: str
    ends: tuple[End, ...]


@dataclass(frozen=True, slots=True)
class AskPage:
    """Where a request is written. years: address of the same page for each other year."""

    code: str
    full_name: str
    school_year: str
    version: int
    locked: bool
    years: tuple[tuple[str, str], ...]


def present_requests(found: RequestPage) -> ListPage:
    def neighbour(wanted: int) -> str | None:
        return f"{REQUESTS}?trang={wanted}" if 1 <= wanted <= found.pages else None

    return ListPage(
        request_lines(found.rows), found.page, found.pages, neighbour(found.page - 1), neighbour(found.page + 1)
    )


def request_lines(rows: Sequence[RequestLine]) -> tuple[Line, ...]:
    """Requests in any list."""
    return tuple(
        Line(
            href=f"{REQUESTS}/{each.id}",
            name=each.full_name,
            under=say(
                mark("lớp %(class)s, năm học %(year)s · %(who)s, ngày %(day)s"),
                {
                    "class": each.class_name,
                    "year": each.school_year,
                    "who": say(mark("gia đình") if each.by_guardian else mark("nhà trường")),
                    "day": day_words(each.asked_at),
                },
            ),
            school=each.school,
            state=_state(each),
            tone=_TONES[each.state],
            due=_due(each),
            late=bool(each.due and each.due.late),
            mine=each.mine,
        )
        for each in rows
    )


def present_request(held: RequestView, *, staff: bool) -> Block:
    """staff: whether the person works in a unit, and so may open the department's act."""
    line, href = held.line, f"{REQUESTS}/{held.line.id}"
    return Block(
        href=href,
        title=say(
            mark("Yêu cầu sửa số %(number)s: %(name)s, năm học %(year)s"),
            {"number": str(line.id), "name": line.full_name, "year": line.school_year},
        ),
        state=_state(line),
        tone=_TONES[line.state],
        due=_due(line),
        late=bool(line.due and line.due.late),
        next=_next(held),
        ready=say(_READY[held.ready]) if held.ready in _READY else "",
        cells=tuple(
            ChangeRow(label_of(cell.path), cell_words(cell.before), cell_words(cell.after)) for cell in held.cells
        ),
        pairs=tuple(_pairs(held)),
        steps=tuple(
            Step(say(_STEPS[step.act]), step.actor or say(mark("Hệ thống")), moment_words(step.at), step.reason)
            for step in held.steps
        ),
        record=f"/hoc-ba/{held.code}",
        seen=line.state.value,
        accept=f"{href}/dong-y" if Act.ACCEPT in held.acts else "",
        case=f"/sau-khi-chot/moi?yeu-cau={line.id}" if Act.OPEN_CASE in held.acts else "",
        case_href=f"/sau-khi-chot/{held.case[0]}" if staff and held.case is not None else "",
        ends=tuple(End(say(title), f"{href}/{last}") for act, (title, last) in _ENDS.items() if act in held.acts),
    )


def present_subject(found: Subject) -> AskPage:
    return AskPage(
        code=found.code,
        full_name=found.full_name,
        school_year=found.school_year,
        version=found.version.version,
        locked=found.version.state == State.LOCKED.value,
        years=tuple(
            (year, f"{REQUESTS}/moi/{found.code}?nam={year}") for year in found.years if year != found.school_year
        ),
    )


def cell_choices(cells: Mapping[str, str]) -> dict[str, str]:
    """Cells to choose from, each with what it says now."""
    return {
        path: f"{label_of(path)}: {_short(cell_words(text)) or say(mark('để trống'))}" for path, text in cells.items()
    }


def waiting_words(count: int) -> str:
    """What the home page says of requests that wait for one's unit; empty where there is none."""
    return say(mark("%(n)s yêu cầu sửa học bạ chờ trả lời."), {"n": str(count)}) if count else ""


def cell_words(text: str) -> str:
    """A value as people read it."""
    return date.fromisoformat(text).strftime("%d/%m/%Y") if _ISO.fullmatch(text) else text


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"


def _state(line: RequestLine) -> str:
    if line.state is AmendmentState.ASKED:
        return say(mark("Chờ Sở trả lời") if line.locked else mark("Chờ nhà trường trả lời"))
    if line.state is AmendmentState.ACCEPTED and line.locked:
        return say(mark("Chưa kịp sửa trước khi chốt, chờ Sở trả lời"))
    return say(STATES[line.state])


def _due(line: RequestLine) -> str:
    if line.due is not None and line.due.late:
        return say(mark("quá hạn %(late)s ngày làm việc"), {"late": str(line.due.late)})
    if line.due is not None:
        return say(mark("trả lời đến hết ngày %(day)s"), {"day": day_words(line.due.last_day)})
    return say(mark("%(n)s ngày làm việc từ khi gửi"), {"n": str(line.age)})


def _next(held: RequestView) -> str:
    line = held.line
    if line.state is AmendmentState.DONE:
        return _done(held)
    if line.state is AmendmentState.CORRECTING and held.case is not None:
        number, state = held.case
        return say(_NEXT_CASE[state in _LIVE_CASES], {"number": str(number)})
    if line.locked and line.state in (AmendmentState.ASKED, AmendmentState.ACCEPTED):
        return say(_NEXT_LOCKED)
    return say(_NEXT[line.state], {"school": line.school})


def _done(held: RequestView) -> str:
    if held.done_version is not None:
        return say(mark("Bản số %(n)s của học bạ ghi đúng như yêu cầu."), {"n": str(held.done_version)})
    return say(mark("Quyết định của Sở cho yêu cầu này đã có hiệu lực; xem ở trang học bạ."))


def _pairs(held: RequestView) -> Iterator[Pair]:
    yield Pair(say(mark("Người yêu cầu")), f"{held.asker}, {moment_words(held.line.asked_at)}")
    yield Pair(say(mark("Trường lập học bạ")), held.line.school)
    yield Pair(say(mark("Vì sao cần sửa")), held.reason)
    yield Pair(say(mark("Giấy tờ làm căn cứ")), held.evidence)
    if held.file_sha256 is not None:
        yield Pair(say(mark("Dấu SHA-256 của tệp đã cho xem")), held.file_sha256)
