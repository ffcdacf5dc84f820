"""The registry of certificates as people look at it: which keys may sign for which unit, until when, and how they are.

The entry's own dates and those of its certificate both bind; whichever ends first ends the key.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from math import ceil
from typing import Final

import sqlalchemy as sa
from cryptography import x509
from sqlalchemy.orm import Session

from portal.errors import NotFound
from portal.identity import Identity
from portal.models import SCHOOL_KINDS, KeyAuthorisation, Unit, UnitKind
from portal.permissions import may_propose_keys, may_see_keys
from portal.services.certificate_files import CertificateSays, read_certificate
from portal.services.certificate_trust import Revocations, revocations
from portal.vietnamese import fold, sort_key
from verify.anchors import TrustStore
from verify.signing import Role

ENDING_DAYS: Final = 60
PAGE_ROWS: Final = 50
SCHOOL_ROLES: Final = (Role.HEAD, Role.SCHOOL_SEAL, Role.HOMEROOM_TEACHER, Role.SUBJECT_TEACHER)
DEPARTMENT_ROLES: Final = (Role.DEPARTMENT_SEAL,)


class KeyState(StrEnum):
    """How a key is at a moment; the first that applies."""

    REVOKED = "revoked"
    ENDED = "ended"
    NOT_YET = "not_yet"
    ENDING = "ending"
    IN_FORCE = "in_force"


@dataclass(frozen=True, slots=True)
class Key:
    """An entry of the registry. ends_at: when it stops by its own date or the certificate's, whichever is first.

    days_left: begun days until then, 0 once it is over. revoked_at: as a list of ours says.
    """

    id: int
    unit_code: str
    unit_name: str
    role: Role
    certificate_sha256: str
    says: CertificateSays
    valid_from: datetime
    valid_to: datetime | None
    state: KeyState
    ends_at: datetime
    days_left: int
    revoked_at: datetime | None
    added_at: datetime
    log_index: int | None


@dataclass(frozen=True, slots=True)
class UnitChoice:
    """A unit for which keys are registered. roles: those that its kind has."""

    code: str
    name: str
    roles: tuple[Role, ...]


@dataclass(frozen=True, slots=True)
class KeyFilter:
    """text: words of a unit's name without regard to marks, or its code; role, state: None for all."""

    text: str = ""
    role: Role | None = None
    state: KeyState | None = None

    def fits(self, key: Key) -> bool:
        words = fold(self.text)
        by_text = not words or words == fold(key.unit_code) or words in fold(key.unit_name)
        return by_text and self.role in (None, key.role) and self.state in (None, key.state)


def keys(session: Session, identity: Identity, trust: TrustStore, now: datetime) -> tuple[Key, ...]:
    """Every key within reach, by unit and role; raises NotFound for who may see none."""
    scope = may_see_keys(identity)
    if scope.nothing:
        raise NotFound
    statement = sa.select(KeyAuthorisation, Unit).join(Unit, Unit.id == KeyAuthorisation.unit_id)
    if not scope.everything:
        statement = statement.where(Unit.code.in_(scope.units))
    revoked = revocations(trust)
    found = [_key(entry, unit, revoked, now) for entry, unit in session.execute(statement)]
    order = list(Role)
    return tuple(
        sorted(found, key=lambda key: (_order_of(key.unit_name), key.unit_code, order.index(key.role), key.valid_from))
    )


def key(session: Session, identity: Identity, key_id: int, trust: TrustStore, now: datetime) -> Key:
    """One key; raises NotFound for one that is not there or not within reach."""
    row = session.execute(
        sa.select(KeyAuthorisation, Unit)
        .join(Unit, Unit.id == KeyAuthorisation.unit_id)
        .where(KeyAuthorisation.id == key_id)
    ).one_or_none()
    if row is None or not may_see_keys(identity).covers(row[1].code):
        raise NotFound
    return _key(row[0], row[1], revocations(trust), now)


