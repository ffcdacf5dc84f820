"""Requests about a child's data in words: what is asked, by when it is answered, what an answer does."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from portal.models import SubjectKind, SubjectState
from portal.presenters.language import day_words, mark, moment_words, say
from portal.presenters.locks import Pair
from portal.presenters.tones import Tone
from portal.services.custody_days import Due
from portal.services.subject_request_pages import RequestLine, RequestPage, RequestView
from portal.services.subject_requests import Step

REQUESTS: Final = "/yeu-cau-du-lieu"
_KINDS: Final = {
    SubjectKind.COPY: mark("Bản sao toàn bộ dữ liệu"),
    SubjectKind.RESTRICT: mark("Hạn chế xử lý dữ liệu"),
    SubjectKind.OBJECT: mark("Phản đối, xóa dữ liệu"),
}
_GRANTED: Final = {
    SubjectKind.COPY: mark("Đã cấp"),
    SubjectKind.RESTRICT: mark("Đang hạn chế"),
    SubjectKind.OBJECT: mark("Đã thực hiện"),
}
_STATES: Final = {
    SubjectState.WAITING: mark("Chờ trả lời"),
    SubjectState.REFUSED: mark("Bị từ chối"),
    SubjectState.WITHDRAWN: mark("Đã rút"),
    SubjectState.LIFTED: mark("Đã bỏ hạn chế"),
}
_EFFECTS: Final = {
    SubjectKind.COPY: mark(
        "Gia đình tải được bản sao trong 30 ngày: học bạ từng năm, các bản in, quyền đã cấp, mọi lần xem, dạng máy đọc"
        " được. Mỗi lần tải được ghi vào nhật ký."
    ),
    SubjectKind.RESTRICT: mark(
        "Chỉ nhà trường, Sở và gia đình còn mở được học bạ. Quét mã QR, tra cứu, kiểm tra tệp, đường dẫn chia sẻ và"
        " quyền đã cấp đều trả lời như không có học bạ, cho đến khi bỏ hạn chế."
    ),
    SubjectKind.OBJECT: mark(
        "Mọi đường dẫn chia sẻ, quyền do gia đình cấp và bản in mở bằng ngày sinh kết thúc ngay. Học bạ đã chốt phải"
        " lưu theo luật nên không xóa được."
    ),
}
_DONE: Final = {
    SubjectKind.COPY: mark("Bản sao đã quá 30 ngày. Cần bản mới thì gửi yêu cầu mới."),
    SubjectKind.RESTRICT: _EFFECTS[SubjectKind.RESTRICT],
    SubjectKind.OBJECT: _EFFECTS[SubjectKind.OBJECT],
}
_OVER: Final = {
    SubjectState.REFUSED: mark("Lý do ghi bên dưới. Không đồng ý thì gia đình khiếu nại đến Sở, hoặc gửi yêu cầu mới."),
    SubjectState.WITHDRAWN: mark("Không có gì thay đổi."),
    SubjectState.LIFTED: mark("Học bạ tra cứu và chia sẻ được trở lại như trước."),
}
_WAITS: Final = mark("%(school)s hoặc Sở trả lời gia đình bằng văn bản trên trang này.")
_FETCH: Final = mark("Tải được bản sao đến hết ngày %(day)s.")
_ENDS: Final = {Step.WITHDRAW: mark("Rút yêu cầu"), Step.LIFT: mark("Bỏ hạn chế")}
_TO_DAY: Final = mark("trả lời đến hết ngày %(day)s")
_LATE: Final = mark("quá hạn %(late)s ngày làm việc")


@dataclass(frozen=True, slots=True)
class Line:
    """A request in a list. due: in words; empty once it is answered."""

    href: str
    what: str
    name: str
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
class Block:
    """One request. back: where it belongs for who looks. answers: what granting does, for who answers; else empty.

    ends: words of the button that ends it. copy, booklet: addresses of the files, None where there are none.
    """

    href: str
    back: str
    title: str
    line: Line
    next: str
    pairs: tuple[Pair, ...]
    answers: str
    ends: str
    copy: str | None
    booklet: str


@dataclass(frozen=True, slots=True)
class AskPage:
    """Where a request is written. on_paper: by the school. effects: what each kind does."""

    code: str
    full_name: str
    on_paper: bool
    back: str
    effects: tuple[Pair, ...]


def present_asking(code: str, full_name: str, *, on_paper: bool) -> AskPage:
    effects = tuple(Pair(say(_KINDS[kind]), say(_EFFECTS[kind])) for kind in SubjectKind)
    return AskPage(code, full_name, on_paper, f"/giam-ho/{code}" if on_paper else f"/con-em/{code}", effects)


def present_requests(found: RequestPage) -> ListPage:
    def neighbour(wanted: int) -> str | None:
        return f"{REQUESTS}?trang={wanted}" if 1 <= wanted <= found.pages else None

    return ListPage(
        data_lines(found.rows), found.page, found.pages, neighbour(found.page - 1), neighbour(found.page + 1)
    )


def data_lines(rows: Sequence[RequestLine]) -> tuple[Line, ...]:
    """Rows for a list."""
    return tuple(_line(each) for each in rows)


def present_request(held: RequestView) -> Block:
    line = held.line
    return Block(
        href=f"{REQUESTS}/{line.id}",
        back=f"/con-em/{held.code}" if held.family else REQUESTS,
        title=f"{say(_KINDS[line.kind])}: {line.name}",
        line=_line(line),
        next=_next(held),
        pairs=tuple(_pairs(held)),
        answers=say(_EFFECTS[line.kind]) if line.mine else "",
        ends=say(_ENDS[held.ends]) if held.ends is not None else "",
        copy=f"{REQUESTS}/{line.id}/du-lieu.json" if held.copy_until is not None else None,
        booklet=f"/hoc-ba/{held.code}/ca-cuon.pdf",
    )


def waiting_words(count: int) -> str:
    """What the home page says of requests that wait for one's unit; empty where there is none."""
    return say(mark("%(n)s yêu cầu của gia đình về dữ liệu cá nhân chờ trả lời."), {"n": str(count)}) if count else ""


