"""Words of the pages. They are written in Vietnamese, which is also the key of the English catalogue.

Looking a word up costs more than printing it, and the status card has thirty words. So each language has a Jinja
environment of its own, in which words are settled when a template is compiled (`portal.web.templates`): a page in
English costs what one in Vietnamese does, and nobody without a cookie is asked for a language.
"""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from babel.messages.pofile import read_po
from flask import Flask, redirect, request
from flask_babel import Domain
from werkzeug.wrappers import Response

from portal.extensions import babel
from portal.language import ENGLISH, VIETNAMESE, is_translated, say, speak
from portal.web.sessions import cookie_name, set_cookie

CATALOGUE: Final = Path(__file__).parents[2] / "translations" / ENGLISH / "LC_MESSAGES" / "messages.po"
LANGUAGES: Final = (VIETNAMESE, ENGLISH)
_COOKIE: Final = "hocba-language"
_CHOICE: Final = "ngon-ngu"
# A path of ours, without a host.
_OWN_PATH: Final = re.compile(r"/(?![/\\])[^\\]*")
_YEAR_SECONDS: Final = 365 * 24 * 3600
# Machines read these in one language; and a document has one wording, whoever asks for it.
_MACHINES: Final = ("/api/", "/log/")
_DOCUMENTS: Final = (".pdf", ".xlsx", ".csv", ".json", ".zip")


class Source(Domain):  # type: ignore[misc] # flask-babel has no types
    """What libraries ask for words: the reader's language as `portal.language` knows it."""

    def gettext(self, text: str, **values: object) -> str:
        said = say(text)
        return said % values if values else said

    def ngettext(self, one: str, many: str, count: int, **values: object) -> str:
        return self.gettext(one if count == 1 else many, **{"num": count, **values})


@cache
def catalogue() -> Mapping[str, str]:
    """English by Vietnamese; read when the first reader asks for it. What is not translated is not there."""
    with CATALOGUE.open("rb") as file:
        held = read_po(file, locale=ENGLISH)
    return {str(each.id): str(each.string) for each in held if each.id and each.string and not each.fuzzy}


def english(text: str) -> str:
    """A sentence in English; Vietnamese where nobody translated it yet."""
    return catalogue().get(text, text)


def chosen() -> str:
    """The language of this request."""
    return ENGLISH if is_translated() else VIETNAMESE


def register(app: Flask) -> None:
    """Give flask-babel and Jinja our words, and listen to the reader's choice before anything else speaks."""
    babel.domain_instance = words = Source()
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=words.gettext, ngettext=words.ngettext, newstyle=True
    )
    # Behind the log's beginning, in front of whatever may refuse.
    app.before_request_funcs.setdefault(None, []).insert(1, _listen)
    app.teardown_request(lambda _error: speak(None))


def _listen() -> Response | None:
    if request.method == "POST" and _CHOICE in request.args:
        return _choose(request.args[_CHOICE])
    speak(english if _wants_english() else None)
    return None


def _choose(language: str) -> Response:
    """Remember a choice in the browser and show the same page again.

    The button posts to the page on which it stands, whatever that is, and brings no token of a form: a page says
    nothing of its own address, public pages need no cookie, and another site gains nothing by the choice.
    """
    path = request.path if _OWN_PATH.fullmatch(request.path) else "/"
    response = redirect(path, 303)
    if language in LANGUAGES:
        set_cookie(response, _COOKIE, language, _YEAR_SECONDS)
    return response


def _wants_english() -> bool:
    if "Cookie" not in request.headers:
        return False
    if request.path.startswith(_MACHINES) or request.path.endswith(_DOCUMENTS):
        return False
    return request.cookies.get(cookie_name(_COOKIE)) == ENGLISH
