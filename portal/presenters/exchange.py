"""Exchanges with other installations in words: what goes, what comes and what it proves, whose logs are believed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from portal.models import ArrivalState
from portal.presenters import reasons
from portal.presenters.exchange_words import ARRIVALS, FAULTS, PEERS
from portal.presenters.language import day_words, mark, moment_words, say
from portal.presenters.locks import Pair
from portal.presenters.states import ROLES
from portal.presenters.tones import Tone
from portal.services.exchange_arrival_pages import ArrivalView
from portal.services.exchange_departures import DepartureView
from portal.services.exchange_peers import PeerView
from verify.exchange.judging import Examined, ProvenRecord
from verify.signing import Role
from verify.verdict import Reason, Status

HOME: Final = "/chuyen-truong/tinh-khac"


@dataclass(frozen=True, slots=True)
class Departure:
    """file: where the bundle is, answer: where the form for the answer goes; None for what is not there."""

    pairs: tuple[Pair, ...]
    file: str | None
    answer: str | None


@dataclass(frozen=True, slots=True)
class ArrivalLine:
    href: str
    name: str
    way: str
    state: str
    tone: Tone
    when: str


@dataclass(frozen=True, slots=True)
class YearLine:
    """A year of the bundle. under: since when, by which log. unknown: what could not be known of its signatures."""

    year: str
    school: str
    under: str
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ArrivalBlock:
    """One arrival. fault: why it does not hold any more. answer: where the file is that goes back."""

    href: str
    title: str
    state: str
    tone: Tone
    next: str
    pairs: tuple[Pair, ...]
    years: tuple[YearLine, ...]
    fault: str
    may_confirm: bool
    may_refuse: bool
    answer: str | None
    record: str | None


@dataclass(frozen=True, slots=True)
class PeerBlock:
    id: int
    name: str
    state: str
    tone: Tone
    pairs: tuple[Pair, ...]
    may_confirm: bool
    may_end: bool
    href: str


def present_departure(held: DepartureView, request_id: int) -> Departure:
    return Departure(
        tuple(_departure_pairs(held)),
        f"{HOME}/di/{request_id}/tep" if held.may_take else None,
        f"{HOME}/di/{request_id}/bao-nhan" if held.may_settle else None,
    )


def _departure_pairs(held: DepartureView) -> Iterator[Pair]:
    yield Pair(say(mark("Hệ thống")), held.peer)
    yield Pair(say(mark("Trường ở đó")), held.school)
    if held.made_at is not None and held.expires_at is not None:
        yield Pair(say(mark("Tệp lập lúc")), moment_words(held.made_at))
        yield Pair(say(mark("Nơi đến nhận được đến")), moment_words(held.expires_at))


def present_arrivals(found: Sequence[ArrivalView]) -> tuple[ArrivalLine, ...]:
    return tuple(
        ArrivalLine(
            f"{HOME}/den/{each.id}",
            each.full_name,
            f"{each.peer} → {each.school}",
            say(ARRIVALS[each.state][0]),
            ARRIVALS[each.state][1],
            moment_words(each.brought_at),
        )
        for each in found
    )


def present_arrival(held: ArrivalView, seen: Examined | None) -> ArrivalBlock:
    """seen: the bundle as it is judged now; None once it is decided."""
    words, tone = ARRIVALS[held.state]
    waits = held.state is ArrivalState.WAITING
    return ArrivalBlock(
        href=f"{HOME}/den/{held.id}",
        title=f"{say(mark('Chuyển đến từ hệ thống khác'))}: {held.full_name}",
        state=say(words),
        tone=tone,
        next=say(_NEXT[held.state]),
        pairs=tuple(_arrival_pairs(held, seen)),
        years=tuple(_year(each, seen) for each in seen.records) if seen is not None else (),
        fault=fault_sentence(seen) if seen is not None and seen.fault is not None else "",
        may_confirm=held.may_decide and seen is not None and seen.fault is None,
        may_refuse=waits,
        answer=f"{HOME}/den/{held.id}/bao-nhan" if held.code is not None else None,
        record=f"/hoc-ba/{held.code}" if held.code is not None else None,
    )


_NEXT: Final = {
    ArrivalState.WAITING: mark(
        "Người đứng đầu trường hoặc cán bộ Sở, không phải người đã đưa tệp vào, đối chiếu giấy tờ rồi tiếp nhận."
    ),
    ArrivalState.CONFIRMED: mark(
        "Hồ sơ đã thuộc trường. Gửi giấy báo nhận về nơi chuyển đi để họ khép lại đơn; thiếu nó, ở đó vẫn ghi là chờ."
    ),
    ArrivalState.REFUSED: mark("Không có gì được nhập. Báo nơi chuyển đi biết; cần thì đưa tệp vào lại."),
}


def fault_sentence(seen: Examined) -> str:
    """Why a file is not taken, and where in it."""
    if seen.fault is None:
        return ""
    *places, last = seen.detail.split(": ")
    why = last if last in _REASONS else ""
    where = ", ".join(_spoken(each) for each in (*places, *([] if why else [last])) if each)
    place = say(mark("Ở: %(place)s."), {"place": where}) if where else ""
    found = say(reasons.REASONS[Reason(why)].what) if why else ""
    return " ".join(part for part in (say(FAULTS[seen.fault]), place, found) if part)


def _spoken(place: str) -> str:
    """A school year as it is; a role in words."""
    return say(ROLES[Role(place)]).lower() if place in _ROLES else place


_REASONS: Final = frozenset(each.value for each in reasons.REASONS)
_ROLES: Final = frozenset(each.value for each in ROLES)


def present_peers(found: Sequence[PeerView]) -> tuple[PeerBlock, ...]:
    return tuple(
        PeerBlock(
            each.id,
            each.name,
            say(PEERS[each.state][0]),
            PEERS[each.state][1],
            tuple(_peer_pairs(each)),
            each.may_confirm,
            each.may_end,
            f"{HOME}/he-thong/{each.id}",
        )
        for each in found
    )


def _arrival_pairs(held: ArrivalView, seen: Examined | None) -> Iterator[Pair]:
    yield Pair(say(mark("Từ")), held.peer)
    yield Pair(say(mark("Sổ minh bạch chứng nhận")), held.log)
    yield Pair(say(mark("Trường tiếp nhận")), held.school)
    if seen is not None:
        header = seen.header
        yield Pair(say(mark("Trường cũ")), header.sender_school)
        yield Pair(say(mark("Trường ghi trên đơn")), header.recipient_school)
        yield Pair(say(mark("Ngày ghi trên đơn")), day_words(header.applied_on))
        yield Pair(say(mark("Học ở trường mới từ")), day_words(header.starts_on))
        quorum = mark("đã ký đủ") if seen.witnessed else mark("không đòi hỏi, theo chính sách đã công nhận")
        yield Pair(say(mark("Bên chứng kiến")), say(quorum))
    yield Pair(say(mark("Người đưa tệp vào")), f"{held.brought_by}, {moment_words(held.brought_at)}")
    if held.decided_by is not None and held.decided_at is not None:
        yield Pair(say(ARRIVALS[held.state][0]), f"{held.decided_by}, {moment_words(held.decided_at)}")
    if held.closing is not None:
        yield Pair(say(mark("Lý do")), held.closing)


def _year(each: ProvenRecord, seen: Examined) -> YearLine:
    unknown = dict.fromkeys(
        reasons.what(check)
        for signature in each.signatures
        for check in signature.checks
        if check.status is Status.UNKNOWN
    )
    values = {
        "day": day_words(each.record.effective_at),
        "index": str(each.record.log_index),
        "log": seen.log,
        "version": str(each.record.version),
    }
    told = say(mark("bản %(version)s, hiệu lực từ %(day)s, dòng %(index)s của sổ %(log)s"), values)
    return YearLine(each.record.school_year, each.content.issuing_school.name, told, tuple(unknown))


def _peer_pairs(each: PeerView) -> Iterator[Pair]:
    yield Pair(say(mark("Sổ minh bạch")), each.log)
    yield Pair(say(mark("Khóa của sổ")), each.fingerprint)
    counted = {"quorum": str(each.quorum), "count": str(each.witnesses)}
    quorum = mark("cần %(quorum)s trong %(count)s bên") if each.quorum else mark("không đòi hỏi")
    yield Pair(say(mark("Bên chứng kiến")), say(quorum, counted))
    yield Pair(say(mark("Văn bản")), each.decision)
    yield Pair(say(mark("Người đề nghị")), f"{each.proposer}, {moment_words(each.proposed_at)}")
    if each.decider is not None and each.decided_at is not None:
        yield Pair(say(mark("Người quyết định")), f"{each.decider}, {moment_words(each.decided_at)}")
    if each.ended_at is not None:
        yield Pair(say(mark("Kết thúc")), moment_words(each.ended_at))
    if each.closing is not None:
        yield Pair(say(mark("Lý do")), each.closing)
