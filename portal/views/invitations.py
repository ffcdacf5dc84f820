"""Taking up an invitation: what it offers is shown first, then the person sets the own name and password."""

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.errors import NotFound, Problem, Refused
from portal.forms.people import InvitationForm, JoinForm
from portal.presenters.people import offer_words
from portal.presenters.problems import sentence
from portal.services import invitations as service
from portal.services.invitations import Offer
from portal.web import network
from portal.web.clock import now
from portal.web.guards import public
from portal.web.limits import spend_check, spend_miss
from portal.web.rendering import page
from portal.web.unit_of_work import reading, writing

blueprint = Blueprint("invitations", __name__, url_prefix="/nhan-tai-khoan")
_WRONG = "Mã mời không đúng, đã dùng, đã hết hạn hoặc đã bị kết thúc. Hỏi lại người đã mời."


@blueprint.get("")
@public
def accepting() -> Response:
    """Where the secret goes; the link fills it in."""
    return page("invitations/secret.html", form=InvitationForm())


@blueprint.post("")
@public
def show() -> Response:
    """What the invitation offers, with the form that takes it up."""
    spend_check()
    form = InvitationForm(request.form)
    if form.validate():
        offer = _offer(form.secret.data)
        if offer is not None:
            join = JoinForm(None, names=offer.username is None)
            join.secret.data = form.secret.data
            return _joining(offer, join)
        form.refuse("secret", _WRONG)
    return page("invitations/secret.html", status=422, form=form)


@blueprint.post("/dat-mat-khau")
@public
def accept() -> AnyResponse:
    """Take it up."""
    spend_check()
    secret = InvitationForm(request.form)
    offer = _offer(secret.secret.data) if secret.validate() else None
    if offer is None:
        secret.refuse("secret", _WRONG)
        return page("invitations/secret.html", status=422, form=secret)
    names = offer.username is None
    form = JoinForm(request.form, names=names)
    if form.validate():
        username = form.username.data if names else ""
        try:
            with writing() as session:
                service.accept(session, form.secret.data, username, form.fresh.data, network.kept(), now())
        except NotFound:  # taken up by somebody else a moment ago
            secret.refuse("secret", _WRONG)
            return page("invitations/secret.html", status=422, form=secret)
        except Refused as refused:
            beside = "username" if refused.problem is Problem.ACCOUNT_EXISTS else "fresh"
            form.refuse(beside, sentence(refused.problem, refused.detail))
        else:
            return redirect(url_for("invitations.done"), 303)
    return _joining(offer, form, status=422)


@blueprint.get("/xong")
@public
def done() -> Response:
    """The name and the password are set."""
    return page("invitations/done.html")


def _offer(secret: str) -> Offer | None:
    try:
        with reading() as session:
            return service.offer(session, secret, now())
    except NotFound:
        spend_miss()
        return None


def _joining(offer: Offer, form: JoinForm, status: int = 200) -> Response:
    words = offer_words(offer)
    return page("invitations/join.html", status=status, name=offer.display_name, words=words, form=form)
