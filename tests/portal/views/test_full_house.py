"""When no child is free: 503, when to come back, and a calm page; never a verdict, never the document's fault."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Final

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from portal.errors import Fault
from portal.models import AccessEvent, StoredVerdict
from portal.sandbox import Sandbox
from portal.services.checking import check_document
from portal.verifier.client import RemoteSandbox
from tests.client import Page
from tests.portal.api.machines import CLEAN, code_of, machine
from tests.portal.conftest import set_limits
from tests.portal.views.hand_overs import photo, sealed
from tests.portal.views.test_checking import checked
from tests.portal.worlds import NOW, World

HTMX: Final = {"HX-Request": "true", "HX-Current-URL": "http://localhost/kiem-tra", "HX-Target": "noi-dung"}
UPLOADS: Final = {"/kiem-tra": "file", "/quet": "photo"}


@contextmanager
def full_house(world: World) -> Iterator[Sandbox]:
    """Every child is at work for somebody, and as many wait as may."""
    sandbox = world.runtime.sandbox
    with ExitStack() as stack:
        for number in range(world.runtime.settings.sandbox_workers):
            stack.enter_context(sandbox._turns.turn(f"somebody {number}"))
        stack.callback(setattr, sandbox._turns, "_waiting", sandbox._turns._waiting)
        sandbox._turns._waiting = 0
        yield sandbox


@contextmanager
def nobody_at_the_socket(world: World, folder: Path) -> Iterator[None]:
    held = world.runtime.sandbox
    object.__setattr__(world.runtime, "sandbox", RemoteSandbox(folder / "socket"))
    try:
        yield
    finally:
        object.__setattr__(world.runtime, "sandbox", held)


def nowhere() -> AbstractContextManager[Session]:
    raise AssertionError("nothing is looked up for what nobody opened")


def kept(world: World) -> tuple[int, int]:
    """Verdicts, and comparisons written down."""
    with Session(world.engine) as session:
        return tuple(  # type: ignore[return-value]
            session.scalar(sa.select(sa.func.count()).select_from(each)) or 0 for each in (StoredVerdict, AccessEvent)
        )


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
@pytest.mark.parametrize("path", UPLOADS)
def test_a_full_house_asks_to_come_back(small_world: World, path: str, headers: dict[str, str]) -> None:
    data = sealed(small_world) if path == "/kiem-tra" else photo(small_world.codes.locked)
    browser = small_world.browser()
    form, before = browser.get(path), kept(small_world)
    with full_house(small_world), capture_logs() as logged:
        answer = browser.submit(form, path, {UPLOADS[path]: (data, "a", "application/pdf")}, 503, headers=headers)
    page = Page(answer)
    assert answer.headers["Retry-After"] == "15"
    assert answer.headers["Cache-Control"] == "no-store"
    assert page.heading == "Hệ thống đang bận"
    assert "tệp của bạn không có lỗi gì" in page.text
    assert 'id="noi-dung"' in answer.text, "what htmx puts in place of the page"
    assert kept(small_world) == before
    assert not [each for each in logged if each["event"] == "failure"], "a full house is no failure"
    again = browser.submit(form, path, {UPLOADS[path]: (data, "a", "application/pdf")}, 200 if "tra" in path else 303)
    assert "Retry-After" not in again.headers


def test_who_finds_the_house_full_has_spent_nothing(small_world: World) -> None:
    set_limits(small_world, checks_limit="1 per day")
    with full_house(small_world):
        for _ in range(3):
            checked(small_world, b"xin chao", status=503)
    checked(small_world, b"xin chao")
    checked(small_world, b"xin chao", status=429)


def test_the_last_place_was_taken_meanwhile(small_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with full_house(small_world) as sandbox:
        monkeypatch.setattr(sandbox, "require_room", lambda: None)
        before = kept(small_world)
        page = checked(small_world, b"%PDF-1.7", status=503)
    assert page.heading == "Hệ thống đang bận"
    assert kept(small_world) == before


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_nobody_at_the_verifiers_socket(small_world: World, tmp_path: Path, headers: dict[str, str]) -> None:
    browser = small_world.browser()
    form = browser.get("/kiem-tra")
    with nobody_at_the_socket(small_world, tmp_path), capture_logs() as logged:
        answer = browser.submit(form, "/kiem-tra", {"file": (b"%PDF-1.7", "a.pdf", "x/y")}, 503, headers=headers)
        with pytest.raises(Fault):
            check_document(small_world.runtime.desk(NOW), nowhere, b"%PDF-1.7", NOW)
    page = Page(answer)
    assert answer.headers["Retry-After"] == "15"
    assert "việc bạn làm không sai" in page.text
    assert "HOCBA_VERIFIER" not in page.text, "words for the operator"
    assert [each["problem"] for each in logged if each["event"] == "failure"] == ["verifier_missing"]


def test_software_is_asked_to_come_back(small_world: World, tmp_path: Path) -> None:
    school = machine(small_world)
    with full_house(small_world):
        busy = school.push(CLEAN, "lan-gui-0001", 503)
    with nobody_at_the_socket(small_world, tmp_path):
        gone = school.push(CLEAN, "lan-gui-0001", 503)
    for answer in (busy, gone):
        assert (code_of(answer), answer.headers["Retry-After"]) == ("busy", "15")
    school.push(CLEAN, "lan-gui-0001", 201)
