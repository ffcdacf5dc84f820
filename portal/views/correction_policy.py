"""The department's regulation on acts after the lock: what holds, and switching it on or off by two officials."""

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.datastructures import CombinedMultiDict
from werkzeug.wrappers import Response as AnyResponse

from portal.errors import Problem, Refused
from portal.forms.certificates import DeclineForm
from portal.forms.corrections import ON, PasswordForm, PolicyForm
from portal.identity import Identity
from portal.presenters import corrections as presenter
from portal.presenters.problems import sentence
from portal.services import correction_policy as service
from portal.views.corrections import paper_of, password_holds
from portal.views.proof import fresh
from portal.web import limits
from portal.web.clock import now
from portal.web.guards import signed_in
from portal.web.rendering import page
from portal.web.runtime import runtime
from portal.web.unit_of_work import reading, writing

blueprint = Blueprint("correction_policy", __name__, url_prefix="/sau-khi-chot/quy-che")

_BESIDE = {
    Problem.BAD_DECISION: "decision",
    Problem.DECISION_DAY: "decided_on",
    Problem.DECISION_FILE: "file",
    Problem.BAD_DELAY: "delay_days",
}


@blueprint.get("")
@signed_in
def listing(identity: Identity) -> Response:
    """What holds, what ever held, and the form for another setting."""
    return _listing(identity, PolicyForm())


@blueprint.post("")
@signed_in
def propose(identity: Identity) -> AnyResponse:
    """Propose to switch the regulation on or off, or another delay."""
    service.require_official(identity)
    limits.spend_check()
    form = PolicyForm(CombinedMultiDict((request.files, request.form)))
    if form.validate():
        try:
            with writing() as session:
                made = service.propose_policy(
                    session,
                    identity,
                    allowed=form.allowed.data == ON,
                    delay_days=form.delay_days.data,
                    paper=paper_of(form),
                    now=now(),
                )
        except Refused as refused:
            form.refuse(_BESIDE.get(refused.problem, "allowed"), sentence(refused.problem, refused.detail))
        else:
            return redirect(url_for("correction_policy.proposal", policy_id=made), 303)
    return _listing(identity, form, status=422)


@blueprint.get("/<int:policy_id>")
@signed_in
def proposal(identity: Identity, policy_id: int) -> Response:
    """One setting; the interruption for the second official while it waits."""
    return _proposal(identity, policy_id, PasswordForm(), DeclineForm())


@blueprint.post("/<int:policy_id>/xac-nhan")
@signed_in
@fresh
def confirm(identity: Identity, policy_id: int) -> AnyResponse:
    """The second official confirms with the own password: the setting holds and stands in the log."""
    form = PasswordForm(request.form)
    if not form.validate() or not password_holds(identity, form):
        return _proposal(identity, policy_id, form, DeclineForm(), status=422)
    with writing() as session:
        service.confirm_policy(session, identity, policy_id, runtime().log_signer, now())
    return redirect(url_for("correction_policy.proposal", policy_id=policy_id), 303)


@blueprint.post("/<int:policy_id>/tu-choi")
@signed_in
def decline(identity: Identity, policy_id: int) -> AnyResponse:
    """Reject another's proposal, or withdraw one's own; with a reason."""
    form = DeclineForm(request.form)
    if not form.validate():
        return _proposal(identity, policy_id, PasswordForm(), form, status=422)
    with writing() as session:
        service.decline_policy(session, identity, policy_id, form.reason.data, now())
    return redirect(url_for("correction_policy.proposal", policy_id=policy_id), 303)


def _listing(identity: Identity, form: PolicyForm, status: int = 200) -> Response:
    service.require_official(identity)
    with reading() as session:
        found = service.policies(session, identity, now())
    return page("corrections/policies.html", status=status, page=presenter.present_policies(found), form=form)


def _proposal(
    identity: Identity, policy_id: int, form: PasswordForm, closing: DeclineForm, status: int = 200
) -> Response:
    with reading() as session:
        held = service.policy(session, identity, policy_id, now())
    shown = presenter.present_policy(held)
    return page("corrections/policy.html", status=status, page=shown, form=form, closing=closing)
