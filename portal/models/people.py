"""How people come to accounts and roles: invitations by link, and what two officials decide about a person."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base


class InvitationKind(StrEnum):
    """JOIN: a new person. RESET: a person who forgot the password. Stored, so for ever."""

    JOIN = "join"
    RESET = "reset"


class AccountInvitation(Base):
    """A link for one person, good once. secret_sha256: of the secret, which stands in the link alone.

    account_id: of a reset whose; of a new person who accepted it. unit_id, role, valid_from, valid_to: what a new
    person gets on accepting it, or, where it takes two officials, what is then proposed.
    """

    __tablename__ = "account_invitation"
    __table_args__ = (
        CheckConstraint(
            "(kind = 'join' AND unit_id IS NOT NULL AND role IS NOT NULL AND valid_from IS NOT NULL"
            " AND (account_id IS NULL) = (accepted_at IS NULL))"
            " OR (kind = 'reset' AND account_id IS NOT NULL AND unit_id IS NULL AND role IS NULL)",
            name="for_whom",
        ),
        CheckConstraint("ended_at IS NULL OR accepted_at IS NULL", name="one_end"),
        Index("ix_account_invitation_account_id", "account_id"),
        Index("ix_account_invitation_invited_by", "invited_by"),
        Index("ix_account_invitation_unit_id", "unit_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    display_name: Mapped[str]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    role: Mapped[str | None]
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    secret_sha256: Mapped[str] = mapped_column(unique=True)
    invited_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    invited_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class PeopleProposalKind(StrEnum):
    """What two officials decide about a person. Stored, so for ever."""

    ROLE = "role"
    RESET = "reset"


class PeopleProposalState(StrEnum):
    """WAITING is open, the others are for good. Stored."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    DECLINED = "declined"


_WAITS = text("state = 'waiting'")


class PeopleProposal(Base):
    """A role, or another password, for a person who holds or is to hold a role of which one official is not enough.

    unit_id, role, valid_from, valid_to: of a role. What was proposed never changes (triggers).
    """

    __tablename__ = "people_proposal"
    __table_args__ = (
        # The rule of two stands in the database too, and nobody decides about himself.
        CheckConstraint(
            "state <> 'confirmed' OR (decided_by <> proposed_by AND decided_by <> account_id"
            " AND proposed_by <> account_id)",
            name="two_officials",
        ),
        CheckConstraint("(state = 'waiting') = (decided_at IS NULL)", name="decided"),
        CheckConstraint("(decided_by IS NULL) = (decided_at IS NULL)", name="by_somebody"),
        CheckConstraint(
            "(kind = 'role') = (unit_id IS NOT NULL AND role IS NOT NULL AND valid_from IS NOT NULL)", name="a_role"
        ),
        Index(
            "uq_people_proposal_waiting",
            "account_id",
            "unit_id",
            "role",
            unique=True,
            sqlite_where=_WAITS,
            postgresql_where=_WAITS,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    state: Mapped[str]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    role: Mapped[str | None]
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    proposed_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    proposed_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    decided_at: Mapped[datetime | None]
