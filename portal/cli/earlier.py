"""`hocba earlier`: try a bundle of earlier years; in demo mode also take it in, for two demo officials."""

from pathlib import Path

import click

from portal.cli.context import fresh_code, fresh_salt, now, pass_settings, read_only, running, transaction
from portal.cli.output import put, say
from portal.demo.earlier import take_bundle
from portal.errors import Problem, Refused
from portal.presenters.earlier_years import line_text
from portal.services import earlier_imports
from portal.services.earlier_bundle import LARGEST_BYTES
from portal.services.earlier_imports import ImportLine
from portal.settings import Settings

_file = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
_as_json = click.option("--json", "as_json", is_flag=True, help="Mỗi học bạ một đối tượng JSON trên một dòng.")


@click.group(name="earlier")
def earlier() -> None:
    """Học bạ đã chốt trong hệ thống trước."""


@earlier.command()
@_file
@_as_json
@pass_settings
def check(settings: Settings, file: Path, as_json: bool) -> None:
    """Thử một gói, không nhập gì: từng học bạ nhập được không, vì sao không."""
    moment, data = now(), _read(file)
    with running(settings) as runtime, read_only(settings) as session:
        gate = earlier_imports.gate(session, runtime.trust(moment), moment)
        opened = earlier_imports.open_bundle(runtime.sandbox, data, gate)
        found = earlier_imports.tried(session, opened, moment, demo=runtime.instance.demo)
    _tell(found, as_json)


@earlier.command()
@_file
@_as_json
@pass_settings
def take(settings: Settings, file: Path, as_json: bool) -> None:
    """Nhập một gói, chỉ với dữ liệu mẫu, thay cho hai cán bộ mẫu; hệ thống thật nhập trên cổng."""
    with running(settings) as runtime, transaction(settings) as session:
        if not runtime.instance.demo:
            raise Refused(Problem.NOT_DEMO)
        found = take_bundle(session, runtime, _read(file), fresh_code, fresh_salt, now())
    _tell(found, as_json)


def _read(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(LARGEST_BYTES + 1)


def _tell(found: tuple[ImportLine, ...], as_json: bool) -> None:
    for line in found:
        if as_json:
            put(line.as_json())
        else:
            say(f"{line.number}. {line.school_year or '–'} {line.class_name} {line.name}: {line_text(line)}")
    refused = sum(line.outcome.refused for line in found)
    if not as_json:
        say(f"{len(found) - refused}/{len(found)} học bạ nhập được hoặc đã có.")
    raise SystemExit(1 if refused else 0)
