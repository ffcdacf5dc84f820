"""Each route states who may come. The application does not start when a route says nothing.

The guarantee shows in the view's signature: `signed_in` hands an `Identity`, `visitor` one or None, `public` none,
`api_key` the `KeyHolder` of school software.
Which *records* a person may see is not decided here but by services (`portal.permissions`).
"""

from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from typing import Concatenate, Final, ParamSpec, TypeVar

from flask import Flask, redirect, request, url_for
from werkzeug.wrappers import Response

from portal.identity import Identity
from portal.permissions import ApiScope
from portal.services.api_keys import KeyHolder
from portal.web.api_keys import holder_of_request
from portal.web.sessions import current_identity, takes_no_cookie

_P = ParamSpec("_P")
_R = TypeVar("_R")
_STATIC: Final = "static"
SIGN_IN: Final = "accounts.sign_in_form"


class Guard(StrEnum):
    """Who may come to a route."""

    PUBLIC = "public"
    VISITOR = "visitor"
    SIGNED_IN = "signed_in"
    API_KEY = "api_key"


_stated: dict[Callable[..., object], Guard] = {}
_scopes: dict[Callable[..., object], ApiScope] = {}


def public(view: Callable[_P, _R]) -> Callable[_P, _R]:
    """Anyone; the view does not know who asks."""
    _stated[view] = Guard.PUBLIC
    return view


def visitor(view: Callable[Concatenate[Identity | None, _P], _R]) -> Callable[_P, _R]:
    """Anyone; the view gets the person when one is signed in."""

    @wraps(view)
    def guarded(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        return view(current_identity(), *args, **kwargs)

    _stated[guarded] = Guard.VISITOR
    return guarded


def signed_in(view: Callable[Concatenate[Identity, _P], _R]) -> Callable[_P, _R | Response]:
    """Signed-in people; others are sent to sign in, whatever the page would have answered."""

    @wraps(view)
    def guarded(*args: _P.args, **kwargs: _P.kwargs) -> _R | Response:
        identity = current_identity()
        if identity is None:
            # Without the query: what was searched for is nobody's business on the way.
            back = request.path if request.method == "GET" else None
            return redirect(url_for(SIGN_IN, next=back), 303)
        return view(identity, *args, **kwargs)

    _stated[guarded] = Guard.SIGNED_IN
    return guarded


def api_key(
    scope: ApiScope,
) -> Callable[[Callable[Concatenate[KeyHolder, _P], _R]], Callable[_P, _R]]:
    """School software with a key that has this scope; no cookie is looked at, so no other site can send one along."""

    def decorate(view: Callable[Concatenate[KeyHolder, _P], _R]) -> Callable[_P, _R]:
        @wraps(view)
        def guarded(*args: _P.args, **kwargs: _P.kwargs) -> _R:
            return view(holder_of_request(scope), *args, **kwargs)

        _stated[guarded], _scopes[guarded] = Guard.API_KEY, scope
        takes_no_cookie(guarded)
        return guarded

    return decorate


def scope_of(view: Callable[..., object]) -> ApiScope | None:
    """The scope that a view asks of a key."""
    return _scopes.get(view)


def guard_of(view: Callable[..., object]) -> Guard | None:
    """The guard that a view states."""
    return _stated.get(view)


def register(app: Flask) -> None:
    """Refuse to start when a route has no guard; call after the views are registered."""
    bare = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint != _STATIC and guard_of(app.view_functions[rule.endpoint]) is None
    ]
    if bare:
        raise RuntimeError(f"routes without a guard: {', '.join(sorted(bare))}")
