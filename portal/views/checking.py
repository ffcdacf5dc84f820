"""Checking a document: send a PDF or photos of the paper, get one of six verdicts with every fact."""

from flask import Blueprint, Response, request
from werkzeug.datastructures import CombinedMultiDict

from portal.forms.checking import UploadForm
from portal.identity import Identity
from portal.presenters.extracts import present_told
from portal.presenters.refusals import refusal_sentence
from portal.presenters.verdict import present_verdict
from portal.services import alarms, extracts, verdicts
from portal.services.checking import check_files, record_check
from portal.web import limits, network, watch
from portal.web.clock import now
from portal.web.guards import public, visitor
from portal.web.headers import with_pictures
from portal.web.rendering import page
from portal.web.runtime import runtime
from portal.web.unit_of_work import reading, writing
from verify.code import parse_target
from verify.errors import MalformedRecord

blueprint = Blueprint("checking", __name__)


@blueprint.get("/kiem-tra")
@public
def upload_form() -> Response:
    """Where to send a PDF or photos."""
    return page("checking/form.html", form=UploadForm())


@blueprint.post("/kiem-tra")
@visitor
def check(identity: Identity | None) -> Response:
    """Check what was sent; the files are gone with the request."""
    runtime().sandbox.require_room()
    limits.spend_check()
    form = UploadForm(CombinedMultiDict((request.files, request.form)))
    if not form.validate():
        return page("checking/form.html", status=422, form=form)
    try:
        typed = parse_target(form.ma.data) if form.ma.data else None
    except MalformedRecord as error:
        form.refuse("ma", refusal_sentence(error))
        return page("checking/form.html", status=422, form=form)
    files = [file.read() for file in form.file.data]
    checked = check_files(runtime().desk(now()), reading, files, now(), pictures=True, typed=typed)
    with writing() as session:
        disclosure = record_check(session, identity, checked, now(), network.kept())
        if checked.answered:
            verdicts.keep(session, checked)
        if checked.transcript_id is not None:
            alarms.note_forged(
                session, watch.hashing(), checked.transcript_id, checked.conclusion, checked.file_sha256, now()
            )
        extract = extracts.named(session, checked.extract, checked.transcript_id, now())
    shown = present_verdict(checked, disclosure)
    issued = present_told(extract) if extract is not None else None
    answer = page("checking/verdict.html", page=shown, extract=issued)
    return with_pictures(answer) if shown.has_pictures else answer
