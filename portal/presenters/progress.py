"""How far a year has come, in words: days left, counts that lead to what they count, a chart with its table."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from portal.models import State
from portal.presenters.language import VIETNAM, day_words, mark, say, short_day_words
from portal.presenters.rounds import Cell, Choice, address, number
from portal.presenters.states import STATES
from portal.services.progress import Counts, Day, Line, RecordsPage
from portal.services.rounds import RoundView, YearRounds

PROGRESS: Final = "/tien-do"
RECORDS: Final = "/tien-do/hoc-ba"
SHOWN: Final = (State.DRAFT, State.SUBMITTED, State.ACCEPTED, State.LOCKED, State.WITHDRAWN)
_WIDTH: Final = 720
_HEIGHT: Final = 200


@dataclass(frozen=True, slots=True)
class Tile:
    """A deadline. left: days to it, in words; share: "412/430 đã ký"; note: what else there is to know."""

    name: str
    left: str
    share: str
    note: str


@dataclass(frozen=True, slots=True)
class Row:
    """A commune, school or class: cells in the order of the page's columns."""

    name: str
    href: str | None
    note: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class DayRow:
    day: str
    added: str
    accepted: str
    share: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A vertical line of the chart. x: in its units."""

    x: int
    words: str
    end: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """points: of the line, in a box of `width` × `height`; days: the same as a table, newest first."""

    width: int
    height: int
    points: str
    top: str
    begin: str
    end: str
    marks: tuple[Mark, ...]
    days: tuple[DayRow, ...]


@dataclass(frozen=True, slots=True)
class ProgressPage:
    """what: of the first column. up: the page above, None at the top. chart: None while nothing was accepted."""

    school_year: str
    years: tuple[Choice, ...]
    name: str
    what: str
    up: str | None
    tiles: tuple[Tile, ...]
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    chart: Chart | None
    queue: str | None


@dataclass(frozen=True, slots=True)
class RecordRow:
    """href: None for a version that is no record any more."""

    full_name: str
    class_name: str
    href: str | None
    packet: str | None


@dataclass(frozen=True, slots=True)
class RecordsShown:
    title: str
    back: str
    summary: str
    rows: tuple[RecordRow, ...]
    page: int
    pages: int
    previous: str | None
    next: str | None


def tiles(rounds: YearRounds, counts: Counts, now: datetime) -> tuple[Tile, ...]:
    """Both deadlines; who awaits or awaited additional assessment is of the second and not late in the first."""
    note = say(mark("Chỉ gồm học sinh phải đánh giá bổ sung; các em không bị tính là muộn ở đợt 1."))
    first = _share(counts.first_signed, counts.first_total, mark("chưa có học bạ"))
    second = _share(counts.second_signed, counts.second_total, mark("không có học sinh"))
    return (
        Tile(_name(rounds.first), _left(rounds.first, now), first, ""),
        Tile(_name(rounds.second), _left(rounds.second, now), second, note),
    )


def columns() -> tuple[str, ...]:
    """Headings of the counts."""
    return (*(say(STATES[state]) for state in SHOWN), say(mark("Thuộc đợt 2")))


def commune_rows(year: str, lines: Sequence[Line]) -> tuple[Row, ...]:
    """Each count leads to the schools of its commune."""
    return tuple(_row(line, address(PROGRESS, nam=year, xa=line.key), {}, _silent_schools(line)) for line in lines)


def school_rows(year: str, lines: Sequence[Line], *, lists: bool) -> tuple[Row, ...]:
    """lists: each count leads to its records, else to the classes."""
    return tuple(
        _row(
            line,
            address(PROGRESS, nam=year, truong=line.key),
            {state: _list(year, line.key, "", state, 1) for state in SHOWN} if lists else {},
            say(mark("chưa gửi học bạ nào")) if line.silent else "",
        )
        for line in lines
    )


def class_rows(year: str, code: str, lines: Sequence[Line], *, lists: bool) -> tuple[Row, ...]:
    """lists: each count leads to its records, else nowhere."""
    return tuple(
        _row(line, None, {state: _list(year, code, line.key, state, 1) for state in SHOWN} if lists else {}, "")
        for line in lines
    )


def chart(rounds: YearRounds, counts: Counts, days: Sequence[Day], now: datetime) -> Chart | None:
    """The burn-up: what stood accepted or locked at the end of each day, under the number that is to be reached."""
    if not days:
        return None
    top = max(counts.total, days[-1].accepted)
    begin, end = days[0].day - timedelta(days=1), max(now.astimezone(VIETNAM).date(), days[-1].day)
    span = (end - begin).days

    def x(day: date) -> int:
        return _WIDTH * (day - begin).days // span

    corners, height = [(0, _HEIGHT)], _HEIGHT
    for each in days:
        corners += [(x(each.day), height), (x(each.day), height := _HEIGHT - _HEIGHT * each.accepted // top)]
    corners.append((_WIDTH, height))
    ends = [(round_, x(round_.last_day)) for round_ in (rounds.first, rounds.second) if begin <= round_.last_day <= end]
    return Chart(
        width=_WIDTH,
        height=_HEIGHT,
        points=" ".join(f"{across},{down}" for across, down in corners),
        top=number(top),
        begin=short_day_words(begin),
        end=short_day_words(end),
        marks=tuple(Mark(at, short_day_words(each.last_day), at > _WIDTH // 2) for each, at in ends),
        days=tuple(reversed(_days(days, top))),
    )


def queue_words(waiting: int, minutes: int) -> str:
    """The queue of long work: how much waits, and since when."""
    if not waiting:
        return say(mark("Hàng đợi trống."))
    return say(
        mark("Hàng đợi có %(n)s việc, việc lâu nhất chờ %(m)s phút."), {"n": number(waiting), "m": number(minutes)}
    )


def present_records(
    found: RecordsPage, year: str, code: str, class_name: str, state: State, *, own: bool
) -> RecordsShown:
    """own: the records are of the person's own school, whose packets may be opened."""

    def neighbour(wanted: int) -> str | None:
        return _list(year, code, class_name, state, wanted) if 1 <= wanted <= found.pages else None

    where = f"{say(mark('lớp'))} {class_name}, {found.unit}" if class_name else found.unit
    return RecordsShown(
        title=f"{say(STATES[state])}: {where}, {year}",
        back=address(PROGRESS, nam=year, truong=code),
        summary=say(mark("%(n)s học bạ."), {"n": number(found.total)}),
        rows=tuple(
            RecordRow(
                row.full_name,
                row.class_name,
                None if state is State.WITHDRAWN else f"/hoc-ba/{row.code}",
                f"/goi-hoc-ba/{row.packet_id}" if own else None,
            )
            for row in found.rows
        ),
        page=found.page,
        pages=found.pages,
        previous=neighbour(found.page - 1),
        next=neighbour(found.page + 1),
    )


