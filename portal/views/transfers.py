"""The transfer desk: hand over, watch, look at the exceptions, tick them off, take the lists away."""

from typing import Any, Final

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.datastructures import CombinedMultiDict, MultiDict
from werkzeug.wrappers import Response as AnyResponse

from portal.errors import NotFound, Refused
from portal.forms.transfers import HandOverForm
from portal.identity import Identity
from portal.presenters import transfers as presenter
from portal.presenters.language import say
from portal.presenters.problems import sentence
from portal.presenters.transfer_words import not_taken
from portal.services import admissions, transfer_intake, transfer_minutes
from portal.services import transfers as service
from portal.services.transfer_intake import Handed, HandOver, NotTaken
from portal.web import jobs, limits, network
from portal.web.clock import now
from portal.web.guards import signed_in
from portal.web.rendering import page, wants_fragment
from portal.web.runtime import runtime
from portal.web.unit_of_work import reading, writing

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

blueprint = Blueprint("transfers", __name__, url_prefix="/tiep-nhan")


@blueprint.get("")
@signed_in
def choose(identity: Identity) -> Response:
    """Where to hand over, and the person's hand-overs of the last day."""
    return _form_page(identity, _form(identity, None), 200)


@blueprint.post("")
@signed_in
def receive(identity: Identity) -> AnyResponse:
    """Keep what was handed over and begin to check it."""
    held = limits.limits()
    held.counters.spend(held.batches, f"account:{identity.account_id}")
    form = _form(identity, CombinedMultiDict((request.files, request.form)))
    if not form.validate():
        return _form_page(identity, form, 422)
    files = tuple(Handed(each.filename or "", each.stream) for each in form.chosen_files)
    given = HandOver(files, form.typed.data or "")
    try:
        with writing() as session:
            batch = service.begin(session, identity, form.unit.data, form.chosen_grade, network.kept(), now())
        jobs.send(transfer_intake.receive(runtime().sandbox, writing, batch, given, now()))
    except Refused as refused:
        form.refuse("files", sentence(refused.problem, refused.detail))
    except NotTaken as refused:
        form.refuse("files" if refused.file else "typed", not_taken(refused))
    else:
        return redirect(url_for("transfers.batch", batch_id=batch), 303)
    return _form_page(identity, form, 422)


@blueprint.get("/<int:batch_id>")
@signed_in
def batch(identity: Identity, batch_id: int) -> AnyResponse:
    """Wherever the hand-over is: being checked, or answered. `?den=`: the row that gets the keyboard."""
    with reading() as session:
        found = service.batch_of(session, identity, batch_id)
        if found.state != "done":
            shown = presenter.present_progress(found, *service.progress_of(session, found))
            return page("transfers/progress.html", fragment="transfers/_progress.html", progress=shown)
        if wants_fragment():
            return Response(headers={"HX-Refresh": "true"})
        result = presenter.present_batch(found, service.items_of(session, found), request.args.get("den", type=int))
        return page("transfers/result.html", page=result)


@blueprint.post("/<int:batch_id>/dong/<int:position>")
@signed_in
def handle(identity: Identity, batch_id: int, position: int) -> AnyResponse:
    """Tick a row off; leads to the next exception."""
    with writing() as session:
        found = service.batch_of(session, identity, batch_id)
        following = service.handle(session, found, position, now())
    # No fragment: with one, browsers leave the keyboard where it is.
    return redirect(url_for("transfers.batch", batch_id=batch_id, den=following), 303)


@blueprint.get("/<int:batch_id>/ket-qua.xlsx")
@signed_in
def table(identity: Identity, batch_id: int) -> Response:
    """The rows as a table file."""
    with reading() as session:
        found = service.done_batch_of(session, identity, batch_id)
        rows = presenter.export_rows(service.items_of(session, found))
        number, notes = presenter.number_of(found), presenter.export_notes(found)
    made = transfer_minutes.table(number, [say(each) for each in presenter.HEADINGS], rows, notes)
    return _download(made, XLSX, f"{number}.xlsx")


@blueprint.get("/<int:batch_id>/bien-ban.pdf")
@signed_in
def minutes(identity: Identity, batch_id: int) -> Response:
    """The minutes, sealed by the department."""
    with reading() as session:
        found = service.done_batch_of(session, identity, batch_id)
        unit = service.unit_name(session, found)
        url = runtime().instance.url
        told = presenter.present_minutes(found, service.items_of(session, found), unit, identity.display_name, url)
        number = presenter.number_of(found)
    made = transfer_minutes.minutes_pdf(runtime().press, told, now())
    return _download(made, "application/pdf", f"{number}.pdf")


@blueprint.post("/<int:batch_id>/lai")
@signed_in
def try_again(identity: Identity, batch_id: int) -> AnyResponse:
    """Go on where work ended on our side."""
    with writing() as session:
        job = service.try_again(session, service.batch_of(session, identity, batch_id), now())
    jobs.send(job)
    return redirect(url_for("transfers.batch", batch_id=batch_id), 303)


@blueprint.post("/<int:batch_id>/bo")
@signed_in
def discard(identity: Identity, batch_id: int) -> AnyResponse:
    """Forget a hand-over."""
    with writing() as session:
        service.discard(session, service.batch_of(session, identity, batch_id), now())
    return redirect(url_for("transfers.choose"), 303)


def _form(identity: Identity, given: MultiDict[str, Any] | None) -> HandOverForm:
    """Raises NotFound for who checks no transfers."""
    with reading() as session:
        units = service.units_of(session, identity)
    if not units:
        raise NotFound
    return HandOverForm(given, units)


def _form_page(identity: Identity, form: HandOverForm, status: int) -> Response:
    with reading() as session:
        mine = [presenter.present_line(each) for each in service.batches_of(session, identity)]
        admits = bool(admissions.schools_of(session, identity, now()))
    return page("transfers/choose.html", status=status, form=form, mine=mine, admits=admits)


def _download(data: bytes, mimetype: str, filename: str) -> Response:
    response = Response(data, mimetype=mimetype)
    response.headers.set("Content-Disposition", "attachment", filename=filename)
    return response
