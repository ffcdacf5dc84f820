"""Values to the words that stand on paper. Texts in `CellBox` are these, so a checker compares what is printed."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

from verify.record.model import YearRecord
from verify.record.vocabulary import GRADES

# Paper says days of the province; it has had no other offset since 1975.
_VIETNAM = timezone(timedelta(hours=7))


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a year comes from that the system before this one had locked. source: its name.

    effective_at: since when the year is in force there; imported_at: when it was taken in here. Both with time zone.
    """

    school_year: str
    source: str
    effective_at: datetime
    imported_at: datetime


@dataclass(frozen=True, slots=True)
class Replacement:
    """What a year's version took the place of. decision: number of the paper decision. since: with time zone."""

    school_year: str
    version: int
    decision: str
    since: datetime


Told = Origin | Replacement
_SLASH = re.compile(r"\s*/\s*")


def short_date(day: date | None) -> str:
    """`08/02/2015`."""
    return f"{day.day:02}/{day.month:02}/{day.year:04}" if day else ""


def long_date(day: date | None) -> str:
    """`ngày 05 tháng 02 năm 2026`: days below 10 and months 1, 2 with a zero (NĐ 30/2020 PL I)."""
    if day is None:
        return "ngày …… tháng …… năm ………"
    month = f"{day.month:02}" if day.month < 3 else str(day.month)
    return f"ngày {day.day:02} tháng {month} năm {day.year:04}"


def measure(number: str | None, unit: str) -> str:
    """`132,5 cm`: Vietnamese writes a decimal comma."""
    return f"{number.replace('.', ',')} {unit}" if number else ""


def count(number: int | None) -> str:
    """A whole number, or nothing where nobody counted."""
    return "" if number is None else str(number)


def title_lines(title: str | None) -> list[str]:
    """`KT. HIỆU TRƯỞNG / PHÓ HIỆU TRƯỞNG` stands on two lines (NĐ 30/2020 PL I)."""
    return _SLASH.split(title.strip()) if title else ["HIỆU TRƯỞNG"]


def identifier(record: YearRecord) -> str:
    """The personal identifier, or why there is none."""
    if record.personal_id:
        return record.personal_id
    if record.personal_id_absent_reason:
        return f"Chưa có ({record.personal_id_absent_reason})"
    return ""


def programme(record: YearRecord) -> str:
    """Section 6: the school's own words, else those of the form."""
    if record.programme_completed_text:
        return record.programme_completed_text
    name = "tiểu học" if record.grade == GRADES[-1] else f"lớp {record.grade}"
    return f"{'Hoàn thành' if record.programme_completed else 'Chưa hoàn thành'} chương trình {name}"


def origin(held: Told) -> str:
    """`Nhập từ hệ thống trước: …` or `Thay thế bản số 1 …`, in the foot of each page of such a year."""
    if isinstance(held, Replacement):
        return f"Thay thế bản số {held.version} theo quyết định {held.decision}, từ ngày {_day(held.since)}."
    dates = f"hiệu lực từ {_day(held.effective_at)}, nhập ngày {_day(held.imported_at)}"
    return f"Nhập từ hệ thống trước: {held.source}, {dates}."


def _day(moment: datetime) -> str:
    return short_date(moment.astimezone(_VIETNAM).date())


def promotion(record: YearRecord) -> str | None:
    """Whether the pupil moves up; None where the form has nothing to say."""
    if record.promoted_text:
        return record.promoted_text
    if record.promoted is None:
        return None
    return f"Được lên lớp {record.grade + 1}" if record.promoted else "Chưa được lên lớp"


def document_day(record: YearRecord) -> date:
    """The date in the file's metadata: the day of issue, else the end of the school year (PDF/A wants one)."""
    if record.issue_date:
        return record.issue_date
    last_year = record.school_year[-4:]
    return date(int(last_year), 6, 30) if last_year.isascii() and last_year.isdigit() else date(2000, 1, 1)
