"""Words of the pages. They are written in Vietnamese, which is also the key of any other language's catalogue.

Looking a word up costs more than printing it: flask-babel asks the request for its locale each time, and the status
card has thirty words. While there is no other catalogue, words stand for themselves.
"""

from flask import Flask
from flask_babel import Domain

from portal.extensions import babel


class Source(Domain):  # type: ignore[misc] # flask-babel has no types
    """The language in which the words are written."""

    def gettext(self, text: str, **values: object) -> str:
        return text % values if values else text

    def ngettext(self, one: str, many: str, count: int, **values: object) -> str:
        return self.gettext(one if count == 1 else many, **{"num": count, **values})


def only_the_source(app: Flask) -> bool:
    """Whether there is no other language; then flask-babel hands words back as they are."""
    with app.app_context():
        if len(babel.list_translations()) > 1:
            return False
    babel.domain_instance = words = Source()
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=words.gettext, ngettext=words.ngettext, newstyle=True
    )
    return True
