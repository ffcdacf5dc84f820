"""What a family asks about a child's data (Luật 91/2025/QH15): a copy, a restriction, that something stops."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base


class SubjectKind(StrEnum):
    """What is asked for. A wrong value is an `Amendment`. Stored, so for ever."""

    COPY = "copy"  # everything that is held, for people and for machines
    RESTRICT = "restrict"  # nobody but school, department and family opens the record, until lifted
    OBJECT = "object"  # what goes beyond the statutory record ends: links, leave given by the family, opening prints


class SubjectState(StrEnum):
    """WAITING lives, and a restriction that was granted; the others are for good. Stored, so for ever."""

    WAITING = "waiting"
    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    LIFTED = "lifted"  # of a restriction


_LIVES = text("state = 'waiting' OR (kind = 'restrict' AND state = 'granted')")


class SubjectRequest(Base):
    """A request of a guardian, or one that the school wrote down from paper.

    received_on: from which day the clock runs. wish: in the family's words. answer: what was done, or why not.
    ended_*: who withdrew it or lifted the restriction, and why.
    """

    __tablename__ = "subject_request"
    __table_args__ = (
        CheckConstraint(
            "(state IN ('waiting', 'withdrawn')) = (answered_by IS NULL)"
            " AND (answered_by IS NULL) = (answered_at IS NULL) AND (answered_by IS NULL) = (answer IS NULL)",
            name="answered",
        ),
        CheckConstraint(
            "(state IN ('withdrawn', 'lifted')) = (ended_by IS NOT NULL)"
            " AND (ended_by IS NULL) = (ended_at IS NULL) AND (ended_by IS NULL) = (ending IS NULL)",
            name="ended",
        ),
        CheckConstraint("state <> 'lifted' OR kind = 'restrict'", name="lifted"),
        Index(
            "uq_subject_request_lives",
            "transcript_id",
            "kind",
            unique=True,
            sqlite_where=_LIVES,
            postgresql_where=_LIVES,
        ),
        Index("ix_subject_request_transcript_id", "transcript_id", "id"),
        Index("ix_subject_request_state", "state", "received_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    transcript_id: Mapped[int] = mapped_column(ForeignKey("transcript.id"))
    kind: Mapped[str]
    state: Mapped[str]
    on_paper: Mapped[bool]
    received_on: Mapped[date]
    wish: Mapped[str]
    asked_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    asked_at: Mapped[datetime]
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    answered_at: Mapped[datetime | None]
    answer: Mapped[str | None]
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    ended_at: Mapped[datetime | None]
    ending: Mapped[str | None]
