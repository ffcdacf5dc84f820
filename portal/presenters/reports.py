"""Reports to the ministry in words: which day is next, what was made, how far a report is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from portal.models import JobMessage, JobState
from portal.presenters.language import VIETNAM, day_words, mark, say
from portal.presenters.rounds import ROUNDS, address, number
from portal.presenters.tones import Tone
from portal.services.report_writing import RoundWanted
from portal.services.reports import KEPT, ReportView
from portal.services.rounds import RoundView, YearRounds

REPORTS: Final = "/chot-du-lieu/bao-cao"
LATE: Final = "muon"


@dataclass(frozen=True, slots=True)
class Due:
    """A round that is reported. left: days to its report day, in words; empty for late records, which have none."""

    name: str
    what: str
    report_day: str
    left: str
    tone: Tone
    newest: str
    newest_href: str


@dataclass(frozen=True, slots=True)
class ReportLine:
    href: str
    name: str
    asked_by: str
    asked_at: datetime
    state: str
    tone: Tone
    records: str


@dataclass(frozen=True, slots=True)
class ReportsPage:
    school_year: str
    years: tuple[tuple[str, bool], ...]
    due: tuple[Due, ...]
    reports: tuple[ReportLine, ...]
    back: str


@dataclass(frozen=True, slots=True)
class Progress:
    """running: somebody works on it or will. total: 0 while nobody knows."""

    running: bool
    words: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class ReportPage:
    """One report. file: where it is taken from, None when there is none. until: when the file goes."""

    href: str
    name: str
    asked_by: str
    asked_at: datetime
    state: str
    tone: Tone
    progress: Progress
    records: str
    size: str
    sha256: str
    file: str | None
    file_name: str
    until: datetime | None
    gone: bool
    refused: bool
    back: str


def round_name(wanted: RoundWanted) -> str:
    if wanted.number is None:
        return say(mark("Báo cáo học bạ chốt muộn, năm học %(year)s"), {"year": wanted.school_year})
    return say(mark("Báo cáo đợt %(n)s, năm học %(year)s"), {"n": str(wanted.number), "year": wanted.school_year})


def present_reports(years: Sequence[str], held: YearRounds, made: Sequence[ReportView], now: datetime) -> ReportsPage:
    return ReportsPage(
        school_year=held.school_year,
        years=tuple((year, year == held.school_year) for year in years),
        due=(_due(held.first, made, now), _due(held.second, made, now), _late(made)),
        reports=tuple(_line(each) for each in made),
        back=address(ROUNDS, nam=held.school_year),
    )


def present_report(held: ReportView) -> ReportPage:
    finished = held.finished_at is not None
    return ReportPage(
        href=f"{REPORTS}/{held.id}",
        name=round_name(held.wanted),
        asked_by=held.asked_by,
        asked_at=held.asked_at,
        state=_state(held)[0],
        tone=_state(held)[1],
        progress=Progress(held.is_open, _doing(held), held.done, held.total),
        records=number(held.records or 0),
        size=_size(held.size or 0),
        sha256=held.sha256 or "",
        file=f"{REPORTS}/{held.id}/tep" if finished and not held.gone else None,
        file_name=download_name(held),
        until=held.finished_at + KEPT if held.finished_at is not None else None,
        gone=held.gone,
        refused=held.message is JobMessage.REFUSED,
        back=address(REPORTS, nam=held.wanted.school_year),
    )


def download_name(held: ReportView) -> str:
    """The name under which a file is saved; says nothing about anybody."""
    what = LATE if held.wanted.number is None else f"dot-{held.wanted.number}"
    return f"bao-cao-{held.wanted.school_year}-{what}.zip"


def days_words(day: date, now: datetime) -> tuple[str, Tone]:
    """How far a report day is."""
    days = (day - now.astimezone(VIETNAM).date()).days
    if days > 0:
        return say(mark("còn %(n)s ngày"), {"n": str(days)}), Tone.INFO
    if days == 0:
        return say(mark("hôm nay")), Tone.CAUTION
    return say(mark("đã qua %(n)s ngày"), {"n": str(-days)}), Tone.NEUTRAL


def _due(held: RoundView, made: Sequence[ReportView], now: datetime) -> Due:
    left, tone = days_words(held.report_day, now)
    words, href = _newest(made, held.number)
    name = say(mark("Đợt %(n)s"), {"n": str(held.number)})
    return Due(name, str(held.number), day_words(held.report_day), left, tone, words, href)


def _late(made: Sequence[ReportView]) -> Due:
    words, href = _newest(made, None)
    return Due(say(mark("Học bạ chốt muộn")), LATE, "", "", Tone.NEUTRAL, words, href)


def _newest(made: Sequence[ReportView], wanted: int | None) -> tuple[str, str]:
    """The last report of a round, in words, and where it is; empty when there is none."""
    found = next((each for each in made if each.wanted.number == wanted and each.finished_at is not None), None)
    if found is None:
        return "", ""
    return say(mark("Lần gần nhất: %(n)s học bạ"), {"n": number(found.records or 0)}), f"{REPORTS}/{found.id}"


def _line(held: ReportView) -> ReportLine:
    state, tone = _state(held)
    return ReportLine(
        href=f"{REPORTS}/{held.id}",
        name=round_name(held.wanted),
        asked_by=held.asked_by,
        asked_at=held.asked_at,
        state=state,
        tone=tone,
        records=number(held.records) if held.records is not None else "–",
    )


def _state(held: ReportView) -> tuple[str, Tone]:
    if held.is_open:
        return say(mark("Đang lập")), Tone.INFO
    if held.state is not JobState.DONE:
        refused = held.message is JobMessage.REFUSED
        return say(mark("Không có gì để báo cáo") if refused else mark("Chưa lập được")), Tone.CAUTION
    return (say(mark("Tệp đã xóa")), Tone.NEUTRAL) if held.gone else (say(mark("Đã xong")), Tone.INFO)


def _doing(held: ReportView) -> str:
    if held.message is JobMessage.WAITING:
        return say(mark("Đang chờ đến lượt."))
    if held.total:
        return say(mark("Đang tập hợp, kiểm SHA-256 và ghi hai định dạng."))
    return say(mark("Đang đếm học bạ đã chốt của đợt."))


def _size(size: int) -> str:
    """Bytes as people read them: 34,7 kB."""
    for unit, bytes_of in (("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)):
        if size >= bytes_of:
            return f"{size / bytes_of:.1f} {unit}".replace(".", ",")
    return f"{size} byte"
