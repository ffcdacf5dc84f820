"""The reports of the plan: progress, results, faults of data; as a page, a workbook and a sealed PDF."""

from typing import Final

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from portal.forms.rounds import WatchQuery, watch_query
from portal.identity import Identity
from portal.presenters import statistics as presenter
from portal.services import progress, rounds, statistics_files
from portal.services import statistics as service
from portal.services.statistics import Place
from portal.services.statistics_files import Report
from portal.web.clock import now
from portal.web.guards import signed_in
from portal.web.rendering import page
from portal.web.runtime import runtime
from portal.web.unit_of_work import reading

blueprint = Blueprint("statistics", __name__, url_prefix="/thong-ke")
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blueprint.get("")
@signed_in
def overview(identity: Identity) -> Response:
    """One report with its filters. `?loai=`: which; `?nam=`, `?xa=`, `?truong=`: of what."""
    query = watch_query(request.args)
    with reading() as session:
        at, report, year = _report(session, identity, query)
        years = progress.years(session, year)
    return page("statistics/overview.html", page=presenter.present(_kind(), report, at, year, years))


@blueprint.get("/so-lieu.xlsx")
@signed_in
def table(identity: Identity) -> Response:
    """The same as a workbook."""
    with reading() as session:
        _at, report, year = _report(session, identity, watch_query(request.args))
    return _file(statistics_files.workbook(report), XLSX, f"{_kind()}-{year}.xlsx")


@blueprint.get("/bao-cao.pdf")
@signed_in
def printed(identity: Identity) -> Response:
    """The same as a PDF, sealed by the department."""
    with reading() as session:
        _at, report, year = _report(session, identity, watch_query(request.args))
    return _file(statistics_files.pdf(runtime().press, report, now()), "application/pdf", f"{_kind()}-{year}.pdf")


def _kind() -> str:
    asked = request.args.get("loai", "")
    return asked if asked in presenter.KINDS else presenter.PROGRESS


def _report(session: Session, identity: Identity, query: WatchQuery) -> tuple[Place, Report, str]:
    year = query.school_year or rounds.due_year(now())
    at = service.place(session, identity, query.commune, query.unit, now())
    match _kind():
        case presenter.RESULTS:
            report = presenter.results_report(at, service.results(session, at, year), year, now())
        case presenter.FINDINGS:
            report = presenter.findings_report(at, service.findings(session, at, year), year, now())
        case _:
            lines = service.progress(session, identity, at, year, now())
            report = presenter.progress_report(at, lines, year, now())
    return at, report, year


def _file(data: bytes, media_type: str, name: str) -> Response:
    response = Response(data, mimetype=media_type)
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response
