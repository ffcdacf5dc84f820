"""Who looked: a chained row for each look at personal data and each refusal; counts of anonymous cards."""

from datetime import date, datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base


class AccessEvent(Base):
    """One look or refusal. previous, digest: SHA-256 chain over the rows in order of id."""

    __tablename__ = "access_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    account_id: Mapped[int | None]
    action: Mapped[str]
    transcript_id: Mapped[int | None] = mapped_column(ForeignKey("transcript.id"), index=True)
    outcome: Mapped[str]
    network: Mapped[str]
    previous: Mapped[str]
    digest: Mapped[str]


class CardCount(Base):
    """Anonymous lookups of a day, by outcome (design §9.10)."""

    __tablename__ = "card_count"

    day: Mapped[date] = mapped_column(primary_key=True)
    outcome: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]


class ComparedFile(Base):
    """A distinct file that a stranger compared with a record on a day: the budget against guessing (design §9.9)."""

    __tablename__ = "compared_file"

    transcript_id: Mapped[int] = mapped_column(ForeignKey("transcript.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    file_sha256: Mapped[str] = mapped_column(primary_key=True)
