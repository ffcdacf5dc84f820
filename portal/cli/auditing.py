"""`hocba audit`: everything derived again; names each record that does not hold."""

from pathlib import Path

import click

from portal.cli.context import pass_settings, read_only
from portal.cli.output import put, say
from portal.cli.outside_audit import audit_outside
from portal.cli.outsiders import believed_options
from portal.presenters import defects
from portal.runtime import read_log_key
from portal.services.audit import AuditProblem
from portal.services.audit import audit as audit_store
from portal.settings import Settings, load_instance
from verify.log.notes import format_vkey


@click.command()
@click.option("--log", "log_place", help="Sổ ở thư mục hoặc địa chỉ này, không cần bản cài; cần --records, --trust.")
@click.option(
    "--records",
    type=click.Path(exists=True, path_type=Path),
    help="Báo cáo ZIP, hoặc thư mục do hocba audit-copy xuất.",
)
@click.option("--range", "within", help="Chỉ kiểm học bạ từ dòng A đến dòng B của sổ: A-B.")
@believed_options(required=False)
@click.option("--json", "as_json", is_flag=True, help="Một đối tượng JSON trên một dòng.")
@pass_settings
def audit(
    settings: Settings,
    log_place: str | None,
    records: Path | None,
    within: str | None,
    log_keys: tuple[str, ...],
    policy_file: Path | None,
    trust_folder: Path | None,
    as_json: bool,
) -> None:
    """Chứng minh rằng không học bạ đã chốt nào bị sửa."""
    if log_place is None:
        if records or within or log_keys or policy_file or trust_folder:
            raise click.UsageError("các tùy chọn này đi cùng --log")
        _audit_instance(settings, as_json)
        return
    if records is None or trust_folder is None:
        raise click.UsageError("--log cần --records và --trust")
    audit_outside(log_place, records, within, log_keys, policy_file, trust_folder, as_json)


def _audit_instance(settings: Settings, as_json: bool) -> None:
    load_instance(settings)
    log_key, *beside = read_log_key(settings.data).verifiers
    with read_only(settings) as session:
        report = audit_store(session, log_key, beside)
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
            say(line_of(problem))
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
        "message": defects.defect_sentence(problem),
    }


def line_of(problem: AuditProblem) -> str:
    """A problem on a line: where it is, what does not hold, what to do."""
    where = [problem.lookup_code, problem.school_year, f"bản {problem.version}" if problem.version else None]
    where += [f"dòng {problem.log_index}" if problem.log_index is not None else None]
    place, words = " · ".join(str(part) for part in where if part), defects.defect_sentence(problem)
    return f"{place}: {words}" if place else words
