"""For staff: classes and search within reach, one whole record, its official print."""

from flask import Blueprint, Response, request

from portal.errors import NotFound
from portal.forms.records import list_query
from portal.identity import Identity
from portal.presenters.record import present_record
from portal.presenters.records import present_list
from portal.services import prints
from portal.services import records as service
from portal.services.lookup import transcript
from portal.web import network
from portal.web.clock import now
from portal.web.guards import signed_in
from portal.web.limits import counting_misses
from portal.web.rendering import page
from portal.web.runtime import runtime
from portal.web.unit_of_work import reading, writing
from verify.code import parse
from verify.errors import MalformedRecord

blueprint = Blueprint("records", __name__)


@blueprint.get("/hoc-ba")
@signed_in
def listing(identity: Identity) -> Response:
    """Classes with their states; with a query, the records that fit it."""
    query = list_query(request.args)
    with reading() as session:
        classes = service.classes(session, identity)
        found = (
            service.search(session, identity, query.text, query.school_year, query.class_name, query.page)
            if query.asked
            else None
        )
    return page("records/list.html", fragment="records/_results.html", page=present_list(classes, found, query))


@blueprint.get("/hoc-ba/<code>")
@signed_in
def record(identity: Identity, code: str) -> Response:
    """The whole record, for who may read it; every look is written down."""
    with counting_misses(), writing() as session:
        view = transcript(session, identity, _parsed(code), now(), network.kept())
    return page("record/record.html", page=present_record(view))


@blueprint.get("/hoc-ba/<code>/ca-cuon.pdf")
@signed_in
def booklet(identity: Identity, code: str) -> Response:
    """The official print of all locked years."""
    return _print(identity, code, None, whole=True)


@blueprint.get("/hoc-ba/<code>/<school_year>.pdf")
@signed_in
def year_print(identity: Identity, code: str, school_year: str) -> Response:
    """The official print of one year; before the lock a watermarked preview."""
    return _print(identity, code, school_year, whole=False)


def _print(identity: Identity, code: str, year: str | None, *, whole: bool) -> Response:
    press = runtime().press
    with counting_misses(), writing() as session:
        made = prints.printed_pdf(
            session, press, identity, _parsed(code), year, whole=whole, now=now(), network=network.kept()
        )
    response = Response(made.pdf, mimetype="application/pdf")
    response.headers.set("Content-Disposition", "attachment", filename=made.filename)
    return response


def _parsed(code: str) -> str:
    """The code of an address; what is none is a record that does not exist."""
    try:
        return parse(code)
    except MalformedRecord as error:
        raise NotFound from error
