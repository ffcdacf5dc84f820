"""The front door, and what machines ask of every site."""

from typing import Final

from flask import Blueprint, Response, current_app

from portal.web.guards import public
from portal.web.headers import cacheable
from portal.web.rendering import page
from portal.web.unit_of_work import database_answers

DAY: Final = 24 * 3600
ROBOTS: Final = "User-agent: *\nDisallow: /t/\nDisallow: /T/\nDisallow: /hoc-ba\n"

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
@public
def index() -> Response:
    """Three doors: type a code, scan, check a document."""
    return page("home/index.html")


@blueprint.get("/huong-dan")
@public
def help_page() -> Response:
    """Help for each kind of visitor."""
    return page("help/index.html")


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
