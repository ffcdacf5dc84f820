"""Long work: one row each, which is the truth about it. A queue only carries its number."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base


class JobKind(StrEnum):
    """What is to be done. Grammar: `<object>.<verb>`; stored, so for ever."""

    UPLOAD_READ = "upload.read"
    UPLOAD_TAKE = "upload.take"
    LOCK_RUN = "lock.run"
    REPORT_MAKE = "report.make"
    AUDIT_RUN = "audit.run"
    TRANSFER_CHECK = "transfer.check"


class JobState(StrEnum):
    """QUEUED and RUNNING are open; the others are for good."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class JobMessage(StrEnum):
    """What a job is doing, or why it ended. Presenters say it in words."""

    WAITING = "waiting"
    READING = "reading"
    JUDGING = "judging"
    PREPARING = "preparing"
    STORING = "storing"
    LOCKING = "locking"
    GATHERING = "gathering"
    AUDITING = "auditing"
    FINISHED = "finished"
    REFUSED = "refused"
    CHANGED = "changed"
    OUR_FAULT = "our_fault"
    GAVE_UP = "gave_up"
    CANCELLED = "cancelled"


class Job(Base):
    """A piece of long work. subject_id: of the row that it works on. done, total: counted things, 0 of 0 at first.

    attempts: how often somebody began. runner: which process holds it; lease_until: and is believed to live until then.
    No personal data.
    """

    __tablename__ = "job"
    __table_args__ = (Index("ix_job_state", "state"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    state: Mapped[str]
    message: Mapped[str]
    subject_id: Mapped[int]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    account_id: Mapped[int]
    done: Mapped[int]
    total: Mapped[int]
    attempts: Mapped[int]
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    runner: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    @property
    def is_open(self) -> bool:
        return self.state in (JobState.QUEUED, JobState.RUNNING)
