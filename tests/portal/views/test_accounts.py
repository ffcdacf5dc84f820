"""Signing in and out: CSRF everywhere, no open redirect, and nobody can lock a colleague out."""

import pytest

from tests.client import Browser, Page
from tests.portal.conftest import set_limits
from tests.portal.worlds import CLERK, HEAD, World

WRONG = "sai-mat-khau"


def attempt(browser: Browser, username: str, password: str, status: int) -> None:
    page = browser.get("/dang-nhap")
    browser.submit(page, "/dang-nhap", {"username": username, "password": password}, status)


def test_everyone_of_the_cast_gets_in_and_out(world: World) -> None:
    for username in world.logins:
        browser = world.signed_in(username)
        page = browser.get("/hoc-ba")
        assert world.logins[username].display_name in page.text
        assert browser.submit(page, "/dang-xuat", {}).location == "/"
        browser.fetch("/hoc-ba", 303)


def test_names_are_read_in_any_case(small_world: World) -> None:
    attempt(small_world.browser(), f" {CLERK.upper()} ", small_world.logins[CLERK].password, 303)


@pytest.mark.parametrize(
    ("username", "password"),
    [(CLERK, WRONG), ("khong.co.ai", WRONG), (CLERK, ""), ("", WRONG), ("a" * 200, WRONG), (CLERK, "x" * 1000)],
)
def test_a_wrong_sign_in_is_told_without_saying_which_half(small_world: World, username: str, password: str) -> None:
    browser = small_world.browser()
    response = browser.submit(
        browser.get("/dang-nhap"), "/dang-nhap", {"username": username, "password": password}, 422
    )
    page = Page(response)
    assert [link for link in page.links() if link.startswith("#")]
    assert password not in response.text or not password
    assert browser.cookie("hocba-session") is None


def test_unknown_names_and_wrong_passwords_read_alike(small_world: World) -> None:
    def told(username: str) -> str:
        browser = small_world.browser()
        page = browser.get("/dang-nhap")
        return Page(browser.submit(page, "/dang-nhap", {"username": username, "password": WRONG}, 422)).text

    assert told(CLERK) == told("khong.co.ai")


def test_after_signing_in_one_comes_back(small_world: World) -> None:
    browser = small_world.browser()
    sent = browser.fetch(f"/hoc-ba/{small_world.codes.locked}", 303)
    page = browser.get(sent.location)
    password = small_world.logins[CLERK].password
    back = browser.submit(page, "/dang-nhap", {"username": CLERK, "password": password})
    assert back.location == f"/hoc-ba/{small_world.codes.locked}"


@pytest.mark.parametrize(
    "there",
    ["https://boese.example/", "//boese.example/", "/\\boese.example", "/\t/boese.example", "javascript:alert(1)", ""],
)
def test_nobody_is_led_away(small_world: World, there: str) -> None:
    browser = small_world.browser()
    page = browser.get("/dang-nhap")
    held = {field.get("name"): field.get("value", "") for field in page.form("/dang-nhap").iter("input")}
    fields = {"csrf_token": held["csrf_token"], "username": CLERK, "password": small_world.logins[CLERK].password}
    assert browser.post("/dang-nhap", {**fields, "next": there}).location == "/"


@pytest.mark.parametrize("path", ["/dang-nhap", "/dang-xuat", "/kiem-tra", "/quet"])
def test_a_post_without_the_token_of_the_form_is_refused(small_world: World, path: str) -> None:
    browser = small_world.signed_in(CLERK)
    browser.post(path, {"username": CLERK, "password": small_world.logins[CLERK].password}, 400)
    browser.get("/hoc-ba")


def test_the_token_of_another_browser_is_refused(small_world: World) -> None:
    stolen = small_world.browser().get("/dang-nhap").form("/dang-nhap").find(".//input[@name='csrf_token']")
    assert stolen is not None
    victim = small_world.browser()
    victim.get("/dang-nhap")
    fields = {"username": CLERK, "password": small_world.logins[CLERK].password}
    victim.post("/dang-nhap", {**fields, "csrf_token": stolen.get("value", "")}, 400)


def test_over_https_a_post_says_where_it_comes_from(small_world: World) -> None:
    browser = small_world.browser(https=True)
    form = browser.get("/dang-nhap").form("/dang-nhap")
    held = {field.get("name"): field.get("value", "") for field in form.iter("input")}
    fields = {"csrf_token": held["csrf_token"], "username": CLERK, "password": small_world.logins[CLERK].password}
    browser.post("/dang-nhap", fields, 400, referer=False)
    browser.post("/dang-nhap", fields, 303)


def test_over_https_one_can_sign_out_from_every_page(small_world: World) -> None:
    code = small_world.codes.locked
    for path in ("/", "/hoc-ba", f"/hoc-ba/{code}", f"/t/{code}", "/huong-dan"):
        browser = small_world.signed_in(CLERK, https=True)
        page = browser.get(path)
        assert page.response.headers["Referrer-Policy"] == "same-origin"
        browser.submit(page, "/dang-xuat", {})


def test_failures_are_counted_for_the_network(small_world: World) -> None:
    set_limits(small_world, sign_in_limit="3 per minute")
    browser = small_world.browser()
    for number in range(3):
        attempt(browser, f"ten.{number}", WRONG, 422)
    page = browser.get("/dang-nhap")
    refused = browser.submit(page, "/dang-nhap", {"username": CLERK, "password": WRONG}, 429)
    assert int(refused.headers["Retry-After"]) >= 1


def test_success_is_not_counted(small_world: World) -> None:
    set_limits(small_world, sign_in_limit="2 per minute")
    for _ in range(5):
        small_world.signed_in(CLERK)


def test_guessing_one_account_from_many_networks_has_an_end(small_world: World) -> None:
    set_limits(small_world, sign_in_limit="3 per minute")
    for number in range(3):
        attempt(small_world.browser(address=f"198.51.100.{number}"), CLERK, WRONG, 422)
    last = small_world.browser(address="198.51.100.99")
    attempt(last, CLERK, small_world.logins[CLERK].password, 429)


def test_a_colleague_cannot_be_locked_out_of_a_browser_that_she_uses(small_world: World) -> None:
    own = small_world.signed_in(HEAD)
    own.submit(own.get("/hoc-ba"), "/dang-xuat", {})
    set_limits(small_world, sign_in_limit="2 per minute")
    for number in range(2):
        attempt(small_world.browser(address=f"198.51.100.{number}"), HEAD, WRONG, 422)
    attempt(small_world.browser(address="198.51.100.9"), HEAD, WRONG, 429)
    attempt(own, HEAD, small_world.logins[HEAD].password, 303)


def test_a_browser_that_is_known_has_limits_of_its_own(small_world: World) -> None:
    own = small_world.signed_in(HEAD)
    set_limits(small_world, sign_in_limit="2 per minute")
    for _ in range(2):
        attempt(own, HEAD, WRONG, 422)
    attempt(own, HEAD, WRONG, 429)


def test_the_mark_of_a_browser_serves_its_own_account_only(small_world: World) -> None:
    own = small_world.signed_in(HEAD)
    set_limits(small_world, sign_in_limit="2 per minute")
    for _ in range(2):
        attempt(own, CLERK, WRONG, 422)
    attempt(small_world.browser(), "ai.do", WRONG, 429)
