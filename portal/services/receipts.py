"""What a school keeps of a locked record: the signed bytes, and the receipt that they stand in the log."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from portal.errors import NotFound
from portal.identity import Identity
from portal.models import RecordVersion
from portal.services import blobs, log
from portal.services.access import Action, Outcome, record_access
from portal.services.lookup import readable_versions


@dataclass(frozen=True, slots=True)
class SignedRecord:
    """The exact canonical bytes of the living version of a year. sha256: of them."""

    data: bytes
    sha256: str
    version: int
    state: str


def signed_record(
    session: Session, identity: Identity, code: str, school_year: str, now: datetime, network: str
) -> SignedRecord:
    """The record of a year, for who may read it; writes who looked. Raises NotFound, unknown and forbidden alike."""
    version = _looked_at(session, identity, code, school_year, now, network)
    return SignedRecord(blobs.get(session, version.root_sha256), version.root_sha256, version.version, version.state)


def receipt(
    session: Session, identity: Identity, code: str, school_year: str, now: datetime, network: str
) -> bytes | None:
    """The receipt (C2SP tlog-proof) of a locked year, None before the lock. Rules as for the record."""
    version = _looked_at(session, identity, code, school_year, now, network)
    return None if version.log_index is None else log.receipt_of(session, version.log_index)


def _looked_at(
    session: Session, identity: Identity, code: str, school_year: str, now: datetime, network: str
) -> RecordVersion:
    found, versions = readable_versions(session, identity, code)
    version = versions.get(school_year)
    record_access(
        session,
        identity=identity,
        action=Action.RECORD_READ,
        transcript_id=found.id if found is not None else None,
        outcome=Outcome.ALLOWED if version is not None else Outcome.REFUSED,
        network=network,
        now=now,
    )
    if version is None:
        raise NotFound
    return version
