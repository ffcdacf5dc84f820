"""Acts after the lock in words: what is decided, who acted, what will happen and when, what a reader should do."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from portal.models import CorrectionKind, CorrectionState, PolicyState
from portal.presenters.language import day_words as _day
from portal.presenters.language import mark, say
from portal.presenters.language import moment_words as _moment
from portal.presenters.locks import Pair
from portal.presenters.states import state_words
from portal.presenters.tones import Tone
from portal.services.changes import Change
from portal.services.correction_cases import CasePage, CaseView
from portal.services.correction_policy import PolicyView
from portal.services.corrections import Second
from verify.record.labels import label_of

CASES: Final = "/sau-khi-chot"
POLICY: Final = "/sau-khi-chot/quy-che"
KINDS: Final = {
    CorrectionKind.ANNOTATE: mark("Ghi chú"),
    CorrectionKind.SUPERSEDE: mark("Thay thế"),
    CorrectionKind.REVOKE: mark("Thu hồi"),
}
STATES: Final = {
    CorrectionState.OPEN: mark("Chờ trường nộp bản đúng"),
    CorrectionState.WAITING: mark("Chờ người thứ hai"),
    CorrectionState.CONFIRMED: mark("Đã xác nhận, chờ đến ngày"),
    CorrectionState.EFFECTIVE: mark("Đã có hiệu lực"),
    CorrectionState.WITHDRAWN: mark("Đã rút"),
    CorrectionState.REJECTED: mark("Bị từ chối"),
    CorrectionState.STOPPED: mark("Đã dừng"),
    CorrectionState.EXPIRED: mark("Quá hạn"),
}
_TONES: Final = {
    CorrectionState.OPEN: Tone.CAUTION,
    CorrectionState.WAITING: Tone.CAUTION,
    CorrectionState.CONFIRMED: Tone.CAUTION,
    CorrectionState.EFFECTIVE: Tone.INFO,
    CorrectionState.WITHDRAWN: Tone.NEUTRAL,
    CorrectionState.REJECTED: Tone.NEUTRAL,
    CorrectionState.STOPPED: Tone.NEUTRAL,
    CorrectionState.EXPIRED: Tone.NEUTRAL,
}
_EFFECTS: Final = {
    CorrectionKind.ANNOTATE: (
        mark("Học bạ vẫn đang hiệu lực; ai tra cứu cũng thấy là có ghi chú."),
        mark("Lời ghi chú chỉ hiện cho người được xem học bạ."),
        mark("Bản in và tệp PDF đã cấp vẫn dùng được; kết quả kiểm tra nhắc đọc ghi chú."),
    ),
    CorrectionKind.SUPERSEDE: (
        mark("Bản mới được chốt và có hiệu lực; bản cũ được trả lời “đã được thay thế”, kèm ngày và số quyết định."),
        mark("Mọi bản in, tệp PDF của bản cũ khi kiểm tra sẽ là “Bản thật nhưng không còn hiệu lực”."),
        mark("Bản cũ vẫn được giữ mãi; người được xem thấy ô nào đã đổi."),
    ),
    CorrectionKind.REVOKE: (
        mark("Học bạ năm này hết hiệu lực và không có bản nào thay."),
        mark("Mọi bản in, tệp PDF khi kiểm tra sẽ là “Bản thật nhưng không còn hiệu lực”."),
        mark("Sau khi thu hồi thì không ghi chú, không thay thế, không khôi phục được nữa."),
    ),
}
_DONE: Final = {
    CorrectionKind.ANNOTATE: mark("Ghi chú đã có hiệu lực và nằm trong sổ minh bạch."),
    CorrectionKind.SUPERSEDE: mark("Bản mới đã thay bản cũ; cả hai việc nằm trong sổ minh bạch."),
    CorrectionKind.REVOKE: mark("Học bạ đã bị thu hồi; việc này nằm trong sổ minh bạch."),
}
_NOTHING: Final = mark("Không có gì thay đổi trên học bạ. Nếu vẫn cần, lập đề nghị mới.")
_UNTIL_DUE: Final = mark(
    "Có hiệu lực lúc %(at)s. Trước đó hai cán bộ này hoặc lãnh đạo Sở dừng được; trường có ý kiến thì báo Sở ngay."
)
_CLOSES: Final = {
    CorrectionState.WITHDRAWN: mark("Rút lại"),
    CorrectionState.REJECTED: mark("Từ chối"),
    CorrectionState.STOPPED: mark("Dừng, không cho có hiệu lực"),
}
POLICY_STATES: Final = {
    PolicyState.WAITING: mark("Chờ người thứ hai"),
    PolicyState.CONFIRMED: mark("Đã xác nhận"),
    PolicyState.REJECTED: mark("Bị từ chối"),
    PolicyState.WITHDRAWN: mark("Đã rút"),
    PolicyState.EXPIRED: mark("Quá hạn"),
}


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A cell that the new version says otherwise."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class CaseLine:
    href: str
    kind: str
    name: str
    under: str
    decision: str
    state: str
    tone: Tone
    when: str
    mine: bool


@dataclass(frozen=True, slots=True)
class ListPage:
    """The list with the regulation above it. regulation: in one sentence. open: whether acts are allowed now."""

    official: bool
    open: bool
    regulation: str
    rows: tuple[CaseLine, ...]
    page: int
    pages: int
    previous: str | None
    next: str | None


@dataclass(frozen=True, slots=True)
class CaseBlock:
    """One act. effects: what will happen, or happened. changes: of a supersession. closes: how it ends, or None."""

    href: str
    title: str
    kind: str
    state: str
    tone: Tone
    next: str
    pairs: tuple[Pair, ...]
    note: str | None
    effects: tuple[str, ...]
    changes: tuple[ChangeRow, ...]
    digest: str
    file: str
    file_name: str
    may_propose: bool
    may_confirm: bool
    closes: str | None
    confirms: str


@dataclass(frozen=True, slots=True)
class PolicyBlock:
    """One setting of the regulation."""

    href: str
    title: str
    state: str
    tone: Tone
    pairs: tuple[Pair, ...]
    effects: tuple[str, ...]
    may_confirm: bool
    closes: str | None


@dataclass(frozen=True, slots=True)
class PoliciesPage:
    open: bool
    regulation: str
    rows: tuple[PolicyBlock, ...]
    waits: bool


def present_cases(found: CasePage, regulation: PolicyView | None, *, official: bool) -> ListPage:
    def neighbour(wanted: int) -> str | None:
        return f"{CASES}?trang={wanted}" if 1 <= wanted <= found.pages else None

    return ListPage(
        official=official,
        open=regulation is not None and regulation.allowed,
        regulation=regulation_words(regulation),
        rows=tuple(_line(each) for each in found.rows),
        page=found.page,
        pages=found.pages,
        previous=neighbour(found.page - 1),
        next=neighbour(found.page + 1),
    )


def present_case(held: CaseView, second: Second) -> CaseBlock:
    return CaseBlock(
        href=f"{CASES}/{held.id}",
        title=f"{say(KINDS[held.kind])}: {held.full_name}",
        kind=say(KINDS[held.kind]),
        state=_case_state(held),
        tone=_TONES[held.state],
        next=_next(held),
        pairs=tuple(_pairs(held)),
        note=held.note,
        effects=tuple(say(text) for text in _EFFECTS[held.kind]),
        changes=change_rows(second.changes),
        digest=second.digest,
        file=f"{CASES}/{held.id}/quyet-dinh",
        file_name=held.file_name,
        may_propose=held.official and held.ready,
        may_confirm=held.may_confirm,
        closes=say(_CLOSES[held.closes_as]) if held.closes_as is not None else None,
        confirms=say(mark("Xác nhận %(kind)s"), {"kind": say(KINDS[held.kind]).lower()}),
    )


def present_policies(found: Sequence[PolicyView]) -> PoliciesPage:
    now = regulation_now(found)
    return PoliciesPage(
        open=now is not None and now.allowed,
        regulation=regulation_words(now),
        rows=tuple(present_policy(each) for each in found),
        waits=any(each.state is PolicyState.WAITING for each in found),
    )


def present_policy(held: PolicyView) -> PolicyBlock:
    title = mark("Bật quy chế xử lí sau khi chốt") if held.allowed else mark("Tắt quy chế xử lí sau khi chốt")
    pairs = [
        Pair(say(mark("Số ngày chờ")), str(held.delay_days)),
        Pair(say(mark("Theo văn bản")), f"{held.decision}, {_day(held.decided_on)}"),
        Pair(say(mark("Tệp")), f"{held.file_name} (SHA-256 {held.file_sha256[:16]}…)"),
        Pair(say(mark("Người đề nghị")), f"{held.proposer}, {_moment(held.proposed_at)}"),
    ]
    if held.decider is not None and held.decided_at is not None:
        who = mark("Người xác nhận") if held.state is PolicyState.CONFIRMED else mark("Người khép lại")
        pairs.append(Pair(say(who), f"{held.decider}, {_moment(held.decided_at)}"))
    if held.closing:
        pairs.append(Pair(say(mark("Lý do khép lại")), held.closing))
    if held.log_index is not None:
        pairs.append(Pair(say(mark("Dòng trong sổ minh bạch")), str(held.log_index)))
    waits = held.state is PolicyState.WAITING
    return PolicyBlock(
        href=f"{POLICY}/{held.id}",
        title=say(title),
        state=say(POLICY_STATES[held.state]),
        tone=Tone.CAUTION if waits else Tone.INFO if held.state is PolicyState.CONFIRMED else Tone.NEUTRAL,
        pairs=tuple(pairs),
        effects=_policy_effects(held),
        may_confirm=held.may_confirm,
        closes=None if not waits else say(mark("Rút đề nghị") if held.mine else mark("Từ chối đề nghị")),
    )


def regulation_now(found: Sequence[PolicyView]) -> PolicyView | None:
    """The setting that holds."""
    confirmed = [each for each in found if each.state is PolicyState.CONFIRMED and each.log_index is not None]
    return max(confirmed, key=lambda each: each.log_index or 0, default=None)


def regulation_words(held: PolicyView | None) -> str:
    if held is None:
        return say(mark("Chưa có quy chế nên không việc nào sau khi chốt được phép."))
    values = {"decision": held.decision, "days": str(held.delay_days)}
    if held.allowed:
        return say(mark("Quy chế đang bật theo %(decision)s; mỗi việc chờ %(days)s ngày rồi mới có hiệu lực."), values)
    return say(mark("Quy chế đã tắt theo %(decision)s; không việc nào được phép."), values)


def change_rows(changes: Sequence[Change]) -> tuple[ChangeRow, ...]:
    return tuple(ChangeRow(label_of(each.path), each.before, each.after) for each in changes)


def news_words(count: int) -> str:
    """What a school's home page says; empty where there is nothing."""
    return say(mark("%(n)s thông báo của Sở về học bạ đã chốt."), {"n": str(count)}) if count else ""


