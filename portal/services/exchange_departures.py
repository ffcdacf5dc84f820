"""A pupil goes to another installation: written down, agreed to by the head, handed over as a file, and answered.

It is a request of custody whose receiving unit stands for the other installation (decision 0045). With the head's
agreement the bundle is made, once; custody moves when the answer comes, in whose log the pupil was taken in.
"""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import NotFound, Problem, Refused
from portal.identity import Identity
from portal.models import (
    Applicant,
    CustodyRequest,
    CustodyState,
    ExchangeDeparture,
    ExchangePeer,
    RecordVersion,
    State,
    Transcript,
    Unit,
    YearRecordRow,
)
from portal.permissions import may_decide_custody, may_hand_over, may_take_bundle
from portal.services import custody, exchange_peers, inventory, leaf_search, locked_records, log, telling
from portal.services.access import Action, Outcome, record_access
from portal.services.organisation import day_of
from portal.services.standing import standings_of
from verify.canonical import sha256
from verify.containers.roots import certificate_in
from verify.exchange import bundle
from verify.exchange.bundle import LIFE, Content, Entry, Header, LoggedLeaf
from verify.log import leaves, notes, receipt
from verify.log.leaves import ForeignRecordLeaf
from verify.log.receipt import Policy
from verify.report.lines import ReportedRecord
from verify.signing import Signer
from verify.standing import IN_FORCE, StandingState
from verify.verdict import Status

_STANDS = (StandingState.IN_FORCE, StandingState.ANNOTATED)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the paper says. school: there. applicant: value of `Applicant`. The rest as of an application here."""

    code: str
    peer_id: int
    school: str
    applicant: str
    applied_on: date
    starts_on: date
    reason: str


@dataclass(frozen=True, slots=True)
class Desk:
    """With what bundles are made. policy: of our own log. seal: the department's. lists: of revocation, as held."""

    log_key: notes.Verifier
    policy: Policy
    seal: Signer | None
    department: str
    owner_name: str
    sample: bool
    lists: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Gathered:
    """What goes into a bundle: records with their proofs, the leaves of keys."""

    entries: tuple[Entry, ...]
    keys: tuple[LoggedLeaf, ...]


@dataclass(frozen=True, slots=True)
class DepartureView:
    """What the page of a case shows beside it. may_take: the file; may_settle: bring the answer. expires_at: of it."""

    peer: str
    school: str
    made_at: datetime | None
    expires_at: datetime | None
    may_take: bool
    may_settle: bool


def destinations(session: Session, identity: Identity) -> dict[int, str]:
    """Installations to which pupils may go, by number; empty for who hands nobody over."""
    if not may_hand_over(identity):
        return {}
    return {held.id: held.name for held in exchange_peers.standing(session)}


def begin(session: Session, identity: Identity, wanted: Wanted, now: datetime) -> int:
    """Write down that a pupil of the own school goes there; returns the number of the request.

    Raises NotFound unless the person's unit keeps the records; Refused with CUSTODY_DAY, CUSTODY_REQUESTED,
    PEER_CLOSED, EXCHANGE_NOTHING or EXCHANGE_THIRD.
    """
    held = session.scalar(sa.select(Transcript).where(Transcript.lookup_code == wanted.code).with_for_update())
    keeper = session.get_one(Unit, held.managing_unit_id) if held is not None else None
    if held is None or keeper is None or keeper.code not in may_hand_over(identity):
        raise NotFound
    peer = next((each for each in exchange_peers.standing(session) if each.id == wanted.peer_id), None)
    if peer is None or peer.unit_id is None:
        raise Refused(Problem.PEER_CLOSED)
    if wanted.applied_on > day_of(now):
        raise Refused(Problem.CUSTODY_DAY)
    _records(session, held.id, peer)
    made = CustodyRequest(
        transcript_id=held.id,
        from_unit_id=keeper.id,
        to_unit_id=peer.unit_id,
        state=CustodyState.REQUESTED.value,
        applicant=Applicant(wanted.applicant).value,
        applied_on=wanted.applied_on,
        starts_on=wanted.starts_on,
        reason=wanted.reason,
        requested_by=identity.account_id,
        requested_at=now,
    )
    number = custody.add_once(session, made)
    session.add(ExchangeDeparture(request_id=number, peer_id=peer.id, school=wanted.school))
    session.flush()
    telling.custody_turn(session, number, keeper.id, identity.account_id, now)
    return number


