"""Who looked: a chained row for each look at personal data and each refusal; counts of anonymous cards."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base

_OF_AN_ACCOUNT = text("fields LIKE 'account:%'")


class AccessEvent(Base):
    """One look or refusal. previous, digest: SHA-256 chain over the rows in order of id.

    format: which of its columns the digest covers (`portal.services.access.digest_of`). basis: under which roles or
    grant. fields: which years or parts of the record. purpose: why, in the words of whoever looked.
    """

    __tablename__ = "access_event"
    __table_args__ = (
        Index("ix_access_event_of_account", "fields", sqlite_where=_OF_AN_ACCOUNT, postgresql_where=_OF_AN_ACCOUNT),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    account_id: Mapped[int | None] = mapped_column(index=True)
    action: Mapped[str]
    transcript_id: Mapped[int | None] = mapped_column(ForeignKey("transcript.id"), index=True)
    outcome: Mapped[str]
    network: Mapped[str]
    previous: Mapped[str]
    digest: Mapped[str]
    format: Mapped[int] = mapped_column(server_default="1")
    basis: Mapped[str | None]
    fields: Mapped[str | None]
    purpose: Mapped[str | None]


class LedgerMonth(Base):
    """A closed month: its rows, first_id to last_id, may be taken away; the chain goes on from digest.

    month: its first day, in the province. previous: digest before the first row. count: of its rows.
    """

    __tablename__ = "ledger_month"

    month: Mapped[date] = mapped_column(primary_key=True)
    first_id: Mapped[int]
    last_id: Mapped[int] = mapped_column(unique=True)
    count: Mapped[int]
    previous: Mapped[str]
    digest: Mapped[str]
    closed_at: Mapped[datetime]


class LedgerHead(Base):
    """How far the chain of looks went when it was logged: what opens the commitment of that leaf.

    day: in the province. last_id, digest: of the newest row then. salt: 32 random bytes. log_index: of the leaf.
    """

    __tablename__ = "ledger_head"

    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date]
    last_id: Mapped[int]
    digest: Mapped[str]
    salt: Mapped[bytes]
    made_at: Mapped[datetime]
    log_index: Mapped[int] = mapped_column(unique=True)


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
