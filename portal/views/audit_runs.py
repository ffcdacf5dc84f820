"""The audit as a page: begun by the department or an auditor, counted while it runs, every run kept."""

from flask import Blueprint, Response, redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.identity import Identity
from portal.presenters.audit_runs import present_run, present_runs
from portal.services import audit_runs as service
from portal.web import jobs
from portal.web.clock import now
from portal.web.guards import signed_in
from portal.web.rendering import page, wants_fragment
from portal.web.unit_of_work import reading, writing

blueprint = Blueprint("audit_runs", __name__, url_prefix="/kiem-toan")


@blueprint.get("")
@signed_in
def listing(identity: Identity) -> Response:
    """The newest runs, and how to audit without us."""
    with reading() as session:
        held = service.runs(session, identity)
    return page("audit_runs/list.html", page=present_runs(held))


@blueprint.post("")
@signed_in
def begin(identity: Identity) -> AnyResponse:
    """Begin a run, or go to the one that goes on."""
    with writing() as session:
        run_id, job = service.begin(session, identity, now())
    jobs.send(job)
    return redirect(url_for("audit_runs.run", run_id=run_id), 303)


@blueprint.get("/<int:run_id>")
@signed_in
def run(identity: Identity, run_id: int) -> Response:
    """One run: how far it is, then what it found."""
    with reading() as session:
        held = service.run(session, identity, run_id)
    shown = present_run(held)
    if wants_fragment() and not shown.progress.running:
        return Response(headers={"HX-Refresh": "true"})
    return page("audit_runs/run.html", fragment="audit_runs/_progress.html", page=shown)
