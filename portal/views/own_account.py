"""One's own account: where it is signed in, and its password."""

from datetime import timedelta

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.errors import NotFound, Problem, Refused
from portal.forms.accounts import EndSessionForm, PasswordForm
from portal.identity import Identity
from portal.presenters import problems
from portal.presenters.account_acts import present_activity
from portal.services import accounts, second_step
from portal.services import own_account as service
from portal.services.account_acts import activity
from portal.views.proof import fresh
from portal.web import network, sessions
from portal.web.attempts import Attempt
from portal.web.clock import now
from portal.web.guards import signed_in
from portal.web.rendering import page
from portal.web.runtime import runtime
from portal.web.unit_of_work import reading, writing

blueprint = Blueprint("own_account", __name__, url_prefix="/tai-khoan")


@blueprint.get("")
@signed_in
def overview(identity: Identity) -> Response:
    """The living sessions, and the form for another password."""
    return _page(identity, PasswordForm())


@blueprint.post("/mat-khau")
@signed_in
@fresh
def change_password(identity: Identity) -> AnyResponse:
    """Set another password: every other session ends, and this browser gets a fresh one."""
    form = PasswordForm(request.form)
    if not form.validate():
        return _page(identity, form, 422)
    with reading() as session:
        username = accounts.username_of(session, identity)
    # A stolen session must not be a way to guess the password behind it.
    attempt = Attempt.begin(username)
    try:
        sessions.change_password(identity, form.current.data, form.fresh.data)
    except Refused as refused:
        if refused.problem is Problem.SIGN_IN_FAILED:
            attempt.failed()
            form.refuse("current", form.wrong)
        else:
            form.refuse("fresh", problems.sentence(refused.problem, refused.detail))
        return _page(identity, form, 422)
    return redirect(url_for("own_account.overview"), 303)


@blueprint.post("/phien")
@signed_in
def end_session(identity: Identity) -> AnyResponse:
    """End one of the own sessions."""
    form = EndSessionForm(request.form)
    if not form.validate():
        raise NotFound
    with writing() as session:
        service.end_session(session, identity, form.key.data, network.kept(), now())
    return redirect(url_for("own_account.overview"), 303)


@blueprint.post("/phien-khac")
@signed_in
def end_other_sessions(identity: Identity) -> AnyResponse:
    """End every own session but this one."""
    with writing() as session:
        service.end_other_sessions(session, identity, sessions.token() or "", network.kept(), now())
    return redirect(url_for("own_account.overview"), 303)


def _page(identity: Identity, form: PasswordForm, status: int = 200) -> Response:
    idle = timedelta(minutes=runtime().settings.session_idle_minutes)
    with reading() as session:
        held = service.sessions_of(session, identity, sessions.token(), now(), idle)
        username = accounts.username_of(session, identity)
        acts = activity(session, identity.account_id, runtime().vault.name_hash(username), now())
        factors = second_step.factors(session, identity.account_id)
    return page(
        "accounts/own.html",
        status=status,
        sessions=held,
        username=username,
        form=form,
        activity=present_activity(acts),
        factors=factors,
    )
