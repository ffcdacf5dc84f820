"""`hocba mirror`: a copy of the log as outsiders keep it. `hocba log resume`: after a restore, compare and replay."""

from pathlib import Path

import click
import structlog

from portal.backup.continuing import Continued, resume, resume_unseen, seen_alone, seen_by_mirror
from portal.backup.mirror import Mirror, Updated
from portal.backup.refusals import BackupProblem, BackupRefused
from portal.backup.sources import DatabaseSource, note_at, source_at
from portal.cli.context import engine_of, now, pass_settings, transaction
from portal.cli.output import complain, put, say
from portal.models import RestoreOutcome
from portal.runtime import read_log_key
from portal.settings import Settings, load_instance
from verify.log.notes import parse_vkey

_LOUD = (
    "CẢNH BÁO: sổ minh bạch được chạy tiếp mà KHÔNG đối chiếu với bên ngoài.",
    "Nếu có ai đã thấy sổ dài hơn %(size)s dòng, từ nay có HAI sổ khác nhau; nhân chứng sẽ từ chối, không xóa được.",
    "Báo Sở, các nhân chứng và đơn vị giữ bản sao ngay hôm nay. Việc này đã được ghi lại theo quyết định %(decision)s.",
)


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--from", "address", help="Địa chỉ của sổ, ví dụ https://hocba.tinh.gov.vn/log; trống: bản cài ở --data.")
@click.option("--log-key", help="Khóa công khai của sổ; cần ở lần đầu khi lấy từ địa chỉ.")
@click.option("--json", "as_json", is_flag=True, help="Một đối tượng JSON trên một dòng.")
@pass_settings
def mirror(settings: Settings, folder: Path, address: str | None, log_key: str | None, as_json: bool) -> None:
    """Giữ ở FOLDER một bản sao của sổ minh bạch; từ chối khi sổ bị lùi lại hoặc rẽ nhánh."""
    held = Mirror(folder)
    if log_key is not None:
        held.begin([parse_vkey(log_key)])
    if address is not None:
        if not held.keys():
            raise click.UsageError("lần đầu cần --log-key (hocba audit in ra khóa của sổ)")
        done = held.update(source_at(address))
    else:
        load_instance(settings)
        held.begin([read_log_key(settings.data).verifier])
        with engine_of(settings) as engine:
            done = held.update(DatabaseSource(engine))
    _told(done, as_json)


def _told(done: Updated, as_json: bool) -> None:
    if as_json:
        put({"before": done.before, "after": done.after, "root": done.root})
        return
    say(f"Bản sao có {done.after} dòng (thêm {done.after - done.before}), gốc {done.root}, nối tiếp đúng bản trước.")


@click.group("log")
def log_group() -> None:
    """Sổ minh bạch sau khi khôi phục."""


@log_group.command("resume")
@click.option("--mirror", "mirrors", multiple=True, help="Thư mục hoặc địa chỉ của một bản sao đầy đủ; lặp lại được.")
@click.option(
    "--seen", multiple=True, help="Điểm kiểm hoặc biên nhận mà bên ngoài giữ (tệp hoặc địa chỉ); lặp lại được."
)
@click.option("--no-mirror", is_flag=True, help="Chạy tiếp mà không đối chiếu; cần --decision. Có thể làm sổ rẽ nhánh.")
@click.option("--decision", help="Số quyết định cho phép chạy tiếp không đối chiếu.")
@click.option("--json", "as_json", is_flag=True, help="Một đối tượng JSON trên một dòng.")
@pass_settings
def resume_command(
    settings: Settings,
    mirrors: tuple[str, ...],
    seen: tuple[str, ...],
    no_mirror: bool,
    decision: str | None,
    as_json: bool,
) -> None:
    """Đối chiếu sổ vừa khôi phục với bên ngoài, lấy lại các dòng còn thiếu, rồi cho chạy tiếp."""
    load_instance(settings)
    if no_mirror:
        _without(settings, bool(mirrors or seen), (decision or "").strip())
        return
    if decision is not None:
        raise click.UsageError("--decision chỉ đi cùng --no-mirror")
    if not mirrors and not seen:
        raise BackupRefused(BackupProblem.NOTHING_SEEN)
    keys = [read_log_key(settings.data).verifier]
    shown = [seen_by_mirror(source_at(place), keys) for place in mirrors]
    shown += [seen_alone(place, note_at(place), keys) for place in seen]
    with transaction(settings) as session:
        done = resume(session, shown, now())
    structlog.get_logger().info("log_resumed", outcome=done.outcome.value, before=done.before, after=done.after)
    _tell(done, as_json)


def _without(settings: Settings, asked: bool, decision: str) -> None:
    if asked or not decision:
        raise click.UsageError("--no-mirror cần --decision SỐ-QUYẾT-ĐỊNH và không đi cùng --mirror, --seen")
    with transaction(settings) as session:
        size = resume_unseen(session, decision, now())
    structlog.get_logger().warning("log_resumed_without_mirror", size=size, decision=decision)
    for line in _LOUD:
        complain(line % {"size": size, "decision": decision})


def _tell(done: Continued, as_json: bool) -> None:
    if as_json:
        gone = [{"unit": each.unit, "kind": each.kind, "count": each.count} for each in done.gone]
        put({"before": done.before, "after": done.after, "outcome": done.outcome.value, "gone": gone})
        return
    if done.outcome is RestoreOutcome.LEVEL:
        say(f"Sổ có {done.before} dòng, gồm đủ những gì bên ngoài đã thấy: chạy tiếp được.")
        return
    say(f"Đã lấy lại {done.after - done.before} dòng từ bản sao: sổ có {done.after} dòng như bên ngoài đã thấy.")
    say("Bản sao lưu không có nội dung của các dòng đó:")
    for each in done.gone:
        say(f"  {each.unit or '(không rõ)'}: {each.count} dòng loại {each.kind or '(không rõ)'}")
    say("“hocba audit” nêu từng dòng. Đề nghị từng trường gửi lại học bạ và biên nhận đã tải (docs/operations.md).")
