"""Checking a document through the page: the original, the same with a byte changed, and what is no document."""

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session

from portal.models import AccessEvent
from tests.client import Page
from tests.portal.worlds import CLERK, LOCKED_NAME, NEIGHBOUR, World

AUTHENTIC = "Đúng bản gốc"


def sealed(world: World) -> bytes:
    """The official print of the newest year, as its owner downloads it."""
    return world.signed_in(CLERK).fetch(f"/hoc-ba/{world.codes.locked}/2025-2026.pdf").get_data()


def checked(world: World, data: bytes, username: str | None = None, status: int = 200) -> Page:
    browser = world.signed_in(username) if username else world.browser()
    form = browser.get("/kiem-tra")
    response = browser.submit(form, "/kiem-tra", {"file": (data, "hoc-ba.pdf", "application/pdf")}, status)
    return Page(response)


def test_the_original_is_authentic_to_everybody(world: World) -> None:
    original = sealed(world)
    for username in (None, NEIGHBOUR, CLERK):
        page = checked(world, original, username)
        assert AUTHENTIC in page.heading
        assert "KT-" in page.text
        assert username == CLERK or LOCKED_NAME not in page.text


def test_one_byte_changed_is_never_authentic(small_world: World) -> None:
    original = sealed(small_world)
    for place in (len(original) // 3, len(original) - 40):
        changed = bytearray(original)
        changed[place] ^= 1
        assert AUTHENTIC not in checked(small_world, bytes(changed)).heading


@pytest.mark.parametrize("data", [b"xin chao", b"%PDF-1.7\n", b"\x89PNG\r\n\x1a\n", b"PK\x03\x04" + b"\0" * 100])
def test_what_is_no_document_gets_a_verdict_too(small_world: World, data: bytes) -> None:
    page = checked(small_world, data)
    assert AUTHENTIC not in page.text
    assert LOCKED_NAME not in page.text


def test_no_file_is_told_at_the_form(small_world: World) -> None:
    checked(small_world, b"", status=422)


def test_who_compared_a_record_is_written_down(world: World) -> None:
    original = sealed(world)
    checked(world, original, NEIGHBOUR)
    with Session(world.engine) as session:
        newest = session.scalars(sa.select(AccessEvent).order_by(AccessEvent.id.desc())).first()
        assert newest is not None
        assert newest.action == "record.check"
        assert newest.account_id is not None


def test_no_writing_transaction_is_open_while_a_child_works(
    small_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """BEGIN IMMEDIATE would hold up every other writer."""
    original = sealed(small_world)
    begun: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("BEGIN"):
            begun.append(statement)

    run = small_world.runtime.sandbox.run

    def watched(task: object, *args: object) -> object:
        open_now = small_world.engine.pool.checkedout()  # type: ignore[attr-defined]
        assert open_now == 0, "a connection is held while a child works"
        return run(task, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(type(small_world.runtime.sandbox), "run", lambda _self, task, *args: watched(task, *args))
    event.listen(small_world.engine, "before_cursor_execute", note)
    assert AUTHENTIC in checked(small_world, original).heading
    event.remove(small_world.engine, "before_cursor_execute", note)
    assert begun.count("BEGIN IMMEDIATE") == 1
