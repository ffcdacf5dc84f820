"""`hocba keys`: the registry of certificates, what ends soon, and what the instance trusts."""

from datetime import datetime

import click

from portal.cli.context import engine_of, now, pass_settings, read_only, running
from portal.cli.output import put, say
from portal.encryption.data_keys import KEYS
from portal.encryption.rotation import rotate
from portal.identity import SYSTEM
from portal.presenters.certificate_words import STATES, fault_sentence, period
from portal.presenters.language import moment_words
from portal.presenters.language import say as words
from portal.presenters.states import role_words
from portal.services import certificate_trust
from portal.services.certificates import ENDING_DAYS, Key, ending, keys
from portal.settings import Settings, load_instance
from portal.vietnamese import fold

_as_json = click.option("--json", "as_json", is_flag=True, help="Mỗi mục một đối tượng JSON trên một dòng.")


@click.group(name="keys")
def keys_group() -> None:
    """Sổ chứng thư: ai được ký cho đơn vị nào, ở vai nào, đến khi nào."""


@keys_group.command(name="list")
@click.option("--unit", help="Mã đơn vị, hoặc chữ trong tên.")
@_as_json
@pass_settings
def list_(settings: Settings, unit: str | None, as_json: bool) -> None:
    """Mọi chứng thư trong sổ."""
    asked = fold(unit or "")
    found = [key for key in _held(settings) if asked == fold(key.unit_code) or asked in fold(key.unit_name)]
    _show(found, as_json)


@keys_group.command(name="ending")
@click.option(
    "--days", type=click.IntRange(1, 3650), default=ENDING_DAYS, show_default=True, help="Trong bao nhiêu ngày."
)
@_as_json
@pass_settings
def ending_(settings: Settings, days: int, as_json: bool) -> None:
    """Chứng thư sắp hết hạn, gấp nhất trước."""
    _show(list(ending(_held(settings), days)), as_json)


@keys_group.command()
@_as_json
@pass_settings
def trust(settings: Settings, as_json: bool) -> None:
    """Gốc tin cậy và danh sách thu hồi; mã thoát 1 khi có điều cần sửa."""
    moment = now()
    with running(settings) as runtime:
        seen = certificate_trust.overview(runtime.trust(moment), moment)
    if as_json:
        _put_trust(seen, moment)
    else:
        for authority in seen.authorities:
            kind = "gốc" if authority.is_root else "trung gian"
            say(f"{kind}: {authority.name} ({period(authority.not_before, authority.not_after)})")
        for held in seen.lists:
            until = moment_words(held.next_update) if held.next_update is not None else "không ghi"
            say(f"danh sách thu hồi: {held.issuer}, {held.count} chứng thư, hạn đến {until}")
        for fault in seen.faults:
            say(f"✗ {fault_sentence(fault)}")
    raise SystemExit(1 if seen.faults else 0)


@keys_group.command(name="rotate-identity")
@pass_settings
def rotate_identity(settings: Settings) -> None:
    """Thay khóa gốc của dữ liệu đã mã hóa; không học bạ nào bị ghi lại."""
    load_instance(settings)
    with engine_of(settings) as engine, engine.begin() as connection:
        done = rotate(connection, settings.data / KEYS, now())
    say(f"Khóa gốc mới: {done.made}. Từ khi chạy lại dịch vụ, dữ liệu mới được mã hóa bằng khóa dữ liệu mới.")
    for path in done.former:
        say(f"Khóa gốc cũ: {path}. Bản sao lưu trước hôm nay còn cần nó: cất ra ngoài máy này, rồi xóa ở đây.")
    say("Cất lại các khóa: hocba backup-keys.")


def _held(settings: Settings) -> tuple[Key, ...]:
    moment = now()
    with running(settings) as runtime, read_only(settings) as session:
        return keys(session, SYSTEM, runtime.trust(moment), moment)


def _show(found: list[Key], as_json: bool) -> None:
    for key in found:
        if as_json:
            put(_json(key))
        else:
            say(
                f"{key.unit_code} · {role_words(key.role.value)} · {key.says.facts.subject}"
                f" · đến {period(key.ends_at, None).removeprefix('từ ')} · {words(STATES[key.state])}"
            )
    if not as_json:
        say(f"{len(found)} chứng thư.")


def _json(key: Key) -> dict[str, object]:
    facts = key.says.facts
    return {
        "key": key.id,
        "unit": key.unit_code,
        "unit_name": key.unit_name,
        "role": key.role.value,
        "holder": facts.subject,
        "issuer": facts.issuer,
        "serial": facts.serial,
        "certificate_sha256": key.certificate_sha256,
        "valid_from": key.valid_from.isoformat(),
        "valid_to": key.valid_to.isoformat() if key.valid_to is not None else None,
        "certificate_from": facts.not_before.isoformat(),
        "certificate_to": facts.not_after.isoformat(),
        "ends_at": key.ends_at.isoformat(),
        "days_left": key.days_left,
        "state": key.state.value,
        "log_index": key.log_index,
    }


def _put_trust(seen: certificate_trust.TrustOverview, moment: datetime) -> None:
    put(
        {
            "fresh_until": seen.fresh_until.isoformat() if seen.fresh_until is not None else None,
            "authorities": [
                {"name": each.name, "root": each.is_root, "not_after": each.not_after.isoformat()}
                for each in seen.authorities
            ],
            "lists": [
                {
                    "issuer": each.issuer,
                    "made_at": each.made_at.isoformat(),
                    "next_update": each.next_update.isoformat() if each.next_update is not None else None,
                    "revoked": each.count,
                    "fresh": each.known and each.fresh(moment),
                }
                for each in seen.lists
            ],
            "faults": [
                {"problem": each.problem.value, "about": each.about, "message": fault_sentence(each)}
                for each in seen.faults
            ],
        }
    )
