"""Reminders in words: who owes what, what the text says, and whom it reaches."""

from collections.abc import Sequence
from dataclasses import dataclass

from portal.models import ReminderText
from portal.presenters.language import day_words, mark, say
from portal.presenters.notices import reminder_words
from portal.presenters.progress import PROGRESS
from portal.presenters.rounds import address, number
from portal.services.reminders import Owing, OwingSchools, Wanted
from portal.services.rounds import RoundView


@dataclass(frozen=True, slots=True)
class SchoolLine:
    """A school that owes something. note: why it cannot be chosen now, empty where it can."""

    code: str
    name: str
    owes: str
    note: str


@dataclass(frozen=True, slots=True)
class CommuneGroup:
    name: str
    schools: tuple[SchoolLine, ...]


@dataclass(frozen=True, slots=True)
class ChoosePage:
    """other: link to the other round. summary: how many owe something. texts: each text as it will be read."""

    title: str
    back: str
    other: str
    summary: str
    groups: tuple[CommuneGroup, ...]
    texts: dict[str, str]


@dataclass(frozen=True, slots=True)
class PreviewPage:
    """words: as schools will read it. summary: how many schools and people."""

    words: str
    summary: str
    schools: tuple[SchoolLine, ...]
    hidden: tuple[tuple[str, str], ...]


def present_choice(found: OwingSchools) -> ChoosePage:
    """The page on which schools are chosen."""
    held, groups = found.round, dict[str, list[SchoolLine]]()
    for row in found.rows:
        groups.setdefault(row.commune, []).append(_line(row))
    return ChoosePage(
        title=say(
            mark("Nhắc các trường: đợt %(n)s năm học %(year)s"), {"n": str(held.number), "year": held.school_year}
        ),
        back=address(PROGRESS, nam=held.school_year),
        other=address(f"{PROGRESS}/nhac", nam=held.school_year, dot=3 - held.number),
        summary=say(
            mark("%(n)s trường còn thiếu; hạn đến hết ngày %(day)s."),
            {"n": number(len(found.rows)), "day": day_words(held.last_day)},
        ),
        groups=tuple(CommuneGroup(name, tuple(lines)) for name, lines in groups.items()),
        texts={text.value: _words(text, held) for text in ReminderText},
    )


def present_preview(wanted: Wanted, held: RoundView, rows: Sequence[Owing]) -> PreviewPage:
    """What will be sent, before it is."""
    return PreviewPage(
        words=_words(wanted.text, held),
        summary=say(
            mark("%(schools)s trường, %(people)s người nhận."),
            {"schools": number(len(rows)), "people": number(sum(row.readers for row in rows))},
        ),
        schools=tuple(_line(row) for row in rows),
        hidden=(
            ("school_year", wanted.school_year),
            ("number", str(wanted.number)),
            ("text", wanted.text.value),
            ("scope", "chon"),
            *(("units", row.code) for row in rows),
        ),
    )


def _line(row: Owing) -> SchoolLine:
    owes = (
        say(mark("chưa gửi học bạ nào"))
        if row.missing is None
        else say(mark("còn %(n)s học bạ chưa đủ chữ ký"), {"n": number(row.missing)})
    )
    note = ""
    if row.reminded:
        note = say(mark("hôm nay đã nhắc"))
    elif not row.readers:
        note = say(mark("chưa có tài khoản nào của trường: gọi điện"))
    return SchoolLine(row.code, row.name, owes, note)


def _words(text: ReminderText, held: RoundView) -> str:
    return reminder_words(text.value, held.school_year, held.number, held.last_day)
