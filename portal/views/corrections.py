"""Acts after the lock: the list that the department and each school sees, one act, and the steps of two officials."""

from typing import Any, Final

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.datastructures import CombinedMultiDict
from werkzeug.wrappers import Response as AnyResponse

from portal.errors import NotFound, Problem, Refused
from portal.forms import corrections as forms
from portal.forms.certificates import DeclineForm
from portal.forms.corrections import ConfirmForm, CorrectionForm, SeenForm
from portal.forms.rounds import watch_query
from portal.identity import Identity
from portal.presenters import corrections as presenter
from portal.presenters.problems import sentence
from portal.services import accounts, amendments, correction_cases, correction_policy, lock_proposals, rounds
from portal.services import corrections as service
from portal.services.correction_policy import require_official
from portal.services.corrections import Wanted
from portal.services.papers import FILE_BYTES, Paper
from portal.views.proof import fresh
from portal.web import limits
from portal.web.attempts import Attempt
from portal.web.clock import now
from portal.web.guards import signed_in
from portal.web.rendering import page
from portal.web.unit_of_work import reading, writing
from verify.code import parse_target
from verify.errors import MalformedRecord

blueprint = Blueprint("corrections", __name__, url_prefix="/sau-khi-chot")

KINDS: Final = {forms.ANNOTATE: "annotate", forms.SUPERSEDE: "supersede", forms.REVOKE: "revoke"}
# Which field of the form a refusal from deeper down stands beside.
_BESIDE: Final = {
    Problem.BAD_DECISION: "decision",
    Problem.DECISION_DAY: "decided_on",
    Problem.DECISION_FILE: "file",
    Problem.SCHOOL_STILL_OPEN: "school",
}


@blueprint.get("")
@signed_in
def listing(identity: Identity) -> Response:
    """Every act within reach, the newest first, with the regulation above."""
    with reading() as session:
        found = correction_cases.cases(session, identity, watch_query(request.args).page, now())
        held = correction_policy.holding(session, identity, now())
    official = service.is_official(identity)
    return page("corrections/list.html", page=presenter.present_cases(found, held, official=official))


@blueprint.get("/moi")
@signed_in
def beginning(identity: Identity) -> Response:
    """The form for an act. `?ma=`, `?nam=`: the record, chosen already; `?yeu-cau=`: a request that it answers."""
    form = _form(identity, None)
    asked = request.args.get("yeu-cau", type=int)
    if asked is not None:
        _fill_from(identity, form, asked)
        return page("corrections/begin.html", form=form)
    form.code.data = request.args.get("ma", "")[:400]
    form.school_year.data = request.args.get("nam") or rounds.due_year(now())
    return page("corrections/begin.html", form=form)


@blueprint.post("/moi")
@signed_in
def begin(identity: Identity) -> AnyResponse:
    """Propose an annotation or a revocation, or open the case of a supersession."""
    limits.spend_check()
    form = _form(identity, CombinedMultiDict((request.files, request.form)))
    if not form.validate():
        return page("corrections/begin.html", status=422, form=form)
    try:
        wanted = Wanted(
            kind=service.kind_of(KINDS[form.kind.data]),
            code=parse_target(form.code.data).code,
            school_year=form.school_year.data,
            paper=paper_of(form),
            reason=form.reason.data,
            note=form.note.data or None,
            school_code=form.school.data or None,
        )
        with writing() as session:
            made = service.begin(session, identity, wanted, now())
            if form.amendment.data is not None:
                amendments.open_case(session, identity, form.amendment.data, made, now())
    except (MalformedRecord, NotFound):
        form.refuse("code", sentence(Problem.NOT_FOUND, {}))
    except Refused as refused:
        form.refuse(_BESIDE.get(refused.problem, "kind"), sentence(refused.problem, refused.detail))
    else:
        return redirect(url_for("corrections.case", correction_id=made), 303)
    return page("corrections/begin.html", status=422, form=form)


