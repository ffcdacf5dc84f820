"""What was noticed of guessing and forging, what came of it, and codes laid out as bait."""

import secrets

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.errors import NotFound
from portal.forms.alarms import DecoyEndForm, DecoyForm, OutcomeForm
from portal.identity import Identity
from portal.presenters.alarms import present_alarms
from portal.services import alarms as service
from portal.web.clock import now
from portal.web.guards import signed_in
from portal.web.rendering import page
from portal.web.unit_of_work import reading, writing
from verify.code import new_code

blueprint = Blueprint("alarms", __name__, url_prefix="/canh-bao")
_CODE_BYTES = 16


@blueprint.get("")
@signed_in
def listing(identity: Identity) -> Response:
    """Alarms, newest first, and decoys."""
    return _page(identity, DecoyForm())


@blueprint.get("/<int:alarm_id>")
@signed_in
def alarm(identity: Identity, alarm_id: int) -> Response:
    """One alarm, with room for what came of it."""
    return _one(identity, alarm_id, OutcomeForm())


@blueprint.post("/<int:alarm_id>")
@signed_in
def look_into(identity: Identity, alarm_id: int) -> AnyResponse:
    """Write down what came of an alarm."""
    form = OutcomeForm(request.form)
    if not form.validate():
        return _one(identity, alarm_id, form, 422)
    with writing() as session:
        service.look_into(session, identity, alarm_id, form.outcome.data, now())
    return redirect(url_for("alarms.listing"), 303)


@blueprint.post("/ma-bay")
@signed_in
def lay_decoy(identity: Identity) -> AnyResponse:
    """Lay out a fresh code."""
    form = DecoyForm(request.form)
    if not form.validate():
        return _page(identity, form, 422)
    with writing() as session:
        service.lay_decoy(session, identity, new_code(secrets.token_bytes(_CODE_BYTES)), form.note.data, now())
    return redirect(url_for("alarms.listing"), 303)


@blueprint.post("/ma-bay/thoi")
@signed_in
def end_decoy(identity: Identity) -> AnyResponse:
    """Stop watching a code."""
    form = DecoyEndForm(request.form)
    if not form.validate():
        raise NotFound
    with writing() as session:
        service.end_decoy(session, identity, form.code.data, now())
    return redirect(url_for("alarms.listing"), 303)


def _page(identity: Identity, form: DecoyForm, status: int = 200) -> Response:
    with reading() as session:
        found, laid = service.alarms(session, identity), service.decoys(session, identity)
    shown = present_alarms(found, laid, official=service.is_official(identity))
    return page("alarms/list.html", status=status, page=shown, form=form)


def _one(identity: Identity, alarm_id: int, form: OutcomeForm, status: int = 200) -> Response:
    with reading() as session:
        found = [each for each in service.alarms(session, identity) if each.id == alarm_id]
    if not found:
        raise NotFound
    shown = present_alarms(found, (), official=service.is_official(identity))
    return page("alarms/alarm.html", status=status, page=shown, form=form)
