"""Pupils between installations: departures with a file, arrivals that two people take in, whose logs are believed."""

import secrets
from typing import Any, Final

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.datastructures import CombinedMultiDict
from werkzeug.wrappers import Response as AnyResponse

from portal.errors import NotFound, PortalError, Problem, Refused
from portal.forms.certificates import DeclineForm
from portal.forms.custody import GUARDIAN, PARENT
from portal.forms.exchange import AnswerForm, ArrivalForm, DepartureForm, PeerForm
from portal.identity import Identity
from portal.presenters import exchange as presenter
from portal.presenters.problems import sentence
from portal.presenters.refusals import refusal_sentence
from portal.services import exchange_arrival_pages as arrival_pages
from portal.services import exchange_arrivals as arrivals
from portal.services import exchange_departures as departures
from portal.services import exchange_peers as peers
from portal.services import inventory
from portal.services.earlier_imports import Desk
from portal.services.exchange_departures import Wanted
from portal.services.organisation import day_of
from portal.views.custody import case_page
from portal.views.proof import fresh
from portal.web import limits, network
from portal.web.clock import now
from portal.web.guards import signed_in
from portal.web.rendering import page
from portal.web.runtime import runtime
from portal.web.unit_of_work import reading, writing
from verify.code import new_code, parse_target
from verify.errors import MalformedRecord, VerifyError
from verify.exchange import answer as answers
from verify.exchange.bundle import LARGEST_BYTES
from verify.exchange.judging import Examined
from verify.limits import POLICY_BYTES
from verify.log.commitments import SALT_BYTES

blueprint = Blueprint("exchange", __name__, url_prefix="/chuyen-truong/tinh-khac")

_APPLICANTS: Final = {PARENT: "parent", GUARDIAN: "guardian"}
_BESIDE: Final = {Problem.CUSTODY_DAY: "applied_on", Problem.PEER_CLOSED: "peer", Problem.PEER_NAME_LONG: "name"}


@blueprint.get("")
@signed_in
def listing(identity: Identity) -> Response:
    """Who came, and the ways to hand over and to take in."""
    with reading() as session:
        found = arrival_pages.listed(session, identity)
        schools = arrivals.schools_of(session, identity, now())
        there = departures.destinations(session, identity)
        official = peers.is_official(identity)
    rows = presenter.present_arrivals(found)
    return page("exchange/list.html", rows=rows, brings=bool(schools), hands=bool(there), official=official)


# --- departures ---


@blueprint.get("/di")
@signed_in
def beginning(identity: Identity) -> Response:
    """Where a school writes down that a pupil goes to another installation."""
    return page("exchange/departure.html", form=_departure_form(identity, None))


@blueprint.post("/di")
@signed_in
def begin(identity: Identity) -> AnyResponse:
    """Write it down; the head answers on the page of the case."""
    limits.spend_check()
    form = _departure_form(identity, request.form)
    if form.validate() and form.applied_on.data is not None and form.starts_on.data is not None:
        try:
            wanted = Wanted(
                parse_target(form.code.data).code,
                int(form.peer.data),
                form.school.data,
                _APPLICANTS[form.applicant.data],
                form.applied_on.data,
                form.starts_on.data,
                form.reason.data,
            )
            with writing() as session:
                made = departures.begin(session, identity, wanted, now())
        except (MalformedRecord, NotFound):
            limits.spend_miss()
            form.refuse("code", sentence(Problem.NOT_FOUND, {}))
        except Refused as refused:
            form.refuse(_BESIDE.get(refused.problem, "code"), sentence(refused.problem, refused.detail))
        else:
            return redirect(url_for("custody.case", request_id=made), 303)
    return page("exchange/departure.html", status=422, form=form)


@blueprint.post("/di/<int:request_id>/dong-y")
@signed_in
@fresh
def release(identity: Identity, request_id: int) -> AnyResponse:
    """The head agrees, and the file is made; an inventory of today comes first where there is none."""
    held = runtime()
    desk = departures.Desk(
        held.log_signer.verifier,
        held.policy,
        held.seal,
        held.instance.department_code,
        held.instance.owner_name,
        held.instance.demo,
        held.trust(now()).crls,
    )
    with reading() as session:
        seen = inventory.survey(session) if departures.inventory_lacks(session, identity, request_id) else None
    if seen is not None:
        with writing() as session:
            inventory.keep(session, seen, held.log_signer, now(), again=True)
    with reading() as session:
        gathered = departures.gather(session, identity, request_id, desk)
    with writing() as session:
        departures.release(session, identity, request_id, gathered, desk, now(), network.kept())
    return redirect(url_for("custody.case", request_id=request_id), 303)


