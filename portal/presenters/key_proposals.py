"""Proposals about keys in words: what is proposed, who acted, what is next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from portal.models import ProposalKind, ProposalState
from portal.presenters.certificate_blocks import CertificateBlock, Pair, certificate_block
from portal.presenters.certificate_words import KEYS, KINDS, PROPOSAL_STATES, PROPOSAL_TONES, PROPOSALS
from portal.presenters.language import day_words, mark, moment_words, say
from portal.presenters.states import role_words
from portal.presenters.tones import Tone
from portal.services.examinations import Examination
from portal.services.key_proposals import ProposalView
from verify.signing import Role

# What is next for who did not propose it, where the kind says more than the state.
_NEXT: Final = {
    (ProposalKind.EARLIER, ProposalState.WAITING): mark(
        "Khóa này chỉ dùng để nhận học bạ đã ký trong thời hạn ghi dưới đây ở hệ thống trước, không bao giờ cho học bạ "
        "mới. Chứng thư được xét tại thời hạn đó. Đối chiếu với văn bản, rồi xác nhận hoặc từ chối."
    ),
    (ProposalKind.EARLIER, ProposalState.CONFIRMED): mark(
        "Đã ghi vào danh sách khóa của hệ thống trước và sổ minh bạch."
    ),
    (ProposalKind.END_EARLIER, ProposalState.WAITING): mark(
        "Học bạ đã nhận nhờ khóa này, có ngày hiệu lực ngoài thời hạn còn lại, sẽ không còn là “Đúng bản gốc”; kiểm "
        "toán nêu từng học bạ. Học bạ vẫn được giữ. Đối chiếu với văn bản, rồi xác nhận hoặc từ chối."
    ),
    (ProposalKind.END_EARLIER, ProposalState.CONFIRMED): mark(
        "Đã ghi vào sổ minh bạch. Chạy kiểm toán để biết học bạ nào dựa vào khóa này; thu hồi theo quyết định nếu cần."
    ),
}
_ENDS: Final = (ProposalKind.END, ProposalKind.END_EARLIER)


@dataclass(frozen=True, slots=True)
class ProposalRow:
    href: str
    kind: str
    unit_name: str
    role: str
    holder: str
    proposer: str
    proposed_at: datetime
    expires_at: datetime
    state: str
    tone: Tone
    mine: bool


@dataclass(frozen=True, slots=True)
class ProposalPage:
    """next: what is to happen, in words. key_href: the entry that is to end, or that was made."""

    href: str
    kind: str
    is_end: bool
    is_earlier: bool
    is_earlier_end: bool
    unit_name: str
    role: str
    pairs: tuple[Pair, ...]
    state: str
    tone: Tone
    next: str
    certificate: CertificateBlock
    mine: bool
    may_confirm: bool
    confirmable: bool
    may_decline: bool
    key_href: str | None


def present_proposal(
    held: ProposalView, examined: Examination, others: Sequence[tuple[str, Role]] = ()
) -> ProposalPage:
    """others: where the same certificate is registered already."""
    is_end = held.kind in _ENDS
    may_decline = held.state is ProposalState.WAITING
    return ProposalPage(
        href=f"{PROPOSALS}/{held.id}",
        kind=say(KINDS[held.kind]),
        is_end=is_end,
        is_earlier=held.is_earlier,
        is_earlier_end=held.kind is ProposalKind.END_EARLIER,
        unit_name=held.unit_name,
        role=role_words(held.role.value),
        pairs=tuple(_proposal_pairs(held)),
        state=say(PROPOSAL_STATES[held.state]),
        tone=PROPOSAL_TONES[held.state],
        next=_next(held),
        certificate=certificate_block(examined, () if is_end else others),
        mine=held.mine,
        may_confirm=held.may_confirm,
        confirmable=held.may_confirm and (is_end or examined.holds),
        may_decline=may_decline,
        key_href=f"{KEYS}/{held.authorisation_id}" if held.authorisation_id is not None else None,
    )


def proposal_row(held: ProposalView) -> ProposalRow:
    return ProposalRow(
        href=f"{PROPOSALS}/{held.id}",
        kind=say(KINDS[held.kind]),
        unit_name=held.unit_name,
        role=role_words(held.role.value),
        holder=held.holder,
        proposer=held.proposer,
        proposed_at=held.proposed_at,
        expires_at=held.expires_at,
        state=say(PROPOSAL_STATES[held.state]),
        tone=PROPOSAL_TONES[held.state],
        mine=held.mine,
    )


def _proposal_pairs(held: ProposalView) -> list[Pair]:
    pairs = [
        Pair(say(mark("Đơn vị")), f"{held.unit_name} ({held.unit_code})"),
        Pair(say(mark("Vai ký")), role_words(held.role.value)),
        Pair(say(mark("Thời hạn")), _wanted_period(held)),
        Pair(say(mark("Theo văn bản")), held.decision),
        Pair(say(mark("Người đề nghị")), f"{held.proposer}, {moment_words(held.proposed_at)}"),
    ]
    if held.state is ProposalState.WAITING:
        pairs.append(Pair(say(mark("Chờ đến")), moment_words(held.expires_at)))
    if held.decider is not None and held.decided_at is not None:
        who = mark("Người xác nhận") if held.state is ProposalState.CONFIRMED else mark("Người khép lại")
        pairs.append(Pair(say(who), f"{held.decider}, {moment_words(held.decided_at)}"))
    if held.reason:
        pairs.append(Pair(say(mark("Lý do")), held.reason))
    if held.log_index is not None:
        pairs.append(Pair(say(mark("Dòng trong sổ minh bạch")), str(held.log_index)))
    return pairs


def _wanted_period(held: ProposalView) -> str:
    last = day_words(held.last_day) if held.last_day is not None else None
    if held.kind is ProposalKind.END_EARLIER:
        if last is None:
            return say(mark("Không còn được tính cho ngày nào"))
        return say(mark("Chỉ còn được tính đến hết ngày %(day)s"), {"day": last})
    if held.kind is ProposalKind.END:
        if last is None:
            return say(mark("Kết thúc ngay khi được xác nhận"))
        return say(mark("Ký đến hết ngày %(day)s"), {"day": last})
    first = day_words(held.first_day)
    if last is None:
        return say(mark("Từ ngày %(day)s, không định ngày kết thúc"), {"day": first})
    return say(mark("Từ ngày %(first)s đến hết ngày %(last)s"), {"first": first, "last": last})


def _next(held: ProposalView) -> str:
    special = _NEXT.get((held.kind, held.state))
    if special is not None and not held.mine:
        return say(special)
    match held.state:
        case ProposalState.WAITING if held.mine:
            return say(mark("Cần một cán bộ khác của Sở xác nhận; người đề nghị không tự xác nhận được."))
        case ProposalState.WAITING:
            return say(mark("Đối chiếu với văn bản và chứng thư dưới đây, rồi xác nhận hoặc từ chối."))
        case ProposalState.CONFIRMED:
            return say(mark("Đã ghi vào sổ chứng thư và sổ minh bạch."))
        case ProposalState.REJECTED | ProposalState.WITHDRAWN:
            return say(mark("Không có gì thay đổi trong sổ chứng thư. Nếu vẫn cần, lập đề nghị mới."))
        case ProposalState.EXPIRED:
            return say(mark("Quá 14 ngày không ai xác nhận. Nếu vẫn cần, lập đề nghị mới."))
