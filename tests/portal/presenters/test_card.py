"""The status card: what a stranger learns, and what a dated print is worth."""

from dataclasses import asdict, replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.presenters.card import CardPage, present_card
from portal.presenters.tones import Tone
from portal.services.lookup import Card, CardYear
from tests.factories import LOOKUP_CODE
from verify.code import PrintTarget
from verify.standing import StandingState

NOW = datetime(2026, 7, 2, 7, 5, tzinfo=UTC)
LOCKED = datetime(2026, 6, 30, 9, 0, tzinfo=UTC)
SCHOOL = "Trường Tiểu học Mẫu số 1"


def year(name: str, version: int = 1, standing: StandingState = StandingState.IN_FORCE) -> CardYear:
    return CardYear(name, version, standing, SCHOOL, 4, LOCKED)


CARD = Card(LOOKUP_CODE, "N*** T*** U***", (year("2025-2026", 2), year("2024-2025")))


def shown(target: PrintTarget, card: Card = CARD) -> CardPage:
    return present_card(card, target, NOW, may_read=False)


def test_a_typed_code_shows_the_newest_year_first() -> None:
    page = shown(PrintTarget(LOOKUP_CODE))
    assert page.headline.title == "Đang hiệu lực"
    assert page.headline.tone is Tone.INFO
    assert page.year.school_year == "2025-2026"
    assert [each.school_year for each in page.others] == ["2024-2025"]
    assert not page.older_print
    assert page.checked_at == NOW


def test_the_year_on_the_qr_comes_first() -> None:
    page = shown(PrintTarget(LOOKUP_CODE, "2024-2025", 1))
    assert page.year.school_year == "2024-2025"
    assert "2024-2025" in page.headline.text
    assert [each.school_year for each in page.others] == ["2025-2026"]


def test_an_old_print_is_told_that_it_was_replaced() -> None:
    page = shown(PrintTarget(LOOKUP_CODE, "2025-2026", 1))
    assert page.headline.title == "Đã được thay thế"
    assert page.headline.tone is Tone.CAUTION
    assert "bản số 1" in page.headline.text
    assert "bản số 2" in page.headline.text
    assert page.older_print


@pytest.mark.parametrize("target", [("2025-2026", 3), ("2023-2024", 1)])
def test_a_print_of_nothing_that_was_locked(target: tuple[str, int]) -> None:
    page = shown(PrintTarget(LOOKUP_CODE, *target))
    assert page.headline.tone is Tone.NEUTRAL
    assert "không có bản đó đã chốt" in page.headline.text
    assert not page.older_print


@pytest.mark.parametrize("standing", StandingState)
def test_each_standing_has_its_own_sentence(standing: StandingState) -> None:
    page = shown(PrintTarget(LOOKUP_CODE), replace(CARD, years=(year("2025-2026", 1, standing),)))
    assert page.headline.title == page.year.state
    assert page.headline.tone is page.year.tone
    in_force = standing in (StandingState.IN_FORCE, StandingState.ANNOTATED)
    assert ("đang hiệu lực" in page.headline.text) is in_force


@given(
    st.sampled_from(StandingState),
    st.integers(1, 9),
    st.sampled_from([None, "2025-2026", "2024-2025", "2023-2024"]),
    st.one_of(st.none(), st.integers(1, 9)),
)
def test_never_green_and_nothing_beyond_the_law(
    standing: StandingState, held: int, target_year: str | None, target_version: int | None
) -> None:
    card = Card(LOOKUP_CODE, "N*** T*** U***", (year("2025-2026", held, standing), year("2024-2025")))
    page = shown(PrintTarget(LOOKUP_CODE, target_year, target_version), card)
    assert Tone.GOOD not in (page.headline.tone, page.year.tone, *(other.tone for other in page.others))
    # The origin is about the record and no person: which system locked it, and when it came here.
    # The standing is about the record too: since when, by which numbered decision.
    shown_of_a_year = {"school_year", "school_name", "effective_at", "state", "tone", "origin", "standing"}
    assert set(asdict(page.year)) == shown_of_a_year
    assert page.year.origin is None
    assert len(page.others) == 1
