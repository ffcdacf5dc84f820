"""`hocba doctor`: what is missing or unsafe, one line each."""

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click
import sqlalchemy as sa

from portal.cli.context import engine_of, now, pass_settings, read_only, running
from portal.cli.output import put, say
from portal.encryption import masters
from portal.encryption.data_keys import KEYS
from portal.encryption.faults import KeyFault
from portal.encryption.ring import ring_of
from portal.migrations import is_current
from portal.models import BackupTaken, RestoreOutcome
from portal.presenters import problems
from portal.presenters.certificate_words import fault_sentence
from portal.presenters.inventory import present_inventory
from portal.presenters.timestamps import moment, present_time
from portal.runtime import LOG_KEY, Runtime
from portal.services import certificate_trust, log, restoration
from portal.services.inventory import newest_kept
from portal.services.log_audit import missing_guards
from portal.services.mail_addresses import is_address
from portal.services.mail_outbox import backlog
from portal.services.timestamp_overview import time_overview
from portal.settings import Settings
from portal.web.jobs import mail_server
from verify.timestamps import CLOCK_TOLERANCE

# A backup is taken each night; two hours for a slow one.
_BACKUP_HOURS: Final = 26


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
    yield "lược đồ cơ sở dữ liệu", current, "sao lưu, rồi chạy hocba upgrade"
    if current:
        with read_only(settings) as session:
            gone = missing_guards(session)
        yield "chốt chặn của cơ sở dữ liệu", not gone, f"thiếu {', '.join(gone[:3])}: chạy hocba audit"
        yield from _data_keys(settings)
        yield from _backups(settings, demo=runtime.instance.demo)
    yield "khóa của sổ minh bạch chỉ chủ đọc được", _private(settings.data / LOG_KEY), "chmod 600 keys/log.key"
    yield "hocba.toml chỉ chủ đọc được", _private(settings.data / "hocba.toml"), "chmod 600 hocba.toml"
    told = runtime.instance.demo or bool(settings.verifier)
    yield "nơi mở tệp của người lạ", told, "chạy hocba verifier rồi đặt HOCBA_VERIFIER là ổ cắm của nó"
    two_steps = runtime.instance.demo or runtime.staff_must_take_second_step
    yield "bước thứ hai khi cán bộ đăng nhập", two_steps, "bỏ HOCBA_SECOND_STEP=off"
    yield "con dấu của Sở", runtime.seal is not None, "đặt khóa vào keys/department_seal.pem để in được học bạ"
    trust = runtime.trust(now())
    yield "gốc tin cậy", bool(trust.roots), "đặt chứng thư gốc vào trust/roots"
    yield "danh sách thu hồi", bool(trust.crls), "đặt danh sách thu hồi (CRL) còn hạn vào trust/crls"
    faults = certificate_trust.overview(trust, now()).faults
    advice = " ".join(fault_sentence(fault) for fault in faults)
    yield "danh sách thu hồi còn hạn và đủ cho mọi tổ chức", not faults, advice
    asked = runtime.witnesses
    most = asked.quorum == 0 or 2 * asked.quorum > len(asked.counted)
    yield "số bên chứng kiến cần có là quá nửa", most, "sửa dòng group trong trust/witnesses.policy"
    if current:
        yield from _time(settings, runtime)
        yield from _inventory(settings)
    if settings.mail_host:
        yield from _mail(settings, runtime)
    yield "địa chỉ chính thức dùng https", runtime.instance.url.startswith("https://"), "chỉ dùng http khi thử"
    cut = runtime.sandbox.cuts_network()
    yield "tiến trình mở tệp lạ bị cắt mạng", cut, "cho phép user namespace hoặc chạy trong dịch vụ không có mạng"


def _data_keys(settings: Settings) -> Iterator[tuple[str, bool, str]]:
    """Whether what is encrypted can be read, and whether only its owner can read the keys."""
    with engine_of(settings) as engine:
        try:
            ring_of(engine.dialect).keys()
            advice = ""
        except KeyFault as fault:
            advice = problems.sentence(fault.problem, fault.detail)
    yield "dữ liệu đã mã hóa mở được", not advice, advice
    hidden = all(_private(path) for path in masters.all_paths(settings.data / KEYS))
    yield "khóa gốc của dữ liệu chỉ chủ đọc được", hidden, "chmod 600 keys/identity-*.key"


