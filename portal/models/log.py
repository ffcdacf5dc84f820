"""The transparency log as rows: head, entries, tiles, checkpoints, and the openings of its commitments."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, UniqueConstraint
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


class WitnessTrouble(StrEnum):
    """Why a witness did not sign when it was asked last. Presenters say it in words."""

    DOWN = "down"
    UNKNOWN_LOG = "unknown_log"
    LOG_KEY_REFUSED = "log_key_refused"
    BAD_ANSWER = "bad_answer"
    WRONG_KEY = "wrong_key"
    BAD_CLOCK = "bad_clock"
    ROLLBACK = "rollback"
    FORK = "fork"


class LogPolicy(Base):
    """A policy about witnesses since it was first seen; the newest row holds. log_index: of the leaf that says so."""

    __tablename__ = "log_policy"

    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str]
    text: Mapped[str]
    seen_at: Mapped[datetime]
    log_index: Mapped[int | None]


class LogWitness(Base):
    """What is known of a witness, by its key. known_size: leaves of the newest checkpoint that it signed, as it says.

    seen_at: when it last signed; next_at: not to be asked before. trouble: `WitnessTrouble`, with the size that the
    witness named.
    """

    __tablename__ = "log_witness"

    id: Mapped[int] = mapped_column(primary_key=True)
    vkey: Mapped[str] = mapped_column(unique=True)
    known_size: Mapped[int]
    asked_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]
    next_at: Mapped[datetime]
    failures: Mapped[int]
    trouble: Mapped[str | None]
    trouble_size: Mapped[int | None]
    trouble_since: Mapped[datetime | None]


class LogCosignature(Base):
    """The line of a witness under a checkpoint. stated_at: the time within it."""

    __tablename__ = "log_cosignature"
    __table_args__ = (UniqueConstraint("size", "witness_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    size: Mapped[int] = mapped_column(ForeignKey("log_checkpoint.size"))
    witness_id: Mapped[int] = mapped_column(ForeignKey("log_witness.id"))
    line: Mapped[bytes]
    stated_at: Mapped[datetime]
    received_at: Mapped[datetime]


class LogWitnessed(Base):
    """A checkpoint that reached the quorum of a policy. note: with the lines that made it so, for ever the same."""

    __tablename__ = "log_witnessed"

    policy_id: Mapped[int] = mapped_column(ForeignKey("log_policy.id"), primary_key=True, autoincrement=False)
    size: Mapped[int] = mapped_column(ForeignKey("log_checkpoint.size"), primary_key=True, autoincrement=False)
    note: Mapped[bytes]
    reached_at: Mapped[datetime]


class LogContradiction(Base):
    """A witness would not sign, because it has seen another history. note: what it was asked to sign. No personal data.

    kind: ROLLBACK or FORK. size: of our checkpoint; witness_size: what the witness had signed.
    """

    __tablename__ = "log_contradiction"
    __table_args__ = (UniqueConstraint("witness_id", "kind", "size", "root"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    witness_id: Mapped[int] = mapped_column(ForeignKey("log_witness.id"))
    kind: Mapped[str]
    size: Mapped[int]
    root: Mapped[str]
    witness_size: Mapped[int]
    note: Mapped[bytes]
    at: Mapped[datetime]
