"""`hocba demo`: fills an instance with invented data and serves it; started again it keeps its data."""

import socket

import click
import qrcode
import sqlalchemy as sa

from portal.cli.context import fresh_code, fresh_salt, now, pass_settings, read_only, running, transaction
from portal.cli.output import say
from portal.cli.service import Server
from portal.demo.world import read_logins
from portal.demo.year import make_classes
from portal.instance import create_instance, demo_founding
from portal.models import RecordVersion, State, Transcript, YearRecordRow
from portal.settings import Settings, instance_file
from verify.code import grouped

# The demo is for phones on the same network too.
EVERY_ADDRESS = "0.0.0.0"  # noqa: S104 # nosec B104
# RFC 5737: an address for documentation; asking the kernel for a route to it sends nothing.
_ANYWHERE = ("192.0.2.1", 9)


@click.command()
@click.option("--host", default=EVERY_ADDRESS, show_default=True, help="Địa chỉ lắng nghe.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Cổng.")
@click.option("--no-serve", is_flag=True, help="Chỉ chuẩn bị dữ liệu, không phục vụ.")
@pass_settings
def demo(settings: Settings, host: str, port: int, no_serve: bool) -> None:
    """Chạy thử trên máy này với trường, người và học bạ mẫu."""
    if not instance_file(settings).exists():
        say("Đang tạo dữ liệu mẫu…")
        create_instance(settings, demo_founding(), now())
    code = _shown_code(settings) or _filled(settings)
    _tell(settings, code, f"http://{_own_address(host)}:{port}", port)
    if not no_serve:
        Server(settings, host, port, workers=1).run()


def _filled(settings: Settings) -> str:
    with running(settings) as runtime, transaction(settings) as session:
        return make_classes(session, runtime, fresh_code, fresh_salt, now())


def _shown_code(settings: Settings) -> str | None:
    """The lookup code of the first locked record, so that each start shows the same one."""
    statement = (
        sa.select(Transcript.lookup_code)
        .join(YearRecordRow, YearRecordRow.transcript_id == Transcript.id)
        .join(RecordVersion, RecordVersion.year_record_id == YearRecordRow.id)
        .where(RecordVersion.state == State.LOCKED.value)
        .order_by(RecordVersion.log_index)
        .limit(1)
    )
    with read_only(settings) as session:
        return session.scalar(statement)


def _own_address(host: str) -> str:
    """The address at which a phone on the same network reaches this machine."""
    if host not in (EVERY_ADDRESS, "::"):
        return host
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_ANYWHERE)
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"


def _tell(settings: Settings, code: str, address: str, port: int) -> None:
    say("\nDỮ LIỆU MẪU – người và trường ở đây không có thật.\n")
    say(f"Cổng:        http://127.0.0.1:{port}/   (máy khác cùng mạng: {address}/)")
    say(f"Một học bạ:  http://127.0.0.1:{port}/t/{code}")
    say(f"Mã tra cứu:  {grouped(code)}\n")
    say("Tài khoản mẫu (tên, mật khẩu):")
    for login in read_logins(settings.data):
        say(f"  {login.username:<18} {login.password:<14} {login.display_name}")
    say("\nQuét bằng điện thoại cùng mạng:\n")
    drawn = qrcode.QRCode(border=2)
    drawn.add_data(f"{address}/t/{code}")
    drawn.print_ascii(invert=True)
    say("Dừng: Ctrl+C")
