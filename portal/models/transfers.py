"""The transfer desk: what a clerk hands over to be checked in one go, a row each. Results are kept for a day."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.encryption.columns import EncryptedBytes, EncryptedDate
from portal.models.base import Base


class BatchState(StrEnum):
    """Life of a batch. RECEIVING: files are still being kept; CHECKING: a job works on it."""

    RECEIVING = "receiving"
    CHECKING = "checking"
    DONE = "done"
    DISCARDED = "discarded"
    EXPIRED = "expired"


class ItemKind(StrEnum):
    """What was handed over."""

    PDF = "pdf"
    PHOTO = "photo"
    CODE = "code"
    OTHER = "other"


class ItemOutcome(StrEnum):
    """What became of a row. The first six are verdicts on a file (`verify.verdict.Verdict`)."""

    AUTHENTIC = "authentic"
    CONTENT_MATCHES = "content_matches"
    NOT_IN_FORCE = "not_in_force"
    MISMATCH = "mismatch"
    INSUFFICIENT = "insufficient"
    NOT_FOUND = "not_found"
    CODE_STANDS = "code_stands"  # in force, and the birth date is the record's
    CODE_ONLY = "code_only"  # in force; no birth date was given, no content compared
    PHOTO_ONLY = "photo_only"  # the code on a photo is in force; the photo shows nothing that differs
    BIRTH_DATE_DIFFERS = "birth_date_differs"
    BIRTH_DATE_UNASKED = "birth_date_unasked"  # the day's budget for this record is used up
    BAD_CODE = "bad_code"
    NO_CODE = "no_code"
    DUPLICATE = "duplicate"
    WRONG_GRADE = "wrong_grade"
    OTHER_SYSTEM = "other_system"
    UNSUPPORTED = "unsupported"
    NOT_CHECKED = "not_checked"  # our fault


class TransferBatch(Base):
    """One hand-over. grade: that the pupils should have finished, None: any. root: Merkle root over the rows' results.

    good, exceptions: counts that stay when the rows are gone. job_id: the job that works on it.
    """

    __tablename__ = "transfer_batch"
    __table_args__ = (Index("ix_transfer_batch_account_id_state", "account_id", "state"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    state: Mapped[str]
    grade: Mapped[int | None]
    network: Mapped[str]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]
    job_id: Mapped[int | None] = mapped_column(ForeignKey("job.id"))
    good: Mapped[int]
    exceptions: Mapped[int]
    root: Mapped[str | None]


class TransferItem(Base):
    """One row. label: name of the file or place in a list, as the clerk gave it. code, birth_date: as typed, of a list.

    outcome: None until answered. detail: closed words that the sentence needs. verdict_number: of the stored verdict.
    masked_name … grade: the public card of what it was compared with. handled_at: when the clerk ticked it off.
    """

    __tablename__ = "transfer_item"
    __table_args__ = (UniqueConstraint("batch_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("transfer_batch.id"))
    position: Mapped[int]
    kind: Mapped[str]
    label: Mapped[str]
    file_sha256: Mapped[str | None]
    code: Mapped[str | None]
    birth_date: Mapped[date | None] = mapped_column(EncryptedDate("transfer_item.birth_date"))
    outcome: Mapped[str | None]
    detail: Mapped[dict[str, Any] | None]
    verdict_number: Mapped[str | None]
    transcript_id: Mapped[int | None] = mapped_column(ForeignKey("transcript.id"))
    masked_name: Mapped[str | None]
    school_name: Mapped[str | None]
    school_year: Mapped[str | None]
    version: Mapped[int | None]
    grade: Mapped[int | None]
    handled_at: Mapped[datetime | None]


class TransferFile(Base):
    """The bytes of a row until it is answered; gone in the transaction that stores the answer."""

    __tablename__ = "transfer_file"

    item_id: Mapped[int] = mapped_column(ForeignKey("transfer_item.id"), primary_key=True)
    data: Mapped[bytes] = mapped_column(EncryptedBytes("transfer_file.data"))
