"""Answers: a shape as JSON, one page of a list, and the answer to a request that may come again."""

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from flask import Response
from sqlalchemy.orm import Session

from portal.api.operations import JSON
from portal.api.problems import MEDIA_TYPE
from portal.api.shapes import PageQuery, Shape
from portal.services import idempotency
from portal.services.idempotency import Ask
from portal.web.clock import now
from portal.web.unit_of_work import reading, writing

_T = TypeVar("_T")

Made = tuple[int, Shape]
REPLAYED: Final = "Idempotency-Replayed"


def reply(shape: Shape, status: int = 200) -> Response:
    """A shape as the body."""
    return _response(idempotency.Answer(status, shape.text()))


def cut(items: Sequence[_T], query: PageQuery) -> tuple[Sequence[_T], dict[str, int]]:
    """One page of a list, and what `Page` says of it; a page beyond the end is empty."""
    first = (query.page - 1) * query.per_page
    pages = max(1, -(-len(items) // query.per_page))
    return items[first : first + query.per_page], {"page": query.page, "pages": pages, "total": len(items)}


def replayed(ask: Ask | None) -> Response | None:
    """The answer given before to the same request, or None. Asked before any work begins."""
    if ask is None:
        return None
    with reading() as session:
        held = idempotency.kept_answer(session, ask, now())
    return None if held is None else _again(held)


def once(ask: Ask | None, work: Callable[[Session], Made]) -> Response:
    """Do the work and keep its answer in one transaction; or, when the same request was quicker, give its answer."""
    with writing() as session:
        if ask is None:
            status, shape = work(session)
            return reply(shape, status)
        held = idempotency.begin(session, ask, now())
        if held is not None:
            return _again(held)
        status, shape = work(session)
        made = idempotency.Answer(status, shape.text())
        idempotency.keep(session, ask, made)
    return _response(made)


def _again(held: idempotency.Answer) -> Response:
    response = _response(held)
    response.headers[REPLAYED] = "true"
    return response


def _response(held: idempotency.Answer) -> Response:
    return Response(held.body, held.status, content_type=MEDIA_TYPE if held.status >= 400 else JSON)
