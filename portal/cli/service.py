"""`hocba serve`: one process for a small school office, several behind a proxy for a province."""

import signal
import threading

import click
from gunicorn.app.base import BaseApplication

from portal.app import create_app
from portal.cli.context import engine_of, pass_settings, running
from portal.errors import Problem, Refused
from portal.settings import Settings
from portal.web.jobs import jobs_of

THREADS = 8


class Server(BaseApplication):  # type: ignore[misc]
    """gunicorn with our options instead of its own command line."""

    def __init__(self, settings: Settings, host: str, port: int, workers: int) -> None:
        self._settings = settings
        self._options = {
            "bind": f"{host}:{port}",
            "workers": workers,
            "worker_class": "gthread",
            "threads": THREADS,
            "timeout": 120,
            "accesslog": None,
            "proc_name": "hocba",
        }
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> object:
        return create_app(self._settings)


@click.command()
@click.option("--threads", default=2, show_default=True, type=click.IntRange(1, 32), help="Số việc làm cùng lúc.")
@pass_settings
def work(settings: Settings, threads: int) -> None:
    """Làm các việc dài (đọc tệp, nhập lớp) ở một tiến trình riêng."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: ended.set())
    with running(settings) as runtime, engine_of(settings) as engine:
        jobs = jobs_of(runtime, engine)
        jobs.start(threads)
        ended.wait()
        jobs.stop()


def require_shared_limits(settings: Settings, workers: int) -> None:
    """Limits counted in memory multiply by the number of processes: refuse (design §3, traps)."""
    if workers > 1 and settings.limits_storage.startswith("memory:"):
        raise Refused(Problem.LIMITS_NOT_SHARED, workers=str(workers))


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Địa chỉ lắng nghe.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Cổng.")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Số tiến trình.")
@pass_settings
def serve(settings: Settings, host: str, port: int, workers: int) -> None:
    """Phục vụ cổng bằng gunicorn."""
    require_shared_limits(settings, workers)
    Server(settings, host, port, workers).run()
