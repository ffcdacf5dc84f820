"""Named people, what they do where and since when, and their sessions."""

from datetime import date, datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base


class Account(Base):
    """A named person (plan IV.3: no shared accounts). username: lower case. password_hash: argon2id."""

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(unique=True)
    display_name: Mapped[str]
    password_hash: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]


class AppointmentRow(Base):
    """A role in a unit, dated."""

    __tablename__ = "appointment"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    role: Mapped[str]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class WebSession(Base):
    """A session at the server. token_sha256: the browser holds the token, the database only its hash.

    proved_at: when the person last proved who it is, at sign-in or again before a dangerous act.
    """

    __tablename__ = "web_session"

    token_sha256: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    proved_at: Mapped[datetime]
    expires_at: Mapped[datetime]
