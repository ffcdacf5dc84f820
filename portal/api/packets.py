"""Packets: push a class workbook, ask its state and its report, take the file to sign, bring the signatures."""

import secrets
from typing import Final

from flask import Blueprint, Response, url_for
from sqlalchemy.orm import Session

from portal.api import presenting
from portal.api.operations import JSON, Answer, Body, Operation, Token, described
from portal.api.problems import problem, unreadable_problem, workbook_problem
from portal.api.replies import REPLAYED, Made, cut, once, replayed, reply
from portal.api.requests import file_of_request, parameters, token
from portal.api.shapes import (
    NoQuery,
    PacketPage,
    PacketsQuery,
    PacketState,
    PageQuery,
    PushQuery,
    Receipt,
    RowPage,
    Signed,
)
from portal.api.words import ApiCode
from portal.permissions import ApiScope
from portal.services import pushing, school_packets, signed_files, xml_packets
from portal.services.api_keys import KeyHolder
from portal.services.idempotency import Ask
from portal.services.intake import require_school_year
from portal.services.lessons import lessons_of
from portal.services.packet_file import LARGEST_BYTES
from portal.services.xml_packets import is_packet
from portal.web.api_keys import counting_misses, spend_file
from portal.web.clock import now
from portal.web.guards import api_key
from portal.web.runtime import runtime
from portal.web.unit_of_work import reading
from portal.workbooks.reading import ReadClass, read_class
from portal.workbooks.refusals import WorkbookRefused
from verify import limits
from verify.canonical import canonicalise, sha256
from verify.code import new_code
from verify.errors import VerifyError

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
XML: Final = "application/xml"
_WORKBOOK: Final = Body(
    (XLSX, XML), limits.WORKBOOK_BYTES, "Bảng tổng hợp kết quả của một lớp (XLSX), hoặc gói XML đã ký của một lớp."
)
_SIGNED_FILE: Final = Body((JSON,), LARGEST_BYTES, "Tệp gói lấy từ cổng, đã ký.")


def bind(blueprint: Blueprint) -> None:
    """Put the routes on the interface."""
    blueprint.add_url_rule("/packets", view_func=push, methods=["POST"])
    blueprint.add_url_rule("/packets", view_func=packets)
    blueprint.add_url_rule("/packets/<int:packet_id>", view_func=packet)
    blueprint.add_url_rule("/packets/<int:packet_id>/rows", view_func=rows)
    blueprint.add_url_rule("/packets/<int:packet_id>/file", view_func=file_to_sign)
    blueprint.add_url_rule("/packets/<int:packet_id>/signatures", view_func=submit_signatures, methods=["POST"])


@described(
    Operation(
        "Gửi bảng tổng hợp hoặc gói XML đã ký của một lớp; dòng đúng được nhận, dòng sai được báo lỗi.",
        {
            201: Answer("Đã nhận.", Receipt, headers=("Location", REPLAYED)),
            200: Answer("Tệp này đã gửi từ trước; không có gì thay đổi.", Receipt, headers=("Location", REPLAYED)),
        },
        problems=(409, 413, 415, 422),
        query=PushQuery,
        body=_WORKBOOK,
        token=Token.REQUIRED,
    )
)
@api_key(ApiScope.PACKETS_WRITE)
def push(holder: KeyHolder) -> Response:
    """Read the file in a child, then judge and store in one transaction with the answer."""
    query = parameters(PushQuery)
    require_school_year(query.school_year)
    word = token(required=True)
    data = file_of_request(_WORKBOOK.media_types, _WORKBOOK.limit)
    digest = sha256(data)
    ask = _ask(holder, word, "push", school_year=query.school_year, grade=query.grade, file=digest)
    known = replayed(ask)
    if known is not None:
        return _located(known)
    spend_file(holder)
    read = _examined(holder, data) if is_packet(data) else _read(holder, data)

    def work(session: Session) -> Made:
        return _taken(session, holder, query, digest, read)

    return _located(once(ask, work))


@described(
    Operation(
        "Các gói của trường, mới nhất trước.",
        {200: Answer("Một trang.", PacketPage)},
        query=PacketsQuery,
    )
)
@api_key(ApiScope.PACKETS_READ)
def packets(holder: KeyHolder) -> Response:
    """The list, newest first, a page of it at a time."""
    query = parameters(PacketsQuery)
    with reading() as session:
        held = school_packets.school_packets(
            session,
            holder.identity,
            school_year=query.school_year,
            before=query.before,
            at_most=query.per_page + 1,
        )
    shown, more = held[: query.per_page], len(held) > query.per_page
    packets_shown = tuple(presenting.summary(each) for each in shown)
    return reply(PacketPage(packets=packets_shown, next=shown[-1].packet_id if more else None))


@described(Operation("Một gói: số học bạ theo trạng thái.", {200: Answer("Gói.", PacketState)}, problems=(404,)))
@api_key(ApiScope.PACKETS_READ)
def packet(holder: KeyHolder, packet_id: int) -> Response:
    """State counts of one packet."""
    parameters(NoQuery)
    with counting_misses(holder), reading() as session:
        view = school_packets.packet_view(session, holder.identity, packet_id)
    return reply(presenting.state(view))


