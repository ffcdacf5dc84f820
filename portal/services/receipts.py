"""What a school keeps of a record: the signed bytes of each version, its receipt, and what holds of it now.

Where a number of a version is asked for and None, it is the version that is in force or, before the lock, the newest.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from portal.errors import NotFound
from portal.identity import Identity
from portal.models import RecordVersion, State
from portal.services import blobs, log
from portal.services.access import Action, Outcome, record_access
from portal.services.evidence import stored_year
from portal.services.lookup import readable_editions
from portal.services.standing import NoteView, notes_of, standings_of
from verify.evidence import StoredYear
from verify.standing import IN_FORCE, Standing


@dataclass(frozen=True, slots=True)
class SignedRecord:
    """The exact canonical bytes of a living version of a year. sha256: of them."""

    data: bytes
    sha256: str
    version: int
    state: str


@dataclass(frozen=True, slots=True)
class VersionState:
    """What holds of one version. standing: of a locked one, else None. effective_at: UTC, of a locked one.

    notes: words that decisions put beside it.
    """

    version: int
    state: State
    effective_at: datetime | None
    log_index: int | None
    standing: Standing | None
    notes: tuple[NoteView, ...]


def states(
    session: Session, identity: Identity, code: str, school_year: str, now: datetime, network: str
) -> tuple[VersionState, ...]:
    """Every living version of a year, the newest first; rules as for the record."""
    editions = _looked_at(session, identity, code, school_year, now, network)
    standings = standings_of(session, [each.id for each in editions])
    return tuple(
        VersionState(
            version=each.version,
            state=State(each.state),
            effective_at=each.effective_at,
            log_index=each.log_index,
            standing=None if each.log_index is None else standings.get(each.id, IN_FORCE),
            notes=notes_of(session, each.id),
        )
        for each in sorted(editions, key=lambda each: each.version, reverse=True)
    )


def signed_record(
    session: Session,
    identity: Identity,
    code: str,
    school_year: str,
    now: datetime,
    network: str,
    number: int | None = None,
) -> SignedRecord:
    """The record of a year, for who may read it; writes who looked. Raises NotFound, unknown and forbidden alike."""
    version = _looked_at(session, identity, code, school_year, now, network, number)[0]
    return SignedRecord(blobs.get(session, version.root_sha256), version.root_sha256, version.version, version.state)


def receipt(
    session: Session,
    identity: Identity,
    code: str,
    school_year: str,
    now: datetime,
    network: str,
    number: int | None = None,
) -> bytes | None:
    """The receipt (C2SP tlog-proof) of a locked year, None before the lock. Rules as for the record."""
    version = _looked_at(session, identity, code, school_year, now, network, number)[0]
    return None if version.log_index is None else log.receipt_of(session, version.log_index)


def evidence(
    session: Session,
    identity: Identity,
    code: str,
    school_year: str,
    now: datetime,
    network: str,
    number: int | None = None,
) -> StoredYear | None:
    """Everything that verifies a locked year offline, None before the lock. Rules as for the record."""
    version = _looked_at(session, identity, code, school_year, now, network, number)[0]
    return None if version.log_index is None else stored_year(session, version)


def _looked_at(
    session: Session,
    identity: Identity,
    code: str,
    school_year: str,
    now: datetime,
    network: str,
    number: int | None = None,
) -> tuple[RecordVersion, ...]:
    """What of the year may be read, at least one; of a number, that one alone."""
    found, editions = readable_editions(session, identity, code, school_year)
    wanted = tuple(each for each in editions if number in (None, each.version))
    record_access(
        session,
        identity=identity,
        action=Action.RECORD_READ,
        transcript_id=found.id if found is not None else None,
        outcome=Outcome.ALLOWED if wanted else Outcome.REFUSED,
        network=network,
        now=now,
        fields=school_year,
    )
    if not wanted:
        raise NotFound
    return wanted
