"""Asking the witnesses of the log: whom, with what, and what is kept of their answers (decision 0015).

Three short transactions around one call over the network: `claim` says who is due and holds them, `ask_of` reads what
to send, `keep` writes what came. The call itself is `portal.jobs.witnessing`; no transaction is open meanwhile.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.models import (
    LogCheckpoint,
    LogContradiction,
    LogCosignature,
    LogHead,
    LogPolicy,
    LogWitness,
    LogWitnessed,
    WitnessTrouble,
)
from portal.services import log
from verify.canonical import sha256
from verify.errors import MalformedRecord, Refusal, VerifyError
from verify.log import leaves, merkle, notes, policy, tiles, witness
from verify.log.kinds.witness_policy import WitnessPolicyLeaf
from verify.log.policy import Witness, WitnessPolicy

# A witness is held so long by whoever asks it; longer than one call may take.
LEASE: Final = timedelta(seconds=90)
# Asked again though nothing is new: shows that it lives, and that it still sees the history that we serve.
REFRESH: Final = timedelta(minutes=10)
_FIRST_WAIT: Final = timedelta(seconds=5)
_LONGEST_WAIT: Final = timedelta(minutes=15)
# Clocks of servers agree to a second; a statement farther off is not about now.
CLOCK_TOLERANCE: Final = timedelta(minutes=10)
_ANSWER_LINES: Final = 16


@dataclass(frozen=True, slots=True)
class Ask:
    """One request to one witness. body: to be posted. size, root, note: of our checkpoint, which extends old_size."""

    witness_id: int
    key: notes.Verifier
    old_size: int
    size: int
    root: str
    note: bytes
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What a witness answered; None instead of it: nothing."""

    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Cosigned:
    """line: of the witness's key, verified. stated_at: the time within it."""

    line: bytes
    stated_at: datetime


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The witness has signed another size than we thought."""

    size: int


@dataclass(frozen=True, slots=True)
class Trouble:
    kind: WitnessTrouble


def note_policy(session: Session, wanted: WitnessPolicy, signer: notes.Signer, now: datetime) -> LogPolicy | None:
    """The row of the policy that holds; a policy that is new gets one, and a leaf of the log in the same transaction.

    None while there never was one and none is wanted. Raises MalformedRecord(BAD_POLICY) where the log itself is named
    as a witness.
    """
    if {each.key.public for each in wanted.witnesses} & {key.public for key in signer.verifiers}:
        raise MalformedRecord(Refusal.BAD_POLICY, "the log as its own witness")
    text = policy.render(policy.with_logs(wanted, ()))
    held = newest_policy(session)
    if held is None and not wanted.witnesses:
        return None
    if held is not None and held.text == text:
        return held
    log.locked_head(session)
    held = newest_policy(session)  # another process may have been first
    if held is not None and held.text == text:
        return held
    digest = sha256(text.encode())
    leaf = WitnessPolicyLeaf(digest, wanted.quorum, len(wanted.counted), now.replace(microsecond=0))
    index = log.append(session, [leaves.to_bytes(leaf)], signer, now)
    row = LogPolicy(sha256=digest, text=text, seen_at=now, log_index=index)
    session.add(row)
    session.flush()
    return row


def newest_policy(session: Session) -> LogPolicy | None:
    """The policy that holds, None while there never was one."""
    return session.scalar(sa.select(LogPolicy).order_by(LogPolicy.id.desc()).limit(1))


def anything_due(session: Session, wanted: WitnessPolicy, now: datetime) -> bool:
    """Whether a round has anything to do; only reads."""
    held = newest_policy(session)
    if held is None:
        return bool(wanted.witnesses)
    if held.text != policy.render(policy.with_logs(wanted, ())):
        return True
    known = session.scalars(sa.select(LogWitness.vkey)).all()
    if {notes.format_vkey(each.key) for each in wanted.witnesses} - set(known):
        return True
    return bool(_due(session, wanted, now))


def claim(session: Session, wanted: WitnessPolicy, now: datetime, *, everyone: bool = False) -> dict[int, Witness]:
    """The witnesses that are due, held for this caller; by the number of their row. everyone: whether due or not."""
    by_key = {notes.format_vkey(each.key): each for each in wanted.witnesses}
    known = set(session.scalars(sa.select(LogWitness.vkey).where(LogWitness.vkey.in_(by_key))))
    for vkey in by_key:
        if vkey not in known:
            session.add(LogWitness(vkey=vkey, known_size=0, next_at=now, failures=0))
    session.flush()
    taken: dict[int, Witness] = {}
    for number, vkey in _due(session, wanted, now, everyone=everyone):
        held = session.execute(
            sa.update(LogWitness)
            .where(LogWitness.id == number, sa.true() if everyone else LogWitness.next_at <= now)
            .values(next_at=now + LEASE, asked_at=now)
            .returning(LogWitness.id),
            execution_options={"synchronize_session": False},
        ).scalar_one_or_none()
        if held is not None:
            taken[held] = by_key[vkey]
    reach_newest(session, now)
    return taken


def _due(session: Session, wanted: WitnessPolicy, now: datetime, *, everyone: bool = False) -> list[tuple[int, str]]:
    newest = session.scalar(sa.select(sa.func.max(LogCheckpoint.size)))
    if newest is None:
        return []
    signed = sa.exists().where(LogCosignature.size == newest, LogCosignature.witness_id == LogWitness.id)
    stale = sa.or_(LogWitness.seen_at.is_(None), LogWitness.seen_at < now - REFRESH)
    keys = [notes.format_vkey(each.key) for each in wanted.witnesses if each.url is not None]
    due = sa.and_(LogWitness.next_at <= now, sa.or_(~signed, stale, LogWitness.trouble.is_not(None)))
    rows = session.execute(
        sa.select(LogWitness.id, LogWitness.vkey).where(LogWitness.vkey.in_(keys), sa.true() if everyone else due)
    )
    return [(number, vkey) for number, vkey in rows]


def ask_of(session: Session, witness_id: int) -> Ask:
    """What to send to a witness: the newest checkpoint, proven to extend the one that it signed last."""
    held = session.get_one(LogWitness, witness_id)
    newest = session.scalars(sa.select(LogCheckpoint).order_by(LogCheckpoint.size.desc()).limit(1)).one()
    old = min(held.known_size, newest.size)
    proof = merkle.consistency_proof(old, newest.size, tiles.TileHashes(log.StoredTiles(session), newest.size))
    return Ask(
        witness_id=witness_id,
        key=notes.parse_vkey(held.vkey),
        old_size=old,
        size=newest.size,
        root=newest.root,
        note=newest.note,
        body=witness.build(witness.Request(old, proof, newest.note)),
    )


def read_answer(ask: Ask, answer: Answer | None, now: datetime) -> Cosigned | Elsewhere | Trouble:
    """What an answer means; nothing in it is believed but what the witness's key signed."""
    if answer is None or answer.status >= 500:
        return Trouble(WitnessTrouble.DOWN)
    if answer.status == 200:
        return _cosigned(ask, answer.body, now)
    if answer.status == 409:
        return _elsewhere(ask, answer.body)
    by_status = {
        403: WitnessTrouble.LOG_KEY_REFUSED,
        404: WitnessTrouble.UNKNOWN_LOG,
        422: WitnessTrouble.FORK,
    }
    return Trouble(by_status.get(answer.status, WitnessTrouble.BAD_ANSWER))


