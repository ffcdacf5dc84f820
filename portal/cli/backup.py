"""`hocba backup`, `backup-key`, `backup-keys`, `restore`, `restore-keys`: data and keys, each its own way."""

from pathlib import Path

import click

from portal.backup import envelope, key_bundle
from portal.backup.restoring import Restored, write_private
from portal.backup.restoring import restore as restore_backup
from portal.backup.taking import RECIPIENTS, take
from portal.cli.auditing import line_of
from portal.cli.context import engine_of, now, pass_settings, read_only
from portal.cli.key_options import secret_in
from portal.cli.output import complain, put, say
from portal.runtime import read_log_key
from portal.services.audit import AuditReport
from portal.services.audit import audit as audit_store
from portal.settings import Settings, load_instance
from verify.log.notes import format_vkey, parse_vkey

_FILE = click.Path(dir_okay=False, path_type=Path)
_HELD_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_SHOWN = 20


@click.command()
@click.argument("out", type=click.Path(path_type=Path))
@click.option("-r", "--recipient", multiple=True, help=f"Khóa công khai age1… của người mở được (hoặc {RECIPIENTS}).")
@click.option("--json", "as_json", is_flag=True, help="Một đối tượng JSON trên một dòng.")
@pass_settings
def backup(settings: Settings, out: Path, recipient: tuple[str, ...], as_json: bool) -> None:
    """Sao lưu dữ liệu (không có khóa) vào tệp OUT, hoặc vào thư mục OUT, trong khi cổng vẫn chạy."""
    load_instance(settings)
    listed = settings.data / RECIPIENTS
    texts = recipient or ((listed.read_text(encoding="utf-8"),) if listed.exists() else ())
    log_key = format_vkey(read_log_key(settings.data).verifier)
    with engine_of(settings) as engine:
        taken = take(engine, settings.data, envelope.recipients(texts), out, log_key, now())
    if as_json:
        put(
            {
                "file": str(taken.path),
                "size": taken.size,
                "sha256": taken.sha256,
                "rows": taken.rows,
                "log_size": taken.log_size,
            }
        )
        return
    say(f"Đã sao lưu {taken.rows} dòng dữ liệu, sổ minh bạch {taken.log_size} dòng: {taken.path}")
    say(f"{taken.size} byte, SHA-256 {taken.sha256}. Khóa không nằm trong đó: “hocba backup-keys” cất riêng.")


@click.command("backup-key")
@click.argument("file", type=_FILE)
def backup_key(file: Path) -> None:
    """Tạo cặp khóa của người mở được bản sao lưu; làm ở máy khác, cất FILE ngoài máy chủ."""
    secret, public = envelope.new_identity()
    if file.exists():
        raise click.UsageError(f"tệp {file} đã có; không ghi đè")
    write_private(file, f"# public key: {public}\n{secret}\n".encode())
    say(public)
    complain(f"Khóa bí mật ở {file}: mất nó thì không mở được bản sao lưu nào. Giữ hai bản ở hai nơi, ngoài máy chủ.")
    complain(f"Ghi khóa công khai trên vào {RECIPIENTS} trong thư mục bản cài.")


def _passphrase(variable: str | None, *, confirm: bool) -> str:
    held = secret_in(variable)
    if held is not None:
        return held
    return str(click.prompt("Cụm mật khẩu của gói khóa", hide_input=True, confirmation_prompt=confirm, err=True))


_PASSPHRASE = click.option("--passphrase-env", metavar="BIẾN", help="Biến môi trường chứa cụm mật khẩu; trống thì hỏi.")


@click.command("backup-keys")
@click.argument("out", type=_FILE)
@_PASSPHRASE
@pass_settings
def backup_keys(settings: Settings, out: Path, passphrase_env: str | None) -> None:
    """Cất các khóa của bản cài vào một tệp riêng, mã hóa bằng cụm mật khẩu."""
    load_instance(settings)
    count = key_bundle.save(settings.data, out, _passphrase(passphrase_env, confirm=True))
    say(f"Đã cất {count} tệp khóa vào {out}. Cất nó và cụm mật khẩu tách khỏi bản sao lưu dữ liệu.")


@click.command("restore-keys")
@click.argument("file", type=_HELD_FILE)
@_PASSPHRASE
@pass_settings
def restore_keys(settings: Settings, file: Path, passphrase_env: str | None) -> None:
    """Đưa các khóa từ tệp đã cất về thư mục bản cài; không ghi đè khóa nào."""
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    count = key_bundle.bring_back(settings.data, file, _passphrase(passphrase_env, confirm=False))
    say(f"Đã đưa về {count} tệp khóa ở {settings.data}.")
    say(f"Khóa của sổ: {format_vkey(read_log_key(settings.data).verifier)}")


@click.command()
@click.argument("file", type=_HELD_FILE)
@click.option("--key", "key_file", required=True, type=_HELD_FILE, help="Tệp khóa do backup-key tạo.")
@click.option("--log-key", help="Khóa công khai của sổ, biết từ bên ngoài; trống thì lấy theo bản sao lưu.")
@click.option("--json", "as_json", is_flag=True, help="Một đối tượng JSON trên một dòng.")
@pass_settings
def restore(settings: Settings, file: Path, key_file: Path, log_key: str | None, as_json: bool) -> None:
    """Khôi phục vào thư mục và cơ sở dữ liệu trống, rồi kiểm toán; sổ minh bạch chờ “hocba log resume”."""
    with engine_of(settings) as engine:
        restored = restore_backup(engine, settings.data, file, envelope.identities(key_file), now())
    verifier = parse_vkey(log_key or restored.log_key)
    with read_only(settings) as session:
        report = audit_store(session, verifier)
    if as_json:
        put(
            {
                "taken_at": restored.taken_at.isoformat(),
                "rows": restored.rows,
                "log_size": restored.log_size,
                "log_root": restored.log_root,
                "log_key": format_vkey(verifier),
                "records": report.records,
                "problems": len(report.problems),
            }
        )
    else:
        _tell(restored, report, format_vkey(verifier))
    raise SystemExit(1 if report.problems else 0)


def _tell(restored: Restored, report: AuditReport, log_key: str) -> None:
    say(f"Đã khôi phục bản sao lưu lúc {restored.taken_at:%d/%m/%Y %H:%M} UTC: {restored.rows} dòng dữ liệu.")
    for problem in report.problems[:_SHOWN]:
        say(line_of(problem))
    say(f"Kiểm toán: {report.records} học bạ, {report.entries} dòng, gốc {report.root}: {len(report.problems)} vấn đề.")
    say(f"Khóa của sổ: {log_key} – so với khóa mà bên ngoài biết.")
    say("Sổ minh bạch ĐANG CHỜ: chưa chốt, chưa đăng ký khóa được. Tiếp theo:")
    say("  hocba restore-keys TỆP-KHÓA")
    say("  hocba log resume --mirror THƯ-MỤC-HOẶC-ĐỊA-CHỈ [--mirror …] [--seen ĐIỂM-KIỂM-HOẶC-BIÊN-NHẬN …]")
