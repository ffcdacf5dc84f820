"""What people are told, and the mail that says that there is something: nothing in it is about a pupil."""

from datetime import date, datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.encryption.columns import EncryptedText
from portal.models.base import Base

_UNREAD: Final = text("read_at IS NULL")
_QUEUED: Final = text("state = 'queued'")


class NoticeKind(StrEnum):
    """What a notice is about. Grammar: `<object>.<what happened>`; stored, so for ever."""

    PACKET_TO_SIGN = "packet.to_sign"
    PACKET_FAULTY = "packet.faulty"
    UPLOAD_REFUSED = "upload.refused"
    RECORDS_LOCKED = "records.locked"
    ROUND_CLOSES = "round.closes"
    ROUND_REMINDER = "round.reminder"
    CUSTODY_WAITS = "custody.waits"
    CUSTODY_LATE = "custody.late"
    CUSTODY_ENDED = "custody.ended"
    CORRECTION_WAITS = "correction.waits"
    CORRECTION_TOLD = "correction.told"
    LOCK_WAITS = "lock.waits"
    KEY_WAITS = "key.waits"
    KEY_ENDS = "key.ends"
    GRANT_ASKED = "grant.asked"
    GRANT_DECIDED = "grant.decided"
    AMENDMENT_ANSWERED = "amendment.answered"
    SHARE_OPENED = "share.opened"
    SHARE_TAKEN = "share.taken"
    CHILD_SEEN = "child.seen"


class Notice(Base):
    """Something that one person is told, once. subject: number of the row that it is about; of `share.opened`,
    `share.taken` and `child.seen` the pupil's transcript.

    key: tells one happening from another of the same kind. detail: what the sentence needs beside the number, never
    about a pupil. mailed_at: when a mail was written that says that there is something.
    """

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("account_id", "key"),
        Index("ix_notice_account_id", "account_id", "id"),
        Index("ix_notice_unread", "account_id", sqlite_where=_UNREAD, postgresql_where=_UNREAD),
        Index("ix_notice_kind", "kind", "subject", sqlite_where=_UNREAD, postgresql_where=_UNREAD),
        Index("ix_notice_at", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    kind: Mapped[str]
    subject: Mapped[int]
    key: Mapped[str]
    detail: Mapped[str]
    at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    mailed_at: Mapped[datetime | None]


class ReminderText(StrEnum):
    """Which of the department's texts a reminder has. Stored, so for ever."""

    DEADLINE = "deadline"
    SIGNATURES = "signatures"
    LATE = "late"
    SILENT = "silent"


class Reminder(Base):
    """The department reminded a school of a round; once a day at most. text: `ReminderText`."""

    __tablename__ = "reminder"
    __table_args__ = (UniqueConstraint("unit_id", "school_year", "number", "day"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    school_year: Mapped[str]
    number: Mapped[int]
    day: Mapped[date]
    text: Mapped[str]
    sent_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    sent_at: Mapped[datetime]


class MailPace(StrEnum):
    """How often mail may come. Stored, so for ever."""

    SOON = "soon"
    DAILY = "daily"


class MailAddress(Base):
    """Where a person is written to; shown to nobody else. asked_at: when a link was asked for; confirmed_at: opened.

    optional: whether what needs no act is told by mail too. refused_at: the other side said that there is nobody.
    """

    __tablename__ = "mail_address"
    __table_args__ = (CheckConstraint("pace IN ('soon', 'daily')", name="pace"),)

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    address: Mapped[str] = mapped_column(EncryptedText("mail_address.address"))
    asked_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    pace: Mapped[str]
    optional: Mapped[bool]
    refused_at: Mapped[datetime | None]


class MailKind(StrEnum):
    """What a mail says. Stored, so for ever."""

    CONFIRM = "confirm"
    NEWS = "news"
    DIGEST = "digest"


class MailState(StrEnum):
    """QUEUED is on its way; the others are for good."""

    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Mail(Base):
    """A mail on its way. address: None once it has ended. count: of notices; optional: none of them needs an act.

    message_id: the same in every attempt, so that a mail that was delivered twice is seen to be one. lease_until:
    somebody is sending it until then.
    """

    __tablename__ = "mail"
    __table_args__ = (
        UniqueConstraint("message_id"),
        CheckConstraint("(state = 'queued') = (ended_at IS NULL)", name="ended"),
        CheckConstraint("(state = 'queued') = (address IS NOT NULL)", name="address"),
        Index("ix_mail_queued", "next_at", sqlite_where=_QUEUED, postgresql_where=_QUEUED),
        Index("ix_mail_account_id", "account_id", "kind", "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    kind: Mapped[str]
    state: Mapped[str]
    address: Mapped[str | None] = mapped_column(EncryptedText("mail.address"))
    count: Mapped[int]
    optional: Mapped[bool]
    message_id: Mapped[str]
    attempts: Mapped[int]
    created_at: Mapped[datetime]
    next_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
