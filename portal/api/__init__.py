"""The machine interface `/api/v1` for school software: as the views, but in JSON, with keys instead of sign-in."""

from flask import Blueprint, Flask

from portal.api import admissions, description, packets, problems, records
from portal.api.openapi import BLUEPRINT


def register_routes(app: Flask) -> None:
    """Bind every route of the interface, and make its description."""
    blueprint = Blueprint(BLUEPRINT, __name__, url_prefix="/api/v1")
    for feature in (packets, records, admissions, description):
        feature.bind(blueprint)
    app.register_blueprint(blueprint)
    description.register(app)


def register(app: Flask) -> None:
    """The routes, and errors under /api as problem+json; call after the pages' own error handlers."""
    register_routes(app)
    problems.register(app)
