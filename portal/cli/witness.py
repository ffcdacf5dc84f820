"""`hocba witness`, by itself `hocba-witness`: a witness of transparency logs, apart from any portal.

Imports nothing of the portal's database, settings or pages, so that it runs wherever Python and gunicorn do.
"""

import time
from pathlib import Path

import click
from gunicorn.app.base import BaseApplication

from portal.cli.output import put, say
from portal.witness.app import Application, describe
from portal.witness.folder import Folder, FolderError, create, open_folder, read_log_key
from verify.errors import MalformedRecord
from verify.log import notes
from verify.log.algorithms import has_ml_dsa
from verify.log.witness import EVIDENCE

THREADS = 4
_KINDS = {"ed25519": notes.Kind.COSIGNATURE_V1, "ml-dsa-44": notes.Kind.ML_DSA_44}
_folder = click.option(
    "--state",
    "folder",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Thư mục riêng của bên chứng kiến: khóa, sổ được chứng kiến, những gì đã xác nhận.",
)


class Server(BaseApplication):  # type: ignore[misc]
    """gunicorn with one process: its state is ordered by a lock in the file."""

    def __init__(self, folder: Folder, host: str, port: int) -> None:
        self._folder = folder
        self._options = {
            "bind": f"{host}:{port}",
            "workers": 1,
            "worker_class": "gthread",
            "threads": THREADS,
            "timeout": 30,
            "control_socket_disable": True,
            "limit_request_line": 1024,
            "limit_request_fields": 40,
            "accesslog": None,
            "proc_name": "hocba-witness",
        }
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            if name in self.cfg.settings:  # the control socket is of newer versions only
                self.cfg.set(name, value)

    def load(self) -> object:
        return Application(self._folder, time.time)


@click.group()
def witness() -> None:
    """Bên chứng kiến sổ minh bạch: chương trình riêng, khóa riêng, không cần cổng."""


@witness.command()
@_folder
@click.option("--name", required=True, help="Tên của khóa, dạng địa chỉ không có https://, ví dụ witness.bo.gov.vn/w1.")
@click.option("--log", "logs", multiple=True, required=True, metavar="VKEY", help="Khóa công khai của sổ; nhiều lần.")
@click.option("--algorithm", default="ed25519", show_default=True, type=click.Choice(sorted(_KINDS)), help="Loại khóa.")
def init(folder: Path, name: str, logs: tuple[str, ...], algorithm: str) -> None:
    """Tạo khóa và sổ ghi trống (chỉ một lần); in khóa công khai để gửi cho Sở."""
    if algorithm == "ml-dsa-44" and not has_ml_dsa():
        raise click.ClickException("máy này không có ML-DSA-44; dùng --algorithm ed25519")
    try:
        made = create(folder, name, _KINDS[algorithm], [read_log_key(text.strip()) for text in logs])
    except MalformedRecord as error:
        raise click.ClickException(f"tên hoặc khóa của sổ không đúng ({error.detail})") from error
    except FolderError as error:
        raise click.ClickException(str(error)) from error
    say(notes.format_vkey(made.signer.verifier))


@witness.command()
@_folder
@click.option("--host", default="127.0.0.1", show_default=True, help="Địa chỉ lắng nghe.")
@click.option("--port", default=8010, show_default=True, type=click.IntRange(1, 65535), help="Cổng.")
def serve(folder: Path, host: str, port: int) -> None:
    """Phục vụ POST /add-checkpoint (c2sp.org/tlog-witness)."""
    Server(_opened(folder), host, port).run()


@witness.command()
@_folder
@click.option("--json", "as_json", is_flag=True, help="Mỗi sổ và mỗi lần từ chối một đối tượng JSON trên một dòng.")
def show(folder: Path, as_json: bool) -> None:
    """Đã xác nhận gì, đã từ chối gì; thoát 1 nếu từng có sổ rẽ nhánh."""
    held = _opened(folder)
    forks = [each for each in held.store.refused() if each.reason in EVIDENCE]
    if not as_json:
        say(describe(held).rstrip())
        raise SystemExit(1 if forks else 0)
    for origin, seen in held.store.logs():
        put({"origin": origin, "size": seen.size, "root": notes.to_base64(seen.root), "time": seen.time})
    for each in held.store.refused():
        put(
            {
                "refused": each.reason.value,
                "origin": each.origin,
                "at": each.at,
                "seen_size": each.seen_size,
                "size": each.size,
                "root": notes.to_base64(each.root),
                "note": each.note.decode(errors="replace"),
            }
        )
    raise SystemExit(1 if forks else 0)


def _opened(folder: Path) -> Folder:
    try:
        return open_folder(folder)
    except FolderError as error:
        raise click.ClickException(str(error)) from error
