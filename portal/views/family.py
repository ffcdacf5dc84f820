"""A guardian's home: the children, what is shared of their records, and who looked."""

import secrets
from typing import Any, Final

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.errors import Problem, Refused
from portal.forms.shares import ALL_YEARS, YES, ShareForm
from portal.identity import Identity
from portal.presenters.family import present_child, present_children
from portal.presenters.problems import sentence
from portal.services import family as service
from portal.services import guardians, print_openings, shares
from portal.services.family import ChildView
from portal.services.shares import PIN_DIGITS, Wanted
from portal.web.clock import now
from portal.web.guards import signed_in
from portal.web.rendering import page
from portal.web.runtime import runtime
from portal.web.unit_of_work import reading, writing
from portal.web.watch import counting_misses
from verify.form.qr import path_of

blueprint = Blueprint("family", __name__, url_prefix="/con-em")
_SECRET_BYTES: Final = 24
_BESIDE: Final = {Problem.SHARE_YEARS: "year", Problem.SHARE_DOWNLOAD: "download"}


@blueprint.get("")
@signed_in
def home(identity: Identity) -> Response:
    """The children whose guardian one is."""
    with reading() as session:
        found = guardians.children_of(session, identity)
    return page("family/home.html", children=present_children(found))


@blueprint.get("/<code>")
@signed_in
def child(identity: Identity, code: str) -> Response:
    """One child: the record, what is shared, what prints open, who looked."""
    return page("family/child.html", page=present_child(_child(identity, code)))


@blueprint.get("/<code>/chia-se")
@signed_in
def sharing(identity: Identity, code: str) -> Response:
    """Where a link is made."""
    return _sharing(identity, code, None)


@blueprint.post("/<code>/chia-se")
@signed_in
def share(identity: Identity, code: str) -> Response:
    """Make a link; it and its PIN are shown this once."""
    form = ShareForm(request.form, _child(identity, code).years)
    if not form.validate():
        return _sharing(identity, code, form)
    secret, pin = secrets.token_urlsafe(_SECRET_BYTES), f"{secrets.randbelow(10**PIN_DIGITS):0{PIN_DIGITS}}"
    try:
        with counting_misses(identity, code), writing() as session:
            shares.share(session, identity, code, _wanted(form), secret, pin, now())
    except Refused as refused:
        form.refuse(_BESIDE.get(refused.problem, "scope"), sentence(refused.problem, refused.detail))
        return _sharing(identity, code, form)
    link = f"{runtime().instance.url}{url_for('shares.opening')}#{secret}"
    held = {"code": code, "link": link, "secret": secret, "pin": pin, "days": form.days.data}
    return page("family/shared.html", qr=path_of(link), **held)


@blueprint.post("/chia-se/<int:share_id>/ket-thuc")
@signed_in
def end_share(identity: Identity, share_id: int) -> AnyResponse:
    """The link opens nothing any more."""
    with counting_misses(identity, ""), writing() as session:
        code = shares.end(session, identity, share_id, now())
    return redirect(url_for("family.child", code=code), 303)


@blueprint.post("/ban-in/<int:print_id>/ket-thuc")
@signed_in
def close_print(identity: Identity, print_id: int) -> AnyResponse:
    """A print leads to its status card only."""
    with counting_misses(identity, ""), writing() as session:
        code = print_openings.close(session, identity, print_id, now())
    return redirect(url_for("family.child", code=code), 303)


def _child(identity: Identity, code: str) -> ChildView:
    held = runtime().settings
    with counting_misses(identity, code), reading() as session:
        return service.child_page(session, identity, code, held.amendment_days, held.subject_days, now())


def _sharing(identity: Identity, code: str, form: ShareForm | None) -> Response:
    view = _child(identity, code)
    shown, status = (ShareForm(None, view.years), 200) if form is None else (form, 422)
    return page("family/share.html", status=status, code=code, name=view.full_name, form=shown)


def _wanted(form: Any) -> Wanted:
    year = None if form.year.data == ALL_YEARS else form.year.data
    return Wanted(
        scope=form.scope.data,
        first_year=year,
        last_year=year,
        days=int(form.days.data),
        download=form.download.data == YES,
        views=form.views.data,
    )
