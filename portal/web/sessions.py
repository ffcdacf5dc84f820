"""Sessions kept at the server; the browser holds a token in a cookie that only this host can set.

The person is looked up when somebody asks who it is, so a lookup without a cookie never touches the sessions.
Flask's own signed cookie holds nothing but the secret of the CSRF token, and exists only once a form was shown.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from flask import Flask, Request, after_this_request, current_app, g, has_request_context, request, session
from flask import Response as FlaskResponse
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from sqlalchemy.orm import Session
from werkzeug.local import LocalProxy
from werkzeug.wrappers import Response

from portal.extensions import csrf
from portal.identity import Identity
from portal.services import accounts, own_account, sign_in
from portal.services.second_step import Given
from portal.services.sign_in import Begun, Door, Next, Waiting
from portal.web import network
from portal.web.clock import now
from portal.web.runtime import runtime
from portal.web.unit_of_work import reading, writing

_TOKEN: Final = "hocba-session"  # noqa: S105
_FORM: Final = "hocba-form"
_STEP: Final = "hocba-step"
_STEP_SECONDS: Final = 15 * 60
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
    """The token that the browser sent, unchecked; or the one that takes its place from this request on."""
    if "session_token" in g:
        return str(g.session_token)
    return request.cookies.get(cookie_name(_TOKEN)) if _COOKIES in request.headers else None


def step_token() -> str | None:
    """The token of a sign-in that waits for its second step, unchecked."""
    return request.cookies.get(cookie_name(_STEP))


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


def door() -> Door:
    """How this instance lets people in."""
    held = runtime()
    lifetime = timedelta(hours=held.settings.session_hours)
    return Door(held.vault, held.party, held.staff_must_take_second_step, lifetime, network.kept())


def begin(username: str, password: str) -> Next:
    """The first step of signing in. The browser gets a fresh token, of a session or of a sign-in that waits; its old
    one and its form secret are void. Raises Refused(SIGN_IN_FAILED).
    """
    with writing() as transaction:
        begun = sign_in.begin(transaction, door(), username, password, now())
        _end_old(transaction)
    return _begun(begun)


def begin_named(person: Identity) -> Next:
    """The same for a person whom the identity provider has named."""
    with writing() as transaction:
        begun = sign_in.begin_for(transaction, door(), person, now())
        _end_old(transaction)
    return _begun(begun)


def waiting() -> Waiting | None:
    """Whose sign-in waits in this browser."""
    sent = step_token()
    if not sent:
        return None
    with reading() as transaction:
        return sign_in.waiting(transaction, sent, now())


def finish(code: str, passkey: str) -> None:
    """The second step; the token of before is void. Raises NotFound and Refused as `sign_in.finish` does."""
    with writing() as transaction:
        given = Given(code, passkey, step_token() or "")
        opened = sign_in.finish(transaction, door(), given, now())
    _through(opened)


def finish_enrolling(secret: bytes, code: str) -> tuple[str, ...]:
    """The second step of who had none yet; returns the recovery codes. Raises as `sign_in.finish_enrolling` does."""
    with writing() as transaction:
        opened, codes = sign_in.finish_enrolling(transaction, door(), step_token() or "", secret, code, now())
    _through(opened)
    return codes


def take(fresh: str) -> None:
    """Let the browser hold another token from the end of this request on, and this request act under it already."""
    g.session_token = fresh
    _give(_TOKEN, fresh)


def change_password(identity: Identity, current: str, fresh: str) -> None:
    """Another password, and a fresh token in place of every session that there was.

    Raises Refused as `portal.services.own_account.change_password` does.
    """
    lifetime = timedelta(hours=runtime().settings.session_hours)
    with writing() as transaction:
        opened = own_account.change_password(transaction, identity, current, fresh, network.kept(), now(), lifetime)
    session.clear()
    take(opened)


def end(response: Response) -> None:
    """Sign out, at the server too."""
    old = token()
    if old:
        with writing() as transaction:
            accounts.sign_out(transaction, old)
    session.clear()
    _delete_cookie(response, _TOKEN)
    forget_identity()


def set_cookie(response: Response, name: str, value: str, max_age: int | None = None) -> None:
    """A cookie for this host alone, out of reach of scripts and of other sites' posts."""
    response.set_cookie(
        cookie_name(name), value, max_age=max_age, path="/", secure=is_secure(), httponly=True, samesite="Lax"
    )


def _delete_cookie(response: Response, name: str) -> None:
    response.delete_cookie(cookie_name(name), secure=is_secure(), httponly=True, samesite="Lax")


def _end_old(transaction: Session) -> None:
    old = token()
    if old:
        accounts.sign_out(transaction, old)


def _begun(begun: Begun) -> Next:
    session.clear()
    if begun.next is Next.DONE:
        take(begun.token)
    else:
        _give(_STEP, begun.token, _STEP_SECONDS)
        _give(_TOKEN, None)
    return begun.next


def _through(opened: str) -> None:
    session.clear()
    _give(_STEP, None)
    take(opened)


def _give(name: str, value: str | None, max_age: int | None = None) -> None:
    """Set a cookie, or take it away, with whatever this request is answered; the last word holds."""

    def put(response: FlaskResponse) -> FlaskResponse:
        for given, (held, seconds) in g.given.items():
            if held is None:
                _delete_cookie(response, given)
            else:
                set_cookie(response, given, held, seconds)
        return response

    if "given" not in g:
        g.given = {}
        after_this_request(put)
    g.given[name] = (value, max_age)


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
