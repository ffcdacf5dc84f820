"""A school's packets: the list, one packet with its records, the file to sign, the receipt, withdrawing, history."""

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.datastructures import CombinedMultiDict
from werkzeug.wrappers import Response as AnyResponse

from portal.errors import NotFound, Refused
from portal.forms.packets import SignedFileForm, WithdrawForm
from portal.identity import Identity, StaffRole
from portal.presenters import packets as presenter
from portal.presenters.amendments import request_lines
from portal.presenters.problems import sentence
from portal.presenters.refusals import refusal_sentence
from portal.services import amendment_pages, signed_files
from portal.services import school_packets as service
from portal.services import uploads as uploads_service
from portal.services.withdrawal import withdraw
from portal.web import limits
from portal.web.clock import now
from portal.web.guards import signed_in
from portal.web.rendering import page
from portal.web.runtime import runtime
from portal.web.unit_of_work import reading, writing
from verify.errors import VerifyError

blueprint = Blueprint("packets", __name__, url_prefix="/goi-hoc-ba")


@blueprint.get("")
@signed_in
def listing(identity: Identity) -> Response:
    """The school's packets with what is next, and the files that wait for a person."""
    with reading() as session:
        if not uploads_service.schools_of(session, identity):
            raise NotFound
        waiting = uploads_service.waiting_uploads(session, identity)
        shown = presenter.present_packets(waiting, service.school_packets(session, identity), signs=_signs(identity))
    return page("packets/list.html", page=shown)


@blueprint.get("/<int:packet_id>")
@signed_in
def packet(identity: Identity, packet_id: int) -> Response:
    """One packet: the state of each record and who has signed. `?nop=`: with what became of a handed-in file."""
    return _shown(identity, packet_id, SignedFileForm(), request.args.get("nop", type=int))


@blueprint.get("/<int:packet_id>/bien-nhan")
@signed_in
def receipt(identity: Identity, packet_id: int) -> Response:
    """What the school keeps of the file that it sent."""
    with reading() as session:
        view = service.packet_view(session, identity, packet_id)
    return page("packets/receipt.html", page=presenter.present_receipt(view, signs=_signs(identity)))


@blueprint.get("/<int:packet_id>/goi.json")
@signed_in
def file_to_sign(identity: Identity, packet_id: int) -> Response:
    """The exact bytes to sign, for the tool beside the school's key."""
    with reading() as session:
        data = signed_files.file_to_sign(session, identity, packet_id)
    response = Response(data, mimetype="application/json")
    response.headers.set("Content-Disposition", "attachment", filename=f"goi-{packet_id}.json")
    return response


@blueprint.post("/<int:packet_id>/chu-ky")
@signed_in
def submit_signatures(identity: Identity, packet_id: int) -> AnyResponse:
    """Bring the signed file in, then to the page that names each signature that does not count, with its reason."""
    limits.spend_check()
    form = SignedFileForm(CombinedMultiDict((request.files, request.form)))
    if form.validate():
        try:
            brought = signed_files.open_signed(runtime().sandbox, form.file.data.read())
            trust = runtime().trust(now())
            with writing() as session:
                number = signed_files.hand_in(session, identity, packet_id, brought, trust, now())
        except Refused as refused:
            form.refuse("file", sentence(refused.problem, refused.detail))
        except VerifyError as refused:
            form.refuse("file", refusal_sentence(refused))
        else:
            return redirect(url_for("packets.packet", packet_id=packet_id, nop=number), 303)
    return _shown(identity, packet_id, form)


def _signs(identity: Identity) -> bool:
    return bool(identity.units_as(StaffRole.HEAD))


def _shown(identity: Identity, packet_id: int, form: SignedFileForm, number: int | None = None) -> Response:
    with reading() as session:
        done = signed_files.handed_in(session, identity, packet_id, number) if number is not None else None
        shown = presenter.present_packet(
            service.packet_view(session, identity, packet_id), done, signs=_signs(identity)
        )
        days = runtime().settings.amendment_days
        asked = request_lines(amendment_pages.of_packet(session, identity, packet_id, days, now()))
    return page("packets/packet.html", status=422 if form.summary else 200, page=shown, form=form, requests=asked)


@blueprint.get("/<int:packet_id>/rut")
@signed_in
def withdrawal(identity: Identity, packet_id: int) -> Response:
    """Which records to withdraw and why. `?ban=`: one that is chosen already."""
    form = WithdrawForm()
    form.records.data = [number] if (number := request.args.get("ban", type=int)) is not None else []
    return _withdrawal(identity, packet_id, form)


@blueprint.post("/<int:packet_id>/rut")
@signed_in
def withdraw_records(identity: Identity, packet_id: int) -> AnyResponse:
    """Withdraw the chosen records, or the whole packet."""
    form = WithdrawForm(request.form)
    whole = form.scope.data == "all"
    valid = form.validate()
    if not whole and not form.records.data:
        form.refuse("records", form.nothing_chosen)
    elif valid:
        with writing() as session:
            withdraw(
                session, identity, packet_id, None if whole else form.records.data, form.reason.data.strip(), now()
            )
        return redirect(url_for("packets.packet", packet_id=packet_id), 303)
    return _withdrawal(identity, packet_id, form, status=422)


def _withdrawal(identity: Identity, packet_id: int, form: WithdrawForm, status: int = 200) -> Response:
    with reading() as session:
        shown = presenter.present_packet(service.packet_view(session, identity, packet_id), signs=_signs(identity))
    return page("packets/withdraw.html", status=status, page=shown, form=form)


@blueprint.get("/<int:packet_id>/lich-su/<int:version_id>")
@signed_in
def history(identity: Identity, packet_id: int, version_id: int) -> Response:
    """Every version of one record, for ever."""
    with reading() as session:
        held = service.history(session, identity, packet_id, version_id)
    return page("packets/history.html", page=presenter.present_history(packet_id, held))
