"""The page of the log in words: each trouble has its own true sentence, and a settled one is not the headline."""

from datetime import UTC, datetime

import pytest

from portal.models import WitnessTrouble
from portal.presenters import log
from portal.presenters.tones import Tone
from portal.services.witness_overview import Contradiction, Head, LogOverview, WitnessState

NOW = datetime(2026, 6, 30, 17, 0, tzinfo=UTC)


def state(trouble: WitnessTrouble | None = None, *, newest: bool = True) -> WitnessState:
    return WitnessState("bo", "bo+0+A", True, newest, 7, NOW, trouble, NOW if trouble else None, 9 if trouble else None)


def seen(*states: WitnessState, quorum: int = 1, contradictions: tuple[Contradiction, ...] = ()) -> LogOverview:
    found = sum(each.newest for each in states)
    return LogOverview("log", Head(7, "A", NOW), (7, NOW), quorum, len(states), found, states, contradictions, ())


@pytest.mark.parametrize("trouble", WitnessTrouble)
def test_each_trouble_is_a_sentence_of_its_own(trouble: WitnessTrouble) -> None:
    words = log.trouble_words(trouble, 9)
    assert words[-1] == "."
    assert "%(" not in words
    others = {log.trouble_words(other, 9) for other in WitnessTrouble if other is not trouble}
    assert words not in others
    (line,) = log.present_log(seen(state(trouble)), ()).witnesses
    assert line.detail == words
    assert line.tone is (Tone.BAD if trouble in log.CONTRADICTIONS else Tone.CAUTION)


@pytest.mark.parametrize("kind", [WitnessTrouble.FORK, WitnessTrouble.ROLLBACK])
@pytest.mark.parametrize("settled", [True, False])
def test_a_contradiction_is_the_headline_until_it_is_settled(kind: WitnessTrouble, settled: bool) -> None:
    held = Contradiction("bo", kind, 7, 9, NOW, settled)
    page = log.present_log(seen(state(), contradictions=(held,)), ())
    assert page.headline.tone is (Tone.INFO if settled else Tone.BAD)
    assert ("đã xác nhận lại" in page.contradictions[0].text) is settled
    assert "bo từ chối điểm kiểm 7 dòng" in page.contradictions[0].text


@pytest.mark.parametrize(
    ("quorum", "newest", "tone"), [(0, True, Tone.NEUTRAL), (1, True, Tone.INFO), (1, False, Tone.CAUTION)]
)
def test_the_headline_says_whether_the_quorum_is_there(quorum: int, newest: bool, tone: Tone) -> None:
    assert log.present_log(seen(state(newest=newest), quorum=quorum), ()).headline.tone is tone


def test_never_green() -> None:
    """Green is for a checked original only (design §3)."""
    for trouble in (None, *WitnessTrouble):
        page = log.present_log(seen(state(trouble)), ("a" * 80, "b" * 2000))
        assert Tone.GOOD not in {page.headline.tone, *(line.tone for line in page.witnesses)}
        assert (page.keys, page.longer) == (("a" * 80,), True)
