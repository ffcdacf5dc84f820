"""The transparency log for everybody: plain files (c2sp.org/tlog-tiles) for machines, and a page in words."""

from typing import Final

from flask import Blueprint, Response, request

from portal.errors import NotFound
from portal.presenters.inventory import present_inventory
from portal.presenters.log import present_log
from portal.presenters.timestamps import present_time
from portal.services import inventory, timestamps
from portal.services import log as service
from portal.services.timestamp_overview import stamps_by_number, time_overview
from portal.services.witness_overview import overview
from portal.services.witnesses import without_addresses
from portal.web.clock import now
from portal.web.guards import public
from portal.web.headers import cacheable
from portal.web.rendering import page
from portal.web.runtime import runtime
from portal.web.unit_of_work import reading
from verify.canonical import sha256
from verify.errors import MalformedRecord
from verify.log import fields, notes, policy, tiles

# A checkpoint changes with each lock; a tile at its address never does.
_CHECKPOINT_SECONDS: Final = 5
_TILE_SECONDS: Final = 365 * 24 * 3600
# The list changes once a day, and at once when a record is superseded or revoked.
_STATUS_SECONDS: Final = 300

_TEXT: Final = "text/plain; charset=utf-8"

blueprint = Blueprint("log", __name__)


@blueprint.get("/so-minh-bach")
@public
def overview_page() -> Response:
    """How far the log is, who witnessed it, and what contradicts it."""
    held = runtime()
    keys = held.log_signer.verifiers
    with reading() as session:
        seen = overview(session, held.witnesses, keys[0].name)
        counted = inventory.newest_kept(session)
        time = time_overview(session, held.timestamps, now())
    shown = present_log(seen, tuple(notes.format_vkey(key) for key in keys))
    return page("log/log.html", page=shown, time=present_time(time), inventory=present_inventory(counted, now()))


@blueprint.get("/log/checkpoint")
@public
def checkpoint() -> Response:
    """The newest signed checkpoint, with the lines of the witnesses that signed it so far."""
    with reading() as session:
        return _note(service.newest_checkpoint(session))


@blueprint.get("/log/witnessed")
@public
def witnessed() -> Response:
    """The newest checkpoint that reached the quorum."""
    with reading() as session:
        return _note(service.newest_witnessed(session))


@blueprint.get("/log/policy")
@public
def policy_file() -> Response:
    """Keys of log and witnesses, and the quorum (c2sp.org/tlog-policy): what verifies a receipt offline."""
    held = runtime()
    told = policy.with_logs(without_addresses(held.witnesses), held.log_signer.verifiers)
    return cacheable(Response(policy.render(told), content_type=_TEXT), _CHECKPOINT_SECONDS)


def _note(note: bytes | None) -> Response:
    if note is None:
        raise NotFound
    return cacheable(Response(note, content_type=_TEXT), _CHECKPOINT_SECONDS)


@blueprint.get("/log/status")
@public
def status() -> Response:
    """The newest status list: what holds of every locked record (`verify.status_list`)."""
    with reading() as session:
        return _status(inventory.newest_list(session), _STATUS_SECONDS)


@blueprint.get("/log/status/<day>")
@public
def status_of_day(day: str) -> Response:
    """The first status list of a day in the province, `2026-06-30`; never changes."""
    try:
        wanted = fields.day(day, "day")
    except MalformedRecord as error:
        raise NotFound from error
    with reading() as session:
        return _status(inventory.list_of(session, wanted), _TILE_SECONDS, immutable=True)


def _status(data: bytes | None, seconds: int, *, immutable: bool = False) -> Response:
    if data is None:
        raise NotFound
    response = Response(data, mimetype="application/octet-stream")
    response.set_etag(sha256(data))
    cacheable(response, seconds, immutable=immutable).make_conditional(request)
    return response


@blueprint.get("/log/tile/<path:path>")
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


@blueprint.get("/log/timestamps")
@public
def timestamp_list() -> Response:
    """Every stamp on a line: number, leaves of the checkpoint (or `renewal`), stated time, end, authority."""
    with reading() as session:
        rows = stamps_by_number(session)
    lines = (
        f"{row.number} {row.size or 'renewal'} {row.stamped_at.isoformat()} {row.ends_at.isoformat()} {row.authority}\n"
        for row in rows
    )
    return cacheable(Response("".join(lines), content_type=_TEXT), _CHECKPOINT_SECONDS)


@blueprint.get("/log/timestamps/<int:number>.tsr")
@public
def timestamp(number: int) -> Response:
    """A stamp as it came (RFC 3161): `openssl ts -verify -in N.tsr -data N.data -CAfile …`."""
    with reading() as session:
        return _stamped(timestamps.reply_of(session, number), "application/timestamp-reply")


@blueprint.get("/log/timestamps/<int:number>.data")
@public
def timestamp_subject(number: int) -> Response:
    """The bytes under a stamp: a signed checkpoint, or the list of stamps that a renewal covers."""
    with reading() as session:
        return _stamped(timestamps.subject_of(session, number), "application/octet-stream")


def _stamped(data: bytes | None, kind: str) -> Response:
    if data is None:
        raise NotFound
    return cacheable(Response(data, mimetype=kind), _TILE_SECONDS, immutable=True)