def _line(each: RequestLine) -> Line:
    waits = each.state is SubjectState.WAITING
    return Line(
        href=f"{REQUESTS}/{each.id}",
        what=say(_KINDS[each.kind]),
        name=each.name,
        school=each.school,
        state=say(_GRANTED[each.kind] if each.state is SubjectState.GRANTED else _STATES[each.state]),
        tone=Tone.CAUTION if waits else Tone.INFO if each.state is SubjectState.GRANTED else Tone.NEUTRAL,
        due=_due(each.due),
        late=bool(each.due and each.due.late),
        mine=each.mine,
    )


def _next(held: RequestView) -> str:
    line = held.line
    if line.state is SubjectState.WAITING:
        return say(_WAITS, {"school": line.school})
    if line.state is not SubjectState.GRANTED:
        return say(_OVER[line.state])
    return say(_FETCH, {"day": day_words(held.copy_until)}) if held.copy_until is not None else say(_DONE[line.kind])


def _due(due: Due | None) -> str:
    if due is None:
        return ""
    return say(_LATE, {"late": str(due.late)}) if due.late else say(_TO_DAY, {"day": day_words(due.last_day)})


def _pairs(held: RequestView) -> Iterator[Pair]:
    line = held.line
    yield Pair(say(mark("Nơi quản lý hồ sơ")), line.school)
    way = say(mark("trường ghi theo đơn giấy")) if line.on_paper else say(mark("gửi trên cổng"))
    yield Pair(say(mark("Người gửi")), f"{held.asked_by}, {moment_words(held.asked_at)} ({way})")
    if held.wish:
        yield Pair(say(mark("Gia đình viết")), held.wish)
    if held.answered_at is not None:
        yield Pair(say(mark("Người trả lời")), f"{held.answered_by}, {moment_words(held.answered_at)}")
        yield Pair(say(mark("Trả lời")), held.answer or "")
    if held.ended_at is not None:
        yield Pair(say(_STATES[line.state]), f"{held.ended_by}, {moment_words(held.ended_at)}")
        yield Pair(say(mark("Lý do")), held.ending or "")
