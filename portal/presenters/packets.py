"""A school's packets in words: what is next, who has signed, what became of each row, and every version."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from portal.models import State, Upload, UploadState
from portal.presenters import reasons
from portal.presenters.language import mark, say
from portal.presenters.signatures import faults_of, signers_of
from portal.presenters.states import role_words, state_tone, state_words
from portal.presenters.tones import Tone
from portal.presenters.uploads import UPLOADS
from portal.services.arrivals import Chain
from portal.services.intake import TakenRow
from portal.services.school_packets import History, PacketRecord, PacketSummary, PacketView
from portal.services.signing import SignedPacket
from portal.services.withdrawal import WITHDRAWABLE
from verify.code import grouped
from verify.record.findings import Severity
from verify.signing import Role
from verify.verifier import NEEDED_ROLES

PACKETS: Final = "/goi-hoc-ba"
_ORDER: Final = (
    State.DRAFT,
    State.SUBMITTED,
    State.ACCEPTED,
    State.LOCKED,
    State.REJECTED,
    State.REPLACED,
    State.WITHDRAWN,
)
_WAITING: Final = {
    UploadState.READING: mark("Đang kiểm tra"),
    UploadState.MAPPING: mark("Chờ bạn ghép cột"),
    UploadState.REFUSED: mark("Không đọc được tệp"),
    UploadState.READ: mark("Chờ bạn xem và xác nhận"),
    UploadState.TAKING: mark("Đang nhận vào"),
}


def receipt_number(packet_id: int) -> str:
    """The number that a school keeps: the same file always has the same."""
    return f"BN-{packet_id:06d}"


@dataclass(frozen=True, slots=True)
class WaitingLine:
    """A file that was begun. words: how far it is."""

    href: str
    file_name: str
    school_year: str
    words: str
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class PacketLine:
    """counts: records by state, in words. next: what is to do."""

    href: str
    number: str
    class_name: str
    grade: int
    school_year: str
    school_name: str
    total: int
    counts: str
    next: str
    to_do: bool
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class PacketsPage:
    waiting: tuple[WaitingLine, ...]
    packets: tuple[PacketLine, ...]
    several_schools: bool


@dataclass(frozen=True, slots=True)
class RecordLine:
    """A record of a packet. href: its page, None when it no longer stands. withdraw: where to withdraw it, or None."""

    version_id: int
    full_name: str
    code: str
    href: str | None
    state: str
    tone: Tone
    version: int
    signed: str
    history: str
    withdraw: str | None


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """A signature that does not count. name: whose record."""

    name: str
    role: str
    reasons: str


@dataclass(frozen=True, slots=True)
class SignedResult:
    """What a signed file did."""

    accepted: int
    waiting: int
    refused: tuple[RefusedLine, ...]


@dataclass(frozen=True, slots=True)
class PacketPage:
    """can_sign: drafts wait for a signature. missing: who has not signed yet, in words with counts.

    to_send_again: records of an XML packet that must be signed on in the school's software.
    """

    line: PacketLine
    packet_id: int
    records: tuple[RecordLine, ...]
    missing: tuple[str, ...]
    to_download: int
    can_sign: bool
    to_send_again: int
    can_withdraw: bool
    result: SignedResult | None


@dataclass(frozen=True, slots=True)
class ReceiptRow:
    row: int
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReceiptPage:
    """What a school keeps of a file that it sent."""

    line: PacketLine
    packet_id: int
    file_sha256: str
    accepted: int
    refused: int
    left_out: tuple[ReceiptRow, ...]
    withdrawn: bool


@dataclass(frozen=True, slots=True)
class HistoryLine:
    words: str
    actor: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class VersionBlock:
    version: int
    state: str
    tone: Tone
    class_name: str
    receipt: str
    receipt_href: str
    signed: str
    steps: tuple[HistoryLine, ...]


@dataclass(frozen=True, slots=True)
class HistoryPage:
    packet_id: int
    full_name: str
    code: str
    school_year: str
    versions: tuple[VersionBlock, ...]


def present_packets(waiting: Sequence[Upload], packets: Sequence[PacketSummary], *, signs: bool) -> PacketsPage:
    """signs: who looks is the head, who signs."""
    return PacketsPage(
        tuple(
            WaitingLine(
                f"{UPLOADS}/{each.id}",
                each.file_name,
                each.school_year,
                say(_WAITING[UploadState(each.state)]),
                each.created_at,
            )
            for each in waiting
        ),
        tuple(_line(each, signs) for each in packets),
        len({each.school_name for each in packets}) > 1,
    )


def present_packet(view: PacketView, signed: SignedPacket | None = None, *, signs: bool) -> PacketPage:
    """signed: what a file that was just brought did. signs: who looks is the head."""
    packet_id = view.summary.packet_id
    drafts = [record for record in view.records if record.state == State.DRAFT]
    unsigned = [record for record in view.records if record.state in (State.DRAFT, State.SUBMITTED)]
    chains = _chains(view)
    elsewhere = [record for record in unsigned if record.state == State.SUBMITTED and record.code in chains]
    return PacketPage(
        line=_line(view.summary, signs),
        packet_id=packet_id,
        records=tuple(_record(packet_id, record, chains.get(record.code)) for record in view.records),
        missing=tuple(_missing(unsigned)),
        to_download=len(drafts),
        can_sign=len(unsigned) > len(elsewhere),
        to_send_again=len(elsewhere),
        can_withdraw=any(record.state in WITHDRAWABLE for record in view.records),
        result=_result(view, signed) if signed is not None else None,
    )


def present_receipt(view: PacketView, *, signs: bool) -> ReceiptPage:
    """signs: who looks is the head."""
    living = [record for record in view.records if record.state not in (State.WITHDRAWN, State.REPLACED)]
    return ReceiptPage(
        line=_line(view.summary, signs),
        packet_id=view.summary.packet_id,
        file_sha256=view.file_sha256,
        accepted=view.taken.accepted,
        refused=view.taken.refused,
        left_out=tuple(ReceiptRow(row.row, tuple(_why_refused(row))) for row in view.taken.rows if row.refused),
        withdrawn=not living,
    )


def _why_refused(row: TakenRow) -> Iterator[str]:
    yield from (each.message for each in row.findings if each.severity is Severity.ERROR)
    yield from (fault.message for fault in faults_of(row.chain) if fault.refuses)


def _chains(view: PacketView) -> dict[str, Chain]:
    """Signatures that came within an XML packet, by lookup code."""
    rows = (row for row in view.taken.rows if row.lookup_code is not None)
    return {str(row.lookup_code): row.chain for row in rows if row.chain is not None and row.chain.signatures}


def present_history(packet_id: int, held: History) -> HistoryPage:
    return HistoryPage(
        packet_id,
        held.full_name,
        grouped(held.code),
        held.school_year,
        tuple(
            VersionBlock(
                version=each.version,
                state=state_words(each.state),
                tone=state_tone(each.state),
                class_name=each.class_name,
                receipt=receipt_number(each.packet_id),
                receipt_href=f"{PACKETS}/{each.packet_id}",
                signed=_roles(each.roles),
                steps=tuple(
                    HistoryLine(state_words(step.after), step.actor, step.reason, step.at) for step in each.steps
                ),
            )
            for each in held.versions
        ),
    )


def _line(summary: PacketSummary, signs: bool) -> PacketLine:
    counts = {State(state): count for state, count in summary.counts.items()}
    words, to_do = _next(counts, signs)
    return PacketLine(
        href=f"{PACKETS}/{summary.packet_id}",
        number=receipt_number(summary.packet_id),
        class_name=summary.class_name,
        grade=summary.grade,
        school_year=summary.school_year,
        school_name=summary.school_name,
        total=sum(counts.values()),
        counts=" · ".join(f"{state_words(state)}: {counts[state]}" for state in _ORDER if counts.get(state)),
        next=words,
        to_do=to_do,
        sent_at=summary.created_at,
    )


def _next(counts: Mapping[State, int], signs: bool) -> tuple[str, bool]:
    """What is to do with a packet, and whether who looks is to do it."""
    if not signs and (counts.get(State.DRAFT) or counts.get(State.SUBMITTED)):
        return say(mark("Người đứng đầu trường ký và nộp; hệ thống đã báo")), False
    if counts.get(State.DRAFT):
        return say(mark("Tải gói về ký, rồi nộp tệp đã ký")), True
    if counts.get(State.SUBMITTED):
        return say(mark("Bổ sung chữ ký còn thiếu")), True
    if counts.get(State.ACCEPTED):
        return say(mark("Chờ Sở chốt; nhà trường không phải làm gì")), False
    if counts.get(State.LOCKED):
        return say(mark("Đã chốt")), False
    return say(mark("Không còn học bạ nào: đã rút, hoặc đã có bản thay")), False


def _record(packet_id: int, record: PacketRecord, chain: Chain | None) -> RecordLine:
    stands = record.state not in (State.WITHDRAWN, State.REPLACED, State.REJECTED)
    may_go = record.state in WITHDRAWABLE
    return RecordLine(
        version_id=record.version_id,
        full_name=record.full_name,
        code=record.code,
        href=f"/hoc-ba/{record.code}" if stands else None,
        state=state_words(record.state),
        tone=state_tone(record.state),
        version=record.version,
        signed=signers_of(chain) or _roles(record.roles),
        history=f"{PACKETS}/{packet_id}/lich-su/{record.version_id}",
        withdraw=f"{PACKETS}/{packet_id}/rut?ban={record.version_id}" if may_go else None,
    )


def _roles(roles: frozenset[str]) -> str:
    return ", ".join(role_words(role.value) for role in Role if role.value in roles)


def _missing(unsigned: Sequence[PacketRecord]) -> list[str]:
    """Who has not signed yet, over the whole packet."""
    words = []
    for role in NEEDED_ROLES:
        count = sum(role.value not in record.roles for record in unsigned)
        if count:
            words.append(say(mark("%(role)s: còn %(n)s học bạ"), {"role": role_words(role.value), "n": str(count)}))
    return words


def _result(view: PacketView, signed: SignedPacket) -> SignedResult:
    names = {record.code: record.full_name for record in view.records}
    return SignedResult(
        signed.accepted,
        signed.waiting,
        tuple(
            RefusedLine(
                names.get(held.lookup_code, ""),
                role_words(held.role.value),
                " ".join(dict.fromkeys(reasons.sentence(check) for check in held.failed)),
            )
            for held in signed.refused
        ),
    )