def _time(settings: Settings, runtime: Runtime) -> Iterator[tuple[str, bool, str]]:
    """Whether outsiders stamp the log, and whether our clock agrees with theirs."""
    with read_only(settings) as session:
        seen = time_overview(session, runtime.timestamps, now())
        newest = log.newest_at(session)
    told = present_time(seen)
    named = seen.configured or runtime.instance.demo
    yield "đơn vị cấp dấu thời gian", named, "khai đơn vị trong trust/timestamps.toml, xem docs/operations.md"
    yield "đồng hồ không chậm hơn dấu thời gian đã có", not seen.clock_behind, "chỉnh đồng hồ (NTP)"
    behind = newest is not None and newest > now() + CLOCK_TOLERANCE
    written = moment(newest) if newest is not None else ""
    advice = f"chỉnh đồng hồ (NTP) trước khi nhận và chốt tiếp; sổ ghi lúc {written}"
    yield "đồng hồ không chậm hơn điểm kiểm mới nhất của sổ", not behind, advice
    yield "sổ minh bạch được đóng dấu thời gian đúng hạn", not seen.overdue, told.headline.text
    for line in told.authorities:
        yield f"đơn vị cấp dấu thời gian {line.name}", not line.detail, line.detail


def _inventory(settings: Settings) -> Iterator[tuple[str, bool, str]]:
    """Whether the day's inventory was made, once there was a first."""
    with read_only(settings) as session:
        counted = present_inventory(newest_kept(session), now())
    if counted is not None:
        yield (
            f"kiểm kê mới nhất: ngày {counted.day}",
            not counted.warning,
            "chạy hocba inventory, xem vì sao không tự lập",
        )


def _mail(settings: Settings, runtime: Runtime) -> Iterator[tuple[str, bool, str]]:
    """Whether mail could leave; `hocba mail test` says whether it does."""
    server = mail_server(settings)
    yield "thư báo có địa chỉ gửi", is_address(settings.mail_from), "đặt HOCBA_MAIL_FROM"
    yield "đường đến máy chủ thư được bảo vệ", server.safe, "đặt HOCBA_MAIL_SECURITY là starttls hoặc tls"
    path = server.password_file
    if path is not None:
        hidden = path.exists() and _private(path)
        yield "mật khẩu SMTP chỉ chủ đọc được", hidden, "đặt đúng HOCBA_MAIL_PASSWORD_FILE và chmod 600"
    if runtime.sends_mail:
        with read_only(settings) as session:
            found = backlog(session, now())
        yield "thư báo không bị bỏ trong 7 ngày qua", not found.lost, "chạy hocba mail test, xem dòng mail.failed"


def _backups(settings: Settings, *, demo: bool) -> Iterator[tuple[str, bool, str]]:
    """The age of the newest backup; and after a restore, whether the log goes on as outsiders know it."""
    with read_only(settings) as session:
        taken = session.scalar(sa.select(sa.func.max(BackupTaken.taken_at)))
        last = restoration.newest(session)
        restored = (last.settled_at is not None, last.outcome, last.decision) if last is not None else None
    if taken is None:
        yield "bản sao lưu (chưa có bản nào)", demo, "đặt lịch hocba backup, xem docs/operations.md"
    else:
        hours = int((now() - taken).total_seconds() // 3600)
        advice = "bản mới nhất quá 26 giờ: xem lịch hocba backup vì sao không chạy"
        yield f"bản sao lưu mới nhất: {hours} giờ trước", hours < _BACKUP_HOURS, advice
    if restored is not None:
        settled, outcome, decision = restored
        yield "sổ minh bạch đã đối chiếu sau khi khôi phục", settled, "chạy hocba log resume"
        forced = outcome == RestoreOutcome.FORCED.value
        yield "sổ minh bạch không chạy tiếp khi chưa đối chiếu", not forced, f"đã chạy theo {decision}"


def _private(path: Path) -> bool:
    return not path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)
