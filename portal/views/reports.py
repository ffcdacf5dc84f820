"""The report of a round to the ministry: when it is due, made as a job, taken once it is finished."""

from flask import Blueprint, Response, redirect, request, send_file, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.errors import NotFound
from portal.forms.reports import ReportForm
from portal.forms.rounds import watch_query
from portal.identity import Identity
from portal.presenters.reports import download_name, present_report, present_reports
from portal.services import reports as service
from portal.services import rounds
from portal.services.report_writing import RoundWanted
from portal.web import jobs, network
from portal.web.clock import now
from portal.web.guards import signed_in
from portal.web.rendering import page, wants_fragment
from portal.web.runtime import runtime
from portal.web.unit_of_work import reading, writing

blueprint = Blueprint("reports", __name__, url_prefix="/chot-du-lieu/bao-cao")


@blueprint.get("")
@signed_in
def listing(identity: Identity) -> Response:
    """The report days of a year with the days that are left, and what was made."""
    year = watch_query(request.args).school_year or rounds.due_year(now())
    with reading() as session:
        held = rounds.rounds_of(session, year)
        made = service.reports(session, identity, year)
        years = rounds.school_years(session, now())
    shown = present_reports(years, held, made, now())
    return page("reports/list.html", page=shown, may_make=service.may_make(identity))


@blueprint.post("")
@signed_in
def begin(identity: Identity) -> AnyResponse:
    """Ask for a report; who asked is in the ledger. Pressed twice, it is made once."""
    form = ReportForm(request.form)
    if not form.validate():
        raise NotFound
    with writing() as session:
        wanted = RoundWanted(form.school_year.data, form.number)
        report_id, job = service.begin(session, identity, wanted, network.kept(), now())
    jobs.send(job)
    return redirect(url_for("reports.report", report_id=report_id), 303)


@blueprint.get("/<int:report_id>")
@signed_in
def report(identity: Identity, report_id: int) -> Response:
    """One report: how far it is, then what it holds."""
    with reading() as session:
        held = service.report(session, identity, report_id)
    shown = present_report(held)
    if wants_fragment() and not shown.progress.running:
        return Response(headers={"HX-Refresh": "true"})
    return page("reports/report.html", fragment="reports/_progress.html", page=shown)


@blueprint.get("/<int:report_id>/tep")
@signed_in
def file(identity: Identity, report_id: int) -> Response:
    """The ZIP; whoever takes it is in the ledger."""
    with writing() as session:
        held = service.download(session, identity, report_id, network.kept(), now())
    path = runtime().reports / service.file_name(held.id)
    if not path.is_file():
        raise NotFound
    response = send_file(
        path.resolve(), mimetype="application/zip", as_attachment=True, download_name=download_name(held), etag=False
    )
    response.headers["Cache-Control"] = "no-store"
    return response
