"""`hocba inventory`: which version of each pupil's year is current, logged once a day; proofs of it for outsiders."""

from pathlib import Path

import click

from portal.cli.context import engine_of, now, pass_settings, read_only, running
from portal.cli.output import put, say
from portal.jobs.inventories import InventoryDesk, make_inventory
from portal.presenters.language import moment_words
from portal.services import inventory as service
from portal.services.inventory import Kept
from portal.settings import Settings
from verify.code import parse as parse_code


@click.group(invoke_without_command=True)
@click.option("--again", is_flag=True, help="Lập lại dù hôm nay đã có.")
@click.option("--json", "as_json", is_flag=True, help="Một đối tượng JSON trên một dòng.")
@click.pass_context
def inventory(ctx: click.Context, again: bool, as_json: bool) -> None:
    """Kiểm kê: bản nào đang là bản cuối của mỗi em mỗi năm, kèm danh sách tình trạng của cả tỉnh."""
    if ctx.invoked_subcommand is not None:
        return
    settings: Settings = ctx.obj
    with running(settings) as runtime, engine_of(settings) as engine:
        made = make_inventory(InventoryDesk(engine, runtime.log_signer, now), again=again)
    with read_only(settings) as session:
        held = service.newest_kept(session)
    _tell(made, held, as_json=as_json)


@inventory.command()
@click.argument("code", metavar="MÃ")
@click.argument("school_year", metavar="NĂM_HỌC")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Tệp bằng chứng (.json).")
@pass_settings
def prove(settings: Settings, code: str, school_year: str, output: Path | None) -> None:
    """Bằng chứng bản nào là bản cuối của một năm học (hoặc không có), kiểm được khi không có mạng."""
    with read_only(settings) as session:
        data = service.prove(session, parse_code(code), school_year)
    path = output or Path("kiem-ke.json")
    path.write_bytes(data)
    say(f"{path}: {len(data)} byte. Kiểm tra: docs/verify_current.py proof KHÓA_SỔ {path} MÃ {school_year}")


def _tell(made: Kept | None, held: Kept | None, *, as_json: bool) -> None:
    if as_json:
        put({"made": made is not None, "inventory": None if held is None else _json(held)})
    elif held is None:
        say("Chưa có học bạ nào đã chốt: không có gì để kiểm kê.")
    else:
        words = "Đã lập kiểm kê" if made is not None else "Hôm nay đã có kiểm kê"
        say(
            f"{words}: ngày {held.day:%d/%m/%Y}, {held.count} học bạ năm học, {held.size} dòng đầu của sổ, "
            f"lập lúc {moment_words(held.made_at)}, dòng {held.log_index}; "
            f"danh sách tình trạng {held.status_bytes} byte."
        )


def _json(held: Kept) -> dict[str, object]:
    return {
        "day": held.day.isoformat(),
        "size": held.size,
        "count": held.count,
        "root": held.root,
        "made_at": held.made_at.isoformat(),
        "log_index": held.log_index,
        "status_bytes": held.status_bytes,
    }
