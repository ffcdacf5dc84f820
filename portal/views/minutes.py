"""Minutes of a round's lock: made and sealed by the department, kept, and taken as a file."""

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.errors import Refused
from portal.forms.minutes import MinutesForm
from portal.identity import Identity
from portal.language import in_vietnamese
from portal.presenters import minutes as presenter
from portal.presenters.problems import sentence
from portal.services import minutes as service
from portal.services.timestamp_overview import time_overview
from portal.services.witness_overview import overview
from portal.web import sealing
from portal.web.clock import now
from portal.web.guards import signed_in
from portal.web.rendering import page
from portal.web.runtime import runtime
from portal.web.unit_of_work import reading, writing
from verify.form.minutes import Minutes

blueprint = Blueprint("minutes", __name__, url_prefix="/chot-du-lieu/bien-ban")


@blueprint.get("/<school_year>/<int:number>")
@signed_in
def page_of_round(identity: Identity, school_year: str, number: int) -> Response:
    """What the minutes would say now, and those that were made."""
    return _page(identity, school_year, number, MinutesForm())


@blueprint.post("/<school_year>/<int:number>")
@signed_in
def make(identity: Identity, school_year: str, number: int) -> AnyResponse:
    """Print, seal and keep minutes; nothing is open while outsiders are asked for the time."""
    form = MinutesForm(request.form)
    if not form.validate():
        return _page(identity, school_year, number, form, status=422)
    with reading() as session:
        told = service.figures(session, identity, school_year, number, now())
    try:
        made = sealing.sealed(_sheet(told, form), now())
        with writing() as session:
            service.keep(session, identity, told, made.pdf, stamped=made.stamped, now=now())
    except Refused as refused:
        form.refuse("number", sentence(refused.problem, refused.detail))
        return _page(identity, school_year, number, form, status=422)
    return redirect(url_for("minutes.page_of_round", school_year=school_year, number=number), 303)


@blueprint.get("/tep/<int:minutes_id>")
@signed_in
def file(identity: Identity, minutes_id: int) -> Response:
    """The sealed file."""
    with reading() as session:
        row, pdf = service.file_of(session, identity, minutes_id)
    response = Response(pdf, mimetype="application/pdf")
    name = f"bien-ban-chot-{row.school_year}-dot-{row.round}-{row.id}.pdf"
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response


def _sheet(told: service.Figures, form: MinutesForm) -> Minutes:
    held = runtime()
    with reading() as session:
        log = overview(session, held.witnesses, held.log_signer.verifier.name)
        time = time_overview(session, held.timestamps, now())
    with in_vietnamese():
        return presenter.sheet(
            told,
            log,
            time,
            document=form.number.data,
            place=form.place.data,
            department=held.instance.owner_name,
            system=held.instance.system_name,
            sample=held.instance.demo,
            training=held.instance.training,
            now=now(),
        )


def _page(identity: Identity, school_year: str, number: int, form: MinutesForm, status: int = 200) -> Response:
    with reading() as session:
        told = service.figures(session, identity, school_year, number, now())
        made = service.made(session, identity, school_year, number)
    shown = presenter.present_minutes(told, made, stamps=sealing.can_stamp())
    return page("minutes/round.html", status=status, page=shown, form=form)
