"""`hocba examine`: try an XML packet of school software; who signed, who has not yet, and what is wrong."""

from pathlib import Path

import click

from portal.cli.context import now, pass_settings, read_only, running
from portal.cli.output import put, say
from portal.presenters import reasons
from portal.presenters.states import ROLES
from portal.services.xml_packets import examine_xml
from portal.settings import Settings
from verify import limits
from verify.containers.xmldsig.verification import ExaminedRecord
from verify.record.findings import Severity


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--school", required=True, help="Mã trường.")
@click.option("--json", "as_json", is_flag=True, help="Mỗi học bạ một đối tượng JSON trên một dòng.")
@pass_settings
def examine(settings: Settings, file: Path, school: str, as_json: bool) -> None:
    """Thử một gói XML: từng học bạ đã đủ chữ ký đúng thẩm quyền chưa."""
    with file.open("rb") as opened:
        data = opened.read(limits.XML_BYTES + 1)
    with running(settings) as runtime, read_only(settings) as session:
        examined = examine_xml(session, runtime.sandbox, data, school, runtime.trust(now()), now())
    for number, record in enumerate(examined.records, 1):
        if as_json:
            put(_json(number, record))
        else:
            _say(number, record)
    ready = sum(record.accepted for record in examined.records)
    if not as_json:
        say(f"{ready}/{len(examined.records)} học bạ đủ chữ ký và không có lỗi.")
    raise SystemExit(0 if ready == len(examined.records) else 1)


def _json(number: int, record: ExaminedRecord) -> dict[str, object]:
    return {
        "record": number,
        "accepted": record.accepted,
        "missing": [role.value for role in record.missing],
        "signatures": [
            {
                "role": report.role.value if report.role is not None else None,
                "signer": report.signer_name,
                "holds": report.holds,
            }
            for report in record.signatures
        ],
        "reasons": [check.reason.value for check in record.failed],
        "errors": [found.as_json() for found in record.findings if found.severity is Severity.ERROR],
        "warnings": [found.as_json() for found in record.findings if found.severity is Severity.WARNING],
    }


def _say(number: int, record: ExaminedRecord) -> None:
    say(f"{number}. {record.pupil or '–'}: {'đạt' if record.accepted else 'chưa đạt'}")
    if record.missing:
        say(f"   còn thiếu: {', '.join(ROLES[role] for role in record.missing)}")
    for check in record.failed:
        say(f"   {reasons.sentence(check)}")
    for found in record.findings:
        if found.severity is Severity.ERROR:
            say(f"   LỖI {found.message}")
