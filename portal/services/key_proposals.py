"""The rule of two for the registry of keys: one official proposes, another one confirms, and only then it is logged.

Nobody may sign before the confirmation: a registration never begins earlier, and an end never reaches back over what
was received in good faith.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from portal.errors import NotFound, Problem, Refused
from portal.identity import Identity
from portal.models import Account, KeyAuthorisation, KeyProposal, NoticeKind, ProposalKind, ProposalState, Unit
from portal.permissions import may_confirm_keys, may_propose_keys
from portal.services import blobs, notices, registry, telling
from portal.services.certificate_files import read_certificate
from portal.services.certificates import roles_of
from portal.services.examinations import Examination
from portal.services.organisation import require_open
from portal.services.organisation import unit as unit_of
from verify.anchors import TrustStore
from verify.canonical import sha256
from verify.log import notes
from verify.signing import Role

LIFE: Final = timedelta(days=14)
# What is being received while an end is confirmed stays whole: longer than a writer waits for the database.
END_LEEWAY: Final = timedelta(minutes=1)
VIETNAM: Final = ZoneInfo("Asia/Ho_Chi_Minh")


@dataclass(frozen=True, slots=True)
class ProposalView:
    """A proposal with the names of who acted. state: as it is now, so one past its days has expired.

    holder: as the certificate names its owner. mine: the asking person proposed it. may_confirm: may decide on it now.
    """

    id: int
    kind: ProposalKind
    state: ProposalState
    unit_code: str
    unit_name: str
    role: Role
    certificate: bytes
    holder: str
    first_day: date
    last_day: date | None
    decision: str
    proposer: str
    proposed_at: datetime
    expires_at: datetime
    decider: str | None
    decided_at: datetime | None
    reason: str | None
    authorisation_id: int | None
    log_index: int | None
    mine: bool
    may_confirm: bool

    @property
    def is_earlier(self) -> bool:
        """Whether it is about a key of the system before this one."""
        return self.kind is ProposalKind.EARLIER


def propose_key(
    session: Session,
    identity: Identity,
    unit_code: str,
    role: Role,
    examined: Examination,
    first_day: date,
    last_day: date | None,
    decision: str,
    now: datetime,
) -> int:
    """Propose that a certificate may sign for a unit in a role; returns the number of the proposal.

    Raises NotFound; Refused with CERTIFICATE_REFUSED, WRONG_ROLE, KEY_REGISTERED, KEY_PERIOD_OVER,
    PROPOSAL_WAITS or UNIT_CLOSED.
    """
    require_official(identity)
    unit = unit_of(session, unit_code)
    require_open(session, unit, now)
    if role not in roles_of(unit):
        raise Refused(Problem.WRONG_ROLE)
    if examined.past or not examined.holds:
        raise Refused(Problem.CERTIFICATE_REFUSED)
    if last_day is not None and (last_day < first_day or end_of(last_day) <= now):
        raise Refused(Problem.KEY_PERIOD_OVER)
    if _entry(session, unit, role, sha256(examined.certificate)) is not None:
        raise Refused(Problem.KEY_REGISTERED)
    made = new_proposal(identity, unit, role, ProposalKind.REGISTER, examined.certificate, decision, now)
    made.first_day, made.last_day = first_day, last_day
    return keep_waiting(session, made, now)


def propose_end(
    session: Session, identity: Identity, key_id: int, last_day: date | None, decision: str, now: datetime
) -> int:
    """Propose that a key signs for the last time on a day, or with None that it ends once confirmed.

    Raises NotFound; Refused with KEY_ENDED, KEY_PERIOD_OVER or PROPOSAL_WAITS.
    """
    require_official(identity)
    entry = session.get(KeyAuthorisation, key_id)
    if entry is None:
        raise NotFound
    if last_day is not None and end_of(last_day) <= now:
        raise Refused(Problem.KEY_PERIOD_OVER)
    _require_nearer(entry, _end(entry, last_day, now))
    unit = session.get_one(Unit, entry.unit_id)
    made = new_proposal(identity, unit, Role(entry.role), ProposalKind.END, entry.certificate, decision, now)
    made.first_day, made.last_day, made.authorisation_id = _day_of(entry.valid_from), last_day, entry.id
    return keep_waiting(session, made, now)


def confirm(
    session: Session,
    identity: Identity,
    proposal_id: int,
    examined: Examination,
    trust: TrustStore,
    log_signer: notes.Signer,
    now: datetime,
) -> int | None:
    """Confirm as the second official: the registry and the log change together. Returns the number of the key.

    examined: the certificate at this moment, against `trust`; a registration needs it to hold. Confirmed before:
    nothing happens again. Raises NotFound also for who proposed; Refused with PROPOSAL_CLOSED, CERTIFICATE_REFUSED,
    KEY_REGISTERED, KEY_ENDED or KEY_PERIOD_OVER.
    """
    held = _locked(session, identity, proposal_id)
    if not may_confirm_keys(identity, held.proposed_by):
        raise NotFound
    if held.state == ProposalState.CONFIRMED.value:
        return held.authorisation_id
    _require_waiting(held, now)
    # Lists first: the guard lets a proposal change once.
    evidence = _evidence(session, examined, trust)
    number, index = _ACTS[ProposalKind(held.kind)](session, held, examined, log_signer, now)
    _decide(held, ProposalState.CONFIRMED, identity, now)
    held.authorisation_id, held.log_index, held.evidence = number, index, evidence
    session.flush()
    notices.settle(session, NoticeKind.KEY_WAITS, held.id, now)
    return number


def decline(session: Session, identity: Identity, proposal_id: int, reason: str, now: datetime) -> None:
    """Reject another's proposal, or withdraw one's own; raises NotFound or Refused(PROPOSAL_CLOSED)."""
    held = _locked(session, identity, proposal_id)
    own = held.proposed_by == identity.account_id
    state = ProposalState.WITHDRAWN if own else ProposalState.REJECTED
    if held.state == state.value and held.decided_by == identity.account_id:
        return
    _require_waiting(held, now)
    _decide(held, state, identity, now)
    held.reason = reason
    session.flush()
    notices.settle(session, NoticeKind.KEY_WAITS, held.id, now)


def proposal(session: Session, identity: Identity, proposal_id: int, now: datetime) -> ProposalView:
    """One proposal; raises NotFound for who is no official of the department."""
    require_official(identity)
    found = _views(session, identity, KeyProposal.id == proposal_id, now)
    if not found:
        raise NotFound
    return found[0]


def waiting(session: Session, identity: Identity, now: datetime) -> tuple[ProposalView, ...]:
    """Proposals that wait for a second official, the oldest first; none for who may not decide."""
    if not may_propose_keys(identity):
        return ()
    open_ = (KeyProposal.state == ProposalState.WAITING.value) & (KeyProposal.expires_at > now)
    return _views(session, identity, open_, now)


def of_key(session: Session, identity: Identity, key_id: int, now: datetime) -> tuple[ProposalView, ...]:
    """What was proposed about a key, the oldest first; none for who may not decide."""
    if not may_propose_keys(identity):
        return ()
    return _views(session, identity, KeyProposal.authorisation_id == key_id, now)


def start_of(day: date) -> datetime:
    """The first moment of a day of the province."""
    return datetime.combine(day, time.min, VIETNAM)


def end_of(day: date) -> datetime:
    """The first moment after a day of the province."""
    return start_of(day + timedelta(days=1))


def _day_of(moment: datetime) -> date:
    return moment.astimezone(VIETNAM).date()


def require_official(identity: Identity) -> None:
    """Only the department's officials look at proposals and make them; raises NotFound."""
    if not may_propose_keys(identity):
        raise NotFound


