"""Attempts to sign in: failed ones are counted per network and per account, and nobody can lock a colleague out.

A browser in which the account has signed in before holds a signed mark. With it, attempts are counted under that
mark alone: whoever tries passwords from elsewhere uses up the strangers' count of the account, not the owner's
(OWASP "device cookies"). Names are counted as typed, known or not: being refused tells nothing about an account.
"""

import hashlib
import secrets
from dataclasses import dataclass
from typing import Final, Self

from flask import current_app, request
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.wrappers import Response

from portal.services.account_acts import Step, count_failure
from portal.services.organisation import day_of
from portal.web import network
from portal.web.clock import now
from portal.web.limits import Allowance, limits
from portal.web.runtime import runtime
from portal.web.sessions import cookie_name, set_cookie
from portal.web.unit_of_work import writing

_MARK: Final = "hocba-browser"
_MARK_SECONDS: Final = 180 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt, with everything it is counted under."""

    username: str
    account: str
    step: Step
    counts: tuple[tuple[Allowance, str], ...]

    @classmethod
    def begin(cls, username: str, step: Step = Step.FIRST) -> Self:
        """Raises TooMany when the network, or strangers to this account, have failed too often."""
        held, account = limits(), hashlib.sha256(username.strip().lower().encode()).hexdigest()
        of_account = held.sign_in_account if step is Step.FIRST else held.codes
        mark = _mark_for(account)
        counts = (
            ((of_account, f"{account}/{mark}"),)
            if mark
            else ((held.sign_in_network, network.counted()), (of_account, account))
        )
        for allowance, who in counts:
            held.counters.require(allowance, who)
        return cls(username, account, step, counts)

    def failed(self) -> None:
        """Count it, for its owner to see too; raises TooMany when that was one too many. No transaction may be open."""
        name_hash = runtime().vault.name_hash(self.username)
        with writing() as session:
            count_failure(session, name_hash, self.step, day_of(now()))
        for allowance, who in self.counts:
            limits().counters.spend(allowance, who)

    def succeeded(self, response: Response) -> None:
        """Mark this browser as one in which the account has signed in."""
        mark = _mark_for(self.account) or secrets.token_urlsafe(12)
        set_cookie(response, _MARK, _serializer().dumps([self.account, mark]), _MARK_SECONDS)


def _mark_for(account: str) -> str | None:
    """The mark that this browser holds for the account; one browser remembers the last account only."""
    try:
        owner, mark = _serializer().loads(request.cookies.get(cookie_name(_MARK), ""))
    except (BadSignature, ValueError, TypeError):
        return None
    return mark if isinstance(mark, str) and owner == account else None


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.secret_key), salt="hocba-browser")
