"""Who looked, for administrators and auditors: with a reason, which is a row of its own."""

from datetime import timedelta
from typing import Final

from flask import Blueprint, Response, request

from portal.errors import NotFound
from portal.forms.ledger import LedgerForm
from portal.identity import Identity
from portal.presenters.ledger import headings, present_looks
from portal.presenters.refusals import refusal_sentence
from portal.services import ledger as service
from portal.services.ledger import LedgerQuery
from portal.services.ledger_file import csv_file, xlsx_file
from portal.web import network
from portal.web.clock import now
from portal.web.guards import signed_in
from portal.web.rendering import VIETNAM, page
from portal.web.unit_of_work import writing
from verify.code import parse
from verify.errors import MalformedRecord

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_DAYS: Final = timedelta(days=30)

blueprint = Blueprint("ledger", __name__, url_prefix="/nhat-ky-xem")


@blueprint.get("")
@signed_in
def form(identity: Identity) -> Response:
    """What to look for, and why."""
    service.require_search(identity)
    today = now().astimezone(VIETNAM).date()
    return page("ledger/search.html", form=LedgerForm(first=today - _DAYS, last=today), page=None)


@blueprint.post("")
@signed_in
def search(identity: Identity) -> Response:
    """The rows found. By POST: a code or a reason has no place in an address."""
    asked = LedgerForm(request.form)
    if not _valid(asked):
        service.require_search(identity)
        return page("ledger/search.html", status=422, form=asked, page=None)
    with writing() as session:
        found = service.search(session, identity, _query(asked), asked.purpose.data, network.kept(), now())
    return page("ledger/search.html", form=asked, page=present_looks(found))


@blueprint.post("/tep.<kind>")
@signed_in
def export(identity: Identity, kind: str) -> Response:
    """The rows as a file for a spreadsheet."""
    if kind not in ("csv", "xlsx"):
        raise NotFound
    asked = LedgerForm(request.form)
    if not _valid(asked):
        service.require_search(identity)
        return page("ledger/search.html", status=422, form=asked, page=None)
    with writing() as session:
        found = service.export(session, identity, _query(asked), asked.purpose.data, network.kept(), now())
    rows = [line.cells for line in present_looks(found).looks]
    if kind == "csv":
        response = Response(csv_file(headings(), rows), content_type="text/csv; charset=utf-8")
    else:
        response = Response(xlsx_file("Nhật ký", headings(), rows), mimetype=XLSX)
    response.headers.set("Content-Disposition", "attachment", filename=f"nhat-ky-xem.{kind}")
    return response


def _valid(asked: LedgerForm) -> bool:
    """Whether the form can be answered; a code is brought into its stored form."""
    if not asked.validate():
        return False
    try:
        asked.code.data = parse(asked.code.data) if asked.code.data else ""
    except MalformedRecord as error:
        asked.refuse("code", refusal_sentence(error))
        return False
    return True


def _query(asked: LedgerForm) -> LedgerQuery:
    return LedgerQuery(
        asked.first.data,
        asked.last.data,
        asked.code.data or None,
        (asked.username.data or "").strip().lower() or None,
        refused_only=asked.refused.data,
    )
