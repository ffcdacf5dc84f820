"""The secret of an authenticator between the page that shows it and the code that confirms it.

It travels in the form, signed for one account and for a quarter of an hour: what nobody confirmed is kept nowhere.
"""

from base64 import b32decode, b32encode
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from flask import current_app
from itsdangerous import BadData, URLSafeTimedSerializer

from portal.errors import Problem, Refused
from portal.services.second_step import enrolment_address, new_secret, typed_key
from portal.web.runtime import runtime
from verify.form.qr import path_of

_SECONDS: Final = 15 * 60


@dataclass(frozen=True, slots=True)
class Offer:
    """An authenticator to be taken up. sealed: goes back with the code. side, path: of the QR, in modules."""

    sealed: str
    typed: str
    address: str
    side: int
    path: str


def offer(account_id: int, username: str, sealed: str | None = None) -> Offer:
    """A fresh secret, or the one that was offered before and is still to be confirmed."""
    try:
        secret = opened(account_id, sealed or "")
    except Refused:
        secret = new_secret()
    address = enrolment_address(secret, username, urlsplit(runtime().instance.url).netloc)
    side, path = path_of(address)
    again = _serializer().dumps([account_id, b32encode(secret).decode()])
    return Offer(again, typed_key(secret), address, side, path)


def opened(account_id: int, sealed: str) -> bytes:
    """The secret that was offered to this account; raises Refused(ENROLMENT_OLD)."""
    try:
        owner, secret = _serializer().loads(sealed, max_age=_SECONDS)
    except (BadData, ValueError, TypeError) as error:
        raise Refused(Problem.ENROLMENT_OLD) from error
    if owner != account_id:
        raise Refused(Problem.ENROLMENT_OLD)
    return b32decode(str(secret))


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt="hocba-enrolment")