@described(
    Operation(
        "Kết quả từng dòng của tệp đã gửi.",
        {200: Answer("Một trang.", RowPage)},
        problems=(404,),
        query=PageQuery,
    )
)
@api_key(ApiScope.PACKETS_READ)
def rows(holder: KeyHolder, packet_id: int) -> Response:
    """What became of each row, in the order of the file."""
    query = parameters(PageQuery)
    with counting_misses(holder), reading() as session:
        taken = pushing.report_of(session, holder.identity, packet_id)
    shown, page = cut(taken.rows, query)
    return reply(RowPage(packet=packet_id, rows=presenting.rows(shown), **page))


@described(
    Operation(
        "Tệp gói để ký: đúng các byte phải ký của từng học bạ còn ở trạng thái nháp.",
        {200: Answer("Tệp `hocba/packet/1`; ký bằng `hocba-sign` hoặc phần mềm ký của trường.")},
        problems=(404, 409),
    )
)
@api_key(ApiScope.PACKETS_READ)
def file_to_sign(holder: KeyHolder, packet_id: int) -> Response:
    """The exact bytes to sign."""
    parameters(NoQuery)
    with counting_misses(holder), reading() as session:
        data = signed_files.file_to_sign(session, holder.identity, packet_id)
    response = Response(data, content_type=JSON)
    response.headers.set("Content-Disposition", "attachment", filename=f"goi-{packet_id}.json")
    return response


@described(
    Operation(
        "Nộp tệp gói đã ký; chữ ký không được tính thì kèm lý do.",
        {200: Answer("Kết quả; refused rỗng khi mọi chữ ký được tính.", Signed, headers=(REPLAYED,))},
        problems=(404, 409, 413, 415, 422),
        body=_SIGNED_FILE,
        token=Token.OPTIONAL,
    )
)
@api_key(ApiScope.SIGNATURES_WRITE)
def submit_signatures(holder: KeyHolder, packet_id: int) -> Response:
    """Bring the signed file in."""
    parameters(NoQuery)
    word = token(required=False)
    data = file_of_request(_SIGNED_FILE.media_types, _SIGNED_FILE.limit)
    ask = _ask(holder, word, "sign", packet=packet_id, file=sha256(data))
    with counting_misses(holder), reading() as session:
        school_packets.packet_of(session, holder.identity, packet_id)
    known = replayed(ask)
    if known is not None:
        return known
    spend_file(holder)
    brought = signed_files.open_signed(runtime().sandbox, data)
    trust = runtime().trust(now())

    def work(session: Session) -> Made:
        done = signed_files.submit_file(session, holder.identity, packet_id, brought, trust, now())
        return 200, presenting.signed(done)

    return once(ask, work)


def _ask(holder: KeyHolder, word: str | None, what: str, **asked: str | int | None) -> Ask | None:
    """The request as it is recognised again: what is asked, and the SHA-256 of the file, however it was packed."""
    if word is None:
        return None
    return Ask(holder.unit_id, word, sha256(canonicalise({"what": what, **asked})))


def _located(response: Response) -> Response:
    """Say where the packet stands, when there is one."""
    if response.status_code < 300:
        response.headers["Location"] = url_for("api.packet", packet_id=response.get_json()["packet"])
    return response


def _read(holder: KeyHolder, data: bytes) -> ReadClass | WorkbookRefused:
    """What the file says, or why it is not read: both are answers to keep."""
    with reading() as session:
        lessons = lessons_of(session, holder.school_code)
    try:
        return runtime().sandbox.run(read_class, data, lessons)
    except WorkbookRefused as refused:
        return refused


def _examined(holder: KeyHolder, data: bytes) -> xml_packets.DatedPacket | VerifyError:
    """What an XML packet proves, or why it is none: both are answers to keep."""
    moment = now()
    trust = runtime().trust(moment)
    with reading() as session:
        gate = xml_packets.gate_of(session, holder.school_code, trust, moment)
    try:
        return xml_packets.examined(runtime().sandbox, data, gate)
    except VerifyError as refused:
        return refused


def _taken(
    session: Session,
    holder: KeyHolder,
    query: PushQuery,
    digest: str,
    read: ReadClass | xml_packets.DatedPacket | WorkbookRefused | VerifyError,
) -> Made:
    if isinstance(read, VerifyError):
        unread = unreadable_problem(read)
        return unread.status, unread
    if isinstance(read, WorkbookRefused):
        refused = workbook_problem(read)
        return refused.status, refused
    try:
        pushed = _pushed(session, holder, query, digest, read)
    except WorkbookRefused as error:
        refused = workbook_problem(error)
        return refused.status, refused
    taken = pushed.taken
    if taken.packet is None:
        none = problem(ApiCode.NO_GOOD_ROWS, rows=presenting.rows(taken.rows))
        return none.status, none
    return 201 if pushed.fresh else 200, presenting.receipt(taken.packet, taken)


def _pushed(
    session: Session, holder: KeyHolder, query: PushQuery, digest: str, read: ReadClass | xml_packets.DatedPacket
) -> pushing.Pushed:
    sample = runtime().instance.demo
    if isinstance(read, xml_packets.DatedPacket):
        packet = pushing.PushedPacket(read, query.school_year, digest)
        return pushing.take_pushed_packet(
            session, holder.identity, holder.school_code, packet, sample=sample, new_code=_fresh_code
        )
    file = pushing.PushedFile(read, query.school_year, query.grade, digest)
    return pushing.take_pushed(
        session, holder.identity, holder.school_code, file, sample=sample, new_code=_fresh_code, now=now()
    )


def _fresh_code() -> str:
    return new_code(secrets.token_bytes(16))
