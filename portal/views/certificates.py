"""The registry of certificates: who may sign for whom, what ends soon, proposals of two officials, what is trusted."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.datastructures import CombinedMultiDict
from werkzeug.wrappers import Response as AnyResponse

from portal.errors import NotFound, PortalError, Problem, Refused
from portal.forms.certificates import DeclineForm, EndForm, KeyForm, key_query
from portal.identity import Identity
from portal.presenters import certificate_words as words
from portal.presenters import certificates as presenter
from portal.presenters.certificate_blocks import certificate_block
from portal.presenters.key_proposals import present_proposal
from portal.presenters.problems import sentence
from portal.services import certificate_trust, key_proposals
from portal.services import certificates as service
from portal.services.certificate_files import FileProblem
from portal.services.earlier_keys import period_of
from portal.services.examinations import Examination, examine_again, examine_again_for_period, examine_file
from portal.services.key_proposals import ProposalView
from portal.views.proof import fresh
from portal.web import limits
from portal.web.clock import now
from portal.web.guards import signed_in
from portal.web.rendering import VIETNAM, page
from portal.web.runtime import runtime
from portal.web.unit_of_work import reading, writing
from verify.anchors import TrustStore
from verify.canonical import sha256
from verify.signing import Role

blueprint = Blueprint("certificates", __name__, url_prefix="/chung-thu")

# Which field of the form a refusal from deeper down stands beside.
_BESIDE = {Problem.WRONG_ROLE: "role", Problem.KEY_PERIOD_OVER: "last_day", Problem.UNKNOWN_UNIT: "unit"}


@blueprint.get("")
@signed_in
def listing(identity: Identity) -> Response:
    """The keys within reach, those that end soon first; for officials also what waits and what is wrong with trust."""
    query, trust = key_query(request.args), _trust()
    wanted = presenter.filter_of(query.text, query.role, query.state)
    with reading() as session:
        held = service.keys(session, identity, trust, now())
        waiting = key_proposals.waiting(session, identity, now())
    official = service.is_official(identity)
    faults = certificate_trust.overview(trust, now()).faults if official else ()
    shown = presenter.present_keys(held, waiting, faults, wanted, query.page, official=official)
    return page("certificates/list.html", page=shown)


@blueprint.get("/tin-cay")
@signed_in
def trusted(identity: Identity) -> Response:
    """Authorities and revocation lists of this instance."""
    _require_official(identity)
    return page(
        "certificates/trust.html", page=presenter.present_trust(certificate_trust.overview(_trust(), now()), now())
    )


@blueprint.get("/<int:key_id>")
@signed_in
def key(identity: Identity, key_id: int) -> Response:
    """One key, its certificate examined now, and what was proposed about it."""
    trust = _trust()
    with reading() as session:
        held = service.key(session, identity, key_id, trust, now())
        certificate = service.certificate_of(session, held.id)
        history = key_proposals.of_key(session, identity, held.id, now())
    examined = examine_again(runtime().sandbox, certificate, trust, now())
    official = service.is_official(identity)
    return page("certificates/key.html", page=presenter.present_key(held, examined, history, official=official))


@blueprint.get("/de-nghi")
@signed_in
def proposing(identity: Identity) -> Response:
    """The form for a new key. `?don-vi=`: the unit that is chosen already."""
    form = _key_form(identity)
    form.unit.data = request.args.get("don-vi", "")
    return page("certificates/propose.html", form=form, examined=None)


@blueprint.post("/de-nghi")
@signed_in
def propose(identity: Identity) -> AnyResponse:
    """Examine the certificate in the file; if everything holds, the proposal waits for a second official."""
    limits.spend_check()
    given: CombinedMultiDict[str, Any] = CombinedMultiDict((request.files, request.form))
    form, examined = _key_form(identity, given), None
    if form.validate():
        examined = examine_file(runtime().sandbox, form.file.data.read(), _trust(), now())
        proposal_id = _proposed(identity, form, examined)
        if proposal_id is not None:
            return redirect(url_for("certificates.proposal", proposal_id=proposal_id), 303)
    seen = certificate_block(examined, ()) if isinstance(examined, Examination) else None
    return page("certificates/propose.html", status=422, form=form, examined=seen)


@blueprint.get("/<int:key_id>/ket-thuc")
@signed_in
def ending(identity: Identity, key_id: int) -> Response:
    """The form for the end of a key."""
    return _ending(identity, key_id, EndForm(None, _today()))


@blueprint.post("/<int:key_id>/ket-thuc")
@signed_in
def propose_end(identity: Identity, key_id: int) -> AnyResponse:
    """Propose the end of a key; it waits for a second official too."""
    form = EndForm(request.form, _today())
    if form.validate():
        try:
            with writing() as session:
                made = key_proposals.propose_end(
                    session, identity, key_id, form.last_day.data, form.decision.data, now()
                )
        except Refused as refused:
            form.refuse("last_day", sentence(refused.problem, refused.detail))
        else:
            return redirect(url_for("certificates.proposal", proposal_id=made), 303)
    return _ending(identity, key_id, form, status=422)


@blueprint.get("/de-nghi/<int:proposal_id>")
@signed_in
def proposal(identity: Identity, proposal_id: int) -> Response:
    """One proposal, its certificate examined now."""
    return _proposal(identity, proposal_id, DeclineForm())


@blueprint.post("/de-nghi/<int:proposal_id>/xac-nhan")
@signed_in
@fresh
def confirm(identity: Identity, proposal_id: int) -> AnyResponse:
    """The second official confirms: registry and log change together, once."""
    seen = _seen(identity, proposal_id)
    with writing() as session:
        key_proposals.confirm(session, identity, proposal_id, seen.examined, seen.trust, runtime().log_signer, now())
    return redirect(url_for("certificates.proposal", proposal_id=proposal_id), 303)


@blueprint.post("/de-nghi/<int:proposal_id>/tu-choi")
@signed_in
def decline(identity: Identity, proposal_id: int) -> AnyResponse:
    """Reject another's proposal, or withdraw one's own; with a reason."""
    form = DeclineForm(request.form)
    if not form.validate():
        return _proposal(identity, proposal_id, form, status=422)
    with writing() as session:
        key_proposals.decline(session, identity, proposal_id, form.reason.data, now())
    return redirect(url_for("certificates.proposal", proposal_id=proposal_id), 303)


@dataclass(frozen=True, slots=True)
class _Seen:
    """A proposal as it is looked at now. others: where its certificate is registered already."""

    held: ProposalView
    others: tuple[tuple[str, Role], ...]
    examined: Examination
    trust: TrustStore


def _seen(identity: Identity, proposal_id: int) -> _Seen:
    """Read first, then wait for the child: no transaction is open meanwhile."""
    trust = _trust()
    with reading() as session:
        held = key_proposals.proposal(session, identity, proposal_id, now())
        others = service.others_of(session, sha256(held.certificate))
    return _Seen(held, others, _examined(held, trust), trust)


def _examined(held: ProposalView, trust: TrustStore) -> Examination:
    """As of now, or for a key of the system before this one as of its period."""
    if held.is_earlier and held.last_day is not None:
        first, last = period_of(held.first_day, held.last_day)
        return examine_again_for_period(runtime().sandbox, held.certificate, trust, first, last, now())
    return examine_again(runtime().sandbox, held.certificate, trust, now())


def _proposal(identity: Identity, proposal_id: int, form: DeclineForm, status: int = 200) -> Response:
    seen = _seen(identity, proposal_id)
    shown = present_proposal(seen.held, seen.examined, seen.others)
    return page("certificates/proposal.html", status=status, page=shown, form=form)


def _proposed(identity: Identity, form: KeyForm, examined: Examination | FileProblem) -> int | None:
    """The number of the new proposal; None with the refusal in the form."""
    if isinstance(examined, FileProblem):
        form.refuse("file", words.file_sentence(examined))
        return None
    if not examined.holds:
        form.refuse("file", words.refusal_sentence(examined))
        return None
    try:
        with writing() as session:
            return key_proposals.propose_key(
                session,
                identity,
                form.unit.data,
                Role(form.role.data),
                examined,
                form.first_day.data or _today(),
                form.last_day.data,
                form.decision.data,
                now(),
            )
    except NotFound:
        raise
    except PortalError as refused:
        form.refuse(_BESIDE.get(refused.problem, "file"), sentence(refused.problem, refused.detail))
        return None


def _key_form(identity: Identity, given: Any = None) -> KeyForm:
    with reading() as session:
        units = service.units(session, identity)
    return KeyForm(given, presenter.unit_words(units), presenter.role_choices(units), _today())


def _ending(identity: Identity, key_id: int, form: EndForm, status: int = 200) -> Response:
    _require_official(identity)
    with reading() as session:
        held = service.key(session, identity, key_id, _trust(), now())
    return page("certificates/end.html", status=status, form=form, row=presenter.key_row(held))


def _require_official(identity: Identity) -> None:
    if not service.is_official(identity):
        raise NotFound


def _trust() -> TrustStore:
    return runtime().trust(now())


def _today() -> date:
    return now().astimezone(VIETNAM).date()
