"""`hocba transfer`: the file of a departure for the operator, and what a file from elsewhere proves here."""

from pathlib import Path

import click

from portal.cli.context import fresh_code, fresh_salt, now, pass_settings, read_only, running, transaction
from portal.cli.output import put, say
from portal.demo.exchange import take_bundle
from portal.errors import Problem, Refused
from portal.identity import SYSTEM
from portal.presenters.exchange import fault_sentence
from portal.services import exchange_arrivals, exchange_departures
from portal.settings import Settings
from verify.exchange.bundle import LARGEST_BYTES
from verify.exchange.judging import Examined

_out = click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Tệp kết quả.")


@click.group(name="transfer")
def transfer() -> None:
    """Học sinh chuyển đi, chuyển đến hệ thống khác."""


@transfer.command()
@click.argument("number", metavar="ĐƠN", type=click.IntRange(min=1))
@_out
@pass_settings
def export(settings: Settings, number: int, output: Path | None) -> None:
    """Ghi ra tệp bàn giao của một đơn mà người đứng đầu đã đồng ý trên cổng; lần lấy này được ghi vào nhật ký."""
    with transaction(settings) as session:
        case, data = exchange_departures.take(session, SYSTEM, number, now(), "")
    path = output or Path(f"ban-giao-{case[:8]}.json")
    path.write_bytes(data)
    say(f"{path}: {len(data)} byte, đơn {case}.")


@transfer.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--school", metavar="MÃ", help="Tiếp nhận vào trường này, chỉ với dữ liệu mẫu, thay hai người mẫu.")
@_out
@click.option("--json", "as_json", is_flag=True, help="Một đối tượng JSON trên một dòng.")
@pass_settings
def import_(settings: Settings, file: Path, school: str | None, output: Path | None, as_json: bool) -> None:
    """Kiểm một tệp bàn giao với sổ minh bạch của nơi chuyển đi; hệ thống thật tiếp nhận trên cổng, cần hai người.

    -o: nơi ghi giấy báo nhận khi tiếp nhận.
    """
    moment = now()
    with file.open("rb") as opened:
        data = opened.read(LARGEST_BYTES + 1)
    with running(settings) as runtime:
        with read_only(settings) as session:
            own, trust = runtime.log_signer.verifiers, runtime.trust(moment)
            believed = exchange_arrivals.border(session, own, trust, moment)
        seen = exchange_arrivals.open_bundle(runtime.sandbox, data, believed)
        if school is not None and seen.fault is None:
            if not runtime.instance.demo:
                raise Refused(Problem.NOT_DEMO)
            with transaction(settings) as session:
                answer = take_bundle(session, runtime, school, data, seen, fresh_code, fresh_salt, moment)
            (output or file.with_suffix(".bao-nhan.json")).write_bytes(answer)
    _tell(seen, as_json=as_json)
    raise SystemExit(1 if seen.fault is not None else 0)


def _tell(seen: Examined, *, as_json: bool) -> None:
    if as_json:
        years = [each.record.school_year for each in seen.records]
        fault = seen.fault.value if seen.fault is not None else None
        put({"fault": fault, "detail": seen.detail, "log": seen.log, "witnessed": seen.witnessed, "years": years})
        return
    if seen.fault is not None:
        say(fault_sentence(seen))
    for each in seen.records:
        say(f"{each.record.school_year} · {each.content.class_name} · {each.content.full_name} · sổ {seen.log}")
