"""Units from a workbook: the file, what it would do row by row, the confirmation."""

from typing import Final

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.datastructures import CombinedMultiDict
from werkzeug.wrappers import Response as AnyResponse

from portal.errors import NotFound, Refused
from portal.forms.organisation import UnitFileForm
from portal.identity import Identity
from portal.presenters import unit_imports as presenter
from portal.presenters.problems import sentence
from portal.presenters.refusals import refusal_sentence
from portal.services import unit_imports as service
from portal.views.organisation import actor
from portal.views.proof import fresh
from portal.web.clock import now
from portal.web.guards import signed_in
from portal.web.rendering import page
from portal.web.runtime import runtime
from portal.web.unit_of_work import reading, writing
from verify import limits as bounds
from verify.errors import VerifyError

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

blueprint = Blueprint("unit_imports", __name__, url_prefix="/to-chuc")


@blueprint.get("/nhap")
@signed_in
def choose(identity: Identity) -> Response:
    """Where to choose the file."""
    service.require_may_import(identity)
    return page("organisation/import.html", form=UnitFileForm())


@blueprint.post("/nhap")
@signed_in
def receive(identity: Identity) -> AnyResponse:
    """Read the file in a child, try it, and keep it with what it came to."""
    service.require_may_import(identity)
    form = UnitFileForm(CombinedMultiDict((request.files, request.form)))
    if not form.validate():
        return page("organisation/import.html", status=422, form=form)
    data = form.file.data.read(bounds.WORKBOOK_BYTES + 1)
    if len(data) > bounds.WORKBOOK_BYTES:
        form.refuse("file", form.too_large)
        return page("organisation/import.html", status=422, form=form)
    try:
        table = service.read(runtime().sandbox, data)
    except service.UnreadableTable as refused:
        form.refuse("file", refused.message)
        return page("organisation/import.html", status=422, form=form)
    except VerifyError as refused:
        form.refuse("file", refusal_sentence(refused))
        return page("organisation/import.html", status=422, form=form)
    with writing() as session:
        made = service.keep(session, actor(identity), form.file.data.filename or "", data, table)
    return redirect(url_for("unit_imports.preview", import_id=made), 303)


@blueprint.get("/nhap/<int:import_id>")
@signed_in
def preview(identity: Identity, import_id: int) -> Response:
    """What the file would do, or did."""
    return _preview(identity, import_id, 200)


@blueprint.post("/nhap/<int:import_id>/ghi")
@signed_in
@fresh
def confirm(identity: Identity, import_id: int) -> AnyResponse:
    """Write exactly what was shown. Pressed twice, it happens once."""
    try:
        with writing() as session:
            service.confirm(session, actor(identity), import_id)
    except Refused as refused:
        return _preview(identity, import_id, 422, sentence(refused.problem, refused.detail))
    return redirect(url_for("unit_imports.preview", import_id=import_id), 303)


@blueprint.post("/nhap/<int:import_id>/bo")
@signed_in
def discard(identity: Identity, import_id: int) -> AnyResponse:
    """Forget the file."""
    with writing() as session:
        service.discard(session, identity, import_id, now())
    return redirect(url_for("unit_imports.choose"), 303)


@blueprint.get("/nhap/<int:import_id>/danh-dau.xlsx")
@signed_in
def marked(identity: Identity, import_id: int) -> Response:
    """The file with every faulty cell marked, to be mended and sent again."""
    with reading() as session:
        held, outcome = service.import_of(session, identity, import_id)
        data, table = held.data, held.table
    if data is None or not outcome.faults:
        raise NotFound
    words = [(each, presenter.fault_words(each)) for each in outcome.faults]
    return _download(service.marked_copy(runtime().sandbox, data, table, words), "don-vi_can-sua.xlsx")


@blueprint.get("/mau.xlsx")
@signed_in
def template(identity: Identity) -> Response:
    """The workbook to be filled in."""
    return _download(service.template(identity, runtime().instance.department_code), "mau_don-vi.xlsx")


def _preview(identity: Identity, import_id: int, status: int, refusal: str = "") -> Response:
    with reading() as session:
        held, outcome = service.import_of(session, identity, import_id)
        shown = presenter.present_import(held, outcome)
    return page("organisation/preview.html", status=status, page=shown, refusal=refusal)


def _download(data: bytes, name: str) -> Response:
    response = Response(data, mimetype=XLSX)
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response
