"""Headers of every answer: nothing runs, loads or frames that is not ours, and nothing personal is kept by anyone.

They are put on where the answer leaves the process, so that static files and error pages carry them too.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from flask import Flask, Response

from portal.web.runtime import runtime

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Pairs = list[tuple[str, str]]

# htmx talks to this host only; styles, scripts and pictures are files of this host; nothing is inline.
_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
_CSP: Final = "Content-Security-Policy"
_ALWAYS: Final = (
    ("X-Content-Type-Options", "nosniff"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)
# Two years, as browsers ask for; subdomains belong to others.
_HSTS: Final = ("Strict-Transport-Security", "max-age=63072000")
# For software of schools: what this portal says has no value.
_TRAINING: Final = ("Hocba-Training", "data-without-value")
_SAME_ORIGIN: Final = ("Referrer-Policy", "same-origin")
_NO_REFERRER: Final = ("Referrer-Policy", "no-referrer")
_NO_STORE: Final = ("Cache-Control", "no-store")
_CARDS: Final = ("/t/", "/T/", "/k/", "/K/", "/S/")


def register(app: Flask) -> None:
    """Put the headers on every answer; call after everything that answers is in place."""
    with app.app_context():
        instance = runtime().instance
    app.wsgi_app = Headers(  # type: ignore[method-assign]
        app.wsgi_app,
        always_https=instance.url.startswith("https:") and not instance.demo,
        more=(_TRAINING,) if instance.training else (),
    )


def cacheable(response: Response, seconds: int, *, immutable: bool = False) -> Response:
    """Let everybody keep an answer that is the same for everybody."""
    suffix = ", immutable" if immutable else ""
    response.headers["Cache-Control"] = f"public, max-age={seconds}{suffix}"
    return response


def with_pictures(response: Response) -> Response:
    """Let a page show pictures that it carries itself: those of a file that is gone with the answer (decision 0028)."""
    response.headers[_CSP] = _POLICY.replace("img-src 'self'", "img-src 'self' data:")
    return response


def installable(response: Response) -> Response:
    """Let a page be installed and keep itself for when there is no network (decision 0032)."""
    response.headers[_CSP] = f"{_POLICY}; worker-src 'self'; manifest-src 'self'"
    return response


class Headers:
    """A WSGI application around another. always_https: also when this process is spoken to over plain HTTP.

    more: headers that every answer of this instance carries.
    """

    def __init__(
        self, application: "WSGIApplication", *, always_https: bool, more: tuple[tuple[str, str], ...] = ()
    ) -> None:
        self._application = application
        self._always = (*_ALWAYS, *more)
        self._always_https = always_https

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        extra = self._extra(environ)

        def start(status: str, headers: Pairs, exc_info: object = None) -> object:
            headers.extend(extra)
            if not any(name == _CSP for name, _value in headers):
                headers.append((_CSP, _POLICY))
            if not any(name == "Cache-Control" for name, _value in headers):
                headers.append(_NO_STORE)
            return start_response(status, headers, exc_info) if exc_info else start_response(status, headers)  # type: ignore[arg-type]

        return self._application(environ, start)  # type: ignore[arg-type]

    def _extra(self, environ: "WSGIEnvironment") -> Pairs:
        """A code must not travel in a Referer. Signed-in people may post from its page (to sign out), and the CSRF
        check of HTTPS posts needs to see where they come from; that header reaches this host only.
        """
        secret = environ.get("PATH_INFO", "")[:3] in _CARDS and "hocba-session" not in environ.get("HTTP_COOKIE", "")
        extra = [*self._always, _NO_REFERRER if secret else _SAME_ORIGIN]
        if self._always_https or environ.get("wsgi.url_scheme") == "https":
            extra.append(_HSTS)
        return extra
