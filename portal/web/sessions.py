"""Sessions kept at the server; the browser holds a token in a cookie that only this host can set.

The person is looked up when somebody asks who it is, so a lookup without a cookie never touches the sessions.
Flask's own signed cookie holds nothing but the secret of the CSRF token, and exists only once a form was shown.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from flask import Flask, Request, current_app, g, has_request_context, request, session
from flask import Response as FlaskResponse
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from werkzeug.local import LocalProxy
from werkzeug.wrappers import Response

from portal.extensions import csrf
from portal.identity import Identity
from portal.services import accounts
from portal.web.clock import now
from portal.web.runtime import runtime
from portal.web.unit_of_work import reading, writing

_TOKEN: Final = "hocba-session"  # noqa: S105
_FORM: Final = "hocba-form"
# RFC 6265bis §4.1.3.2: such a cookie comes from this very host over HTTPS, not from a neighbour domain.
_HOST: Final = "__Host-"
# Asked for first: taking cookies apart where there are none is for nothing.
_COOKIES: Final = "Cookie"
_cookieless: set[Callable[..., object]] = set()


def is_secure() -> bool:
    """Whether this request's cookies are for HTTPS only. A real instance with an https address never falls back."""
    instance = runtime().instance
    return request.is_secure or (instance.url.startswith("https:") and not instance.demo)


def cookie_name(name: str) -> str:
    return _HOST + name if is_secure() else name


def token() -> str | None:
    """The token that the browser sent, unchecked."""
    return request.cookies.get(cookie_name(_TOKEN)) if _COOKIES in request.headers else None


def current_identity() -> Identity | None:
    """The signed-in person, looked up once a request."""
    if not has_request_context():
        return None
    if "identity" not in g:
        sent = token()
        g.identity = _look_up(sent) if sent else None
    found: Identity | None = g.identity
    return found


identity = LocalProxy(current_identity)
"""The signed-in person for templates: looked up only where a template asks."""


def forget_identity() -> None:
    """Show the rest of this request to nobody in particular: an error page must not ask the database again."""
    g.identity = None


def begin(response: Response, username: str, password: str) -> None:
    """Sign in: a fresh token; the browser's old one and its form secret are void. Raises Refused(SIGN_IN_FAILED)."""
    lifetime = timedelta(hours=runtime().settings.session_hours)
    with writing() as transaction:
        fresh = accounts.sign_in(transaction, username, password, now(), lifetime)
        old = token()
        if old:
            accounts.sign_out(transaction, old)
    session.clear()
    set_cookie(response, _TOKEN, fresh)


def end(response: Response) -> None:
    """Sign out, at the server too."""
    old = token()
    if old:
        with writing() as transaction:
            accounts.sign_out(transaction, old)
    session.clear()
    response.delete_cookie(cookie_name(_TOKEN), secure=is_secure(), httponly=True, samesite="Lax")
    forget_identity()


def set_cookie(response: Response, name: str, value: str, max_age: int | None = None) -> None:
    """A cookie for this host alone, out of reach of scripts and of other sites' posts."""
    response.set_cookie(
        cookie_name(name), value, max_age=max_age, path="/", secure=is_secure(), httponly=True, samesite="Lax"
    )


class FormSessions(SecureCookieSessionInterface):
    """Flask's signed cookie under our rules; costs nothing where there is none."""

    def get_cookie_name(self, app: Flask) -> str:  # noqa: ARG002
        return cookie_name(_FORM)

    def get_cookie_secure(self, app: Flask) -> bool:  # noqa: ARG002
        return is_secure()

    def get_cookie_samesite(self, app: Flask) -> str | None:  # noqa: ARG002
        return "Lax"

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if _COOKIES not in request.headers:
            return self.session_class()
        return super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: FlaskResponse) -> None:
        if session or session.modified:
            super().save_session(app, session, response)


def register(app: Flask) -> None:
    """Install our cookie rules; whatever may change something must carry the token of a form of ours."""
    app.session_interface = FormSessions()
    app.before_request(_require_token)


def takes_no_cookie(view: Callable[..., object]) -> None:
    """Say of a view that it never asks for the signed-in person: what a browser sends along opens nothing there."""
    _cookieless.add(view)


def _require_token() -> None:
    # Flask-WTF's own step finds out about exemptions at every look at a card.
    if request.method in ("GET", "HEAD", "OPTIONS") or request.endpoint is None:
        return
    if current_app.view_functions[request.endpoint] not in _cookieless:
        csrf.protect()


def _look_up(sent: str) -> Identity | None:
    idle = timedelta(minutes=runtime().settings.session_idle_minutes)
    with reading() as transaction:
        found = accounts.identity_of(transaction, sent, now(), idle)
        seen = bool(transaction.dirty)
    if seen:
        # Once a minute the session says that it is alive; only then is it worth a write.
        with writing() as transaction:
            found = accounts.identity_of(transaction, sent, now(), idle)
    return found
