"""Limits: misses strict, hits generous, per network; a portal whose count store is gone still answers."""

import pytest
from limits.errors import StorageError
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter

from portal.settings import Settings
from portal.web import limits
from portal.web.memory import ProcessMemory
from tests.portal.conftest import set_limits
from tests.portal.worlds import World


def counters(uri: str = "memory://") -> limits.Counters:
    storage = storage_from_string(uri, **limits.storage_options(uri))
    return limits.Counters(FixedWindowRateLimiter(storage))


def test_misses_are_refused_long_before_hits(small_world: World) -> None:
    set_limits(small_world, misses_limit="3 per minute", hits_limit="50 per minute")
    browser = small_world.browser()
    for _ in range(3):
        browser.get(f"/t/{small_world.codes.unknown}", 404)
    refused = browser.get(f"/t/{small_world.codes.unknown}", 429)
    assert 1 <= int(refused.response.headers["Retry-After"]) <= 60
    browser.get(f"/t/{small_world.codes.locked}")


def test_every_kind_of_silence_counts_as_a_miss(small_world: World) -> None:
    set_limits(small_world, misses_limit="4 per minute")
    browser = small_world.browser()
    for code in small_world.codes.silent.values():
        browser.get(f"/t/{code}", 404)
    browser.get("/t/khong-phai-ma", 429)


def test_hits_have_an_end_too(small_world: World) -> None:
    set_limits(small_world, hits_limit="5 per minute")
    browser = small_world.browser()
    for _ in range(5):
        browser.get(f"/t/{small_world.codes.locked}")
    browser.get(f"/t/{small_world.codes.locked}", 429)
    small_world.browser(address="192.0.2.8").get(f"/t/{small_world.codes.locked}")


def test_neighbours_in_one_ipv6_network_share_a_count(small_world: World) -> None:
    set_limits(small_world, misses_limit="1 per minute")
    small_world.browser(address="2001:db8:1:2::1").get(f"/t/{small_world.codes.unknown}", 404)
    small_world.browser(address="2001:db8:1:2::2").get(f"/t/{small_world.codes.unknown}", 429)
    small_world.browser(address="2001:db8:1:3::1").get(f"/t/{small_world.codes.unknown}", 404)


def test_a_card_costs_exactly_one_count(small_world: World) -> None:
    spent: list[str] = []

    class Watched(FixedWindowRateLimiter):
        def hit(self, item: object, *identifiers: str, cost: int = 1) -> bool:
            spent.append(identifiers[0])
            return super().hit(item, *identifiers, cost=cost)  # type: ignore[arg-type]

    watched = limits.Counters(Watched(ProcessMemory()))
    small_world.app.extensions["hocba.limits"] = limits.limits_of(small_world.runtime.settings, watched)
    small_world.browser().get(f"/t/{small_world.codes.locked}")
    assert spent == ["hits"]


def test_uploads_are_limited(small_world: World) -> None:
    set_limits(small_world, checks_limit="2 per minute")
    browser = small_world.browser()
    for _ in range(2):
        browser.submit(browser.get("/kiem-tra"), "/kiem-tra", {"file": (b"", "", "application/pdf")}, 422)
    browser.submit(browser.get("/quet"), "/quet", {"photo": (b"", "", "image/png")}, 429)


def test_both_windows_count() -> None:
    held = limits.limits_of(Settings(misses_limit="2 per minute; 3 per day"), counters())
    for _ in range(2):
        held.counters.spend(held.misses, "n")
    with pytest.raises(limits.TooMany) as refused:
        held.counters.spend(held.misses, "n")
    assert refused.value.seconds <= 60


def test_a_mistake_in_the_settings_stops_the_start() -> None:
    with pytest.raises(ValueError, match="many per moon"):
        limits.limits_of(Settings(hits_limit="many per moon"), counters())


def test_without_redis_each_process_counts_for_itself(capsys: pytest.CaptureFixture[str]) -> None:
    # Port 1 is reserved (tcpmux): nobody listens there.
    lost = counters("redis://127.0.0.1:1")
    held = limits.limits_of(Settings(misses_limit="2 per minute"), lost)
    for _ in range(2):
        held.counters.spend(held.misses, "n")
    with pytest.raises(limits.TooMany):
        held.counters.spend(held.misses, "n")
    assert capsys.readouterr().err.count("limits.storage_lost") <= 1


def test_the_store_is_asked_again_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    class Flaky(FixedWindowRateLimiter):
        gone = True
        asked = 0

        def hit(self, item: object, *identifiers: str, cost: int = 1) -> bool:
            Flaky.asked += 1
            if Flaky.gone:
                raise StorageError(ConnectionError())
            return super().hit(item, *identifiers, cost=cost)  # type: ignore[arg-type]

    moment = 1000.0
    monkeypatch.setattr("portal.web.limits.time.monotonic", lambda: moment)
    flaky = limits.Counters(Flaky(ProcessMemory()))
    held = limits.limits_of(Settings(), flaky)
    for _ in range(3):
        flaky.spend(held.hits, "n")
    assert Flaky.asked == 1
    Flaky.gone, moment = False, 1011.0
    flaky.spend(held.hits, "n")
    assert Flaky.asked == 2