def new_proposal(
    identity: Identity, unit: Unit, role: Role, kind: ProposalKind, certificate: bytes, decision: str, now: datetime
) -> KeyProposal:
    """A proposal that waits, not yet kept; its days are set by the caller."""
    return KeyProposal(
        kind=kind.value,
        state=ProposalState.WAITING.value,
        unit_id=unit.id,
        role=role.value,
        certificate_sha256=sha256(certificate),
        certificate=certificate,
        decision=decision,
        proposed_by=identity.account_id,
        proposed_at=now,
        expires_at=now + LIFE,
    )


def keep_waiting(session: Session, made: KeyProposal, now: datetime) -> int:
    """Keep a proposal, if no other one waits about the same key. Proposers of one unit queue at its row."""
    session.execute(sa.select(Unit.id).where(Unit.id == made.unit_id).with_for_update(key_share=True))
    session.execute(
        sa.update(KeyProposal)
        .where(KeyProposal.state == ProposalState.WAITING.value, KeyProposal.expires_at <= now)
        .values(state=ProposalState.EXPIRED.value)
    )
    same = sa.select(KeyProposal.id).where(
        KeyProposal.state == ProposalState.WAITING.value,
        KeyProposal.unit_id == made.unit_id,
        KeyProposal.role == made.role,
        KeyProposal.certificate_sha256 == made.certificate_sha256,
    )
    if session.scalar(same) is not None:
        raise Refused(Problem.PROPOSAL_WAITS)
    session.add(made)
    session.flush()
    telling.second_official_needed(session, NoticeKind.KEY_WAITS, made.id, made.proposed_by, now)
    return made.id


