"""Mail to a person: where to, how often, the link that confirms, and the one that ends what is optional."""

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.errors import Refused
from portal.forms.notices import AddressForm
from portal.identity import Identity
from portal.presenters.problems import sentence
from portal.services import mail_addresses as service
from portal.services.mail_addresses import Tickets
from portal.services.mail_texts import domain_of
from portal.web import limits
from portal.web.clock import now
from portal.web.guards import public, signed_in
from portal.web.rendering import page
from portal.web.runtime import runtime
from portal.web.sessions import takes_no_cookie
from portal.web.unit_of_work import reading, writing

blueprint = Blueprint("mail", __name__)


@blueprint.get("/thong-bao/thu")
@signed_in
def settings(identity: Identity) -> Response:
    """Where one is written to."""
    with reading() as session:
        held = service.own(session, identity)
    form = AddressForm(None)
    if held is not None:
        form.address.data, form.pace.data, form.optional.data = held.address, held.pace.value, held.optional
    return _page(identity, form)


@blueprint.post("/thong-bao/thu")
@signed_in
def ask(identity: Identity) -> AnyResponse:
    """Set it; another address is sent a link first."""
    limits.spend_check()
    form = AddressForm(request.form)
    if not form.validate():
        return _page(identity, form, 422)
    try:
        with writing() as session:
            service.ask(
                session,
                identity,
                form.address.data,
                form.pace.data,
                optional=form.optional.data,
                domain=domain_of(runtime().instance.url),
                now=now(),
            )
    except Refused as refused:
        form.refuse("address", sentence(refused.problem, refused.detail))
        return _page(identity, form, 422)
    return redirect(url_for("mail.settings"), 303)


@blueprint.post("/thong-bao/thu/bo")
@signed_in
def forget(identity: Identity) -> AnyResponse:
    """No mail any more."""
    with writing() as session:
        service.forget(session, identity, now())
    return redirect(url_for("mail.settings"), 303)


@blueprint.get("/thong-bao/thu/<ticket>")
@signed_in
def confirming(identity: Identity, ticket: str) -> Response:  # noqa: ARG001
    """The link of a mail leads here: programs that look at links beforehand press no button."""
    return page("notices/confirm.html", ticket=ticket)


@blueprint.post("/thong-bao/thu/<ticket>")
@signed_in
def confirm(identity: Identity, ticket: str) -> AnyResponse:
    """The address is its reader's own."""
    with writing() as session:
        service.confirm(session, _tickets(), identity, ticket, now())
    return redirect(url_for("mail.settings"), 303)


@blueprint.get("/bo-thu/<ticket>")
@public
def ending(ticket: str) -> Response:
    """Asks before it ends; works for whoever holds the mail, signed in or not."""
    _tickets().ends(ticket)
    return page("notices/end.html", ticket=ticket, ended=False)


@blueprint.post("/bo-thu/<ticket>")
@public
def end(ticket: str) -> Response:
    """End what is optional. RFC 8058: the reader's program posts here, with no cookie and no form of ours."""
    account_id = _tickets().ends(ticket)
    with writing() as session:
        service.end_optional(session, account_id)
    return page("notices/end.html", ticket=ticket, ended=True)


takes_no_cookie(end)


def _tickets() -> Tickets:
    return Tickets.of(runtime().instance.secret_key)


def _page(identity: Identity, form: AddressForm, status: int = 200) -> Response:
    with reading() as session:
        held = service.own(session, identity)
    return page("notices/mail.html", status=status, form=form, held=held, sends=runtime().sends_mail)
