"""People of the units: invited by link, given dated roles, ended; roles of weight by two officials (decision 0042)."""

import secrets
from typing import Final

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.errors import NotFound, Problem, Refused
from portal.forms.people import EndRoleForm, InvitePersonForm, RoleForm, people_query
from portal.identity import Identity, StaffRole
from portal.presenters.people import present_people, present_person, present_proposal
from portal.presenters.problems import sentence
from portal.services import people as service
from portal.services import people_pages, people_proposals
from portal.services.appointments import Period
from portal.services.organisation import day_of
from portal.services.people import Wanted
from portal.views.proof import fresh
from portal.web import network
from portal.web.clock import now
from portal.web.guards import signed_in
from portal.web.rendering import page
from portal.web.runtime import runtime
from portal.web.unit_of_work import reading, writing
from portal.web.watch import counting_misses

blueprint = Blueprint("people", __name__, url_prefix="/nguoi-dung")
_SECRET_BYTES: Final = 24
_BESIDE: Final = {Problem.ROLE_NOT_HERE: "role", Problem.ROLE_DAYS: "valid_from", Problem.ROLE_HELD: "role"}


@blueprint.get("")
@signed_in
def listing(identity: Identity) -> Response:
    """Who serves in the units within reach, by given name; what waits stands first."""
    asked = people_query(request.args)
    with counting_misses(identity, ""), reading() as session:
        found = people_pages.listing(session, identity, asked.words, asked.unit, asked.page, now())
    return page("people/list.html", page=present_people(found), asked=asked)


@blueprint.get("/moi")
@signed_in
def inviting(identity: Identity) -> Response:
    """Where a new person is invited; `?truong=`: to this unit."""
    form = _invite_form(identity, None)
    if "unit" in form:
        form.unit.data = people_query(request.args).unit
    return page("people/invite.html", form=form)


@blueprint.post("/moi")
@signed_in
@fresh
def invite(identity: Identity) -> AnyResponse:
    """Invite; the link is shown this once."""
    form = _invite_form(identity, request.form)
    if form.validate():
        secret, name = secrets.token_urlsafe(_SECRET_BYTES), form.display_name.data
        try:
            with counting_misses(identity, ""), writing() as session:
                service.invite(session, identity, name, _wanted(form), secret, now())
        except Refused as refused:
            form.refuse(_beside(refused, form), sentence(refused.problem, refused.detail))
        else:
            return _link(name, secret, url_for("people.listing"))
    return page("people/invite.html", status=422, form=form)


@blueprint.post("/loi-moi/<int:invitation_id>/ket-thuc")
@signed_in
def end_invitation(identity: Identity, invitation_id: int) -> AnyResponse:
    """The link opens nothing any more."""
    with counting_misses(identity, ""), writing() as session:
        service.end_invitation(session, identity, invitation_id, now())
    return redirect(url_for("people.listing"), 303)


@blueprint.get("/<int:account_id>")
@signed_in
def person(identity: Identity, account_id: int) -> Response:
    """One person with every role from–to."""
    return _person(identity, account_id, _role_form(identity, None))


@blueprint.post("/<int:account_id>/vai-tro")
@signed_in
@fresh
def give_role(identity: Identity, account_id: int) -> AnyResponse:
    """Give a role, or propose it to a second official."""
    form = _role_form(identity, request.form)
    if form.validate():
        try:
            with counting_misses(identity, ""), writing() as session:
                waits = service.give_role(session, identity, account_id, _wanted(form), network.kept(), now())
        except Refused as refused:
            form.refuse(_beside(refused, form), sentence(refused.problem, refused.detail))
        else:
            return _proposed(account_id, waits)
    return _person(identity, account_id, form, status=422)


@blueprint.get("/<int:account_id>/vai-tro/<int:role_id>")
@signed_in
def ending_role(identity: Identity, account_id: int, role_id: int) -> Response:
    """Where a role is ended: after a day, or at once."""
    return _ending(identity, account_id, role_id, EndRoleForm(None, day_of(now())))


@blueprint.post("/<int:account_id>/vai-tro/<int:role_id>")
@signed_in
@fresh
def end_role(identity: Identity, account_id: int, role_id: int) -> AnyResponse:
    """End it. `now`: at once."""
    form, at_once = EndRoleForm(request.form, day_of(now())), "now" in request.form
    if at_once or (form.validate() and form.last_day.data is not None):
        last_day = None if at_once else form.last_day.data
        try:
            with counting_misses(identity, ""), writing() as session:
                service.end_role(session, identity, account_id, role_id, last_day, network.kept(), now())
        except Refused as refused:
            form.refuse("last_day", sentence(refused.problem, refused.detail))
        else:
            return redirect(url_for("people.person", account_id=account_id), 303)
    elif not form.last_day.errors:
        form.refuse("last_day", "Hãy ghi ngày cuối còn giữ vai trò.")
    return _ending(identity, account_id, role_id, form, status=422)


