"""Years of the system before this one: bundles proposed and confirmed by two officials, and the keys of that time."""

import secrets
from datetime import date
from typing import Any

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.datastructures import CombinedMultiDict
from werkzeug.wrappers import Response as AnyResponse

from portal.errors import NotFound, PortalError, Problem, Refused
from portal.forms.certificates import DeclineForm
from portal.forms.earlier_years import BundleForm, EarlierEndForm, EarlierKeyForm
from portal.identity import Identity
from portal.presenters import certificate_words as words
from portal.presenters import certificates as certificate_presenter
from portal.presenters import earlier_years as presenter
from portal.presenters.certificate_blocks import certificate_block
from portal.presenters.problems import sentence
from portal.presenters.refusals import refusal_sentence
from portal.services import certificates, earlier_imports, earlier_keys, key_proposals
from portal.services.certificate_files import FileProblem
from portal.services.earlier_bundle import ExaminedBundle
from portal.services.earlier_imports import Desk, ImportLine, ImportView
from portal.services.examinations import Examination, examine_file_for_period
from portal.views.proof import fresh
from portal.web import limits
from portal.web.clock import now
from portal.web.guards import signed_in
from portal.web.rendering import VIETNAM, page
from portal.web.runtime import runtime
from portal.web.unit_of_work import reading, writing
from verify.code import new_code
from verify.errors import VerifyError
from verify.log.commitments import SALT_BYTES
from verify.signing import Role

blueprint = Blueprint("earlier_years", __name__, url_prefix="/nam-truoc")

# Which field of the form a refusal from deeper down stands beside.
_BESIDE = {Problem.WRONG_ROLE: "role", Problem.PERIOD_NOT_PAST: "last_day", Problem.UNKNOWN_UNIT: "unit"}


@blueprint.get("")
@signed_in
def listing(identity: Identity) -> Response:
    """What waits, what was taken in, and whose keys of that time count."""
    with reading() as session:
        imports = earlier_imports.proposals(session, identity, now())
        keys = earlier_keys.earlier_keys(session, identity)
        waiting = key_proposals.waiting(session, identity, now())
    return page("earlier_years/list.html", page=presenter.present_imports(imports, keys, waiting))


@blueprint.get("/nhap")
@signed_in
def proposing(identity: Identity) -> Response:
    """The form for a bundle."""
    _require_official(identity)
    return page("earlier_years/propose.html", form=BundleForm())


@blueprint.post("/nhap")
@signed_in
def propose(identity: Identity) -> AnyResponse:
    """Open the bundle in a child; the proposal takes nothing in."""
    _require_official(identity)
    limits.spend_check()
    form = BundleForm(CombinedMultiDict((request.files, request.form)))
    if form.validate():
        data = form.file.data.read()
        try:
            opened = _opened(data)
        except VerifyError as error:
            form.refuse("file", refusal_sentence(error))
        else:
            with writing() as session:
                made = earlier_imports.propose(session, identity, data, opened, form.decision.data, now())
            return redirect(url_for("earlier_years.proposal", import_id=made), 303)
    return page("earlier_years/propose.html", status=422, form=form)


@blueprint.get("/<int:import_id>")
@signed_in
def proposal(identity: Identity, import_id: int) -> Response:
    """One proposal with what would become of each record now, or with what became of it."""
    return _proposal(identity, import_id, DeclineForm())


@blueprint.post("/<int:import_id>/xac-nhan")
@signed_in
@fresh
def confirm(identity: Identity, import_id: int) -> AnyResponse:
    """The second official confirms: records, leaves and receipts in one transaction, once."""
    _held, opened = _seen(identity, import_id)
    desk = Desk(
        trust=runtime().trust(now()),
        log_signer=runtime().log_signer,
        salt=lambda: secrets.token_bytes(SALT_BYTES),
        new_code=lambda: new_code(secrets.token_bytes(16)),
        demo=runtime().instance.demo,
    )
    with writing() as session:
        earlier_imports.confirm(session, identity, import_id, opened, desk, now())
    return redirect(url_for("earlier_years.proposal", import_id=import_id), 303)


@blueprint.post("/<int:import_id>/tu-choi")
@signed_in
def decline(identity: Identity, import_id: int) -> AnyResponse:
    """Reject another's proposal, or withdraw one's own; with a reason."""
    form = DeclineForm(request.form)
    if not form.validate():
        return _proposal(identity, import_id, form, status=422)
    with writing() as session:
        earlier_imports.decline(session, identity, import_id, form.reason.data, now())
    return redirect(url_for("earlier_years.proposal", import_id=import_id), 303)


@blueprint.get("/khoa")
@signed_in
def proposing_key(identity: Identity) -> Response:
    """The form for a key of the system before this one."""
    return page("earlier_years/key.html", form=_key_form(identity), examined=None)


