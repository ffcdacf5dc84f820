"""`hocba doctor`: what is missing or unsafe, one line each."""

import stat
from collections.abc import Iterator
from pathlib import Path

import click

from portal.cli.context import engine_of, now, pass_settings, read_only, running
from portal.cli.output import put, say
from portal.migrations import is_current
from portal.presenters.certificate_words import fault_sentence
from portal.runtime import LOG_KEY, Runtime
from portal.services import certificate_trust
from portal.services.log_audit import missing_guards
from portal.settings import Settings


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Mỗi mục một đối tượng JSON trên một dòng.")
@pass_settings
def doctor(settings: Settings, as_json: bool) -> None:
    """Khám bản cài: thiếu gì, chỗ nào chưa an toàn."""
    well = True
    with running(settings) as runtime:
        for name, holds, advice in _findings(settings, runtime):
            well = well and holds
            if as_json:
                put({"check": name, "ok": holds, "advice": "" if holds else advice})
            else:
                say(f"{'✓' if holds else '✗'} {name}{'' if holds else f': {advice}'}")
    raise SystemExit(0 if well else 1)


def _findings(settings: Settings, runtime: Runtime) -> Iterator[tuple[str, bool, str]]:
    with engine_of(settings) as engine, engine.connect() as connection:
        current = is_current(connection)
    yield "lược đồ cơ sở dữ liệu", current, "chạy bản nâng cấp trước khi phục vụ"
    if current:
        with read_only(settings) as session:
            gone = missing_guards(session)
        yield "chốt chặn của cơ sở dữ liệu", not gone, f"thiếu {', '.join(gone[:3])}: chạy hocba audit"
    yield "khóa của sổ minh bạch chỉ chủ đọc được", _private(settings.data / LOG_KEY), "chmod 600 keys/log.key"
    yield "hocba.toml chỉ chủ đọc được", _private(settings.data / "hocba.toml"), "chmod 600 hocba.toml"
    yield "con dấu của Sở", runtime.seal is not None, "đặt khóa vào keys/department_seal.pem để in được học bạ"
    trust = runtime.trust(now())
    yield "gốc tin cậy", bool(trust.roots), "đặt chứng thư gốc vào trust/roots"
    yield "danh sách thu hồi", bool(trust.crls), "đặt danh sách thu hồi (CRL) còn hạn vào trust/crls"
    faults = certificate_trust.overview(trust, now()).faults
    advice = " ".join(fault_sentence(fault) for fault in faults)
    yield "danh sách thu hồi còn hạn và đủ cho mọi tổ chức", not faults, advice
    yield "địa chỉ chính thức dùng https", runtime.instance.url.startswith("https://"), "chỉ dùng http khi thử"
    cut = runtime.sandbox.cuts_network()
    yield "tiến trình mở tệp lạ bị cắt mạng", cut, "cho phép user namespace hoặc chạy trong dịch vụ không có mạng"


def _private(path: Path) -> bool:
    return not path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)
