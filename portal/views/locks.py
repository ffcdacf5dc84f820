"""The lock by two officials: what is wanted, and the pages that interrupt the first and the second of them."""

from typing import Any

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.datastructures import CombinedMultiDict, MultiDict
from werkzeug.wrappers import Response as AnyResponse

from portal.errors import NotFound, Problem, Refused
from portal.forms.certificates import DeclineForm
from portal.forms.locks import ConfirmLockForm, LockForm, SeenForm
from portal.identity import Identity
from portal.presenters import locks as presenter
from portal.presenters.problems import sentence
from portal.services import accounts, rounds
from portal.services import lock_proposals as service
from portal.services.lock_proposals import Preview, Wanted
from portal.views.proof import fresh
from portal.web import jobs
from portal.web.attempts import Attempt
from portal.web.clock import now
from portal.web.guards import signed_in
from portal.web.rendering import page, wants_fragment
from portal.web.unit_of_work import reading, writing

blueprint = Blueprint("locks", __name__, url_prefix="/chot-du-lieu/de-nghi")


@blueprint.get("")
@signed_in
def choosing(identity: Identity) -> Response:
    """What to lock, under which decision. `?nam=`, `?dot=`: chosen already."""
    form, _units = _lock_form(identity, None)
    form.school_year.data = request.args.get("nam") or rounds.due_year(now())
    form.what.data = request.args.get("dot", "1")
    return page("locks/choose.html", form=form)


@blueprint.get("/xem")
@signed_in
def wanted(identity: Identity) -> Response:
    """The first interruption: the counts, what cannot be undone, and the number to be typed."""
    form, units = _lock_form(identity, request.args)
    if not form.validate():
        return page("locks/choose.html", status=422, form=form)
    seen_form = SeenForm()
    seen_form.replaces.data = request.args.get("replaces", "")
    return _interrupt(identity, form, units, seen_form)


@blueprint.post("")
@signed_in
def propose(identity: Identity) -> AnyResponse:
    """Propose what was seen; when it is no longer that, show it again."""
    form, units = _lock_form(identity, request.form)
    if not form.validate():
        return page("locks/choose.html", status=422, form=form)
    seen = SeenForm(request.form)
    if not seen.validate() or seen.count is None:
        return _interrupt(identity, form, units, seen, status=422)
    try:
        with writing() as session:
            made = service.propose(
                session,
                identity,
                _wanted(form),
                seen=seen.seen.data,
                typed=seen.count,
                now=now(),
                replaces=seen.replaced,
            )
    except Refused as refused:
        if refused.problem in (Problem.LOCK_SET_CHANGED, Problem.WRONG_COUNT):
            seen.refuse("typed", sentence(refused.problem, refused.detail))
            return _interrupt(identity, form, units, seen, status=422)
        form.refuse("what", sentence(refused.problem, refused.detail))
        return page("locks/choose.html", status=422, form=form)
    return redirect(url_for("locks.proposal", proposal_id=made), 303)


@blueprint.get("/<int:proposal_id>")
@signed_in
def proposal(identity: Identity, proposal_id: int) -> Response:
    """One proposal: the second interruption while it waits, the progress of the work afterwards."""
    return _proposal(identity, proposal_id, ConfirmLockForm(), DeclineForm())


@blueprint.post("/<int:proposal_id>/xac-nhan")
@signed_in
@fresh
def confirm(identity: Identity, proposal_id: int) -> AnyResponse:
    """The second official confirms with the own password; the work begins. Pressed twice, it happens once."""
    form = ConfirmLockForm(request.form)
    if not form.validate():
        return _proposal(identity, proposal_id, form, DeclineForm(), status=422)
    with reading() as session:
        service.proposal(session, identity, proposal_id, now())
        username = accounts.username_of(session, identity)
    attempt = Attempt.begin(username)
    try:
        with reading() as session:
            accounts.require_password(session, identity, form.password.data)
    except Refused:
        attempt.failed()
        form.refuse("password", form.wrong)
        return _proposal(identity, proposal_id, form, DeclineForm(), status=422)
    with writing() as session:
        job = service.confirm(session, identity, proposal_id, form.seen.data, now())
    jobs.send(job)
    return redirect(url_for("locks.proposal", proposal_id=proposal_id), 303)


@blueprint.post("/<int:proposal_id>/tu-choi")
@signed_in
def decline(identity: Identity, proposal_id: int) -> AnyResponse:
    """Reject another's proposal, or withdraw one's own; with a reason."""
    form = DeclineForm(request.form)
    if not form.validate():
        return _proposal(identity, proposal_id, ConfirmLockForm(), form, status=422)
    with writing() as session:
        service.decline(session, identity, proposal_id, form.reason.data, now())
    return redirect(url_for("locks.proposal", proposal_id=proposal_id), 303)


@blueprint.post("/<int:proposal_id>/chot-tiep")
@signed_in
def resume(identity: Identity, proposal_id: int) -> AnyResponse:
    """Go on with a confirmed lock whose work stopped."""
    with writing() as session:
        job = service.resume(session, identity, proposal_id, now())
    jobs.send(job)
    return redirect(url_for("locks.proposal", proposal_id=proposal_id), 303)


def _proposal(
    identity: Identity, proposal_id: int, form: ConfirmLockForm, declining: DeclineForm, status: int = 200
) -> Response:
    with reading() as session:
        held = service.proposal(session, identity, proposal_id, now())
        second = service.second_look(session, identity, proposal_id, now()) if held.waits else None
    shown = presenter.present_lock(held, second)
    if wants_fragment() and shown.progress is not None and not shown.progress.running:
        return Response(headers={"HX-Refresh": "true"})
    return page(
        "locks/proposal.html",
        fragment="locks/_progress.html" if shown.progress is not None else None,
        status=status,
        page=shown,
        form=form,
        declining=declining,
    )


def _interrupt(
    identity: Identity, form: LockForm, units: dict[str, str], seen: SeenForm, status: int = 200
) -> Response:
    try:
        found = _previewed(identity, form)
    except Refused as refused:
        form.refuse("what", sentence(refused.problem, refused.detail))
        return page("locks/choose.html", status=422, form=form)
    chosen = form.chosen_units
    names = None if chosen is None else [units[code] for code in chosen]
    shown = presenter.present_wanted(found, form.number, form.decision.data, form.reason.data, names)
    return page("locks/wanted.html", status=status, page=shown, form=form, seen=seen)


def _previewed(identity: Identity, form: LockForm) -> Preview:
    with reading() as session:
        found = service.preview(session, identity, _wanted(form), now())
    if not found.set.count:
        raise Refused(Problem.NOTHING_TO_LOCK)
    return found


def _wanted(form: LockForm) -> Wanted:
    reason = form.reason.data if form.number is None else None
    return Wanted(form.school_year.data, form.number, form.chosen_units, form.decision.data, reason)


def _lock_form(identity: Identity, given: MultiDict[str, Any] | CombinedMultiDict[str, Any] | None) -> Any:
    """The form and the schools that may be chosen; raises NotFound for who may not propose."""
    if not rounds.is_official(identity):
        raise NotFound
    with reading() as session:
        years, units = rounds.school_years(session, now()), service.units_of(session, now())
    return LockForm(given, years, units), units