@blueprint.get("/di/<int:request_id>/tep")
@signed_in
def bundle(identity: Identity, request_id: int) -> Response:
    """The file; each time that it is taken is written down."""
    with writing() as session:
        case, data = departures.take(session, identity, request_id, now(), network.kept())
    return _file(f"ban-giao-{case[:8]}.json", data)


@blueprint.post("/di/<int:request_id>/bao-nhan")
@signed_in
def settle(identity: Identity, request_id: int) -> AnyResponse:
    """The answer came back: custody moves, the case is closed."""
    limits.spend_check()
    form = AnswerForm(CombinedMultiDict((request.files, request.form)))
    if form.validate():
        data = form.answer.data.read(LARGEST_BYTES + 1)
        try:
            with reading() as session:
                expected = departures.expected(session, identity, request_id)
            holds = runtime().sandbox.run(answers.judge, data, *expected)
            with writing() as session:
                departures.settle(session, identity, request_id, data, holds=holds, now=now())
        except VerifyError as error:
            form.refuse("answer", refusal_sentence(error))
        except Refused as refused:
            form.refuse("answer", sentence(refused.problem, refused.detail))
        else:
            return redirect(url_for("custody.case", request_id=request_id), 303)
    return case_page(identity, request_id, DeclineForm(), form, 422)


# --- arrivals ---


@blueprint.get("/den")
@signed_in
def bringing(identity: Identity) -> Response:
    """The form for a file."""
    return page("exchange/arrival_form.html", form=_arrival_form(identity, None))


@blueprint.post("/den")
@signed_in
def bring(identity: Identity) -> AnyResponse:
    """Open the file in a child and ask everything of it; what holds waits for a second person."""
    limits.spend_check()
    form = _arrival_form(identity, CombinedMultiDict((request.files, request.form)))
    if form.validate():
        data = form.file.data.read(LARGEST_BYTES + 1)
        try:
            seen = _examined(data)
            if seen.fault is None:
                with writing() as session:
                    demo = runtime().instance.demo
                    made = arrivals.bring(session, identity, form.school.data, data, seen, now(), demo=demo)
                return redirect(url_for("exchange.arrival", arrival_id=made), 303)
            form.refuse("file", presenter.fault_sentence(seen))
        except VerifyError as error:
            form.refuse("file", refusal_sentence(error))
        except Refused as refused:
            form.refuse("file", sentence(refused.problem, refused.detail))
    return page("exchange/arrival_form.html", status=422, form=form)


@blueprint.get("/den/<int:arrival_id>")
@signed_in
def arrival(identity: Identity, arrival_id: int) -> Response:
    """One file with what it proves now, or with what became of it."""
    return _arrival(identity, arrival_id, DeclineForm())


@blueprint.post("/den/<int:arrival_id>/xac-nhan")
@signed_in
@fresh
def confirm(identity: Identity, arrival_id: int) -> AnyResponse:
    """The second person takes the pupil in, once."""
    with reading() as session:
        _view, data = arrival_pages.arrival(session, identity, arrival_id)
    seen = _examined(data)
    desk = Desk(
        trust=runtime().trust(now()),
        log_signer=runtime().log_signer,
        salt=lambda: secrets.token_bytes(SALT_BYTES),
        new_code=lambda: new_code(secrets.token_bytes(16)),
        demo=runtime().instance.demo,
    )
    with writing() as session:
        arrivals.confirm(session, identity, arrival_id, seen, desk, now(), network.kept())
    return redirect(url_for("exchange.arrival", arrival_id=arrival_id), 303)


