"""Runs of the audit in words: how far one is, what it found, and what that means."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from portal.models import JobMessage, JobState
from portal.presenters.defects import defect_sentence
from portal.presenters.language import mark, say
from portal.presenters.rounds import number
from portal.presenters.tones import Tone
from portal.services.audit import AuditProblem
from portal.services.audit_runs import AuditRunView
from verify.code import grouped

AUDITS: Final = "/kiem-toan"


@dataclass(frozen=True, slots=True)
class RunLine:
    href: str
    asked_at: datetime
    asked_by: str
    state: str
    tone: Tone
    records: str


@dataclass(frozen=True, slots=True)
class RunsPage:
    """running: where the run that goes on is, None when none does."""

    runs: tuple[RunLine, ...]
    running: str | None


@dataclass(frozen=True, slots=True)
class Progress:
    running: bool
    words: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class ProblemLine:
    where: str
    words: str


@dataclass(frozen=True, slots=True)
class RunPage:
    """One run. first: the first difference in words; more: the others that were kept; beyond: how many were not."""

    href: str
    asked_at: datetime
    asked_by: str
    finished_at: datetime | None
    state: str
    tone: Tone
    headline: str
    progress: Progress
    entries: str
    records: str
    root: str
    first: ProblemLine | None
    more: tuple[ProblemLine, ...]
    beyond: int
    finished: bool


def present_runs(runs: Sequence[AuditRunView]) -> RunsPage:
    running = next((f"{AUDITS}/{each.id}" for each in runs if each.is_open), None)
    return RunsPage(tuple(_line(each) for each in runs), running)


def present_run(held: AuditRunView) -> RunPage:
    state, tone = _state(held)
    problems = tuple(_problem(each) for each in held.first)
    return RunPage(
        href=f"{AUDITS}/{held.id}",
        asked_at=held.asked_at,
        asked_by=held.asked_by,
        finished_at=held.finished_at,
        state=state,
        tone=tone,
        headline=_headline(held),
        progress=Progress(held.is_open, _doing(held), held.done, held.total),
        entries=number(held.entries or 0),
        records=number(held.records or 0),
        root=held.root or "",
        first=problems[0] if problems else None,
        more=problems[1:],
        beyond=max(0, (held.problems or 0) - len(problems)),
        finished=held.finished_at is not None,
    )


def _line(held: AuditRunView) -> RunLine:
    state, tone = _state(held)
    records = number(held.records) if held.records is not None else "–"
    return RunLine(f"{AUDITS}/{held.id}", held.asked_at, held.asked_by, state, tone, records)


def _state(held: AuditRunView) -> tuple[str, Tone]:
    if held.is_open:
        return say(mark("Đang kiểm")), Tone.INFO
    if held.state is not JobState.DONE or held.problems is None:
        return say(mark("Chưa kiểm xong")), Tone.CAUTION
    if held.problems:
        return say(mark("%(n)s vấn đề"), {"n": number(held.problems)}), Tone.BAD
    return say(mark("Không thấy gì bị sửa")), Tone.INFO


def _headline(held: AuditRunView) -> str:
    if held.is_open:
        return say(mark("Mọi học bạ đã chốt đang được dựng lại từ dữ liệu đã ký và so với sổ minh bạch."))
    if held.problems is None:
        return say(mark("Lần kiểm này dừng giữa chừng do sự cố của hệ thống, nên chưa kết luận được gì. Hãy kiểm lại."))
    values = {"records": number(held.records or 0), "entries": number(held.entries or 0)}
    if held.problems:
        return say(
            mark("Đã kiểm %(records)s học bạ và %(entries)s dòng của sổ. Có chỗ không khớp: xem điểm đầu tiên trước."),
            values,
        )
    return say(
        mark(
            "Đã kiểm %(records)s học bạ và %(entries)s dòng của sổ: chữ ký, dòng sổ, cột dữ liệu, điểm kiểm và chốt "
            "chặn đều khớp."
        ),
        values,
    )


def _doing(held: AuditRunView) -> str:
    if held.message is JobMessage.WAITING:
        return say(mark("Đang chờ đến lượt."))
    if held.total:
        return say(mark("Đang kiểm từng học bạ: chữ ký, dòng sổ, cột dữ liệu."))
    return say(mark("Đang dựng lại cây của sổ minh bạch từ từng dòng."))


def _problem(problem: AuditProblem) -> ProblemLine:
    where = [
        grouped(problem.lookup_code) if problem.lookup_code else None,
        problem.school_year,
        say(mark("bản %(n)s"), {"n": str(problem.version)}) if problem.version else None,
        say(mark("dòng %(n)s"), {"n": str(problem.log_index)}) if problem.log_index is not None else None,
    ]
    known = " · ".join(part for part in where if part)
    return ProblemLine(known or say(mark("Cả hệ thống")), defect_sentence(problem))
