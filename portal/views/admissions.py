"""Grade 6: the intake list of a school, its results as a file, and the way into the transfer desk."""

from typing import Any, Final

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.datastructures import CombinedMultiDict
from werkzeug.wrappers import Response as AnyResponse

from portal.errors import NotFound
from portal.forms.admissions import IntakeForm
from portal.identity import Identity
from portal.presenters import admissions as presenter
from portal.presenters.admissions import Taken
from portal.presenters.language import say
from portal.services import admissions as service
from portal.services import transfer_intake, transfer_minutes, transfers
from portal.services.admissions import WorkbookRefused
from portal.services.transfer_intake import HandOver
from portal.views.transfers import XLSX
from portal.web import jobs, limits, network
from portal.web.clock import now
from portal.web.guards import signed_in
from portal.web.rendering import page
from portal.web.runtime import runtime
from portal.web.unit_of_work import reading, writing

blueprint = Blueprint("admissions", __name__, url_prefix="/tuyen-sinh-6")

_LAST_GRADE: Final = 5  # of primary school


@blueprint.get("")
@signed_in
def listing(identity: Identity) -> Response:
    """The intake list. `?truong=`: of which of the person's schools."""
    return _listing(identity, _form(identity, None))


@blueprint.post("")
@signed_in
def claim(identity: Identity) -> AnyResponse:
    """Put pupils on the list; lines that led nowhere are told one by one."""
    held = limits.limits()
    held.counters.spend(held.batches, f"account:{identity.account_id}")
    form = _form(identity, CombinedMultiDict((request.files, request.form)))
    if not form.validate():
        return _listing(identity, form, 422)
    data = form.file.data.read() if form.file.data else None
    try:
        lines = service.read_list(runtime().sandbox, form.typed.data or "", data)
    except WorkbookRefused as refused:
        form.refuse("typed" if data is None else "file", refused.message)
        return _listing(identity, form, 422)
    with writing() as session:
        outcomes = service.claim(session, identity, form.school.data, lines, now(), network.kept())
    taken = presenter.present_taken([line.number for line in lines], outcomes)
    if not taken.lines:
        return redirect(url_for("admissions.listing", truong=form.school.data), 303)
    return _listing(identity, form, 422, taken)


@blueprint.post("/<int:claim_id>/bo")
@signed_in
def drop(identity: Identity, claim_id: int) -> AnyResponse:
    """Take a pupil off the list."""
    with writing() as session:
        service.drop(session, identity, claim_id, now())
    return redirect(url_for("admissions.listing"), 303)


@blueprint.get("/ket-qua.xlsx")
@signed_in
def table(identity: Identity) -> Response:
    """What the locked records say, so that nobody types marks again; each look is written down."""
    with writing() as session:
        found = service.results(session, identity, _chosen(identity), now(), network.kept())
    notes = [say(each) for each in presenter.NOTES]
    made = transfer_minutes.table("tuyen-sinh-6", presenter.headings(), presenter.export_rows(found), notes)
    response = Response(made, mimetype=XLSX)
    response.headers.set("Content-Disposition", "attachment", filename="tuyen-sinh-6.xlsx")
    return response


@blueprint.post("/tiep-nhan")
@signed_in
def check(identity: Identity) -> AnyResponse:
    """Hand the whole list over to the transfer desk."""
    held = limits.limits()
    held.counters.spend(held.batches, f"account:{identity.account_id}")
    school = _chosen(identity)
    with writing() as session:
        listed = service.intake_list(session, identity, school, now())
        batch = transfers.begin(session, identity, school, _LAST_GRADE, network.kept(), now())
    given = HandOver((), presenter.desk_lines(listed))
    jobs.send(transfer_intake.receive(runtime().sandbox, writing, batch, given, now()))
    return redirect(url_for("transfers.batch", batch_id=batch), 303)


def _chosen(identity: Identity) -> str:
    """The school that a page is about; raises NotFound for who works for none."""
    with reading() as session:
        schools = service.schools_of(session, identity, now())
    wanted = request.values.get("truong", "")
    if not schools:
        raise NotFound
    return wanted if wanted in schools else next(iter(schools))


def _form(identity: Identity, given: Any) -> IntakeForm:
    with reading() as session:
        schools = service.schools_of(session, identity, now())
    if not schools:
        raise NotFound
    return IntakeForm(given, schools, request.args.get("truong", ""))


def _listing(identity: Identity, form: IntakeForm, status: int = 200, taken: Taken | None = None) -> Response:
    names = dict(form.school.choices)
    school = form.school.data if form.school.data in names else next(iter(names))
    with reading() as session:
        listed = service.intake_list(session, identity, school, now())
    shown = presenter.present_intake(school, names[school], listed, taken)
    return page("admissions/list.html", status=status, page=shown, form=form)
