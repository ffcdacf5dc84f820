"""Identities at an OpenID provider, each linked to an account by its person; and requests that are on their way."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base

_LINKED = text("ended_at IS NULL")


class LinkedIdentity(Base):
    """An identity that opens an account. subject_hash: keyed, of issuer and claim: the claim may be a citizen's number.

    Ended, never deleted; one identity opens one account, and an account is opened by one.
    """

    __tablename__ = "linked_identity"
    __table_args__ = (
        Index(
            "uq_linked_identity_subject_hash",
            "subject_hash",
            unique=True,
            sqlite_where=_LINKED,
            postgresql_where=_LINKED,
        ),
        Index(
            "uq_linked_identity_account_id", "account_id", unique=True, sqlite_where=_LINKED, postgresql_where=_LINKED
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    subject_hash: Mapped[str]
    linked_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class OpenidRequest(Base):
    """A person who was sent to the provider; taken away when the browser comes back, so that it comes back once.

    token_sha256: of what the browser holds. account_id: of who links an identity, None of who signs in.
    """

    __tablename__ = "openid_request"

    token_sha256: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    expires_at: Mapped[datetime]
