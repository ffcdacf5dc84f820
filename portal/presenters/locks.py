"""Proposals to lock in words: what is proposed, who acted, what changed, how far the work is, what is next."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from portal.models import LockState, State
from portal.presenters.language import clock_words as _moment
from portal.presenters.language import mark, say
from portal.presenters.rounds import ROUNDS, address, number
from portal.presenters.states import state_words
from portal.presenters.tones import Tone
from portal.services.lock_proposals import LockView, Preview, Second
from portal.services.lock_sets import Difference

LOCKS: Final = "/chot-du-lieu/de-nghi"
STATES: Final = {
    LockState.WAITING: mark("Chờ người thứ hai"),
    LockState.CONFIRMED: mark("Đã xác nhận"),
    LockState.REJECTED: mark("Bị từ chối"),
    LockState.WITHDRAWN: mark("Đã rút"),
    LockState.RENEWED: mark("Đã lập lại"),
    LockState.EXPIRED: mark("Quá hạn"),
}
_FINISHED: Final = mark("Đã chốt xong")
_NOTHING_LOCKED: Final = mark("Không có gì bị chốt. Nếu vẫn cần, lập đề nghị mới.")
_AFTERWARDS: Final = {
    LockState.CONFIRMED: mark("Danh sách đã đóng băng: trường không rút, thay được nữa. Hệ thống đang ghi từng phần."),
    LockState.RENEWED: mark("Một đề nghị mới đã được lập theo số liệu mới hơn."),
    LockState.REJECTED: _NOTHING_LOCKED,
    LockState.WITHDRAWN: _NOTHING_LOCKED,
    LockState.EXPIRED: mark("Quá 14 ngày không ai xác nhận nên không có gì bị chốt. Nếu vẫn cần, lập đề nghị mới."),
}
_TONES: Final = {
    LockState.WAITING: Tone.CAUTION,
    LockState.CONFIRMED: Tone.INFO,
    LockState.REJECTED: Tone.NEUTRAL,
    LockState.WITHDRAWN: Tone.NEUTRAL,
    LockState.RENEWED: Tone.NEUTRAL,
    LockState.EXPIRED: Tone.NEUTRAL,
}


@dataclass(frozen=True, slots=True)
class Pair:
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class LockLine:
    """A proposal in the list. progress: how much of it is locked, in words."""

    href: str
    name: str
    scope: str
    count: str
    proposer: str
    proposed_at: datetime
    state: str
    tone: Tone
    progress: str
    mine: bool
    waits: bool


@dataclass(frozen=True, slots=True)
class SetBlock:
    """The counts that both officials see. digest: its first characters, to be compared by voice."""

    count: str
    plain: int
    schools: tuple[tuple[str, str], ...]
    grades: tuple[tuple[str, str], ...]
    digest: str
    short: str


@dataclass(frozen=True, slots=True)
class WantedPage:
    """The first interruption page. late: whether it is about late records."""

    name: str
    late: bool
    decision: str
    reason: str
    scope: str
    set: SetBlock
    back: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the work is. running: somebody works on it or will; stopped: begun, not ended, and nobody works."""

    running: bool
    stopped: bool
    finished: bool
    done: int
    total: int
    words: str
    left: str


@dataclass(frozen=True, slots=True)
class LockPage:
    """One proposal. changes: what is different from what was proposed, empty when nothing is. renew: where to propose
    the set as it is now. set: as it is now, None once decided. after: what follows a finished lock, address and words.
    """

    href: str
    name: str
    state: str
    tone: Tone
    next: str
    pairs: tuple[Pair, ...]
    set: SetBlock | None
    changes: tuple[str, ...]
    renew: str | None
    mine: bool
    may_confirm: bool
    may_decline: bool
    progress: Progress | None
    back: str
    after: tuple[tuple[str, str], ...]


