"""The web's only clock. A request has one moment: everything that it says and writes agrees on it."""

from datetime import UTC, datetime

from flask import Flask, g


def read() -> datetime:
    """The clock itself, in UTC; for what happens outside a request."""
    return datetime.now(UTC)


def now() -> datetime:
    """The moment of the request, in UTC."""
    moment: datetime | None = g.get("moment")
    if moment is None:
        moment = g.moment = read()
    return moment


def register(app: Flask) -> None:
    """Let templates say when a page was made."""
    app.jinja_env.globals["now"] = now
