"""`hocba import`: a class workbook or a signed XML packet is taken in; every fault is told by row and field."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from portal.cli.context import fresh_code, now, pass_settings, read_only, running, transaction
from portal.cli.output import put, say
from portal.errors import PortalError
from portal.identity import SYSTEM
from portal.presenters import problems, refusals, signatures
from portal.runtime import Runtime
from portal.services.intake import TakenPacket, TakenRow, import_class
from portal.services.lessons import lessons_of
from portal.services.xml_packets import gate_of, import_packet, is_packet
from portal.settings import Settings
from portal.workbooks.refusals import WorkbookRefused
from verify import limits
from verify.errors import VerifyError
from verify.record.findings import Finding, FindingCode, Severity

Refusals = (PortalError, WorkbookRefused, VerifyError)


@click.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--school", required=True, help="Mã trường.")
@click.option("--year", required=True, help="Năm học, ví dụ 2025-2026.")
@click.option("--grade", type=click.IntRange(1, 5), help="Khối, khi tệp không ghi.")
@click.option("--dry-run", is_flag=True, help="Chỉ kiểm tra, không lưu.")
@click.option("--json", "as_json", is_flag=True, help="Một đối tượng JSON trên một dòng.")
@pass_settings
def import_(
    settings: Settings, file: Path, school: str, year: str, grade: int | None, dry_run: bool, as_json: bool
) -> None:
    """Nhập bảng tổng hợp (XLSX) hoặc gói đã ký (XML) của một lớp."""
    with file.open("rb") as opened:
        data = opened.read(max(limits.WORKBOOK_BYTES, limits.XML_BYTES) + 1)
    try:
        with running(settings) as runtime:
            taken = _taken(settings, runtime, data, school, year, grade, keep=not dry_run)
    except Refusals as refused:
        if not as_json:
            raise
        put({"packet": None, "accepted": 0, "refused": 0, "rows": [], "error": _error(refused)})
        raise SystemExit(1) from refused
    if as_json:
        _put(taken)
    else:
        _say(taken, dry=dry_run)
    raise SystemExit(1 if taken.refused else 0)


def _taken(
    settings: Settings, runtime: Runtime, data: bytes, school: str, year: str, grade: int | None, *, keep: bool
) -> TakenPacket:
    take = _packet if is_packet(data) else partial(_class, grade=grade)
    begun = take(settings, runtime, data, school, year)
    with transaction(settings) as session:
        taken = begun(session)
        if not keep:
            session.rollback()
    return taken


def _packet(
    settings: Settings, runtime: Runtime, data: bytes, school: str, year: str
) -> Callable[[Session], TakenPacket]:
    moment = now()
    with read_only(settings) as session:
        gate = gate_of(session, school, runtime.trust(moment), moment)
    return lambda session: import_packet(
        session,
        SYSTEM,
        runtime.sandbox,
        data,
        gate=gate,
        school_year=year,
        sample=runtime.instance.demo,
        new_code=fresh_code,
    )


def _class(
    settings: Settings, runtime: Runtime, data: bytes, school: str, year: str, *, grade: int | None
) -> Callable[[Session], TakenPacket]:
    with read_only(settings) as session:
        lessons = lessons_of(session, school)
    return lambda session: import_class(
        session,
        SYSTEM,
        runtime.sandbox,
        data,
        school_code=school,
        school_year=year,
        grade=grade,
        lessons=lessons,
        sample=runtime.instance.demo,
        new_code=fresh_code,
        now=now(),
    )


def _error(refused: Exception) -> dict[str, str]:
    if isinstance(refused, PortalError):
        return {"code": refused.problem.value, "message": problems.sentence(refused.problem, refused.detail)}
    if isinstance(refused, WorkbookRefused):
        return {"code": refused.problem.value, "message": refused.message}
    if isinstance(refused, VerifyError):
        return {"code": refused.refusal.value, "message": refusals.refusal_sentence(refused)}
    raise refused


def _put(taken: TakenPacket) -> None:
    put(
        {
            "packet": taken.packet,
            "accepted": taken.accepted,
            "refused": taken.refused,
            "warnings": [found.as_json() for found in taken.findings],
            "rows": [_row_json(row) for row in taken.rows],
        }
    )


def _row_json(row: TakenRow) -> dict[str, Any]:
    return {
        "row": row.row,
        "pupil": row.pupil,
        "lookup_code": row.lookup_code,
        "errors": [*_found(row, Severity.ERROR), *_of_signatures(row, refusing=True)],
        "warnings": [*_found(row, Severity.WARNING), *_of_signatures(row, refusing=False)],
    }


def _found(row: TakenRow, severity: Severity) -> list[dict[str, str]]:
    return [found.as_json() for found in _of(row.findings, severity)]


def _of_signatures(row: TakenRow, *, refusing: bool) -> list[dict[str, str]]:
    return [
        {"field": signatures.FIELD, "code": fault.code, "message": fault.message}
        for fault in signatures.faults_of(row.chain)
        if fault.refuses is refusing
    ]


def _of(findings: tuple[Finding, ...], severity: Severity) -> list[Finding]:
    return [found for found in findings if found.severity is severity]


def _say(taken: TakenPacket, *, dry: bool) -> None:
    for found in taken.findings:
        say(f"Cả tệp: {found.message}")
    for row in taken.rows:
        for found in _of(row.findings, Severity.ERROR):
            say(f"Dòng {row.row}: LỖI {found.message}")
        for fault in signatures.faults_of(row.chain):
            say(f"Hồ sơ {row.row}: {'LỖI ' if fault.refuses else ''}{fault.message}")
    # As on the portal's page: that a pupil is new is nothing to look at again.
    new = FindingCode.NEW_PUPIL
    doubtful = sum(any(found.code is not new for found in _of(row.findings, Severity.WARNING)) for row in taken.rows)
    if dry:
        say(f"Chạy thử, chưa lưu gì: sẽ nhận {taken.accepted}, từ chối {taken.refused}, {doubtful} dòng cần xem lại.")
        return
    first = next((row.lookup_code for row in taken.rows if row.lookup_code is not None), None)
    if first is not None:
        say(f"Mã tra cứu của dòng đầu: {first} (tất cả: thêm --json)")
    say(f"Gói {taken.packet or '–'}: nhận {taken.accepted}, từ chối {taken.refused}, {doubtful} dòng cần xem lại.")
