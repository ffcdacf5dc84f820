"""Transfer of custody: what waits for whom, an application, the answers of both heads, pupils who left."""

from typing import Any, Final

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.errors import NotFound, Problem, Refused
from portal.forms.certificates import DeclineForm
from portal.forms.custody import GUARDIAN, PARENT, AgreeForm, ApplicationForm, LeavingForm
from portal.forms.exchange import AnswerForm
from portal.forms.rounds import watch_query
from portal.identity import Identity
from portal.presenters import custody as presenter
from portal.presenters.exchange import present_departure
from portal.presenters.problems import sentence
from portal.services import custody as service
from portal.services import custody_pages, exchange_departures
from portal.services.custody import Application
from portal.services.custody_days import DayLimits
from portal.services.organisation import day_of
from portal.web import limits, network
from portal.web.clock import now
from portal.web.guards import signed_in
from portal.web.rendering import page
from portal.web.runtime import runtime
from portal.web.unit_of_work import reading, writing
from verify.code import parse_target
from verify.errors import MalformedRecord

blueprint = Blueprint("custody", __name__, url_prefix="/chuyen-truong")

_APPLICANTS: Final = {PARENT: "parent", GUARDIAN: "guardian"}
# Which field of the form a refusal from deeper down stands beside.
_BESIDE: Final = {Problem.CUSTODY_DAY: "applied_on", Problem.UNIT_CLOSED: "school"}


@blueprint.get("")
@signed_in
def listing(identity: Identity) -> Response:
    """Requests of the school, or of the province, and pupils who left for nobody knows where."""
    return _listing(identity, LeavingForm(None, day_of(now())))


@blueprint.get("/moi")
@signed_in
def beginning(identity: Identity) -> Response:
    """Where the receiving school writes an application down."""
    return page("custody/request.html", form=_form(identity, None))


@blueprint.post("/moi")
@signed_in
def begin(identity: Identity) -> AnyResponse:
    """Write it down. The birth date beside the code is a guess like any other: counted, and told as unknown."""
    limits.spend_check()
    form = _form(identity, request.form)
    wanted = _application(form) if form.validate() else None
    if wanted is not None:
        try:
            made = _begin(identity, form, wanted)
        except (MalformedRecord, NotFound):
            limits.spend_miss()
            form.refuse("code", sentence(Problem.NOT_FOUND, {}))
        except Refused as refused:
            form.refuse(_BESIDE.get(refused.problem, "code"), sentence(refused.problem, refused.detail))
        else:
            return redirect(url_for("custody.case", request_id=made), 303)
    return page("custody/request.html", status=422, form=form)


@blueprint.get("/<int:request_id>")
@signed_in
def case(identity: Identity, request_id: int) -> Response:
    """One request with the next step; every look is written down."""
    return case_page(identity, request_id, DeclineForm())


@blueprint.post("/<int:request_id>/dong-y")
@signed_in
def agree(identity: Identity, request_id: int) -> AnyResponse:
    """The head whose turn it is agrees. Pressed twice, it happens once."""
    form = AgreeForm(request.form)
    if not form.validate():
        raise NotFound
    with writing() as session:
        service.agree(session, identity, request_id, form.seen.data, now())
    return redirect(url_for("custody.case", request_id=request_id), 303)


@blueprint.post("/<int:request_id>/dong")
@signed_in
def end(identity: Identity, request_id: int) -> AnyResponse:
    """Refuse, withdraw or close; with a reason."""
    form = DeclineForm(request.form)
    if not form.validate():
        return case_page(identity, request_id, form, status=422)
    with writing() as session:
        service.end(session, identity, request_id, form.reason.data, now())
    return redirect(url_for("custody.case", request_id=request_id), 303)


@blueprint.post("/chua-ro-noi-den")
@signed_in
def leave(identity: Identity) -> AnyResponse:
    """The school writes down that a pupil left and nobody knows where to."""
    form = LeavingForm(request.form, day_of(now()))
    valid, left_on = form.validate(), form.left_on.data
    if valid and left_on is not None:
        try:
            code = parse_target(form.code.data).code
            with writing() as session:
                service.leave(session, identity, code, left_on, now())
        except (MalformedRecord, NotFound):
            limits.spend_miss()
            form.refuse("code", sentence(Problem.NOT_FOUND, {}))
        except Refused as refused:
            beside = "left_on" if refused.problem is Problem.CUSTODY_DAY else "code"
            form.refuse(beside, sentence(refused.problem, refused.detail))
        else:
            return redirect(url_for("custody.listing"), 303)
    return _listing(identity, form, status=422)


@blueprint.post("/chua-ro-noi-den/<int:leaving_id>/hoc-lai")
@signed_in
def came_back(identity: Identity, leaving_id: int) -> AnyResponse:
    """The pupil is back, or the note was wrong."""
    with writing() as session:
        service.came_back(session, identity, leaving_id, now())
    return redirect(url_for("custody.listing"), 303)


def _application(form: ApplicationForm) -> Application | None:
    applied_on, starts_on = form.applied_on.data, form.starts_on.data
    if applied_on is None or starts_on is None:
        return None
    applicant = _APPLICANTS[form.applicant.data]
    return Application(form.school.data, applicant, applied_on, starts_on, form.reason.data)


def _begin(identity: Identity, form: ApplicationForm, wanted: Application) -> int:
    code, born = parse_target(form.code.data).code, form.birth_date.data
    if born is None:
        raise NotFound
    with writing() as session:
        pupil = service.identify(session, identity, code, born, now(), network.kept())
    if pupil is None:  # after the transaction: that somebody tried stays written
        raise Refused(Problem.CUSTODY_GUESSES)
    with writing() as session:
        return service.request(session, identity, pupil, wanted, now())


def _listing(identity: Identity, form: LeavingForm, status: int = 200) -> Response:
    with reading() as session:
        found = custody_pages.cases(session, identity, watch_query(request.args).page, _limits(), now())
        schools = service.schools_of(session, identity, now())
    shown = presenter.present_cases(found)
    return page("custody/list.html", status=status, page=shown, form=form, asks=bool(schools))


def case_page(
    identity: Identity, request_id: int, form: DeclineForm, answer: AnswerForm | None = None, status: int = 200
) -> Response:
    """One request, and what goes to another installation beside it. answer: the file that came back."""
    with writing() as session:
        held = custody_pages.case(session, identity, request_id, _limits(), now(), network.kept())
        departure = exchange_departures.view(session, identity, request_id)
    away = present_departure(departure, request_id) if departure is not None else None
    shown = presenter.present_case(held)
    return page("custody/case.html", status=status, page=shown, form=form, away=away, answer=answer or AnswerForm())


def _form(identity: Identity, given: Any) -> ApplicationForm:
    """Raises NotFound for who acts for no school."""
    with reading() as session:
        schools = service.schools_of(session, identity, now())
    if not schools:
        raise NotFound
    return ApplicationForm(given, schools, day_of(now()))


def _limits() -> DayLimits:
    held = runtime().settings
    return DayLimits(held.custody_receiving_days, held.custody_keeping_days)
