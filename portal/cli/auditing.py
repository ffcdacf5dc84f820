"""`hocba audit`: everything derived again; names each record that does not hold."""

import click

from portal.cli.context import pass_settings, read_only
from portal.cli.output import put, say
from portal.presenters import problems
from portal.runtime import read_log_key
from portal.services.audit import AuditProblem
from portal.services.audit import audit as audit_store
from portal.settings import Settings, load_instance
from verify.log.notes import format_vkey


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Một đối tượng JSON trên một dòng.")
@pass_settings
def audit(settings: Settings, as_json: bool) -> None:
    """Chứng minh rằng không học bạ đã chốt nào bị sửa."""
    load_instance(settings)
    log_key = read_log_key(settings.data).verifier
    with read_only(settings) as session:
        report = audit_store(session, log_key)
    if as_json:
        put(
            {
                "entries": report.entries,
                "root": report.root,
                "log_key": format_vkey(log_key),
                "records": report.records,
                "problems": [_json(problem) for problem in report.problems],
            }
        )
    else:
        for problem in report.problems:
            say(_line(problem))
        say(f"Khóa của sổ: {format_vkey(log_key)}")
        say(f"{report.records} học bạ, {report.entries} dòng, gốc {report.root}: {len(report.problems)} vấn đề.")
    raise SystemExit(1 if report.problems else 0)


def _json(problem: AuditProblem) -> dict[str, object]:
    return {
        "defect": problem.defect.value,
        "lookup_code": problem.lookup_code,
        "school_year": problem.school_year,
        "version": problem.version,
        "log_index": problem.log_index,
        "detail": problem.detail,
        "message": problems.defect_sentence(problem),
    }


def _line(problem: AuditProblem) -> str:
    where = [problem.lookup_code, problem.school_year, f"bản {problem.version}" if problem.version else None]
    where += [f"dòng {problem.log_index}" if problem.log_index is not None else None]
    return f"{' · '.join(str(part) for part in where if part)}: {problems.defect_sentence(problem)}"
