"""Who sends a request of the machine interface: a key in the Authorization header, never a cookie.

A request without a good key counts for its network under a strict limit; a good key is still heard from a network
that used it up, so that nobody shuts out a school behind the same address.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import request

from portal.errors import NotFound, Problem, Refused
from portal.permissions import ApiScope, may_use
from portal.services.api_keys import KeyHolder, authenticate
from portal.web import limits
from portal.web.clock import now
from portal.web.unit_of_work import reading, writing


def holder_of_request(scope: ApiScope) -> KeyHolder:
    """The software that asks; counts. Raises Refused (API_KEY_…, API_SCOPE_MISSING) or TooMany."""
    limits.spend_api_network()
    try:
        held = _holder(_token())
    except Refused:
        limits.spend_api_refusal()
        raise
    limits.spend_api_key(held.key_id)
    if not may_use(held.scopes, scope):
        raise Refused(Problem.API_SCOPE_MISSING, scope=scope.value)
    return held


def spend_file(holder: KeyHolder) -> None:
    """One file to be opened for this key."""
    limits.spend_api_file(holder.key_id)


@contextmanager
def counting_misses(holder: KeyHolder) -> Iterator[None]:
    """A key that is refused a packet or record inside has missed."""
    try:
        yield
    except NotFound:
        limits.spend_api_miss(holder.key_id)
        raise


def _token() -> str:
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Refused(Problem.API_KEY_MISSING)
    return token.strip()


def _holder(token: str) -> KeyHolder:
    with reading() as session:
        held = authenticate(session, token, now())
        used = bool(session.dirty)
    if used:
        # Once a minute the key says that it is used; only then is it worth a write.
        with writing() as session:
            held = authenticate(session, token, now())
    return held
