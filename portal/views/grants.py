"""Grants: given by the department and by families, asked for by staff, used one record at a time, ended at once."""

from typing import Any, Final

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.errors import NotFound, Problem, Refused
from portal.forms.grants import CaseForm, GrantForm
from portal.forms.rounds import watch_query
from portal.identity import Identity
from portal.language import mark, say
from portal.presenters.grants import needs_case, present_case, present_grants
from portal.presenters.opened import present_opened
from portal.presenters.problems import sentence
from portal.services import grant_pages
from portal.services import grants as service
from portal.services.grants import MOST_RECORDS, Wanted
from portal.services.organisation import day_of
from portal.views.proof import fresh
from portal.web import network
from portal.web.clock import now
from portal.web.guards import signed_in
from portal.web.rendering import page
from portal.web.unit_of_work import reading, writing
from portal.web.watch import counting_misses
from verify.code import parse_target
from verify.errors import MalformedRecord

blueprint = Blueprint("grants", __name__, url_prefix="/cap-quyen")
_BESIDE: Final = {Problem.GRANT_TO: "to", Problem.GRANT_CODES: "codes"}


@blueprint.get("")
@signed_in
def listing(identity: Identity) -> Response:
    """What waits for a decision, what is given, what one may use."""
    with reading() as session:
        found = grant_pages.listing(session, identity, watch_query(request.args).page, now())
    return page("grants/list.html", page=present_grants(found))


@blueprint.get("/moi")
@signed_in
def beginning(identity: Identity) -> Response:
    """Where a grant is given or asked for; `?ma=`: for this record."""
    return _form(identity, GrantForm(None, day_of(now()), request.args.get("ma", "")[:100]))


@blueprint.post("/moi")
@signed_in
@fresh
def write(identity: Identity) -> AnyResponse:
    """Give it, or ask for it."""
    form = GrantForm(request.form, day_of(now()))
    if form.validate():
        codes, wrong = _codes(form.codes.data)
        if wrong:
            form.refuse("codes", wrong)
        else:
            try:
                with counting_misses(identity, ""), writing() as session:
                    made = service.write(session, identity, _wanted(form, codes), now())
            except Refused as refused:
                form.refuse(_BESIDE.get(refused.problem, "kind"), sentence(refused.problem, refused.detail))
            else:
                return redirect(url_for("grants.case", grant_id=made), 303)
    return _form(identity, form, status=422)


@blueprint.get("/<int:grant_id>")
@signed_in
def case(identity: Identity, grant_id: int) -> Response:
    """One grant with its records."""
    with counting_misses(identity, ""), reading() as session:
        found = grant_pages.case(session, identity, grant_id, watch_query(request.args).page, now())
    return page("grants/case.html", page=present_case(found))


@blueprint.post("/<int:grant_id>/dong-y")
@signed_in
@fresh
def give(identity: Identity, grant_id: int) -> AnyResponse:
    """Give what was asked for."""
    return _decided(identity, grant_id, give=True)


@blueprint.post("/<int:grant_id>/tu-choi")
@signed_in
def refuse(identity: Identity, grant_id: int) -> AnyResponse:
    """Refuse what was asked for."""
    return _decided(identity, grant_id, give=False)


@blueprint.post("/<int:grant_id>/ket-thuc")
@signed_in
def end(identity: Identity, grant_id: int) -> AnyResponse:
    """It opens nothing any more."""
    with counting_misses(identity, ""), writing() as session:
        service.end(session, identity, grant_id, now())
    return redirect(url_for("grants.case", grant_id=grant_id), 303)


@blueprint.get("/<int:grant_id>/hoc-ba/<code>")
@signed_in
def asking(identity: Identity, grant_id: int, code: str) -> Response:
    """Before a record is opened: that it is written down and counted, and for which case."""
    return _asking(identity, grant_id, code, CaseForm())


@blueprint.post("/<int:grant_id>/hoc-ba/<code>")
@signed_in
def show(identity: Identity, grant_id: int, code: str) -> Response:
    """The record, as far as the grant goes."""
    form = CaseForm(request.form)
    if not form.validate():
        return _asking(identity, grant_id, code, form, status=422)
    try:
        with counting_misses(identity, code), writing() as session:
            found = service.open_record(session, identity, grant_id, code, form.case.data or "", network.kept(), now())
    except Refused as refused:
        form.refuse("case", sentence(refused.problem, refused.detail))
        return _asking(identity, grant_id, code, form, status=422)
    return page("grants/record.html", page=present_opened(found), back=url_for("grants.case", grant_id=grant_id))


def _decided(identity: Identity, grant_id: int, *, give: bool) -> AnyResponse:
    with counting_misses(identity, ""), writing() as session:
        service.decide(session, identity, grant_id, give=give, now=now())
    return redirect(url_for("grants.case", grant_id=grant_id), 303)


def _asking(identity: Identity, grant_id: int, code: str, form: CaseForm, status: int = 200) -> Response:
    with counting_misses(identity, code), reading() as session:
        found = grant_pages.case(session, identity, grant_id, 1, now())
    if not found.grant.usable:
        raise NotFound
    line = present_case(found).grant
    return page("grants/ask.html", status=status, grant=line, code=code, form=form, needs=needs_case(found.grant))


def _form(identity: Identity, form: GrantForm, status: int = 200) -> Response:
    with reading() as session:
        found = grant_pages.listing(session, identity, 1, now())
    if not (found.gives or found.asks or identity.children):
        raise NotFound
    return page("grants/form.html", status=status, form=form, gives=found.gives or not found.asks)


def _codes(text: str) -> tuple[tuple[str, ...], str]:
    """The codes, each once; or why not."""
    found = []
    for number, line in enumerate(text.split(), 1):
        try:
            found.append(parse_target(line).code)
        except MalformedRecord:
            words = mark("Mã thứ %(n)s không đọc được. Mỗi dòng một mã 32 kí tự, không có dấu cách ở giữa.")
            return (), say(words, {"n": str(number)})
    codes = tuple(dict.fromkeys(found))
    if not codes:
        return (), say(mark("Hãy dán ít nhất một mã số tra cứu."))
    too_many = say(mark("Mỗi lần cấp không quá %(n)s học bạ."), {"n": str(MOST_RECORDS)})
    return codes, "" if len(codes) <= MOST_RECORDS else too_many


def _wanted(form: Any, codes: tuple[str, ...]) -> Wanted:
    return Wanted(
        kind=form.kind.data,
        to=form.to.data,
        procedure=form.procedure.data or None,
        scope=form.scope.data,
        first_year=form.first_year.data or None,
        last_year=form.last_year.data or None,
        purpose=form.purpose.data,
        reference=form.reference.data,
        valid_from=form.valid_from.data,
        valid_to=form.valid_to.data,
        views=form.views.data,
        codes=codes,
    )
