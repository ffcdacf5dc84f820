"""Guardians: the school links them after looking at papers; they take the invitation up."""

import secrets
from typing import Final

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.errors import NotFound, Problem, Refused
from portal.forms.guardians import AcceptForm, InviteForm
from portal.identity import Identity
from portal.language import mark
from portal.presenters.family import present_guardians
from portal.presenters.problems import sentence
from portal.services import guardians as service
from portal.web import network
from portal.web.clock import now
from portal.web.guards import signed_in, visitor
from portal.web.limits import spend_check, spend_miss
from portal.web.rendering import page
from portal.web.runtime import runtime
from portal.web.unit_of_work import writing
from portal.web.watch import counting_misses
from verify.form.qr import path_of

blueprint = Blueprint("guardians", __name__)
_SECRET_BYTES: Final = 18
_BESIDE: Final = {Problem.ACCOUNT_EXISTS: "username"}


@blueprint.get("/giam-ho/<code>")
@signed_in
def links(identity: Identity, code: str) -> Response:
    """The school's page of one pupil's guardians."""
    return _links(identity, code, InviteForm(None))


@blueprint.post("/giam-ho/<code>")
@signed_in
def invite(identity: Identity, code: str) -> Response:
    """Write a guardian down; the invitation is shown this once."""
    form = InviteForm(request.form)
    if not form.validate():
        return _links(identity, code, form, status=422)
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    try:
        with counting_misses(identity, code), writing() as session:
            service.invite(
                session,
                identity,
                code,
                form.display_name.data,
                form.kinship.data,
                form.papers.data,
                secret,
                network.kept(),
                now(),
            )
    except Refused as refused:
        form.refuse("display_name", sentence(refused.problem, refused.detail))
        return _links(identity, code, form, status=422)
    link = f"{runtime().instance.url}{url_for('guardians.accepting')}#{secret}"
    held = {"code": code, "name": form.display_name.data, "link": link, "secret": secret}
    return page("guardians/invited.html", qr=path_of(link), **held)


@blueprint.post("/giam-ho/lien-ket/<int:link_id>/ket-thuc")
@signed_in
def end(identity: Identity, link_id: int) -> AnyResponse:
    """End a link, with what it shared and granted."""
    with counting_misses(identity, ""), writing() as session:
        code = service.end_link(session, identity, link_id, now())
    return redirect(url_for("guardians.links", code=code), 303)


@blueprint.get("/nhan-con-em")
@visitor
def accepting(identity: Identity | None) -> Response:
    """Where an invitation is taken up."""
    return page("guardians/accept.html", form=AcceptForm(), asks_account=identity is None)


@blueprint.post("/nhan-con-em")
@visitor
def accept(identity: Identity | None) -> AnyResponse:
    """Take it up: into the account that is signed in, else into a new one."""
    spend_check()
    form = AcceptForm(request.form)
    if form.complete(signed_in=identity is not None):
        values = (form.secret.data, form.username.data or "", form.password.data or "")
        try:
            with writing() as session:
                code = service.accept(session, identity, *values, now())
        except NotFound:
            spend_miss()
            unknown = mark("Mã mời không đúng, đã dùng, đã hết hạn hoặc đã bị kết thúc. Hỏi lại nhà trường.")
            form.refuse("secret", unknown)
        except Refused as refused:
            form.refuse(_BESIDE.get(refused.problem, "secret"), sentence(refused.problem, refused.detail))
        else:
            back = url_for("family.child", code=code)
            return redirect(back if identity else url_for("accounts.sign_in_form", next=back, moi="da-nhan"), 303)
    return page("guardians/accept.html", status=422, form=form, asks_account=identity is None)


def _links(identity: Identity, code: str, form: InviteForm, status: int = 200) -> Response:
    with counting_misses(identity, code), writing() as session:
        found = service.links_of(session, identity, code, network.kept(), now())
    return page("guardians/links.html", status=status, page=present_guardians(found, now()), form=form)
