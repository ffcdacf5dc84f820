"""Reminding schools that owe something in a round: choose, look at what will be sent, send."""

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.errors import Refused
from portal.forms.reminders import ReminderForm, round_number
from portal.forms.rounds import watch_query
from portal.identity import Identity
from portal.presenters import reminders as presenter
from portal.presenters.problems import sentence
from portal.services import reminders as service
from portal.services import rounds
from portal.services.reminders import Wanted, text_of
from portal.web.clock import now
from portal.web.guards import signed_in
from portal.web.rendering import page
from portal.web.unit_of_work import reading, writing

blueprint = Blueprint("reminders", __name__, url_prefix="/tien-do/nhac")


@blueprint.get("")
@signed_in
def choosing(identity: Identity) -> Response:
    """The schools that owe something in a round, by commune."""
    year = watch_query(request.args).school_year or rounds.due_year(now())
    form = ReminderForm(None, year, round_number(request.args.get("dot", "")))
    return _choice(identity, form)


@blueprint.post("/xem")
@signed_in
def preview(identity: Identity) -> Response:
    """What would be sent, and to whom; nothing is sent yet."""
    form = ReminderForm(request.form)
    if not form.validate():
        return _choice(identity, form, 422)
    wanted = _wanted(form)
    try:
        with reading() as session:
            held = rounds.rounds_of(session, wanted.school_year).of(wanted.number)
            shown = presenter.present_preview(wanted, held, service.chosen(session, identity, wanted, now()))
    except Refused as refused:
        form.refuse("units", sentence(refused.problem, refused.detail))
        return _choice(identity, form, 422)
    return page("reminders/preview.html", page=shown)


@blueprint.post("")
@signed_in
def send(identity: Identity) -> AnyResponse:
    """Send it to those that still owe something and were not reminded today."""
    form = ReminderForm(request.form)
    if not form.validate():
        return _choice(identity, form, 422)
    wanted = _wanted(form)
    with writing() as session:
        service.remind(session, identity, wanted, now())
    return redirect(url_for("reminders.choosing", nam=wanted.school_year, dot=wanted.number), 303)


def _wanted(form: ReminderForm) -> Wanted:
    return Wanted(form.school_year.data, round_number(form.number.data), text_of(form.text.data), form.codes)


def _choice(identity: Identity, form: ReminderForm, status: int = 200) -> Response:
    with reading() as session:
        number = round_number(form.number.data or "")
        year = form.school_year.data or rounds.due_year(now())
        found = service.owing(session, identity, year, number, now())
    return page("reminders/choose.html", status=status, page=presenter.present_choice(found), form=form)
