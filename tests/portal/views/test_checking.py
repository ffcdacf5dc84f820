"""Checking a document through the page: the original, the same with a byte changed, and what is no document."""

from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session

from portal.models import AccessEvent
from tests.client import Page
from tests.factories import year_record
from tests.portal.worlds import CLERK, LOCKED_NAME, NEIGHBOUR, World
from verify import limits
from verify.form.render import render

# What a page with pictures may weigh (decision 0028).
ANSWER_BYTES = 400_000
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


def test_a_mistyped_code_is_told_at_its_field_and_nothing_is_checked(small_world: World) -> None:
    """The code for photos whose QR cannot be read; a sealed print speaks for itself."""
    browser = small_world.browser()
    sent = sealed(small_world), "hoc-ba.pdf", "application/pdf"
    answer = Page(browser.submit(browser.get("/kiem-tra"), "/kiem-tra", {"file": sent, "ma": "1234"}, 422))
    assert "KT-" not in answer.heading
    assert answer.form("/kiem-tra").find(".//input[@name='ma'][@aria-invalid='true']") is not None
    draft = small_world.codes.draft
    answer = Page(browser.submit(browser.get("/kiem-tra"), "/kiem-tra", {"file": sent, "ma": draft}, 200))
    assert AUTHENTIC in answer.heading


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

    def watched(_self: object, task: object, *args: object, **more: object) -> object:
        open_now = small_world.engine.pool.checkedout()  # type: ignore[attr-defined]
        assert open_now == 0, "a connection is held while a child works"
        return run(task, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(type(small_world.runtime.sandbox), "run", watched)
    event.listen(small_world.engine, "before_cursor_execute", note)
    assert AUTHENTIC in checked(small_world, original).heading
    event.remove(small_world.engine, "before_cursor_execute", note)
    assert begun.count("BEGIN IMMEDIATE") == 1


def boxed(world: World) -> bytes:
    """The newest year with another mark and another teacher, as a holder of the paper would send it."""
    record = year_record(5, lookup_code=world.codes.locked, homeroom_teacher="Người Khác")
    toan = replace(record.subjects["toan"], score=10 if record.subjects["toan"].score != 10 else 9)
    changed = replace(record, subjects={**record.subjects, "toan": toan})
    return render([changed], world.runtime.print_context).pdf


def test_pictures_travel_in_the_answer_that_shows_them_and_in_no_other(small_world: World) -> None:
    original, other = sealed(small_world), boxed(small_world)
    pictured = checked(small_world, other).response
    assert "img-src 'self' data:;" in pictured.headers["Content-Security-Policy"]
    assert pictured.headers["Cache-Control"] == "no-store"
    assert len(pictured.get_data()) < ANSWER_BYTES
    for plain in (checked(small_world, original), checked(small_world, b"xin chao")):
        assert "data:" not in plain.response.headers["Content-Security-Policy"]
        assert "data:image" not in plain.response.text


def test_the_expected_side_of_a_cell_is_for_readers_alone(small_world: World) -> None:
    other = boxed(small_world)
    sides = {
        username: checked(small_world, other, username).response.text.count('class="cell-shot"')
        for username in (None, NEIGHBOUR, CLERK)
    }
    assert sides == {None: 2, NEIGHBOUR: 2, CLERK: 4}


def test_pictures_beyond_their_room_are_dropped(small_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A child that a document took over may send any."""
    other = boxed(small_world)
    monkeypatch.setattr(limits, "PAGE_PICTURES_BYTES", 10)
    monkeypatch.setattr(limits, "CELL_PICTURES_BYTES", 10)
    answer = checked(small_world, other)
    assert answer.heading == "Không khớp"
    assert "data:image" not in answer.response.text
