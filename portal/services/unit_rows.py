"""Rows of a workbook of units: which of their cells make sense, before any act is tried."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from portal.models import UnitKind
from portal.workbooks.unit_table import UnitTable
from verify.record.text import fold

CODE_CHARACTERS: Final = 40
NAME_CHARACTERS: Final = 200
_FIRST_YEAR: Final = 1945
_KINDS: Final = {
    "bo": UnitKind.MINISTRY,
    "bo gddt": UnitKind.MINISTRY,
    "so": UnitKind.DEPARTMENT,
    "so gddt": UnitKind.DEPARTMENT,
    "phong": UnitKind.OFFICE,
    "phong gddt": UnitKind.OFFICE,
    "xa": UnitKind.COMMUNE,
    "phuong": UnitKind.COMMUNE,
    "xa phuong": UnitKind.COMMUNE,
    "tieu hoc": UnitKind.PRIMARY,
    "thcs": UnitKind.LOWER_SECONDARY,
    "trung hoc co so": UnitKind.LOWER_SECONDARY,
    "tieu hoc va thcs": UnitKind.COMBINED,
}


class CellFault(StrEnum):
    """What is wrong with a cell before any act is tried. Closed: each has words in `portal.presenters.unit_imports`."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    UNKNOWN_KIND = "unknown_kind"
    OTHER_KIND = "other_kind"
    NOT_A_DAY = "not_a_day"
    DAY_AHEAD = "day_ahead"
    ENDS_BEFORE = "ends_before"
    OTHER_END = "other_end"
    TWICE = "twice"
    NO_DECISION = "no_decision"
    NOT_ENDED = "not_ended"


@dataclass(frozen=True, slots=True)
class FaultAt:
    """Where something is wrong. field: of the row. fault: of the cell, or problem with detail: of the act."""

    row: int
    field: str
    fault: str
    detail: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A row whose cells make sense. last_day: of the unit; None while it stands."""

    row: int
    code: str
    kind: UnitKind
    name: str
    parent: str | None
    first_day: date
    last_day: date | None
    heirs: tuple[str, ...]
    decision: str | None


def parsed(table: UnitTable, today: date) -> tuple[list[UnitRow], list[FaultAt]]:
    """The rows that make sense, and what is wrong with the others. today: of the province."""
    rows: list[UnitRow] = []
    faults: list[FaultAt] = []
    seen: set[tuple[str, date]] = set()
    for number, cells in table.rows:
        found, wrong = _row(number, cells, today)
        if found is not None and (found.code, found.first_day) in seen:
            found, wrong = None, [FaultAt(number, "from", CellFault.TWICE)]
        faults += wrong
        if found is not None:
            seen.add((found.code, found.first_day))
            rows.append(found)
    return rows, faults


def _row(number: int, cells: Mapping[str, str], today: date) -> tuple[UnitRow | None, list[FaultAt]]:
    faults = [
        FaultAt(number, name, CellFault.EMPTY) for name in ("code", "kind", "name", "from") if not cells.get(name)
    ]
    limits = {"code": CODE_CHARACTERS, "name": NAME_CHARACTERS, "decision": NAME_CHARACTERS}
    faults += [
        FaultAt(number, name, CellFault.TOO_LONG, {"limit": str(limit)})
        for name, limit in limits.items()
        if len(cells.get(name, "")) > limit
    ]
    kind = _KINDS.get(fold(cells.get("kind", "")).replace(",", "").replace("/", " "))
    if kind is None and cells.get("kind"):
        faults.append(FaultAt(number, "kind", CellFault.UNKNOWN_KIND))
    first, last = (_day(number, name, cells.get(name, ""), today, faults) for name in ("from", "to"))
    heirs = tuple(dict.fromkeys(code.strip() for code in cells.get("successor", "").split(";") if code.strip()))
    if first is not None and last is not None and last < first:
        faults.append(FaultAt(number, "to", CellFault.ENDS_BEFORE))
    if heirs and not cells.get("to"):
        faults.append(FaultAt(number, "to", CellFault.NOT_ENDED))
    if faults or kind is None or first is None:
        return None, faults
    parent, decision = cells.get("parent") or None, cells.get("decision") or None
    return UnitRow(number, cells["code"], kind, cells["name"], parent, first, last, heirs, decision), []


def _day(number: int, name: str, text: str, today: date, faults: list[FaultAt]) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.year < _FIRST_YEAR:
        faults.append(FaultAt(number, name, CellFault.NOT_A_DAY))
        return None
    # An end is written down once it has come; the day after it is the first without the unit.
    if day > today or (name == "to" and day == today):
        faults.append(FaultAt(number, name, CellFault.DAY_AHEAD))
    return day
