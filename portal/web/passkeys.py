"""What devices are asked to sign, for the browser of this request."""

from portal.identity import Identity
from portal.services import accounts, passkeys
from portal.web import sessions
from portal.web.clock import now
from portal.web.runtime import runtime
from portal.web.unit_of_work import writing


def asked(account_id: int, token: str | None) -> str:
    """For a registered passkey, as JSON; each time anew. token: of the session, or of the sign-in that waits."""
    with writing() as session:
        return passkeys.assertion_options(session, runtime().party, account_id, token or "", now())


def asked_of_new(identity: Identity) -> str:
    """For a new passkey, as JSON; each time anew."""
    with writing() as session:
        username = accounts.username_of(session, identity)
        return passkeys.registration_options(
            session, runtime().party, identity, username, sessions.token() or "", now()
        )
