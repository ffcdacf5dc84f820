"""What the public page of the log says: how far it is, who witnessed it, and what contradicts it."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.models import (
    LogCheckpoint,
    LogContradiction,
    LogCosignature,
    LogPolicy,
    LogWitness,
    LogWitnessed,
    WitnessTrouble,
)
from portal.services.witnesses import newest_policy, with_name
from verify.log import notes, policy
from verify.log.policy import Witness, WitnessPolicy

_CONTRADICTIONS = 50


@dataclass(frozen=True, slots=True)
class Head:
    """A checkpoint. root: base64."""

    size: int
    root: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class WitnessState:
    """One witness of the policy. signed: how many leaves it has signed; newest: whether those of the newest checkpoint.

    seen_at: when it last signed. trouble: why not, when it was asked last, since when, and which size it named.
    """

    name: str
    vkey: str
    counted: bool
    newest: bool
    signed: int | None
    seen_at: datetime | None
    trouble: WitnessTrouble | None
    trouble_since: datetime | None
    trouble_size: int | None


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A witness refused us with evidence. size: of our checkpoint; witness_size: of what it had signed.

    settled: it has signed for us since, so that the history which it saw is ours again.
    """

    name: str
    kind: WitnessTrouble
    size: int
    witness_size: int
    at: datetime
    settled: bool


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """A policy since it was first seen. log_index: of its leaf."""

    quorum: int
    counted: int
    sha256: str
    seen_at: datetime
    log_index: int | None


@dataclass(frozen=True, slots=True)
class LogOverview:
    """newest: None for an empty log. witnessed: the newest that reached the quorum, and when. quorum of counted are
    needed; found: how many signed the newest.
    """

    origin: str
    newest: Head | None
    witnessed: tuple[int, datetime] | None
    quorum: int
    counted: int
    found: int
    witnesses: tuple[WitnessState, ...]
    contradictions: tuple[Contradiction, ...]
    changes: tuple[PolicyChange, ...]

    @property
    def contradicted(self) -> bool:
        """Whether a witness still holds to another history."""
        return any(not each.settled for each in self.contradictions)

    @property
    def reached(self) -> bool:
        """Whether the newest checkpoint has its quorum; also where none is asked."""
        return self.newest is None or self.found >= self.quorum


def overview(session: Session, wanted: WitnessPolicy, origin: str) -> LogOverview:
    """The state of the log for everybody; without personal data. wanted: the file as it is now."""
    head = session.scalars(sa.select(LogCheckpoint).order_by(LogCheckpoint.size.desc()).limit(1)).one_or_none()
    newest = None if head is None else Head(head.size, notes.to_base64(bytes.fromhex(head.root)), head.created_at)
    states = tuple(_state(session, each, wanted, newest) for each in wanted.witnesses)
    rows = session.scalars(sa.select(LogPolicy).order_by(LogPolicy.id.desc())).all()
    return LogOverview(
        origin=origin,
        newest=newest,
        witnessed=_witnessed(session),
        quorum=wanted.quorum,
        counted=len(wanted.counted),
        found=sum(state.newest and state.counted for state in states),
        witnesses=states,
        contradictions=_contradictions(session, wanted),
        changes=tuple(_change(row) for row in rows),
    )


def _state(session: Session, asked: Witness, wanted: WitnessPolicy, newest: Head | None) -> WitnessState:
    vkey = notes.format_vkey(asked.key)
    held = session.scalars(sa.select(LogWitness).where(LogWitness.vkey == vkey)).one_or_none()
    signed = None
    if held is not None:
        signed = session.scalar(sa.select(sa.func.max(LogCosignature.size)).where(LogCosignature.witness_id == held.id))
    return WitnessState(
        name=asked.name,
        vkey=vkey,
        counted=asked.name in wanted.counted,
        newest=newest is not None and signed == newest.size,
        signed=signed,
        seen_at=held.seen_at if held is not None else None,
        trouble=WitnessTrouble(held.trouble) if held is not None and held.trouble is not None else None,
        trouble_since=held.trouble_since if held is not None else None,
        trouble_size=held.trouble_size if held is not None else None,
    )


def _witnessed(session: Session) -> tuple[int, datetime] | None:
    row = newest_policy(session)
    if row is None:
        return None
    found = session.execute(
        sa.select(LogWitnessed.size, LogWitnessed.reached_at)
        .where(LogWitnessed.policy_id == row.id)
        .order_by(LogWitnessed.size.desc())
        .limit(1)
    ).one_or_none()
    return None if found is None else (found[0], found[1])


def _contradictions(session: Session, wanted: WitnessPolicy) -> tuple[Contradiction, ...]:
    rows = session.execute(
        sa.select(LogContradiction, LogWitness.vkey, LogWitness.seen_at)
        .join(LogWitness, LogWitness.id == LogContradiction.witness_id)
        .order_by(LogContradiction.id.desc())
        .limit(_CONTRADICTIONS)
    )
    return tuple(
        Contradiction(
            name=with_name(wanted, vkey) or vkey.split("+", 1)[0],
            kind=WitnessTrouble(row.kind),
            size=row.size,
            witness_size=row.witness_size,
            at=row.at,
            settled=seen_at is not None and seen_at > row.at,
        )
        for row, vkey, seen_at in rows
    )


def _change(row: LogPolicy) -> PolicyChange:
    held = policy.parse(row.text)
    return PolicyChange(held.quorum, len(held.counted), row.sha256, row.seen_at, row.log_index)
