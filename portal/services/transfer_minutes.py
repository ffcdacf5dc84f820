"""Minutes of a hand-over: a PDF sealed by the department, naming each row, its answer and the root over all of them.

What the clerk wrote (names of files) reaches the template as text and stands in the column of files only: the seal
says that these answers were given, and the minutes say so in words.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from portal.errors import Problem, Refused
from portal.services.prints import Press
from portal.services.typesetting import Typesetter
from portal.workbooks.table_file import table_file
from verify.form.letters import printable
from verify.form.render import TRAINING
from verify.pdf.seal import seal_minutes

REASON: Final = "Biên bản kiểm tra hồ sơ chuyển trường"
_TEMPLATE: Final = Path(__file__).parent / "transfer_minutes.typ"


@dataclass(frozen=True, slots=True)
class Minutes:
    """What the minutes say, in words. facts, tallies: label and value. rows: five columns each."""

    title: str
    facts: Sequence[tuple[str, str]]
    counted: str
    tallies: Sequence[tuple[str, str]]
    listed: str
    rows: Sequence[tuple[str, str, str, str, str]]
    notes: Sequence[str]
    footer: str


def minutes_pdf(press: Press, minutes: Minutes, now: datetime) -> bytes:
    """The sealed PDF. Raises Refused(KEY_MISSING) without a seal."""
    if press.signer is None:
        raise Refused(Problem.KEY_MISSING, key="department_seal")
    day = {"year": now.year, "month": now.month, "day": now.day}
    data = {
        "title": minutes.title,
        "owner": printable(press.context.owner_name),
        "system": printable(press.context.system_name),
        "sample": press.context.sample,
        "training": press.context.template == TRAINING,
        "day": day,
        "facts": _printable(minutes.facts),
        "counted": minutes.counted,
        "tallies": _printable(minutes.tallies),
        "listed": minutes.listed,
        "rows": _printable(minutes.rows),
        "notes": [printable(line) for line in minutes.notes],
        "footer": printable(minutes.footer),
    }
    moment = now.replace(microsecond=0)
    return seal_minutes(_press().print(data, moment), press.signer, moment, REASON)


def table(number: str, headings: Sequence[str], rows: Sequence[Sequence[str]], notes: Sequence[str]) -> bytes:
    """The rows as XLSX. number: of the hand-over, which names the sheet."""
    return table_file(number, headings, rows, notes)


def _printable(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    return [[printable(value) for value in row] for row in rows]


@functools.cache
def _press() -> Typesetter:
    return Typesetter(_TEMPLATE, "minutes")
