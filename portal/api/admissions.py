"""Grade 6: the intake list of a school, and the results that it is entitled to, so that nobody types marks again."""

from flask import Blueprint, Response

from portal.api import presenting
from portal.api.operations import Answer, Operation, described
from portal.api.replies import reply
from portal.api.requests import parameters
from portal.api.shapes import Intake, IntakeResults, NoQuery
from portal.permissions import ApiScope
from portal.services import admissions
from portal.services.api_keys import KeyHolder
from portal.web import network
from portal.web.api_keys import counting_misses
from portal.web.clock import now
from portal.web.guards import api_key
from portal.web.unit_of_work import reading, writing


def bind(blueprint: Blueprint) -> None:
    """Put the routes on the interface."""
    blueprint.add_url_rule("/admissions", view_func=intake)
    blueprint.add_url_rule("/admissions/results", view_func=intake_results)


@described(
    Operation(
        "Danh sách tuyển sinh lớp 6 của trường: học sinh nào đã chốt học bạ, học sinh nào chưa.",
        {200: Answer("Danh sách, theo tên; không có kết quả học tập.", Intake)},
        problems=(404,),
    )
)
@api_key(ApiScope.ADMISSIONS_READ)
def intake(holder: KeyHolder) -> Response:
    """Who stands on the list."""
    parameters(NoQuery)
    with counting_misses(holder), reading() as session:
        listed = admissions.intake_list(session, holder.identity, holder.school_code, now())
    return reply(presenting.intake(listed))


@described(
    Operation(
        "Kết quả năm học mới nhất của từng học sinh trong danh sách, lấy từ học bạ đã chốt, đang hiệu lực.",
        {200: Answer("Mỗi học sinh; mỗi lần lấy được ghi vào nhật ký truy cập của từng em.", IntakeResults)},
        problems=(404,),
    )
)
@api_key(ApiScope.ADMISSIONS_READ)
def intake_results(holder: KeyHolder) -> Response:
    """The results behind the list; each look is written down."""
    parameters(NoQuery)
    with counting_misses(holder), writing() as session:
        found = admissions.results(session, holder.identity, holder.school_code, now(), network.kept())
    return reply(presenting.intake_results(found))