def _policy_effects(held: PolicyView) -> tuple[str, ...]:
    if held.allowed:
        return (
            say(mark("Hai cán bộ của Sở được ghi chú, thay thế, thu hồi học bạ đã chốt, mỗi việc một quyết định.")),
            say(mark("Mỗi việc chờ %(days)s ngày sau khi người thứ hai xác nhận."), {"days": str(held.delay_days)}),
            say(mark("Việc bật được ghi vào sổ minh bạch, kèm dấu của tệp quy chế.")),
        )
    return (
        say(mark("Không việc nào sau khi chốt được đề nghị hay xác nhận nữa.")),
        say(mark("Việc đã xác nhận mà chưa đến ngày sẽ nằm chờ, không có hiệu lực trong lúc quy chế tắt.")),
        say(mark("Việc tắt được ghi vào sổ minh bạch.")),
    )


def _line(held: CaseView) -> CaseLine:
    return CaseLine(
        href=f"{CASES}/{held.id}",
        kind=say(KINDS[held.kind]),
        name=held.full_name,
        under=f"{held.class_name}, {held.school_year}, {held.issuer}",
        decision=held.decision,
        state=say(STATES[held.state]),
        tone=_TONES[held.state],
        when=_when(held),
        mine=held.mine,
    )


def _when(held: CaseView) -> str:
    if held.effective_at is not None:
        return say(mark("từ %(at)s"), {"at": _moment(held.effective_at)})
    if held.state is CorrectionState.CONFIRMED and held.due_at is not None:
        return say(mark("hiệu lực %(at)s"), {"at": _moment(held.due_at)})
    if held.state in (CorrectionState.OPEN, CorrectionState.WAITING):
        return say(mark("chờ đến %(at)s"), {"at": _moment(held.expires_at)})
    return ""


