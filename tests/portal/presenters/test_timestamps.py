"""Time in words: each fault has its own sentence, and each state of the stamps its own headline."""

from datetime import UTC, datetime, timedelta

import pytest

from portal.presenters.timestamps import FAULTS, fault_words, present_time
from portal.presenters.tones import Tone
from portal.services.timestamp_overview import AuthorityState, StampRow, TimeOverview
from tests.contracts.test_words import assert_sentence, repeated
from verify.timestamps import StampFault

NOW = datetime(2026, 6, 30, 17, 0, 9, tzinfo=UTC)
STAMP = StampRow(3, 1200, "mot", NOW, NOW + timedelta(days=900))


def seen(**changed: object) -> TimeOverview:
    values: dict[str, object] = {
        "configured": True,
        "newest": None,
        "waiting_since": None,
        "waiting": 0,
        "overdue": False,
        "clock_behind": False,
        "authorities": (),
        "stamps": (),
    }
    return TimeOverview(**(values | changed))  # type: ignore[arg-type]


@pytest.mark.parametrize("fault", StampFault)
def test_each_fault(fault: StampFault) -> None:
    assert_sentence(fault_words(fault))


def test_faults_are_told_apart() -> None:
    assert set(FAULTS) == set(StampFault)
    assert not repeated(FAULTS.values())


HEADLINES = {
    "Chưa đặt đơn vị cấp dấu thời gian": (seen(configured=False), Tone.NEUTRAL),
    "Chưa có dấu thời gian nào": (seen(), Tone.NEUTRAL),
    "1200 dòng đầu đã có trước 00:00:09 ngày 01/07/2026": (seen(newest=STAMP), Tone.INFO),
    "Chờ dấu thời gian quá 2 ngày": (
        seen(newest=STAMP, overdue=True, waiting=7, waiting_since=NOW + timedelta(days=1)),
        Tone.CAUTION,
    ),
    "Đồng hồ của hệ thống đang chậm": (seen(newest=STAMP, overdue=True, clock_behind=True), Tone.BAD),
}


@pytest.mark.parametrize("title", HEADLINES)
def test_headline(title: str) -> None:
    overview, tone = HEADLINES[title]
    shown = present_time(overview).headline
    assert (shown.title, shown.tone) == (title, tone)
    assert_sentence(shown.text)


def test_an_authority_in_trouble_and_a_renewal() -> None:
    state = AuthorityState("mot", None, StampFault.CLOCK, NOW)
    renewal = StampRow(4, None, "mot", NOW, NOW)
    shown = present_time(seen(authorities=(state,), stamps=(renewal,)))
    assert shown.authorities[0].detail.endswith("Từ 00:00:09 ngày 01/07/2026.")
    assert (shown.stamps[0].name, shown.stamps[0].reply) == ("Gia hạn các dấu cũ", "/log/timestamps/4.tsr")
