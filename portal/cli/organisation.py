"""`hocba unit` and `hocba account`: schools and named people, until the portal has pages for them."""

import secrets

import click
import sqlalchemy as sa

from portal.cli.context import now, pass_settings, read_only, transaction
from portal.cli.output import put, say
from portal.errors import Problem, Refused
from portal.identity import SYSTEM, StaffRole
from portal.models import Account, Packet, RecordVersion, Unit, UnitKind
from portal.services import second_step
from portal.services.access import Action
from portal.services.account_acts import record_act
from portal.services.accounts import (
    account_named,
    appoint,
    close_account,
    create_account,
    end_sessions,
    set_password,
)
from portal.services.organisation import add_unit
from portal.services.organisation import unit as find_unit
from portal.settings import Settings
from portal.web.network import LOCAL

PRINTED = ("commune", "district", "province", "head_name", "head_title", "issue_place")


@click.group()
def unit() -> None:
    """Trường và đơn vị của tỉnh."""


@unit.command("add")
@click.argument("code")
@click.option("--kind", required=True, type=click.Choice([kind.value for kind in UnitKind]), help="Loại đơn vị.")
@click.option("--name", required=True, help="Tên in trên học bạ.")
@click.option("--parent", help="Mã đơn vị cấp trên.")
@click.option("--commune", help="Xã, phường.")
@click.option("--district", help="Huyện (không có sau 30/06/2025).")
@click.option("--province", help="Tỉnh.")
@click.option("--head-name", help="Người đứng đầu, in trên học bạ.")
@click.option("--head-title", help="Chức danh, ví dụ “KT. HIỆU TRƯỞNG / PHÓ HIỆU TRƯỞNG”.")
@click.option("--issue-place", help="Nơi lập học bạ, trước ngày tháng.")
@pass_settings
def add(settings: Settings, /, code: str, kind: str, name: str, parent: str | None, **printed: str | None) -> None:
    """Thêm một đơn vị, từ hôm nay; cả tỉnh thì dùng hocba units import."""
    with transaction(settings) as session:
        if session.scalar(sa.select(Unit.id).where(Unit.code == code)) is not None:
            raise Refused(Problem.UNIT_EXISTS, code=code)
        above = find_unit(session, parent) if parent else None
        details = {field: printed.get(field) for field in PRINTED}
        add_unit(session, code, UnitKind(kind), name, now().date(), above, **details)
    say(f"Đã thêm {code} · {name}")


@click.group()
def account() -> None:
    """Tài khoản của từng người (không dùng chung)."""


@account.command("add")
@click.argument("username")
@click.option("--name", required=True, help="Họ và tên.")
@click.option("--unit", "unit_code", required=True, help="Mã đơn vị.")
@click.option("--role", required=True, type=click.Choice([role.value for role in StaffRole]), help="Vai trò.")
@pass_settings
def add_account(settings: Settings, username: str, name: str, unit_code: str, role: str) -> None:
    """Thêm một người với một vai trò; mật khẩu chỉ hiện một lần."""
    password = secrets.token_urlsafe(12)
    with transaction(settings) as session:
        if session.scalar(sa.select(Account.id).where(Account.username == username.strip().lower())) is not None:
            raise Refused(Problem.ACCOUNT_EXISTS, username=username)
        made = create_account(session, username, name, password, now())
        appoint(session, made, find_unit(session, unit_code), StaffRole(role), now().date())
        given = f"{role}@{unit_code}"
        record_act(session, SYSTEM, Action.ACCOUNT_ROLE_GIVEN, made.id, LOCAL, now(), given)
    say(f"{username.strip().lower()}  {password}")


@account.command("password")
@click.argument("username")
@pass_settings
def renew_password(settings: Settings, username: str) -> None:
    """Đặt mật khẩu mới cho người quên (chỉ hiện một lần); mọi phiên của người đó kết thúc."""
    password = secrets.token_urlsafe(12)
    with transaction(settings) as session:
        held = account_named(session, username)
        set_password(session, held, password)
        record_act(session, SYSTEM, Action.ACCOUNT_PASSWORD, held.id, LOCAL, now())
        say(f"{held.username}  {password}")


@account.command("close")
@click.argument("username")
@pass_settings
def close(settings: Settings, username: str) -> None:
    """Đóng tài khoản của người đã nghỉ: không đăng nhập được nữa, mọi phiên kết thúc; việc đã làm vẫn đứng tên."""
    with transaction(settings) as session:
        held = account_named(session, username)
        close_account(session, held)
        record_act(session, SYSTEM, Action.ACCOUNT_CLOSED, held.id, LOCAL, now())
        say(f"Đã đóng tài khoản {held.username}")


@account.command("reset-second-step")
@click.argument("username")
@click.option("--reason", required=True, help="Vì sao, đã đối chiếu người đó thế nào; chủ tài khoản đọc được.")
@pass_settings
def reset_second_step(settings: Settings, username: str, reason: str) -> None:
    """Gỡ bước thứ hai của người mất điện thoại và mã khôi phục; mọi phiên kết thúc, lần đăng nhập sau cài lại."""
    with transaction(settings) as session:
        held = account_named(session, username)
        second_step.reset(session, SYSTEM, held, LOCAL, now(), reason.strip())
        end_sessions(session, held)
        say(f"Đã gỡ bước thứ hai của {held.username}")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Mỗi gói một đối tượng JSON trên một dòng.")
@pass_settings
def packets(settings: Settings, as_json: bool) -> None:
    """Các gói đã nhận: số gói (BN-000003 là gói 3), trường, lớp, số học bạ theo trạng thái."""
    with read_only(settings) as session:
        rows = session.execute(
            sa.select(Packet.id, Unit.code, Packet.school_year, Packet.class_name, RecordVersion.state, sa.func.count())
            .join(Unit, Unit.id == Packet.unit_id)
            .join(RecordVersion, RecordVersion.packet_id == Packet.id)
            .group_by(Packet.id, Unit.code, Packet.school_year, Packet.class_name, RecordVersion.state)
            .order_by(Packet.id)
        ).all()
    found: dict[tuple[int, str, str, str], dict[str, int]] = {}
    for number, code, year, class_name, state, count in rows:
        found.setdefault((number, code, year, class_name), {})[state] = count
    for (number, code, year, class_name), counts in found.items():
        if as_json:
            put({"packet": number, "school": code, "school_year": year, "class_name": class_name, "counts": counts})
        else:
            held = ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
            say(f"{number:>6}  {code}  {year}  {class_name}  {held}")
