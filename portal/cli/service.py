"""`hocba serve`: one process for a small school office, several behind a proxy for a province."""

import click
from gunicorn.app.base import BaseApplication

from portal.app import create_app
from portal.cli.context import pass_settings
from portal.errors import Problem, Refused
from portal.settings import Settings

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
