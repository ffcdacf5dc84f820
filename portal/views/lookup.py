"""Looking a transcript up: the form, the status card behind every printed QR, and a photo of the QR."""

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.datastructures import CombinedMultiDict
from werkzeug.wrappers import Response as AnyResponse

from portal.forms.lookup import CodeForm, PhotoForm
from portal.presenters.card import present_card
from portal.presenters.refusals import refusal_sentence
from portal.services import lookup as service
from portal.services.checking import read_qr
from portal.services.lookup import Card
from portal.web import cards, limits, pace, watch
from portal.web.clock import now
from portal.web.guards import public
from portal.web.rendering import page
from portal.web.runtime import runtime
from portal.web.sessions import current_identity
from portal.web.unit_of_work import reading, reading_card
from verify.code import PrintTarget, parse, parse_target
from verify.errors import MalformedRecord, VerifyError

blueprint = Blueprint("lookup", __name__)


@blueprint.get("/tra-cuu")
@public
def code_form() -> AnyResponse:
    """The form; with `?ma=` the way to the card."""
    form = CodeForm(request.args)
    if "ma" not in request.args:
        return page("lookup/form.html", form=form)
    if form.validate():
        try:
            return redirect(address(parse_target(form.ma.data)), 303)
        except MalformedRecord as error:
            form.refuse("ma", refusal_sentence(error))
    return page("lookup/form.html", status=422, form=form)


@blueprint.get("/T/<code>/<print_>")
@blueprint.get("/t/<code>/<print_>")
@blueprint.get("/T/<code>")
@blueprint.get("/t/<code>")
@public
def card(code: str, print_: str = "") -> Response:
    """The status card. Unknown, not locked and withdrawn: one page, one status, the same work."""
    limits.spend_hit()
    found, target = _find(code, print_)
    cards.count(now(), found=found is not None)
    watch.note(target.code, found=found is not None)
    if found is None:
        pace.wait_out(pace.CARD_SECONDS)
        limits.spend_miss()
        return page("lookup/not_found.html", status=404)
    return page("lookup/card.html", page=present_card(found, target, now(), _may_read(found.code)))


@blueprint.get("/quet")
@public
def photo_form() -> Response:
    """Where to send a photo of the QR."""
    return page("lookup/scan.html", form=PhotoForm())


@blueprint.post("/quet")
@public
def read_photo() -> AnyResponse:
    """Read the QR of a photo and lead to the card."""
    runtime().sandbox.require_room()
    limits.spend_check()
    form = PhotoForm(CombinedMultiDict((request.files, request.form)))
    if form.validate():
        try:
            targets = read_qr(runtime().desk(now()), form.photo.data.read())
        except VerifyError as error:
            form.refuse("photo", refusal_sentence(error))
        else:
            if len({target.code for target in targets}) == 1:
                return redirect(address(targets[0]), 303)
            form.refuse("photo", form.several_codes if targets else form.no_code)
    return page("lookup/scan.html", status=422, form=form)


def address(target: PrintTarget) -> str:
    """Where the card of a code or of a dated print stands."""
    if target.school_year is None:
        return url_for("lookup.card", code=target.code)
    return url_for("lookup.card", code=target.code, print_=f"{target.school_year}.{target.version}")


def _find(code: str, print_: str) -> tuple[Card | None, PrintTarget]:
    try:
        target = PrintTarget(parse(code))
        if print_:
            target = parse_target(f"/t/{target.code}/{print_}")
    except MalformedRecord:
        return None, PrintTarget("")
    with reading_card() as connection:
        return service.card(connection, target.code), target


def _may_read(code: str) -> bool:
    identity = current_identity()
    if identity is None:
        return False
    with reading() as session:
        return service.can_read(session, identity, code)
