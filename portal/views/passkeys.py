"""One's own passkeys: registered, named, ended."""

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.errors import Refused
from portal.forms.second_step import PasskeyForm
from portal.identity import Identity
from portal.presenters.problems import sentence
from portal.services import passkeys as service
from portal.services import second_step
from portal.views.proof import fresh
from portal.web import network, passkeys, sessions
from portal.web.clock import now
from portal.web.guards import signed_in
from portal.web.rendering import page
from portal.web.runtime import runtime
from portal.web.unit_of_work import reading, writing

blueprint = Blueprint("passkeys", __name__, url_prefix="/tai-khoan/khoa-truy-cap")


@blueprint.get("")
@signed_in
@fresh
def listing(identity: Identity) -> Response:
    """The passkeys that open this account, and a form for a new one."""
    return _listing(identity, PasskeyForm())


@blueprint.post("")
@signed_in
@fresh
def add(identity: Identity) -> AnyResponse:
    """Register a passkey; who had no second step gets recovery codes with it."""
    form = PasskeyForm(request.form)
    if form.complete():
        given = (sessions.token() or "", form.passkey.data, form.name.data)
        try:
            with writing() as session:
                codes = second_step.add_passkey(session, runtime().party, identity, *given, network.kept(), now())
        except Refused as refused:
            form.refuse("name", sentence(refused.problem, refused.detail))
        else:
            if codes:
                return page("second_step/codes.html", codes=codes, next=url_for("passkeys.listing"))
            return redirect(url_for("passkeys.listing"), 303)
    return _listing(identity, form, status=422)


@blueprint.post("/<int:passkey_id>/ket-thuc")
@signed_in
@fresh
def end(identity: Identity, passkey_id: int) -> AnyResponse:
    """It opens nothing any more."""
    must = runtime().staff_must_take_second_step
    with writing() as session:
        second_step.end_passkey(session, identity, passkey_id, network.kept(), now(), staff_must=must)
    return redirect(url_for("passkeys.listing"), 303)


def _listing(identity: Identity, form: PasskeyForm, status: int = 200) -> Response:
    with reading() as session:
        held = service.passkeys_of(session, identity.account_id)
    asked = passkeys.asked_of_new(identity)
    return page("second_step/passkeys.html", status=status, form=form, held=held, passkey=asked)
