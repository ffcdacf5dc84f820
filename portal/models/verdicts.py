"""Verdicts that were given: what a second person can look up by number. No file, no record, nobody's name."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base


class StoredVerdict(Base):
    """One answer about one file, at one moment; written once.

    number: unguessable (`portal.services.verdicts`). file_sha256: of the file that was checked. verdict: value of
    `verify.verdict.Verdict`. deciding: its question. checks: every fact, without names of people. compared: school
    years with versions of the print that the file was compared with.
    """

    __tablename__ = "verdict"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    checked_at: Mapped[datetime]
    file_sha256: Mapped[str]
    verdict: Mapped[str]
    deciding: Mapped[str]
    checks: Mapped[list[Any]]
    compared: Mapped[list[Any]]
