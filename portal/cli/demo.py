"""`hocba demo`: fills an instance with invented data and serves it; started again it keeps its data."""

import socket

import click
import qrcode
import sqlalchemy as sa

from portal.cli.context import fresh_code, fresh_salt, now, pass_settings, read_only, running, transaction
from portal.cli.output import say
from portal.cli.service import Server
from portal.cli.training import serve_training
from portal.cli.upgrading import bring_up
from portal.demo.earlier import make_earlier_year
from portal.demo.province import has_province, make_province, schools
from portal.demo.world import read_logins, write_logins
from portal.demo.year import make_classes
from portal.instance import (
    TRAINING_NAME,
    TRAINING_URL,
    create_instance,
    demo_founding,
    training_founding,
    wipe_training,
)
from portal.models import RecordVersion, State, Transcript, YearRecordRow
from portal.settings import Settings, for_training, instance_file
from verify.code import grouped

# The demo is for phones on the same network too.
EVERY_ADDRESS = "0.0.0.0"  # noqa: S104 # nosec B104
RECORDS_OF_A_SCHOOL = 2
# RFC 5737: an address for documentation; asking the kernel for a route to it sends nothing.
_ANYWHERE = ("192.0.2.1", 9)


@click.command()
@click.option("--host", default=EVERY_ADDRESS, show_default=True, help="Địa chỉ lắng nghe.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Cổng.")
@click.option("--province", is_flag=True, help="Thêm một tỉnh mẫu: 390 trường ở 102 xã, phường.")
@click.option(
    "--records",
    default=RECORDS_OF_A_SCHOOL,
    show_default=True,
    type=click.IntRange(0, 200),
    help="Số học bạ mẫu ở mỗi trường của tỉnh mẫu.",
)
@click.option("--training", is_flag=True, help="Bản tập huấn: thư mục, khóa, màu và địa chỉ riêng.")
@click.option("--url", help="Bản tập huấn: địa chỉ in trên mã QR, ví dụ https://tap-huan.hocba.tinh.gov.vn.")
@click.option("--reset", is_flag=True, help="Bản tập huấn: xóa dữ liệu cũ, tạo lại từ đầu, giữ mật khẩu.")
@click.option("--no-serve", is_flag=True, help="Chỉ chuẩn bị dữ liệu, không phục vụ.")
@pass_settings
def demo(
    settings: Settings,
    host: str,
    port: int,
    province: bool,
    records: int,
    training: bool,
    url: str | None,
    reset: bool,
    no_serve: bool,
) -> None:
    """Chạy thử trên máy này với trường, người và học bạ mẫu."""
    if training:
        settings = for_training(settings)
    if (url or reset) and not settings.training:
        raise click.UsageError("--url và --reset chỉ dùng với --training")
    _found(settings, url, reset=reset)
    code = _shown_code(settings) or _filled(settings)
    if province:
        _add_province(settings, records)
    _tell(settings, code, f"http://{_own_address(host)}:{port}", port)
    if no_serve:
        return
    if settings.training:
        serve_training(settings, Server(settings, host, port, workers=1, grace=1))
    else:
        Server(settings, host, port, workers=1).run()


def _found(settings: Settings, url: str | None, *, reset: bool) -> None:
    """Make the instance where there is none; reset: after throwing an old training away."""
    if reset and instance_file(settings).exists():
        wipe_training(settings)
    if not instance_file(settings).exists():
        say("Đang tạo dữ liệu mẫu…")
        found = training_founding(url or TRAINING_URL) if settings.training else demo_founding()
        create_instance(settings, found, now())
    elif bring_up(settings):
        say("Đã nâng dữ liệu mẫu lên phiên bản này.")


def _filled(settings: Settings) -> str:
    with running(settings) as runtime, transaction(settings) as session:
        shown = make_classes(session, runtime, fresh_code, fresh_salt, now())
        make_earlier_year(session, runtime, fresh_code, fresh_salt, now())
        return shown


def _add_province(settings: Settings, records: int) -> None:
    with running(settings) as runtime, transaction(settings) as session:
        if not has_province(session):
            say("Đang tạo tỉnh mẫu: 390 trường ở 102 xã, phường…")
            made = make_province(session, runtime, schools(), records, fresh_code, fresh_salt, now())
            write_logins(settings.data, (*read_logins(settings.data), *made))


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
    if settings.training:
        say(
            f"\n{TRAINING_NAME} – dữ liệu không có giá trị. Bắt đầu lại: {settings.data}, trang /tap-huan hoặc --reset."
        )
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