def certificate_of(session: Session, key_id: int) -> bytes:
    """The certificate (DER) of a key that `key` has given."""
    return session.get_one(KeyAuthorisation, key_id).certificate


def is_official(identity: Identity) -> bool:
    """Whether a person is one of the department's officials, of whom two make an act."""
    return may_propose_keys(identity)


def ending(held: tuple[Key, ...], days: int = ENDING_DAYS) -> tuple[Key, ...]:
    """Keys that may sign today and end within so many days, the most urgent first."""
    living = (KeyState.IN_FORCE, KeyState.ENDING)
    return tuple(
        sorted(
            (each for each in held if each.state in living and each.days_left <= days), key=lambda each: each.ends_at
        )
    )


def units(session: Session, identity: Identity) -> tuple[UnitChoice, ...]:
    """The units for which a person may propose keys; raises NotFound for who may propose none."""
    if not may_propose_keys(identity):
        raise NotFound
    signing = (unit for unit in session.scalars(sa.select(Unit)) if roles_of(unit))
    found = [UnitChoice(unit.code, unit.name, roles_of(unit)) for unit in signing]
    return tuple(sorted(found, key=lambda choice: (_order_of(choice.name), choice.code)))


def roles_of(unit: Unit) -> tuple[Role, ...]:
    """The roles in which somebody signs for a unit of this kind; offices and committees sign nothing here."""
    if unit.kind in SCHOOL_KINDS:
        return SCHOOL_ROLES
    return DEPARTMENT_ROLES if unit.kind == UnitKind.DEPARTMENT.value else ()


def others_of(session: Session, certificate_sha256: str) -> tuple[tuple[str, Role], ...]:
    """Where a certificate is registered: unit names with roles. The same person may stand for two schools."""
    rows = session.execute(
        sa.select(Unit.name, KeyAuthorisation.role)
        .join(Unit, Unit.id == KeyAuthorisation.unit_id)
        .where(KeyAuthorisation.certificate_sha256 == certificate_sha256)
        .order_by(Unit.name)
    )
    return tuple((name, Role(role)) for name, role in rows)


def _key(entry: KeyAuthorisation, unit: Unit, revoked: Revocations, now: datetime) -> Key:
    says, read = _read(entry.certificate)
    revoked_at = revoked.since(read)
    ends_at = says.facts.not_after if entry.valid_to is None else min(entry.valid_to, says.facts.not_after)
    days_left = max(0, ceil((ends_at - now) / timedelta(days=1)))
    begins_at = max(entry.valid_from, says.facts.not_before)
    if revoked_at is not None and revoked_at <= now:
        state = KeyState.REVOKED
    elif ends_at <= now:
        state = KeyState.ENDED
    elif begins_at > now:
        state = KeyState.NOT_YET
    else:
        state = KeyState.ENDING if days_left <= ENDING_DAYS else KeyState.IN_FORCE
    return Key(
        id=entry.id,
        unit_code=unit.code,
        unit_name=unit.name,
        role=Role(entry.role),
        certificate_sha256=entry.certificate_sha256,
        says=says,
        valid_from=entry.valid_from,
        valid_to=entry.valid_to,
        state=state,
        ends_at=ends_at,
        days_left=days_left,
        revoked_at=revoked_at,
        added_at=entry.added_at,
        log_index=entry.log_index,
    )


def _order_of(unit_name: str) -> tuple[tuple[int, int | str], ...]:
    """Units as people list them: word by word in the Vietnamese alphabet, number 2 before number 10."""
    return tuple((0, int(word)) if word.isdecimal() else (1, sort_key(word)) for word in unit_name.split())


@lru_cache(maxsize=4096)  # a province has some two thousand, and each page looks at all of them
def _read(certificate: bytes) -> tuple[CertificateSays, x509.Certificate]:
    return read_certificate(certificate), x509.load_der_x509_certificate(certificate)
