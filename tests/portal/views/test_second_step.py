"""Two steps at sign-in: enrolment, codes that are good once, recovery codes; and what attackers try against them."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session

from portal.models import AccessEvent, Account, SignInStep, TotpKey, WebSession
from portal.services.second_step import step_of
from tests.client import Browser, Page
from tests.portal.conftest import set_limits
from tests.portal.families import PASSWORD, USERNAME, guardian
from tests.portal.second_steps import (
    FIRST_TIME,
    OWN,
    SECOND,
    Authenticator,
    Enrolled,
    enrol,
    first_step,
    recovery_on,
    second_step,
    staff_must,
)
from tests.portal.worlds import CLERK, DEPARTMENT, HEAD, World

AT = "2026-09-01T01:00:00+00:00"


def enrolled(world: World, username: str = CLERK) -> Enrolled:
    return enrol(world.signed_in(username))


def test_from_enrolment_to_signing_in_with_each_code_once(world: World) -> None:
    with time_machine.travel(AT, tick=False) as clock:
        held = enrolled(world)
        assert len(set(held.recovery)) == 10
        browser, led = first_step(world, CLERK)
        assert led == f"{SECOND}?next=/"
        browser.fetch("/hoc-ba", 303)
        assert second_step(browser, held.authenticator.code()) == "/"
        browser.get("/hoc-ba")
        again, _led = first_step(world, CLERK)
        assert "đã dùng rồi" in second_step(again, held.authenticator.code(), 422)
        assert "đã dùng rồi" in second_step(again, held.authenticator.code(-1), 422), "a step before one that was taken"
        clock.shift(timedelta(seconds=30))
        assert second_step(again, held.authenticator.code()) == "/"


def test_the_codes_are_those_of_the_standard() -> None:
    """RFC 6238 appendix B, its last six digits."""
    secret = b"12345678901234567890"
    for seconds, code in ((59, "287082"), (1111111109, "081804"), (2000000000, "279037")):
        assert step_of(secret, code, datetime.fromtimestamp(seconds, UTC)) == seconds // 30


def test_the_same_code_at_the_same_moment_lets_one_browser_in(world: World) -> None:
    held = enrolled(world)
    with ThreadPoolExecutor() as threads:
        browsers = [first_step(world, CLERK)[0] for _ in range(4)]
        pages = [browser.get(SECOND) for browser in browsers]
        code = held.authenticator.code()

        def gets_in(browser: Browser, page: Page) -> bool:
            browser.submit(page, SECOND, {"code": code}, None)
            return browser.cookie("hocba-session") is not None

        assert sum(threads.map(gets_in, browsers, pages)) == 1


@pytest.mark.parametrize(("shift", "status"), [(-2, 422), (1, 303), (2, 422)])
def test_the_window_is_one_step_to_each_side(small_world: World, shift: int, status: int) -> None:
    with time_machine.travel(AT, tick=False) as clock:
        held = enrolled(small_world)
        clock.shift(timedelta(minutes=5))
        browser, _led = first_step(small_world, CLERK)
        second_step(browser, held.authenticator.code(shift), status)


def test_the_code_of_another_account_opens_nothing(small_world: World) -> None:
    own, other = enrolled(small_world, CLERK), enrolled(small_world, HEAD)
    browser, _led = first_step(small_world, CLERK)
    second_step(browser, other.authenticator.code(), 422)
    second_step(browser, other.recovery[0], 422)
    assert second_step(browser, own.authenticator.code()) == "/"


def test_a_row_moved_to_another_account_opens_nothing(small_world: World) -> None:
    """Whoever writes into the database cannot give a person the authenticator of somebody else."""
    theirs = enrolled(small_world, HEAD)
    enrolled(small_world, CLERK)
    with Session(small_world.engine) as session, session.begin():
        ids = {name: session.scalar(sa.select(Account.id).where(Account.username == name)) for name in (HEAD, CLERK)}
        sealed = session.scalar(sa.select(TotpKey.sealed).where(TotpKey.account_id == ids[HEAD]))
        session.execute(sa.update(TotpKey).where(TotpKey.account_id == ids[CLERK]).values(sealed=sealed))
        assert sealed is not None
        assert theirs.authenticator.secret not in sealed
    browser, _led = first_step(small_world, CLERK)
    second_step(browser, theirs.authenticator.code(), 422)


def test_a_recovery_code_is_good_once_and_new_ones_end_it(world: World) -> None:
    held = enrolled(world)
    browser, _led = first_step(world, CLERK)
    assert second_step(browser, held.recovery[0].lower().replace(" ", "-")) == "/"
    page = browser.get(OWN)
    assert "Mã khôi phục còn lại 9" in page.text.replace("còn lại9", "còn lại 9")
    again, _led = first_step(world, CLERK)
    second_step(again, held.recovery[0], 422)
    renewed = recovery_on(Page(browser.submit(page, f"{OWN}/ma-khoi-phuc", {}, 200)))
    second_step(again, held.recovery[1], 422)
    assert second_step(again, renewed[0]) == "/"


def test_the_second_page_without_a_first_step_is_nothing(small_world: World) -> None:
    held = enrolled(small_world)
    stranger = small_world.browser()
    for path in (SECOND, FIRST_TIME):
        assert stranger.fetch(path, 303).location == "/dang-nhap?next=/"
    token = Page(stranger.fetch("/dang-nhap")).form("/dang-nhap").find(".//input[@name='csrf_token']")
    assert token is not None
    stranger.plant("hocba-step", "x" * 43)
    fields = {"csrf_token": token.get("value", ""), "code": held.authenticator.code()}
    assert str(stranger.post(SECOND, fields).location).startswith("/dang-nhap?")
    assert stranger.cookie("hocba-session") is None


def test_the_token_between_the_steps_opens_nothing_and_each_step_makes_a_new_one(world: World) -> None:
    held = enrolled(world)
    browser, _led = first_step(world, CLERK)
    waiting = browser.cookie("hocba-step") or ""
    thief = world.browser()
    thief.plant("hocba-session", waiting)
    thief.fetch("/hoc-ba", 303)
    planted = "y" * 43
    browser.plant("hocba-session", planted)
    second_step(browser, held.authenticator.code())
    assert browser.cookie("hocba-session") not in (None, planted, waiting)
    assert browser.cookie("hocba-step") is None
    late = world.browser()
    late.plant("hocba-step", waiting)
    late.fetch(SECOND, 303)
    with world.engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(SignInStep)) == 0


def test_an_authenticator_of_ones_own_does_not_replace_the_one_that_is_asked_for(small_world: World) -> None:
    """Whoever knows the password alone must not get in by enrolling: not by the page, and not by its address."""
    victim = enrolled(small_world)
    with staff_must(small_world):
        thief, _led = first_step(small_world, CLERK)
        page = thief.get(SECOND)
        assert thief.fetch(FIRST_TIME, 303).location == "/dang-nhap?next=/"
        token = page.form(SECOND).find(".//input[@name='csrf_token']")
        other, led = first_step(small_world, HEAD)
        offered = other.get(led)
        sealed = offered.form(FIRST_TIME).find(".//input[@name='sealed']")
        assert token is not None
        assert sealed is not None
        fields = {
            "csrf_token": token.get("value", ""),
            "sealed": sealed.get("value", ""),
            "code": Authenticator.of(offered).code(),
        }
        assert str(thief.post(FIRST_TIME, fields).location).startswith("/dang-nhap?")
        assert thief.cookie("hocba-session") is None
        second_step(thief, victim.authenticator.code())


def test_the_key_that_was_offered_to_one_is_of_no_use_to_another(small_world: World) -> None:
    own, other = small_world.signed_in(CLERK), small_world.signed_in(HEAD)
    theirs = other.get(OWN)
    sealed = theirs.form(OWN).find(".//input[@name='sealed']")
    assert sealed is not None
    fields = {"sealed": sealed.get("value", ""), "code": Authenticator.of(theirs).code()}
    assert "để quá lâu" in own.submit(own.get(OWN), OWN, fields, 422).text


def test_staff_are_led_to_enrolment_before_anything_else_and_families_are_not(small_world: World) -> None:
    guardian(small_world, small_world.codes.locked)
    with staff_must(small_world):
        family = small_world.browser()
        fields = {"username": USERNAME, "password": PASSWORD}
        assert family.submit(family.get("/dang-nhap"), "/dang-nhap", fields).location == "/"
        browser, led = first_step(small_world, CLERK)
        assert led == f"{FIRST_TIME}?next=/"
        browser.fetch("/hoc-ba", 303)
        page = browser.get(led)
        assert "để chắc là cài đúng" in Page(browser.submit(page, FIRST_TIME, {"code": "000000"}, 422)).text
        shown_again = browser.get(led)
        authenticator = Authenticator.of(shown_again)
        codes = recovery_on(Page(browser.submit(shown_again, FIRST_TIME, {"code": authenticator.code()}, 200)))
        assert len(codes) == 10
        assert "luôn có bước thứ hai" in browser.get(OWN).text
        token = browser.get(OWN).form(OWN).find(".//input[@name='csrf_token']")
        assert token is not None
        browser.post(f"{OWN}/tat", {"csrf_token": token.get("value", "")}, 422)


@pytest.mark.parametrize(
    ("wanted", "demo", "must"),
    [("", True, False), ("", False, True), ("off", False, False), ("staff", True, True)],
)
def test_outside_the_demo_staff_must_unless_somebody_said_otherwise(
    small_world: World, wanted: str, demo: bool, must: bool
) -> None:
    held = small_world.runtime
    settings = held.settings.model_copy(update={"second_step": wanted})
    instance = held.instance.model_copy(update={"demo": demo})
    assert replace(held, settings=settings, instance=instance).staff_must_take_second_step is must


def test_who_need_not_may_turn_it_off(small_world: World) -> None:
    browser = small_world.signed_in(CLERK)
    enrol(browser)
    browser.submit(browser.get(OWN), f"{OWN}/tat", {})
    assert first_step(small_world, CLERK)[1] == "/"


def test_guessing_codes_has_an_end_and_the_owner_still_gets_in(small_world: World) -> None:
    own = small_world.signed_in(CLERK)
    held = enrol(own)
    own.submit(own.get(OWN), "/dang-xuat", {})
    set_limits(small_world, codes_limit="3 per minute")
    for number in range(3):
        thief, _led = first_step(small_world, CLERK, f"198.51.100.{number}")
        second_step(thief, f"00000{number}", 422)
    thief, _led = first_step(small_world, CLERK, "198.51.100.9")
    thief.submit(thief.get(SECOND), SECOND, {"code": held.authenticator.code()}, 429)
    fields = {"username": CLERK, "password": small_world.logins[CLERK].password}
    own.submit(own.get("/dang-nhap"), "/dang-nhap", fields)
    assert second_step(own, held.authenticator.code()) == "/"
    assert "mật khẩu đúng mà mã sai: 3 lần" in own.get("/tai-khoan").text


def test_a_new_password_ends_a_sign_in_that_waits(small_world: World) -> None:
    own = small_world.signed_in(CLERK)
    held = enrol(own)
    thief, _led = first_step(small_world, CLERK)
    fresh = "mưa rào trên mái tôn nhà ngoại"
    fields = {"current": small_world.logins[CLERK].password, "fresh": fresh, "again": fresh}
    own.submit(own.get("/tai-khoan"), "/tai-khoan/mat-khau", fields)
    assert thief.fetch(SECOND, 303).location == "/dang-nhap?next=/"
    assert held.recovery


def test_the_person_reads_what_was_done_to_the_account(world: World) -> None:
    own = world.signed_in(CLERK)
    held = enrol(own)
    browser, _led = first_step(world, CLERK)
    second_step(browser, held.recovery[0])
    text = browser.get("/tai-khoan").text
    for words in ("Đã đăng nhập", "Bật ứng dụng mã", "Lập mã khôi phục mới", "Dùng một mã khôi phục", "192.0.2.0/24"):
        assert words in text
    assert "Bật ứng dụng mã" not in world.signed_in(DEPARTMENT).get("/tai-khoan").text
    with Session(world.engine) as session:
        kept = session.scalars(sa.select(AccessEvent).where(AccessEvent.action.like("account.%"))).all()
        assert all(each.fields == f"account:{each.account_id}" for each in kept)
        assert session.scalar(sa.select(sa.func.count()).select_from(WebSession)) == 3
