"""`hocba init`: make an instance, once."""

import click

from portal.cli.context import now, pass_settings
from portal.cli.output import say
from portal.demo.world import read_logins
from portal.instance import DEMO_URL, TRAINING_URL, Founding, create_instance, demo_founding, training_founding
from portal.settings import Settings


@click.command()
@click.option("--demo", is_flag=True, help="Với trường, người và khóa mẫu.")
@click.option("--url", help="Địa chỉ chính thức duy nhất, in trên mọi bản giấy, ví dụ https://hocba.tinh.gov.vn.")
@click.option("--system-name", help="Tên hệ thống, in ở chân trang.")
@click.option("--owner-name", help="Cơ quan quản lý hệ thống, in ở chân trang.")
@click.option("--department-code", help="Mã của Sở.")
@pass_settings
def init(
    settings: Settings,
    demo: bool,
    url: str | None,
    system_name: str | None,
    owner_name: str | None,
    department_code: str | None,
) -> None:
    """Tạo bản cài mới (chỉ một lần)."""
    if demo:
        found = training_founding(url or TRAINING_URL) if settings.training else demo_founding(url or DEMO_URL)
        create_instance(settings, found, now())
        say(f"Đã tạo bản cài mẫu ở {settings.data}. Tài khoản mẫu:")
        for login in read_logins(settings.data):
            say(f"  {login.username}  {login.password}  {login.display_name}")
        return
    if not (url and system_name and owner_name and department_code):
        raise click.UsageError("cần --url, --system-name, --owner-name và --department-code (hoặc --demo)")
    create_instance(settings, Founding(url, system_name, owner_name, department_code, demo=False), now())
    say(f"Đã tạo bản cài ở {settings.data}. Tiếp theo: docs/operations.md, mục “For a province”.")
