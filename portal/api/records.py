"""Records that the school issued or manages: the signed bytes, and the receipt that they stand in the log."""

from flask import Blueprint, Response

from portal.api.operations import JSON, TEXT, Answer, Operation, described
from portal.api.requests import parameters
from portal.api.shapes import NoQuery
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
from verify.errors import MalformedRecord


def bind(blueprint: Blueprint) -> None:
    """Put the routes on the interface."""
    blueprint.add_url_rule("/records/<code>/<school_year>/record", view_func=record)
    blueprint.add_url_rule("/records/<code>/<school_year>/receipt", view_func=receipt)


@described(
    Operation(
        "Dữ liệu chuẩn hóa của học bạ một năm, đúng từng byte đã ký (JSON, RFC 8785).",
        {200: Answer("Học bạ; mỗi lần xem được ghi vào nhật ký truy cập.", headers=("ETag",))},
        problems=(404,),
    )
)
@api_key(ApiScope.RECEIPTS_READ)
def record(holder: KeyHolder, code: str, school_year: str) -> Response:
    """The exact canonical bytes; every look is written down."""
    parameters(NoQuery)
    with counting_misses(holder), writing() as session:
        held = receipts.signed_record(session, holder.identity, _parsed(code), school_year, now(), network.kept())
    response = Response(held.data, content_type=JSON)
    response.set_etag(held.sha256)
    return response


@described(
    Operation(
        "Biên nhận của sổ minh bạch cho học bạ đã chốt (C2SP tlog-proof); kiểm được khi không có mạng.",
        {200: Answer("Biên nhận.", media_type=TEXT)},
        problems=(404, 409),
    )
)
@api_key(ApiScope.RECEIPTS_READ)
def receipt(holder: KeyHolder, code: str, school_year: str) -> Response:
    """The receipt of a locked year."""
    parameters(NoQuery)
    with counting_misses(holder), writing() as session:
        proof = receipts.receipt(session, holder.identity, _parsed(code), school_year, now(), network.kept())
    if proof is None:  # after the transaction: that somebody looked stays written
        raise Refused(Problem.NOT_LOCKED)
    return Response(proof, content_type=f"{TEXT}; charset=utf-8")


def _parsed(code: str) -> str:
    """The code of an address; what is none is a record that does not exist."""
    try:
        return parse(code)
    except MalformedRecord as error:
        raise NotFound from error
