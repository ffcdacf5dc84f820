"""The published description, for everybody."""

import json
from typing import Final

from flask import Blueprint, Flask, Response, current_app

from portal.api.openapi import document
from portal.api.operations import JSON, Answer, Operation, described
from portal.web.guards import public
from portal.web.headers import cacheable

_NAME: Final = "hocba.openapi"
_SECONDS: Final = 300


def bind(blueprint: Blueprint) -> None:
    """Put the route on the interface."""
    blueprint.add_url_rule("/openapi.json", view_func=openapi)


def register(app: Flask) -> None:
    """Make the description once; a route that is not described stops the start."""
    app.extensions[_NAME] = json.dumps(document(app), ensure_ascii=False)


@described(Operation("Mô tả này (OpenAPI 3.1).", {200: Answer("OpenAPI.")}))
@public
def openapi() -> Response:
    """OpenAPI 3.1 as JSON."""
    held: str = current_app.extensions[_NAME]
    return cacheable(Response(held, content_type=JSON), _SECONDS)
