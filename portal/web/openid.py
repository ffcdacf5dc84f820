"""The OpenID provider of this instance: where a browser is sent, and who comes back. Off until configured."""

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog
from flask import Flask, current_app, request
from werkzeug.wrappers import Response

from portal.errors import NotFound, Problem, Refused
from portal.openid.calls import ProviderFailed
from portal.openid.provider import Answer, Client, Provider, Request
from portal.services import linked_identities
from portal.settings import Settings
from portal.web.clock import now
from portal.web.runtime import runtime
from portal.web.sessions import cookie_name, set_cookie
from portal.web.unit_of_work import writing

BACK: Final = "/dang-nhap/danh-tinh/ve"
_NAME: Final = "hocba.openid"
_COOKIE: Final = "hocba-openid"
_TOKEN_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Sent:
    """A browser that is sent away. token: for its cookie. address: at the provider."""

    token: str
    address: str


@dataclass(frozen=True, slots=True)
class CameBack:
    """Who came back. hashed: as it is kept. account_id: whose account it is to be linked to, None for signing in."""

    hashed: str
    account_id: int | None


def register(app: Flask) -> None:
    """Take the provider from the settings; a mistake in them stops the start."""
    with app.app_context():
        held = runtime()
    install(app, _configured(held.settings, held.instance.url), held.settings.openid_name)
    app.jinja_env.globals["outside_identity"] = name


def install(app: Flask, provider: Provider | None, name: str) -> None:
    """Let an application use a provider. name: what people call it."""
    app.extensions[_NAME] = (provider, name)


def name() -> str:
    """What people call the provider, for templates; empty where there is none."""
    provider, called = current_app.extensions[_NAME]
    return str(called) if provider is not None else ""


def send(account_id: int | None) -> Sent:
    """Send a browser to the provider. account_id: of who links an identity, who signs in there anew.

    Raises NotFound where there is no provider, Refused(OPENID_AWAY).
    """
    provider, token = _provider(), secrets.token_urlsafe(_TOKEN_BYTES)
    try:
        address = provider.address(Request(token), now(), anew=account_id is not None)
    except ProviderFailed as failed:
        raise _told(failed, Problem.OPENID_AWAY) from failed
    with writing() as session:
        linked_identities.sent_out(session, token, account_id, now())
    return Sent(token, address)


def remember(response: Response, sent: Sent) -> None:
    """Let the browser show, when it comes back, that it is the one that was sent."""
    set_cookie(response, _COOKIE, sent.token, int(linked_identities.WAITS.total_seconds()))


def came_back() -> CameBack:
    """Who came back with this request. Raises NotFound where there is no provider, Refused(OPENID_FAILED)."""
    provider, token = _provider(), request.cookies.get(cookie_name(_COOKIE), "")
    with writing() as session:
        account_id = linked_identities.came_back(session, token, now())
    answer = Answer(request.args.get("state", ""), request.args.get("code", ""), request.args.get("iss"))
    try:
        subject = provider.subject(Request(token), answer, now())
    except ProviderFailed as failed:
        raise _told(failed, Problem.OPENID_FAILED) from failed
    held = provider.client
    hashed = linked_identities.subject_hash(runtime().instance.secret_key, held.issuer, held.claim, subject)
    return CameBack(hashed, account_id)


def is_on() -> bool:
    """Whether this instance has a provider."""
    return bool(name())


def _provider() -> Provider:
    found: Provider | None = current_app.extensions[_NAME][0]
    if found is None:
        raise NotFound
    return found


def _configured(settings: Settings, url: str) -> Provider | None:
    """Raises Refused(OPENID_SETTINGS) for what cannot work."""
    if not settings.openid_issuer:
        return None
    path = Path(settings.openid_secret_file)
    if not settings.openid_client_id or not path.is_file():
        raise Refused(Problem.OPENID_SETTINGS)
    secret = path.read_text(encoding="utf-8").strip()
    client = Client(settings.openid_issuer, settings.openid_client_id, secret, settings.openid_claim, url + BACK)
    try:
        return Provider(client)
    except ProviderFailed as failed:
        raise Refused(Problem.OPENID_SETTINGS) from failed


def _told(failed: ProviderFailed, problem: Problem) -> Refused:
    """What the person reads says nothing of why; the operator's log does, without a word about the person."""
    structlog.get_logger().warning("openid.failed", trouble=failed.trouble.value, detail=failed.detail)
    return Refused(problem)
