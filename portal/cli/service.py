"""`hocba serve`: one process for a small school office, several behind a proxy for a province."""

import signal
import sys
import threading

import click
from gunicorn.app.base import BaseApplication

from portal.app import create_app
from portal.cli.context import engine_of, pass_settings, running
from portal.errors import Problem, Refused
from portal.instance import require_data
from portal.runtime import require_verifier
from portal.sandbox import WAITING
from portal.settings import Settings, load_instance
from portal.web.jobs import jobs_of

# As many for those who look something up as may wait for children that open uploads, and those at work beside.
THREADS = 2 * WAITING
# How long one thread computes before another may: with Python's own 5 ms a card waits that long for each of a dozen
# threads that tell a flood that there is no room (decision 0029).
_SWITCH_SECONDS = 0.0005
_GRACE_SECONDS = 30


class Server(BaseApplication):  # type: ignore[misc]
    """gunicorn with our options instead of its own command line. grace: seconds that running work has when it ends."""

    def __init__(self, settings: Settings, host: str, port: int, workers: int, grace: int = _GRACE_SECONDS) -> None:
        self._settings = settings
        self._options = {
            "bind": f"{host}:{port}",
            "workers": workers,
            "worker_class": "gthread",
            "threads": THREADS + settings.sandbox_workers,
            "timeout": 120,
            "graceful_timeout": grace,
            "accesslog": None,
            "proc_name": "hocba",
            "control_socket_disable": True,
        }
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            if name in self.cfg.settings:  # the control socket is of newer versions only
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
        require_verifier(runtime)
        require_data(engine)
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
    load_instance(settings)
    with engine_of(settings) as engine:
        require_data(engine)  # said here in a sentence, before a worker says it in its own way
    sys.setswitchinterval(_SWITCH_SECONDS)
    Server(settings, host, port, workers).run()
