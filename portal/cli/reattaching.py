"""`hocba reattach`: after the restore of an old backup, records come back under the leaves that the log has of them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click
import structlog

from portal.cli.context import now, pass_settings, running, transaction
from portal.cli.output import complain, put, say
from portal.presenters.differences import difference_line
from portal.presenters.reattaching import left_line
from portal.runtime import Runtime
from portal.services.reattaching import Reattached, reattach
from portal.settings import Settings
from verify.errors import VerifyError
from verify.pdf.carried import carried_files
from verify.report import attached, folder
from verify.report.archive import Reader
from verify.report.checking import report_records
from verify.report.differences import Found
from verify.report.lines import ReportedRecord

_SHOWN: Final = 20


@click.command("reattach")
@click.argument("sources", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--decision", required=True, help="Số quyết định, ghi vào lịch sử của từng học bạ.")
@click.option("--json", "as_json", is_flag=True, help="Một đối tượng JSON trên một dòng.")
@pass_settings
def reattach_records(settings: Settings, sources: tuple[Path, ...], decision: str, as_json: bool) -> None:
    """Gắn lại học bạ vào dòng của sổ sau khi khôi phục một bản sao lưu cũ.

    SOURCES: PDF có ký số, tệp JSON của /api/v1/…/evidence, báo cáo của một đợt (ZIP), thư mục của audit-copy, hoặc
    thư mục chứa các tệp đó. Mỗi học bạ phải đúng từng byte mà sổ đã chốt; không có gì được ký hay ghi thêm vào sổ.
    """
    if not decision.strip():
        raise click.UsageError("--decision cần số quyết định")
    unread: list[str] = []
    with running(settings) as runtime:
        records = [each for source in sources for each in _records(runtime, source, unread)]
        trust, moment = runtime.trust(now()), now()
    with transaction(settings) as session:
        done = reattach(session, records, trust, decision.strip(), moment)
    structlog.get_logger().info("records_reattached", attached=done.attached, held=done.held, left=len(done.left))
    _tell(done, unread, as_json)
    raise SystemExit(1 if done.left or unread else 0)


def _records(runtime: Runtime, source: Path, unread: list[str]) -> Iterator[ReportedRecord]:
    """Every record of a place; what cannot be read is named, and does not stop the others."""
    if source.is_dir() and not (source / folder.INDEX).exists():
        for path in sorted(each for each in source.iterdir() if each.is_file()):
            yield from _records(runtime, path, unread)
        return
    try:
        for found in _of_place(runtime, source):
            if isinstance(found, Found):
                unread.append(f"{source.name}: {difference_line(found)}")
            else:
                yield found
    except VerifyError as error:
        unread.append(f"{source.name}: {error.refusal.value}")


def _of_place(runtime: Runtime, source: Path) -> Iterator[ReportedRecord | Found]:
    if source.is_dir():
        yield from folder.records(source)
    elif source.suffix.lower() == ".zip":
        with source.open("rb") as file:
            yield from report_records(Reader(file))
    elif source.suffix.lower() == ".json":
        yield attached.of_answer(source.read_bytes())
    else:
        yield from attached.of_files(runtime.sandbox.run(carried_files, source.read_bytes()))


def _tell(done: Reattached, unread: list[str], as_json: bool) -> None:
    if as_json:
        left = [{"log_index": each.log_index, "why": each.why.value, "detail": each.detail} for each in done.left]
        put({"attached": done.attached, "held": done.held, "keys": done.keys, "left": left, "unread": len(unread)})
        return
    for line in [*map(left_line, done.left), *unread][:_SHOWN]:
        complain(line)
    say(f"Đã gắn lại {done.attached} học bạ; {done.held} đã có sẵn; {len(done.left) + len(unread)} chưa gắn được.")
    if done.keys:
        say(f"{done.keys} khóa ký có trong sổ mà bản sao lưu thiếu cũng đã trở lại.")
    say("“hocba audit” kiểm lại tất cả.")
