"""How far a year has come: the province's communes, a commune's schools, a school's classes, the records of a count."""

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from portal.errors import NotFound
from portal.forms.rounds import WatchQuery, watch_query
from portal.identity import Identity, StaffRole
from portal.presenters import progress as presenter
from portal.presenters.language import mark, say
from portal.presenters.rounds import Choice, address
from portal.services import jobs, rounds
from portal.services import progress as service
from portal.services.progress import Counts, Day, Line
from portal.web.clock import now
from portal.web.guards import signed_in
from portal.web.rendering import page
from portal.web.unit_of_work import reading

blueprint = Blueprint("progress", __name__, url_prefix="/tien-do")


@blueprint.get("")
@signed_in
def overview(identity: Identity) -> Response:
    """Counts by state, one level down from where one looks; the chart of all that is within reach."""
    query = watch_query(request.args)
    with reading() as session:
        shown = _overview(session, identity, query, query.school_year or rounds.due_year(now()))
    return page("progress/overview.html", page=shown)


@blueprint.get("/hoc-ba")
@signed_in
def records(identity: Identity) -> Response:
    """The records behind a count of a school or class."""
    query, state = watch_query(request.args), presenter.state_of(request.args.get("ly-do", ""))
    if state is None:
        raise NotFound
    year = query.school_year or rounds.due_year(now())
    with reading() as session:
        found = service.records(session, identity, year, query.unit, query.class_name, state, query.page)
    own = query.unit in identity.units_as(StaffRole.CLERK, StaffRole.HEAD)
    shown = presenter.present_records(found, year, query.unit, query.class_name, state, own=own)
    return page("progress/records.html", page=shown)


def _overview(session: Session, identity: Identity, query: WatchQuery, year: str) -> presenter.ProgressPage:
    held, lists, official = rounds.rounds_of(session, year), service.may_list(identity), rounds.is_official(identity)
    name, up = say(mark("Tiến độ học bạ")), None
    days: tuple[Day, ...] = ()
    if query.unit:
        place = service.classes(session, identity, year, query.unit)
        name, up, lines = place.name, address(presenter.PROGRESS, nam=year, xa=place.parent), place.lines
        what, rows = say(mark("Lớp")), presenter.class_rows(year, place.code, lines, lists=lists)
    elif query.commune:
        place = service.schools(session, identity, year, query.commune, now())
        name, up, lines = place.name, address(presenter.PROGRESS, nam=year), place.lines
        what, rows = say(mark("Trường")), presenter.school_rows(year, lines, lists=lists)
    else:
        lines, days = service.communes(session, identity, year, now()), service.days(session, identity, year)
        what, rows = say(mark("Xã, phường")), presenter.commune_rows(year, lines)
    counts = _together(lines)
    return presenter.ProgressPage(
        school_year=year,
        years=tuple(Choice(each, each, each == year) for each in service.years(session, year)),
        name=name,
        what=what,
        up=up,
        tiles=presenter.tiles(held, counts, now()),
        columns=presenter.columns(),
        rows=rows,
        chart=presenter.chart(held, counts, days, now()),
        queue=presenter.queue_words(*jobs.waiting(session, now())) if official and up is None else None,
    )


def _together(lines: tuple[Line, ...]) -> Counts:
    return sum((line.counts for line in lines), Counts())