@blueprint.get("/<int:correction_id>")
@signed_in
def case(identity: Identity, correction_id: int) -> Response:
    """One act: what will happen, who acted, and for the second official the interruption."""
    return _case(identity, correction_id, ConfirmForm(), DeclineForm())


@blueprint.get("/<int:correction_id>/quyet-dinh")
@signed_in
def paper(identity: Identity, correction_id: int) -> Response:
    """The decision's file as it was sent; the portal never opens it, so a browser must not either."""
    with reading() as session:
        data, name = correction_cases.paper_of(session, identity, correction_id, now())
    response = Response(data, mimetype="application/octet-stream")
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response


@blueprint.post("/<int:correction_id>/de-nghi")
@signed_in
def propose(identity: Identity, correction_id: int) -> AnyResponse:
    """Propose that the version which the school brought in takes the old one's place."""
    form = SeenForm(request.form)
    if not form.validate():
        raise Refused(Problem.CORRECTION_CHANGED)
    with writing() as session:
        service.propose(session, identity, correction_id, form.seen.data, now())
    return redirect(url_for("corrections.case", correction_id=correction_id), 303)


@blueprint.post("/<int:correction_id>/xac-nhan")
@signed_in
@fresh
def confirm(identity: Identity, correction_id: int) -> AnyResponse:
    """The second official confirms with the own password; the delay begins. Pressed twice, it happens once."""
    form = ConfirmForm(request.form)
    if not form.validate() or not password_holds(identity, form):
        return _case(identity, correction_id, form, DeclineForm(), status=422)
    with writing() as session:
        service.confirm(session, identity, correction_id, form.seen.data, now())
    return redirect(url_for("corrections.case", correction_id=correction_id), 303)


@blueprint.post("/<int:correction_id>/dong")
@signed_in
def close(identity: Identity, correction_id: int) -> AnyResponse:
    """Withdraw, reject or stop an act before it takes effect; with a reason."""
    form = DeclineForm(request.form)
    if not form.validate():
        return _case(identity, correction_id, ConfirmForm(), form, status=422)
    with writing() as session:
        service.close(session, identity, correction_id, form.reason.data, now())
    return redirect(url_for("corrections.case", correction_id=correction_id), 303)


def paper_of(form: Any) -> Paper:
    """The decision of a form; a file that is too large is refused by the service."""
    data = form.file.data.read(FILE_BYTES + 1)
    return Paper(form.decision.data, form.decided_on.data, form.file.data.filename or "", data)


def password_holds(identity: Identity, form: Any) -> bool:
    """Whether the second official entered the own password; counted like a sign-in, refused beside its field."""
    with reading() as session:
        require_official(identity)
        username = accounts.username_of(session, identity)
    attempt = Attempt.begin(username)
    try:
        with reading() as session:
            accounts.require_password(session, identity, form.password.data)
    except Refused:
        attempt.failed()
        form.refuse("password", form.wrong)
        return False
    return True


def _case(
    identity: Identity, correction_id: int, form: ConfirmForm, closing: DeclineForm, status: int = 200
) -> Response:
    with reading() as session:
        held = correction_cases.case(session, identity, correction_id, now())
        second = correction_cases.look(session, identity, correction_id, now())
    shown = presenter.present_case(held, second)
    return page("corrections/case.html", status=status, page=shown, form=form, closing=closing)


def _fill_from(identity: Identity, form: CorrectionForm, amendment_id: int) -> None:
    """What a request says of the record and why; the official reads it again and adds the decision."""
    with reading() as session:
        prefilled = amendments.for_case(session, identity, amendment_id)
    form.amendment.data, form.kind.data = amendment_id, forms.SUPERSEDE
    form.code.data, form.school_year.data, form.reason.data = prefilled


def _form(identity: Identity, given: Any) -> CorrectionForm:
    """The form with the years and schools that may be chosen; raises NotFound for who may not propose."""
    require_official(identity)
    with reading() as session:
        years, schools = rounds.school_years(session, now()), lock_proposals.units_of(session, now())
    return CorrectionForm(given, years, schools)
