"""Extracts for procedures: the list, issuing one, its file, ending it, and what its number tells anybody."""

from typing import Any, Final

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.errors import NotFound, Problem, Refused
from portal.forms.extracts import ExtractForm
from portal.forms.rounds import watch_query
from portal.identity import Identity
from portal.presenters import extracts as presenter
from portal.presenters.problems import sentence
from portal.services import extracts as service
from portal.services.extracts import Holder, Wanted
from portal.services.organisation import day_of
from portal.web import limits, network
from portal.web.clock import now
from portal.web.guards import public, signed_in
from portal.web.rendering import page
from portal.web.runtime import runtime
from portal.web.unit_of_work import reading, writing
from portal.web.watch import counting_misses
from verify.form.sections import LEAST, Section

blueprint = Blueprint("extracts", __name__, url_prefix="/trich-luc")
_BESIDE: Final = {Problem.EXTRACT_DAY: "expires_on", Problem.EXTRACT_SECTIONS: "sections"}


@blueprint.get("")
@signed_in
def listing(identity: Identity) -> Response:
    """Extracts of the records that one holds."""
    with reading() as session:
        found = service.extracts(session, identity, watch_query(request.args).page, now())
    return page("extracts/list.html", page=presenter.present_list(found))


@blueprint.get("/moi/<code>")
@signed_in
def issuing(identity: Identity, code: str) -> Response:
    """Where an extract is issued, above those that were."""
    return _issuing(identity, code, None)


@blueprint.post("/moi/<code>")
@signed_in
def issue(identity: Identity, code: str) -> AnyResponse:
    """Issue one: recorded under its own number, drawn and sealed."""
    limits.spend_check()
    form = _form(identity, code, request.form)
    if not form.validate():
        return _issuing(identity, code, form)
    sections = tuple(map(Section, form.chosen)) if form.chosen is not None else None
    wanted = Wanted(tuple(form.years.data), sections, form.destination.data, form.expires_on.data)
    try:
        with counting_misses(identity, code), writing() as session:
            number = service.issue(session, runtime().press, identity, code, wanted, now(), network.kept())
    except Refused as refused:
        form.refuse(_BESIDE.get(refused.problem, "years"), sentence(refused.problem, refused.detail))
        return _issuing(identity, code, form)
    return redirect(url_for("extracts.issuing", code=code, so=number), 303)


@blueprint.get("/so/<number>")
@public
def told(number: str) -> Response:
    """What a number tells anybody: which years, since when, whether it still holds."""
    limits.spend_hit()
    try:
        with reading() as session:
            found = service.told(session, number, now())
    except NotFound:
        limits.spend_miss()
        return page("extracts/unknown.html", status=404)
    return page("extracts/told.html", page=presenter.present_told(found))


@blueprint.get("/so/<number>.pdf")
@signed_in
def file(identity: Identity, number: str) -> Response:
    """The sealed file again, for who may issue extracts of the record."""
    with counting_misses(identity, ""), writing() as session:
        made = service.pdf_of(session, runtime().press, identity, number, now(), network.kept())
    response = Response(made.pdf, mimetype="application/pdf")
    response.headers.set("Content-Disposition", "attachment", filename=made.filename)
    return response


@blueprint.post("/so/<number>/ket-thuc")
@signed_in
def end(identity: Identity, number: str) -> AnyResponse:
    """The extract is not to be used any more."""
    with counting_misses(identity, ""), writing() as session:
        code = service.end(session, identity, number, now())
    return redirect(url_for("extracts.issuing", code=code), 303)


def _form(identity: Identity, code: str, given: Any) -> ExtractForm:
    with counting_misses(identity, code), reading() as session:
        return _form_of(service.holder(session, identity, code), given)


def _form_of(held: Holder, given: Any) -> ExtractForm:
    return ExtractForm(given, tuple(held.years), presenter.section_choices(), LEAST, day_of(now()))


def _issuing(identity: Identity, code: str, form: ExtractForm | None) -> Response:
    with counting_misses(identity, code), reading() as session:
        held = service.holder(session, identity, code)
        shown = presenter.present_issue(held, service.of_record(session, held.found, now()))
    status = 200 if form is None else 422
    return page(
        "extracts/issue.html",
        status=status,
        page=shown,
        form=form or _form_of(held, None),
        made=request.args.get("so", "")[:20],
    )
