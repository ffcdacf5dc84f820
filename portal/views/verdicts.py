"""A verdict by its number: the form, the page behind the receipt's QR, and the QR itself."""

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.errors import NotFound
from portal.forms.checking import NumberForm
from portal.presenters.past_verdict import present_past
from portal.services import extracts
from portal.services import verdicts as service
from portal.web import limits
from portal.web.guards import public
from portal.web.headers import cacheable
from portal.web.rendering import page
from portal.web.runtime import runtime
from portal.web.unit_of_work import reading
from verify.form.qr import symbol

_DAY = 24 * 3600

blueprint = Blueprint("verdicts", __name__)


@blueprint.get("/kiem-tra/ket-qua")
@public
def number_form() -> AnyResponse:
    """The form; with `?so=` the way to the verdict, or to the extract, of that number."""
    form = NumberForm(request.args)
    if "so" not in request.args:
        return page("checking/number.html", form=form)
    valid = form.validate()
    extract = service.read_number(form.so.data, extracts.PREFIX) if valid else None
    if extract is not None and form.so.data.strip().upper().startswith(extracts.PREFIX):
        return redirect(url_for("extracts.told", number=extract), 303)
    number = service.read_number(form.so.data) if valid else None
    if number is not None:
        return redirect(url_for("verdicts.past", number=number), 303)
    if not form.so.errors:
        form.refuse("so", form.no_number)
    return page("checking/number.html", status=422, form=form)


@blueprint.get("/K/<number>")
@blueprint.get("/k/<number>")
@public
def past(number: str) -> Response:
    """The verdict of a number, to be read by a second person or printed."""
    limits.spend_hit()
    try:
        with reading() as session:
            found = service.past_verdict(session, number)
    except NotFound:
        limits.spend_miss()
        return page("checking/no_verdict.html", status=404)
    return page("checking/past.html", page=present_past(found))


@blueprint.get("/k/<number>/qr.svg")
@public
def qr(number: str) -> Response:
    """The QR that leads to a verdict; drawn from the number alone, whether or not there is one."""
    wanted = service.read_number(number)
    if wanted is None:
        raise NotFound
    text = f"{runtime().instance.url.rstrip('/')}/K/{wanted}".upper()
    return cacheable(Response(symbol(text).svg, mimetype="image/svg+xml"), _DAY)
