"""The organisation: the tree, one unit with its history, founding a unit, and the acts with their confirmation."""

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as AnyResponse

from portal.errors import NotFound, Refused
from portal.forms.organisation import (
    ActForm,
    CloseForm,
    FoundForm,
    MergeForm,
    MoveForm,
    RenameForm,
    SplitForm,
    words_of,
)
from portal.identity import Identity
from portal.presenters import organisation as presenter
from portal.presenters.problems import sentence
from portal.services import accounts, unit_acts, unit_pages, unit_requests
from portal.services.unit_acts import Actor, Basis, NewUnit
from portal.services.unit_requests import Wanted
from portal.views.proof import fresh
from portal.web.attempts import Attempt
from portal.web.clock import now
from portal.web.guards import signed_in
from portal.web.rendering import page
from portal.web.runtime import runtime
from portal.web.unit_of_work import reading, writing

blueprint = Blueprint("organisation", __name__, url_prefix="/to-chuc")


@blueprint.get("")
@signed_in
def tree(identity: Identity) -> Response:
    """What stands today, from the department down; `?tim=`: units by words, diacritics or not."""
    words = words_of(request.args)
    with reading() as session:
        held = presenter.present_tree(unit_pages.overview(session, identity, now()))
        found = presenter.present_found(words, *unit_pages.search(session, identity, words, now())) if words else None
    return page("organisation/tree.html", page=held, found=found)


@blueprint.get("/<int:unit_id>")
@signed_in
def unit(identity: Identity, unit_id: int) -> Response:
    """One unit: what it is, what stands below it, everything that it was."""
    with reading() as session:
        shown = presenter.present_unit(unit_pages.unit_view(session, identity, unit_id, now()))
    return page("organisation/unit.html", page=shown)


@blueprint.get("/them")
@signed_in
def founding(identity: Identity) -> Response:
    """The form of a new unit."""
    return page("organisation/found.html", form=_found_form(identity, None))


@blueprint.post("/them")
@signed_in
@fresh
def found(identity: Identity) -> AnyResponse:
    """Begin a unit."""
    form = _found_form(identity, request.form)
    if form.validate():
        wanted = NewUnit(
            form.code.data, presenter.kind_of(form.kind.data), form.name.data, form.parent.data, form.printed
        )
        basis = Basis(form.decision.data, form.decided_on.data, form.first_day)
        try:
            with writing() as session:
                made = unit_acts.found(session, actor(identity), wanted, basis).id
        except Refused as refused:
            form.refuse("code", sentence(refused.problem, refused.detail))
        else:
            return redirect(url_for("organisation.unit", unit_id=made), 303)
    return page("organisation/found.html", status=422, form=form)


@blueprint.get("/<int:unit_id>/<act>")
@signed_in
def asking(identity: Identity, unit_id: int, act: str) -> Response:
    """The form of an act on a unit."""
    return _asked(identity, unit_id, act, _act_form(identity, unit_id, act, None), 200)


@blueprint.post("/<int:unit_id>/<act>")
@signed_in
@fresh
def doing(identity: Identity, unit_id: int, act: str) -> AnyResponse:
    """First what the act would move, in numbers; then, confirmed, the act itself. Pressed twice, it happens once."""
    if _has_ended(identity, unit_id):
        return redirect(url_for("organisation.unit", unit_id=unit_id), 303)
    form = _act_form(identity, unit_id, act, request.form)
    if not form.validate():
        return _asked(identity, unit_id, act, form, 422)
    wanted = _wanted(unit_id, act, form)
    if not form.seen.data:
        return _confirming(identity, wanted, act, form, 200)
    if wanted.ends_units and not _is_own_password(identity, form):
        return _confirming(identity, wanted, act, form, 422)
    try:
        with writing() as session:
            unit_requests.perform(session, actor(identity), wanted, form.seen.data)
    except Refused as refused:
        if not _has_ended(identity, unit_id):  # by the same act, pressed twice, while this one waited
            form.refuse("decision", sentence(refused.problem, refused.detail))
            return _asked(identity, unit_id, act, form, 422)
    return redirect(url_for("organisation.unit", unit_id=unit_id), 303)


def actor(identity: Identity) -> Actor:
    """The person at this moment, with the key of the log."""
    return Actor(identity, runtime().log_signer, now())


def _has_ended(identity: Identity, unit_id: int) -> bool:
    with reading() as session:
        return unit_pages.has_ended(session, identity, unit_id)


def _asked(identity: Identity, unit_id: int, act: str, form: ActForm, status: int) -> Response:
    with reading() as session:
        held = unit_requests.standing_unit(session, actor(identity), unit_id)
        title = presenter.act_title(presenter.ADDRESSES[act], held.name)
    return page("organisation/act.html", status=status, form=form, title=title, unit_id=unit_id, act=act)


def _confirming(identity: Identity, wanted: Wanted, act: str, form: ActForm, status: int) -> Response:
    try:
        with writing() as session:
            shown = presenter.present_confirm(unit_requests.preview(session, actor(identity), wanted))
    except Refused as refused:
        form.refuse("decision", sentence(refused.problem, refused.detail))
        return _asked(identity, wanted.unit_id, act, form, 422)
    given = [(name, value) for name, value in request.form.items(multi=True) if name in form and name not in _ASKED]
    return page(
        "organisation/confirm.html",
        status=status,
        page=shown,
        form=form,
        given=given,
        unit_id=wanted.unit_id,
        act=act,
    )


_ASKED = ("seen", "password")


def _is_own_password(identity: Identity, form: ActForm) -> bool:
    """Whether the person entered the own password, counted like a sign-in: an act that ends units stays done."""
    with reading() as session:
        attempt = Attempt.begin(accounts.username_of(session, identity))
    try:
        with reading() as session:
            accounts.require_password(session, identity, form.password.data or "")
    except Refused:
        attempt.failed()
        form.refuse("password", form.wrong)
        return False
    return True


def _wanted(unit_id: int, act: str, form: ActForm) -> Wanted:
    basis = Basis(form.decision.data, form.decided_on.data, form.first_day)
    told = {name: form[name].data for name in ("name", "parent") if name in form}
    commune = form["commune"].data or None if "commune" in form else None
    ends = "ends" not in form or form["ends"].data == "co"
    kind = presenter.ADDRESSES[act]
    return Wanted(kind, unit_id, basis, commune=commune, into=form.heirs, beside=form.others, ends=ends, **told)


def _act_form(identity: Identity, unit_id: int, act: str, given: MultiDict[str, str] | None) -> ActForm:
    """The form with its choices; raises NotFound for who may not, a unit of before, and an act that is none."""
    if act not in presenter.ADDRESSES:
        raise NotFound
    with reading() as session:
        held = unit_requests.standing_unit(session, actor(identity), unit_id)
        if act == "chuyen":
            return MoveForm(given, unit_pages.parents_for(session, identity, presenter.kind_of(held.kind), now()))
        if act == "sap-nhap":
            return MergeForm(given, unit_pages.heirs_for(session, identity, held, now()))
    plain: dict[str, type[ActForm]] = {"doi-ten": RenameForm, "chia-tach": SplitForm, "giai-the": CloseForm}
    return plain[act](given)


def _found_form(identity: Identity, given: MultiDict[str, str] | None) -> FoundForm:
    kinds = presenter.kind_choices()
    with reading() as session:
        parents = unit_pages.parents_for(session, identity, None, now())
    return FoundForm(given, kinds, parents)
