"""Extracts in words: what one covers, for what it was issued, whether it still holds."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from portal.presenters.language import day_words, mark, say
from portal.presenters.states import STANDINGS, standing_tone
from portal.presenters.tones import Tone
from portal.services.extracts import ExtractLine, ExtractPage, Holder, ToldExtract
from verify.form.sections import Section
from verify.standing import StandingState

EXTRACTS = "/trich-luc"
_STANDS = (StandingState.IN_FORCE, StandingState.ANNOTATED)
_SECTIONS: Final[Mapping[Section, str]] = {
    Section.RESULT: mark("Kết quả cuối năm, khen thưởng, hoàn thành chương trình"),
    Section.MARKS: mark("Các môn học: mức đạt được và điểm"),
    Section.TRAITS: mark("Phẩm chất, năng lực: mức đạt được"),
    Section.COMMENTS: mark("Nhận xét của thầy cô"),
    Section.ATTENDANCE: mark("Số ngày nghỉ"),
    Section.HEALTH: mark("Chiều cao, cân nặng"),
    Section.PERSON: mark("Giới tính, nơi sinh, quốc tịch, mã số cá nhân"),
    Section.FAMILY: mark("Quê quán, nơi ở, cha mẹ, người giám hộ"),
    Section.ETHNICITY: mark("Dân tộc"),
    Section.HISTORY: mark("Quá trình học tập"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """An issued extract. pdf, end: where the file is and where it is ended; empty when it holds no more."""

    number: str
    href: str
    name: str
    years: str
    holds: str
    destination: str
    issued: str
    state: str
    tone: Tone
    pdf: str
    end: str


@dataclass(frozen=True, slots=True)
class ListPage:
    """previous, next: addresses of the neighbouring pages."""

    rows: tuple[Line, ...]
    page: int
    pages: int
    previous: str | None
    next: str | None


@dataclass(frozen=True, slots=True)
class IssuePage:
    code: str
    full_name: str
    locked: bool
    rows: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Year:
    """A year that an extract covers."""

    name: str
    details: str
    state: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class Told:
    """What a number tells anybody. holds: its parts. good: it is still to be used, and each year is in force."""

    number: str
    title: str
    tone: Tone
    why: str
    name: str
    issued: str
    until: str
    holds: str
    years: tuple[Year, ...]
    good: bool


def section_choices() -> list[tuple[str, str]]:
    """Value and words of each part that an extract may hold."""
    return [(section.value, say(words)) for section, words in _SECTIONS.items()]


def section_words(sections: Collection[Section] | None) -> str:
    """`Dân tộc; Quá trình học tập`; of an extract with all: that it is the whole form."""
    if sections is None:
        return say(mark("Trọn mẫu học bạ"))
    return "; ".join(say(_SECTIONS[section]) for section in sections)


def present_list(found: ExtractPage) -> ListPage:
    def neighbour(wanted: int) -> str | None:
        return f"{EXTRACTS}?trang={wanted}" if 1 <= wanted <= found.pages else None

    return ListPage(
        tuple(_line(each) for each in found.rows),
        found.page,
        found.pages,
        neighbour(found.page - 1),
        neighbour(found.page + 1),
    )


def present_issue(held: Holder, rows: tuple[ExtractLine, ...]) -> IssuePage:
    return IssuePage(held.found.lookup_code, held.full_name, bool(held.years), tuple(_line(each) for each in rows))


def present_told(found: ToldExtract) -> Told:
    stands = all(year.standing.state in _STANDS for year in found.years)
    title, tone, why = _answer(found, stands=stands)
    return Told(
        number=found.number,
        title=title,
        tone=tone,
        why=why,
        name=found.masked_name,
        issued=say(
            mark("%(who)s, ngày %(day)s"),
            {
                "who": say(mark("gia đình lập trên cổng") if found.by_guardian else mark("nhà trường lập trên cổng")),
                "day": day_words(found.issued_at),
            },
        ),
        until=_until(found.expires_on, found.ended_at),
        holds=section_words(found.sections),
        years=tuple(
            Year(
                year.school_year,
                say(
                    mark("lớp %(class)s, %(school)s, bản số %(n)s"),
                    {"class": year.class_name, "school": year.school_name, "n": str(year.version)},
                ),
                say(STANDINGS[year.standing.state]),
                standing_tone(year.standing.state),
            )
            for year in found.years
        ),
        good=found.holds and stands,
    )


def _answer(found: ToldExtract, *, stands: bool) -> tuple[str, Tone, str]:
    if not found.holds:
        return (
            say(mark("Trích lục không còn dùng được")),
            Tone.CAUTION,
            say(mark("Người lập đã kết thúc, hoặc đã qua ngày cuối. Xin bản trích lục mới.")),
        )
    if not stands:
        return (
            say(mark("Trích lục có năm học không còn hiệu lực")),
            Tone.CAUTION,
            say(mark("Từ khi lập trích lục, có năm học đã được thay thế hoặc thu hồi. Xin bản trích lục mới.")),
        )
    return (
        say(mark("Trích lục đã được lập và còn dùng được")),
        Tone.INFO,
        say(
            mark(
                "Số này chỉ cho biết trích lục gồm những gì. Muốn biết nội dung có đúng không, gửi tệp hoặc ảnh bản in "
                "lên trang Kiểm tra."
            )
        ),
    )


def _line(each: ExtractLine) -> Line:
    href = f"{EXTRACTS}/so/{each.number}"
    return Line(
        number=each.number,
        href=href,
        name=each.full_name,
        years=", ".join(each.years),
        holds=section_words(each.sections),
        destination=each.destination,
        issued=f"{each.issuer}, {day_words(each.issued_at)}",
        state=_until(each.expires_on, each.ended_at) if each.holds else _over(each),
        tone=Tone.INFO if each.holds else Tone.NEUTRAL,
        pdf=f"{href}.pdf" if each.holds else "",
        end=f"{href}/ket-thuc" if each.holds else "",
    )


def _over(each: ExtractLine) -> str:
    return _until(each.expires_on, each.ended_at) if each.ended_at is not None else say(mark("Đã qua ngày cuối"))


def _until(expires_on: date | None, ended_at: datetime | None) -> str:
    if ended_at is not None:
        return say(mark("Đã kết thúc ngày %(day)s"), {"day": day_words(ended_at)})
    if expires_on is None:
        return say(mark("Không ghi ngày cuối"))
    return say(mark("Dùng đến hết ngày %(day)s"), {"day": day_words(expires_on)})
