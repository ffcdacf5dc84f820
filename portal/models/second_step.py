"""The second step at sign-in: what a person holds beside the password, and a sign-in that waits for it."""

from datetime import date, datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base


class TotpKey(Base):
    """The secret of a person's authenticator (RFC 6238). sealed: encrypted under a key outside the database.

    last_step: the newest time step of which a code was taken; no code of that step or an earlier one is taken again.
    """

    __tablename__ = "totp_key"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    sealed: Mapped[bytes]
    last_step: Mapped[int]
    made_at: Mapped[datetime]


class RecoveryCode(Base):
    """A code for who lost the authenticator, good once. code_sha256: of 80 random bits, so no slow hash is needed."""

    __tablename__ = "recovery_code"

    code_sha256: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    made_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class SignInStep(Base):
    """A sign-in whose password was right and which waits for the second step; it opens nothing.

    token_sha256: of the token that the browser holds, in a cookie of its own.
    """

    __tablename__ = "sign_in_step"

    token_sha256: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    expires_at: Mapped[datetime]


class FailedSignIn(Base):
    """How often a step failed for a name on a day. name_hash: keyed, of whatever was typed, known or not."""

    __tablename__ = "failed_sign_in"

    name_hash: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    step: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]
