"""What the audit asks of cosignatures: each is of its witness over our checkpoint, and a quorum is one."""

from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.models import LogCheckpoint, LogContradiction, LogCosignature, LogEntry, LogPolicy, LogWitness, LogWitnessed
from portal.services.log_audit import Flaw
from portal.services.witnesses import with_name
from verify.canonical import sha256
from verify.errors import VerifyError
from verify.log import checkpoint, leaves, notes, policy
from verify.log.leaves import WitnessPolicyLeaf
from verify.log.policy import WitnessPolicy
from verify.log.receipt import quorum_of
from verify.verdict import Status

_KIND = b'"witness_policy"'


def flaws(session: Session, log_keys: Sequence[notes.Verifier]) -> Iterator[Flaw]:
    """Everything about witnesses that does not hold. log_keys: of this log, all of them."""
    yield from _cosignatures(session)
    rows = session.scalars(sa.select(LogPolicy).order_by(LogPolicy.id)).all()
    policies = {row.id: policy.parse(row.text) for row in rows}
    yield from _logged(session, rows)
    for reached in session.scalars(sa.select(LogWitnessed).order_by(LogWitnessed.size)).yield_per(256):
        if not _holds(reached, policies[reached.policy_id], tuple(log_keys)):
            yield Flaw("quorum_invalid", reached.size)
    yield from _newest(session, rows, policies)
    yield from _contradictions(session, policies[rows[-1].id] if rows else None)


def _cosignatures(session: Session) -> Iterator[Flaw]:
    rows = session.execute(
        sa.select(LogCosignature.line, LogWitness.vkey, LogCheckpoint.size, LogCheckpoint.note)
        .join(LogWitness, LogWitness.id == LogCosignature.witness_id)
        .join(LogCheckpoint, LogCheckpoint.size == LogCosignature.size)
        .order_by(LogCosignature.id)
    )
    for line, vkey, size, note in rows.yield_per(256):
        try:
            text = notes.read_unverified(note).encode()
            notes.open_note(text + b"\n" + line, (notes.parse_vkey(vkey),))
        except VerifyError:
            yield Flaw("cosignature_invalid", size, vkey.split("+", 1)[0])


def _logged(session: Session, rows: Sequence[LogPolicy]) -> Iterator[Flaw]:
    """Each policy stands in the log as it reads, and the log knows no other."""
    said: dict[int, WitnessPolicyLeaf] = {}
    for index, data in session.execute(sa.select(LogEntry.index, LogEntry.leaf)).yield_per(4096):
        if _KIND not in data:
            continue
        try:
            read = leaves.from_bytes(data)
        except VerifyError:
            continue  # the rebuilt root already tells
        if isinstance(read, WitnessPolicyLeaf):
            said[index] = read
    for row in rows:
        leaf = said.pop(row.log_index, None) if row.log_index is not None else None
        if leaf is None or {leaf.policy_sha256, row.sha256} != {sha256(row.text.encode())}:
            yield Flaw("witness_policy_differs", row.log_index)
    for index in said:
        yield Flaw("witness_policy_differs", index)


def _holds(reached: LogWitnessed, wanted: WitnessPolicy, log_keys: tuple[notes.Verifier, ...]) -> bool:
    asked = wanted.for_log(log_keys)
    try:
        signed = checkpoint.open_signed(reached.note, log_keys, asked.witnesses)
    except VerifyError:
        return False
    return signed.checkpoint.size == reached.size and quorum_of(signed.note, asked).status is Status.PASSED


def _newest(session: Session, rows: Sequence[LogPolicy], policies: dict[int, WitnessPolicy]) -> Iterator[Flaw]:
    newest = session.scalar(sa.select(sa.func.max(LogCheckpoint.size)))
    if not rows or newest is None or not policies[rows[-1].id].quorum:
        return
    if session.get(LogWitnessed, (rows[-1].id, newest)) is None:
        yield Flaw("quorum_missing", newest)


def _contradictions(session: Session, wanted: WitnessPolicy | None) -> Iterator[Flaw]:
    """Witnesses that have seen another history, and have not signed for us since."""
    rows = session.execute(
        sa.select(LogContradiction.size, LogWitness.vkey)
        .join(LogWitness, LogWitness.id == LogContradiction.witness_id)
        .where(sa.or_(LogWitness.seen_at.is_(None), LogWitness.seen_at <= LogContradiction.at))
        .order_by(LogContradiction.id)
    )
    for size, vkey in rows:
        name = with_name(wanted, vkey) if wanted is not None else None
        yield Flaw("witness_contradicts", size, name or vkey.split("+", 1)[0])