def lock_name(school_year: str, round_number: int | None) -> str:
    if round_number is None:
        return say(mark("Chốt học bạ muộn, năm học %(year)s"), {"year": school_year})
    return say(mark("Chốt đợt %(n)s, năm học %(year)s"), {"n": str(round_number), "year": school_year})


def lock_line(held: LockView) -> LockLine:
    return LockLine(
        href=f"{LOCKS}/{held.id}",
        name=lock_name(held.school_year, held.number),
        scope=_scope(held.schools),
        count=number(held.count),
        proposer=held.proposer,
        proposed_at=held.proposed_at,
        state=_state(held),
        tone=_TONES[held.state],
        progress=f"{number(held.done)}/{number(held.count)}" if held.state is LockState.CONFIRMED else "",
        mine=held.mine,
        waits=held.state is LockState.WAITING,
    )


def present_wanted(
    seen: Preview, round_number: int | None, decision: str, reason: str | None, schools: Sequence[str] | None
) -> WantedPage:
    """schools: names of the chosen ones, None for the whole province."""
    year = seen.rounds.school_year
    return WantedPage(
        name=lock_name(year, round_number),
        late=round_number is None,
        decision=decision,
        reason=reason or "",
        scope=_scope(schools),
        set=_block(seen),
        back=address(LOCKS, nam=year),
    )


def present_lock(held: LockView, second: Second | None) -> LockPage:
    """second: the set counted anew, for a proposal that waits."""
    difference = second.difference if second is not None else None
    return LockPage(
        href=f"{LOCKS}/{held.id}",
        name=lock_name(held.school_year, held.number),
        state=_state(held),
        tone=_TONES[held.state],
        next=_next(held, changed=difference is not None),
        pairs=tuple(_pairs(held)),
        set=_block(second.preview) if second is not None else None,
        changes=_changes(difference) if difference is not None else (),
        renew=_renew(held) if difference is not None else None,
        mine=held.mine,
        may_confirm=held.may_confirm and difference is None,
        may_decline=held.state is LockState.WAITING,
        progress=present_progress(held) if held.state is LockState.CONFIRMED else None,
        back=address(ROUNDS, nam=held.school_year),
        after=tuple(_after(held)),
    )


def _after(held: LockView) -> Iterator[tuple[str, str]]:
    """The minutes and the report to the ministry of what was locked (plan PL 2.1); late records have no minutes."""
    if held.finished_at is None:
        return
    if held.number is not None:
        yield f"{ROUNDS}/bien-ban/{held.school_year}/{held.number}", say(mark("Biên bản chốt dữ liệu"))
    yield address(f"{ROUNDS}/bao-cao", nam=held.school_year), say(mark("Báo cáo Bộ"))


def present_progress(held: LockView) -> Progress:
    finished = held.finished_at is not None
    running = held.job_open and not finished
    if finished:
        words = say(mark("Đã chốt xong, không sót học bạ nào."))
    elif running:
        words = say(mark("Đang chốt."))
    else:
        words = say(
            mark(
                "Việc chốt đã dừng giữa chừng. Học bạ nào đã chốt thì đã chốt trọn vẹn; phần còn lại chưa bị động đến. "
                "Bấm “Chốt tiếp”; nếu lại dừng, quản trị chạy “hocba audit”."
            )
        )
    return Progress(
        running, not running and not finished, finished, held.done, held.count, words, number(held.count - held.done)
    )


def _state(held: LockView) -> str:
    return say(_FINISHED) if held.finished_at is not None else say(STATES[held.state])


def _scope(schools: Sequence[str] | None) -> str:
    if schools is None:
        return say(mark("Cả tỉnh"))
    if len(schools) <= 3:
        return ", ".join(schools)
    return say(mark("%(n)s trường đã chọn"), {"n": str(len(schools))})


