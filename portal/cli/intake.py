"""`hocba import`: a class workbook becomes drafts; every fault is told by row and field."""

from pathlib import Path
from typing import Any

import click

from portal.cli.context import fresh_code, now, pass_settings, running, transaction
from portal.cli.output import put, say
from portal.errors import PortalError
from portal.identity import SYSTEM
from portal.presenters import problems
from portal.runtime import Runtime
from portal.services.intake import TakenPacket, TakenRow, import_class
from portal.settings import Settings
from portal.workbooks.refusals import WorkbookRefused
from verify import limits
from verify.errors import VerifyError
from verify.record.findings import Finding, Severity

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
    """Nhập bảng tổng hợp của một lớp."""
    with file.open("rb") as opened:
        data = opened.read(limits.WORKBOOK_BYTES + 1)
    try:
        with running(settings) as runtime:
            taken = _taken(settings, runtime, data, school, year, grade, keep=not dry_run)
    except Refusals as refused:
        if not as_json:
            raise
        put({"packet": None, "accepted": 0, "refused": 0, "rows": [], "error": _error(refused)})
        raise SystemExit(1) from refused
    (_put if as_json else _say)(taken)
    raise SystemExit(1 if taken.refused else 0)


def _taken(
    settings: Settings, runtime: Runtime, data: bytes, school: str, year: str, grade: int | None, *, keep: bool
) -> TakenPacket:
    with transaction(settings) as session:
        taken = import_class(
            session,
            SYSTEM,
            runtime.sandbox,
            data,
            school_code=school,
            school_year=year,
            grade=grade,
            sample=runtime.instance.demo,
            new_code=fresh_code,
            now=now(),
        )
        if not keep:
            session.rollback()
    return taken


def _error(refused: Exception) -> dict[str, str]:
    if isinstance(refused, PortalError):
        return {"code": refused.problem.value, "message": problems.sentence(refused.problem, refused.detail)}
    if isinstance(refused, WorkbookRefused):
        return {"code": refused.problem.value, "message": refused.message}
    if isinstance(refused, VerifyError):
        return {"code": refused.refusal.value, "message": problems.refusal_sentence(refused)}
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
        "errors": [found.as_json() for found in _of(row.findings, Severity.ERROR)],
        "warnings": [found.as_json() for found in _of(row.findings, Severity.WARNING)],
    }


def _of(findings: tuple[Finding, ...], severity: Severity) -> list[Finding]:
    return [found for found in findings if found.severity is severity]


def _say(taken: TakenPacket) -> None:
    for found in taken.findings:
        say(f"Cả tệp: {found.message}")
    for row in taken.rows:
        for found in _of(row.findings, Severity.ERROR):
            say(f"Dòng {row.row}: LỖI {found.message}")
    quiet = sum(not _of(row.findings, Severity.ERROR) and bool(row.findings) for row in taken.rows)
    first = next((row.lookup_code for row in taken.rows if row.lookup_code is not None), None)
    if first is not None:
        say(f"Mã tra cứu của dòng đầu: {first} (tất cả: thêm --json)")
    say(f"Gói {taken.packet or '–'}: nhận {taken.accepted}, từ chối {taken.refused}, {quiet} dòng có điểm cần xem lại.")
