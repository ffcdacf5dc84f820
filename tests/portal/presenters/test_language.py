"""Words outside a request, dates in the province's time, waiting times."""

import pytest

from portal.presenters.language import day_of, mark, say, span


def test_speaks_without_an_application() -> None:
    assert say(mark("Xin chào")) == "Xin chào"


def test_fills_values_and_leaves_a_gap_for_a_missing_one() -> None:
    assert say("Gói %(packet)s của %(school)s", {"packet": "7"}) == "Gói 7 của …"


def test_a_percent_sign_in_plain_text_stays() -> None:
    assert say("100 % đã chốt") == "100 % đã chốt"


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-06-30T16:59:59+00:00", "30/06/2026"),
        ("2026-06-30T17:00:00+00:00", "01/07/2026"),
        ("2026-06-30", "30/06/2026"),
        ("hôm qua", "hôm qua"),
    ],
)
def test_days_are_the_provinces(moment: str, day: str) -> None:
    assert day_of(moment) == day


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "1 giây"), (45, "45 giây"), (60, "1 phút"), (61, "2 phút"), (3600, "1 giờ"), (80000, "23 giờ")],
)
def test_waiting_is_rounded_up(seconds: int, words: str) -> None:
    assert span(seconds) == words
