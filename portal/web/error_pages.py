"""What a person sees when something was refused or failed. Words come from presenters; what happened goes to the log.

Unknown and forbidden are one page with one status. The text of an exception is never shown.
"""

from typing import Final

import sqlalchemy as sa
from flask import Flask, Response, current_app
from werkzeug.exceptions import HTTPException, InternalServerError
from werkzeug.exceptions import NotFound as NoSuchPage

from portal.errors import Fault, NotFound, PortalError, Problem
from portal.presenters.problems import ErrorPage, error_page, http_error_page
from portal.web import logs
from portal.web.limits import TooMany
from portal.web.rendering import page
from portal.web.sessions import forget_identity

# What can be repeated soon.
_BUSY_SECONDS: Final = 15
_SPOKEN: Final = frozenset({400, 404, 405, 413, 414, 415, 429, 431, 500, 503})
_REFUSED: Final = 422
_STATUS: Final = {Problem.NOT_LOCKED: 409, Problem.WRONG_STATE: 409, Problem.NOT_ALLOWED: 404}


def register(app: Flask) -> None:
    """Install the handlers."""
    app.register_error_handler(NotFound, _not_found)
    app.register_error_handler(PortalError, _refused)
    app.register_error_handler(Fault, _fault)
    app.register_error_handler(TooMany, _too_many)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(sa.exc.OperationalError, _no_database)
    app.register_error_handler(Exception, _failure)


def _not_found(_error: NotFound) -> Response:
    return _shown(http_error_page(NoSuchPage.code), NoSuchPage.code)


def _refused(error: PortalError) -> Response:
    status = _STATUS.get(error.problem, _REFUSED)
    if status == NoSuchPage.code:
        return _shown(http_error_page(status), status)
    return _shown(error_page(error.problem, error.detail), status)


def _fault(error: Fault) -> Response:
    if error.problem is Problem.BUSY:  # no failure: the line of the request says it
        return _later(error_page(error.problem, error.detail))
    logs.failure(error)
    return _later(http_error_page(503)) if error.passes else _shown(http_error_page(500), 500)


def _later(shown: ErrorPage) -> Response:
    response = _shown(shown, 503)
    response.headers["Retry-After"] = str(_BUSY_SECONDS)
    return response


def _too_many(error: TooMany) -> Response:
    response = _shown(http_error_page(429, seconds=error.seconds), 429)
    response.headers["Retry-After"] = str(error.seconds)
    return response


def _http(error: HTTPException) -> Response | HTTPException:
    status = error.code or InternalServerError.code
    if status < 400:  # a redirect of the router
        return error
    spoken = status if status in _SPOKEN else 400 if status < 500 else 500
    response = _shown(http_error_page(spoken), status)
    # Such as Allow of 405; the answer's own type and length stay.
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    return response


def _no_database(error: sa.exc.OperationalError) -> Response:
    logs.failure(error)
    forget_identity()
    return _later(http_error_page(503))


def _failure(error: Exception) -> Response:
    logs.failure(error)
    forget_identity()
    return _shown(http_error_page(500), 500)


def _shown(shown: ErrorPage, status: int) -> Response:
    try:
        return page("errors/error.html", status=status, page=shown)
    except Exception as error:  # noqa: BLE001 - the last net: no page at all helps nobody
        logs.failure(error)
        return current_app.response_class("Có lỗi của hệ thống. Hãy thử lại sau.\n", status, mimetype="text/plain")
