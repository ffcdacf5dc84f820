"""`hocba timestamps`: stamps of outside authorities on the log, asked for now, looked at, and checked again."""

import click

from portal.cli.context import engine_of, now, pass_settings, read_only, running
from portal.cli.output import put, say
from portal.jobs.timestamping import stamp_due
from portal.presenters.timestamps import fault_words, moment, present_time
from portal.services.timestamp_overview import time_overview
from portal.services.timestamps import kept_stamps
from portal.settings import Settings
from portal.web.jobs import stamp_desk
from verify.timestamps import StampFault, proven


@click.group()
def timestamps() -> None:
    """Dấu thời gian (RFC 3161) lên sổ minh bạch: xin ngay, xem trạng thái, kiểm tra lại."""


@timestamps.command()
@click.option("--json", "as_json", is_flag=True, help="Mỗi đơn vị một đối tượng JSON trên một dòng.")
@pass_settings
def ask(settings: Settings, as_json: bool) -> None:
    """Xin ngay dấu đang đến hạn, kể cả đơn vị vừa không trả lời; thoát 1 nếu có đơn vị không đóng dấu."""
    with running(settings) as runtime, engine_of(settings) as engine:
        outcomes = stamp_due(stamp_desk(runtime, engine), at_once=True)
    for each in outcomes:
        if as_json:
            put({"authority": each.name, "size": each.size, "fault": each.fault.value if each.fault else None})
        else:
            what = f"{each.size} dòng" if each.size is not None else "gia hạn"
            say(f"{each.name}: {what}, {'đã đóng dấu' if each.fault is None else fault_words(each.fault)}")
    if not outcomes and not as_json:
        say("Không có dấu nào đến hạn.")
    raise SystemExit(1 if any(each.fault is not None for each in outcomes) else 0)


@timestamps.command()
@click.option("--json", "as_json", is_flag=True, help="Một đối tượng JSON trên một dòng.")
@pass_settings
def status(settings: Settings, as_json: bool) -> None:
    """Dấu mới nhất, những gì còn chờ, từng đơn vị ra sao; thoát 1 khi quá hạn hoặc đồng hồ chậm."""
    with running(settings) as runtime, read_only(settings) as session:
        seen = time_overview(session, runtime.timestamps, now())
    told = present_time(seen)
    if as_json:
        put(
            {
                "size": seen.newest.size if seen.newest is not None else None,
                "stamped_at": seen.newest.stamped_at.isoformat() if seen.newest is not None else None,
                "waiting": seen.waiting,
                "overdue": seen.overdue,
                "clock_behind": seen.clock_behind,
                "authorities": {each.name: each.trouble.value if each.trouble else None for each in seen.authorities},
            }
        )
    else:
        say(f"{told.headline.title}. {told.headline.text}")
        for line in told.authorities:
            last = moment(line.seen_at) if line.seen_at is not None else "chưa lần nào"
            say(f"  {line.name} · {line.state} · {last} {line.detail}".rstrip())
    raise SystemExit(1 if seen.overdue or seen.clock_behind else 0)


@timestamps.command()
@click.option("--json", "as_json", is_flag=True, help="Mỗi dấu một đối tượng JSON trên một dòng.")
@pass_settings
def check(settings: Settings, as_json: bool) -> None:
    """Kiểm tra lại mọi dấu đã giữ bằng chứng thư gốc đang khai; thoát 1 nếu có dấu không còn chứng minh được gì."""
    with running(settings) as runtime, read_only(settings) as session:
        stamps, wanted = kept_stamps(session), runtime.timestamps
    worth = proven(stamps, wanted, now())
    faulty = 0
    for each in stamps:
        found = worth[each.number]
        fault = found if isinstance(found, StampFault) else None
        faulty += fault is not None
        if as_json:
            at = None if isinstance(found, StampFault) else found.at.isoformat()
            put({"number": each.number, "authority": each.authority, "at": at, "fault": fault.value if fault else None})
        else:
            words = fault_words(found) if isinstance(found, StampFault) else moment(found.at)
            say(f"{each.number} · {each.authority} · {words}")
    if not as_json:
        say(f"{len(stamps)} dấu, {faulty} vấn đề.")
    raise SystemExit(1 if faulty else 0)
