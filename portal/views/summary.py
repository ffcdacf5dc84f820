"""The page behind the QR of a signed summary. The summary itself is in the fragment, which no browser sends here."""

from pathlib import Path
from typing import Final

from flask import Blueprint, Response, current_app

from portal.errors import NotFound
from portal.identity import Identity
from portal.services import day_kit, summary_lists
from portal.web import offline
from portal.web.clock import now
from portal.web.guards import public, signed_in
from portal.web.headers import cacheable, installable
from portal.web.rendering import page
from portal.web.runtime import runtime
from portal.web.unit_of_work import reading
from verify.code import parse_target
from verify.errors import MalformedRecord

_KEYS_SECONDS: Final = 300
_WORKER_SECONDS: Final = 60
_SCRIPT: Final = "text/javascript; charset=utf-8"

blueprint = Blueprint("summary", __name__)


@blueprint.get("/S/")
@public
def start() -> Response:
    """The page without a code: for a hand-held scanner, and what opens when it was installed."""
    return installable(page("summary/page.html", plain=""))


@blueprint.get("/S/<code>/<print_>")
@public
def check(code: str, print_: str) -> Response:
    """The same page, with the way to the plain card of that code."""
    try:
        target = parse_target(f"/t/{code}/{print_}")
    except MalformedRecord as error:
        raise NotFound from error
    if target.version is None:
        raise NotFound
    plain = f"/t/{target.code}/{target.school_year}.{target.version}"
    return installable(page("summary/page.html", plain=plain))


@blueprint.get(offline.KEYS)
@public
def keys() -> Response:
    """The department's keys, and until when they are believed."""
    held, at = runtime(), now()
    trust = held.trust(at)
    with reading() as session:
        data = summary_lists.key_file(session, held.publisher, trust, at)
    return cacheable(Response(data, mimetype="application/json"), _KEYS_SECONDS)


@blueprint.get("/S/manifest.json")
@public
def manifest() -> Response:
    """What makes the page installable."""
    data = offline.manifest(runtime().instance)
    return cacheable(Response(data, mimetype="application/manifest+json"), _KEYS_SECONDS)


@blueprint.get("/S/worker.js")
@public
def worker() -> Response:
    """The service worker; its scope is this page and nothing else."""
    return cacheable(Response(offline.worker_script(), content_type=_SCRIPT), _WORKER_SECONDS)


@blueprint.get("/tiep-nhan/bo-kiem.zip")
@signed_in
def kit(identity: Identity) -> Response:
    """The day-kit for the school of whoever asks: today's keys and standings, for a counter without a network."""
    static = Path(str(current_app.static_folder))
    with reading() as session:
        made = day_kit.staff_kit(session, identity, runtime().kit_desk(static, now()), now())
    response = Response(day_kit.archived(made), mimetype="application/zip")
    response.headers.set("Content-Disposition", "attachment", filename=f"{made.name}.zip")
    return response
