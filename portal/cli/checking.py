"""`hocba check`: the same check as the portal's, for files on this machine."""

from contextlib import AbstractContextManager
from pathlib import Path

import click
from sqlalchemy.orm import Session

from portal.cli.context import now, pass_settings, read_only, running
from portal.cli.output import put, say
from portal.presenters import reasons
from portal.services.checking import CheckedFile, check_document
from portal.settings import Settings
from verify import limits
from verify.record.labels import label_of
from verify.verdict import Status, Verdict

GOOD = frozenset({Verdict.AUTHENTIC, Verdict.CONTENT_MATCHES})


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Mỗi tệp một đối tượng JSON trên một dòng.")
@pass_settings
def check(settings: Settings, files: tuple[Path, ...], as_json: bool) -> None:
    """Kiểm tra tệp PDF với dữ liệu đã ký."""
    good = True
    with running(settings) as runtime:
        desk = runtime.desk(now())

        def open_reading() -> AbstractContextManager[Session]:
            return read_only(settings)

        for path in files:
            with path.open("rb") as opened:
                data = opened.read(limits.DOCUMENT_BYTES + 1)
            checked = check_document(desk, open_reading, data, now())
            good = good and checked.conclusion.verdict in GOOD
            if as_json:
                put(_json(path, checked))
            else:
                _say(path, checked)
    raise SystemExit(0 if good else 1)


def _json(path: Path, checked: CheckedFile) -> dict[str, object]:
    conclusion = checked.conclusion
    return {
        "file": str(path),
        "verdict": conclusion.verdict.value,
        "facts": [
            {"question": fact.question.value, "status": fact.status.value, "reason": fact.reason.value}
            for fact in conclusion.checks
        ],
        "differences": [{"field": difference.field} for difference in conclusion.differences],
        "lookup_code": checked.code,
        "school_year": checked.school_year,
        "version": checked.version,
    }


def _say(path: Path, checked: CheckedFile) -> None:
    conclusion = checked.conclusion
    say(f"{path}: {conclusion.verdict.value}")
    say(f"  {reasons.sentence(conclusion.deciding)}")
    for difference in conclusion.differences:
        say(f"  khác: {label_of(difference.field.rpartition('/')[2])}")
    for fact in conclusion.checks:
        if fact.status is not Status.PASSED and fact != conclusion.deciding:
            say(f"  · {reasons.sentence(fact)}")
