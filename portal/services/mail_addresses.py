"""Where a person is written to: asked for by its owner, confirmed by a link, shown to nobody else (decision 0047).

Links hold a keyed hash that only this instance can make, so that nothing in the database opens anything. The link that
confirms counts for the account that is signed in; the one that ends what is optional works for whoever holds the mail.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import NotFound, Problem, Refused
from portal.identity import Identity
from portal.models import Mail, MailAddress, MailKind, MailPace
from portal.services import mail_outbox

CONFIRM_WITHIN: Final = timedelta(hours=48)
CONFIRMS_A_DAY: Final = 5
# RFC 5321 §4.5.3.1.3: a path has 256 octets with its brackets.
ADDRESS_CHARACTERS: Final = 254
# What mail servers of the country take: no quotes, no comments, no addresses in other alphabets.
_ADDRESS: Final = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
)


@dataclass(frozen=True, slots=True)
class AddressView:
    """One's own address. confirmed: mail goes there. refused: the other side said that there is nobody."""

    address: str
    confirmed: bool
    refused: bool
    pace: MailPace
    optional: bool


@dataclass(frozen=True, slots=True)
class Tickets:
    """Keyed hashes in links. key: derived from the secret of the instance."""

    key: bytes

    @classmethod
    def of(cls, secret: str) -> "Tickets":
        """The tickets of an instance."""
        return cls(hmac.digest(secret.encode(), b"hocba mail", "sha256"))

    def confirming(self, account_id: int, address: str, asked_at: datetime) -> str:
        """In the link that confirms an address, for as long as this asking is the newest."""
        return self._over("confirm", str(account_id), address, asked_at.isoformat())

    def ending(self, account_id: int) -> str:
        """In the link that ends what is optional: the account and its hash."""
        return f"{account_id}-{self._over('end', str(account_id))}"

    def ends(self, ticket: str) -> int:
        """The account whose optional mail a ticket ends; raises NotFound for one that is none."""
        number, _, _given = ticket.partition("-")
        account_id = int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 0
        if not hmac.compare_digest(self.ending(account_id).encode(), ticket.encode()):
            raise NotFound
        return account_id

    def _over(self, *parts: str) -> str:
        data = b"".join(b"%d:%s" % (len(part.encode()), part.encode()) for part in parts)
        return hmac.new(self.key, data, hashlib.sha256).hexdigest()


def is_address(text: str) -> bool:
    """Whether mail can be sent there: one plain address, with nothing that a header could end at."""
    return len(text) <= ADDRESS_CHARACTERS and _ADDRESS.fullmatch(text) is not None


def own(session: Session, identity: Identity) -> AddressView | None:
    """Where a person is written to; None: nowhere."""
    held = session.get(MailAddress, identity.account_id)
    if held is None:
        return None
    return AddressView(
        held.address, held.confirmed_at is not None, held.refused_at is not None, MailPace(held.pace), held.optional
    )


def ask(
    session: Session, identity: Identity, address: str, pace: str, *, optional: bool, domain: str, now: datetime
) -> bool:
    """Set address and pace; whether a link was sent to confirm. domain: of the instance, for the message's id.

    An address that is confirmed stays so. Raises Refused with MAIL_ADDRESS or MAIL_OFTEN.
    """
    if not is_address(address):
        raise Refused(Problem.MAIL_ADDRESS)
    held = session.get(MailAddress, identity.account_id, with_for_update=True)
    same = held is not None and held.address == address and held.refused_at is None
    if held is None:
        held = MailAddress(account_id=identity.account_id, address="", asked_at=now, confirmed_at=None, refused_at=None)
    held.pace, held.optional = MailPace(pace).value, optional
    if same and held.confirmed_at is not None:
        session.flush()
        return False
    _require_patience(session, identity.account_id, now)
    held.address, held.asked_at, held.confirmed_at, held.refused_at = address, now, None, None
    session.add(held)
    session.flush()
    mail_outbox.cancel_of(session, identity.account_id, now)
    mail_outbox.queue(session, identity.account_id, MailKind.CONFIRM, address, domain, now)
    return True


def confirm(session: Session, tickets: Tickets, identity: Identity, ticket: str, now: datetime) -> None:
    """The link was opened by its owner. Raises NotFound for a wrong one and for another account's, Refused(MAIL_LATE)
    for one that is too old.
    """
    held = session.get(MailAddress, identity.account_id, with_for_update=True)
    if held is None:
        raise NotFound
    right = tickets.confirming(held.account_id, held.address, held.asked_at)
    if not hmac.compare_digest(right.encode(), ticket.encode()):
        raise NotFound
    if held.confirmed_at is None and now > held.asked_at + CONFIRM_WITHIN:
        raise Refused(Problem.MAIL_LATE)
    held.confirmed_at = held.confirmed_at or now
    session.flush()


def forget(session: Session, identity: Identity, now: datetime) -> None:
    """No mail any more: the address is deleted."""
    mail_outbox.cancel_of(session, identity.account_id, now)
    session.execute(sa.delete(MailAddress).where(MailAddress.account_id == identity.account_id))


def end_optional(session: Session, account_id: int) -> None:
    """No mail any more about what needs no act; what waits for the person is still told."""
    session.execute(sa.update(MailAddress).where(MailAddress.account_id == account_id).values(optional=False))


def _require_patience(session: Session, account_id: int, now: datetime) -> None:
    """Nobody is to be flooded from here with links that they did not ask for."""
    asked = sa.select(sa.func.count()).where(
        Mail.account_id == account_id,
        Mail.kind == MailKind.CONFIRM.value,
        Mail.created_at > now - timedelta(days=1),
    )
    if session.execute(asked).scalar_one() >= CONFIRMS_A_DAY:
        raise Refused(Problem.MAIL_OFTEN, limit=str(CONFIRMS_A_DAY))
