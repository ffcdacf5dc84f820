"""Proving again before what cannot be undone: asked late, nothing typed is lost, and no way around it."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from portal.models import Unit, WebSession
from tests.client import Browser, Page
from tests.portal.conftest import set_limits
from tests.portal.second_steps import OWN, Device, enrol, options_on
from tests.portal.worlds import CLERK, DEPARTMENT, HEAD, URL, World

PROOF = "/dang-nhap/xac-nhan"
KEYS = "/tai-khoan/khoa-truy-cap"
UNIT = {
    "code": "MAU-TH-99",
    "kind": "primary",
    "name": "Trường Tiểu học Mẫu số 99",
    "parent": "MAU-SO",
    "decision": "9/QĐ-UBND",
    "decided_on": "2026-08-01",
    "effective_on": "2026-08-10",
}
LATE = timedelta(minutes=16)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel("2026-09-01T01:00:00+00:00", tick=False) as traveller:
        yield traveller


def is_there(world: World) -> bool:
    with world.engine.connect() as connection:
        return connection.scalar(sa.select(Unit.id).where(Unit.code == UNIT["code"])) is not None


def late_act(browser: Browser, clock: time_machine.Traveller) -> Page:
    """A unit is added from a page that lay open for too long."""
    page = browser.get("/to-chuc/them")
    clock.shift(LATE)
    return Page(browser.submit(page, "/to-chuc/them", UNIT, 403))


def test_a_fresh_sign_in_is_not_asked_again(small_world: World, clock: time_machine.Traveller) -> None:
    browser = small_world.signed_in(CLERK)
    clock.shift(timedelta(minutes=15))
    browser.get(OWN)


def test_a_page_asks_first_and_is_shown_afterwards(world: World, clock: time_machine.Traveller) -> None:
    browser = world.signed_in(CLERK)
    clock.shift(LATE)
    sent = browser.fetch(OWN, 303).location
    assert sent == f"{PROOF}?next={OWN}"
    before = browser.cookie("hocba-session")
    page = browser.get(sent)
    assert "Mã xác thực" not in page.text
    assert "Mật khẩu không đúng" in browser.submit(page, PROOF, {"password": "sai-mat-khau"}, 422).text
    assert browser.submit(page, PROOF, {"password": world.logins[CLERK].password}).location == OWN
    assert browser.cookie("hocba-session") != before
    browser.get(OWN)
    thief = world.browser()
    thief.plant("hocba-session", before or "")
    thief.fetch("/hoc-ba", 303)
    with world.engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(WebSession)) == 1


def test_a_form_that_comes_late_is_kept_and_done_with_the_proof(world: World, clock: time_machine.Traveller) -> None:
    browser = world.signed_in(DEPARTMENT)
    asked = late_act(browser, clock)
    assert "Chưa có gì được thực hiện" in asked.text
    assert not is_there(world)
    wrong = Page(browser.submit(asked, "/to-chuc/them", {"password": "sai-mat-khau"}, 422))
    assert not is_there(world)
    browser.submit(wrong, "/to-chuc/them", {"password": world.logins[DEPARTMENT].password})
    assert is_there(world)
    browser.get(OWN)


def test_with_a_second_step_the_password_alone_is_no_proof(world: World, clock: time_machine.Traveller) -> None:
    browser = world.signed_in(DEPARTMENT)
    held = enrol(browser)
    clock.shift(timedelta(minutes=1))
    asked = late_act(browser, clock)
    password = world.logins[DEPARTMENT].password
    assert "Hãy điền ô “Mã xác thực”" in browser.submit(asked, "/to-chuc/them", {"password": password}, 422).text
    wrong = {"password": password, "proof_code": "000000"}
    assert "Mã không đúng" in browser.submit(asked, "/to-chuc/them", wrong, 422).text
    assert not is_there(world)
    code = held.authenticator.code()
    browser.submit(asked, "/to-chuc/them", {"password": password, "proof_code": code})
    assert is_there(world)
    clock.shift(LATE)
    page = browser.get(browser.fetch(OWN, 303).location)
    stale = {"password": password, "proof_code": code}
    browser.submit(page, PROOF, stale, 422)
    assert browser.submit(page, PROOF, {"password": password, "proof_code": held.recovery[0]}).location == OWN


def test_nothing_of_another_account_is_a_proof(small_world: World, clock: time_machine.Traveller) -> None:
    """A code, a recovery code and a key of a colleague, each beside the own password."""
    browser, colleague, own_key, their_key = (
        small_world.signed_in(CLERK),
        small_world.signed_in(HEAD),
        Device(),
        Device(),
    )
    enrol(browser)
    theirs = enrol(colleague)
    for whose, key in ((browser, own_key), (colleague, their_key)):
        page = whose.get(KEYS)
        whose.submit(page, KEYS, {"name": "Khóa USB", "passkey": key.create(options_on(page), URL)})
    set_limits(small_world, codes_limit="20 per minute", sign_in_limit="20 per minute")
    clock.shift(LATE)
    password = {"password": small_world.logins[CLERK].password}
    for code in (theirs.authenticator.code(), theirs.recovery[0]):
        page = browser.get(f"{PROOF}?next={OWN}")
        browser.submit(page, PROOF, {**password, "proof_code": code}, 422)
    for key in (their_key, Device(id=their_key.id), Device(id=own_key.id, count=9)):
        page = browser.get(f"{PROOF}?next={OWN}")
        browser.submit(page, PROOF, {**password, "proof_passkey": key.get(options_on(page), URL)}, 422)
    asked_of_them = options_on(colleague.get(f"{PROOF}?next={OWN}"))
    page = browser.get(f"{PROOF}?next={OWN}")
    browser.submit(page, PROOF, {**password, "proof_passkey": own_key.get(asked_of_them, URL)}, 422)
    assert browser.fetch(OWN, 303).location.startswith(PROOF)
    page = browser.get(f"{PROOF}?next={OWN}")
    browser.submit(page, PROOF, {**password, "proof_passkey": own_key.get(options_on(page), URL)})
    browser.get(OWN)


def test_passwords_are_not_sent_back_into_a_page(small_world: World, clock: time_machine.Traveller) -> None:
    browser = small_world.signed_in(CLERK)
    page = browser.get("/tai-khoan")
    clock.shift(LATE)
    fresh = "mưa rào trên mái tôn nhà ngoại"
    fields = {"current": small_world.logins[CLERK].password, "fresh": fresh, "again": fresh}
    answer = browser.submit(page, "/tai-khoan/mat-khau", fields, 403)
    assert fresh not in answer.text
    assert fields["current"] not in answer.text


@pytest.mark.parametrize("there", ["https://boese.example/", "//boese.example/", "/\\boese.example", ""])
def test_nobody_is_led_away(small_world: World, there: str) -> None:
    browser = small_world.signed_in(CLERK)
    held = browser.get(f"{PROOF}?next=/hoc-ba").form(PROOF).find(".//input[@name='csrf_token']")
    assert held is not None
    fields = {"csrf_token": held.get("value", ""), "password": small_world.logins[CLERK].password, "next": there}
    assert browser.post(PROOF, fields).location == "/"


def test_proving_is_no_way_to_guess_a_password_or_a_code(small_world: World, clock: time_machine.Traveller) -> None:
    browser = small_world.signed_in(CLERK)
    enrol(browser)
    set_limits(small_world, codes_limit="2 per minute", sign_in_limit="2 per minute")
    clock.shift(LATE)
    page = browser.get(f"{PROOF}?next={OWN}")
    password = small_world.logins[CLERK].password
    for number in range(2):
        browser.submit(page, PROOF, {"password": password, "proof_code": f"00000{number}"}, 422)
    browser.submit(page, PROOF, {"password": password, "proof_code": "000003"}, 429)
    for _ in range(2):
        browser.submit(page, PROOF, {"password": "sai-mat-khau", "proof_code": "000000"}, 422)
    browser.submit(page, PROOF, {"password": password, "proof_code": "000000"}, 429)
