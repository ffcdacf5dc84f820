"""The transparency log as plain files (c2sp.org/tlog-tiles): checkpoint, tiles, bundles of entries. For everybody."""

from typing import Final

from flask import Blueprint, Response

from portal.errors import NotFound
from portal.services import log as service
from portal.web.guards import public
from portal.web.headers import cacheable
from portal.web.unit_of_work import reading
from verify.errors import MalformedRecord
from verify.log import tiles

# A checkpoint changes with each lock; a tile at its address never does.
_CHECKPOINT_SECONDS: Final = 5
_TILE_SECONDS: Final = 365 * 24 * 3600

blueprint = Blueprint("log", __name__, url_prefix="/log")


@blueprint.get("/checkpoint")
@public
def checkpoint() -> Response:
    """The newest signed checkpoint."""
    with reading() as session:
        note = service.newest_checkpoint(session)
    if note is None:
        raise NotFound
    return cacheable(Response(note, content_type="text/plain; charset=utf-8"), _CHECKPOINT_SECONDS)


@blueprint.get("/tile/<path:path>")
@public
def tile(path: str) -> Response:
    """A tile of hashes, or a bundle of entries."""
    try:
        wanted = tiles.parse_path(f"tile/{path}")
    except MalformedRecord as error:
        raise NotFound from error
    with reading() as session:
        data = (
            service.entries(session, wanted.index, wanted.width)
            if wanted.level is None
            else service.tile(session, wanted.level, wanted.index, wanted.width)
        )
    if data is None:
        raise NotFound
    return cacheable(Response(data, mimetype="application/octet-stream"), _TILE_SECONDS, immutable=True)
