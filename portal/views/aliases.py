"""The department says for all schools what a heading means, sees who said what, and takes it back."""

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.errors import Problem, Refused
from portal.forms.aliases import AliasForm
from portal.identity import Identity
from portal.presenters import aliases as presenter
from portal.presenters.fields import field_words
from portal.presenters.problems import sentence
from portal.services import aliases as service
from portal.web.clock import now
from portal.web.guards import signed_in
from portal.web.rendering import page
from portal.web.unit_of_work import reading, writing

blueprint = Blueprint("aliases", __name__, url_prefix="/tieu-de-cot")

_BESIDE = (Problem.ALIAS_EMPTY, Problem.ALIAS_KNOWN, Problem.ALIAS_COLLIDES, Problem.ALIAS_IS_GROUP)


@blueprint.get("")
@signed_in
def listing(identity: Identity) -> Response:
    """What headings mean: added by the department, removed again, and built in."""
    return _listed(identity, _form(None))


@blueprint.post("")
@signed_in
def add(identity: Identity) -> AnyResponse:
    """Teach a heading from the next file on; one that means something else is refused."""
    form = _form(request.form)
    if not form.validate():
        return _listed(identity, form, 422)
    try:
        with writing() as session:
            service.add(session, identity, form.spelling.data, form.path.data, now())
    except Refused as refused:
        if refused.problem not in _BESIDE:
            raise
        words = {**refused.detail, "field": field_words(refused.detail.get("path", ""))}
        form.refuse("spelling", sentence(refused.problem, words))
        return _listed(identity, form, 422)
    return redirect(url_for("aliases.listing"), 303)


@blueprint.post("/<int:alias_id>/bo")
@signed_in
def remove(identity: Identity, alias_id: int) -> AnyResponse:
    """Use it no more; who removed it is kept."""
    with writing() as session:
        service.remove(session, identity, alias_id, now())
    return redirect(url_for("aliases.listing"), 303)


def _form(given: object) -> AliasForm:
    return AliasForm(given, [option.path for group in presenter.choices() for option in group.options])


def _listed(identity: Identity, form: AliasForm, status: int = 200) -> Response:
    with reading() as session:
        shown = presenter.present_aliases(service.table(session, identity))
    return page("aliases/list.html", status=status, page=shown, form=form, groups=presenter.choices())
