"""Timestamps of outside authorities on checkpoints, what is known of the authorities, and minutes of a round's lock."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base


class LogTimestamp(Base):
    """A stamp, never changed (triggers). size: of the checkpoint under it; else renewed: the list that it renews.

    authority: its name in `trust/timestamps.toml`. reply: as it came (RFC 3161 TimeStampResp, DER). stamped_at: as it
    states; ends_at: when the certificate ends; received_at: by our clock.
    """

    __tablename__ = "log_timestamp"
    __table_args__ = (
        CheckConstraint("(size IS NULL) <> (renewed IS NULL)", name="one_subject"),
        Index("ix_log_timestamp_size", "size"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    size: Mapped[int | None] = mapped_column(ForeignKey("log_checkpoint.size"))
    renewed: Mapped[bytes | None]
    authority: Mapped[str]
    reply: Mapped[bytes]
    stamped_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    received_at: Mapped[datetime]


class LogTimestampAuthority(Base):
    """What is known of an authority. seen_at: when it last stamped; next_at: not to be asked before.

    trouble: why it did not when it was asked last (`verify.timestamps.StampFault`), since when.
    """

    __tablename__ = "log_timestamp_authority"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    asked_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]
    next_at: Mapped[datetime]
    failures: Mapped[int]
    trouble: Mapped[str | None]
    trouble_since: Mapped[datetime | None]


class LockMinutes(Base):
    """Sealed minutes of a round's lock, never changed (triggers). size: leaves of the checkpoint that they name.

    pdf_sha256: of the file among the blobs. count: records locked. stamped: whether it is PAdES-B-LTA.
    """

    __tablename__ = "lock_minutes"
    __table_args__ = (Index("ix_lock_minutes_school_year", "school_year"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    school_year: Mapped[str]
    round: Mapped[int]
    size: Mapped[int] = mapped_column(ForeignKey("log_checkpoint.size"))
    count: Mapped[int]
    stamped: Mapped[bool]
    pdf_sha256: Mapped[str] = mapped_column(ForeignKey("blob.sha256"))
    made_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    made_at: Mapped[datetime]
