"""Units from a workbook: read in a child, tried in a savepoint, shown, and written once somebody confirms.

The preview runs the very acts that the confirmation runs and takes them back, so it cannot promise what then fails.
What a row says already holds is no act: the same workbook a second time changes nothing.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from itertools import groupby
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import NotFound, Problem, Refused
from portal.identity import SYSTEM, Identity
from portal.models import ActKind, Unit, UnitImport, UnitImportState, UnitKind
from portal.permissions import may_change_organisation
from portal.sandbox import Sandbox
from portal.services import unit_acts, unit_tree
from portal.services.organisation import day_of
from portal.services.unit_acts import Actor, Basis, NewUnit
from portal.services.unit_rows import CellFault, FaultAt, UnitRow, parsed
from portal.workbooks.marking import Mark, marked_workbook
from portal.workbooks.refusals import WorkbookRefused
from portal.workbooks.unit_table import UnitTable, read_units, table_from_json, unit_template

_DAY: Final = timedelta(days=1)
# Parents before children, and everything before an end of the same day.
_LEVELS: Final = {
    UnitKind.MINISTRY: 0,
    UnitKind.DEPARTMENT: 1,
    UnitKind.OFFICE: 2,
    UnitKind.COMMUNE: 2,
}
_SCHOOLS: Final = 3


@dataclass(frozen=True, slots=True)
class StepAt:
    """What a row does. before: the old name or parent, for a change; after: the new one."""

    row: int
    code: str
    kind: ActKind
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a table comes to. same: rows that say what already holds."""

    steps: tuple[StepAt, ...]
    faults: tuple[FaultAt, ...]
    same: int

    def as_json(self) -> dict[str, Any]:
        return {
            "steps": [[step.row, step.code, step.kind.value, step.before, step.after] for step in self.steps],
            "faults": [[each.row, each.field, each.fault, dict(each.detail)] for each in self.faults],
            "same": self.same,
        }


def outcome_from_json(held: Mapping[str, Any]) -> Outcome:
    return Outcome(
        tuple(StepAt(row, code, ActKind(kind), before, after) for row, code, kind, before, after in held["steps"]),
        tuple(FaultAt(row, name, fault, detail) for row, name, fault, detail in held["faults"]),
        held["same"],
    )


