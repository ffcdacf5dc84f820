"""`hocba day-kit`: the file by which a school checks summary codes of a day without a network."""

from datetime import datetime, timedelta
from pathlib import Path

import click

from portal.app import ROOT
from portal.cli.context import engine_of, now, pass_settings, read_only, running
from portal.cli.output import put, say
from portal.jobs.inventories import InventoryDesk, make_inventory
from portal.services import organisation
from portal.services.day_kit import make_kit
from portal.services.inventory import today
from portal.settings import Settings
from verify.status_list import LIFETIME


@click.command("day-kit")
@click.option("--school", required=True, help="Mã trường dùng bộ kiểm.")
@click.option("--date", "wanted", type=click.DateTime(["%Y-%m-%d"]), help="Ngày dùng; bỏ trống: hôm nay.")
@click.option(
    "-o", "--output", type=click.Path(file_okay=False, exists=True, path_type=Path), default=Path(), help="Thư mục ghi."
)
@click.option("--json", "as_json", is_flag=True, help="Một đối tượng JSON trên một dòng.")
@pass_settings
def day_kit(settings: Settings, school: str, wanted: datetime | None, output: Path, as_json: bool) -> None:
    """Bộ kiểm mã QR tóm tắt cho một trường, một ngày, dùng khi không có mạng: một tệp HTML và chữ ký của Sở."""
    day = wanted.date() if wanted is not None else today(now())
    if not today(now()) <= day < today(now() + LIFETIME - timedelta(days=1)):
        raise click.UsageError("danh sách tình trạng chỉ còn mới trong hai ngày: chọn hôm nay hoặc ngày mai")
    with running(settings) as runtime:
        with engine_of(settings) as engine:
            make_inventory(InventoryDesk(engine, runtime.log_signer, now))
        with read_only(settings) as session:
            unit = organisation.unit(session, school)
            kit = make_kit(session, runtime.kit_desk(ROOT / "static", now()), unit.code, unit.name, day, now())
    path = output / f"{kit.name}.html"
    path.write_bytes(kit.page)
    path.with_suffix(".html.p7s").write_bytes(kit.signature)
    if as_json:
        put({"file": str(path), "bytes": len(kit.page), "sha256": kit.sha256})
        return
    say(f"{path}: {len(kit.page)} byte, chữ ký ở {path.name}.p7s")
    say(f"SHA-256 {kit.sha256}")
    say("Gửi mã SHA-256 này cho trường bằng đường khác với đường gửi tệp.")
