"""Rounds in words: the days, how many are left, what would lock, what would not and why, school by school."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol
from urllib.parse import urlencode

from portal.presenters.language import day_words, mark, say
from portal.presenters.tones import Tone
from portal.services.rehearsal import WOULD_LOCK, Fate, FatePage, SchoolFates
from portal.services.rounds import RoundView, YearRounds

ROUNDS: Final = "/chot-du-lieu"
RECORDS: Final = "/chot-du-lieu/hoc-ba"
PAGE_SCHOOLS: Final = 50
_READY: Final = (Fate.FIRST, Fate.SECOND)
_STOPPED: Final = (
    Fate.UNSIGNED,
    Fate.NO_HEAD,
    Fate.NO_SEAL,
    Fate.NO_KEY,
    Fate.SUBMITTED,
    Fate.DAMAGED,
    Fate.REJECTED,
    Fate.WITHDRAWN,
)


@dataclass(frozen=True, slots=True)
class FateWords:
    """label: of a count. why: it stands so, and what to do."""

    label: str
    why: str
    tone: Tone


FATES: Final = {
    Fate.LOCKED: FateWords(mark("Đã chốt"), mark("Có hiệu lực, không sửa được nữa."), Tone.INFO),
    Fate.LOCKING: FateWords(
        mark("Đang chốt"), mark("Hai cán bộ đã xác nhận; hệ thống đang ghi vào sổ minh bạch."), Tone.INFO
    ),
    Fate.FIRST: FateWords(mark("Sẽ chốt ở đợt 1"), mark("Đã tiếp nhận trong hạn, đủ chữ ký."), Tone.INFO),
    Fate.SECOND: FateWords(
        mark("Sẽ chốt ở đợt 2"),
        mark("Học sinh chưa hoàn thành, chờ hoặc đã qua đánh giá bổ sung; không tính là muộn ở đợt 1."),
        Tone.INFO,
    ),
    Fate.LATE: FateWords(
        mark("Muộn"),
        mark("Được tiếp nhận sau hạn của đợt: chỉ chốt theo đề nghị riêng, có quyết định và lý do."),
        Tone.CAUTION,
    ),
    Fate.SUBMITTED: FateWords(
        mark("Đã nộp, chưa tiếp nhận"), mark("Đã ký nhưng chưa được tiếp nhận: nộp lại tệp đã ký."), Tone.CAUTION
    ),
    Fate.UNSIGNED: FateWords(
        mark("Chưa ai ký"), mark("Còn là bản nháp: người đứng đầu ký và đóng dấu số của trường."), Tone.CAUTION
    ),
    Fate.NO_HEAD: FateWords(
        mark("Thiếu chữ ký người đứng đầu"), mark("Đã có dấu của trường, chờ người đứng đầu ký."), Tone.CAUTION
    ),
    Fate.NO_SEAL: FateWords(
        mark("Thiếu dấu số của trường"), mark("Người đứng đầu đã ký, chờ đóng dấu số của trường."), Tone.CAUTION
    ),
    Fate.NO_KEY: FateWords(
        mark("Trường không còn khóa để ký"),
        mark("Chứng thư cho chữ ký còn thiếu chưa đăng ký hoặc đã hết hạn: Sở đăng ký chứng thư mới rồi trường ký."),
        Tone.BAD,
    ),
    Fate.DAMAGED: FateWords(
        mark("Mất chữ ký đã lưu"),
        mark("Đã tiếp nhận nhưng chữ ký không còn trong kho: quản trị chạy “hocba audit” trước khi chốt."),
        Tone.BAD,
    ),
    Fate.REJECTED: FateWords(mark("Không được tiếp nhận"), mark("Trường sửa, gửi lại tệp rồi ký lại."), Tone.CAUTION),
    Fate.WITHDRAWN: FateWords(
        mark("Đã rút"), mark("Trường đã rút và chưa gửi bản khác; không có gì để chốt."), Tone.NEUTRAL
    ),
}


class Query(Protocol):
    """What is looked at (`portal.forms.rounds.WatchQuery`)."""

    @property
    def commune(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def page(self) -> int: ...


@dataclass(frozen=True, slots=True)
class RoundCard:
    """One round. left: days to it in words. source: by which decision. would: how many records would lock with it.

    ready: the window has closed and there is something to lock.
    """

    number: int
    href: str
    last_day: str
    left: str
    open: bool
    report_day: str
    source: str
    locked: bool
    ready: bool
    would: str
    list_href: str


@dataclass(frozen=True, slots=True)
class FateLine:
    label: str
    why: str
    tone: Tone
    count: str
    href: str


@dataclass(frozen=True, slots=True)
class Cell:
    """A count that leads to its list; href None for none."""

    count: str
    href: str | None


@dataclass(frozen=True, slots=True)
class SchoolLine:
    """stopped: what would not lock, in words."""

    name: str
    commune: str
    first: Cell
    second: Cell
    late: Cell
    stopped: Cell
    locked: Cell
    silent: bool
    why: str


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    words: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class RoundsPage:
    """The page of the department, or of a school. silent: schools that have sent nothing."""

    school_year: str
    years: tuple[Choice, ...]
    official: bool
    rounds: tuple[RoundCard, ...]
    ready: tuple[FateLine, ...]
    stopped: tuple[FateLine, ...]
    done: tuple[FateLine, ...]
    communes: tuple[Choice, ...]
    schools: tuple[SchoolLine, ...]
    summary: str
    silent: int
    page: int
    pages: int
    previous: str | None
    next: str | None


@dataclass(frozen=True, slots=True)
class RecordLine:
    """href: of the record, None where there is none to read. packet: of the school's packet, None for others."""

    full_name: str
    href: str | None
    class_name: str
    unit_name: str
    accepted_at: datetime | None
    packet: str | None


