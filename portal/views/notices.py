"""One's own notices: what waits and what happened, each leading to where it is done or seen."""

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.forms.notices import up_to
from portal.forms.rounds import watch_query
from portal.identity import Identity
from portal.presenters.notices import href_of, present_notices
from portal.services import notice_pages as service
from portal.web.clock import now
from portal.web.guards import signed_in
from portal.web.rendering import page
from portal.web.unit_of_work import reading, writing

blueprint = Blueprint("notices", __name__, url_prefix="/thong-bao")


@blueprint.get("")
@signed_in
def listing(identity: Identity) -> Response:
    """The newest first, a page at a time."""
    with reading() as session:
        found = service.page_of(session, identity, watch_query(request.args).page)
    return page("notices/list.html", page=present_notices(found))


@blueprint.post("/<int:notice_id>")
@signed_in
def read(identity: Identity, notice_id: int) -> AnyResponse:
    """Read one, and go to what it is about."""
    with writing() as session:
        found = service.read(session, identity, notice_id, now())
    return redirect(href_of(found), 303)


@blueprint.post("/da-doc")
@signed_in
def read_all(identity: Identity) -> AnyResponse:
    """Read all that the page showed or had behind it."""
    with writing() as session:
        service.read_all(session, identity, up_to(request.form), now())
    return redirect(url_for("notices.listing"), 303)
