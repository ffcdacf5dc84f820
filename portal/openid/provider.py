"""The provider that the instance names: found once, asked for a person, held to its answer."""

import hashlib
import hmac
import threading
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote, urlencode

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc.jwk import KeySet

from portal.openid.calls import JsonObject, Origin, ProviderFailed, Trouble, ask
from portal.openid.tokens import keys_of, subject_of

_KNOWN_FOR: Final = timedelta(hours=1)
# A provider changes its keys without a word; one that is asked for nothing else once a minute is not pressed.
_KEYS_AFTER: Final = timedelta(minutes=1)
# While it is gone, nobody waits for it again and again.
_GONE_FOR: Final = timedelta(seconds=15)
_CHARACTERS: Final = 2000
_DISCOVERY: Final = "/.well-known/openid-configuration"


@dataclass(frozen=True, slots=True)
class Client:
    """What was agreed with the provider. issuer: as its tokens spell it. claim: which one names a person for good.

    redirect: our address to which the browser comes back.
    """

    issuer: str
    client_id: str
    secret: str = field(repr=False)
    claim: str
    redirect: str


@dataclass(frozen=True, slots=True)
class Request:
    """One request. token: what the browser holds; the others follow from it, so that nothing else is kept."""

    token: str

    @property
    def state(self) -> str:
        return self._derived("state")

    @property
    def nonce(self) -> str:
        return self._derived("nonce")

    @property
    def verifier(self) -> str:
        return self._derived("verifier")

    def _derived(self, what: str) -> str:
        made = hmac.digest(self.token.encode(), f"hocba openid {what}".encode(), hashlib.sha256)
        return urlsafe_b64encode(made).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True)
class Answer:
    """What the browser brought back. iss: who says so (RFC 9207), where the provider says it."""

    state: str
    code: str
    iss: str | None


@dataclass(frozen=True, slots=True)
class _Found:
    """What discovery said, and since when it is known."""

    at: datetime
    authorize: str
    token: str
    names_itself: bool
    methods: Sequence[str]
    keys: KeySet


class Provider:
    """The provider, with what discovery said kept for an hour; shared by the threads of a process."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self._origin = Origin.of(client.issuer)
        self._lock = threading.Lock()
        self._found: _Found | None = None
        self._gone: tuple[datetime, ProviderFailed] | None = None

    def address(self, request: Request, now: datetime, *, anew: bool) -> str:
        """Where the browser goes. anew: the person shall sign in there again, whoever is signed in there now.

        Raises ProviderFailed.
        """
        found, wanted = self._discovered(now), self.client
        return str(
            prepare_grant_uri(
                found.authorize,
                wanted.client_id,
                "code",
                redirect_uri=wanted.redirect,
                scope="openid",
                state=request.state,
                nonce=request.nonce,
                code_challenge=create_s256_code_challenge(request.verifier),
                code_challenge_method="S256",
                **({"prompt": "login"} if anew else {}),
            )
        )

    def subject(self, request: Request, answer: Answer, now: datetime) -> str:
        """Who it is, by the claim that was agreed. Raises ProviderFailed for whatever is not proved."""
        found = self._discovered(now)
        if not hmac.compare_digest(answer.state.encode(), request.state.encode()):
            raise ProviderFailed(Trouble.REFUSED, "state")
        if (answer.iss or found.names_itself) and answer.iss != self.client.issuer:
            raise ProviderFailed(Trouble.WRONG_ISSUER)
        if not 0 < len(answer.code) <= _CHARACTERS:
            raise ProviderFailed(Trouble.REFUSED, "code")
        token = self._redeemed(found, answer.code, request.verifier).get("id_token")
        if not isinstance(token, str):
            raise ProviderFailed(Trouble.TOKEN, "missing")
        try:
            return self._proved(found, token, request, now)
        except ProviderFailed:
            if now - found.at < _KEYS_AFTER:
                raise
        return self._proved(self._discovered(now, _KEYS_AFTER), token, request, now)

    def _proved(self, found: _Found, token: str, request: Request, now: datetime) -> str:
        held = self.client
        return subject_of(token, found.keys, held.issuer, held.client_id, request.nonce, held.claim, now)

    def _redeemed(self, found: _Found, code: str, verifier: str) -> JsonObject:
        held = self.client
        body = prepare_token_request(
            "authorization_code", redirect_uri=held.redirect, code=code, code_verifier=verifier
        )
        if "client_secret_basic" in found.methods:
            # RFC 6749 §2.3.1: both are form-encoded before they are joined.
            pair = f"{quote(held.client_id, safe='')}:{quote(held.secret, safe='')}"
            headers = {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}
            return ask(self._origin, found.token, body, headers)
        mine = urlencode({"client_id": held.client_id, "client_secret": held.secret})
        return ask(self._origin, found.token, f"{body}&{mine}")

    def _discovered(self, now: datetime, known_for: timedelta = _KNOWN_FOR) -> _Found:
        with self._lock:
            if self._found is not None and self._found.at <= now < self._found.at + known_for:
                return self._found
            if self._gone is not None and self._gone[0] <= now < self._gone[0] + _GONE_FOR:
                raise ProviderFailed(self._gone[1].trouble, "again")
            try:
                self._found, self._gone = self._discover(now), None
            except ProviderFailed as failed:
                self._gone = (now, failed)
                raise
            return self._found

    def _discover(self, now: datetime) -> _Found:
        told = ask(self._origin, self.client.issuer.rstrip("/") + _DISCOVERY)
        if told.get("issuer") != self.client.issuer:
            raise ProviderFailed(Trouble.WRONG_ISSUER)
        authorize, token, jwks = (_address(self._origin, told.get(name)) for name in _ENDPOINTS)
        methods = told.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        return _Found(
            at=now,
            authorize=authorize,
            token=token,
            names_itself=told.get("authorization_response_iss_parameter_supported") is True,
            methods=[str(each) for each in methods] if isinstance(methods, list) else [],
            keys=keys_of(ask(self._origin, jwks)),
        )


_ENDPOINTS: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")


def _address(origin: Origin, told: object) -> str:
    """An endpoint at the issuer's own origin; raises ProviderFailed."""
    if not isinstance(told, str):
        raise ProviderFailed(Trouble.NOT_UNDERSTOOD)
    origin.path_of(told)
    return told
