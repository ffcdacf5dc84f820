"""Who may see a pupil's record beside those who keep it: guardians, grants, and links that a guardian shares."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base

_LINKED = text("account_id IS NOT NULL AND ended_at IS NULL")


class Kinship(StrEnum):
    """What a guardian is to the pupil, as the papers say. Stored, so for ever."""

    FATHER = "father"
    MOTHER = "mother"
    GUARDIAN = "guardian"


class Papers(StrEnum):
    """What the school looked at before it linked a guardian. Stored, so for ever."""

    BIRTH = "birth"  # birth certificate with the adult's identity card
    IDENTITY = "identity"  # confirmation of residence or of identity in the national database
    COURT = "court"  # decision on guardianship or adoption


class GuardianLink(Base):
    """A guardian of a pupil, as a school linked them after looking at papers; ended, never deleted.

    invite_sha256: of the secret in the invitation, while nobody has accepted it. account_id: who accepted it.
    """

    __tablename__ = "guardian_link"
    __table_args__ = (
        CheckConstraint("(account_id IS NULL) = (accepted_at IS NULL)", name="accepted"),
        CheckConstraint("(ended_by IS NULL) = (ended_at IS NULL)", name="ended"),
        Index(
            "uq_guardian_link_linked",
            "transcript_id",
            "account_id",
            unique=True,
            sqlite_where=_LINKED,
            postgresql_where=_LINKED,
        ),
        Index("ix_guardian_link_account_id", "account_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    transcript_id: Mapped[int] = mapped_column(ForeignKey("transcript.id"), index=True)
    display_name: Mapped[str]
    kinship: Mapped[str]
    papers: Mapped[str]
    checked_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    checked_at: Mapped[datetime]
    invite_sha256: Mapped[str] = mapped_column(unique=True)
    invite_until: Mapped[datetime]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    accepted_at: Mapped[datetime | None]
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    ended_at: Mapped[datetime | None]


class GrantKind(StrEnum):
    """To whom. PROCEDURE: the unit that handles it; each look names its case. Stored, so for ever."""

    UNIT = "unit"
    PERSON = "person"
    PROCEDURE = "procedure"


class GrantState(StrEnum):
    """REQUESTED gives nothing yet; ENDED and REFUSED are for good. Stored, so for ever."""

    REQUESTED = "requested"
    GIVEN = "given"
    REFUSED = "refused"
    ENDED = "ended"


class Scope(StrEnum):
    """How much of a record is opened to whoever neither keeps it nor is the family. Stored, so for ever."""

    STATUS = "status"  # whose it is, and how far each year has come
    MARKS = "marks"  # and results, without origin, family and body
    WHOLE = "whole"  # every section: the only one with ethnicity, height and weight (domain §6)


class GrantPurpose(StrEnum):
    """What a grant is for. Stored, so for ever."""

    ENROLMENT = "enrolment"
    TRANSFER = "transfer"
    BENEFIT = "benefit"
    INSPECTION = "inspection"
    FAMILY = "family"
    OTHER = "other"


class AccessGrant(Base):
    """Leave to open some records for one purpose. unit_id: of a unit or procedure; account_id: of a person.

    scope: `Scope`. first_year, last_year: school years, inclusive; None: without that end.
    valid_from, valid_to: days of the province, inclusive. views_allowed: None without a number. asked_by: who wrote it
    down or asked for it; decided_by: who gave or refused it. by_guardian: given by the family.
    """

    __tablename__ = "access_grant"
    __table_args__ = (
        CheckConstraint(
            "(kind = 'person' AND account_id IS NOT NULL AND unit_id IS NULL)"
            " OR (kind <> 'person' AND account_id IS NULL AND unit_id IS NOT NULL)",
            name="to_whom",
        ),
        CheckConstraint("(kind = 'procedure') = (procedure IS NOT NULL)", name="procedure"),
        CheckConstraint("valid_from <= valid_to", name="days"),
        CheckConstraint(
            "views_used >= 0 AND (views_allowed IS NULL OR (views_allowed > 0 AND views_used <= views_allowed))",
            name="views",
        ),
        CheckConstraint("(state = 'requested') = (decided_by IS NULL)", name="decided"),
        CheckConstraint("(state = 'ended') = (ended_at IS NOT NULL)", name="ended"),
        Index("ix_access_grant_unit_id", "unit_id"),
        Index("ix_access_grant_account_id", "account_id"),
        Index("ix_access_grant_asked_by", "asked_by"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    procedure: Mapped[str | None]
    scope: Mapped[str]
    first_year: Mapped[str | None]
    last_year: Mapped[str | None]
    purpose: Mapped[str]
    reference: Mapped[str]
    valid_from: Mapped[date]
    valid_to: Mapped[date]
    views_allowed: Mapped[int | None]
    views_used: Mapped[int] = mapped_column(default=0)
    state: Mapped[str]
    by_guardian: Mapped[bool]
    asked_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    asked_at: Mapped[datetime]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    decided_at: Mapped[datetime | None]
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    ended_at: Mapped[datetime | None]


class GrantRecord(Base):
    """A record that a grant opens; the list is fixed when the grant is written."""

    __tablename__ = "access_grant_record"
    __table_args__ = (Index("ix_access_grant_record_transcript_id", "transcript_id"),)

    grant_id: Mapped[int] = mapped_column(ForeignKey("access_grant.id"), primary_key=True)
    transcript_id: Mapped[int] = mapped_column(ForeignKey("transcript.id"), primary_key=True)


class ShareLink(Base):
    """A link that a guardian shares. secret_sha256: the secret stands in the link alone. pin_hash: argon2id.

    wrong_pins: since the last good one; too many end the link. views_allowed: None without a number.
    """

    __tablename__ = "share_link"
    __table_args__ = (
        UniqueConstraint("secret_sha256"),
        CheckConstraint(
            "views_used >= 0 AND (views_allowed IS NULL OR (views_allowed > 0 AND views_used <= views_allowed))",
            name="views",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    transcript_id: Mapped[int] = mapped_column(ForeignKey("transcript.id"), index=True)
    made_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    made_at: Mapped[datetime]
    secret_sha256: Mapped[str]
    pin_hash: Mapped[str]
    scope: Mapped[str]
    first_year: Mapped[str | None]
    last_year: Mapped[str | None]
    download: Mapped[bool]
    views_allowed: Mapped[int | None]
    views_used: Mapped[int] = mapped_column(default=0)
    wrong_pins: Mapped[int] = mapped_column(default=0)
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
