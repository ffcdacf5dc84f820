"""Years that were locked in the system before this one: their keys, the imports, and where each record came from."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.encryption.columns import EncryptedBytes
from portal.models.base import Base


class EarlierKey(Base):
    """A certificate (DER) that signed for a unit in a role in a period that is over. Never authorises anything new.

    valid_from, valid_to: first moment, and first moment after the period. log_index: its `earlier_key` leaf.
    """

    __tablename__ = "earlier_key"
    __table_args__ = (UniqueConstraint("certificate_sha256", "unit_id", "role"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    certificate_sha256: Mapped[str]
    certificate: Mapped[bytes]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    role: Mapped[str]
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime]
    added_at: Mapped[datetime]
    log_index: Mapped[int] = mapped_column(unique=True)


class ImportState(StrEnum):
    """WAITING is open; the others are for good. Stored, so for ever."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"  # by another official
    WITHDRAWN = "withdrawn"  # by who proposed it
    EXPIRED = "expired"


_ONCE = text("state IN ('waiting', 'confirmed')")


class EarlierImport(Base):
    """A bundle of earlier years that one official proposed, and what became of it.

    source, owner: names of the system and of who ran it, as the bundle states them. decision: number of the paper
    decision of the import. data: the bundle, gone once decided. report: what became of each record, once confirmed.
    evidence: SHA-256 of the revocation lists (blobs) with which the signatures were judged. Rules of two as for keys.
    """

    __tablename__ = "earlier_import"
    __table_args__ = (
        CheckConstraint(
            "state <> 'confirmed' OR (decided_by IS NOT NULL AND decided_by <> proposed_by)", name="two_officials"
        ),
        Index("uq_earlier_import_once", "bundle_sha256", unique=True, sqlite_where=_ONCE, postgresql_where=_ONCE),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(index=True)
    source: Mapped[str]
    owner: Mapped[str]
    decision: Mapped[str]
    bundle_sha256: Mapped[str]
    records: Mapped[int]
    proposed_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    proposed_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    decided_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    data: Mapped[bytes | None] = mapped_column(EncryptedBytes("earlier_import.data"), deferred=True)
    report: Mapped[dict[str, Any] | None] = mapped_column(deferred=True)
    evidence: Mapped[dict[str, Any] | None]


class EarlierYear(Base):
    """Beside a version that came from the system before this one; its `effective_at` is the original one.

    source: as in the leaf. imported_at: when it was taken in here. signed_code: the lookup code in the signed bytes,
    which may differ from that of the transcript; None where they hold none.
    """

    __tablename__ = "earlier_year"

    version_id: Mapped[int] = mapped_column(ForeignKey("record_version.id"), primary_key=True, autoincrement=False)
    import_id: Mapped[int] = mapped_column(ForeignKey("earlier_import.id"), index=True)
    source: Mapped[str]
    imported_at: Mapped[datetime]
    signed_code: Mapped[str | None]


class EarlierCode(Base):
    """A lookup code under which the system before this one printed, and the transcript to which it leads now."""

    __tablename__ = "earlier_code"

    code: Mapped[str] = mapped_column(primary_key=True)
    transcript_id: Mapped[int] = mapped_column(ForeignKey("transcript.id"), index=True)
