"""`hocba show` and `hocba pdf`: one transcript, for the operator of the server."""

from pathlib import Path

import click

from portal.cli.context import now, pass_settings, running, transaction
from portal.cli.output import put, say
from portal.errors import NotFound
from portal.identity import SYSTEM
from portal.services.lookup import TranscriptView, YearView, transcript
from portal.services.prints import printed_pdf
from portal.settings import Settings
from verify.code import grouped, parse
from verify.record.codec import to_json

LOCAL = "local"


@click.command()
@click.argument("lookup_code")
@click.option("--json", "as_json", is_flag=True, help="Một đối tượng JSON trên một dòng.")
@pass_settings
def show(settings: Settings, lookup_code: str, as_json: bool) -> None:
    """Cho xem một học bạ."""
    with transaction(settings) as session:
        view = transcript(session, SYSTEM, parse(lookup_code), now(), LOCAL)
    if view is None:
        raise NotFound
    if as_json:
        put(_transcript_json(view))
        return
    say(f"{grouped(view.code)} · {view.managing_unit_name}")
    for year in view.years:
        say(
            f"  {year.record.school_year} · lớp {year.record.class_name} · {year.record.full_name}"
            f" · {year.record.overall_result.value} · {year.state} · phiên bản {year.version}"
        )


@click.command()
@click.argument("lookup_code")
@click.option("-o", "--output", required=True, type=click.Path(dir_okay=False, path_type=Path), help="Tệp PDF.")
@click.option("--year", help="Năm học, ví dụ 2025-2026; bỏ trống: năm mới nhất đã chốt.")
@click.option("--all", "whole", is_flag=True, help="Cả cuốn học bạ.")
@pass_settings
def pdf(settings: Settings, lookup_code: str, output: Path, year: str | None, whole: bool) -> None:
    """In một học bạ ra tệp PDF có ký số (trước khi chốt: bản xem trước)."""
    with running(settings) as runtime, transaction(settings) as session:
        made = printed_pdf(
            session,
            runtime.press,
            SYSTEM,
            parse(lookup_code),
            year,
            whole=whole,
            now=now(),
            network=LOCAL,
        )
        output.write_bytes(made.pdf)
    say(f"{output} · {len(made.pdf)} byte")


def _transcript_json(view: TranscriptView) -> dict[str, object]:
    return {
        "lookup_code": view.code,
        "managing_school": view.managing_unit_name,
        "years": [_year_json(year) for year in view.years],
    }


def _year_json(year: YearView) -> dict[str, object]:
    return {
        "school_year": year.record.school_year,
        "version": year.version,
        "state": year.state,
        "effective_at": year.effective_at.isoformat() if year.effective_at is not None else None,
        "log_index": year.log_index,
        "signatures": [
            {
                "role": held.role,
                "signer": held.signer_name,
                "signed_at": held.signed_at.isoformat(),
                "received_at": held.received_at.isoformat(),
            }
            for held in year.signatures
        ],
        "record": to_json(year.record),
    }
