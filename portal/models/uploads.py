"""Files of schools between choosing and confirming. Nothing of them is a record yet."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.encryption.columns import EncryptedBytes, EncryptedJson
from portal.models.base import Base


class UploadState(StrEnum):
    """Life of an uploaded class workbook."""

    READING = "reading"
    MAPPING = "mapping"  # waits for a person to say what its columns mean
    REFUSED = "refused"  # as a whole
    READ = "read"  # waits for a person to confirm
    TAKING = "taking"
    TAKEN = "taken"
    DISCARDED = "discarded"
    EXPIRED = "expired"


class Upload(Base):
    """A class workbook. data, judged: the file and what was read from it; gone once taken, discarded or expired.

    grade: as chosen by the person, None: the file says. judged: each row with its content, findings and cells.
    layout: its headings with samples, to be asked about; gone with the file. mappings: numbers of the school's mappings
    by which it was read.
    refusal: why the file as a whole was refused. choice: which rows a person confirmed, and seen: the digest of what
    the person was shown. packet_id: the receipt.
    """

    __tablename__ = "upload"
    __table_args__ = (Index("ix_upload_unit_id_state", "unit_id", "state"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    account_id: Mapped[int]
    state: Mapped[str]
    school_year: Mapped[str]
    grade: Mapped[int | None]
    file_name: Mapped[str]
    file_sha256: Mapped[str]
    job_id: Mapped[int | None] = mapped_column(ForeignKey("job.id"))
    choice: Mapped[str | None]
    seen: Mapped[str | None]
    packet_id: Mapped[int | None] = mapped_column(ForeignKey("packet.id"))
    refusal: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime]
    data: Mapped[bytes | None] = mapped_column(EncryptedBytes("upload.data"), deferred=True)
    judged: Mapped[dict[str, Any] | None] = mapped_column(EncryptedJson("upload.judged"), deferred=True)
    layout: Mapped[dict[str, Any] | None] = mapped_column(EncryptedJson("upload.layout"), deferred=True)
    mappings: Mapped[list[Any] | None]