def state_of(text: str) -> State | None:
    """The state of a link; None for what is none."""
    return next((state for state in SHOWN if state.value == text), None)


def _row(line: Line, href: str | None, lists: dict[State, str], note: str) -> Row:
    held = [(line.counts.of(state), lists.get(state, href)) for state in SHOWN]
    held.append((line.counts.second_total, href))
    return Row(line.name, href, note, tuple(Cell(number(n), link if n else None) for n, link in held))


def _silent_schools(line: Line) -> str:
    if not line.silent:
        return ""
    return say(mark("%(n)s trường chưa gửi học bạ nào"), {"n": number(line.silent)})


def _days(days: Sequence[Day], top: int) -> list[DayRow]:
    rows, before = [], 0
    for each in days:
        share = f"{100 * each.accepted // top}%"
        rows.append(DayRow(day_words(each.day), number(each.accepted - before), number(each.accepted), share))
        before = each.accepted
    return rows


def _name(held: RoundView) -> str:
    return say(mark("Đợt %(n)s, đến hết %(day)s"), {"n": str(held.number), "day": day_words(held.last_day)})


def _left(held: RoundView, now: datetime) -> str:
    values = {"n": number(abs(held.days_left(now))), "day": short_day_words(held.last_day)}
    if held.is_over(now):
        return say(mark("Đã hết hạn %(day)s"), values)
    if held.days_left(now) == 0:
        return say(mark("Hôm nay %(day)s là ngày cuối"), values)
    return say(mark("Còn %(n)s ngày đến %(day)s"), values)


def _share(signed: int, total: int, none: str) -> str:
    if not total:
        return say(none)
    if not total:
        return say(mark("không có học sinh"))
    return say(mark("%(signed)s/%(total)s đã ký"), {"signed": number(signed), "total": number(total)})


def _list(year: str, code: str, class_name: str, state: State, page: int) -> str:
    given = {"nam": year, "truong": code, "lop": class_name, "ly-do": state.value}
    return address(RECORDS, **given, trang=page)
