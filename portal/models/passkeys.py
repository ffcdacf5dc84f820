"""Passkeys: keys in a person's device or security key that sign for this address only (WebAuthn)."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base


class Passkey(Base):
    """A registered passkey; ended, never deleted. public_key: COSE. sign_count: the newest that the device told.

    name: in the person's own words, to tell devices apart.
    """

    __tablename__ = "passkey"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    credential_id: Mapped[bytes] = mapped_column(unique=True)
    public_key: Mapped[bytes]
    sign_count: Mapped[int]
    name: Mapped[str]
    made_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class PasskeyChallenge(Base):
    """What a device is asked to sign, once. token_sha256: of the session, or of the sign-in that waits."""

    __tablename__ = "passkey_challenge"

    token_sha256: Mapped[str] = mapped_column(primary_key=True)
    challenge: Mapped[bytes]
    expires_at: Mapped[datetime]
