"""`hocba report`: the signed report of a round; and `hocba report check`, which its receiver runs, offline."""

from pathlib import Path
from typing import BinaryIO

import click

from portal.cli.context import now, pass_settings, read_only, running, transaction
from portal.cli.output import put, say
from portal.cli.outsiders import believed, believed_options, quiet, told
from portal.identity import SYSTEM
from portal.services.access import Action
from portal.services.report_writing import RoundWanted, write_file
from portal.services.reports import note_export
from portal.settings import Settings
from verify.errors import VerifyError
from verify.report.archive import Reader
from verify.report.checking import Outcome, check_report
from verify.report.differences import Difference, Found, Ledger

LATE = "late"


class _Report(click.Group):
    """`hocba report … OUT.zip` makes a report: the name of that step may be left out."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] != "--help":
            args = ["make", *args]
        return super().parse_args(ctx, args)


@click.group("report", cls=_Report)
def report_group() -> None:
    """Báo cáo học bạ đã chốt của một đợt về Bộ: lập (make) và kiểm (check)."""


@report_group.command("make")
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--round", "number", required=True, type=click.Choice(["1", "2", LATE]), help="Đợt; late: chốt muộn.")
@click.option("--year", required=True, help="Năm học, ví dụ 2025-2026.")
@click.option("--json", "as_json", is_flag=True, help="Một đối tượng JSON trên một dòng.")
@pass_settings
def make(settings: Settings, out: Path, number: str, year: str, as_json: bool) -> None:
    """Lập báo cáo vào tệp ZIP mới OUT; việc này được ghi vào nhật ký truy cập."""
    if out.exists():
        raise click.UsageError(f"{out} đã có; chọn tên khác")
    wanted = RoundWanted(year, None if number == LATE else int(number))
    draft = out.with_name(out.name + ".part")
    with running(settings) as runtime:
        with transaction(settings) as session:
            note_export(session, SYSTEM, Action.REPORT_MAKE, now())
        with read_only(settings) as session:
            done = write_file(session, wanted, runtime.report_desk, draft, now())
    draft.replace(out)
    if as_json:
        put({"records": done.records, "bytes": done.size, "sha256": done.sha256, "file": str(out)})
        return
    say(f"{out}: {done.records} học bạ, {done.size} byte, SHA-256 {done.sha256}")
    say("Tệp chứa dữ liệu cá nhân của trẻ em: chỉ gửi qua kênh đã thống nhất với Bộ, xong thì xóa.")


@report_group.command("check")
@click.argument("file", type=click.File("rb"))
@believed_options()
@click.option("--json", "as_json", is_flag=True, help="Một đối tượng JSON trên một dòng.")
def check(
    file: BinaryIO, log_keys: tuple[str, ...], policy_file: Path | None, trust_folder: Path, as_json: bool
) -> None:
    """Kiểm báo cáo nhận được: không cần mạng, cơ sở dữ liệu hay bản cài."""
    whom = believed(log_keys, policy_file, trust_folder, now())
    try:
        outcome = check_report(Reader(file), whom, quiet)
    except VerifyError as error:
        ledger = Ledger()
        ledger.add(Found(Difference.NOT_A_REPORT, detail=error.refusal.value))
        outcome = Outcome(ledger)
    held = outcome.manifest
    if held is not None and not as_json:
        name = "chốt muộn" if held.round is None else f"đợt {held.round}"
        say(f"{held.department}, năm học {held.school_year}, {name}: bản kê có {held.records} học bạ.")
        say(f"Bản kê do {outcome.signed_by or '(không rõ)'} ký.")
        if held.sample:
            say("DỮ LIỆU MẪU: không phải học bạ thật.")
    told(outcome, as_json)
