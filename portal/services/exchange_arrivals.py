"""A pupil comes from another installation: a school brings the bundle, its head or the department takes the pupil in.

The bundle is examined against the sender's log when it is brought and again when it is confirmed; it is taken whole or
not at all, and kept as the proof beside the years (decision 0045). The answer is what our log says of them.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.errors import NotFound, Problem, Refused
from portal.identity import Identity
from portal.models import (
    PRIMARY_KINDS,
    ArrivalState,
    CustodyRequest,
    CustodyState,
    EarlierImport,
    ExchangeArrival,
    ExchangePeer,
    ImportState,
    LogHead,
    Transcript,
    Unit,
    UnitKind,
)
from portal.permissions import may_bring_in, may_see_custody, may_take_in
from portal.sandbox import Sandbox
from portal.services import blobs, custody, exchange_peers
from portal.services.access import Action, Outcome, record_access
from portal.services.earlier_bundle import ExaminedBundle, ExaminedEntry
from portal.services.earlier_imports import Desk
from portal.services.earlier_matching import Decided, decide_foreign
from portal.services.earlier_matching import Outcome as Fate
from portal.services.earlier_taking import Elsewhere, Taking, take
from portal.services.organisation import alive_on, day_of, require_open
from verify.anchors import TrustStore
from verify.exchange.judging import Border, Examined, ProvenRecord, examine_bundle
from verify.log import notes

LARGEST_ID: Final = custody.LARGEST_ID


def schools_of(session: Session, identity: Identity, now: datetime) -> dict[str, str]:
    """Schools with primary classes that the person brings pupils into, by code, with names."""
    rows = session.execute(
        sa.select(Unit.code, Unit.name)
        .where(Unit.code.in_(may_bring_in(identity)), Unit.kind.in_(PRIMARY_KINDS), alive_on(day_of(now)))
        .order_by(Unit.code)
    )
    return {row.code: row.name for row in rows}


def border(session: Session, own: tuple[notes.Verifier, ...], trust: TrustStore, now: datetime) -> Border:
    """Whom we believe at this moment about bundles."""
    return Border(own, exchange_peers.known(session), trust, now)


def open_bundle(sandbox: Sandbox, data: bytes, believed: Border) -> Examined:
    """Examine a bundle in a child; call without a transaction. Raises MalformedRecord, LimitExceeded or Fault."""
    return sandbox.run(examine_bundle, data, believed)


def bring(
    session: Session,
    identity: Identity,
    unit_code: str,
    data: bytes,
    examined: Examined,
    now: datetime,
    *,
    demo: bool,
) -> int:
    """Keep a bundle that holds until another person decides; returns its number. Brought again: the same number.

    Raises NotFound for who is not of that school; Refused with ARRIVAL_FAULTY, ARRIVAL_SAMPLE, ARRIVAL_KNOWN,
    ARRIVAL_PRESENT, ARRIVAL_CONFLICT or UNIT_CLOSED.
    """
    if unit_code not in schools_of(session, identity, now):
        raise NotFound
    school = session.scalars(sa.select(Unit).where(Unit.code == unit_code)).one()
    require_open(session, school, now)
    known = _standing_case(session, examined)
    if known is not None:
        return _same(known, school, data)
    peer = _peer(session, examined, demo=demo)
    _decided(session, examined, peer)  # told now rather than to the second person
    made = ExchangeArrival(
        state=ArrivalState.WAITING.value,
        peer_id=peer.id,
        unit_id=school.id,
        case_id=examined.header.case,
        full_name=examined.records[-1].content.full_name,
        bundle=data,
        brought_by=identity.account_id,
        brought_at=now,
    )
    attempt = session.begin_nested()
    try:
        session.add(made)
        session.flush()
    except IntegrityError as error:
        attempt.rollback()
        raise Refused(Problem.ARRIVAL_KNOWN) from error
    attempt.commit()
    return made.id


def confirm(
    session: Session, identity: Identity, arrival_id: int, examined: Examined, desk: Desk, now: datetime, network: str
) -> None:
    """Take the pupil in: years, leaves, custody and history in one transaction; confirmed before: nothing happens.

    examined: the arrival's own bundle, at this moment. Raises NotFound also for who brought it; Refused as `bring`, and
    ARRIVAL_CLOSED.
    """
    # All that appends queues here, so two arrivals of one pupil see each other.
    session.execute(sa.select(LogHead.id).with_for_update())
    held = _held(session, arrival_id)
    school = session.get_one(Unit, held.unit_id)
    if not may_take_in(identity, school.code, held.brought_by):
        raise NotFound
    if held.state == ArrivalState.CONFIRMED.value:
        return
    if held.state != ArrivalState.WAITING.value:
        raise Refused(Problem.ARRIVAL_CLOSED)
    require_open(session, school, now)
    peer = _peer(session, examined, demo=desk.demo)
    decided = _decided(session, examined, peer)
    made = _import(session, held, examined, peer)
    away = Elsewhere(
        examined.log,
        {number: (each.record.log_index, each.leaf) for number, each in _numbered(examined)},
        keeper_id=school.id,
    )
    take(Taking(session, made, identity.display_name, desk.log_signer, desk.salt, desk.new_code, now, away), decided)
    lists = blobs.put_all(session, [*desk.trust.crls, *examined.lists])
    made.state, made.decided_by, made.decided_at = ImportState.CONFIRMED.value, identity.account_id, now
    made.evidence = {"at": now.isoformat(), "lists": lists, "decision": made.decision}
    made.report = {"lines": []}
    session.flush()
    pupil = _pupil(decided)
    _move(session, held, identity, examined, peer, pupil, now)
    _look(session, identity, pupil.id, now, network)
    held.state, held.import_id, held.transcript_id = ArrivalState.CONFIRMED.value, made.id, pupil.id
    held.decided_by, held.decided_at = identity.account_id, now
    session.flush()


def refuse(session: Session, identity: Identity, arrival_id: int, reason: str, now: datetime) -> None:
    """The school or the department does not take the pupil in; the sender hears of it on paper.

    Raises NotFound or Refused(ARRIVAL_CLOSED).
    """
    held = _held(session, arrival_id)
    school = session.get_one(Unit, held.unit_id)
    if not may_see_custody(identity).covers(school.code):
        raise NotFound
    if held.state != ArrivalState.WAITING.value:
        raise Refused(Problem.ARRIVAL_CLOSED)
    held.state, held.closing = ArrivalState.REFUSED.value, reason
    held.decided_by, held.decided_at = identity.account_id, now
    session.flush()


def _peer(session: Session, examined: Examined, *, demo: bool) -> ExchangePeer:
    if examined.fault is not None or examined.peer is None:
        raise Refused(Problem.ARRIVAL_FAULTY, fault=examined.fault.value if examined.fault is not None else "")
    if examined.header.sample is not demo:
        raise Refused(Problem.ARRIVAL_SAMPLE)
    return session.get_one(ExchangePeer, examined.peer)


def _decided(session: Session, examined: Examined, peer: ExchangePeer) -> Sequence[Decided]:
    """What becomes of each record; raises Refused unless all of them come in, for a pupil whom no school here has."""
    if peer.unit_id is None:
        raise Refused(Problem.PEER_CLOSED)
    issuer = session.get_one(Unit, peer.unit_id)
    decided = decide_foreign(session, _as_bundle(examined, peer), issuer)
    for each in decided:
        stored = each.pupil.transcript if each.pupil is not None else None
        if stored is not None and session.get_one(Unit, stored.managing_unit_id).kind != UnitKind.OUTSIDE.value:
            keeper = session.get_one(Unit, stored.managing_unit_id)
            raise Refused(Problem.ARRIVAL_PRESENT, school=keeper.name)
        if each.outcome not in (Fate.TAKEN, Fate.UNCHANGED):
            year = each.entry.content.school_year if each.entry.content is not None else ""
            raise Refused(Problem.ARRIVAL_CONFLICT, year=year)
    return decided


def _numbered(examined: Examined) -> Iterator[tuple[int, ProvenRecord]]:
    """The newest year first: its code is the one under which the pupil goes on."""
    yield from enumerate(reversed(examined.records), 1)


def _as_bundle(examined: Examined, peer: ExchangePeer) -> ExaminedBundle:
    entries = tuple(
        ExaminedEntry(
            number=number,
            root=each.record.root,
            effective_at=each.record.effective_at,
            content=each.content,
            code=each.code,
            version=each.record.version,
            signatures=each.signatures,
        )
        for number, each in _numbered(examined)
    )
    return ExaminedBundle(
        sha256=examined.sha256,
        source=exchange_peers.source_of(peer.name, examined.log),
        owner=examined.header.sender_name,
        decision=f"đơn ngày {examined.header.applied_on:%d/%m/%Y}",
        lists=examined.lists,
        entries=entries,
    )


def _import(session: Session, held: ExchangeArrival, examined: Examined, peer: ExchangePeer) -> EarlierImport:
    """Under which the years stand here; waiting, because two people are asked of it, too."""
    told = _as_bundle(examined, peer)
    made = EarlierImport(
        state=ImportState.WAITING.value,
        source=told.source,
        owner=told.owner,
        decision=told.decision,
        bundle_sha256=told.sha256,
        records=len(told.entries),
        proposed_by=held.brought_by,
        proposed_at=held.brought_at,
        expires_at=examined.header.expires_at,
        data=None,
    )
    session.add(made)
    session.flush()
    return made


def _move(
    session: Session,
    held: ExchangeArrival,
    identity: Identity,
    examined: Examined,
    peer: ExchangePeer,
    pupil: Transcript,
    now: datetime,
) -> None:
    """From there to here: the same two rows as of a move between schools."""
    header = examined.header
    made = CustodyRequest(
        transcript_id=pupil.id,
        from_unit_id=peer.unit_id,
        to_unit_id=held.unit_id,
        state=CustodyState.REQUESTED.value,
        applicant=header.applicant,
        applied_on=header.applied_on,
        starts_on=header.starts_on,
        reason=f"Chuyển từ {header.sender_school} ({peer.name})",
        requested_by=held.brought_by,
        requested_at=held.brought_at,
        agreed_by=identity.account_id,
        agreed_at=now,
    )
    custody.add_once(session, made)
    # A new pupil was written under the school; the history begins there all the same.
    if peer.unit_id is not None:
        pupil.managing_unit_id = peer.unit_id
    custody.move(session, identity, made, now)


def _standing_case(session: Session, examined: Examined) -> ExchangeArrival | None:
    return session.scalar(
        sa.select(ExchangeArrival).where(
            ExchangeArrival.case_id == examined.header.case,
            ExchangeArrival.state.in_((ArrivalState.WAITING.value, ArrivalState.CONFIRMED.value)),
        )
    )


def _same(known: ExchangeArrival, school: Unit, data: bytes) -> int:
    if known.unit_id != school.id or known.bundle != data:
        raise Refused(Problem.ARRIVAL_KNOWN)
    return known.id


def _held(session: Session, arrival_id: int) -> ExchangeArrival:
    held = session.scalar(
        sa.select(ExchangeArrival)
        .where(ExchangeArrival.id == min(arrival_id, LARGEST_ID))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if held is None:
        raise NotFound
    return held


def _pupil(decided: Sequence[Decided]) -> Transcript:
    for each in decided:
        if each.pupil is not None and each.pupil.transcript is not None:
            return each.pupil.transcript
    raise ValueError("a bundle that was taken has a pupil")


def _look(session: Session, identity: Identity, transcript_id: int, now: datetime, network: str) -> None:
    record_access(
        session,
        identity=identity,
        action=Action.CUSTODY_READ,
        transcript_id=transcript_id,
        outcome=Outcome.ALLOWED,
        network=network,
        now=now,
    )
