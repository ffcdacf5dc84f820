"""The registry of keys: which certificate may sign for which unit, in which role, when. Each entry is logged."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.models import KeyAuthorisation, Unit
from portal.services import log
from verify.anchors import Authorisation
from verify.canonical import sha256
from verify.log import leaves, notes
from verify.signing import Role


def register_key(
    session: Session,
    unit: Unit,
    role: Role,
    certificate: bytes,
    valid_from: datetime,
    valid_to: datetime | None,
    log_signer: notes.Signer,
    now: datetime,
) -> KeyAuthorisation:
    """Let a certificate (DER) sign for a unit in a role; the entry and its leaf are written together."""
    leaf = leaves.RegisterKeyLeaf(
        unit=unit.code,
        role=role.value,
        certificate_sha256=sha256(certificate),
        valid_from=valid_from.replace(microsecond=0),
        valid_to=valid_to.replace(microsecond=0) if valid_to is not None else None,
        effective_at=now.replace(microsecond=0),
    )
    entry = KeyAuthorisation(
        certificate_sha256=leaf.certificate_sha256,
        certificate=certificate,
        unit_id=unit.id,
        role=role.value,
        valid_from=leaf.valid_from,
        valid_to=leaf.valid_to,
        added_at=now,
        log_index=log.append(session, [leaves.to_bytes(leaf)], log_signer, now),
    )
    session.add(entry)
    session.flush()
    return entry


def end_key(
    session: Session, entry: KeyAuthorisation, valid_to: datetime, log_signer: notes.Signer, now: datetime
) -> int:
    """End an entry at a moment: a second leaf of the same key says so. Returns the leaf's index.

    The newest leaf of a unit, role and certificate holds; a later one may only bring the end nearer (decision 0011).
    """
    unit = session.get_one(Unit, entry.unit_id)
    leaf = leaves.RegisterKeyLeaf(
        unit=unit.code,
        role=entry.role,
        certificate_sha256=entry.certificate_sha256,
        valid_from=entry.valid_from,
        valid_to=valid_to.replace(microsecond=0),
        effective_at=now.replace(microsecond=0),
    )
    index = log.append(session, [leaves.to_bytes(leaf)], log_signer, now)
    entry.valid_to = leaf.valid_to
    session.flush()
    return index


def authorisations(session: Session) -> tuple[Authorisation, ...]:
    """The whole registry as values of the trust core."""
    rows = session.execute(sa.select(KeyAuthorisation, Unit.code).join(Unit, Unit.id == KeyAuthorisation.unit_id))
    return tuple(
        Authorisation(
            certificate_sha256=entry.certificate_sha256,
            unit_code=code,
            role=Role(entry.role),
            valid_from=entry.valid_from,
            valid_to=entry.valid_to,
        )
        for entry, code in rows
    )
