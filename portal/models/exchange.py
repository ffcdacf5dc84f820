"""Pupils between installations: whose logs are known, who was handed over, who came, and with what proof."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.encryption.columns import EncryptedBytes
from portal.models.base import Base


class PeerState(StrEnum):
    """WAITING is open. Stored, so for ever."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    REFUSED = "refused"  # by another official, or withdrawn by who proposed it
    ENDED = "ended"  # nothing comes or goes any more; what came stays proven by its policy


class ArrivalState(StrEnum):
    """WAITING is open; the others are for good. Stored, so for ever."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    REFUSED = "refused"


_STANDS = text("state IN ('waiting', 'confirmed')")


class ExchangePeer(Base):
    """Another installation. log: vkey of its log's first key. policy: keys of its log, witnesses and quorum
    (c2sp.org/tlog-policy), as text. unit_id: the unit by which it goes here, once two officials agree; None before.
    """

    __tablename__ = "exchange_peer"
    __table_args__ = (
        CheckConstraint(
            "state NOT IN ('confirmed', 'ended') OR (decided_by IS NOT NULL AND decided_by <> proposed_by)",
            name="two_officials",
        ),
        Index("uq_exchange_peer_log", "log", unique=True, sqlite_where=_STANDS, postgresql_where=_STANDS),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str]
    name: Mapped[str]
    log: Mapped[str]
    policy: Mapped[str]
    decision: Mapped[str]
    proposed_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    proposed_at: Mapped[datetime]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    decided_at: Mapped[datetime | None]
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), unique=True)
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    ended_at: Mapped[datetime | None]
    closing: Mapped[str | None]


class ExchangeDeparture(Base):
    """Beside a request of custody to a unit that stands for another installation.

    school: there, as on the application. bundle: once the head agreed, with its dates and `case_id`; never made again.
    answer: of the receiving installation, which moved custody.
    """

    __tablename__ = "exchange_departure"

    request_id: Mapped[int] = mapped_column(ForeignKey("custody_request.id"), primary_key=True, autoincrement=False)
    peer_id: Mapped[int] = mapped_column(ForeignKey("exchange_peer.id"))
    school: Mapped[str]
    case_id: Mapped[str | None] = mapped_column(unique=True)
    bundle: Mapped[bytes | None] = mapped_column(EncryptedBytes("exchange_departure.bundle"), deferred=True)
    made_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    answer: Mapped[bytes | None] = mapped_column(EncryptedBytes("exchange_departure.answer"), deferred=True)


class ExchangeArrival(Base):
    """A bundle that a school brought in, and the proof beside the years that came with it.

    unit_id: the receiving school. import_id: the import under which the years stand here, once another person of the
    school or department confirmed. closing: why it was refused.
    """

    __tablename__ = "exchange_arrival"
    __table_args__ = (
        CheckConstraint(
            "state <> 'confirmed' OR (decided_by IS NOT NULL AND decided_by <> brought_by AND import_id IS NOT NULL)",
            name="two_people",
        ),
        Index("uq_exchange_arrival_case_id", "case_id", unique=True, sqlite_where=_STANDS, postgresql_where=_STANDS),
        Index("ix_exchange_arrival_unit_id", "unit_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str]
    peer_id: Mapped[int] = mapped_column(ForeignKey("exchange_peer.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    case_id: Mapped[str]
    full_name: Mapped[str]
    bundle: Mapped[bytes] = mapped_column(EncryptedBytes("exchange_arrival.bundle"), deferred=True)
    brought_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    brought_at: Mapped[datetime]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    decided_at: Mapped[datetime | None]
    closing: Mapped[str | None]
    import_id: Mapped[int | None] = mapped_column(ForeignKey("earlier_import.id"), unique=True)
    transcript_id: Mapped[int | None] = mapped_column(ForeignKey("transcript.id"))
