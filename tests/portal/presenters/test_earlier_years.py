"""Words of earlier years: each code its own true sentence, refused records first, nothing green, nothing accused."""

from datetime import UTC, datetime

import pytest

from portal.models import ImportState
from portal.presenters import earlier_words as words
from portal.presenters.earlier_years import line_text, present_import
from portal.presenters.tones import Tone
from portal.services.earlier_imports import ImportLine, ImportView
from portal.services.earlier_matching import Outcome
from tests.contracts.test_words import assert_sentence

NOW = datetime(2026, 6, 20, 2, 0, tzinfo=UTC)


def line(number: int, outcome: Outcome, **more: object) -> ImportLine:
    return ImportLine(number, outcome, "Nguyễn Thị Mẫu", "3A", "2023-2024", "Trường Mẫu", NOW, **more)  # type: ignore[arg-type]


def view(state: ImportState = ImportState.WAITING, *, mine: bool = False) -> ImportView:
    return ImportView(
        id=1,
        state=state,
        source="Hệ thống cũ",
        owner="Sở",
        decision="1/QĐ",
        bundle_sha256="ab" * 32,
        records=2,
        proposer="A",
        proposed_at=NOW,
        expires_at=NOW,
        decider=None,
        decided_at=None,
        reason=None,
        mine=mine,
        may_confirm=state is ImportState.WAITING and not mine,
    )


def test_every_code_has_words_of_its_own() -> None:
    assert set(words.STATES) == set(words.STATE_TONES) == set(ImportState)
    assert set(words.OUTCOMES) == set(Outcome)
    assert len(set(words.OUTCOMES.values())) == len(Outcome)
    for text in words.OUTCOMES.values():
        assert_sentence(text)
    assert Tone.GOOD not in {*words.STATE_TONES.values(), *(words.tone_of(each) for each in Outcome)}


def test_where_a_year_comes_from() -> None:
    text = words.origin_words("Hệ thống cũ", NOW)
    assert text is not None
    assert_sentence(text)
    assert "20/06/2026" in text
    assert words.origin_words(None, None) is None


def test_a_refused_signature_says_whose_and_why() -> None:
    text = line_text(line(1, Outcome.SIGNATURE_REFUSED, reason="not_registered", role="head"))
    assert "Người đứng đầu" in text
    assert "chưa được đăng ký" in text


@pytest.mark.parametrize("state", ImportState)
@pytest.mark.parametrize("mine", [True, False])
def test_each_state_says_what_is_next(state: ImportState, mine: bool) -> None:
    assert_sentence(present_import(view(state, mine=mine), ()).next)


def test_refused_records_come_first_and_confirming_needs_something_to_take() -> None:
    lines = [line(1, Outcome.TAKEN, unknown=("revocation_not_kept",)), line(2, Outcome.YEAR_PRESENT)]
    page = present_import(view(), lines)
    assert [row.number for row in page.lines] == [2, 1]
    assert page.confirmable
    assert page.unknown == 1
    assert_sentence(page.lines[1].unknown[0])
    assert not present_import(view(), lines[1:]).confirmable
    assert not present_import(view(mine=True), lines).confirmable


def test_a_long_bundle_says_how_many_are_not_shown() -> None:
    page = present_import(view(), [line(number, Outcome.TAKEN) for number in range(450)])
    assert (len(page.lines), page.more) == (400, 50)