class UnreadableTable(Exception):
    """A file that is no table of units. message: what is wrong and what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def require_may_import(identity: Identity) -> None:
    """Raises NotFound for who may not change the organisation."""
    if not may_change_organisation(identity):
        raise NotFound


def template(identity: Identity, department_code: str) -> bytes:
    """The workbook to be filled in, as XLSX; raises NotFound for who may not import it."""
    require_may_import(identity)
    return unit_template(department_code)


def read(sandbox: Sandbox, data: bytes) -> UnitTable:
    """The table of a file, read in a child; call without a transaction.

    Raises UnreadableTable, VerifyError for a file beyond the bounds of the child, Fault of the child.
    """
    try:
        return sandbox.run(read_units, data)
    except WorkbookRefused as refused:
        raise UnreadableTable(refused.message) from refused


def keep(session: Session, actor: Actor, file_name: str, data: bytes, table: UnitTable) -> int:
    """Try a table, take it all back, and keep what it would come to; returns the number of the import.

    Raises NotFound for who may not.
    """
    require_may_import(actor.identity)
    tried = session.begin_nested()
    outcome = apply(session, actor, table)
    tried.rollback()
    session.expire_all()
    made = UnitImport(
        state=UnitImportState.WAITING.value,
        file_name=file_name[-100:],
        table=table.as_json(),
        outcome=outcome.as_json(),
        data=data,
        made_by=None if actor.identity == SYSTEM else actor.identity.account_id,
        made_at=actor.now,
        closed_at=None,
    )
    session.add(made)
    session.flush()
    return made.id


def import_of(session: Session, identity: Identity, import_id: int) -> tuple[UnitImport, Outcome]:
    """An import that waits or is done; raises NotFound, unknown and forbidden alike."""
    require_may_import(identity)
    held = session.get(UnitImport, import_id)
    if held is None:
        raise NotFound
    return held, outcome_from_json(held.outcome)


def confirm(session: Session, actor: Actor, import_id: int) -> Outcome:
    """Write what the preview showed. Raises Refused (UNIT_IMPORT_CLOSED, UNIT_ROWS_FAULTY, UNITS_CHANGED)."""
    held, shown = _waiting(session, actor.identity, import_id)
    if shown.faults:
        raise Refused(Problem.UNIT_ROWS_FAULTY, count=str(len(shown.faults)))
    if apply(session, actor, table_from_json(held.table)) != shown:
        raise Refused(Problem.UNITS_CHANGED)
    _close(held, UnitImportState.DONE, actor.now)
    return shown


def discard(session: Session, identity: Identity, import_id: int, now: datetime) -> None:
    """Forget a file. Raises Refused(UNIT_IMPORT_CLOSED)."""
    held, _shown = _waiting(session, identity, import_id)
    _close(held, UnitImportState.DISCARDED, now)


def marked_copy(sandbox: Sandbox, data: bytes, kept: Mapping[str, Any], words: Sequence[tuple[FaultAt, str]]) -> bytes:
    """The file with its faulty cells marked, made in a child. kept: its table. words: each fault with its sentence."""
    table = table_from_json(kept)
    first = min(table.columns.values())
    marks = [
        Mark(table.sheet, each.row, table.columns.get(each.field, first), error=True, text=text) for each, text in words
    ]
    return sandbox.run(marked_workbook, data, marks)


def _waiting(session: Session, identity: Identity, import_id: int) -> tuple[UnitImport, Outcome]:
    held, shown = import_of(session, identity, import_id)
    session.refresh(held, ["state"], with_for_update=True)
    if held.state != UnitImportState.WAITING.value:
        raise Refused(Problem.UNIT_IMPORT_CLOSED)
    return held, shown


def _close(held: UnitImport, state: UnitImportState, now: datetime) -> None:
    held.state, held.data, held.closed_at = state.value, None, now


# --- from a table to acts ---


def apply(session: Session, actor: Actor, table: UnitTable) -> Outcome:
    """Do what a table says, as far as it can be done, and tell what it came to."""
    rows, faults = parsed(table, day_of(actor.now))
    work = _Work(session, actor, faults)
    begun: set[str] = set()
    for day, ends, group in _in_order(rows):
        if not ends:
            for each in group:
                work.begin(each, first=each.code not in begun)
                begun.add(each.code)
            continue
        for _key, ending in groupby(group, key=lambda row: (row.heirs, row.decision)):
            work.end(day, list(ending))
    return Outcome(tuple(work.steps), tuple(sorted(faults, key=lambda each: (each.row, each.field))), work.same)


def _in_order(rows: Sequence[UnitRow]) -> Iterator[tuple[date, bool, list[UnitRow]]]:
    """By day; on a day beginnings from the top down, then ends from the bottom up, alike ones side by side."""

    def level(row: UnitRow) -> int:
        return _LEVELS.get(row.kind, _SCHOOLS)

    events: list[tuple[date, bool, int, tuple[str, ...], UnitRow]] = [
        (row.first_day, False, level(row), (), row) for row in rows
    ]
    events += [
        (row.last_day + _DAY, True, -level(row), (*row.heirs, row.decision or ""), row)
        for row in rows
        if row.last_day is not None
    ]
    events.sort(key=lambda event: (*event[:4], event[4].row))
    for (day, ends), group in groupby(events, key=lambda event: event[:2]):
        yield day, ends, [event[4] for event in group]


class _Work:
    """The acts of a table, one after the other; a refused one is a fault of its cell and the next goes on."""

    def __init__(self, session: Session, actor: Actor, faults: list[FaultAt]) -> None:
        self._session = session
        self._actor = actor
        self._faults = faults
        self.steps: list[StepAt] = []
        self.same = 0

    def begin(self, row: UnitRow, *, first: bool) -> None:
        """A unit begins, or has another name or parent from this day on."""
        held = self._unit(row.code)
        if held is None:
            basis = Basis(row.decision, None, row.first_day)
            wanted = NewUnit(row.code, row.kind, row.name, row.parent, {})
            if self._done(row, "from", lambda: unit_acts.found(self._session, self._actor, wanted, basis)):
                self.steps.append(StepAt(row.row, row.code, ActKind.FOUND, "", row.name))
            return
        if held.kind != row.kind.value:
            self._faults.append(FaultAt(row.row, "kind", CellFault.OTHER_KIND))
            return
        # What stands here since a later day than the workbook says is not begun again.
        day = max(row.first_day, held.valid_from) if first else row.first_day
        changed = self._renamed(row, held, day)
        changed = self._moved(row, held, day) or changed
        self.same += not changed

    def _renamed(self, row: UnitRow, held: Unit, day: date) -> bool:
        before = unit_tree.name_on(self._session, held.id, day) or ""
        if before == row.name:
            return False
        basis = Basis(row.decision, None, day)
        if self._decided(row) and self._done(
            row, "name", lambda: unit_acts.rename(self._session, self._actor, row.code, row.name, basis)
        ):
            self.steps.append(StepAt(row.row, row.code, ActKind.RENAME, before, row.name))
        return True

    def _moved(self, row: UnitRow, held: Unit, day: date) -> bool:
        above = unit_tree.parent_on(self._session, held.id, day)
        before = self._session.get_one(Unit, above).code if above is not None else None
        if row.parent is None or before == row.parent:
            return False
        basis, parent = Basis(row.decision, None, day), row.parent
        if self._decided(row) and self._done(
            row, "parent", lambda: unit_acts.move(self._session, self._actor, row.code, parent, basis)
        ):
            self.steps.append(StepAt(row.row, row.code, ActKind.MOVE, before or "", parent))
        return True

    def end(self, day: date, rows: Sequence[UnitRow]) -> None:
        """Units end; those that go into the same one by the same decision do so in one act."""
        ending = [row for row in rows if self._stands(row)]
        undecided = [row for row in ending if not self._decided(row)]
        if undecided or not ending:
            return
        basis, codes, heirs = Basis(ending[0].decision, None, day), [row.code for row in ending], ending[0].heirs
        if len(heirs) == 1:
            if self._done(
                ending[0], "successor", lambda: unit_acts.merge(self._session, self._actor, codes, heirs[0], basis)
            ):
                self._ended(ending, ActKind.MERGE)
            return
        for row in ending:
            kind = ActKind.SPLIT if heirs else ActKind.CLOSE
            if self._done(row, "to", partial(self._end_alone, row, basis)):
                self._ended([row], kind)

    def _end_alone(self, row: UnitRow, basis: Basis) -> None:
        if row.heirs:
            unit_acts.split(self._session, self._actor, row.code, row.heirs, basis, ends=True)
        else:
            unit_acts.close(self._session, self._actor, row.code, basis)

    def _ended(self, rows: Sequence[UnitRow], kind: ActKind) -> None:
        for row in rows:
            self.steps.append(StepAt(row.row, row.code, kind, f"{row.last_day:%d/%m/%Y}", "; ".join(row.heirs)))

    def _stands(self, row: UnitRow) -> bool:
        held = self._unit(row.code)
        if held is None or held.valid_to is None:
            return held is not None
        if held.valid_to != row.last_day:
            self._faults.append(FaultAt(row.row, "to", CellFault.OTHER_END, {"day": f"{held.valid_to:%d/%m/%Y}"}))
        return False

    def _unit(self, code: str) -> Unit | None:
        return self._session.scalar(sa.select(Unit).where(Unit.code == code))

    def _decided(self, row: UnitRow) -> bool:
        if row.decision is None:
            self._faults.append(FaultAt(row.row, "decision", CellFault.NO_DECISION))
        return row.decision is not None

    def _done(self, row: UnitRow, where: str, act: Callable[[], object]) -> bool:
        """Whether an act went through; a refusal undoes its own part and becomes a fault."""
        part = self._session.begin_nested()
        try:
            act()
        except Refused as refused:
            part.rollback()
            name = _FIELDS.get(refused.problem, where)
            self._faults.append(FaultAt(row.row, name, refused.problem.value, dict(refused.detail)))
            return False
        part.commit()
        return True


_FIELDS: Final = {
    Problem.UNIT_PARENT: "parent",
    Problem.UNIT_HEIR: "successor",
    Problem.UNIT_KIND: "kind",
    Problem.UNIT_DAY_BEFORE: "from",
    Problem.UNIT_HAS_CHILDREN: "to",
}
