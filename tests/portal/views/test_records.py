"""For staff: who owns a record sees and prints all of it; for a colleague of another school it is not there."""

import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.models import AccessEvent
from portal.services.ledger import first_broken_event
from tests.client import check_parts, parse_fragment
from tests.portal.conftest import set_limits
from tests.portal.worlds import CLERK, DEPARTMENT, HEAD, LOCKED_NAME, NEIGHBOUR, OWNERS, World

PATHS: dict[str, Callable[[str], str]] = {
    "record": lambda code: f"/hoc-ba/{code}",
    "year": lambda code: f"/hoc-ba/{code}/2024-2025.pdf",
    "booklet": lambda code: f"/hoc-ba/{code}/ca-cuon.pdf",
}


def without_token(html: str) -> str:
    """The token of a form changes with the second."""
    return re.sub(r'name="csrf_token" value="[^"]+"', "", html)


def events(world: World) -> list[tuple[str, str]]:
    with Session(world.engine) as session:
        assert first_broken_event(session) is None
        return [
            (event.action, event.outcome)
            for event in session.scalars(sa.select(AccessEvent).order_by(AccessEvent.id))
            if not event.action.startswith("account.")
        ]


@pytest.mark.parametrize("username", OWNERS)
def test_owners_see_the_classes_and_find_the_pupil(world: World, username: str) -> None:
    browser = world.signed_in(username)
    assert "4A1" in browser.get("/hoc-ba").text
    found = browser.get("/hoc-ba?q=ngoc+uyen")
    assert LOCKED_NAME in found.text
    assert f"/hoc-ba/{world.codes.locked}" in found.links()


def test_a_neighbour_sees_no_class_and_finds_nobody(world: World) -> None:
    browser = world.signed_in(NEIGHBOUR)
    assert "4A1" not in browser.get("/hoc-ba").text
    for query in ("?q=ngoc+uyen", "?lop=4A1", "?nam=2024-2025", "?q=%25"):
        page = browser.get(f"/hoc-ba{query}")
        assert LOCKED_NAME not in page.text
        assert not [link for link in page.links() if link.startswith("/hoc-ba/")]


def test_lists_hold_nothing_sensitive(small_world: World) -> None:
    page = small_world.signed_in(CLERK).get("/hoc-ba?q=uyen")
    for private in ("087315001234", "Kinh", "132", "132,5"):
        assert private not in page.text


@pytest.mark.parametrize(
    "query", ["?trang=0", "?trang=-1", "?trang=x", "?trang=99999", "?trang=" + "9" * 50, "?q=" + "a" * 5000, "?q=%00"]
)
def test_a_senseless_query_is_no_failure(small_world: World, query: str) -> None:
    small_world.signed_in(CLERK).get(f"/hoc-ba{query}")


def test_page_and_fragment_are_one_source(small_world: World) -> None:
    browser = small_world.signed_in(CLERK)
    whole = browser.get("/hoc-ba?q=uyen")
    part = browser.fetch("/hoc-ba?q=uyen", headers={"HX-Request": "true"})
    assert "HX-Request" in part.headers["Vary"]
    assert "HX-Request" in whole.response.headers["Vary"]
    assert part.text.strip() in whole.response.text
    check_parts(parse_fragment(part.text))
    for header in ("HX-Boosted", "HX-History-Restore-Request"):
        again = browser.fetch("/hoc-ba?q=uyen", headers={"HX-Request": "true", header: "true"})
        assert "<html" in again.text


@pytest.mark.parametrize("username", OWNERS)
def test_owners_see_the_whole_record(world: World, username: str) -> None:
    page = world.signed_in(username).get(f"/hoc-ba/{world.codes.locked}")
    for shown in (LOCKED_NAME, "087315001234", "08/02/2015", "2024-2025", "2025-2026", "Phát âm khá tốt"):
        assert shown in page.text, shown
    assert f"/hoc-ba/{world.codes.locked}/ca-cuon.pdf" in page.links()
    assert events(world)[-1] == ("record.read", "allowed")


@pytest.mark.parametrize("path", PATHS)
def test_a_neighbour_cannot_tell_a_record_from_none(world: World, path: str) -> None:
    browser = world.signed_in(NEIGHBOUR)
    browser.get("/")
    codes = [world.codes.locked, *world.codes.silent.values()]
    answers = [browser.get(PATHS[path](code), 404).response for code in codes]
    assert len({without_token(answer.text) for answer in answers}) == 1
    assert len({tuple(sorted(answer.headers)) for answer in answers}) == 1
    assert {event for event in events(world) if event[0] != "session.start"} == {
        (f"record.{'read' if path == 'record' else 'print'}", "refused")
    }


@pytest.mark.parametrize("path", PATHS)
def test_strangers_are_asked_to_sign_in_whatever_is_there(world: World, path: str) -> None:
    for code in (world.codes.locked, world.codes.unknown, "khong-phai-ma"):
        sent = world.browser().fetch(PATHS[path](code), 303)
        assert sent.location.startswith("/dang-nhap?next=")
    assert events(world) == []


def test_what_is_no_code_is_not_there(small_world: World) -> None:
    browser = small_world.signed_in(CLERK)
    for path in ("/hoc-ba/khong-phai-ma", "/hoc-ba/khong-phai-ma/2024-2025.pdf", "/hoc-ba/khong-phai-ma/ca-cuon.pdf"):
        browser.get(path, 404)


def test_probing_codes_while_signed_in_has_an_end(small_world: World) -> None:
    browser = small_world.signed_in(NEIGHBOUR)
    set_limits(small_world, misses_limit="2 per minute")
    for _ in range(2):
        browser.get(f"/hoc-ba/{small_world.codes.locked}", 404)
    browser.get(f"/hoc-ba/{small_world.codes.locked}", 429)


@pytest.mark.parametrize("state", ["draft", "accepted"])
def test_owners_see_what_is_not_locked_yet(small_world: World, state: str) -> None:
    code = small_world.codes.silent[state]
    small_world.signed_in(HEAD).get(f"/hoc-ba/{code}")


def test_owners_download_the_print(world: World) -> None:
    browser = world.signed_in(DEPARTMENT)
    for name in ("2024-2025", "ca-cuon"):
        response = browser.fetch(f"/hoc-ba/{world.codes.locked}/{name}.pdf")
        assert response.mimetype == "application/pdf"
        assert response.data.startswith(b"%PDF-")
        assert response.headers["Cache-Control"] == "no-store"
        disposition = response.headers["Content-Disposition"]
        assert disposition.startswith("attachment; filename=")
        assert "Uy" not in disposition
        assert "0873" not in disposition
    assert events(world)[-2:] == [("record.print", "allowed")] * 2


def test_a_booklet_of_what_is_not_locked_is_refused_with_words(small_world: World) -> None:
    browser = small_world.signed_in(CLERK)
    browser.get(f"/hoc-ba/{small_world.codes.accepted}/ca-cuon.pdf", 409)
    preview = browser.fetch(f"/hoc-ba/{small_world.codes.accepted}/2024-2025.pdf")
    assert preview.data.startswith(b"%PDF-")
    browser.get(f"/hoc-ba/{small_world.codes.locked}/1999-2000.pdf", 404)
