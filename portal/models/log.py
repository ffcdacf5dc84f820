"""The transparency log as rows: head, entries, tiles, checkpoints, and the openings of its commitments."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base


class LogHead(Base):
    """The one row (id 1) whose lock orders all appenders. size: leaves; root: hex of the tree's root."""

    __tablename__ = "log_head"

    id: Mapped[int] = mapped_column(primary_key=True)
    size: Mapped[int]
    root: Mapped[str]


class LogEntry(Base):
    """A leaf: canonical JSON bytes without personal data."""

    __tablename__ = "log_entry"

    index: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    leaf: Mapped[bytes]


class LogOpening(Base):
    """What opens the salted commitment of a leaf: kept beside the record, never in the log."""

    __tablename__ = "log_opening"

    index: Mapped[int] = mapped_column(ForeignKey("log_entry.index"), primary_key=True, autoincrement=False)
    version_id: Mapped[int] = mapped_column(ForeignKey("record_version.id"), unique=True)
    opening: Mapped[bytes]


class LogTile(Base):
    """A tile of the tree (C2SP tlog-tiles): width hashes of 32 bytes."""

    __tablename__ = "log_tile"

    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    index: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    width: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    hashes: Mapped[bytes]


class LogCheckpoint(Base):
    """A signed checkpoint (C2SP tlog-checkpoint) over the first `size` leaves."""

    __tablename__ = "log_checkpoint"

    size: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    root: Mapped[str]
    note: Mapped[bytes]
    created_at: Mapped[datetime]
