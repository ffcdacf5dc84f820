"""Errors as problem+json (RFC 9457): one function for whatever goes wrong under /api, also before a route is found.

The text of an exception is never shown; what happened goes to the log. Unknown and foreign are one answer.
"""

from collections.abc import Sequence
from functools import singledispatch
from typing import Final, cast

import sqlalchemy as sa
from flask import Flask, Response, request
from flask.typing import ErrorHandlerCallable
from werkzeug.exceptions import HTTPException

from portal.api.shapes import FieldError, Problem
from portal.api.words import HIDDEN, STATUS, WORDS, ApiCode
from portal.errors import Fault, PortalError
from portal.errors import Problem as PortalProblem
from portal.presenters import problems as words
from portal.presenters import refusals
from portal.presenters.language import mark, say
from portal.web import logs
from portal.web.limits import TooMany
from portal.workbooks.refusals import WorkbookRefused
from verify.errors import VerifyError

PREFIX: Final = "/api/"
MEDIA_TYPE: Final = "application/problem+json"
_BUSY_SECONDS: Final = 15
_UNPROCESSABLE: Final = 422
_UNREADABLE: Final = mark("Không đọc được tệp")
_BY_STATUS: Final = {
    404: ApiCode.NO_SUCH_ADDRESS,
    405: ApiCode.METHOD_NOT_ALLOWED,
    413: ApiCode.BODY_TOO_LARGE,
    415: ApiCode.UNSUPPORTED_MEDIA_TYPE,
}


class InvalidParameters(Exception):
    """What came beside the body, or its parts, is not as described. errors: one for each parameter."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__(f"{len(errors)} errors")
        self.errors = tuple(errors)


def register(app: Flask) -> None:
    """Answer errors under /api here; the pages' own handlers keep the rest. Call after those are registered."""
    for kind, page in list(app.error_handler_spec[None][None].items()):
        app.register_error_handler(kind, _by_path(page))


def problem(code: ApiCode, **more: object) -> Problem:
    """The answer of one of this interface's own codes. more: `errors`, `rows`."""
    held = WORDS[code]
    return _made(code.value, held.status, say(held.title), say(held.detail), **more)


def workbook_problem(refused: WorkbookRefused) -> Problem:
    """Why a workbook as a whole is not read."""
    return _made(refused.problem.value, _UNPROCESSABLE, say(_UNREADABLE), refused.message)


def unreadable_problem(refused: VerifyError) -> Problem:
    """Why the core does not read some bytes."""
    return _made(refused.refusal.value, _UNPROCESSABLE, say(_UNREADABLE), refusals.refusal_sentence(refused))


def respond(held: Problem, **headers: str) -> Response:
    """Send it. headers: with underscores for hyphens."""
    response = Response(held.text(), held.status, content_type=MEDIA_TYPE)
    for name, value in headers.items():
        response.headers[name.replace("_", "-")] = value
    return response


def _by_path(page: ErrorHandlerCallable) -> ErrorHandlerCallable:
    def handle(error: Exception) -> object:
        return answer(error) if request.path.startswith(PREFIX) else page(error)

    return cast(ErrorHandlerCallable, handle)


@singledispatch
def answer(error: Exception) -> Response | HTTPException:
    """What is answered to an error of any kind; what nobody foresaw is a mistake of ours."""
    logs.failure(error)
    return respond(problem(ApiCode.INTERNAL_ERROR))


@answer.register
def _parameters(error: InvalidParameters) -> Response:
    return respond(problem(ApiCode.INVALID_PARAMETERS, errors=error.errors))


@answer.register
def _too_many(error: TooMany) -> Response:
    return respond(problem(ApiCode.TOO_MANY_REQUESTS), Retry_After=str(error.seconds))


@answer.register
def _workbook(error: WorkbookRefused) -> Response:
    return respond(workbook_problem(error))


@answer.register
def _bytes(error: VerifyError) -> Response:
    return respond(unreadable_problem(error))


@answer.register
def _fault(error: Fault) -> Response:
    if error.problem is not PortalProblem.BUSY:
        logs.failure(error)
    return _busy() if error.passes else respond(problem(ApiCode.INTERNAL_ERROR))


@answer.register(sa.exc.OperationalError)
@answer.register(sa.exc.IntegrityError)
def _database(error: sa.exc.DBAPIError) -> Response:
    """Not there, or two that wrote the same at once: the second finds the first's when it comes again."""
    logs.failure(error)
    return _busy()


@answer.register
def _refused(error: PortalError) -> Response:
    if error.problem in HIDDEN:
        return respond(problem(ApiCode.NOT_FOUND))
    status = STATUS.get(error.problem)
    if status is None:
        logs.failure(error)
        return respond(problem(ApiCode.INTERNAL_ERROR))
    title = words.error_page(error.problem, error.detail).title
    made = _made(error.problem.value, status, title, words.sentence(error.problem, error.detail))
    return respond(made, WWW_Authenticate=_challenge(error.problem)) if status == 401 else respond(made)


def _challenge(found: PortalProblem) -> str:
    """RFC 6750 §3: a request without any key is told no error."""
    reason = "" if found is PortalProblem.API_KEY_MISSING else ', error="invalid_token"'
    return f'Bearer realm="hocba"{reason}'


@answer.register
def _http(error: HTTPException) -> Response | HTTPException:
    status = error.code or 500
    if status < 400:  # a redirect of the router
        return error
    if status >= 500:
        logs.failure(error)
        return respond(problem(ApiCode.INTERNAL_ERROR))
    response = respond(problem(_BY_STATUS.get(status, ApiCode.BAD_REQUEST)))
    for name, value in error.get_headers():
        if name.lower() == "allow":
            response.headers[name] = value
    return response


def _busy() -> Response:
    return respond(problem(ApiCode.BUSY), Retry_After=str(_BUSY_SECONDS))


def _made(code: str, status: int, title: str, detail: str, **more: object) -> Problem:
    return Problem.model_validate(
        {
            "type": f"urn:hocba:problem:{code}",
            "title": title,
            "status": status,
            "detail": detail,
            "code": code,
            **more,
        }
    )
