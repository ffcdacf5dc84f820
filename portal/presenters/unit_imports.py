"""A workbook of units in words: what it would do, and what is wrong with which cell."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from portal.errors import Problem
from portal.models import ActKind, UnitImport
from portal.presenters.language import mark, say
from portal.presenters.organisation import ACTS, HOME
from portal.presenters.problems import sentence
from portal.services.unit_imports import Outcome, StepAt
from portal.services.unit_rows import CellFault, FaultAt

SHOWN: Final = 200
FAULTS: Final[Mapping[CellFault, str]] = {
    CellFault.EMPTY: mark("Ô này bắt buộc phải ghi."),
    CellFault.TOO_LONG: mark("Dài quá %(limit)s ký tự."),
    CellFault.UNKNOWN_KIND: mark(
        "Không hiểu loại này; ghi Sở, Phòng GDĐT, Xã phường, Tiểu học, THCS hoặc Tiểu học và THCS."
    ),
    CellFault.OTHER_KIND: mark("Đơn vị mang mã này đã có với loại khác; loại không đổi được, hãy dùng mã mới."),
    CellFault.NOT_A_DAY: mark("Không đọc được ngày; ghi dạng 01/07/2025."),
    CellFault.DAY_AHEAD: mark("Ngày này chưa qua; ghi khi việc đã có hiệu lực."),
    CellFault.ENDS_BEFORE: mark("Đến ngày phải không sớm hơn Từ ngày."),
    CellFault.OTHER_END: mark("Đơn vị đã kết thúc vào ngày %(day)s; ngày đã ghi không đổi được."),
    CellFault.TWICE: mark("Mã và ngày này đã có ở một dòng trên."),
    CellFault.NO_DECISION: mark("Đổi tên, chuyển hoặc kết thúc phải có số văn bản."),
    CellFault.NOT_ENDED: mark("Có mã kế thừa thì phải ghi Đến ngày."),
}
_COLUMNS: Final[Mapping[str, str]] = {
    "code": mark("Mã đơn vị"),
    "kind": mark("Loại"),
    "name": mark("Tên đơn vị"),
    "parent": mark("Mã cấp trên"),
    "from": mark("Từ ngày"),
    "to": mark("Đến ngày"),
    "successor": mark("Mã kế thừa"),
    "decision": mark("Quyết định"),
}


@dataclass(frozen=True, slots=True)
class FaultLine:
    row: int
    column: str
    words: str


@dataclass(frozen=True, slots=True)
class StepLine:
    row: int
    code: str
    act: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ImportPage:
    """more_steps, more_faults: how many are not shown. state: waiting, done or discarded."""

    file_name: str
    state: str
    summary: str
    steps: tuple[StepLine, ...]
    more_steps: int
    faults: tuple[FaultLine, ...]
    more_faults: int
    href: str
    may_confirm: bool


def fault_words(held: FaultAt) -> str:
    """The sentence of a fault: of a cell, or of the act that it led to."""
    if held.fault in set(CellFault):
        return say(FAULTS[CellFault(held.fault)], held.detail)
    return sentence(Problem(held.fault), held.detail)


def present_import(held: UnitImport, outcome: Outcome) -> ImportPage:
    return ImportPage(
        file_name=held.file_name,
        state=held.state,
        summary=summary(outcome),
        steps=tuple(map(step_line, outcome.steps[:SHOWN])),
        more_steps=max(0, len(outcome.steps) - SHOWN),
        faults=tuple(map(fault_line, outcome.faults[:SHOWN])),
        more_faults=max(0, len(outcome.faults) - SHOWN),
        href=f"{HOME}/nhap/{held.id}",
        may_confirm=held.state == "waiting" and not outcome.faults and bool(outcome.steps),
    )


def summary(outcome: Outcome) -> str:
    """How many of each, in one line."""
    counts = {kind: sum(step.kind is kind for step in outcome.steps) for kind in ActKind}
    parts = [f"{say(ACTS[kind])}: {count}" for kind, count in counts.items() if count]
    parts.append(f"{say(mark('Không đổi'))}: {outcome.same}")
    if outcome.faults:
        parts.append(f"{say(mark('Ô sai'))}: {len(outcome.faults)}")
    return " · ".join(parts)


def fault_line(held: FaultAt) -> FaultLine:
    return FaultLine(held.row, say(_COLUMNS[held.field]), fault_words(held))


def step_line(held: StepAt) -> StepLine:
    return StepLine(held.row, held.code, say(ACTS[held.kind]), held.before, held.after)