@blueprint.post("/<int:account_id>/mat-khau")
@signed_in
@fresh
def reset_password(identity: Identity, account_id: int) -> AnyResponse:
    """A link for another password, shown this once; or a proposal to a second official."""
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    with counting_misses(identity, ""), writing() as session:
        made = service.reset_password(session, identity, account_id, secret, network.kept(), now())
    if made.proposal_id is not None:
        return _proposed(account_id, made.proposal_id)
    return _link(made.display_name, secret, url_for("people.person", account_id=account_id))


@blueprint.get("/<int:account_id>/dong")
@signed_in
def closing(identity: Identity, account_id: int) -> Response:
    """What ending an account does, before it is done."""
    with counting_misses(identity, ""), reading() as session:
        found = present_person(people_pages.closing(session, identity, account_id, now()))
    return page("people/close.html", page=found, refusal="")


@blueprint.post("/<int:account_id>/dong")
@signed_in
@fresh
def close(identity: Identity, account_id: int) -> AnyResponse:
    """End the account: its sessions at once."""
    try:
        with counting_misses(identity, ""), writing() as session:
            service.close(session, identity, account_id, network.kept(), now())
    except Refused as refused:
        with reading() as session:
            found = present_person(people_pages.closing(session, identity, account_id, now()))
        return page("people/close.html", status=422, page=found, refusal=sentence(refused.problem, refused.detail))
    return redirect(url_for("people.person", account_id=account_id), 303)


@blueprint.get("/de-nghi/<int:proposal_id>")
@signed_in
def proposal(identity: Identity, proposal_id: int) -> Response:
    """What waits for a second official."""
    return _proposal(identity, proposal_id)


@blueprint.post("/de-nghi/<int:proposal_id>/xac-nhan")
@signed_in
@fresh
def confirm(identity: Identity, proposal_id: int) -> AnyResponse:
    """Confirm as the second official; a link for another password is shown to this one, once."""
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    try:
        with counting_misses(identity, ""), writing() as session:
            done = people_proposals.confirm(session, identity, proposal_id, secret, network.kept(), now())
    except Refused as refused:
        return _proposal(identity, proposal_id, sentence(refused.problem, refused.detail), status=422)
    back = url_for("people.person", account_id=done.account_id)
    return _link(done.display_name, secret, back) if done.invited else redirect(back, 303)


@blueprint.post("/de-nghi/<int:proposal_id>/tu-choi")
@signed_in
def decline(identity: Identity, proposal_id: int) -> AnyResponse:
    """Refuse it, or take the own one back."""
    with counting_misses(identity, ""), writing() as session:
        account_id = people_proposals.decline(session, identity, proposal_id, now())
    return redirect(url_for("people.person", account_id=account_id), 303)


def _invite_form(identity: Identity, given: object) -> InvitePersonForm:
    with counting_misses(identity, ""), reading() as session:
        units = people_pages.own_units(session, identity, now())
    return InvitePersonForm(given, day_of(now()), units)


def _role_form(identity: Identity, given: object) -> RoleForm:
    with counting_misses(identity, ""), reading() as session:
        units = people_pages.own_units(session, identity, now())
    return RoleForm(given, day_of(now()), units)


def _wanted(form: RoleForm) -> Wanted:
    begins = form.valid_from.data or day_of(now())
    return Wanted(form.unit_code, StaffRole(form.role.data), Period(begins, form.valid_to.data))


def _beside(refused: Refused, form: RoleForm) -> str:
    return _BESIDE.get(refused.problem, "own_unit" if "own_unit" in form else "unit")


def _person(identity: Identity, account_id: int, form: RoleForm, status: int = 200) -> Response:
    with counting_misses(identity, ""), reading() as session:
        found = people_pages.person(session, identity, account_id, now())
    return page("people/person.html", status=status, page=present_person(found), form=form)


def _ending(identity: Identity, account_id: int, role_id: int, form: EndRoleForm, status: int = 200) -> Response:
    with counting_misses(identity, ""), reading() as session:
        found = present_person(people_pages.person(session, identity, account_id, now()))
    role = found.ending(role_id)
    if role is None:
        raise NotFound
    return page("people/end_role.html", status=status, page=found, role=role, form=form)


def _proposal(identity: Identity, proposal_id: int, refusal: str = "", status: int = 200) -> Response:
    with counting_misses(identity, ""), reading() as session:
        found = people_pages.proposal(session, identity, proposal_id, now())
    return page("people/proposal.html", status=status, page=present_proposal(found), refusal=refusal)


def _proposed(account_id: int, proposal_id: int | None) -> AnyResponse:
    if proposal_id is None:
        return redirect(url_for("people.person", account_id=account_id), 303)
    return redirect(url_for("people.proposal", proposal_id=proposal_id), 303)


def _link(name: str, secret: str, back: str) -> Response:
    link = f"{runtime().instance.url}{url_for('invitations.accepting')}#{secret}"
    return page("people/invited.html", name=name, link=link, secret=secret, back=back)
