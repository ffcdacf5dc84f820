"""Codes that nobody holds, what was seen of guessing and forging, and the alarms that came of it. No personal data."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base


class AlarmKind(StrEnum):
    """What an alarm is about. Stored, so for ever."""

    GUESSING = "guessing"
    DECOY = "decoy"
    NETWORKS = "networks"
    FORGED_CELL = "forged_cell"
    LIMITS_LOST = "limits_lost"
    MAIL_LOST = "mail_lost"


class Decoy(Base):
    """A code that stands on no paper: whoever asks for it has it from somewhere. note: where it was laid out."""

    __tablename__ = "decoy"

    code: Mapped[str] = mapped_column(primary_key=True)
    note: Mapped[str]
    made_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    made_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Sighting(Base):
    """One thing seen once a day. subject, seen: keyed hashes, of which nothing can be read without the key.

    kind networks: subject a code, seen a network. kind forged_cell: subject record, cell and value read, seen a file.
    """

    __tablename__ = "sighting"

    kind: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)
    seen: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)

    __table_args__ = (Index("ix_sighting_day", "day"),)


class Alarm(Base):
    """Something that a person should look at; one for each kind and subject. count: of what was seen by then.

    network: where the newest came from, shortened. seen_by: the administrator who has looked into it, and what came
    of that in words.
    """

    __tablename__ = "alarm"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    subject: Mapped[str]
    at: Mapped[datetime] = mapped_column(index=True)
    transcript_id: Mapped[int | None] = mapped_column(ForeignKey("transcript.id"))
    count: Mapped[int]
    network: Mapped[str]
    seen_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    seen_at: Mapped[datetime | None]
    outcome: Mapped[str | None]

    __table_args__ = (Index("uq_alarm_kind_subject", "kind", "subject", unique=True),)
