"""Requests to put a record right: the list, writing one, one with its steps, and the answers."""

from typing import Any, Final

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.datastructures import CombinedMultiDict
from werkzeug.wrappers import Response as AnyResponse

from portal.errors import Problem, Refused
from portal.forms.amendments import AmendmentForm, AnswerForm, EndForm
from portal.forms.rounds import watch_query
from portal.identity import Identity
from portal.presenters import amendments as presenter
from portal.presenters.problems import sentence
from portal.services import amendment_pages
from portal.services import amendments as service
from portal.services.amendment_cells import askable
from portal.services.amendment_steps import Act
from portal.services.amendments import Asked, Subject
from portal.services.papers import FILE_BYTES
from portal.web import limits, network
from portal.web.clock import now
from portal.web.guards import signed_in
from portal.web.rendering import page
from portal.web.runtime import runtime
from portal.web.unit_of_work import reading, writing
from portal.web.watch import counting_misses

blueprint = Blueprint("amendments", __name__, url_prefix="/yeu-cau-sua")
# Refusals that stand beside another field than that of the cell which they name.
_BESIDE: Final = {Problem.AMENDMENT_FILE: "file", Problem.AMENDMENT_CELLS: "cell_1"}


@blueprint.get("")
@signed_in
def listing(identity: Identity) -> Response:
    """Requests about records within reach, those that wait before those that ended."""
    with reading() as session:
        found = amendment_pages.requests(session, identity, watch_query(request.args).page, _days(), now())
    return page("amendments/list.html", page=presenter.present_requests(found))


@blueprint.get("/moi/<code>")
@signed_in
def beginning(identity: Identity, code: str) -> Response:
    """The form with the cells of one year as they stand. `?nam=`: which; without it the newest."""
    return _asking(_subject(identity, code, request.args.get("nam")), None)


@blueprint.post("/moi/<code>")
@signed_in
def ask(identity: Identity, code: str) -> AnyResponse:
    """Write a request down."""
    limits.spend_check()
    given: Any = CombinedMultiDict((request.files, request.form))
    found = _subject(identity, code, request.form.get("school_year"))
    form = AmendmentForm(given, presenter.cell_choices(askable(found.record)))
    if not form.validate():
        return _asking(found, form)
    try:
        with writing() as session:
            made = service.ask(session, identity, code, _asked(form), now())
    except Refused as refused:
        cell = form.row_of(refused.detail.get("cell", ""))
        form.refuse(_BESIDE.get(refused.problem, cell), sentence(refused.problem, refused.detail))
        return _asking(found, form)
    return redirect(url_for("amendments.case", amendment_id=made), 303)


@blueprint.get("/<int:amendment_id>")
@signed_in
def case(identity: Identity, amendment_id: int) -> Response:
    """One request with its steps; every look is written down."""
    return _case(identity, amendment_id, EndForm())


@blueprint.post("/<int:amendment_id>/dong-y")
@signed_in
def accept(identity: Identity, amendment_id: int) -> AnyResponse:
    """The school takes it up: its next upload says so. Pressed twice, it happens once."""
    form = AnswerForm(request.form)
    if not form.validate():
        raise Refused(Problem.AMENDMENT_MOVED)
    with writing() as session:
        service.take(session, identity, amendment_id, Act.ACCEPT, form.seen.data, "", now())
    return redirect(url_for("amendments.case", amendment_id=amendment_id), 303)


@blueprint.post("/<int:amendment_id>/tu-choi")
@signed_in
def refuse(identity: Identity, amendment_id: int) -> AnyResponse:
    """The school refuses before the lock; with a reason."""
    return _end(identity, amendment_id, Act.REFUSE)


@blueprint.post("/<int:amendment_id>/so-tu-choi")
@signed_in
def decline(identity: Identity, amendment_id: int) -> AnyResponse:
    """The department refuses after the lock; with a reason."""
    return _end(identity, amendment_id, Act.DECLINE)


@blueprint.post("/<int:amendment_id>/rut")
@signed_in
def withdraw(identity: Identity, amendment_id: int) -> AnyResponse:
    """Who asked takes it back; with a reason."""
    return _end(identity, amendment_id, Act.WITHDRAW)


def _end(identity: Identity, amendment_id: int, act: Act) -> AnyResponse:
    form = EndForm(request.form)
    if not form.validate():
        return _case(identity, amendment_id, form, status=422)
    with writing() as session:
        service.take(session, identity, amendment_id, act, form.seen.data, form.reason.data, now())
    return redirect(url_for("amendments.case", amendment_id=amendment_id), 303)


def _case(identity: Identity, amendment_id: int, form: EndForm, status: int = 200) -> Response:
    with writing() as session:
        held = amendment_pages.request(session, identity, amendment_id, _days(), now(), network.kept())
    shown = presenter.present_request(held, staff=bool(identity.appointments))
    return page("amendments/case.html", status=status, page=shown, form=form)


def _subject(identity: Identity, code: str, school_year: str | None) -> Subject:
    with counting_misses(identity, code), reading() as session:
        return service.subject(session, identity, code, school_year)


def _asking(found: Subject, form: AmendmentForm | None) -> Response:
    status = 200 if form is None else 422
    shown = form if form is not None else AmendmentForm(None, presenter.cell_choices(askable(found.record)))
    shown.seen.data, shown.school_year.data = found.version.version, found.school_year
    return page("amendments/ask.html", status=status, page=presenter.present_subject(found), form=shown)


def _asked(form: Any) -> Asked:
    """A request as typed; of a file only its digest is kept, and one that is too large is refused by the service."""
    file = form.file.data
    return Asked(
        school_year=form.school_year.data,
        seen=form.seen.data,
        cells=form.asked,
        reason=form.reason.data,
        evidence=form.evidence.data,
        file=file.read(FILE_BYTES + 1) if file and file.filename else None,
    )


def _days() -> int:
    return runtime().settings.amendment_days
