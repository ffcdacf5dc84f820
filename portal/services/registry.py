"""The registry of keys: which certificate may sign for which unit, in which role, when. Each entry is logged.

Keys of the system before this one stand apart: a table, a leaf and a type of their own (docs/decisions/0013).
"""

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import Problem, Refused
from portal.models import EarlierKey, KeyAuthorisation, KeyProposal, LogEntry, ProposalKind, ProposalState, Unit
from portal.services import log
from verify.anchors import Authorisation, EarlierRegistry
from verify.canonical import sha256
from verify.errors import VerifyError
from verify.log import leaves, notes
from verify.signing import Role

# Unit, role, SHA-256 of the certificate.
_EarlierKeyName = tuple[int, str, str]


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


def recognise_earlier_key(
    session: Session,
    unit: Unit,
    role: Role,
    certificate: bytes,
    valid_from: datetime,
    valid_to: datetime,
    log_signer: notes.Signer,
    now: datetime,
) -> EarlierKey:
    """Recognise that a certificate (DER) signed for a unit in a period that is over; row and leaf go together.

    It never enters `authorisations`: it speaks for records of earlier years only.
    """
    leaf = leaves.EarlierKeyLeaf(
        unit=unit.code,
        role=role.value,
        certificate_sha256=sha256(certificate),
        valid_from=valid_from.replace(microsecond=0),
        valid_to=valid_to.replace(microsecond=0),
        effective_at=now.replace(microsecond=0),
    )
    entry = EarlierKey(
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


def earlier_key(session: Session, unit: Unit, role: Role, certificate_sha256: str) -> EarlierKey | None:
    """The entry of a key of the system before this one, or None."""
    return session.scalar(
        sa.select(EarlierKey).where(
            EarlierKey.unit_id == unit.id,
            EarlierKey.role == role.value,
            EarlierKey.certificate_sha256 == certificate_sha256,
        )
    )


def end_earlier_key(
    session: Session, entry: EarlierKey, valid_to: datetime, log_signer: notes.Signer, now: datetime
) -> int:
    """Bring the end of a recognised key nearer, to where it begins for no period at all; returns the leaf's index.

    The row stays as it is: what ends it is the leaf, to which the confirmed proposal leads (decision 0033). Raises
    Refused(KEY_ENDED) when that is no nearer.
    """
    if not entry.valid_from <= valid_to < earlier_end(session, entry):
        raise Refused(Problem.KEY_ENDED)
    leaf = leaves.EarlierKeyLeaf(
        unit=session.get_one(Unit, entry.unit_id).code,
        role=entry.role,
        certificate_sha256=entry.certificate_sha256,
        valid_from=entry.valid_from,
        valid_to=valid_to,
        effective_at=now.replace(microsecond=0),
    )
    return log.append(session, [leaves.to_bytes(leaf)], log_signer, now)


def earlier_end(session: Session, entry: EarlierKey) -> datetime:
    """First moment after the period for which a key of the system before this one counts today."""
    ends = earlier_ends(session).get(_name_of(entry), {})
    return min((entry.valid_to, *(leaf.valid_to for leaf in ends.values())))


def earlier_ends(session: Session) -> Mapping[_EarlierKeyName, Mapping[int, leaves.EarlierKeyLeaf]]:
    """What two officials ended, by unit, role and certificate: the leaves that say so, by index."""
    rows = session.execute(
        sa.select(KeyProposal, LogEntry.leaf)
        .join(LogEntry, LogEntry.index == KeyProposal.log_index)
        .where(
            KeyProposal.kind == ProposalKind.END_EARLIER.value,
            KeyProposal.state == ProposalState.CONFIRMED.value,
        )
        .order_by(KeyProposal.log_index)
    )
    found: dict[_EarlierKeyName, dict[int, leaves.EarlierKeyLeaf]] = {}
    for held, data in rows:
        leaf = _earlier_leaf(data)
        if held.log_index is not None and leaf is not None and leaf.certificate_sha256 == held.certificate_sha256:
            found.setdefault((held.unit_id, held.role, held.certificate_sha256), {})[held.log_index] = leaf
    return found


def _earlier_leaf(data: bytes) -> leaves.EarlierKeyLeaf | None:
    try:
        leaf = leaves.from_bytes(data)
    except VerifyError:
        return None  # told by the audit
    return leaf if isinstance(leaf, leaves.EarlierKeyLeaf) else None


def earlier_registry(session: Session) -> EarlierRegistry:
    """The keys of the system before this one as a value of the trust core, a type of its own."""
    rows = session.execute(sa.select(EarlierKey, Unit.code).join(Unit, Unit.id == EarlierKey.unit_id)).all()
    ends = earlier_ends(session)
    return EarlierRegistry(
        tuple(
            Authorisation(
                entry.certificate_sha256,
                code,
                Role(entry.role),
                entry.valid_from,
                min((entry.valid_to, *(leaf.valid_to for leaf in ends.get(_name_of(entry), {}).values()))),
            )
            for entry, code in rows
        )
    )


def _name_of(entry: EarlierKey) -> _EarlierKeyName:
    return entry.unit_id, entry.role, entry.certificate_sha256
