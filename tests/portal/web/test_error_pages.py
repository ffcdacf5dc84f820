"""Refusals and failures: a page that says what to do, the right status, and never the text of an exception."""

import pytest
import sqlalchemy as sa

from portal.errors import Fault, Problem, Refused
from tests.client import Page
from tests.portal.worlds import World

SECRET = "SELECT * FROM secrets"


def failing(world: World, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setitem(world.app.view_functions, "home.health", fail)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (RuntimeError(SECRET), 500),
        (KeyError(SECRET), 500),
        (Fault(Problem.STORE_DAMAGED, digest=SECRET), 500),
        (Fault(Problem.BUSY), 503),
        (Fault(Problem.VERIFIER_MISSING), 503),
        (Fault(Problem.CHILD_DIED, exit=SECRET), 500),
        (sa.exc.OperationalError(SECRET, {}, Exception(SECRET)), 503),
        (Refused(Problem.NOT_LOCKED), 409),
        (Refused(Problem.NOT_ALLOWED), 404),
        (Refused(Problem.KEY_MISSING, key="department_seal"), 422),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_failures_are_pages(small_world: World, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int) -> None:
    failing(small_world, monkeypatch, error)
    page = small_world.browser().get("/suc-khoe", status)
    assert SECRET not in page.response.text
    assert "Traceback" not in page.response.text
    assert ("Retry-After" in page.response.headers) == (status == 503)


def test_not_allowed_looks_like_not_found(small_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = small_world.browser().get("/khong-co", 404)
    failing(small_world, monkeypatch, Refused(Problem.NOT_ALLOWED))
    assert small_world.browser().get("/suc-khoe", 404).text == missing.text


def test_unknown_address(small_world: World) -> None:
    small_world.browser().get("/khong-co", 404)


def test_wrong_method_says_which_would_do(small_world: World) -> None:
    page = small_world.browser().get("/dang-xuat", 405)
    assert "POST" in page.response.headers["Allow"]


def test_too_large_is_told(small_world: World) -> None:
    browser = small_world.browser()
    form = browser.get("/kiem-tra")
    response = browser.submit(form, "/kiem-tra", {"file": (b"x" * 23_000_000, "a.pdf", "application/pdf")}, 413)
    assert Page(response).heading


def test_the_last_net_holds_when_the_page_itself_fails(small_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object, **_values: object) -> None:
        raise RuntimeError(SECRET)

    failing(small_world, monkeypatch, RuntimeError(SECRET))
    monkeypatch.setattr("portal.web.error_pages.page", broken)
    response = small_world.browser().fetch("/suc-khoe", 500)
    assert response.mimetype == "text/plain"
    assert SECRET not in response.text
