"""Pages and fragments: a strict Jinja environment, our words and formats, static files under an address for ever.

Pages are rendered without Flask's context processors: whatever templates may use is listed in `register`, so a page
that asks for nothing costs nothing.
"""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from flask import Flask, Response, current_app, request
from flask.templating import Environment as FlaskEnvironment
from jinja2 import StrictUndefined
from whitenoise import WhiteNoise

from portal.language import ENGLISH, VIETNAMESE
from portal.presenters.language import day_words, moment_words
from portal.settings import Instance
from portal.web import language, notices
from portal.web.runtime import runtime
from portal.web.sessions import identity
from portal.web.templates import Environment, Settled

VIETNAM: Final = ZoneInfo("Asia/Ho_Chi_Minh")
_STATIC_SECONDS: Final = 60
_HTML: Final = "text/html; charset=utf-8"
_VERSION_CHARACTERS: Final = 12
_ENGLISH: Final = "hocba-english"


def page(template: str, *, fragment: str | None = None, status: int = 200, **values: object) -> Response:
    """A whole page; or, when htmx asks and the page has one, the fragment that the page itself includes."""
    environment = current_app.jinja_env if language.chosen() == VIETNAMESE else _english_environment()
    wanted = template
    if fragment is not None and wants_fragment():
        wanted = fragment
    html = environment.get_template(wanted).render(values)
    response = current_app.response_class(html.encode(), status, content_type=_HTML)
    if fragment is not None:
        response.vary.add("HX-Request")
    return response


def wants_fragment() -> bool:
    """Whether htmx asks for a part of a page; a boosted link and a restored history entry want it whole."""
    htmx = request.htmx  # type: ignore[attr-defined]
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


@lru_cache(maxsize=4096)  # a class is locked at one moment, and its cards are looked up together
def day(value: date) -> str:
    """A day as it is written here: 31/05/2026. A moment counts in the province's time."""
    local = value.astimezone(VIETNAM) if isinstance(value, datetime) else value
    return f"{local.day:02}/{local.month:02}/{local.year}"


def moment(value: datetime) -> str:
    """A moment in the province's time: 14:05 ngày 31/05/2026."""
    local = value.astimezone(VIETNAM)
    return f"{local.hour:02}:{local.minute:02} ngày {local.day:02}/{local.month:02}/{local.year}"


def register(app: Flask) -> None:
    """Set the environment up; call after the extensions are bound."""
    environment = app.jinja_env
    environment.undefined = StrictUndefined
    environment.trim_blocks = environment.lstrip_blocks = True
    environment.auto_reload = False
    environment.filters.update(day=day, moment=moment)
    with app.app_context():
        instance = _without_secret(runtime().instance)
    asset = _serve_static(app)
    environment.globals.update(
        identity=identity, unread=notices.unread, instance=instance, asset=asset, language=VIETNAMESE
    )
    language.register(app)
    if isinstance(environment, Environment):
        environment.settled = Settled(str, VIETNAMESE, instance, asset)


def _english_environment() -> FlaskEnvironment:
    """The same templates with English words settled in them; made when the first reader asks."""
    app = current_app
    made: FlaskEnvironment | None = app.extensions.get(_ENGLISH)
    if made is None:
        made = app.jinja_env.overlay()
        made.globals = dict(made.globals)
        made.filters = {**made.filters, "day": day_words, "moment": moment_words}
        if isinstance(made, Environment) and made.settled is not None:
            made.settled = replace(made.settled, words=language.english, language=ENGLISH)
        app.extensions[_ENGLISH] = made
    return made


def _without_secret(instance: Instance) -> Instance:
    return instance.model_copy(update={"secret_key": ""})  # nosec B105


def _serve_static(app: Flask) -> Callable[[str], str]:
    """Serve the static folder; one digest over all of it stands in the address, so files never go stale."""
    folder = Path(str(app.static_folder))
    version = _digest_of(folder)
    versioned = f"/static/{version}/"
    server = WhiteNoise(
        app.wsgi_app,
        max_age=_STATIC_SECONDS,
        allow_all_origins=False,
        immutable_file_test=lambda _path, url: url.startswith(versioned),
    )
    if folder.is_dir():
        server.add_files(str(folder), prefix=versioned)
        server.add_files(str(folder), prefix="/static/")
    app.wsgi_app = server  # type: ignore[method-assign]
    known = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}

    def asset(name: str) -> str:
        if name not in known:
            raise LookupError(f"no static file {name}")
        return versioned + name

    return asset


def _digest_of(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:_VERSION_CHARACTERS]
