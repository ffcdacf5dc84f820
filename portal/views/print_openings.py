"""The second step behind the code of a print: with the birth date it opens what the print shows."""

from flask import Blueprint, Response, request

from portal.errors import NotFound
from portal.forms.shares import BirthForm
from portal.presenters.opened import present_opened
from portal.services import print_openings as service
from portal.web import limits, network, watch
from portal.web.clock import now
from portal.web.guards import public
from portal.web.rendering import page
from portal.web.unit_of_work import writing
from verify.code import PrintTarget, parse_target
from verify.errors import MalformedRecord

blueprint = Blueprint("print_openings", __name__)


@blueprint.get("/t/<code>/<print_>/noi-dung")
@public
def asking(code: str, print_: str) -> Response:
    """The form: the same for every address that could be on a print."""
    return page("lookup/birth_date.html", form=BirthForm(), code=code, print=print_, closed=False)


@blueprint.post("/t/<code>/<print_>/noi-dung")
@public
def show(code: str, print_: str) -> Response:
    """The results; a wrong day, an ended print and a code of nobody look alike."""
    limits.spend_check()
    form = BirthForm(request.form)
    valid, born = form.validate(), form.birth_date.data
    if not valid or born is None:
        return page("lookup/birth_date.html", status=422, form=form, code=code, print=print_, closed=False)
    target = _target(code, print_)
    limits.require_second_step(target.code)
    try:
        with writing() as session:
            year, version = target.school_year or "", target.version or 0
            found = service.open_print(session, target.code, year, version, born, network.kept(), now())
    except NotFound:
        watch.note(target.code, found=False)
        limits.spend_miss()
        limits.spend_second_step(target.code)
        return page("lookup/birth_date.html", status=404, form=BirthForm(), code=code, print=print_, closed=True)
    return page("lookup/opened.html", page=present_opened(found), back=f"/t/{target.code}/{print_}")


def _target(code: str, print_: str) -> PrintTarget:
    try:
        return parse_target(f"/t/{code.lower()}/{print_}")
    except MalformedRecord:
        return PrintTarget("")
