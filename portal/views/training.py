"""A training: what it is, and the trainer's button that begins it again. A real portal has no such pages."""

from pathlib import Path

from flask import Blueprint, Response

from portal.errors import NotFound
from portal.identity import Identity
from portal.services import training as service
from portal.web.guards import signed_in, visitor
from portal.web.rendering import page
from portal.web.runtime import runtime

blueprint = Blueprint("training", __name__, url_prefix="/tap-huan")


@blueprint.get("")
@visitor
def about(identity: Identity | None) -> Response:
    """What nobody may take for real, and for trainers the way to begin again."""
    folder = _folder()
    offered = service.is_offered(identity, folder)
    return page("training/about.html", offered=offered, asked=service.is_asked(folder))


@blueprint.post("")
@signed_in
def begin_again(identity: Identity) -> Response:
    """Throw everything away; the portal is back after a moment, with the same logins."""
    service.ask(identity, _folder())
    return page("training/about.html", offered=False, asked=True)


def _folder() -> Path:
    held = runtime()
    if not held.instance.training:
        raise NotFound
    return held.settings.data
