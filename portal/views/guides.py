"""Help: the one-page guide of each role, the six results of a check, what happens to personal data."""

from flask import Blueprint, Response

from portal.errors import NotFound
from portal.identity import Identity
from portal.presenters.guides import GUIDES, guide_links, present_guide
from portal.services import rounds
from portal.services.custody_days import DayLimits
from portal.services.waiting import Schools, schools_of
from portal.web.clock import now
from portal.web.guards import public, visitor
from portal.web.rendering import page
from portal.web.runtime import runtime
from portal.web.unit_of_work import reading

blueprint = Blueprint("guides", __name__, url_prefix="/huong-dan")


@blueprint.get("")
@visitor
def index(identity: Identity | None) -> Response:
    """Every guide, those of one's own roles first."""
    schools = Schools(primary=False, receiving=False)
    if identity is not None:
        with reading() as session:
            schools = schools_of(session, identity)
    return page("guides/index.html", links=guide_links(identity, schools))


@blueprint.get("/<role>")
@public
def guide(role: str) -> Response:
    """A role's year on one page; the days are those that hold today."""
    found = GUIDES.get(role)
    if found is None:
        raise NotFound
    with reading() as session:
        held = rounds.rounds_of(session, rounds.due_year(now()))
    settings = runtime().settings
    limits = DayLimits(settings.custody_receiving_days, settings.custody_keeping_days)
    return page("guides/guide.html", page=present_guide(found, held, limits), school_year=held.school_year)
