"""`hocba ledger`: whether the chain of looks holds, by itself and against its heads in the transparency log.

Also closing months and forgetting those that were kept long enough, and, for a breach, whose records somebody saw.
"""

from datetime import datetime
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Final

import click

from portal.cli.context import engine_of, now, pass_settings, read_only, running, transaction
from portal.cli.output import put, say
from portal.jobs.ledger_heads import HeadDesk, log_head
from portal.presenters.ledger import broken_sentence, head_sentences
from portal.presenters.ledger_seen import seen_cells, seen_headings, seen_json, seen_sentences
from portal.services import ledger as service
from portal.services import ledger_heads, ledger_seen
from portal.services.ledger_file import csv_file
from portal.services.ledger_seen import SeenQuery
from portal.settings import Settings, load_instance
from portal.web.network import LOCAL, kept_of

_MOMENTS: Final = ("%Y-%m-%d", "%Y-%m-%dT%H:%M")


@click.group("ledger")
def ledger_group() -> None:
    """Nhật ký truy cập: ai đã xem học bạ nào."""


@ledger_group.command()
@click.option("--json", "as_json", is_flag=True, help="Một đối tượng JSON trên một dòng.")
@pass_settings
def verify(settings: Settings, as_json: bool) -> None:
    """Dựng lại chuỗi; nêu dòng đầu tiên không khớp."""
    load_instance(settings)
    with read_only(settings) as session:
        found, heads = service.verify(session), ledger_heads.check(session)
    if as_json:
        put(_json(found, heads))
    else:
        whole = f"{found.rows} dòng khớp, {found.gone} dòng đã hết hạn giữ, đầu chuỗi {found.head}."
        say(whole if found.how is None else broken_sentence(found))
        for sentence in head_sentences(heads):
            say(sentence)
    raise SystemExit(0 if found.first_broken is None and not heads.flaws else 1)


@ledger_group.command("log")
@pass_settings
def log_command(settings: Settings) -> None:
    """Ghi đầu chuỗi hôm nay vào sổ minh bạch (máy chủ tự làm mỗi ngày)."""
    with running(settings) as runtime, engine_of(settings) as engine:
        index = log_head(HeadDesk(engine, runtime.log_signer, now))
    say("Hôm nay không có gì mới để ghi." if index is None else f"Đã ghi đầu chuỗi: dòng {index} của sổ minh bạch.")


@ledger_group.command()
@pass_settings
def close(settings: Settings) -> None:
    """Đóng các tháng đã qua và bỏ những tháng quá hạn giữ; chuỗi vẫn kiểm được."""
    load_instance(settings)
    with transaction(settings) as session:
        closed = service.close_months(session, now())
        gone = service.forget_months(session, now(), settings.ledger_months)
    say(f"Đã đóng {closed} tháng, bỏ {gone} dòng quá {settings.ledger_months} tháng.")


@ledger_group.command()
@click.option("--account", help="Tên đăng nhập của người xem.")
@click.option("--network", "address", help="Địa chỉ IP, mạng như nhật ký giữ (192.0.2.0/24), hoặc local.")
@click.option("--from", "begins", required=True, type=click.DateTime(_MOMENTS), help="Từ lúc, giờ Việt Nam.")
@click.option("--to", "ends", required=True, type=click.DateTime(_MOMENTS), help="Đến trước lúc này, giờ Việt Nam.")
@click.option("--reason", required=True, help="Lý do; ghi vào nhật ký cùng câu hỏi.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Tệp CSV, mỗi học bạ một dòng.")
@click.option("--json", "as_json", is_flag=True, help="Một đối tượng JSON trên một dòng.")
@pass_settings
def seen(
    settings: Settings,
    account: str | None,
    address: str | None,
    begins: datetime,
    ends: datetime,
    reason: str,
    output: Path | None,
    as_json: bool,
) -> None:
    """Học bạ của những em nào đã bị một tài khoản, một mạng xem trong một khoảng thời gian (khi có sự cố lộ lọt)."""
    if account is None and address is None:
        raise click.UsageError("Nêu --account, --network, hoặc cả hai.")
    if ends <= begins or not reason.strip():
        raise click.UsageError("--to phải sau --from, và --reason phải có chữ.")
    load_instance(settings)
    wanted = SeenQuery(_in_province(begins), _in_province(ends), account, _network(address))
    with transaction(settings) as session:
        found = ledger_seen.seen(session, wanted, reason.strip(), now())
    if output is not None:
        output.touch(mode=0o600)
        output.chmod(0o600)  # of a file that was there before too
        output.write_bytes(csv_file(seen_headings(), [seen_cells(each) for each in found.records]))
    if as_json:
        put(seen_json(found))
    else:
        for sentence in seen_sentences(found):
            say(sentence)


def _in_province(moment: datetime) -> datetime:
    return moment.replace(tzinfo=service.VIETNAM)


def _network(typed: str | None) -> str | None:
    """A network as the ledger keeps it, from an address or from what it shows."""
    if typed is None or typed == LOCAL:
        return typed
    try:
        return kept_of(str(ip_address(typed))) if "/" not in typed else str(ip_network(typed))
    except ValueError as error:
        raise click.UsageError("--network: ghi một địa chỉ IP, hoặc mạng như 192.0.2.0/24.") from error


def _json(found: service.Verified, heads: ledger_heads.HeadsChecked) -> dict[str, object]:
    return {
        "rows": found.rows,
        "gone": found.gone,
        "head": found.head,
        "first_broken": found.first_broken,
        "how": None if found.how is None else found.how.value,
        "heads": heads.heads,
        "lost": heads.lost,
        "covered": heads.covered,
        "open_rows": heads.open_rows,
        "contradictions": [
            {"kind": flaw.kind.value, "day": flaw.day.isoformat(), "log_index": flaw.log_index, "row": flaw.row}
            for flaw in heads.flaws
        ],
    }