def _cosigned(ask: Ask, body: bytes, now: datetime) -> Cosigned | Trouble:
    text = notes.read_unverified(ask.note).encode()
    for line in body.splitlines(keepends=True)[:_ANSWER_LINES]:
        try:
            (signature,) = notes.open_note(text + b"\n" + line, (ask.key,)).signatures
        except VerifyError:
            continue
        stated = _moment(signature.time)
        if stated is None or abs(stated - now) > CLOCK_TOLERANCE:
            return Trouble(WitnessTrouble.BAD_CLOCK)
        return Cosigned(line, stated)
    return Trouble(WitnessTrouble.WRONG_KEY)


def _moment(seconds: int | None) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds or 0, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _elsewhere(ask: Ask, body: bytes) -> Elsewhere | Trouble:
    text = body.strip()
    if not text.isdigit() or len(text) > 19:
        return Trouble(WitnessTrouble.BAD_ANSWER)
    size = int(text)
    if size == ask.old_size:  # it has that size, and did not refuse the size: it has another root
        return Trouble(WitnessTrouble.FORK)
    return Elsewhere(size)


def keep(session: Session, ask: Ask, heard: Cosigned | Elsewhere | Trouble, now: datetime) -> bool:
    """Write what a witness said; True when it should be asked again at once, from the size that it named."""
    held = session.scalars(sa.select(LogWitness).where(LogWitness.id == ask.witness_id).with_for_update()).one()
    if isinstance(heard, Cosigned):
        _keep_line(session, held, ask, heard, now)
        reach_newest(session, now)
        return False
    if isinstance(heard, Elsewhere):
        newest = session.scalar(sa.select(LogHead.size)) or 0
        if heard.size <= newest:
            held.known_size = heard.size
            return True
        _contradicted(session, held, ask, WitnessTrouble.ROLLBACK, heard.size, now)
        return False
    if heard.kind is WitnessTrouble.FORK:
        _contradicted(session, held, ask, WitnessTrouble.FORK, ask.old_size, now)
    else:
        _note_trouble(held, heard.kind, None, now)
    return False