@blueprint.post("/khoa")
@signed_in
def propose_key(identity: Identity) -> AnyResponse:
    """Examine the certificate for its period; if it holds, the proposal waits for a second official."""
    limits.spend_check()
    given: CombinedMultiDict[str, Any] = CombinedMultiDict((request.files, request.form))
    form, examined = _key_form(identity, given), None
    if form.validate() and form.first_day.data is not None and form.last_day.data is not None:
        first, last = earlier_keys.period_of(form.first_day.data, form.last_day.data)
        trust = runtime().trust(now())
        examined = examine_file_for_period(runtime().sandbox, form.file.data.read(), trust, first, last, now())
        made = _proposed_key(identity, form, examined, form.first_day.data, form.last_day.data)
        if made is not None:
            return redirect(url_for("certificates.proposal", proposal_id=made), 303)
    seen = certificate_block(examined, ()) if isinstance(examined, Examination) else None
    return page("earlier_years/key.html", status=422, form=form, examined=seen)


@blueprint.get("/khoa/<int:key_id>/ket-thuc")
@signed_in
def ending_key(identity: Identity, key_id: int) -> Response:
    """The form that takes the recognition of a key back, whole or in part."""
    return _ending_key(identity, key_id, EarlierEndForm(None))


@blueprint.post("/khoa/<int:key_id>/ket-thuc")
@signed_in
def propose_key_end(identity: Identity, key_id: int) -> AnyResponse:
    """Propose it; it waits for a second official."""
    form = EarlierEndForm(request.form)
    if form.validate():
        try:
            with writing() as session:
                made = earlier_keys.propose_earlier_end(
                    session, identity, key_id, form.last_day.data, form.decision.data, now()
                )
        except Refused as refused:
            form.refuse("last_day", sentence(refused.problem, refused.detail))
        else:
            return redirect(url_for("certificates.proposal", proposal_id=made), 303)
    return _ending_key(identity, key_id, form, status=422)


def _ending_key(identity: Identity, key_id: int, form: EarlierEndForm, status: int = 200) -> Response:
    with reading() as session:
        held = earlier_keys.earlier_key(session, identity, key_id)
    return page("earlier_years/end.html", status=status, form=form, row=presenter.key_row(held), key_id=key_id)


def _opened(data: bytes) -> ExaminedBundle:
    """Read first, then wait for the child: no transaction is open meanwhile."""
    with reading() as session:
        judged_by = earlier_imports.gate(session, runtime().trust(now()), now())
    return earlier_imports.open_bundle(runtime().sandbox, data, judged_by)


def _seen(identity: Identity, import_id: int) -> tuple[ImportView, ExaminedBundle | None]:
    with reading() as session:
        held = earlier_imports.proposal(session, identity, import_id, now())
        data = earlier_imports.bundle_of(session, held.id)
    return held, _opened(data) if data is not None else None


def _proposal(identity: Identity, import_id: int, form: DeclineForm, status: int = 200) -> Response:
    held, opened = _seen(identity, import_id)
    shown = presenter.present_import(held, _lines(identity, held, opened))
    return page("earlier_years/proposal.html", status=status, page=shown, form=form)


def _lines(identity: Identity, held: ImportView, opened: ExaminedBundle | None) -> tuple[ImportLine, ...]:
    with reading() as session:
        if opened is None:
            return earlier_imports.report_of(session, held.id)
        return earlier_imports.lines(session, identity, opened, now(), demo=runtime().instance.demo)


def _proposed_key(
    identity: Identity, form: EarlierKeyForm, examined: Examination | FileProblem, first_day: date, last_day: date
) -> int | None:
    """The number of the new proposal; None with the refusal in the form."""
    if isinstance(examined, FileProblem):
        form.refuse("file", words.file_sentence(examined))
        return None
    if not examined.holds:
        form.refuse("file", words.refusal_sentence(examined))
        return None
    try:
        with writing() as session:
            return earlier_keys.propose_earlier_key(
                session,
                identity,
                form.unit.data,
                Role(form.role.data),
                examined,
                first_day,
                last_day,
                form.decision.data,
                now(),
            )
    except NotFound:
        raise
    except PortalError as refused:
        form.refuse(_BESIDE.get(refused.problem, "file"), sentence(refused.problem, refused.detail))
        return None


def _key_form(identity: Identity, given: Any = None) -> EarlierKeyForm:
    with reading() as session:
        units = certificates.units(session, identity)
    today = now().astimezone(VIETNAM).date()
    return EarlierKeyForm(
        given, certificate_presenter.unit_words(units), certificate_presenter.role_choices(units), today
    )


def _require_official(identity: Identity) -> None:
    if not certificates.is_official(identity):
        raise NotFound