@blueprint.post("/den/<int:arrival_id>/tu-choi")
@signed_in
def refuse(identity: Identity, arrival_id: int) -> AnyResponse:
    """The pupil is not taken in; with a reason."""
    form = DeclineForm(request.form)
    if not form.validate():
        return _arrival(identity, arrival_id, form, 422)
    with writing() as session:
        arrivals.refuse(session, identity, arrival_id, form.reason.data, now())
    return redirect(url_for("exchange.arrival", arrival_id=arrival_id), 303)


@blueprint.get("/den/<int:arrival_id>/bao-nhan")
@signed_in
def answer(identity: Identity, arrival_id: int) -> Response:
    """The file that goes back: what our log says of the pupil's years."""
    with reading() as session:
        case, data = arrival_pages.answer_of(session, identity, arrival_id, runtime().policy)
    return _file(f"bao-nhan-{case[:8]}.json", data)


# --- other installations ---


@blueprint.get("/he-thong")
@signed_in
def known(identity: Identity) -> Response:
    """Whose logs are believed."""
    return _known(identity, PeerForm())


@blueprint.post("/he-thong")
@signed_in
def propose(identity: Identity) -> AnyResponse:
    """Propose another installation; it waits for a second official."""
    form = PeerForm(CombinedMultiDict((request.files, request.form)))
    if form.validate():
        data = form.file.data.read(POLICY_BYTES + 1)
        try:
            with writing() as session:
                own, text = runtime().log_signer.verifiers, data.decode("utf-8", errors="replace")
                peers.propose(session, identity, form.name.data, text, form.decision.data, own, now())
        except NotFound:
            raise
        except VerifyError as error:
            form.refuse("file", refusal_sentence(error))
        except PortalError as refused:
            form.refuse(_BESIDE.get(refused.problem, "file"), sentence(refused.problem, refused.detail))
        else:
            return redirect(url_for("exchange.known"), 303)
    return _known(identity, form, status=422)


@blueprint.post("/he-thong/<int:peer_id>/xac-nhan")
@signed_in
@fresh
def confirm_peer(identity: Identity, peer_id: int) -> AnyResponse:
    """The second official agrees."""
    with writing() as session:
        peers.confirm(session, identity, peer_id, now())
    return redirect(url_for("exchange.known"), 303)


@blueprint.post("/he-thong/<int:peer_id>/ket-thuc")
@signed_in
def end_peer(identity: Identity, peer_id: int) -> AnyResponse:
    """Refuse, withdraw or end; with a reason."""
    form = DeclineForm(request.form)
    if not form.validate():
        return _known(identity, PeerForm(), form, 422)
    with writing() as session:
        peers.end(session, identity, peer_id, form.reason.data, now())
    return redirect(url_for("exchange.known"), 303)


def _known(identity: Identity, form: PeerForm, ending: DeclineForm | None = None, status: int = 200) -> Response:
    with reading() as session:
        found = peers.views(session, identity)
    shown = presenter.present_peers(found)
    return page("exchange/peers.html", status=status, peers=shown, form=form, ending=ending or DeclineForm())


def _arrival(identity: Identity, arrival_id: int, form: DeclineForm, status: int = 200) -> Response:
    with reading() as session:
        held, data = arrival_pages.arrival(session, identity, arrival_id)
    seen = _examined(data) if held.decided_at is None else None
    return page("exchange/arrival.html", status=status, page=presenter.present_arrival(held, seen), form=form)


def _examined(data: bytes) -> Examined:
    """Read first, then wait for the child: no transaction is open meanwhile."""
    held, moment = runtime(), now()
    with reading() as session:
        believed = arrivals.border(session, held.log_signer.verifiers, held.trust(moment), moment)
    return arrivals.open_bundle(held.sandbox, data, believed)


def _departure_form(identity: Identity, given: Any) -> DepartureForm:
    """Raises NotFound for who hands nobody over."""
    with reading() as session:
        there = departures.destinations(session, identity)
    if not there:
        raise NotFound
    return DepartureForm(given, there, day_of(now()))


def _arrival_form(identity: Identity, given: Any) -> ArrivalForm:
    """Raises NotFound for who acts for no school."""
    with reading() as session:
        schools = arrivals.schools_of(session, identity, now())
    if not schools:
        raise NotFound
    return ArrivalForm(given, schools)


def _file(name: str, data: bytes) -> Response:
    response = Response(data, mimetype="application/json")
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response
