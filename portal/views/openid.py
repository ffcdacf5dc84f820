"""Signing in with an identity of the OpenID provider, and linking one to the own account. Absent until configured."""

from typing import Final

from flask import Blueprint, Response, redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.errors import NotFound, Refused
from portal.identity import Identity
from portal.presenters.problems import sentence
from portal.services import linked_identities
from portal.services.sign_in import Next
from portal.views.proof import fresh
from portal.web import network, openid, sessions
from portal.web.clock import now
from portal.web.guards import public, signed_in, visitor
from portal.web.limits import spend_check
from portal.web.rendering import page
from portal.web.unit_of_work import reading, writing

_PAGES: Final = {Next.CODE: "second_step.asking", Next.ENROL: "second_step.offering", Next.DONE: "home.index"}

blueprint = Blueprint("openid", __name__)


@blueprint.get("/dang-nhap/danh-tinh")
@public
def send() -> AnyResponse:
    """To the provider, to sign in."""
    spend_check()
    sent = openid.send(None)
    response = redirect(sent.address, 303)
    openid.remember(response, sent)
    return response


@blueprint.get(openid.BACK)
@visitor
def back(identity: Identity | None) -> AnyResponse:
    """Back from the provider: sign in, or link to the account that asked for it in this browser."""
    spend_check()
    came = openid.came_back()
    if came.account_id is None:
        with reading() as session:
            person = linked_identities.identity_of(session, came.hashed, now())
        return redirect(url_for(_PAGES[sessions.begin_named(person)]), 303)
    if identity is None or identity.account_id != came.account_id:
        raise NotFound
    try:
        with writing() as session:
            linked_identities.link(session, identity, came.hashed, network.kept(), now())
    except Refused as refused:
        return _page(identity, sentence(refused.problem, refused.detail), status=422)
    return redirect(url_for("openid.overview"), 303)


@blueprint.get("/tai-khoan/danh-tinh")
@signed_in
def overview(identity: Identity) -> Response:
    """Whether an identity opens the own account."""
    return _page(identity)


@blueprint.post("/tai-khoan/danh-tinh/gan")
@signed_in
@fresh
def link(identity: Identity) -> AnyResponse:
    """Where the provider is, before one goes there: a page, because a form may lead to no other host."""
    sent = openid.send(identity.account_id)
    response = page("openid/leaving.html", address=sent.address)
    openid.remember(response, sent)
    return response


@blueprint.post("/tai-khoan/danh-tinh/bo")
@signed_in
@fresh
def unlink(identity: Identity) -> AnyResponse:
    """It opens the account no more."""
    if not openid.is_on():
        raise NotFound
    with writing() as session:
        linked_identities.unlink(session, identity, network.kept(), now())
    return redirect(url_for("openid.overview"), 303)


def _page(identity: Identity, refusal: str = "", status: int = 200) -> Response:
    if not openid.is_on():
        raise NotFound
    with reading() as session:
        held = linked_identities.linked(session, identity.account_id)
    return page("openid/own.html", status=status, since=held.linked_at if held else None, refusal=refusal)
