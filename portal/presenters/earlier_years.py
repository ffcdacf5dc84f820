"""Imports of years of the system before this one, on pages: what waits, what came of each record, whose keys count."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from portal.models import ImportState, ProposalKind
from portal.presenters import reasons
from portal.presenters.certificate_blocks import Pair
from portal.presenters.certificate_words import PROPOSALS, period
from portal.presenters.earlier_words import OUTCOMES, STATE_TONES, STATES, tone_of
from portal.presenters.key_proposals import ProposalRow, proposal_row
from portal.presenters.language import day_words as day
from portal.presenters.language import mark, moment_words, say
from portal.presenters.states import role_words
from portal.presenters.tones import Tone
from portal.services.earlier_imports import ImportLine, ImportView
from portal.services.earlier_keys import EarlierKeyView
from portal.services.earlier_matching import Outcome
from portal.services.key_proposals import ProposalView
from verify.verdict import Check, Question, Reason, Status

EARLIER: Final = "/nam-truoc"
# A page of a few hundred rows loads on any machine; the refused ones come first.
_SHOWN: Final = 400


_OF_EARLIER_KEYS: Final = (ProposalKind.EARLIER, ProposalKind.END_EARLIER)


@dataclass(frozen=True, slots=True)
class ImportRow:
    href: str
    source: str
    records: int
    proposer: str
    proposed_at: datetime
    state: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class KeyRow:
    """href: of the proposal, None where there is none; end_href: of the form that ends it, None where it has ended.

    records: of earlier years that the key signed.
    """

    unit_name: str
    role: str
    holder: str
    period: str
    href: str | None
    end_href: str | None
    records: int


@dataclass(frozen=True, slots=True)
class ListPage:
    """waiting: proposals to recognise a key."""

    imports: tuple[ImportRow, ...]
    waiting: tuple[ProposalRow, ...]
    keys: tuple[KeyRow, ...]


@dataclass(frozen=True, slots=True)
class LineRow:
    """One record. text: what becomes of it, with the reason. unknown: what could not be known of its signatures."""

    number: int
    name: str
    class_name: str
    school_year: str
    school: str
    effective_at: datetime
    href: str | None
    tone: Tone
    word: str
    text: str
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Count:
    number: int
    text: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class ImportPage:
    """lines: refused ones first, then by number; more: how many are not shown. confirmable: something can be taken."""

    href: str
    source: str
    state: str
    tone: Tone
    next: str
    pairs: tuple[Pair, ...]
    counts: tuple[Count, ...]
    unknown: int
    lines: tuple[LineRow, ...]
    more: int
    mine: bool
    may_confirm: bool
    confirmable: bool
    may_decline: bool


def present_imports(
    imports: Sequence[ImportView], keys: Sequence[EarlierKeyView], waiting: Sequence[ProposalView]
) -> ListPage:
    return ListPage(
        imports=tuple(
            ImportRow(
                href=f"{EARLIER}/{held.id}",
                source=held.source,
                records=held.records,
                proposer=held.proposer,
                proposed_at=held.proposed_at,
                state=say(STATES[held.state]),
                tone=STATE_TONES[held.state],
            )
            for held in imports
        ),
        waiting=tuple(proposal_row(held) for held in waiting if held.kind in _OF_EARLIER_KEYS),
        keys=tuple(key_row(held) for held in keys),
    )


def present_import(held: ImportView, lines: Sequence[ImportLine]) -> ImportPage:
    """lines: what would happen now, or what happened; empty for a proposal that came to nothing."""
    ordered = sorted(lines, key=lambda line: (not line.outcome.refused, line.number))
    counts = Counter(line.outcome for line in lines)
    return ImportPage(
        href=f"{EARLIER}/{held.id}",
        source=held.source,
        state=say(STATES[held.state]),
        tone=STATE_TONES[held.state],
        next=_next(held),
        pairs=tuple(_pairs(held)),
        counts=tuple(Count(counts[each], say(OUTCOMES[each]), tone_of(each)) for each in Outcome if counts[each]),
        unknown=sum(bool(line.unknown) for line in lines),
        lines=tuple(_line(line) for line in ordered[:_SHOWN]),
        more=max(0, len(ordered) - _SHOWN),
        mine=held.mine,
        may_confirm=held.may_confirm,
        confirmable=held.may_confirm and counts[Outcome.TAKEN] > 0,
        may_decline=held.state is ImportState.WAITING,
    )


def key_row(held: EarlierKeyView) -> KeyRow:
    """A recognised key."""
    return KeyRow(
        unit_name=held.unit_name,
        role=role_words(held.role.value),
        holder=held.holder,
        period=period(held.valid_from, held.valid_to),
        href=f"{PROPOSALS}/{held.proposal_id}" if held.proposal_id is not None else None,
        end_href=f"{EARLIER}/khoa/{held.id}/ket-thuc" if held.counts else None,
        records=held.records,
    )


def _line(line: ImportLine) -> LineRow:
    words = {Outcome.TAKEN: mark("Nhập"), Outcome.UNCHANGED: mark("Đã có")}.get(line.outcome, mark("Không nhập"))
    return LineRow(
        number=line.number,
        name=line.name,
        class_name=line.class_name,
        school_year=line.school_year,
        school=line.school,
        effective_at=line.effective_at,
        href=f"/hoc-ba/{line.code}" if line.code is not None else None,
        tone=tone_of(line.outcome),
        word=say(words),
        text=line_text(line),
        unknown=tuple(reasons.what(_check(reason)) for reason in line.unknown),
    )


def line_text(line: ImportLine) -> str:
    """What becomes of a record, with the reason."""
    text = say(OUTCOMES[line.outcome])
    if line.reason is None or line.role is None:
        return text
    why = reasons.what(_check(line.reason))
    return say(mark("%(text)s %(role)s: %(why)s"), {"text": text, "role": role_words(line.role), "why": why})


def _check(reason: str) -> Check:
    return Check(Question.RECORD_SIGNED, Status.FAILED, Reason(reason))


def _pairs(held: ImportView) -> list[Pair]:
    pairs = [
        Pair(say(mark("Hệ thống trước")), held.source),
        Pair(say(mark("Bên quản lý hệ thống đó")), held.owner),
        Pair(say(mark("Số học bạ trong gói")), str(held.records)),
        Pair(say(mark("Theo văn bản")), held.decision),
        Pair(say(mark("SHA-256 của gói")), held.bundle_sha256),
        Pair(say(mark("Người đề nghị")), f"{held.proposer}, {moment_words(held.proposed_at)}"),
    ]
    if held.state is ImportState.WAITING:
        pairs.append(Pair(say(mark("Chờ đến")), day(held.expires_at)))
    if held.decider is not None and held.decided_at is not None:
        who = mark("Người xác nhận") if held.state is ImportState.CONFIRMED else mark("Người khép lại")
        pairs.append(Pair(say(who), f"{held.decider}, {moment_words(held.decided_at)}"))
    if held.reason:
        pairs.append(Pair(say(mark("Lý do")), held.reason))
    return pairs


def _next(held: ImportView) -> str:
    match held.state:
        case ImportState.WAITING if held.mine:
            return say(mark("Chưa học bạ nào được nhập. Cần một cán bộ khác của Sở xác nhận."))
        case ImportState.WAITING:
            return say(mark("Đối chiếu với văn bản và kết quả từng học bạ dưới đây, rồi xác nhận hoặc từ chối."))
        case ImportState.CONFIRMED:
            return say(mark("Đã nhập và ghi vào sổ minh bạch. Tệp gói đã bị xóa; dữ liệu đã ký được giữ nguyên vẹn."))
        case ImportState.REJECTED | ImportState.WITHDRAWN:
            return say(mark("Không học bạ nào được nhập; tệp gói đã bị xóa. Nếu vẫn cần, gửi lại gói."))
        case ImportState.EXPIRED:
            return say(mark("Quá 14 ngày không ai xác nhận. Nếu vẫn cần, gửi lại gói."))
