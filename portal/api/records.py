"""Records that the school issued or manages: what holds of each version, its signed bytes, and its receipt."""

from typing import Final

from flask import Blueprint, Response

from portal.api import presenting
from portal.api.operations import JSON, TEXT, Answer, Operation, described
from portal.api.replies import reply
from portal.api.requests import parameters
from portal.api.shapes import Evidence, NoQuery, RecordState, VersionQuery
from portal.errors import NotFound, Problem, Refused
from portal.permissions import ApiScope
from portal.services import receipts
from portal.services.api_keys import KeyHolder
from portal.web import network
from portal.web.api_keys import counting_misses
from portal.web.clock import now
from portal.web.guards import api_key
from portal.web.unit_of_work import writing
from verify.code import parse
from verify.containers.roots import Container, container_of
from verify.errors import MalformedRecord

_TYPES: Final = {Container.JCS_CADES: JSON, Container.XMLDSIG: "application/xml"}


def bind(blueprint: Blueprint) -> None:
    """Put the routes on the interface."""
    blueprint.add_url_rule("/records/<code>/<school_year>", view_func=state)
    blueprint.add_url_rule("/records/<code>/<school_year>/record", view_func=record)
    blueprint.add_url_rule("/records/<code>/<school_year>/receipt", view_func=receipt)
    blueprint.add_url_rule("/records/<code>/<school_year>/evidence", view_func=evidence)


@described(
    Operation(
        "Các phiên bản của học bạ một năm: đã chốt chưa, còn hiệu lực, đã thay thế hay thu hồi, theo quyết định nào.",
        {200: Answer("Mỗi phiên bản; mỗi lần xem được ghi vào nhật ký truy cập.", RecordState)},
        problems=(404,),
    )
)
@api_key(ApiScope.RECEIPTS_READ)
def state(holder: KeyHolder, code: str, school_year: str) -> Response:
    """What holds of each version of a year."""
    parameters(NoQuery)
    with counting_misses(holder), writing() as session:
        parsed = _parsed(code)
        held = receipts.states(session, holder.identity, parsed, school_year, now(), network.kept())
    return reply(presenting.record_state(parsed, school_year, held))


@described(
    Operation(
        "Dữ liệu của học bạ một năm, đúng từng byte đã ký: JSON (RFC 8785), hoặc HoSo XML cùng các chữ ký bên trong.",
        {
            200: Answer(
                "Học bạ; mỗi lần xem được ghi vào nhật ký truy cập.", headers=("ETag",), also=("application/xml",)
            )
        },
        problems=(404,),
        query=VersionQuery,
    )
)
@api_key(ApiScope.RECEIPTS_READ)
def record(holder: KeyHolder, code: str, school_year: str) -> Response:
    """The exact signed bytes; every look is written down."""
    number = parameters(VersionQuery).version
    with counting_misses(holder), writing() as session:
        held = receipts.signed_record(
            session, holder.identity, _parsed(code), school_year, now(), network.kept(), number
        )
    response = Response(held.data, content_type=_TYPES[container_of(held.data)])
    response.set_etag(held.sha256)
    return response


@described(
    Operation(
        "Biên nhận của sổ minh bạch cho học bạ đã chốt (C2SP tlog-proof); kiểm được khi không có mạng.",
        {200: Answer("Biên nhận.", media_type=TEXT)},
        problems=(404, 409),
        query=VersionQuery,
    )
)
@api_key(ApiScope.RECEIPTS_READ)
def receipt(holder: KeyHolder, code: str, school_year: str) -> Response:
    """The receipt of a locked year."""
    number = parameters(VersionQuery).version
    with counting_misses(holder), writing() as session:
        proof = receipts.receipt(session, holder.identity, _parsed(code), school_year, now(), network.kept(), number)
    if proof is None:  # after the transaction: that somebody looked stays written
        raise Refused(Problem.NOT_LOCKED)
    return Response(proof, content_type=f"{TEXT}; charset=utf-8")


@described(
    Operation(
        "Mọi tệp để kiểm học bạ đã chốt khi không có mạng: dữ liệu đã ký, chữ ký, dòng của sổ, khóa mở và biên nhận.",
        {200: Answer("Các tệp.", Evidence)},
        problems=(404, 409),
        query=VersionQuery,
    )
)
@api_key(ApiScope.RECEIPTS_READ)
def evidence(holder: KeyHolder, code: str, school_year: str) -> Response:
    """What verifies a locked year offline, in one answer."""
    number = parameters(VersionQuery).version
    with counting_misses(holder), writing() as session:
        held = receipts.evidence(session, holder.identity, _parsed(code), school_year, now(), network.kept(), number)
    if held is None:  # after the transaction: that somebody looked stays written
        raise Refused(Problem.NOT_LOCKED)
    return reply(presenting.evidence(held))


def _parsed(code: str) -> str:
    """The code of an address; what is none is a record that does not exist."""
    try:
        return parse(code)
    except MalformedRecord as error:
        raise NotFound from error
