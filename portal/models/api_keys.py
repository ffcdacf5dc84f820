"""Keys of school software, and answers kept so that a repeated request is not done twice."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.encryption.columns import EncryptedText
from portal.models.base import Base


class ApiKey(Base):
    """A key of one school's software. key_id: its public part. secret_sha256: the software holds the secret, the
    database only its hash. account_id: a technical account that nobody can sign in with, under which history and the
    record of looks name the software. scopes: values of `portal.permissions.ApiScope`.
    """

    __tablename__ = "api_key"

    id: Mapped[int] = mapped_column(primary_key=True)
    key_id: Mapped[str] = mapped_column(unique=True)
    secret_sha256: Mapped[str]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    label: Mapped[str]
    scopes: Mapped[list[Any]]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]


class KeptAnswer(Base):
    """The answer to a request that its sender may repeat. token: the sender's Idempotency-Key. request_sha256: of what
    was asked. status, body: None only inside the transaction that makes the answer.
    """

    __tablename__ = "kept_answer"
    __table_args__ = (UniqueConstraint("unit_id", "token"), Index("ix_kept_answer_created_at", "created_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    token: Mapped[str]
    request_sha256: Mapped[str]
    status: Mapped[int | None]
    body: Mapped[str | None] = mapped_column(EncryptedText("kept_answer.body"))
    created_at: Mapped[datetime]
