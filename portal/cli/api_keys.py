"""`hocba api-key`: keys of school software are made, replaced and revoked here, by the operator, and nowhere else."""

from datetime import datetime, timedelta

import click

from portal.cli.context import now, pass_settings, read_only, transaction
from portal.cli.output import put, say
from portal.identity import SYSTEM
from portal.permissions import ApiScope
from portal.services import api_keys as service
from portal.services.api_keys import KeyRow, NewKey
from portal.settings import Settings


@click.group(name="api-key")
def api_key() -> None:
    """Khóa API cho phần mềm của trường: cấp, thay, liệt kê, thu hồi."""


@api_key.command()
@click.option("--school", help="Mã trường.")
@click.option("--label", help="Tên phần mềm, ghi trong lịch sử học bạ và nhật ký truy cập.")
@click.option(
    "--scope", "scopes", multiple=True, type=click.Choice([scope.value for scope in ApiScope]), help="Phạm vi."
)
@click.option("--days", default=365, show_default=True, type=click.IntRange(1, service.LONGEST.days), help="Hạn, ngày.")
@click.option("--replace", "old", metavar="KEY", help="Khóa cũ cần thay: khóa mới giữ nguyên trường, tên và phạm vi.")
@click.option(
    "--overlap-days", "overlap", default=7, show_default=True, type=click.IntRange(0, 60), help="Hai khóa cùng dùng."
)
@click.option("--json", "as_json", is_flag=True, help="Một đối tượng JSON trên một dòng.")
@pass_settings
def create(
    settings: Settings,
    school: str | None,
    label: str | None,
    scopes: tuple[str, ...],
    days: int,
    old: str | None,
    overlap: int,
    as_json: bool,
) -> None:
    """Cấp khóa mới; khóa chỉ hiện một lần, hệ thống chỉ giữ giá trị băm."""
    lifetime = timedelta(days=days)
    if old is not None and (school or label or scopes):
        raise click.UsageError("--replace giữ nguyên trường, tên và phạm vi của khóa cũ")
    with transaction(settings) as session:
        if old is not None:
            made = service.rotate_key(session, SYSTEM, old, lifetime, timedelta(days=overlap), now())
        elif school and label and label.strip() and scopes:
            wanted = [ApiScope(scope) for scope in scopes]
            made = service.make_key(session, SYSTEM, school, label.strip(), wanted, lifetime, now())
        else:
            raise click.UsageError("cần --school, --label và ít nhất một --scope, hoặc --replace")
    _show_new(made, as_json=as_json)


@api_key.command(name="list")
@click.option("--school", help="Chỉ khóa của trường này.")
@click.option("--json", "as_json", is_flag=True, help="Mỗi khóa một đối tượng JSON trên một dòng.")
@pass_settings
def list_(settings: Settings, school: str | None, as_json: bool) -> None:
    """Liệt kê khóa: của ai, phạm vi, hạn, dùng lần cuối."""
    with read_only(settings) as session:
        rows = service.list_keys(session, SYSTEM, school)
    moment = now()
    for row in rows:
        if as_json:
            put(_row_json(row, moment))
        else:
            used = row.last_used_at.date().isoformat() if row.last_used_at is not None else "chưa dùng"
            say(
                f"{row.key_id} · {row.school_code} · {row.label} · {' '.join(row.scopes)}"
                f" · {_STATES[_state(row, moment)]} · hạn {row.expires_at.date()} · dùng cuối: {used}"
            )


@api_key.command()
@click.argument("key_id", metavar="KEY")
@pass_settings
def revoke(settings: Settings, key_id: str) -> None:
    """Thu hồi một khóa, có hiệu lực ngay."""
    with transaction(settings) as session:
        service.revoke_key(session, SYSTEM, key_id, now())
    say(f"{key_id} · đã thu hồi")


_STATES = {"active": "đang dùng được", "expired": "đã hết hạn", "revoked": "đã thu hồi"}


def _state(row: KeyRow, moment: datetime) -> str:
    if row.revoked_at is not None:
        return "revoked"
    return "expired" if row.expires_at <= moment else "active"


def _show_new(made: NewKey, *, as_json: bool) -> None:
    if as_json:
        put(
            {
                "key_id": made.key_id,
                "token": made.token,
                "school": made.school_code,
                "scopes": [scope.value for scope in made.scopes],
                "expires_at": made.expires_at.isoformat(),
            }
        )
        return
    say(made.token)
    say(f"Khóa {made.key_id} của {made.school_code}, hạn {made.expires_at.date()}. Chép ngay: khóa không hiện lại.")


def _row_json(row: KeyRow, moment: datetime) -> dict[str, object]:
    return {
        "key_id": row.key_id,
        "school": row.school_code,
        "label": row.label,
        "scopes": list(row.scopes),
        "state": _state(row, moment),
        "created_at": row.created_at.isoformat(),
        "expires_at": row.expires_at.isoformat(),
        "revoked_at": row.revoked_at.isoformat() if row.revoked_at is not None else None,
        "last_used_at": row.last_used_at.isoformat() if row.last_used_at is not None else None,
    }
