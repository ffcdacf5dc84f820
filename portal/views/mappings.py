"""A school says what the columns of a file mean, tries it on real rows, and sees what its files are read by."""

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.forms.mappings import said_columns, said_header
from portal.forms.packets import school_years
from portal.identity import Identity
from portal.presenters import mappings as presenter
from portal.presenters.language import mark, say
from portal.services import mappings as service
from portal.services import uploads
from portal.services.class_templates import class_template
from portal.services.mappings import Choices, Layout, WorkbookRefused
from portal.web import jobs, limits
from portal.web.clock import now
from portal.web.guards import signed_in
from portal.web.rendering import VIETNAM, page
from portal.web.runtime import runtime
from portal.web.unit_of_work import reading, writing

_PAGE = "mappings/columns.html"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_NO_ROWS = mark("Các dòng tiêu đề phải nằm trong tờ đó, dòng đầu không sau dòng cuối và không quá 5 dòng.")

blueprint = Blueprint("mappings", __name__, url_prefix="/goi-hoc-ba")


@blueprint.get("/nhap/<int:upload_id>/cot")
@signed_in
def columns(identity: Identity, upload_id: int) -> AnyResponse:
    """The columns of a file with real values, and what each is taken for; a file that asks nothing leads to itself."""
    with reading() as session:
        if not service.is_asked(uploads.upload_of(session, identity, upload_id)):
            return redirect(url_for("uploads.upload", upload_id=upload_id), 303)
        upload, layout = service.asked(session, identity, upload_id)
        shown = presenter.present_mapping(upload, layout, service.suggested(layout))
    return page(_PAGE, page=shown)


@blueprint.post("/nhap/<int:upload_id>/cot")
@signed_in
def choose_columns(identity: Identity, upload_id: int) -> AnyResponse:
    """Try the choices on the first rows, or remember them and read the file by them."""
    said = said_columns(request.form)
    with reading() as session:
        upload, layout = service.asked(session, identity, upload_id)
        choices = service.cleaned(layout, said.columns)
        faults = service.faults_in(choices)
        if faults:
            return page(_PAGE, status=422, page=presenter.present_mapping(upload, layout, choices, faults))
    if not said.apply:
        return _tried(identity, upload_id, layout, choices)
    with writing() as session:
        job = service.apply(session, identity, upload_id, choices, now())
    jobs.send(job)
    return redirect(url_for("uploads.upload", upload_id=upload_id), 303)


def _tried(identity: Identity, upload_id: int, layout: Layout, choices: Choices) -> Response:
    """The page again, with the first rows as they would be read."""
    _spend(identity)
    with reading() as session:
        upload, _layout = service.asked(session, identity, upload_id)
        file, lessons = service.to_try(session, upload)
    try:
        read = service.read_so(runtime().sandbox, file, lessons, layout, choices)
    except WorkbookRefused as refused:
        shown = presenter.present_mapping(upload, layout, choices, notice=refused.message)
        return page(_PAGE, status=422, page=shown)
    with reading() as session:
        found = service.preview(session, file, read, sample=runtime().instance.demo)
        shown = presenter.present_mapping(upload, layout, choices, preview=found)
    return page(_PAGE, page=shown)


@blueprint.post("/nhap/<int:upload_id>/cot/tieu-de")
@signed_in
def choose_header(identity: Identity, upload_id: int) -> AnyResponse:
    """Look at the file again with its header where the person says it is."""
    said = said_header(request.form)
    _spend(identity)
    with reading() as session:
        upload, layout = service.asked(session, identity, upload_id)
        file, lessons = service.to_try(session, upload)
    again = service.look_again(runtime().sandbox, file, lessons, layout, (said.table, said.first, said.last))
    if again is None:
        shown = presenter.present_mapping(upload, layout, service.suggested(layout), notice=say(_NO_ROWS))
        return page(_PAGE, status=422, page=shown)
    with writing() as session:
        service.keep_layout(session, identity, upload_id, again)
    return redirect(url_for("mappings.columns", upload_id=upload_id), 303)


@blueprint.get("/mau-lop-<int:grade>.xlsx")
@signed_in
def template(identity: Identity, grade: int) -> Response:
    """The workbook to fill in by hand, for the school year that is brought in now."""
    today = now().astimezone(VIETNAM)
    year = school_years(today.year, today.month)[0]
    made = class_template(identity, grade, int(year[:4]))
    response = Response(made, mimetype=_XLSX)
    response.headers.set("Content-Disposition", "attachment", filename=f"mau-lop-{grade}_{year}.xlsx")
    return response


@blueprint.get("/cot")
@signed_in
def listing(identity: Identity) -> Response:
    """The mappings by which files of the school are read."""
    with reading() as session:
        shown = presenter.present_remembered(service.remembered(session, identity))
    return page("mappings/list.html", rows=shown)


@blueprint.get("/cot/<int:mapping_id>")
@signed_in
def one(identity: Identity, mapping_id: int) -> Response:
    """One mapping, column by column."""
    with reading() as session:
        shown = presenter.present_one(service.mapping(session, identity, mapping_id))
    return page("mappings/mapping.html", page=shown)


@blueprint.post("/cot/<int:mapping_id>/quen")
@signed_in
def forget(identity: Identity, mapping_id: int) -> AnyResponse:
    """Use it no more from the next file on."""
    with writing() as session:
        service.forget(session, identity, mapping_id, now())
    return redirect(url_for("mappings.listing"), 303)


def _spend(identity: Identity) -> None:
    """Opening a file once more costs as much as sending it."""
    held = limits.limits()
    held.counters.spend(held.checks, f"account:{identity.account_id}")
