"""The status card: what a stranger with a code learns, and what the print in their hand is worth (domain §6).

Shown: state, masked name, school, school year, effective date, time of the answer; nothing else. Never green: the
card knows nothing about the content of a paper (design §9.1).
"""

from dataclasses import dataclass
from datetime import datetime

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
    """One locked year. state: words for it. effective_at: UTC."""

    school_year: str
    school_name: str
    effective_at: datetime
    state: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class Headline:
    """The answer in one line, with one sentence under it."""

    title: str
    text: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class CardPage:
    """year: the one that the QR named, else the newest; others: the rest, newest first. checked_at: UTC.

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
    )


def _year(year: CardYear) -> YearCard:
    return YearCard(
        school_year=year.school_year,
        school_name=year.school_name,
        effective_at=year.effective_at,
        state=standing_words(year.standing),
        tone=standing_tone(year.standing),
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
        return Headline(
            say(_OLD),
            say(
                mark(
                    "Bản in này là bản số %(version)s của năm học %(year)s; nay đã có bản số %(newer)s. "
                    "Xin nhà trường cấp bản mới."
                ),
                edition | {"newer": str(wanted.version)},
            ),
            Tone.CAUTION,
        )
    return Headline(standing_words(wanted.standing), _sentence(wanted), standing_tone(wanted.standing))


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
