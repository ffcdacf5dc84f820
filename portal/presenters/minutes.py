"""Minutes of a round's lock in words: the sheet that is sealed, and the page on which it is made."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from portal.presenters.language import VIETNAM, mark, say
from portal.presenters.rounds import FATES, ROUNDS, number
from portal.presenters.timestamps import moment
from portal.services.minutes import Figures, LockedSet, MadeMinutes
from portal.services.rehearsal import Fate, SchoolFates
from portal.services.timestamp_overview import TimeOverview
from portal.services.witness_overview import LogOverview
from verify.form.minutes import GRADES, CheckpointWords, Minutes, SchoolCounts
from verify.form.words import long_date
from verify.log import notes

MINUTES: Final = f"{ROUNDS}/bien-ban"
_LOCKED: Final = frozenset({Fate.LOCKED, Fate.LOCKING})


@dataclass(frozen=True, slots=True)
class SchoolLine:
    name: str
    grades: tuple[str, ...]
    locked: str
    left: str
    why: str


@dataclass(frozen=True, slots=True)
class MadeLine:
    """seal: what the seal is worth later."""

    href: str
    name: str
    seal: str
    maker: str
    made_at: datetime
    sha256: str


@dataclass(frozen=True, slots=True)
class MinutesPage:
    """lines: of the schools, and of all together. stamps: whether somebody can be asked for the time."""

    title: str
    href: str
    back: str
    lines: tuple[SchoolLine, ...]
    made: tuple[MadeLine, ...]
    stamps: bool


def sheet(
    told: Figures,
    log: LogOverview,
    time: TimeOverview,
    *,
    document: str,
    place: str,
    department: str,
    system: str,
    sample: bool,
    training: bool,
    now: datetime,
) -> Minutes:
    """What is printed and sealed. document: number of the minutes, place: where they are made."""
    local = now.astimezone(VIETNAM)
    schools = _schools(told)
    return Minutes(
        number=document,
        place=place,
        day=long_date(local.date()),
        made_on=local,
        made_at=moment(now),
        department=department,
        system=system,
        school_year=told.round.school_year,
        round=told.round.number,
        cut_off=_cut_off(told),
        decisions=tuple(_decision(each) for each in told.sets),
        proposer=_names(each.proposer for each in told.sets),
        decider=_names(each.decider for each in told.sets),
        schools=schools,
        reasons=_reasons(told.schools),
        late=told.late,
        checkpoint=CheckpointWords(
            origin=log.origin,
            size=told.size,
            root=notes.to_base64(bytes.fromhex(told.root)),
            made_at=moment(told.made_at),
            witnesses=_witnesses(log),
            stamp=_stamp(time, told.size),
        ),
        digests=tuple((each.decision, each.digest) for each in told.sets),
        sample=sample,
        training=training,
    )


def present_minutes(told: Figures, made: Sequence[MadeMinutes], *, stamps: bool) -> MinutesPage:
    schools = _schools(told)
    year, round_number = told.round.school_year, told.round.number
    total = SchoolCounts(
        say(mark("Cộng")),
        tuple(sum(school.grades[at] for school in schools) for at in range(GRADES)),
        sum(school.left for school in schools),
        "",
    )
    return MinutesPage(
        title=say(mark("Biên bản chốt đợt %(n)s, năm học %(year)s"), {"n": str(round_number), "year": year}),
        href=f"{MINUTES}/{year}/{round_number}",
        back=f"{ROUNDS}/dot/{year}/{round_number}",
        lines=tuple(_line(each) for each in (*schools, total)),
        made=tuple(_made(each) for each in made),
        stamps=stamps,
    )


def _cut_off(told: Figures) -> str:
    last = say(mark("đến hết ngày %(day)s"), {"day": told.round.last_day.strftime("%d/%m/%Y")})
    source = told.round.decision
    return f"{last}, {say(mark('theo %(decision)s'), {'decision': source})}" if source else last


def _decision(held: LockedSet) -> str:
    values = {
        "decision": held.decision,
        "n": number(held.count),
        "scope": say(mark("cả tỉnh")) if held.everywhere else say(mark("các trường đã chọn")),
        "at": moment(held.effective_at),
    }
    return say(mark("%(decision)s: chốt %(n)s học bạ (%(scope)s), hiệu lực từ %(at)s."), values)


def _names(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(names))


def _schools(told: Figures) -> tuple[SchoolCounts, ...]:
    return tuple(_school(each, told) for each in told.schools if each.total or each.unit_id in told.locked)


def _school(held: SchoolFates, told: Figures) -> SchoolCounts:
    grades = told.locked.get(held.unit_id, {})
    left = {fate: count for fate, count in held.counts.items() if fate not in _LOCKED and count}
    why = "; ".join(f"{say(FATES[fate].label)}: {number(count)}" for fate, count in sorted(left.items()))
    return SchoolCounts(held.name, tuple(grades.get(at, 0) for at in range(1, GRADES + 1)), sum(left.values()), why)


def _reasons(schools: Sequence[SchoolFates]) -> tuple[tuple[str, int], ...]:
    counted = [(fate, sum(school.count(fate) for school in schools)) for fate in Fate if fate not in _LOCKED]
    return tuple((say(FATES[fate].label), count) for fate, count in counted if count)


def _witnesses(log: LogOverview) -> str:
    if log.quorum == 0:
        return say(mark("chưa đặt bên chứng kiến nào"))
    signed = [each.name for each in log.witnesses if each.newest and each.counted]
    values = {"found": str(log.found), "quorum": str(log.quorum), "names": ", ".join(signed) or "–"}
    return say(mark("%(found)s bên đã xác nhận, cần %(quorum)s: %(names)s"), values)


def _stamp(time: TimeOverview, size: int) -> str:
    newest = time.newest
    if newest is None or newest.size is None:
        return say(mark("chưa có"))
    values = {"at": moment(newest.stamped_at), "who": newest.authority, "size": number(newest.size)}
    if newest.size >= size:
        return say(mark("%(at)s, do %(who)s đóng"), values)
    return say(mark("%(at)s, do %(who)s đóng, cho %(size)s dòng đầu; điểm kiểm này đang chờ"), values)


def _line(held: SchoolCounts) -> SchoolLine:
    grades = tuple(number(each) for each in held.grades)
    return SchoolLine(held.name, grades, number(sum(held.grades)), number(held.left), held.why)


def _made(held: MadeMinutes) -> MadeLine:
    lasting = mark("Kiểm được lâu dài (PAdES-B-LTA)")
    short = mark("Chưa có dấu thời gian: chỉ kiểm được khi chứng thư của con dấu còn hạn")
    return MadeLine(
        href=f"{MINUTES}/tep/{held.number}",
        name=say(mark("Biên bản %(n)s học bạ"), {"n": number(held.count)}),
        seal=say(lasting if held.stamped else short),
        maker=held.maker,
        made_at=held.made_at,
        sha256=held.sha256,
    )
