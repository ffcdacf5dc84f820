"""The log's lines under the name of a school, for its staff and for the department."""

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from portal.forms.rounds import watch_query
from portal.identity import Identity
from portal.presenters.school_log import address_of, present_school_log
from portal.services import school_log as service
from portal.web.guards import signed_in
from portal.web.rendering import page
from portal.web.unit_of_work import reading

blueprint = Blueprint("school_log", __name__, url_prefix="/so-minh-bach/truong")


@blueprint.get("")
@signed_in
def choosing(identity: Identity) -> AnyResponse:
    """Which unit; who has only one is led there."""
    with reading() as session:
        units = service.units_of(session, identity)
    if len(units) == 1:
        return redirect(address_of(units[0][0]), 303)
    return page("log/schools.html", units=[(name, code, address_of(code)) for code, name in units])


@blueprint.get("/<unit_code>")
@signed_in
def lines(identity: Identity, unit_code: str) -> Response:
    """Every line under a unit's name, by day; what nobody accounts for in red. `?trang=`: page."""
    with reading() as session:
        several = len(service.units_of(session, identity)) > 1
        seen = service.school_log(session, identity, unit_code, watch_query(request.args).page)
    return page("log/school.html", page=present_school_log(seen, several=several))