def _keep_line(session: Session, held: LogWitness, ask: Ask, heard: Cosigned, now: datetime) -> None:
    _one_after_another(session)
    known = session.scalar(
        sa.select(LogCosignature.id).where(LogCosignature.size == ask.size, LogCosignature.witness_id == held.id)
    )
    if known is None:
        session.add(
            LogCosignature(
                size=ask.size, witness_id=held.id, line=heard.line, stated_at=heard.stated_at, received_at=now
            )
        )
    held.known_size, held.seen_at, held.next_at, held.failures = ask.size, now, now, 0
    held.trouble = held.trouble_size = held.trouble_since = None
    session.flush()


def _contradicted(
    session: Session, held: LogWitness, ask: Ask, kind: WitnessTrouble, witness_size: int, now: datetime
) -> None:
    """Another history was shown to this witness: kept for good, once for each checkpoint of ours."""
    _note_trouble(held, kind, witness_size, now)
    same = sa.select(LogContradiction.id).where(
        LogContradiction.witness_id == held.id,
        LogContradiction.kind == kind.value,
        LogContradiction.size == ask.size,
        LogContradiction.root == ask.root,
    )
    if session.scalar(same) is None:
        session.add(
            LogContradiction(
                witness_id=held.id,
                kind=kind.value,
                size=ask.size,
                root=ask.root,
                witness_size=witness_size,
                note=ask.note,
                at=now,
            )
        )
    session.flush()


def _note_trouble(held: LogWitness, kind: WitnessTrouble, size: int | None, now: datetime) -> None:
    if held.trouble != kind.value:
        held.trouble_since = now
    held.trouble, held.trouble_size = kind.value, size
    held.failures += 1
    held.next_at = now + min(_FIRST_WAIT * 2 ** min(held.failures, 12), _LONGEST_WAIT)


def reach_newest(session: Session, now: datetime) -> None:
    """Write down that the newest checkpoint reached the quorum of the policy that holds, once it has."""
    _one_after_another(session)
    row = newest_policy(session)
    newest = session.scalars(sa.select(LogCheckpoint).order_by(LogCheckpoint.size.desc()).limit(1)).one_or_none()
    if row is None or newest is None:
        return
    wanted = policy.parse(row.text)
    done = session.scalar(
        sa.select(LogWitnessed.size).where(LogWitnessed.policy_id == row.id, LogWitnessed.size >= newest.size).limit(1)
    )
    lines = counted_lines(session, wanted, newest.size)
    if done is None and wanted.quorum and len(lines) >= wanted.quorum:
        note = b"".join((newest.note, *lines[: wanted.quorum]))
        session.add(LogWitnessed(policy_id=row.id, size=newest.size, note=note, reached_at=now))
        session.flush()


def _one_after_another(session: Session) -> None:
    """Whoever adds a line also counts them: two at once would each miss the other's."""
    session.execute(sa.select(LogPolicy.id).order_by(LogPolicy.id.desc()).limit(1).with_for_update())


def counted_lines(session: Session, wanted: WitnessPolicy, size: int) -> list[bytes]:
    """Lines of witnesses that count under a checkpoint, in the order in which they came."""
    counted = {notes.format_vkey(each.key) for each in wanted.witnesses if each.name in wanted.counted}
    rows = session.scalars(
        sa.select(LogCosignature.line)
        .join(LogWitness, LogWitness.id == LogCosignature.witness_id)
        .where(LogCosignature.size == size, LogWitness.vkey.in_(counted))
        .order_by(LogCosignature.id)
    )
    return list(rows)


def with_name(wanted: WitnessPolicy, vkey: str) -> str | None:
    """The name of a key in a policy."""
    return next((each.name for each in wanted.witnesses if notes.format_vkey(each.key) == vkey), None)


def without_addresses(wanted: WitnessPolicy) -> WitnessPolicy:
    """What an outsider needs: keys and quorum, not where witnesses listen."""
    return replace(wanted, witnesses=tuple(replace(each, url=None) for each in wanted.witnesses))
