"""Reports of a round to the ministry, and runs of the audit: what was asked for, and what came of it."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base


class Report(Base):
    """A report that was asked for. number: of the round, None for records locked late.

    records, size (bytes), sha256: of the finished file, None before. gone_at: when the file was deleted; it can be made
    again. No personal data.
    """

    __tablename__ = "report"
    __table_args__ = (Index("ix_report_school_year", "school_year"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    school_year: Mapped[str]
    number: Mapped[int | None]
    asked_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    asked_at: Mapped[datetime]
    job_id: Mapped[int | None] = mapped_column(ForeignKey("job.id"))
    finished_at: Mapped[datetime | None]
    records: Mapped[int | None]
    size: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[str | None]
    gone_at: Mapped[datetime | None]


class AuditRun(Base):
    """A run of the audit over the whole store.

    entries, root, records: as of `services.audit.AuditReport`, None before its end. problems: how many; counts: of each
    defect; first: the first of them, as JSON of `AuditProblem`.
    """

    __tablename__ = "audit_run"

    id: Mapped[int] = mapped_column(primary_key=True)
    asked_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    asked_at: Mapped[datetime]
    job_id: Mapped[int | None] = mapped_column(ForeignKey("job.id"))
    finished_at: Mapped[datetime | None]
    entries: Mapped[int | None]
    root: Mapped[str | None]
    records: Mapped[int | None]
    problems: Mapped[int | None]
    counts: Mapped[dict[str, Any] | None]
    first: Mapped[list[Any] | None]
