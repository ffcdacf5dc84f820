"""One's own account: living sessions listed and ended, a password changed; what a thief of a session cannot do."""

from collections.abc import Iterable

import pytest
import sqlalchemy as sa

from portal.models import WebSession
from portal.services.accounts import fingerprint
from tests.client import Browser, Page
from tests.portal.conftest import set_limits
from tests.portal.worlds import CLERK, HEAD, World

FRESH = "mưa rào trên mái tôn nhà ngoại"


def keys_on(page: Page) -> set[str]:
    return {field.get("value", "") for field in page.tree.iter("input") if field.get("name") == "key"}


def change(browser: Browser, current: str, fresh: str, status: int, again: str | None = None) -> str:
    page = browser.get("/tai-khoan")
    fields = {"current": current, "fresh": fresh, "again": fresh if again is None else again}
    return browser.submit(page, "/tai-khoan/mat-khau", fields, status).text


def stand(*, open_in: Iterable[Browser], ended_in: Iterable[Browser] = ()) -> None:
    """Who is signed in sees the page; who no longer is, is sent to sign in."""
    for browser in open_in:
        browser.fetch("/tai-khoan")
    for browser in ended_in:
        browser.fetch("/tai-khoan", 303)


def test_every_session_is_listed_and_one_is_ended_alone(world: World) -> None:
    own, lost, third = (world.signed_in(CLERK) for _ in range(3))
    world.signed_in(HEAD)
    page = own.get("/tai-khoan")
    lost_key = fingerprint(lost.cookie("hocba-session") or "")
    assert keys_on(page) == {lost_key, fingerprint(third.cookie("hocba-session") or "")}
    assert page.text.count("Phiên này") == 1
    token = next(field.get("value", "") for field in page.tree.iter("input") if field.get("name") == "csrf_token")
    own.post("/tai-khoan/phien", {"csrf_token": token, "key": lost_key})
    stand(open_in=(own, third), ended_in=(lost,))


def test_all_others_are_ended_at_once_and_only_the_own_ones(world: World) -> None:
    own, lost, colleague = world.signed_in(CLERK), world.signed_in(CLERK), world.signed_in(HEAD)
    own.submit(own.get("/tai-khoan"), "/tai-khoan/phien-khac", {})
    stand(open_in=(own, colleague), ended_in=(lost,))


def test_the_session_of_another_person_cannot_be_ended(small_world: World) -> None:
    own, colleague = small_world.signed_in(CLERK), small_world.signed_in(HEAD)
    page = own.get("/tai-khoan")
    token = next(field.get("value", "") for field in page.tree.iter("input") if field.get("name") == "csrf_token")
    theirs = fingerprint(colleague.cookie("hocba-session") or "")
    answers = {own.post("/tai-khoan/phien", {"csrf_token": token, "key": key}, 404).text for key in (theirs, "0" * 64)}
    assert len({answer.replace(theirs, "") for answer in answers}) == 1
    stand(open_in=(colleague,))


def test_the_key_of_a_session_opens_nothing(small_world: World) -> None:
    """What the page shows of a session is not what the cookie holds."""
    own = small_world.signed_in(CLERK)
    small_world.signed_in(CLERK)
    (key,) = keys_on(own.get("/tai-khoan"))
    thief = small_world.browser()
    thief.plant("hocba-session", key)
    thief.fetch("/tai-khoan", 303)


def test_another_password_ends_what_was_stolen_and_rotates_the_own_session(world: World) -> None:
    password = world.logins[CLERK].password
    own, thief = world.signed_in(CLERK), world.signed_in(CLERK)
    before = own.cookie("hocba-session")
    change(own, password, FRESH, 303)
    assert own.cookie("hocba-session") != before
    stand(open_in=(own,), ended_in=(thief,))
    with world.engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(WebSession)) == 1
    stranger = world.browser()
    page = stranger.get("/dang-nhap")
    stranger.submit(page, "/dang-nhap", {"username": CLERK, "password": password}, 422)
    stranger.submit(stranger.get("/dang-nhap"), "/dang-nhap", {"username": CLERK, "password": FRESH})


def test_the_old_token_put_back_opens_nothing(small_world: World) -> None:
    own = small_world.signed_in(CLERK)
    before = own.cookie("hocba-session") or ""
    change(own, small_world.logins[CLERK].password, FRESH, 303)
    own.plant("hocba-session", before)
    own.fetch("/tai-khoan", 303)


def test_a_token_that_was_planted_is_not_taken_over(small_world: World) -> None:
    """Session fixation: signing in never blesses the token that the browser came with."""
    planted = "x" * 43
    victim = small_world.browser()
    victim.plant("hocba-session", planted)
    page = victim.get("/dang-nhap")
    victim.submit(page, "/dang-nhap", {"username": CLERK, "password": small_world.logins[CLERK].password})
    assert victim.cookie("hocba-session") != planted
    thief = small_world.browser()
    thief.plant("hocba-session", planted)
    thief.fetch("/tai-khoan", 303)


def test_a_stolen_session_is_no_way_to_guess_the_password(small_world: World) -> None:
    thief = small_world.signed_in(CLERK)
    set_limits(small_world, sign_in_limit="2 per minute")
    for _ in range(2):
        assert "Mật khẩu đang dùng không đúng" in change(thief, "sai-mat-khau", FRESH, 422)
    change(thief, small_world.logins[CLERK].password, FRESH, 429)


@pytest.mark.parametrize(
    ("fresh", "again", "told"),
    [
        ("ngan qua", None, "ngắn hơn 12 ký tự"),
        ("matkhau12345", None, "dễ đoán"),
        (FRESH, FRESH + "x", "không giống nhau"),
        ("", None, "Hãy điền ô “Mật khẩu mới”"),
        ("x" * 501, None, "Không quá 500 ký tự"),
    ],
)
def test_a_password_that_will_not_do_changes_nothing(
    small_world: World, fresh: str, again: str | None, told: str
) -> None:
    own, other = small_world.signed_in(CLERK), small_world.signed_in(CLERK)
    assert told in change(own, small_world.logins[CLERK].password, fresh, 422, again)
    stand(open_in=(own, other))


def test_the_same_password_again_is_none(small_world: World) -> None:
    password = small_world.logins[CLERK].password
    assert "trùng với mật khẩu đang dùng" in change(small_world.signed_in(CLERK), password, password, 422)


@pytest.mark.parametrize("path", ["/tai-khoan/mat-khau", "/tai-khoan/phien", "/tai-khoan/phien-khac"])
def test_a_post_from_elsewhere_changes_nothing(small_world: World, path: str) -> None:
    password = small_world.logins[CLERK].password
    own, other = small_world.signed_in(CLERK), small_world.signed_in(CLERK)
    key = fingerprint(other.cookie("hocba-session") or "")
    own.post(path, {"current": password, "fresh": FRESH, "again": FRESH, "key": key}, 400)
    stand(open_in=(own, other))
