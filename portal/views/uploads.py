"""Bringing a class in: choose the file, watch it being checked, see every fault, confirm, get the receipt."""

from typing import Any, Final

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.datastructures import CombinedMultiDict, MultiDict
from werkzeug.wrappers import Response as AnyResponse

from portal.errors import NotFound
from portal.forms.packets import ConfirmForm, ImportForm, school_years
from portal.identity import Identity
from portal.presenters import mappings as mappings_presenter
from portal.presenters import uploads as presenter
from portal.services import mappings, previews
from portal.services import uploads as service
from portal.services.access import Action, Outcome, record_access
from portal.services.comparison import Kind
from portal.services.uploads import Choice, NewFile
from portal.web import jobs, limits, network
from portal.web.clock import now
from portal.web.guards import signed_in
from portal.web.rendering import VIETNAM, page, wants_fragment
from portal.web.runtime import runtime
from portal.web.unit_of_work import reading, writing
from verify import limits as bounds

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

blueprint = Blueprint("uploads", __name__, url_prefix="/goi-hoc-ba/nhap")


@blueprint.get("")
@signed_in
def choose(identity: Identity) -> Response:
    """Where to choose the file, its school year and grade."""
    return page("packets/choose.html", form=_form(identity, None))


@blueprint.post("")
@signed_in
def receive(identity: Identity) -> AnyResponse:
    """Keep the file and begin its reading; a file that was sent before leads to what became of it."""
    _spend(identity)
    form = _form(identity, CombinedMultiDict((request.files, request.form)))
    if not form.validate():
        return page("packets/choose.html", status=422, form=form)
    data = form.file.data.read(bounds.WORKBOOK_BYTES + 1)
    if len(data) > bounds.WORKBOOK_BYTES:
        form.refuse("file", form.too_large)
        return page("packets/choose.html", status=422, form=form)
    name = form.file.data.filename or ""
    file = NewFile(data, name, form.school.data, form.school_year.data, form.chosen_grade)
    with writing() as session:
        received = service.receive(session, identity, file, now())
    jobs.send(received.job_id)
    if received.packet_id is not None:
        return redirect(url_for("packets.receipt", packet_id=received.packet_id), 303)
    return redirect(url_for("uploads.upload", upload_id=received.upload_id), 303)


@blueprint.get("/<int:upload_id>")
@signed_in
def upload(identity: Identity, upload_id: int) -> AnyResponse:
    """Wherever the file is: being checked, refused, waiting for a person, taken in."""
    with reading() as session:
        found = service.upload_of(session, identity, upload_id)
        head, job = presenter.head_of(found), service.job_of(session, found)
        if found.state == "taken":
            return _ended(url_for("packets.receipt", packet_id=found.packet_id))
        if found.state in ("reading", "taking"):
            shown = presenter.present_progress(job)
            return page("packets/progress.html", fragment="packets/_progress.html", head=head, progress=shown)
        if found.state == "mapping":
            return _ended(url_for("mappings.columns", upload_id=upload_id))
        if wants_fragment():
            return _ended(None)
        if found.state == "read":
            comparison, held = service.compared(session, found)
            report = presenter.present_report(found, job, comparison, held)
            used = mappings_presenter.present_remembered(mappings.used_by(session, found))
            return page("packets/report.html", report=report, head=head, mappings=used)
        return page("packets/closed.html", head=head, page=presenter.present_closed(found))


def _ended(address: str | None) -> AnyResponse:
    """The end of polling: htmx loads the page that comes next; a plain request is sent there."""
    if not wants_fragment():
        return redirect(address or request.path, 303)
    return Response(headers={"HX-Redirect": address} if address else {"HX-Refresh": "true"})


@blueprint.get("/<int:upload_id>/danh-dau.xlsx")
@signed_in
def marked(identity: Identity, upload_id: int) -> Response:
    """The file with every faulty cell marked, to be mended and sent again."""
    with reading() as session:
        found = service.upload_of(session, identity, upload_id)
        comparison, held = service.compared(session, found)
        marks, data = service.marks_of(comparison, held), found.data
    if data is None or held.arrivals:  # an XML packet has no cells to mark
        raise NotFound
    made = service.marked_copy(runtime().sandbox, data, marks)
    return _download(made, XLSX, f"can-sua_{comparison.class_name}.xlsx")


