"""Rounds of a school year: the department watches the province and sets the days, a school watches its own window."""

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.errors import NotFound, Problem, Refused
from portal.forms.rounds import RoundForm, WatchQuery, watch_query
from portal.identity import Identity
from portal.presenters import rounds as presenter
from portal.presenters.locks import lock_line
from portal.presenters.problems import sentence
from portal.services import lock_proposals, rehearsal
from portal.services import rounds as service
from portal.web.clock import now
from portal.web.guards import signed_in
from portal.web.rendering import page
from portal.web.unit_of_work import reading, writing

blueprint = Blueprint("rounds", __name__, url_prefix="/chot-du-lieu")


@blueprint.get("")
@signed_in
def listing(identity: Identity) -> Response:
    """What would lock now, what would not and why; for officials also proposals and settings."""
    query = watch_query(request.args)
    official = service.is_official(identity)
    with reading() as session:
        held = service.rounds_of(session, _year(query))
        schools = rehearsal.rehearse(session, identity, held, now())
        years = service.school_years(session, now())
        proposals = lock_proposals.proposals(session, identity, held.school_year, now())
    shown = presenter.present_rounds(years, held, schools, query, now(), official=official)
    lines, lists = [lock_line(each) for each in proposals], rehearsal.may_list(identity)
    return page("rounds/list.html", page=shown, proposals=lines, lists=lists)


@blueprint.get("/hoc-ba")
@signed_in
def records(identity: Identity) -> Response:
    """The records behind a count."""
    query = watch_query(request.args)
    fates = presenter.fates_of(query.fate)
    if fates is None:
        raise NotFound
    with reading() as session:
        held = service.rounds_of(session, _year(query))
        found = rehearsal.records_with(session, identity, held, fates, query.unit or None, query.page, now())
    own = not service.is_official(identity)
    return page("rounds/records.html", page=presenter.present_records(held, fates, found, query, own))


@blueprint.get("/dot/<school_year>/<int:number>")
@signed_in
def setting(identity: Identity, school_year: str, number: int) -> Response:
    """The days of a round and every setting that ever held; officials may set it anew."""
    with reading() as session:
        held = service.rounds_of(session, school_year).of(number)
    form = RoundForm()
    form.last_day.data, form.report_day.data = held.last_day, held.report_day
    return _setting(identity, school_year, number, form)


@blueprint.post("/dot/<school_year>/<int:number>")
@signed_in
def set_round(identity: Identity, school_year: str, number: int) -> AnyResponse:
    """Set a round anew; what held before stays in the history."""
    form = RoundForm(request.form)
    valid, last_day, report_day = form.validate(), form.last_day.data, form.report_day.data
    if valid and last_day is not None and report_day is not None:
        try:
            with writing() as session:
                service.set_round(
                    session,
                    identity,
                    school_year,
                    number,
                    last_day=last_day,
                    report_day=report_day,
                    decision=form.decision.data,
                    now=now(),
                )
        except Refused as refused:
            field = "report_day" if refused.problem is Problem.REPORT_TOO_EARLY else "last_day"
            form.refuse(field, sentence(refused.problem, refused.detail))
        else:
            return redirect(url_for("rounds.setting", school_year=school_year, number=number), 303)
    return _setting(identity, school_year, number, form, status=422)


def _setting(identity: Identity, school_year: str, number: int, form: RoundForm, status: int = 200) -> Response:
    official = service.is_official(identity)
    if status != 200 and not official:
        raise NotFound
    with reading() as session:
        held = service.rounds_of(session, school_year).of(number)
        history = service.history(session, identity, school_year, number)
    shown = presenter.present_round(held, history, now())
    return page("rounds/round.html", status=status, page=shown, form=form, official=official)


def _year(query: WatchQuery) -> str:
    return query.school_year or service.due_year(now())
