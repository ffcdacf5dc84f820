"""Checking a document: send a PDF, get one of six verdicts with every fact."""

from flask import Blueprint, Response, request
from werkzeug.datastructures import CombinedMultiDict

from portal.forms.checking import UploadForm
from portal.identity import Identity
from portal.presenters.verdict import present_verdict
from portal.services.checking import check_document, record_check
from portal.web import limits, network
from portal.web.clock import now
from portal.web.guards import public, visitor
from portal.web.rendering import page
from portal.web.runtime import runtime
from portal.web.unit_of_work import reading, writing

blueprint = Blueprint("checking", __name__)


@blueprint.get("/kiem-tra")
@public
def upload_form() -> Response:
    """Where to send a PDF."""
    return page("checking/form.html", form=UploadForm())


@blueprint.post("/kiem-tra")
@visitor
def check(identity: Identity | None) -> Response:
    """Check the PDF that was sent; the file is gone with the request."""
    limits.spend_check()
    form = UploadForm(CombinedMultiDict((request.files, request.form)))
    if not form.validate():
        return page("checking/form.html", status=422, form=form)
    checked = check_document(runtime().desk(now()), reading, form.file.data.read(), now())
    with writing() as session:
        disclosure = record_check(session, identity, checked, now(), network.kept())
    return page("checking/verdict.html", page=present_verdict(checked, disclosure))
