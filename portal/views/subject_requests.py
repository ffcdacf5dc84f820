"""What families ask about a child's data: the list by age, writing a request, one with its answer, the copy."""

from typing import Final

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.errors import Problem, Refused
from portal.forms.certificates import DeclineForm
from portal.forms.rounds import watch_query
from portal.forms.subject_requests import COPY, GRANT, OBJECT, REFUSE, RESTRICT, AnswerForm, RequestForm
from portal.identity import Identity
from portal.presenters import subject_requests as presenter
from portal.presenters.problems import sentence
from portal.presenters.subject_requests import AskPage
from portal.services import subject_request_pages
from portal.services import subject_requests as service
from portal.services.organisation import day_of
from portal.services.subject_copy import subject_copy
from portal.services.subject_requests import Step, Wish
from portal.web import limits, network
from portal.web.clock import now
from portal.web.guards import signed_in
from portal.web.rendering import page
from portal.web.runtime import runtime
from portal.web.unit_of_work import reading, writing
from portal.web.watch import counting_misses

blueprint = Blueprint("subject_requests", __name__, url_prefix="/yeu-cau-du-lieu")

_KINDS: Final = {COPY: "copy", RESTRICT: "restrict", OBJECT: "object"}
_STEPS: Final = {GRANT: Step.GRANT, REFUSE: Step.REFUSE}
_BESIDE: Final = {Problem.SUBJECT_DAY: "received_on"}


@blueprint.get("")
@signed_in
def listing(identity: Identity) -> Response:
    """Requests within reach, those that wait longest first."""
    with reading() as session:
        found = subject_request_pages.requests(session, identity, watch_query(request.args).page, _days(), now())
    return page("subject_requests/list.html", page=presenter.present_requests(found))


@blueprint.get("/moi/<code>")
@signed_in
def beginning(identity: Identity, code: str) -> Response:
    """Where a guardian, or the school from paper, writes a request."""
    about = _about(identity, code)
    return page("subject_requests/ask.html", page=about, form=_form(None, about))


@blueprint.post("/moi/<code>")
@signed_in
def ask(identity: Identity, code: str) -> AnyResponse:
    """Write it down."""
    limits.spend_check()
    about = _about(identity, code)
    form = _form(request.form, about)
    if form.validate():
        wish = Wish(_KINDS[form.kind.data], form.wish.data or "", form.received)
        try:
            with writing() as session:
                made = service.ask(session, identity, code, wish, network.kept(), now())
        except Refused as refused:
            form.refuse(_BESIDE.get(refused.problem, "kind"), sentence(refused.problem, refused.detail))
        else:
            return redirect(url_for("subject_requests.case", request_id=made), 303)
    return page("subject_requests/ask.html", status=422, page=about, form=form)


@blueprint.get("/<int:request_id>")
@signed_in
def case(identity: Identity, request_id: int) -> Response:
    """One request with its answer; every look is written down."""
    return _case(identity, request_id, AnswerForm(), DeclineForm())


@blueprint.post("/<int:request_id>/tra-loi")
@signed_in
def answer(identity: Identity, request_id: int) -> AnyResponse:
    """Do what was asked, or say why not. Pressed twice, it happens once."""
    form = AnswerForm(request.form)
    if not form.validate():
        return _case(identity, request_id, form, DeclineForm(), status=422)
    with writing() as session:
        service.answer(session, identity, request_id, _STEPS[form.step.data], form.text.data, network.kept(), now())
    return redirect(url_for("subject_requests.case", request_id=request_id), 303)


@blueprint.post("/<int:request_id>/dung")
@signed_in
def end(identity: Identity, request_id: int) -> AnyResponse:
    """Withdraw it, or lift the restriction; with a reason."""
    form = DeclineForm(request.form)
    if not form.validate():
        return _case(identity, request_id, AnswerForm(), form, status=422)
    with writing() as session:
        service.end(session, identity, request_id, form.reason.data, network.kept(), now())
    return redirect(url_for("subject_requests.case", request_id=request_id), 303)


@blueprint.get("/<int:request_id>/du-lieu.json")
@signed_in
def copy(identity: Identity, request_id: int) -> Response:
    """Everything that is held of the child, for machines; each time is written down."""
    with writing() as session:
        data, filename = subject_copy(session, identity, request_id, network.kept(), now())
    response = Response(data, mimetype="application/json")
    response.headers.set("Content-Disposition", "attachment", filename=filename)
    return response


def _about(identity: Identity, code: str) -> AskPage:
    with counting_misses(identity, code), reading() as session:
        found = service.pupil_for(session, identity, code)
    return presenter.present_asking(code, found.full_name, on_paper=found.id not in identity.children)


def _form(given: object, about: AskPage) -> RequestForm:
    return RequestForm(given, day_of(now()), on_paper=about.on_paper)


def _case(
    identity: Identity, request_id: int, answering: AnswerForm, ending: DeclineForm, status: int = 200
) -> Response:
    with writing() as session:
        held = subject_request_pages.request(session, identity, request_id, _days(), network.kept(), now())
    shown = presenter.present_request(held)
    return page("subject_requests/case.html", status=status, page=shown, form=answering, ending=ending)


def _days() -> int:
    return runtime().settings.subject_days
