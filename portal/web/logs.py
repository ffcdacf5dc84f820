"""One line for each request, without code, query, name or full address; and a line for each failure of ours.

A path is logged as its route; of a code the first four characters. Exceptions are logged by type and place: their
texts may hold what a person typed.
"""

import json
import logging
import re
import time
import traceback
from collections.abc import Mapping
from typing import Final

import structlog
from flask import Flask, Response, g, request

from portal.errors import PortalError
from portal.web import network
from portal.web.clock import read
from portal.web.lines import LINES
from portal.web.runtime import runtime

_SHOWN_CHARACTERS: Final = 4
_HEX: Final = re.compile(r"[0-9a-fA-F]{8}")
_FRAMES: Final = 6
# The route of a path that matches none; it is not repeated: a mistyped path may hold a code.
NOWHERE: Final = "-"

_encode: Final = json.JSONEncoder(ensure_ascii=False, default=str).encode


def _as_json(event: object, **_options: object) -> str:
    """One encoder for all lines: making one costs more than using it."""
    return _encode(event)


class _Logger:
    """structlog's way to the lines; nothing of it waits."""

    def __init__(self, *_args: object) -> None:
        pass

    def msg(self, message: str) -> None:
        LINES.now(message)

    debug = info = warning = error = msg


def configure(level: str) -> None:
    """JSON lines on standard error from this level on."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(serializer=_as_json),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=_Logger,
        cache_logger_on_first_use=True,
    )


def register(app: Flask) -> None:
    """Log each request when it is answered."""
    with app.app_context():
        level = runtime().settings.log_level
    configure(level)
    told = level in ("debug", "info")

    def begin() -> None:
        g.began = time.perf_counter()

    def end(response: Response) -> Response:
        if told:
            LINES.later(_encode(_request_line(response.status_code)))
        return response

    # Before the extensions' own steps: the CSRF check reads a whole upload.
    app.before_request_funcs.setdefault(None, []).insert(0, begin)
    app.after_request(end)


def _request_line(status: int) -> dict[str, object]:
    rule = request.url_rule
    return {
        "event": "request",
        "method": request.method,
        "route": rule.rule if rule is not None else NOWHERE,
        "code": _masked_code(request.view_args),
        "status": status,
        "ms": round((time.perf_counter() - g.began) * 1000, 1),
        "network": network.kept(),
        "level": "info",
        "timestamp": read().isoformat(),
    }


def failure(error: BaseException) -> None:
    """Log a failure of ours: what kind, and where in the code."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    structlog.get_logger().error(
        "failure",
        error=type(error).__name__,
        problem=error.problem.value if isinstance(error, PortalError) else None,
        route=request.url_rule.rule if request.url_rule is not None else NOWHERE,
        where=[f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    )


def _masked_code(arguments: Mapping[str, object] | None) -> str | None:
    code = arguments.get("code") if arguments else None
    if not isinstance(code, str):
        return None
    # Whatever else somebody typed there is not repeated.
    return f"{code[:_SHOWN_CHARACTERS]}…" if _HEX.match(code) else "?"