def inventory_lacks(session: Session, identity: Identity, request_id: int) -> bool:
    """Whether the newest inventory does not know yet what would be handed over; raises as `gather`."""
    held, peer = _decided_by(session, identity, request_id)
    newest = inventory.newest(session)
    indexes = [each.log_index for each in _records(session, held.transcript_id, peer)]
    return newest is None or inventory.due(session, newest.made_at) or newest.size <= max(indexes)


def gather(session: Session, identity: Identity, request_id: int, desk: Desk) -> Gathered:
    """Everything that proves the pupil's records, for the head who agrees; only reads, seconds for a province.

    Raises NotFound; Refused with EXCHANGE_NOT_YET while witnesses have not seen all of it, KEY_MISSING,
    EXCHANGE_NOTHING or EXCHANGE_THIRD.
    """
    if desk.seal is None:
        raise Refused(Problem.KEY_MISSING, what="department_seal")
    held, peer = _decided_by(session, identity, request_id)
    records = _records(session, held.transcript_id, peer)
    proofs = inventory.prove_all(session, [(each.lookup_code, each.school_year) for each in records])
    entries = tuple(
        Entry(record, _logged(session, record.log_index, desk.policy), proof)
        for record, proof in zip(records, proofs, strict=True)
    )
    signed = [certificate_in(each) for record in records for each in record.signatures.values()]
    fingerprints = [sha256(certificate) for certificate in (*signed, desk.seal.certificate)]
    keys = [index for index, _leaf in leaf_search.of_certificates(session, fingerprints)]
    return Gathered(entries, tuple(_logged(session, index, desk.policy) for index in keys))


def release(
    session: Session, identity: Identity, request_id: int, gathered: Gathered, desk: Desk, now: datetime, network: str
) -> None:
    """The head agrees, and the bundle is made; pressed twice: the same bundle.

    gathered: a moment ago. Raises NotFound for who is not that head; Refused with CUSTODY_CLOSED, PEER_CLOSED or
    PACKET_CHANGED where the records have changed since.
    """
    held, peer = _of(session, identity, request_id)
    keeper = session.get_one(Unit, custody.hold(session, held.transcript_id).managing_unit_id)
    if held.state in (CustodyState.AGREED.value, CustodyState.MOVED.value):
        return
    if not may_decide_custody(identity, keeper.code):
        raise NotFound
    if held.state != CustodyState.REQUESTED.value:
        raise Refused(Problem.CUSTODY_CLOSED)
    if peer.id not in {each.id for each in exchange_peers.standing(session)}:
        raise Refused(Problem.PEER_CLOSED)
    if [each.record for each in gathered.entries] != list(_records(session, held.transcript_id, peer)):
        raise Refused(Problem.PACKET_CHANGED)
    departure = session.get_one(ExchangeDeparture, held.id)
    header = _header(departure, held, keeper, peer, desk, now)
    if desk.seal is None:
        raise Refused(Problem.KEY_MISSING, what="department_seal")
    content = Content(header, desk.lists[: bundle.MOST_LISTS], gathered.keys, gathered.entries)
    departure.case_id, departure.bundle = header.case, bundle.build(content, desk.seal)
    departure.made_at, departure.expires_at = header.made_at, header.expires_at
    held.state, held.agreed_by, held.agreed_at = CustodyState.AGREED.value, identity.account_id, now
    session.flush()
    telling.custody_over(session, held.id, now)
    _note(session, identity, held, now, network)


