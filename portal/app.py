"""The application factory: a table of contents."""

import atexit
import gc
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from portal import api, views
from portal.database import configure, engine_options
from portal.errors import PortalError
from portal.extensions import babel, csrf, db, htmx
from portal.instance import require_data
from portal.runtime import Runtime, open_runtime, require_verifier
from portal.settings import Settings, database_url
from portal.web import (
    clock,
    error_pages,
    guards,
    headers,
    jobs,
    limits,
    logs,
    openid,
    rendering,
    requests,
    runtime,
    sessions,
    templates,
    watch,
)

ROOT = Path(__file__).parents[1]


class Portal(Flask):
    """Flask without its question, nine times a request, whether a function is a coroutine: none is."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func


def create_app(settings: Settings) -> Flask:
    """The WSGI application of one instance; raises Refused before `hocba init`, and as `require_verifier` and
    `require_data`.
    """
    opened = open_runtime(settings, clock.read())
    require_verifier(opened)
    app = assemble(opened)
    _require_data(app)
    runtime.write_counts_at_exit(app)
    jobs.run_beside(app)
    watch.run_beside(app)
    _spare_the_collector()
    return app


def assemble(held: Runtime) -> Flask:
    """The application around what the process holds."""
    app = Portal("hocba", template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static"))
    _configure(app, held)
    _bind_extensions(app, held)
    runtime.register(app, held)
    jobs.register(app)
    requests.register(app)
    logs.register(app)
    clock.register(app)
    limits.register(app)
    watch.register(app)
    sessions.register(app)
    rendering.register(app)
    openid.register(app)
    error_pages.register(app)
    views.register(app)
    api.register(app)
    guards.register(app)
    headers.register(app)
    _trust_proxies(app, held.settings.proxies)
    return app


def _require_data(app: Flask) -> None:
    with app.app_context():
        try:
            require_data(db.engine)
        except PortalError:
            db.engine.dispose()
            raise


def _configure(app: Flask, held: Runtime) -> None:
    url = database_url(held.settings)
    app.jinja_environment = templates.Environment
    app.request_class = requests.PortalRequest
    # `//tra-cuu` is no page, rather than a redirect to whatever host the request names.
    app.url_map.merge_slashes = False
    app.config.update(
        SECRET_KEY=held.instance.secret_key,
        SQLALCHEMY_DATABASE_URI=url,
        # The text of a database error must not repeat what a person typed.
        SQLALCHEMY_ENGINE_OPTIONS={**engine_options(url), "hide_parameters": True},
        BABEL_DEFAULT_LOCALE="vi",
        BABEL_DEFAULT_TIMEZONE="Asia/Ho_Chi_Minh",
        MAX_CONTENT_LENGTH=21 * 1024 * 1024,
        WTF_CSRF_CHECK_DEFAULT=False,  # portal.web.sessions asks for it
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=True,
    )


def _bind_extensions(app: Flask, held: Runtime) -> None:
    db.init_app(app)
    csrf.init_app(app)
    babel.init_app(app)
    htmx.init_app(app)
    with app.app_context():
        configure(db.engine, held.settings.data)


def _spare_the_collector() -> None:
    """What stands now stands for the life of the process, and a request leaves a few thousand short-lived objects:
    looking through them at every 700th costs a lookup an eighth of its time (measured).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)
    atexit.register(gc.unfreeze)  # libraries that count what they leak look at the end


def _trust_proxies(app: Flask, proxies: int) -> None:
    """Believe the address and scheme that exactly so many proxies add; the host stays the one of the request."""
    if proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=0)  # type: ignore[method-assign]
