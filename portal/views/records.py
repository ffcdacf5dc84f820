"""For staff: classes and search within reach, one whole record, its official print."""

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

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
from portal.web.rendering import page
from portal.web.runtime import runtime
from portal.web.unit_of_work import reading, writing
from portal.web.watch import counting_misses
from verify.code import parse
from verify.errors import MalformedRecord

blueprint = Blueprint("records", __name__)


@blueprint.get("/hoc-ba")
@signed_in
def listing(identity: Identity) -> AnyResponse:
    """Classes with their states; with a query, the records that fit it. A guardian has a home of their own."""
    if identity.children and not identity.appointments:
        return redirect(url_for("family.home"), 303)
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
    with counting_misses(identity, code), writing() as session:
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


@blueprint.get("/hoc-ba/<code>/<school_year>/tom-tat.pdf")
@signed_in
def summary_print(identity: Identity, code: str, school_year: str) -> Response:
    """The official print of one locked year with the signed summary in its QR, when the holder asks for it."""
    return _print(identity, code, school_year, whole=False, summary=True)


def _print(identity: Identity, code: str, year: str | None, *, whole: bool, summary: bool = False) -> Response:
    press = runtime().press
    with counting_misses(identity, code), writing() as session:
        made = prints.printed_pdf(
            session,
            press,
            identity,
            _parsed(code),
            year,
            whole=whole,
            now=now(),
            network=network.kept(),
            summary=summary,
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
