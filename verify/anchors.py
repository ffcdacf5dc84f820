"""What we trust: roots of trust, and the registry of which certificate may sign for whom, as what, when.

Authorisation is not authentication (design §3.3): a valid certificate of another school is refused here, although
its signature holds. Neither value comes from a document; both have no defaults.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from verify.canonical import sha256
from verify.signing import Role
from verify.verdict import Check, Question, Reason, Status


@dataclass(frozen=True, slots=True)
class TrustStore:
    """Roots and intermediates of the accepted authorities (DER), and their revocation lists (CRL, DER).

    Nothing is fetched: what is not here is not known. An empty store trusts nobody.
    """

    roots: tuple[bytes, ...]
    intermediates: tuple[bytes, ...]
    crls: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Authorisation:
    """An entry of the registry.

    certificate_sha256: of the DER, lower-case hexadecimal. unit_code: school or department. valid_from: first
    moment, valid_to: first moment after the end, or None while open; both with a time zone.
    """

    certificate_sha256: str
    unit_code: str
    role: Role
    valid_from: datetime
    valid_to: datetime | None


def authorised(
    certificate_der: bytes, unit_code: str, role: Role, at: datetime, registry: Sequence[Authorisation]
) -> Check:
    """Whether a certificate may sign for a unit in a role at a moment: SIGNER_AUTHORISED.

    Fails with the first that is missing: NOT_REGISTERED, OTHER_SCHOOL, OTHER_ROLE, OUTSIDE_PERIOD.
    """
    return _authorised(certificate_der, unit_code, role, at, registry)


@dataclass(frozen=True, slots=True)
class EarlierRegistry:
    """Keys of the system before this one, each for a period that is over.

    A type of its own: whoever asks about a new signature cannot be handed these by mistake, nor the other way round.
    """

    entries: tuple[Authorisation, ...]


def authorised_earlier(
    certificate_der: bytes, unit_code: str, role: Role, at: datetime, registry: EarlierRegistry
) -> Check:
    """Whether a certificate was authorised in the system before this one at a moment; reasons as of `authorised`."""
    return _authorised(certificate_der, unit_code, role, at, registry.entries)


def _authorised(
    certificate_der: bytes, unit_code: str, role: Role, at: datetime, registry: Sequence[Authorisation]
) -> Check:
    fingerprint = sha256(certificate_der)
    entries = [entry for entry in registry if entry.certificate_sha256 == fingerprint]
    narrowing = (
        (Reason.NOT_REGISTERED, lambda _entry: True),
        (Reason.OTHER_SCHOOL, lambda entry: entry.unit_code == unit_code),
        (Reason.OTHER_ROLE, lambda entry: entry.role is role),
        (Reason.OUTSIDE_PERIOD, lambda entry: _open_at(entry, at)),
    )
    facts = {"unit": unit_code, "role": role.value}
    for reason, fits in narrowing:
        entries = [entry for entry in entries if fits(entry)]
        if not entries:
            return Check(Question.SIGNER_AUTHORISED, Status.FAILED, reason, facts)
    return Check(Question.SIGNER_AUTHORISED, Status.PASSED, Reason.OK, facts)


def _open_at(entry: Authorisation, at: datetime) -> bool:
    return entry.valid_from <= at and (entry.valid_to is None or at < entry.valid_to)
