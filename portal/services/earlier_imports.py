"""The rule of two for years of the system before this one: one official proposes a bundle, another one confirms it.

A proposal takes nothing in. At the confirmation the bundle is examined and matched again, so what happens is what holds
at that moment; the same bundle is proposed and taken once (docs/decisions/0013).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from portal.errors import NotFound, Problem, Refused
from portal.identity import Identity
from portal.models import Account, EarlierImport, ImportState, LogHead
from portal.permissions import may_confirm_earlier_years, may_propose_earlier_years
from portal.sandbox import Sandbox
from portal.services import blobs, registry
from portal.services.earlier_bundle import ExaminedBundle, examine_bundle
from portal.services.earlier_matching import Decided, Outcome, decide
from portal.services.earlier_taking import NewCode, Salt, Taking, take
from verify.anchors import TrustStore
from verify.canonical import sha256
from verify.containers.earlier import EarlierGate
from verify.log import notes
from verify.verifier import NEEDED_ROLES

LIFE: Final = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class ImportLine:
    """What became, or would become, of one record. name: of the pupil, empty where it could not be read.

    code: lookup code, None where nothing is there. reason: why a signature is refused, role: whose. unknown: reasons
    for what could not be known of the signatures that were taken.
    """

    number: int
    outcome: Outcome
    name: str
    class_name: str
    school_year: str
    school: str
    effective_at: datetime
    code: str | None = None
    reason: str | None = None
    role: str | None = None
    unknown: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """As it is stored, and as the command line prints it."""
        return {
            "number": self.number,
            "outcome": self.outcome.value,
            "name": self.name,
            "class_name": self.class_name,
            "school_year": self.school_year,
            "school": self.school,
            "effective_at": self.effective_at.isoformat(),
            "code": self.code,
            "reason": self.reason,
            "role": self.role,
            "unknown": list(self.unknown),
        }


@dataclass(frozen=True, slots=True)
class ImportView:
    """A proposal with the names of who acted. state: as it is now. mine: the asking person proposed it."""

    id: int
    state: ImportState
    source: str
    owner: str
    decision: str
    bundle_sha256: str
    records: int
    proposer: str
    proposed_at: datetime
    expires_at: datetime
    decider: str | None
    decided_at: datetime | None
    reason: str | None
    mine: bool
    may_confirm: bool


def gate(session: Session, trust: TrustStore, now: datetime) -> EarlierGate:
    """By what the signatures of a bundle are judged at this moment."""
    return EarlierGate(trust, registry.earlier_registry(session), NEEDED_ROLES, now)


def open_bundle(sandbox: Sandbox, data: bytes, judged_by: EarlierGate) -> ExaminedBundle:
    """Examine a bundle in a child; call without a transaction.

    Raises MalformedRecord or LimitExceeded for what is no bundle, or Fault.
    """
    return sandbox.run(examine_bundle, data, judged_by)


def lines(
    session: Session, identity: Identity, bundle: ExaminedBundle, now: datetime, *, demo: bool
) -> tuple[ImportLine, ...]:
    """What taking a bundle in would do now; raises NotFound for who is no official."""
    _require_official(identity)
    return tried(session, bundle, now, demo=demo)


def tried(session: Session, bundle: ExaminedBundle, now: datetime, *, demo: bool) -> tuple[ImportLine, ...]:
    """The same for the operator at the command line, who may look and never take."""
    return tuple(_line(each, None) for each in decide(session, bundle, now, demo=demo))


def propose(
    session: Session, identity: Identity, data: bytes, bundle: ExaminedBundle, decision: str, now: datetime
) -> int:
    """Propose a bundle; returns the number of the proposal. The same bundle again: the same proposal.

    decision: number of the paper decision of the import. Raises NotFound for who is no official.
    """
    _require_official(identity)
    expire(session, now)
    known = session.scalar(
        sa.select(EarlierImport.id).where(
            EarlierImport.bundle_sha256 == sha256(data),
            EarlierImport.state.in_((ImportState.WAITING.value, ImportState.CONFIRMED.value)),
        )
    )
    if known is not None:
        return known
    made = EarlierImport(
        state=ImportState.WAITING.value,
        source=bundle.source,
        owner=bundle.owner,
        decision=decision,
        bundle_sha256=sha256(data),
        records=len(bundle.entries),
        proposed_by=identity.account_id,
        proposed_at=now,
        expires_at=now + LIFE,
        data=data,
    )
    session.add(made)
    session.flush()
    return made.id


def expire(session: Session, now: datetime) -> int:
    """Delete the bundles that nobody confirmed in time; returns how many."""
    late = (EarlierImport.state == ImportState.WAITING.value, EarlierImport.expires_at <= now)
    forgotten = session.scalars(sa.select(EarlierImport.id).where(*late)).all()
    session.execute(sa.update(EarlierImport).where(*late).values(state=ImportState.EXPIRED.value, data=None))
    return len(forgotten)


@dataclass(frozen=True, slots=True)
class Desk:
    """With what an import is confirmed. trust: by which the bundle was examined. demo: invented pupils only."""

    trust: TrustStore
    log_signer: notes.Signer
    salt: Salt
    new_code: NewCode
    demo: bool


def confirm(
    session: Session, identity: Identity, import_id: int, bundle: ExaminedBundle | None, desk: Desk, now: datetime
) -> None:
    """Take a bundle in as the second official: records, leaves and receipts in one transaction.

    bundle: the proposal's own, examined at this moment; None for one that is decided. Confirmed before: nothing happens
    again. Raises NotFound also for who proposed; Refused with IMPORT_CLOSED or NOTHING_TO_IMPORT.
    """
    # All that appends queues here, so two imports of one pupil see each other.
    session.execute(sa.select(LogHead.id).with_for_update())
    held = _held(session, identity, import_id)
    if not may_confirm_earlier_years(identity, held.proposed_by):
        raise NotFound
    if held.state == ImportState.CONFIRMED.value:
        return
    if bundle is None or not _waits(held, now) or bundle.sha256 != held.bundle_sha256:
        raise Refused(Problem.IMPORT_CLOSED)
    decided = decide(session, bundle, now, demo=desk.demo)
    taking = Taking(session, held, identity.display_name, desk.log_signer, desk.salt, desk.new_code, now)
    codes = take(taking, decided)
    if not codes:
        raise Refused(Problem.NOTHING_TO_IMPORT)
    lists = blobs.put_all(session, [*desk.trust.crls, *bundle.lists])
    held.report = {"lines": [_line(each, codes.get(each.entry.number)).as_json() for each in decided]}
    held.evidence = {"at": now.isoformat(), "lists": lists, "decision": bundle.decision}
    _decide(held, ImportState.CONFIRMED, identity, now)
    session.flush()


def decline(session: Session, identity: Identity, import_id: int, reason: str, now: datetime) -> None:
    """Reject another's proposal, or withdraw one's own; the bundle is deleted. Raises NotFound or Refused."""
    held = _held(session, identity, import_id)
    state = ImportState.WITHDRAWN if held.proposed_by == identity.account_id else ImportState.REJECTED
    if held.state == state.value and held.decided_by == identity.account_id:
        return
    if not _waits(held, now):
        raise Refused(Problem.IMPORT_CLOSED)
    held.reason = reason
    _decide(held, state, identity, now)
    session.flush()


def proposal(session: Session, identity: Identity, import_id: int, now: datetime) -> ImportView:
    """One proposal; raises NotFound for who is no official of the department."""
    found = _views(session, identity, EarlierImport.id == import_id, now)
    if not found:
        raise NotFound
    return found[0]


def proposals(session: Session, identity: Identity, now: datetime) -> tuple[ImportView, ...]:
    """Every proposal, the newest first; raises NotFound for who is no official of the department."""
    return _views(session, identity, sa.true(), now)


def bundle_of(session: Session, import_id: int) -> bytes | None:
    """The bundle of a proposal that `proposal` has given; None once it is decided."""
    return session.scalar(sa.select(EarlierImport.data).where(EarlierImport.id == import_id))


def report_of(session: Session, import_id: int) -> tuple[ImportLine, ...]:
    """What became of each record of a confirmed proposal that `proposal` has given."""
    report = session.scalar(sa.select(EarlierImport.report).where(EarlierImport.id == import_id))
    return tuple(_from_json(value) for value in (report or {}).get("lines", ()))


def _require_official(identity: Identity) -> None:
    if not may_propose_earlier_years(identity):
        raise NotFound


def _held(session: Session, identity: Identity, import_id: int) -> EarlierImport:
    """The row, held until the transaction ends: of two decisions at once the second sees the first."""
    _require_official(identity)
    held = session.scalar(
        sa.select(EarlierImport)
        .where(EarlierImport.id == import_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if held is None:
        raise NotFound
    return held


def _waits(held: EarlierImport, now: datetime) -> bool:
    return held.state == ImportState.WAITING.value and held.expires_at > now


def _decide(held: EarlierImport, state: ImportState, identity: Identity, now: datetime) -> None:
    held.state, held.decided_by, held.decided_at, held.data = state.value, identity.account_id, now, None


def _line(each: Decided, code: str | None) -> ImportLine:
    content = each.entry.content
    stored = each.pupil.transcript if each.pupil is not None else None
    return ImportLine(
        number=each.entry.number,
        outcome=each.outcome,
        name=content.full_name if content is not None else "",
        class_name=content.class_name if content is not None else "",
        school_year=content.school_year if content is not None else "",
        school=content.issuing_school.name if content is not None else "",
        effective_at=each.entry.effective_at,
        code=code or (stored.lookup_code if stored is not None else None),
        reason=each.check.reason.value if each.check is not None else None,
        role=each.signature.role.value if each.signature is not None else None,
        unknown=tuple(dict.fromkeys(check.reason.value for check in each.unknown)),
    )


def _from_json(value: dict[str, Any]) -> ImportLine:
    held = {**value, "outcome": Outcome(value["outcome"]), "unknown": tuple(value["unknown"])}
    return ImportLine(**{**held, "effective_at": datetime.fromisoformat(value["effective_at"])})


def _views(
    session: Session, identity: Identity, where: sa.ColumnElement[bool], now: datetime
) -> tuple[ImportView, ...]:
    _require_official(identity)
    proposer, decider = aliased(Account), aliased(Account)
    rows: Sequence[Any] = session.execute(
        sa.select(EarlierImport, proposer.display_name, decider.display_name)
        .join(proposer, proposer.id == EarlierImport.proposed_by)
        .outerjoin(decider, decider.id == EarlierImport.decided_by)
        .where(where)
        .order_by(EarlierImport.id.desc())
    ).all()
    return tuple(_view(held, by, decided, identity, now) for held, by, decided in rows)


def _view(held: EarlierImport, by: str, decided: str | None, identity: Identity, now: datetime) -> ImportView:
    state = ImportState(held.state)
    if state is ImportState.WAITING and held.expires_at <= now:
        state = ImportState.EXPIRED
    return ImportView(
        id=held.id,
        state=state,
        source=held.source,
        owner=held.owner,
        decision=held.decision,
        bundle_sha256=held.bundle_sha256,
        records=held.records,
        proposer=by,
        proposed_at=held.proposed_at,
        expires_at=held.expires_at,
        decider=decided,
        decided_at=held.decided_at,
        reason=held.reason,
        mine=held.proposed_by == identity.account_id,
        may_confirm=state is ImportState.WAITING and may_confirm_earlier_years(identity, held.proposed_by),
    )