@dataclass(frozen=True, slots=True)
class RecordsPage:
    school_year: str
    label: str
    why: str
    back: str
    summary: str
    rows: tuple[RecordLine, ...]
    page: int
    pages: int
    previous: str | None
    next: str | None


@dataclass(frozen=True, slots=True)
class RoundPage:
    """One round with everything that ever held, for who sets it."""

    number: int
    school_year: str
    href: str
    back: str
    card: RoundCard
    history: tuple["SettingLine", ...]


@dataclass(frozen=True, slots=True)
class SettingLine:
    last_day: str
    report_day: str
    source: str
    who: str
    at: datetime | None


def number(count: int) -> str:
    """A count as it is written here: 1.250."""
    return f"{count:,}".replace(",", ".")


def present_rounds(
    years: Sequence[str],
    rounds: YearRounds,
    schools: Sequence[SchoolFates],
    query: Query,
    now: datetime,
    *,
    official: bool,
) -> RoundsPage:
    shown = [each for each in schools if not query.commune or each.commune == query.commune]
    pages = max(1, -(-len(shown) // PAGE_SCHOOLS))
    page = min(max(query.page, 1), pages)
    year = rounds.school_year

    def neighbour(wanted: int) -> str | None:
        return address(ROUNDS, nam=year, xa=query.commune, trang=wanted) if 1 <= wanted <= pages else None

    return RoundsPage(
        school_year=year,
        years=tuple(Choice(each, each, each == year) for each in dict.fromkeys([*years, year])),
        official=official,
        rounds=tuple(_card(rounds.of(each), schools, now) for each in (1, 2)),
        ready=tuple(_lines(year, schools, (*_READY, Fate.LATE))),
        stopped=tuple(_lines(year, schools, _STOPPED)),
        done=tuple(_lines(year, schools, (Fate.LOCKING, Fate.LOCKED))),
        communes=tuple(
            Choice(each, each, each == query.commune)
            for each in dict.fromkeys(school.commune for school in schools if school.commune)
        ),
        schools=tuple(_school(year, each) for each in shown[(page - 1) * PAGE_SCHOOLS : page * PAGE_SCHOOLS]),
        summary=say(mark("%(n)s trường."), {"n": number(len(shown))}),
        silent=sum(not each.total for each in shown),
        page=page,
        pages=pages,
        previous=neighbour(page - 1),
        next=neighbour(page + 1),
    )


def present_records(rounds: YearRounds, fates: Sequence[Fate], found: FatePage, query: Query, own: bool) -> RecordsPage:
    """own: the records are of the person's own school, whose packets may be opened."""
    year, words = rounds.school_year, FATES[fates[0]]
    joined = len(fates) > 1

    def neighbour(wanted: int) -> str | None:
        return _list(year, fates, query.unit, wanted) if 1 <= wanted <= found.pages else None

    return RecordsPage(
        school_year=year,
        label=say(mark("Chưa chốt được")) if joined else say(words.label),
        why=say(mark("Học bạ thiếu một bước nào đó trước khi chốt.")) if joined else say(words.why),
        back=address(ROUNDS, nam=year),
        summary=say(mark("%(n)s học bạ."), {"n": number(found.total)}),
        rows=tuple(
            RecordLine(
                full_name=row.full_name,
                href=None if fates[0] in (Fate.WITHDRAWN, Fate.REJECTED) else f"/hoc-ba/{row.code}",
                class_name=row.class_name,
                unit_name=row.unit_name,
                accepted_at=row.accepted_at,
                packet=f"/goi-hoc-ba/{row.packet_id}" if own else None,
            )
            for row in found.rows
        ),
        page=found.page,
        pages=found.pages,
        previous=neighbour(found.page - 1),
        next=neighbour(found.page + 1),
    )


def fates_of(text: str) -> tuple[Fate, ...] | None:
    """The fates of a link: one, or all that stop a record; None for what is none."""
    if text == "stopped":
        return _STOPPED
    return (Fate(text),) if text in {fate.value for fate in Fate} else None


def present_round(held: RoundView, history: Sequence[RoundView], now: datetime) -> RoundPage:
    return RoundPage(
        number=held.number,
        school_year=held.school_year,
        href=round_href(held),
        back=address(ROUNDS, nam=held.school_year),
        card=_card(held, (), now),
        history=tuple(
            SettingLine(
                day_words(each.last_day),
                day_words(each.report_day),
                _source(each),
                each.set_by or "",
                each.set_at,
            )
            for each in history
        ),
    )


def round_href(held: RoundView) -> str:
    return f"{ROUNDS}/dot/{held.school_year}/{held.number}"


def address(path: str, **asked: object) -> str:
    """An address with what is asked, but for what is empty and the first page."""
    said = {name.replace("_", "-"): str(value) for name, value in asked.items() if value not in ("", None, 1)}
    return f"{path}?{urlencode(said)}" if said else path


def left_words(held: RoundView, now: datetime) -> str:
    """How many days are left, or since when it is over."""
    if held.is_over(now):
        return say(mark("đã hết hạn"))
    days = held.days_left(now)
    return say(mark("hôm nay là ngày cuối")) if days == 0 else say(mark("còn %(n)s ngày"), {"n": str(days)})


def _card(held: RoundView, schools: Sequence[SchoolFates], now: datetime) -> RoundCard:
    fate = WOULD_LOCK[held.number]
    would = sum(each.count(fate) for each in schools)
    return RoundCard(
        number=held.number,
        href=round_href(held),
        last_day=day_words(held.last_day),
        left=left_words(held, now),
        open=not held.is_over(now),
        report_day=day_words(held.report_day),
        source=_source(held),
        locked=held.locked,
        ready=would > 0 and held.is_over(now),
        would=number(would),
        list_href=_list(held.school_year, (fate,)),
    )


def _source(held: RoundView) -> str:
    if held.decision is None:
        return say(mark("theo kế hoạch, Sở chưa đặt riêng"))
    return say(mark("theo %(decision)s"), {"decision": held.decision})


def _lines(year: str, schools: Sequence[SchoolFates], fates: Iterable[Fate]) -> Iterable[FateLine]:
    for fate in fates:
        count = sum(each.count(fate) for each in schools)
        if count or fate in _READY:
            words = FATES[fate]
            yield FateLine(say(words.label), say(words.why), words.tone, number(count), _list(year, (fate,)))


def _school(year: str, held: SchoolFates) -> SchoolLine:
    def cell(*fates: Fate) -> Cell:
        count = held.count(*fates)
        return Cell(number(count), _list(year, fates, held.code) if count else None)

    why = "; ".join(f"{say(FATES[fate].label)}: {number(held.count(fate))}" for fate in _STOPPED if held.count(fate))
    return SchoolLine(
        name=held.name,
        commune=held.commune,
        first=cell(Fate.FIRST),
        second=cell(Fate.SECOND),
        late=cell(Fate.LATE),
        stopped=cell(*_STOPPED),
        locked=cell(Fate.LOCKED),
        silent=not held.total,
        why=why,
    )


def _list(year: str, fates: Sequence[Fate], unit: str = "", page: int = 1) -> str:
    name = "stopped" if len(fates) > 1 else fates[0].value
    return address(RECORDS, nam=year, ly_do=name, truong=unit, trang=page)
