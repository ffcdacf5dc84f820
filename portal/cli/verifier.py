"""`hocba verifier`: opens strangers' files for the portal, without its network, keys and database."""

import signal
import threading
from pathlib import Path

import click
import structlog

from portal.confinement import has_network, network_cut
from portal.errors import Problem, Refused
from portal.verifier.server import Verifier, keys_in_reach


@click.command()
@click.option(
    "--socket",
    "path",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="Ổ cắm Unix; đặt HOCBA_VERIFIER của cổng là đúng đường dẫn này.",
)
@click.option("--workers", default=3, show_default=True, type=click.IntRange(1, 32), help="Số tiến trình con.")
@click.option("--keep-network", is_flag=True, help="Chạy cả khi máy không cho cắt mạng (không nên).")
@click.pass_context
def verifier(ctx: click.Context, path: Path, workers: int, keep_network: bool) -> None:
    """Mở tệp của người lạ cho cổng: không mạng, không khóa, không cơ sở dữ liệu."""
    network_cut()
    if has_network() and not keep_network:
        raise Refused(Problem.VERIFIER_NETWORK)
    if keys_in_reach(ctx.obj.data):
        structlog.get_logger().warning("verifier.keys_in_reach")
    server = Verifier(path, workers)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: threading.Thread(target=server.shutdown).start())
    structlog.get_logger().info("verifier.started", workers=workers)
    try:
        server.serve_forever()
    finally:
        server.server_close()
        path.unlink(missing_ok=True)
