"""Grants on pages: a line each, and one with its records."""

from dataclasses import dataclass

from portal.models import GrantKind, GrantState
from portal.presenters.grant_words import STATES, kind_words, purpose_words, scope_words, views_words, years_words
from portal.presenters.language import day_words, mark, say
from portal.presenters.tones import Tone
from portal.services.grant_pages import GrantCase, GrantList, GrantView


@dataclass(frozen=True, slots=True)
class GrantLine:
    """A grant in words. what: how much and which years. why: purpose and reference. open: it gives leave today."""

    id: int
    href: str
    to: str
    kind: str
    procedure: str
    what: str
    why: str
    days: str
    views: str
    state: str
    tone: Tone
    by: str
    records: int
    open: bool


@dataclass(frozen=True, slots=True)
class GrantsPage:
    """gives: the reader gives without asking; asks: or may ask."""

    grants: tuple[GrantLine, ...]
    gives: bool
    asks: bool
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class GrantRecordLine:
    """href: where the record is opened, empty where the reader may not."""

    code: str
    name: str
    href: str


@dataclass(frozen=True, slots=True)
class GrantPage:
    grant: GrantLine
    records: tuple[GrantRecordLine, ...]
    decides: bool
    ends: bool
    page: int
    pages: int


def present_grants(found: GrantList) -> GrantsPage:
    return GrantsPage(
        tuple(grant_line(each) for each in found.grants), found.gives, found.asks, found.page, found.pages
    )


def present_case(found: GrantCase) -> GrantPage:
    line = grant_line(found.grant)
    records = tuple(
        GrantRecordLine(code, name, f"{line.href}/hoc-ba/{code}" if found.grant.usable else "")
        for code, name in found.records
    )
    return GrantPage(line, records, found.decides, found.ends, found.page, found.pages)


def grant_line(view: GrantView) -> GrantLine:
    state, tone = _state(view)
    return GrantLine(
        id=view.id,
        href=f"/cap-quyen/{view.id}",
        to=view.to,
        kind=kind_words(view.kind),
        procedure=view.procedure or "",
        what=f"{scope_words(view.scope)}, {years_words(view.first_year, view.last_year)}",
        why=f"{purpose_words(view.purpose)}: {view.reference}",
        days=f"{day_words(view.valid_from)} – {day_words(view.valid_to)}",
        views=views_words(view.views_used, view.views_allowed),
        state=state,
        tone=tone,
        by=_by(view),
        records=view.records,
        open=view.state == GrantState.GIVEN.value and not view.over,
    )


def needs_case(view: GrantView) -> bool:
    """Whether each look has to name the file for which the record is opened."""
    return view.kind == GrantKind.PROCEDURE.value


def _state(view: GrantView) -> tuple[str, Tone]:
    if view.state == GrantState.GIVEN.value and view.over:
        return say(mark("Đã hết hạn")), Tone.NEUTRAL
    words, tone = STATES[GrantState(view.state)]
    return say(words), tone


def _by(view: GrantView) -> str:
    if view.by_guardian:
        return say(mark("Gia đình cấp: %(who)s"), {"who": view.asked_by})
    return say(mark("Người lập: %(who)s"), {"who": view.asked_by})
