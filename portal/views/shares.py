"""What somebody with a shared link sees: the secret travels in the fragment, so no server between reads it."""

from flask import Blueprint, Response, request

from portal.errors import NotFound
from portal.forms.shares import OpenForm
from portal.presenters.opened import present_opened
from portal.services import shares as service
from portal.web import network
from portal.web.clock import now
from portal.web.guards import public
from portal.web.limits import spend_check, spend_miss
from portal.web.rendering import page
from portal.web.runtime import runtime
from portal.web.unit_of_work import writing

blueprint = Blueprint("shares", __name__, url_prefix="/chia-se")


@blueprint.get("")
@public
def opening() -> Response:
    """Where the secret and the PIN are typed; the script puts the secret in."""
    return page("shares/open.html", form=OpenForm(), closed=False)


@blueprint.post("")
@public
def show() -> Response:
    """The record, or for whatever reason not: the reasons all look alike."""
    spend_check()
    form = OpenForm(request.form)
    if not form.validate():
        return page("shares/open.html", status=422, form=form, closed=False)
    try:
        with writing() as session:
            found = service.open_share(session, form.secret.data, form.pin.data, network.kept(), now())
    except NotFound:
        spend_miss()
        return _closed(form)
    return page("shares/record.html", page=present_opened(found.opened), form=form, download=found.download)


@blueprint.post("/tep")
@public
def download() -> Response:
    """The official print, where the guardian lets it be taken."""
    spend_check()
    form = OpenForm(request.form)
    if not form.validate():
        return page("shares/open.html", status=422, form=form, closed=False)
    try:
        with writing() as session:
            made = service.shared_pdf(session, runtime().press, form.secret.data, form.pin.data, network.kept(), now())
    except NotFound:
        spend_miss()
        return _closed(form)
    response = Response(made.pdf, mimetype="application/pdf")
    response.headers.set("Content-Disposition", "attachment", filename=made.filename)
    return response


def _closed(form: OpenForm) -> Response:
    """The code stays in its field, so that a mistyped PIN is all that has to be typed again."""
    form.pin.data = ""
    return page("shares/open.html", status=404, form=form, closed=True)
