"""Signing the summary in the QR of a print, and the public keys by which anybody checks one.

`SummarySigner` takes the index of a leaf and nothing else that could end up in a payload: it reads the locked record
itself, checks that the leaf opens to it and that it stands, and builds the payload. Nobody can have a summary signed
that the log does not hold (design §3.6).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import Fault, NotFound, Problem, Refused
from portal.models import KeyAuthorisation, RecordVersion, State, Unit
from portal.services import registry
from portal.services.evidence import stored_year
from portal.services.standing import standing_of
from verify.anchors import TrustStore, authorised
from verify.cms.certificates import facts_of
from verify.cms.paths import examine_path
from verify.code import PrintTarget
from verify.errors import LimitExceeded
from verify.evidence import StoredYear
from verify.signing import Role, Signer
from verify.standing import StandingState
from verify.summary import signed
from verify.summary.payload import summary_of
from verify.summary.signed import SummaryKey, key_of
from verify.verdict import Status
from verify.verifier import opened

_STANDING = (StandingState.IN_FORCE, StandingState.ANNOTATED)


@dataclass(frozen=True, slots=True)
class SummarySigner:
    """department: the unit for which the key must be registered as its seal. key: on P-256."""

    department: str
    key: Signer

    @property
    def name(self) -> str:
        """Tells this key from others, in hexadecimal."""
        held = key_of(self.key.certificate)
        return held.kid.hex() if held is not None else ""

    def sign(self, session: Session, log_index: int, now: datetime) -> str:
        """The digits of the summary of the record that this leaf locked.

        Raises NotFound for a leaf that locks no record; Refused(SUMMARY_NOT_IN_FORCE), Refused(SUMMARY_TOO_LONG),
        Refused(SUMMARY_KEY) for a key that may not sign now; Fault(STORE_DAMAGED).
        """
        version = session.scalar(sa.select(RecordVersion).where(RecordVersion.log_index == log_index))
        if version is None or version.state != State.LOCKED.value:
            raise NotFound
        require_standing(session, version)
        year = stored_year(session, version)
        self._require(session, year, now)
        summary = summary_of(year.read(), version.root_sha256, log_index, now.date())
        target = PrintTarget(year.lookup_code, year.school_year, year.version)
        try:
            return signed.to_digits(signed.sign(summary, target, self.key))
        except LimitExceeded as error:
            raise Refused(Problem.SUMMARY_TOO_LONG) from error

    def _require(self, session: Session, year: StoredYear, now: datetime) -> None:
        if opened(year).status is not Status.PASSED:
            raise Fault(Problem.STORE_DAMAGED, what="leaf")
        facts, role = facts_of(self.key.certificate), Role.DEPARTMENT_SEAL
        may = authorised(self.key.certificate, self.department, role, now, registry.authorisations(session))
        if may.status is not Status.PASSED or not facts.not_before <= now < facts.not_after:
            raise Refused(Problem.SUMMARY_KEY)


def require_standing(session: Session, version: RecordVersion) -> None:
    """Raises Refused(SUMMARY_NOT_IN_FORCE) for a version that was superseded or revoked."""
    if standing_of(session, version.id).state not in _STANDING:
        raise Refused(Problem.SUMMARY_NOT_IN_FORCE)


@dataclass(frozen=True, slots=True)
class PublishedKey:
    """A key of the department's seal. valid_from, valid_to: of certificate and registry both. revoked: by its CA."""

    key: SummaryKey
    valid_from: datetime
    valid_to: datetime
    revoked: bool


def published_keys(session: Session, department: str, trust: TrustStore, now: datetime) -> tuple[PublishedKey, ...]:
    """The keys on P-256 that are, were or will be registered as the department's seal, oldest first."""
    rows: Sequence[KeyAuthorisation] = session.scalars(
        sa.select(KeyAuthorisation)
        .join(Unit, Unit.id == KeyAuthorisation.unit_id)
        .where(Unit.code == department, KeyAuthorisation.role == Role.DEPARTMENT_SEAL.value)
        .order_by(KeyAuthorisation.id)
    ).all()
    return tuple(_published(row, key, trust, now) for row in rows if (key := key_of(row.certificate)) is not None)


def _published(row: KeyAuthorisation, key: SummaryKey, trust: TrustStore, now: datetime) -> PublishedKey:
    facts = facts_of(row.certificate)
    return PublishedKey(
        key,
        valid_from=max(facts.not_before, row.valid_from),
        valid_to=min(facts.not_after, row.valid_to or facts.not_after),
        revoked=examine_path(row.certificate, (), trust, now).not_revoked.status is Status.FAILED,
    )
