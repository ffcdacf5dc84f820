"""The second step at sign-in, and what one holds for it in the own account."""

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.errors import NotFound, Problem, Refused
from portal.forms.second_step import CodeForm, EnrolForm
from portal.identity import Identity
from portal.presenters.problems import sentence
from portal.services import accounts
from portal.services import second_step as service
from portal.services.account_acts import Step
from portal.services.sign_in import Waiting
from portal.views.proof import fresh
from portal.web import network, passkeys, sessions
from portal.web.attempts import Attempt
from portal.web.clock import now
from portal.web.enrolment import offer, opened
from portal.web.guards import SIGN_IN, public, signed_in
from portal.web.paths import own_path
from portal.web.rendering import page
from portal.web.runtime import runtime
from portal.web.unit_of_work import reading, writing

blueprint = Blueprint("second_step", __name__)


@blueprint.get("/dang-nhap/buoc-hai")
@public
def asking() -> AnyResponse:
    """Ask for the code; `next`: where to go afterwards."""
    held, back = sessions.waiting(), own_path(request.args.get("next"))
    if held is None:
        return redirect(url_for(SIGN_IN, next=back), 303)
    if held.enrols:
        return redirect(url_for("second_step.offering", next=back), 303)
    return _code(held, CodeForm(), back)


@blueprint.post("/dang-nhap/buoc-hai")
@public
def take() -> AnyResponse:
    """Take the code and open the session."""
    held, back = sessions.waiting(), own_path(request.form.get("next"))
    if held is None or held.enrols:
        return redirect(url_for(SIGN_IN, next=back), 303)
    form = CodeForm(request.form)
    if form.complete():
        attempt = Attempt.begin(held.username, Step.SECOND)
        try:
            sessions.finish(form.code.data or "", form.passkey.data or "")
        except Refused as refused:
            attempt.failed()
            form.refuse("code", sentence(refused.problem, refused.detail))
        else:
            response = redirect(back, 303)
            attempt.succeeded(response)
            return response
    return _code(held, form, back, status=422)


@blueprint.get("/dang-nhap/lap-buoc-hai")
@public
def offering() -> AnyResponse:
    """Who must have a second step and has none gets one before anything else."""
    held, back = sessions.waiting(), own_path(request.args.get("next"))
    if held is None or not held.enrols:
        return redirect(url_for(SIGN_IN, next=back), 303)
    shown = offer(held.identity.account_id, held.username)
    return page("second_step/enrol.html", form=EnrolForm(), offer=shown, next=back)


@blueprint.post("/dang-nhap/lap-buoc-hai")
@public
def begin() -> AnyResponse:
    """Take the first authenticator up and open the session; the recovery codes are shown this once."""
    held, back = sessions.waiting(), own_path(request.form.get("next"))
    if held is None or not held.enrols:
        return redirect(url_for(SIGN_IN, next=back), 303)
    form = EnrolForm(request.form)
    if form.validate():
        attempt = Attempt.begin(held.username, Step.SECOND)
        try:
            secret = opened(held.identity.account_id, form.sealed.data)
            codes = sessions.finish_enrolling(secret, form.code.data)
        except Refused as refused:
            _refuse(form, refused)
        else:
            response = page("second_step/codes.html", codes=codes, next=back)
            attempt.succeeded(response)
            return response
    shown = offer(held.identity.account_id, held.username, form.sealed.data)
    return page("second_step/enrol.html", status=422, form=form, offer=shown, next=back)


@blueprint.get("/tai-khoan/buoc-hai")
@signed_in
@fresh
def overview(identity: Identity) -> Response:
    """What one holds, and a key for an authenticator on a new telephone."""
    return _overview(identity, EnrolForm())


@blueprint.post("/tai-khoan/buoc-hai")
@signed_in
@fresh
def enrol(identity: Identity) -> Response:
    """Take an authenticator up, in place of the one before."""
    form = EnrolForm(request.form)
    if form.validate():
        try:
            secret = opened(identity.account_id, form.sealed.data)
            with writing() as session:
                held = runtime().vault
                codes = service.enrol(session, held, identity, secret, form.code.data, network.kept(), now())
        except Refused as refused:
            _refuse(form, refused)
        else:
            return page("second_step/codes.html", codes=codes, next=url_for("second_step.overview"))
    return _overview(identity, form, status=422)


@blueprint.post("/tai-khoan/buoc-hai/ma-khoi-phuc")
@signed_in
@fresh
def renew(identity: Identity) -> Response:
    """Ten fresh recovery codes; those before end."""
    with writing() as session:
        if not service.factors(session, identity.account_id).any:
            raise NotFound
        codes = service.renew_recovery(session, identity, network.kept(), now())
    return page("second_step/codes.html", codes=codes, next=url_for("second_step.overview"))


@blueprint.post("/tai-khoan/buoc-hai/tat")
@signed_in
@fresh
def turn_off(identity: Identity) -> AnyResponse:
    """Sign in with the password alone again."""
    must = runtime().staff_must_take_second_step
    with writing() as session:
        service.turn_off(session, identity, network.kept(), now(), staff_must=must)
    return redirect(url_for("own_account.overview"), 303)


def _code(held: Waiting, form: CodeForm, back: str, status: int = 200) -> Response:
    asked = passkeys.asked(held.identity.account_id, sessions.step_token()) if held.passkeys else ""
    return page("second_step/code.html", status=status, form=form, next=back, passkey=asked)


def _refuse(form: EnrolForm, refused: Refused) -> None:
    if refused.problem is Problem.ENROLMENT_OLD:
        form.sealed.data = ""
    form.refuse("code", sentence(refused.problem, refused.detail))


def _overview(identity: Identity, form: EnrolForm, status: int = 200) -> Response:
    with reading() as session:
        held = service.factors(session, identity.account_id)
        username = accounts.username_of(session, identity)
        may_drop = service.may_drop(session, identity, staff_must=runtime().staff_must_take_second_step)
    return page(
        "second_step/own.html",
        status=status,
        form=form,
        held=held,
        offer=offer(identity.account_id, username, form.sealed.data),
        may_turn_off=may_drop,
    )
