"""The front door, and what machines ask of every site."""

from typing import Final

from flask import Blueprint, Response, current_app, redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.identity import Identity, StaffRole
from portal.presenters.amendments import waiting_words
from portal.presenters.corrections import news_words
from portal.presenters.family import ChildLine, present_children
from portal.presenters.home import Beside, Desk, present_desk
from portal.presenters.subject_requests import waiting_words as data_words
from portal.presenters.system_state import SystemLine
from portal.services import (
    amendment_pages,
    correction_cases,
    guardians,
    progress,
    rounds,
    school_packets,
    subject_request_pages,
    system_state,
    uploads,
    waiting,
)
from portal.views.system import lines_for
from portal.web.clock import now
from portal.web.guards import public
from portal.web.headers import cacheable
from portal.web.rendering import page
from portal.web.sessions import current_identity
from portal.web.unit_of_work import database_answers, reading

DAY: Final = 24 * 3600
_HIDDEN: Final = ("/t/", "/T/", "/k/", "/K/", "/S/", "/hoc-ba")
ROBOTS: Final = "".join(("User-agent: *\n", *(f"Disallow: {path}\n" for path in _HIDDEN)))

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
@public
def index() -> AnyResponse:
    """Three doors: type a code, scan, check a document. Above them, for staff, the year's work and whose turn it is.

    An auditor and the ministry, who do one thing here, are led to it.
    """
    identity = current_identity()
    elsewhere = _elsewhere(identity)
    if elsewhere is not None:
        return redirect(url_for(elsewhere), 303)
    asked, about_data = waiting_words(_asked(identity)), data_words(_about_data(identity))
    news = news_words(_news(identity))
    return page(
        "home/index.html",
        news=news,
        asked=asked,
        about_data=about_data,
        page=_desk(identity),
        children=_children(identity),
        system=_system(identity),
    )


@blueprint.get("/suc-khoe")
@public
def health() -> Response:
    """For the machine that watches this one: the database answers. A failure is the error page with 503."""
    database_answers()
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/robots.txt")
@public
def robots() -> Response:
    """Search engines stay away from records."""
    return cacheable(Response(ROBOTS, mimetype="text/plain"), DAY)


@blueprint.get("/favicon.ico")
@public
def favicon() -> Response:
    """Browsers ask for it whatever a page says."""
    return cacheable(current_app.send_static_file("favicon.svg"), DAY)


def _elsewhere(identity: Identity | None) -> str | None:
    if identity is None or not progress.watched(identity).nothing:
        return None
    if identity.units_as(StaffRole.AUDITOR):
        return "audit_runs.listing"
    return "reports.listing" if identity.units_as(StaffRole.MINISTRY) else None


def _system(identity: Identity | None) -> tuple[SystemLine, ...]:
    return lines_for(identity) if identity is not None and system_state.is_shown(identity) else ()


def _desk(identity: Identity | None) -> Desk | None:
    if identity is None or progress.watched(identity).nothing:
        return None
    year = rounds.due_year(now())
    with reading() as session:
        counts = progress.summary(session, identity, year)
        head = bool(identity.units_as(StaffRole.HEAD))
        packets = school_packets.school_packets(session, identity, school_year=year) if head else ()
        beside = Beside(
            waiting.schools_of(session, identity),
            packets,
            len(uploads.waiting_uploads(session, identity)),
            waiting.confirmations(session, identity, now()),
        )
        return present_desk(identity, rounds.rounds_of(session, year), counts, beside, now())


def _children(identity: Identity | None) -> tuple[ChildLine, ...]:
    if identity is None or not identity.children:
        return ()
    with reading() as session:
        return present_children(guardians.children_of(session, identity))


def _asked(identity: Identity | None) -> int:
    if identity is None:
        return 0
    with reading() as session:
        return amendment_pages.waiting(session, identity)


def _about_data(identity: Identity | None) -> int:
    if identity is None:
        return 0
    with reading() as session:
        return subject_request_pages.waiting(session, identity)


def _news(identity: Identity | None) -> int:
    if identity is None:
        return 0
    with reading() as session:
        return correction_cases.news(session, identity, now())