def take(session: Session, identity: Identity, request_id: int, now: datetime, network: str) -> tuple[str, bytes]:
    """Case and bundle, for who hands it over; each time is written down. Raises NotFound, Refused(EXCHANGE_NO_FILE)."""
    held, _peer = _of(session, identity, request_id)
    departure = session.get_one(ExchangeDeparture, held.id)
    if departure.bundle is None or departure.case_id is None:
        raise Refused(Problem.EXCHANGE_NO_FILE)
    _note(session, identity, held, now, network)
    return departure.case_id, departure.bundle


def expected(
    session: Session, identity: Identity, request_id: int
) -> tuple[tuple[str, ...], tuple[bytes, ...], Policy]:
    """By what an answer is judged: cases, leaves that were handed over, the receiver's log. Raises as `take`.

    An answer that came only after its case was closed settles the next one of that pupil to the same installation.
    """
    held, peer = _seen(session, identity, request_id)
    departure = session.get_one(ExchangeDeparture, held.id)
    if departure.bundle is None or departure.case_id is None:
        raise Refused(Problem.EXCHANGE_NO_FILE)
    handed = tuple(entry.logged.leaf for entry in bundle.read(departure.bundle).content.entries)
    closed = session.scalars(
        sa.select(ExchangeDeparture.case_id)
        .join(CustodyRequest, CustodyRequest.id == ExchangeDeparture.request_id)
        .where(
            ExchangeDeparture.peer_id == peer.id,
            ExchangeDeparture.case_id.is_not(None),
            CustodyRequest.transcript_id == held.transcript_id,
            CustodyRequest.state == CustodyState.CLOSED.value,
        )
    )
    cases = (departure.case_id, *(case for case in closed if case is not None))
    return cases, handed, exchange_peers.policy_of(peer)


def settle(session: Session, identity: Identity, request_id: int, data: bytes, *, holds: bool, now: datetime) -> None:
    """The answer came: custody moves, and the case is closed; brought twice, it happens once.

    holds: as `verify.exchange.answer.judge` found by `expected`. Raises NotFound; Refused with ANSWER_NOT_OURS or
    CUSTODY_CLOSED.
    """
    held, _peer = _of(session, identity, request_id)
    if held.state == CustodyState.MOVED.value:
        return
    if held.state != CustodyState.AGREED.value:
        raise Refused(Problem.CUSTODY_CLOSED)
    if not holds:
        raise Refused(Problem.ANSWER_NOT_OURS)
    keeper = custody.hold(session, held.transcript_id).managing_unit_id
    session.get_one(ExchangeDeparture, held.id).answer = data
    custody.move(session, identity, held, now)
    session.flush()
    telling.custody_ended(session, held.id, held.state, (keeper,), identity.account_id, now)


def view(session: Session, identity: Identity, request_id: int) -> DepartureView | None:
    """What stands beside a case that `custody_pages.case` has given; None for one between schools of this province."""
    departure = session.get(ExchangeDeparture, request_id)
    if departure is None:
        return None
    peer = session.get_one(ExchangePeer, departure.peer_id)
    held = session.get_one(CustodyRequest, request_id)
    acts = _acts(session, identity, held)
    return DepartureView(
        peer=peer.name,
        school=departure.school,
        made_at=departure.made_at,
        expires_at=departure.expires_at,
        may_take=acts and departure.made_at is not None,
        may_settle=acts and held.state == CustodyState.AGREED.value,
    )


def _of(session: Session, identity: Identity, request_id: int) -> tuple[CustodyRequest, ExchangePeer]:
    """A departure that the person deals with, held; raises NotFound, unknown and forbidden alike."""
    custody.held_request(session, request_id)
    return _seen(session, identity, request_id)