def _locked(session: Session, identity: Identity, proposal_id: int) -> KeyProposal:
    """The row, held until the transaction ends: of two decisions at once the second sees the first."""
    require_official(identity)
    held = session.scalar(
        sa.select(KeyProposal)
        .where(KeyProposal.id == proposal_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if held is None:
        raise NotFound
    return held


def _require_waiting(held: KeyProposal, now: datetime) -> None:
    if held.state != ProposalState.WAITING.value or held.expires_at <= now:
        raise Refused(Problem.PROPOSAL_CLOSED)


def _decide(held: KeyProposal, state: ProposalState, identity: Identity, now: datetime) -> None:
    held.state, held.decided_by, held.decided_at = state.value, identity.account_id, now


def _register(
    session: Session, held: KeyProposal, examined: Examination, log_signer: notes.Signer, now: datetime
) -> tuple[int | None, int | None]:
    if examined.past or not examined.holds or sha256(examined.certificate) != held.certificate_sha256:
        raise Refused(Problem.CERTIFICATE_REFUSED)
    unit, role = session.get_one(Unit, held.unit_id), Role(held.role)
    valid_from = max(start_of(held.first_day), now)
    valid_to = end_of(held.last_day) if held.last_day is not None else None
    if valid_to is not None and valid_to <= valid_from:
        raise Refused(Problem.KEY_PERIOD_OVER)
    require_open(session, unit, now)
    if _entry(session, unit, role, held.certificate_sha256) is not None:
        raise Refused(Problem.KEY_REGISTERED)
    made = registry.register_key(session, unit, role, held.certificate, valid_from, valid_to, log_signer, now)
    return made.id, made.log_index


def _end_key(
    session: Session, held: KeyProposal, _examined: Examination, log_signer: notes.Signer, now: datetime
) -> tuple[int | None, int | None]:
    entry = session.scalars(
        sa.select(KeyAuthorisation)
        .where(KeyAuthorisation.id == held.authorisation_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    valid_to = _end(entry, held.last_day, now)
    _require_nearer(entry, valid_to)
    return entry.id, registry.end_key(session, entry, valid_to, log_signer, now)


def _recognise(
    session: Session, held: KeyProposal, examined: Examination, log_signer: notes.Signer, now: datetime
) -> tuple[int | None, int | None]:
    """A key of the system before this one: no entry of the registry, so nothing new may be signed with it."""
    if not (examined.past and examined.holds) or sha256(examined.certificate) != held.certificate_sha256:
        raise Refused(Problem.CERTIFICATE_REFUSED)
    if held.last_day is None or end_of(held.last_day) > now:
        raise Refused(Problem.PERIOD_NOT_PAST)
    unit, role = session.get_one(Unit, held.unit_id), Role(held.role)
    if registry.earlier_key(session, unit, role, held.certificate_sha256) is not None:
        raise Refused(Problem.KEY_REGISTERED)
    made = registry.recognise_earlier_key(
        session, unit, role, held.certificate, start_of(held.first_day), end_of(held.last_day), log_signer, now
    )
    return None, made.log_index


def _end_earlier(
    session: Session, held: KeyProposal, _examined: Examination, log_signer: notes.Signer, now: datetime
) -> tuple[int | None, int | None]:
    unit = session.get_one(Unit, held.unit_id)
    entry = registry.earlier_key(session, unit, Role(held.role), held.certificate_sha256)
    if entry is None:
        raise NotFound
    valid_to = end_of(held.last_day) if held.last_day is not None else entry.valid_from
    return None, registry.end_earlier_key(session, entry, valid_to, log_signer, now)


_ACTS: Final = {
    ProposalKind.REGISTER: _register,
    ProposalKind.END: _end_key,
    ProposalKind.EARLIER: _recognise,
    ProposalKind.END_EARLIER: _end_earlier,
}


def _end(entry: KeyAuthorisation, last_day: date | None, now: datetime) -> datetime:
    """When an entry ends: never before the confirmation, never before it begins; whole seconds."""
    soonest = now.replace(microsecond=0) + END_LEEWAY
    wanted = end_of(last_day) if last_day is not None else soonest
    return max(wanted, soonest, entry.valid_from)


def _require_nearer(entry: KeyAuthorisation, valid_to: datetime) -> None:
    if entry.valid_to is not None and entry.valid_to <= valid_to:
        raise Refused(Problem.KEY_ENDED)


def _entry(session: Session, unit: Unit, role: Role, certificate_sha256: str) -> KeyAuthorisation | None:
    return session.scalar(
        sa.select(KeyAuthorisation).where(
            KeyAuthorisation.unit_id == unit.id,
            KeyAuthorisation.role == role.value,
            KeyAuthorisation.certificate_sha256 == certificate_sha256,
        )
    )


def _evidence(session: Session, examined: Examination, trust: TrustStore) -> dict[str, Any]:
    """Keep the path and its revocation lists as they were, so that the decision stays explainable."""
    named, trusted = {*examined.path, *examined.lists}, (*trust.roots, *trust.intermediates, *trust.crls)
    blobs.put_all(session, [each for each in trusted if sha256(each) in named])
    return {
        "at": examined.at.isoformat(),
        "path": list(examined.path),
        "lists": list(examined.lists),
        "answers": {answer.point.value: answer.status.value for answer in examined.answers},
    }


def _views(
    session: Session, identity: Identity, where: sa.ColumnElement[bool], now: datetime
) -> tuple[ProposalView, ...]:
    proposer, decider = aliased(Account), aliased(Account)
    rows = session.execute(
        sa.select(KeyProposal, Unit, proposer.display_name, decider.display_name)
        .join(Unit, Unit.id == KeyProposal.unit_id)
        .join(proposer, proposer.id == KeyProposal.proposed_by)
        .outerjoin(decider, decider.id == KeyProposal.decided_by)
        .where(where)
        .order_by(KeyProposal.id)
    )
    return tuple(_view(held, unit, by, decided, identity, now) for held, unit, by, decided in rows)


def _view(
    held: KeyProposal, unit: Unit, by: str, decided: str | None, identity: Identity, now: datetime
) -> ProposalView:
    state = ProposalState(held.state)
    if state is ProposalState.WAITING and held.expires_at <= now:
        state = ProposalState.EXPIRED
    return ProposalView(
        id=held.id,
        kind=ProposalKind(held.kind),
        state=state,
        unit_code=unit.code,
        unit_name=unit.name,
        role=Role(held.role),
        certificate=held.certificate,
        holder=read_certificate(held.certificate).facts.subject,
        first_day=held.first_day,
        last_day=held.last_day,
        decision=held.decision,
        proposer=by,
        proposed_at=held.proposed_at,
        expires_at=held.expires_at,
        decider=decided,
        decided_at=held.decided_at,
        reason=held.reason,
        authorisation_id=held.authorisation_id,
        log_index=held.log_index,
        mine=held.proposed_by == identity.account_id,
        may_confirm=state is ProposalState.WAITING and may_confirm_keys(identity, held.proposed_by),
    )
