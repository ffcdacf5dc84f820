"""What two officials do to the registry of keys: one proposes, another one decides. Nothing here authorises anybody."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base


class ProposalKind(StrEnum):
    """What is to happen to the registry. Stored, so for ever."""

    REGISTER = "register"
    END = "end"
    EARLIER = "earlier"  # recognise a key of the system before this one, for a period that is over
    END_EARLIER = "end_earlier"  # such a key was recognised by mistake: for a shorter period, or for none


class ProposalState(StrEnum):
    """WAITING is open; the others are for good."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"  # by another official
    WITHDRAWN = "withdrawn"  # by who proposed it
    EXPIRED = "expired"


_WAITS = text("state = 'waiting'")


class KeyProposal(Base):
    """A proposal to let a certificate (DER) sign for a unit in a role, or to end that.

    first_day, last_day: days of the province, both included; last_day None: open, or for an end: at once; for a key
    of the system before this one: no day at all.
    decision: number of the paper decision. authorisation_id: the entry that is to end, or that was made.
    log_index: the leaf that the confirmation wrote. evidence: SHA-256 of the path and the revocation lists (blobs)
    with which the certificate was validated at that moment. What was proposed never changes (triggers).
    """

    __tablename__ = "key_proposal"
    __table_args__ = (
        # The rule of two stands in the database too.
        CheckConstraint(
            "state <> 'confirmed' OR (decided_by IS NOT NULL AND decided_by <> proposed_by)", name="two_officials"
        ),
        Index(
            "uq_key_proposal_waiting",
            "certificate_sha256",
            "unit_id",
            "role",
            unique=True,
            sqlite_where=_WAITS,
            postgresql_where=_WAITS,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    state: Mapped[str] = mapped_column(index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    role: Mapped[str]
    certificate_sha256: Mapped[str]
    certificate: Mapped[bytes]
    first_day: Mapped[date]
    last_day: Mapped[date | None]
    decision: Mapped[str]
    proposed_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    proposed_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    decided_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    authorisation_id: Mapped[int | None] = mapped_column(ForeignKey("key_authorisation.id"))
    log_index: Mapped[int | None]
    evidence: Mapped[dict[str, Any] | None]
