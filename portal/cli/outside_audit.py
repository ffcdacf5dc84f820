"""`hocba audit --log … --records …`: the audit over tiles and blobs alone; `hocba audit-copy`: the blobs for it."""

import os
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO

import click

from portal.backup.sources import source_at
from portal.cli.context import now, pass_settings, read_only, transaction
from portal.cli.output import put, say
from portal.cli.outsiders import believed, quiet, told
from portal.identity import SYSTEM
from portal.services import locked_records
from portal.services.access import Action
from portal.services.reports import note_export
from portal.settings import Settings, load_instance
from verify.canonical import sha256
from verify.report import folder
from verify.report.archive import Reader
from verify.report.checking import EVERYTHING, Outcome, audit_records, read_manifest, report_records
from verify.report.judging import of_round
from verify.report.lines import ReportedRecord

_RANGE = re.compile(r"([0-9]{1,18})-([0-9]{1,18})")


def audit_outside(
    log_place: str,
    records: Path,
    within: str | None,
    log_keys: tuple[str, ...],
    policy_file: Path | None,
    trust_folder: Path,
    as_json: bool,
) -> None:
    """Audit a log of any place with records of a report or of a folder of blobs; ends the process."""
    whom, limits = believed(log_keys, policy_file, trust_folder, now()), _within(within)
    source = source_at(log_place)
    if records.is_dir():
        outcome: Outcome = audit_records(source, folder.records(records), None, whom, limits, quiet)
    else:
        with records.open("rb") as file:
            reader = Reader(file)
            held = read_manifest(reader)
            asked = partial(of_round, school_year=held.school_year, number=held.round)
            outcome = audit_records(source, report_records(reader), asked, whom, limits, quiet)
    told(outcome, as_json)


def _within(text: str | None) -> range:
    if text is None:
        return EVERYTHING
    match = _RANGE.fullmatch(text)
    if match is None or int(match[1]) > int(match[2]):
        raise click.UsageError("--range có dạng TỪ-ĐẾN, ví dụ 0-99999")
    return range(int(match[1]), int(match[2]) + 1)


@click.command("audit-copy")
@click.argument("out", type=click.Path(file_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Một đối tượng JSON trên một dòng.")
@pass_settings
def audit_copy(settings: Settings, out: Path, as_json: bool) -> None:
    """Xuất cho kiểm toán viên vào thư mục mới OUT: các byte đã ký và khóa mở dòng của mọi học bạ trong sổ."""
    load_instance(settings)
    if out.exists():
        raise click.UsageError(f"{out} đã có; chọn tên khác")
    with transaction(settings) as session:
        note_export(session, SYSTEM, Action.RECORDS_EXPORT, now())
    with read_only(settings) as session:
        held = locked_records.records(session, lambda _leaf: True)
        count = write_blobs(out, (each.record for each in held))
    if as_json:
        put({"records": count, "folder": str(out)})
        return
    say(f"{out}: {count} học bạ. Thư mục chứa dữ liệu cá nhân của trẻ em: kiểm xong thì xóa.")


def write_blobs(out: Path, records: Iterator[ReportedRecord]) -> int:
    """Write the folder that `verify.report.folder` reads; returns how many records there are."""
    blobs = out / folder.BLOBS
    blobs.mkdir(mode=0o700, parents=True)
    out.chmod(0o700)
    count = 0
    with _fresh(out / folder.INDEX) as index:
        for record in records:
            for data in (record.root, *record.signatures.values()):
                path = blobs / sha256(data)
                if not path.exists():
                    with _fresh(path) as file:
                        file.write(data)
            index.write(folder.to_line(record))
            count += 1
    return count


def _fresh(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