def _next(held: CaseView) -> str:
    match held.state:
        case CorrectionState.OPEN:
            return _while_open(held)
        case CorrectionState.WAITING if held.may_confirm:
            return say(mark("Đối chiếu với quyết định rồi xác nhận hoặc từ chối."))
        case CorrectionState.WAITING:
            return say(mark("Cần một cán bộ khác của Sở xác nhận; người đề nghị không tự xác nhận được."))
        case CorrectionState.CONFIRMED:
            at = {"at": _moment(held.due_at) if held.due_at is not None else ""}
            return say(_UNTIL_DUE, at)
        case CorrectionState.EFFECTIVE:
            return say(_DONE[held.kind])
        case _:
            return say(_NOTHING)


def _case_state(held: CaseView) -> str:
    if held.state is CorrectionState.OPEN and held.ready:
        return say(mark("Đã có bản đúng, chờ Sở đề nghị"))
    return say(STATES[held.state])


def _while_open(held: CaseView) -> str:
    if held.ready:
        return say(mark("Trường đã nộp và ký bản đúng. Xem các ô đổi rồi gửi đề nghị thay thế."))
    values = {"school": held.school, "at": _moment(held.expires_at)}
    return say(mark("%(school)s đưa bản đúng vào qua trang Nhập lớp và ký như mọi học bạ, trước %(at)s."), values)