def _seen(session: Session, identity: Identity, request_id: int) -> tuple[CustodyRequest, ExchangePeer]:
    """The same in a transaction that only reads."""
    held = session.get(CustodyRequest, min(request_id, custody.LARGEST_ID))
    departure = session.get(ExchangeDeparture, held.id) if held is not None else None
    if held is None or departure is None or not _acts(session, identity, held):
        raise NotFound
    return held, session.get_one(ExchangePeer, departure.peer_id)


def _decided_by(session: Session, identity: Identity, request_id: int) -> tuple[CustodyRequest, ExchangePeer]:
    """The same for the head whose agreement is asked."""
    held, peer = _seen(session, identity, request_id)
    keeper = session.get_one(Transcript, held.transcript_id).managing_unit_id
    if not may_decide_custody(identity, session.get_one(Unit, keeper).code):
        raise NotFound
    return held, peer


def _acts(session: Session, identity: Identity, held: CustodyRequest) -> bool:
    """Whether the person is of the unit that hands over, now or when it was written, or of the department."""
    keeper = session.get_one(Transcript, held.transcript_id).managing_unit_id
    codes = {session.get_one(Unit, each).code for each in (keeper, held.from_unit_id)}
    return may_take_bundle(identity, codes)


def _records(session: Session, transcript_id: int, peer: ExchangePeer) -> tuple[ReportedRecord, ...]:
    """The locked years that stand, the oldest first; what came from there has no need to go back."""
    rows = session.execute(
        sa.select(RecordVersion.id, RecordVersion.log_index)
        .join(YearRecordRow, YearRecordRow.id == RecordVersion.year_record_id)
        .where(YearRecordRow.transcript_id == transcript_id, RecordVersion.state == State.LOCKED.value)
    ).all()
    standings = standings_of(session, [row.id for row in rows])
    stand = [index for key, index in rows if index is not None and standings.get(key, IN_FORCE).state in _STANDS]
    indexes = list(_own(session, stand, notes.parse_vkey(peer.log).name))
    if not indexes:
        raise Refused(Problem.EXCHANGE_NOTHING)
    held = [each.record for each in locked_records.at(session, indexes)]
    return tuple(sorted(held, key=lambda each: each.school_year))


def _own(session: Session, indexes: Sequence[int], there: str) -> Iterator[int]:
    for index in indexes:
        leaf = leaves.from_bytes(log.leaf(session, index))
        if not isinstance(leaf, ForeignRecordLeaf):
            yield index
        elif leaf.origin != there:
            raise Refused(Problem.EXCHANGE_THIRD, year=leaf.school_year, log=leaf.origin)


def _logged(session: Session, index: int, policy: Policy) -> LoggedLeaf:
    held = LoggedLeaf(log.leaf(session, index), log.receipt_of(session, index))
    _included, witnessed = receipt.verify(held.receipt, held.leaf, policy)
    if witnessed.status not in (Status.PASSED, Status.NOT_APPLICABLE):
        raise Refused(Problem.EXCHANGE_NOT_YET)
    return held


def _header(
    departure: ExchangeDeparture, held: CustodyRequest, keeper: Unit, peer: ExchangePeer, desk: Desk, now: datetime
) -> Header:
    made = now.replace(microsecond=0)
    return Header(
        case=secrets.token_hex(16),
        made_at=made,
        expires_at=made + LIFE,
        sample=desk.sample,
        sender_log=notes.format_vkey(desk.log_key),
        sender_unit=desk.department,
        sender_name=desk.owner_name[: bundle.NAME_CHARACTERS],
        sender_school=keeper.name[: bundle.NAME_CHARACTERS],
        recipient_log=peer.log,
        recipient_school=departure.school,
        applicant=held.applicant,
        applied_on=held.applied_on,
        starts_on=held.starts_on,
    )


def _note(session: Session, identity: Identity, held: CustodyRequest, now: datetime, network: str) -> None:
    record_access(
        session,
        identity=identity,
        action=Action.RECORDS_EXPORT,
        transcript_id=held.transcript_id,
        outcome=Outcome.ALLOWED,
        network=network,
        now=now,
    )