@blueprint.get("/<int:upload_id>/dong/<int:row>.pdf")
@signed_in
def preview(identity: Identity, upload_id: int, row: int) -> Response:
    """One row as the printed form, watermarked."""
    with reading() as session:
        comparison, _held = service.compared(session, service.upload_of(session, identity, upload_id))
    made = previews.preview_of_row(runtime().press, comparison, row)
    response = _download(made.pdf, "application/pdf", made.filename)
    response.headers["Content-Disposition"] = f"inline; filename={made.filename}"
    return response


@blueprint.get("/<int:upload_id>/xac-nhan")
@signed_in
def confirmation(identity: Identity, upload_id: int) -> AnyResponse:
    """What confirming would do; a stored record of which values are shown counts as looked at.

    `?doi=1`: what was seen before is no longer true.
    """
    with writing() as session:
        found = service.upload_of(session, identity, upload_id)
        if found.state != "read":
            return redirect(url_for("uploads.upload", upload_id=upload_id), 303)
        comparison, held = service.compared(session, found)
        for row in comparison.of(Kind.REPLACED):
            record_access(
                session,
                identity=identity,
                action=Action.RECORD_READ,
                transcript_id=row.transcript_id,
                outcome=Outcome.ALLOWED,
                network=network.kept(),
                now=now(),
            )
        shown = presenter.present_confirmation(found, comparison, held)
    return page("packets/confirm.html", page=shown, changed="doi" in request.args)


@blueprint.post("/<int:upload_id>/xac-nhan")
@signed_in
def confirm(identity: Identity, upload_id: int) -> AnyResponse:
    """Take in what was seen; when it is no longer that, show it again. Pressed twice, it happens once."""
    form = ConfirmForm(request.form)
    if not form.validate():
        return redirect(url_for("uploads.confirmation", upload_id=upload_id), 303)
    with writing() as session:
        if service.upload_of(session, identity, upload_id).state != "read":
            return redirect(url_for("uploads.upload", upload_id=upload_id), 303)
        job = service.confirm(session, identity, upload_id, Choice(form.choice.data), form.seen.data, now())
    if job is None:
        return redirect(url_for("uploads.confirmation", upload_id=upload_id, doi=1), 303)
    jobs.send(job)
    return redirect(url_for("uploads.upload", upload_id=upload_id), 303)


@blueprint.post("/<int:upload_id>/lai")
@signed_in
def try_again(identity: Identity, upload_id: int) -> AnyResponse:
    """Begin again what failed on our side."""
    with writing() as session:
        job = service.try_again(session, identity, upload_id, now())
    jobs.send(job)
    return redirect(url_for("uploads.upload", upload_id=upload_id), 303)


@blueprint.post("/<int:upload_id>/bo")
@signed_in
def discard(identity: Identity, upload_id: int) -> AnyResponse:
    """Forget a file that was not taken in."""
    with writing() as session:
        service.discard(session, identity, upload_id, now())
    return redirect(url_for("packets.listing"), 303)


def _spend(identity: Identity) -> None:
    """One file of this person: a whole school sits behind one address, and its day ends at midnight."""
    held = limits.limits()
    held.counters.spend(held.checks, f"account:{identity.account_id}")


def _form(identity: Identity, given: MultiDict[str, Any] | None) -> ImportForm:
    """Raises NotFound for who brings in nothing."""
    with reading() as session:
        schools = service.schools_of(session, identity)
    if not schools:
        raise NotFound
    today = now().astimezone(VIETNAM)
    return ImportForm(given, schools, school_years(today.year, today.month))


def _download(data: bytes, mimetype: str, filename: str) -> Response:
    response = Response(data, mimetype=mimetype)
    response.headers.set("Content-Disposition", "attachment", filename=filename)
    return response
