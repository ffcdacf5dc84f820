"""The status card: what a stranger with a code learns, and what the print in their hand is worth (domain §6).

Shown: state, masked name, school, school year, effective date, time of the answer; nothing else. Never green: the
card knows nothing about the content of a paper (design §9.1).
"""

from dataclasses import dataclass
from datetime import datetime

from portal.presenters.earlier_words import origin_words
from portal.presenters.language import day_words as _day
from portal.presenters.language import mark, say
from portal.presenters.states import standing_tone, standing_words
from portal.presenters.tones import Tone
from portal.services.lookup import Card, CardYear
from verify.code import PrintTarget
from verify.standing import StandingState

_OLD = mark("Đã được thay thế")
_UNKNOWN_PRINT = mark("Chưa có bản này trong hệ thống")


@dataclass(frozen=True, slots=True)
class YearCard:
    """One locked year. state: words for it. effective_at: UTC. origin: of a year of the system before this one.

    standing: since when and by which decision it is not simply in force.
    """

    school_year: str
    school_name: str
    effective_at: datetime
    state: str
    tone: Tone
    origin: str | None
    standing: str = ""


@dataclass(frozen=True, slots=True)
class Headline:
    """The answer in one line, with one sentence under it."""

    title: str
    text: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class CardPage:
    """year: the one that the QR named, else the newest; others: the rest, newest first. checked_at: UTC.

    print_href: the second step of a print, empty without one.
    older_print: the QR is of an older version than the one that `year` shows.
    """

    headline: Headline
    code: str
    masked_name: str
    year: YearCard
    others: tuple[YearCard, ...]
    older_print: bool
    checked_at: datetime
    may_read: bool
    print_href: str


def present_card(card: Card, target: PrintTarget, now: datetime, may_read: bool) -> CardPage:
    """The card of a transcript; `target` says what was typed or scanned."""
    first = next((year for year in card.years if year.school_year == target.school_year), card.years[0])
    return CardPage(
        headline=_headline(card, target),
        code=card.code,
        masked_name=card.masked_name,
        year=_year(first),
        others=tuple(_year(year) for year in card.years if year is not first),
        older_print=target.version is not None
        and target.school_year == first.school_year
        and target.version < first.version,
        checked_at=now,
        may_read=may_read,
        print_href=_second_step(card.code, target),
    )


def _second_step(code: str, target: PrintTarget) -> str:
    """Where the birth date opens what a print shows; a bare code is of no print."""
    dated = target.school_year is not None and target.version is not None
    return f"/t/{code}/{target.school_year}.{target.version}/noi-dung" if dated else ""


def _year(year: CardYear) -> YearCard:
    return YearCard(
        school_year=year.school_year,
        school_name=year.school_name,
        effective_at=year.effective_at,
        state=standing_words(year.standing),
        tone=standing_tone(year.standing),
        origin=origin_words(year.source, year.imported_at),
        standing=decided_words(year.since, year.decision),
    )


def _headline(card: Card, target: PrintTarget) -> Headline:
    if target.school_year is None or target.version is None:
        return _of_the_newest(card)
    wanted = next((year for year in card.years if year.school_year == target.school_year), None)
    edition = {"year": target.school_year, "version": str(target.version)}
    if wanted is None or target.version > wanted.version:
        return Headline(
            say(_UNKNOWN_PRINT),
            say(
                mark(
                    "Mã QR ghi năm học %(year)s, bản số %(version)s, nhưng hệ thống không có bản đó đã chốt. "
                    "Hỏi nhà trường lập học bạ trước khi dùng bản in này."
                ),
                edition,
            ),
            Tone.NEUTRAL,
        )
    if target.version < wanted.version:
        return Headline(say(_OLD), _replaced(wanted, target.version, edition), Tone.CAUTION)
    return Headline(standing_words(wanted.standing), _sentence(wanted), standing_tone(wanted.standing))


def _replaced(wanted: CardYear, version: int, edition: dict[str, str]) -> str:
    """What became of an old print: by a decision after the lock, or by a version that the school sent before it."""
    held, newer = wanted.older.get(version), {"newer": str(wanted.version)}
    if held is not None and held.since is not None and held.decision is not None:
        return say(
            mark(
                "Bản in này là bản số %(version)s của năm học %(year)s, đã được thay thế ngày %(day)s theo quyết định "
                "%(decision)s; nay là bản số %(newer)s. Xin nhà trường cấp bản mới."
            ),
            edition | newer | {"day": _day(held.since), "decision": held.decision},
        )
    return say(
        mark(
            "Bản in này là bản số %(version)s của năm học %(year)s; nay đã có bản số %(newer)s. "
            "Xin nhà trường cấp bản mới."
        ),
        edition | newer,
    )


def decided_words(since: datetime | None, decision: str | None) -> str:
    """`từ ngày …, theo quyết định …`; empty for what is simply in force."""
    if since is None or decision is None:
        return ""
    return say(mark("từ ngày %(day)s, theo quyết định %(decision)s"), {"day": _day(since), "decision": decision})


def _of_the_newest(card: Card) -> Headline:
    newest = card.years[0]
    return Headline(standing_words(newest.standing), _sentence(newest), standing_tone(newest.standing))


def _sentence(year: CardYear) -> str:
    match year.standing:
        case StandingState.IN_FORCE:
            text = mark("Học bạ số năm học %(year)s có trong hệ thống, đã chốt và đang hiệu lực.")
        case StandingState.ANNOTATED:
            text = mark("Học bạ số năm học %(year)s đang hiệu lực và có ghi chú đính chính: hỏi nhà trường để xem.")
        case StandingState.SUPERSEDED:
            text = mark("Học bạ số năm học %(year)s đã được thay thế bằng bản mới: xin nhà trường cấp bản đó.")
        case StandingState.REVOKED:
            text = mark(
                "Học bạ số năm học %(year)s đã bị thu hồi theo quyết định: hỏi nhà trường hoặc Sở trước khi dùng."
            )
    return say(text, {"year": year.school_year})