def _pairs(held: CaseView) -> list[Pair]:
    pairs = [
        Pair(say(mark("Học sinh")), f"{held.full_name}, {held.class_name}"),
        Pair(say(mark("Năm học, bản số")), f"{held.school_year}, {held.version}"),
        Pair(say(mark("Trường lập học bạ")), held.issuer),
        Pair(say(mark("Theo quyết định")), f"{held.decision}, {_day(held.decided_on)}"),
        Pair(say(mark("Lý do")), held.reason),
    ]
    if held.kind is CorrectionKind.SUPERSEDE:
        state = state_words(held.new_state.value).lower() if held.new_state is not None else say(mark("chưa có"))
        number = str(held.new_version) if held.new_version is not None else ""
        pairs.append(Pair(say(mark("Bản đúng")), ", ".join(part for part in (number, state) if part)))
    pairs.append(Pair(say(mark("Người lập")), f"{held.opener}, {_moment(held.opened_at)}"))
    for label, who, at in (
        (mark("Người đề nghị"), held.proposer, held.proposed_at),
        (mark("Người xác nhận"), held.decider, held.decided_at),
        (mark("Người khép lại"), held.closer, held.closed_at),
    ):
        if who is not None and at is not None and at != held.opened_at:
            pairs.append(Pair(say(label), f"{who}, {_moment(at)}"))
    if held.closing:
        pairs.append(Pair(say(mark("Lý do khép lại")), held.closing))
    if held.effective_at is not None:
        pairs.append(Pair(say(mark("Có hiệu lực từ")), _moment(held.effective_at)))
    if held.log_index is not None:
        pairs.append(Pair(say(mark("Dòng trong sổ minh bạch")), str(held.log_index)))
    return pairs
