"""`hocba units`: the organisation from a workbook, and what stands on a day."""

from pathlib import Path

import click

from portal.cli.context import now, pass_settings, running, transaction
from portal.cli.output import put, say
from portal.errors import Problem, Refused
from portal.identity import SYSTEM
from portal.presenters.unit_imports import fault_line, step_line, summary
from portal.services import unit_imports
from portal.services.unit_acts import Actor
from portal.services.unit_imports import Outcome
from portal.settings import Settings


@click.group()
def units() -> None:
    """Bảng đơn vị của tỉnh."""


@units.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Chỉ xem sẽ ghi gì.")
@click.option("--json", "as_json", is_flag=True, help="Mỗi thay đổi một đối tượng JSON trên một dòng.")
@pass_settings
def import_units(settings: Settings, file: Path, dry_run: bool, as_json: bool) -> None:
    """Ghi đơn vị từ bảng tính XLSX (bảng mẫu ở trang Tổ chức); gửi lại không đổi gì. Có ô sai thì không ghi gì."""
    data = file.read_bytes()
    with running(settings) as runtime:
        try:
            table = unit_imports.read(runtime.sandbox, data)
        except unit_imports.UnreadableTable as refused:
            raise click.ClickException(refused.message) from refused
        actor = Actor(SYSTEM, runtime.log_signer, now())
        with transaction(settings) as session:
            made = unit_imports.keep(session, actor, file.name, data, table)
            _held, outcome = unit_imports.import_of(session, SYSTEM, made)
            _tell(outcome, as_json=as_json)
            if outcome.faults or dry_run:
                unit_imports.discard(session, SYSTEM, made, now())
            else:
                unit_imports.confirm(session, actor, made)
    if outcome.faults:
        raise Refused(Problem.UNIT_ROWS_FAULTY, count=str(len(outcome.faults)))


def _tell(outcome: Outcome, *, as_json: bool) -> None:
    for step in outcome.steps:
        if as_json:
            put(
                {"row": step.row, "code": step.code, "act": step.kind.value, "before": step.before, "after": step.after}
            )
        else:
            line = step_line(step)
            say(f"{line.row:>5}  {line.code}  {line.act}  {line.before} → {line.after}")
    for fault in outcome.faults:
        wrong = fault_line(fault)
        if as_json:
            put({"row": fault.row, "column": fault.field, "fault": fault.fault, "words": wrong.words})
        else:
            say(f"{wrong.row:>5}  {wrong.column}: {wrong.words}")
    if not as_json:
        say(summary(outcome))
