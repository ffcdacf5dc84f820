"""The staff's list: classes by year with what is still to do, and the results of a search."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, Protocol
from urllib.parse import urlencode

from portal.models import State
from portal.presenters.language import mark, say
from portal.presenters.states import state_tone, state_words
from portal.presenters.tones import Tone
from portal.services.records import ClassSummary, Page

LIST: Final = "/hoc-ba"
_ORDER: Final = (State.LOCKED, State.ACCEPTED, State.SUBMITTED, State.DRAFT)


class Query(Protocol):
    """What was searched for (`portal.forms.records.ListQuery`)."""

    @property
    def text(self) -> str: ...
    @property
    def school_year(self) -> str | None: ...
    @property
    def class_name(self) -> str | None: ...
    @property
    def page(self) -> int: ...


@dataclass(frozen=True, slots=True)
class ClassLine:
    """One class. detail: its records by state in words; href: its list."""

    class_name: str
    unit_name: str
    total: int
    locked: int
    detail: str
    href: str


@dataclass(frozen=True, slots=True)
class YearClasses:
    """The classes of one school year, one school after the other."""

    school_year: str
    classes: tuple[ClassLine, ...]


@dataclass(frozen=True, slots=True)
class ResultLine:
    """One record found; never ethnicity, height or weight (domain §6)."""

    href: str
    code: str
    full_name: str
    class_name: str
    school_year: str
    unit_name: str
    state: str
    tone: Tone
    version: int
    earlier: bool


@dataclass(frozen=True, slots=True)
class Results:
    """summary: how many, in words. previous, next: addresses of the neighbour pages."""

    summary: str
    rows: tuple[ResultLine, ...]
    page: int
    pages: int
    previous: str | None
    next: str | None


@dataclass(frozen=True, slots=True)
class ListPage:
    """text, school_year, class_name: what was asked, for the form. results: None while nothing was asked."""

    text: str
    school_year: str
    class_name: str
    school_years: tuple[str, ...]
    class_names: tuple[str, ...]
    years: tuple[YearClasses, ...]
    results: Results | None


def present_list(classes: Sequence[ClassSummary], page: Page | None, query: Query) -> ListPage:
    """The list; `classes` come newest year first."""
    return ListPage(
        text=query.text,
        school_year=query.school_year or "",
        class_name=query.class_name or "",
        school_years=tuple(dict.fromkeys(each.school_year for each in classes)),
        class_names=tuple(sorted({each.class_name for each in classes})),
        years=tuple(
            YearClasses(year, tuple(_class_line(each) for each in group))
            for year, group in groupby(classes, key=lambda each: each.school_year)
        ),
        results=_results(page, query) if page is not None else None,
    )


def _class_line(summary: ClassSummary) -> ClassLine:
    counts = {State(state): count for state, count in summary.counts.items()}
    return ClassLine(
        class_name=summary.class_name,
        unit_name=summary.unit_name,
        total=sum(counts.values()),
        locked=counts.get(State.LOCKED, 0),
        detail=" · ".join(f"{state_words(state)}: {counts[state]}" for state in _ORDER if counts.get(state)),
        href=_address("", summary.school_year, summary.class_name, 1),
    )


def _results(page: Page, query: Query) -> Results:
    def neighbour(number: int) -> str | None:
        return _address(query.text, query.school_year, query.class_name, number) if 1 <= number <= page.pages else None

    return Results(
        summary=_summary(page.total),
        rows=tuple(
            ResultLine(
                href=f"{LIST}/{row.code}",
                code=row.code,
                full_name=row.full_name,
                class_name=row.class_name,
                school_year=row.school_year,
                unit_name=row.unit_name,
                state=state_words(row.state),
                tone=state_tone(row.state),
                version=row.version,
                earlier=row.earlier,
            )
            for row in page.rows
        ),
        page=page.page,
        pages=page.pages,
        previous=neighbour(page.page - 1),
        next=neighbour(page.page + 1),
    )


def _summary(total: int) -> str:
    if total == 0:
        return say(mark("Không tìm thấy học bạ nào."))
    return say(mark("Tìm thấy %(n)s học bạ."), {"n": f"{total:,}".replace(",", ".")})


def _address(text: str, school_year: str | None, class_name: str | None, page: int) -> str:
    asked = {"q": text, "nam": school_year or "", "lop": class_name or "", "trang": str(page) if page > 1 else ""}
    return f"{LIST}?{urlencode({name: value for name, value in asked.items() if value})}"
