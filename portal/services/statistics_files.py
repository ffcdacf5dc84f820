"""A report of counts as a sealed PDF, as minutes are, and as a workbook."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from portal.errors import Problem, Refused
from portal.services.prints import Press
from portal.services.typesetting import Typesetter
from portal.workbooks.table_file import Sheet, tables_file
from verify.form.letters import printable
from verify.pdf.seal import seal_minutes

REASON: Final = "Báo cáo số liệu học bạ số"
_TEMPLATE: Final = Path(__file__).parent / "statistics.typ"
# Excel's bound for the name of a sheet.
_NAME_CHARACTERS: Final = 31


@dataclass(frozen=True, slots=True)
class Table:
    """name: short, of a sheet. rows: the first column names, the others count."""

    name: str
    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str | int, ...], ...]


@dataclass(frozen=True, slots=True)
class Report:
    """facts: label and value: of which year and place. notes: what the counts mean."""

    title: str
    facts: tuple[tuple[str, str], ...]
    tables: tuple[Table, ...]
    notes: tuple[str, ...]


def workbook(report: Report) -> bytes:
    """Each table on its sheet, counts as numbers."""
    about = [f"{label}: {value}" for label, value in report.facts]
    return tables_file(
        [
            Sheet(table.name[:_NAME_CHARACTERS], table.headings, table.rows, [*about, *report.notes])
            for table in report.tables
        ]
    )


def pdf(press: Press, report: Report, now: datetime) -> bytes:
    """The sealed PDF. Raises Refused(KEY_MISSING) without a seal."""
    if press.signer is None:
        raise Refused(Problem.KEY_MISSING, key="department_seal")
    moment = now.replace(microsecond=0)
    data = {
        "title": printable(report.title),
        "owner": printable(press.context.owner_name),
        "system": printable(press.context.system_name),
        "sample": press.context.sample,
        "day": {"year": now.year, "month": now.month, "day": now.day},
        "facts": [[printable(label), printable(value)] for label, value in report.facts],
        "tables": [
            {"title": printable(each.title), "headings": list(each.headings), "rows": _printable(each.rows)}
            for each in report.tables
        ],
        "notes": [printable(line) for line in report.notes],
        "footer": printable(f"Lập từ {press.context.system_name}, {press.context.host_url}"),
    }
    return seal_minutes(_press().print(data, moment), press.signer, moment, REASON)


def _printable(rows: Sequence[Sequence[str | int]]) -> list[list[str]]:
    return [[printable(str(value)) for value in row] for row in rows]


@functools.cache
def _press() -> Typesetter:
    return Typesetter(_TEMPLATE, "report")
