"""What is kept about backups: each one taken, and each restore with how the log was allowed to go on."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base


class Outcome(StrEnum):
    """How a restored log was allowed to grow again. Stored, so for ever."""

    LEVEL = "level"  # it holds everything that the asked outsiders saw
    REPLAYED = "replayed"  # what it lacked came back from a mirror
    FORCED = "forced"  # nobody was asked; by decision


class Restoration(Base):
    """A restore. While settled_at is None nothing is appended to the log, by no process on no node.

    taken_at: when the backup was. log_size, log_root: of the log as restored. seen_size: the largest size that an
    outsider showed. evidence: who was asked, each with size and root. decision: of Outcome.FORCED.
    """

    __tablename__ = "restoration"

    id: Mapped[int] = mapped_column(primary_key=True)
    restored_at: Mapped[datetime]
    taken_at: Mapped[datetime]
    log_size: Mapped[int]
    log_root: Mapped[str]
    settled_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    seen_size: Mapped[int | None]
    evidence: Mapped[list[Any] | None]
    decision: Mapped[str | None]


class BackupTaken(Base):
    """A backup that was written whole. size: bytes of the file; sha256: of the file as it lies there, encrypted."""

    __tablename__ = "backup_taken"

    id: Mapped[int] = mapped_column(primary_key=True)
    taken_at: Mapped[datetime]
    log_size: Mapped[int]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