def _block(seen: Preview) -> SetBlock:
    held = seen.set
    return SetBlock(
        count=number(held.count),
        plain=held.count,
        schools=tuple((name, number(count)) for name, count in seen.schools),
        grades=tuple((str(grade), number(count)) for grade, count in held.by_grade.items()),
        digest=held.digest,
        short=" ".join(held.digest[at : at + 4] for at in (0, 4, 8, 12)),
    )


def _pairs(held: LockView) -> list[Pair]:
    pairs = [
        Pair(say(mark("Số học bạ")), number(held.count)),
        Pair(say(mark("Phạm vi")), ", ".join(held.schools) if held.schools is not None else _scope(None)),
        Pair(say(mark("Được tiếp nhận đến")), _moment(held.accepted_until)),
        Pair(say(mark("Theo văn bản")), held.decision),
    ]
    if held.reason:
        pairs.append(Pair(say(mark("Lý do chốt muộn")), held.reason))
    pairs.append(Pair(say(mark("Người đề nghị")), f"{held.proposer}, {_moment(held.proposed_at)}"))
    if held.state is LockState.WAITING:
        pairs.append(Pair(say(mark("Chờ đến")), _moment(held.expires_at)))
    if held.decider is not None and held.decided_at is not None:
        who = mark("Người xác nhận") if held.state is LockState.CONFIRMED else mark("Người khép lại")
        pairs.append(Pair(say(who), f"{held.decider}, {_moment(held.decided_at)}"))
    if held.closing:
        pairs.append(Pair(say(mark("Lý do khép lại")), held.closing))
    if held.effective_at is not None:
        pairs.append(Pair(say(mark("Ngày hiệu lực")), _moment(held.effective_at)))
    if held.finished_at is not None:
        pairs.append(Pair(say(mark("Chốt xong lúc")), _moment(held.finished_at)))
    return pairs


def _changes(held: Difference) -> tuple[str, ...]:
    said = []
    if held.added:
        said.append(say(mark("%(n)s học bạ mới thuộc diện chốt."), {"n": number(held.added)}))
    for state, count in sorted(held.gone.items()):
        values = {"n": number(count), "state": _gone_words(state)}
        said.append(say(mark("%(n)s học bạ không còn thuộc diện chốt: %(state)s."), values))
    return tuple(said) or (say(mark("Hạn của đợt đã được đặt lại từ lúc đề nghị.")),)


def _gone_words(state: State) -> str:
    """Accepted still, and yet gone: by a proposal that was confirmed meanwhile, or by other days of the round."""
    if state is State.ACCEPTED:
        return say(mark("đang chốt theo đề nghị khác, hoặc hạn của đợt đã đổi"))
    return state_words(state.value).lower()


def _renew(held: LockView) -> str:
    asked = {
        "school_year": held.school_year,
        "what": "muon" if held.number is None else str(held.number),
        "scope": "tat-ca" if held.unit_codes is None else "chon",
        "decision": held.decision,
        "reason": held.reason or "",
        "replaces": str(held.id),
    }
    pairs = [*asked.items(), *(("units", code) for code in held.unit_codes or ())]
    return f"{LOCKS}/xem?{urlencode([pair for pair in pairs if pair[1]])}"


def _next(held: LockView, *, changed: bool) -> str:
    if held.state is LockState.WAITING:
        return _while_waiting(held, changed=changed)
    if held.finished_at is not None:
        return say(mark("Các học bạ đã có hiệu lực và nằm trong sổ minh bạch."))
    return say(_AFTERWARDS[held.state])


def _while_waiting(held: LockView, *, changed: bool) -> str:
    if changed:
        return say(mark("Số liệu đã khác lúc đề nghị nên không xác nhận được: xem bên dưới rồi lập lại đề nghị."))
    if held.mine:
        return say(mark("Cần một cán bộ khác của Sở xác nhận; người đề nghị không tự xác nhận được."))
    return say(mark("Đối chiếu số liệu với văn bản rồi xác nhận hoặc từ chối."))
