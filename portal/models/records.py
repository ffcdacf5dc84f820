"""Transcripts, their years, versions, signed bytes and signatures.

The signed bytes (`Blob`) are the truth; columns beside them are an index made from them once, for finding and
sorting, and are never used to rebuild a record (design §3.1).
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, validates

from portal.encryption.columns import BlindIndex, EncryptedDate, EncryptedJson, EncryptedPiece, EncryptedText
from portal.models.base import Base


class State(StrEnum):
    """Life of a version (domain §4)."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"
    LOCKED = "locked"


class Blob(Base):
    """Bytes by their SHA-256 (lower-case hex); written once."""

    __tablename__ = "blob"

    sha256: Mapped[str] = mapped_column(primary_key=True)
    data: Mapped[bytes] = mapped_column(EncryptedPiece("blob.data"))


class Transcript(Base):
    """The cumulative record of one pupil: owns the lookup code for all years and schools.

    restricted_at: since when only school, department and family open it, as the family asked (decision 0044).
    …_index: by what a number is found; they take the number and hold its blind index (decision 0050).
    """

    __tablename__ = "transcript"
    # The constraints were there before the numbers were encrypted, under their names.
    __table_args__ = (
        UniqueConstraint("personal_id_index", name="uq_transcript_personal_id"),
        UniqueConstraint("moet_student_code_index", name="uq_transcript_moet_student_code"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    lookup_code: Mapped[str] = mapped_column(unique=True)
    personal_id: Mapped[str | None] = mapped_column(EncryptedText("transcript.personal_id"))
    personal_id_index: Mapped[str | None] = mapped_column(BlindIndex("transcript.personal_id"))
    moet_student_code: Mapped[str | None] = mapped_column(EncryptedText("transcript.moet_student_code"))
    moet_student_code_index: Mapped[str | None] = mapped_column(BlindIndex("transcript.moet_student_code"))
    full_name: Mapped[str]
    birth_date: Mapped[date] = mapped_column(EncryptedDate("transcript.birth_date"))
    managing_unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    created_at: Mapped[datetime]
    restricted_at: Mapped[datetime | None] = mapped_column(default=None)

    @validates("personal_id", "moet_student_code")
    def _index(self, name: str, value: str | None) -> str | None:
        setattr(self, f"{name}_index", value)
        return value


class YearRecordRow(Base):
    """One school year of a transcript. The key is (pupil, school year), not (pupil, grade) (domain §8.9)."""

    __tablename__ = "year_record"
    __table_args__ = (
        UniqueConstraint("transcript_id", "school_year"),
        Index("ix_year_record_school_year", "school_year"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    transcript_id: Mapped[int] = mapped_column(ForeignKey("transcript.id"))
    school_year: Mapped[str]


class Packet(Base):
    """A class workbook as it was taken in. report: findings per row, as the command line prints them."""

    __tablename__ = "packet"
    __table_args__ = (UniqueConstraint("unit_id", "school_year", "file_sha256"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    school_year: Mapped[str]
    class_name: Mapped[str]
    grade: Mapped[int]
    file_sha256: Mapped[str]
    report: Mapped[dict[str, Any]] = mapped_column(EncryptedJson("packet.report"))
    created_at: Mapped[datetime]


class RecordVersion(Base):
    """One version of one year, with what is needed to find it and to show its public card.

    root_sha256: the signed bytes. full_name, class_name, grade: index of the signed bytes; search_name without
    diacritics, sort_name in the order of `portal.vietnamese`. issuing_unit_name: as signed. effective_at, log_index:
    set once, by the lock. accepted_at: when it became ready to be locked. awaits_assessment: the signed bytes say "not
    completed" of a pupil whose additional assessment is still to come (domain §4).
    """

    __tablename__ = "record_version"
    __table_args__ = (
        UniqueConstraint("year_record_id", "version"),
        Index("ix_record_version_packet_id_state", "packet_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    year_record_id: Mapped[int] = mapped_column(ForeignKey("year_record.id"))
    version: Mapped[int]
    state: Mapped[str]
    packet_id: Mapped[int] = mapped_column(ForeignKey("packet.id"))
    issuing_unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    issuing_unit_name: Mapped[str]
    grade: Mapped[int]
    class_name: Mapped[str]
    full_name: Mapped[str]
    search_name: Mapped[str]
    sort_name: Mapped[str]
    root_sha256: Mapped[str] = mapped_column(ForeignKey("blob.sha256"))
    created_at: Mapped[datetime]
    effective_at: Mapped[datetime | None]
    log_index: Mapped[int | None] = mapped_column(unique=True)
    accepted_at: Mapped[datetime | None] = mapped_column(default=None)
    awaits_assessment: Mapped[bool] = mapped_column(default=False, server_default=false())


class RecordSignature(Base):
    """A signature over the signed bytes, with the report of its one full validation at intake (design §3.4)."""

    __tablename__ = "record_signature"
    __table_args__ = (UniqueConstraint("version_id", "role"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("record_version.id"))
    role: Mapped[str]
    cms_sha256: Mapped[str] = mapped_column(ForeignKey("blob.sha256"))
    certificate_sha256: Mapped[str]
    signer_name: Mapped[str]
    signed_at: Mapped[datetime]
    received_at: Mapped[datetime]
    report: Mapped[list[Any]]


class StateChange(Base):
    """History: one row for each change of state, written by the function that makes the change."""

    __tablename__ = "state_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("record_version.id"), index=True)
    from_state: Mapped[str | None]
    to_state: Mapped[str]
    actor: Mapped[str]
    reason: Mapped[str]
    at: Mapped[datetime]


class Print(Base):
    """A print made by the portal: what it covers and what stood in its frame (host, names), for later checks.

    summary: digits of the signed summary in its QR; None for a print with the plain one. opens_until: until when its
    code with the birth date opens what it shows (decision 0037); closed_at: when the family ended that before.
    extract: number of the extract as which it was issued, in its foot. sections: the parts that an extract holds
    (`verify.form.sections`), with spaces between; None for the whole form. Written once.
    """

    __tablename__ = "print"
    __table_args__ = (UniqueConstraint("cache_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    cache_key: Mapped[str]
    transcript_id: Mapped[int] = mapped_column(ForeignKey("transcript.id"), index=True)
    years: Mapped[list[Any]]
    template: Mapped[int]
    host_url: Mapped[str]
    system_name: Mapped[str]
    owner_name: Mapped[str]
    sample: Mapped[bool]
    pdf_sha256: Mapped[str] = mapped_column(index=True)
    issued_at: Mapped[datetime]
    summary: Mapped[str | None] = mapped_column(default=None)
    opens_until: Mapped[datetime | None] = mapped_column(default=None)
    closed_at: Mapped[datetime | None] = mapped_column(default=None)
    extract: Mapped[str | None] = mapped_column(default=None)
    sections: Mapped[str | None] = mapped_column(default=None)
