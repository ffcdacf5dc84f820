"""Extracts for procedures: issued by the holder, checked by the file, by a re-saved copy and by the number, ended."""

import io
from dataclasses import replace
from datetime import timedelta
from typing import Final

import pikepdf
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from portal.identity import SYSTEM
from portal.models import AccessEvent, Extract, Print
from portal.services import extracts
from portal.services.evidence import stored_year
from portal.services.lookup import masked_name, readable_versions
from portal.services.prints import frame_of
from tests.client import Browser, Page
from tests.portal.families import guardian
from tests.portal.views import hand_overs
from tests.portal.views.test_checking import AUTHENTIC, checked, sealed
from tests.portal.worlds import CLERK, DEPARTMENT, LOCKED_NAME, NEIGHBOUR, World
from verify.form.render import render
from verify.form.sections import Section
from verify.form.words import measure
from verify.pdf.inspection import inspect
from verify.pdf.letters import squeezed, worded
from verify.pdf.opening import opened
from verify.pdf.pages import read
from verify.record.vocabulary import OverallResult

EXTRACTS: Final = "/trich-luc"
DESTINATION: Final = "hồ sơ hưởng chế độ, UBND xã Mẫu"


def issued(world: World, holder: Browser, status: int = 303, **changed: object) -> str:
    """The number of an extract of the locked record, or the refused page's text."""
    address = f"{EXTRACTS}/moi/{world.codes.locked}"
    fields: dict[str, object] = {
        "years": "2025-2026",
        "extent": "part",
        "sections": "result",
        "destination": DESTINATION,
        "expires_on": "",
        **changed,
    }
    fields = {name: value for name, value in fields.items() if value is not None}
    answer = holder.submit(holder.get(address), address, fields, status)  # type: ignore[arg-type]
    return answer.location.rpartition("so=")[2] if status == 303 else Page(answer).text


def file_of(holder: Browser, number: str) -> bytes:
    return holder.fetch(f"{EXTRACTS}/so/{number}.pdf").get_data()


def resaved(data: bytes) -> bytes:
    saved = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        pdf.save(saved)
    return saved.getvalue()


def pictures_of(data: bytes) -> bytes:
    """The pages as a scanner leaves them: without a letter."""
    with opened(data) as document:
        pages = [document[number].render(scale=200 / 72).to_pil().convert("L") for number in range(len(document))]
    made = io.BytesIO()
    pages[0].save(made, "PDF", resolution=200, save_all=True, append_images=pages[1:])
    return made.getvalue()


def test_an_extract_is_checked_by_its_file_and_by_its_number(world: World) -> None:
    parent = guardian(world, world.codes.locked)
    number = issued(world, parent)
    data = file_of(parent, number)
    assert inspect(data).extract == number
    for sent, verdict in ((data, AUTHENTIC), (resaved(data), "Nội dung khớp")):
        told = checked(world, sent)
        assert verdict in told.heading
        assert number in told.text
        assert "Trích lục gồm năm học 2025-2026" in told.text
    stranger = world.browser()
    by_hand = stranger.get(f"/kiem-tra/ket-qua?so={number.lower().replace('-', ' ')}", 303)
    assert by_hand.response.location == f"{EXTRACTS}/so/{number}"
    page = stranger.get(f"{EXTRACTS}/so/{number}")
    for words in (masked_name(LOCKED_NAME), "2025-2026", "Đang hiệu lực", "còn dùng được"):
        assert words in page.text
    for private in (LOCKED_NAME, DESTINATION, world.codes.locked, "2024-2025"):
        assert private not in page.text
    # Another print of the same year is no extract, and many extracts do not crowd it out.
    for _ in range(7):
        issued(world, parent)
    plain = checked(world, resaved(sealed(world)))
    assert "Nội dung khớp" in plain.heading
    assert "trích lục số" not in plain.text


def test_a_number_that_was_not_issued_is_a_cell_that_differs(world: World) -> None:
    clerk = world.signed_in(CLERK)
    sealed(world)
    number = issued(world, clerk, extent="whole")
    with Session(world.engine) as session:
        found, versions = readable_versions(session, SYSTEM, world.codes.locked)
        assert found is not None
        year = stored_year(session, versions["2025-2026"])
    for claimed in ("TL-0000-0000-0000", number):
        context = replace(world.runtime.press.context, extract=claimed)
        told = checked(world, render([year.read()], context).pdf, CLERK)
        if claimed == number:
            assert "Nội dung khớp" in told.heading
            continue
        assert "Không khớp" in told.heading
        assert "Chân trang" in told.text
        assert "Trích lục gồm" not in told.text
    for text in ("TL-0000-0000-0000", "khong-co"):
        world.browser().get(f"{EXTRACTS}/so/{text}", 404)


def test_it_ends_by_choice_and_by_its_day(world: World) -> None:
    parent = guardian(world, world.codes.locked)
    number = issued(world, parent)
    page = parent.get(f"{EXTRACTS}/moi/{world.codes.locked}")
    parent.submit(page, f"{EXTRACTS}/so/{number}/ket-thuc", {})
    assert "không còn dùng được" in world.browser().get(f"{EXTRACTS}/so/{number}").text
    parent.get(f"{EXTRACTS}/so/{number}.pdf", 422)
    with Session(world.engine) as session:
        assert session.scalars(sa.select(Print.closed_at).where(Print.extract == number)).one() is not None
        row = session.scalars(sa.select(Extract)).one()
        day = row.issued_at + timedelta(days=400)
        with pytest.raises(DatabaseError, match="is locked"):
            session.execute(sa.update(Extract).values(ended_at=None, ended_by=None))
    last = issued(world, parent, expires_on=(row.issued_at + timedelta(days=30)).date().isoformat())
    with Session(world.engine) as session:
        assert not extracts.told(session, last, day).holds
        assert extracts.told(session, last, row.issued_at + timedelta(days=29)).holds


def test_the_school_issues_too_and_others_do_not(world: World) -> None:
    clerk = world.signed_in(CLERK)
    number = issued(world, clerk)
    assert number in clerk.get(EXTRACTS).text
    for username in (NEIGHBOUR, DEPARTMENT):
        browser = world.signed_in(username)
        browser.get(f"{EXTRACTS}/moi/{world.codes.locked}", 404)
        browser.get(f"{EXTRACTS}/so/{number}.pdf", 404)
    assert number not in world.signed_in(NEIGHBOUR).get(EXTRACTS).text
    with Session(world.engine) as session:
        told = session.scalars(
            sa.select(AccessEvent.purpose).where(AccessEvent.action == "record.print", AccessEvent.purpose.is_not(None))
        ).all()
        assert told == [f"{number}: {DESTINATION}"]
        assert (
            session.scalar(sa.select(AccessEvent.fields).where(AccessEvent.purpose == f"{number}: {DESTINATION}"))
            == "sections=result: 2025-2026"
        )


def test_it_holds_the_chosen_sections_and_nothing_else(world: World) -> None:
    parent = guardian(world, world.codes.locked)
    address = f"{EXTRACTS}/moi/{world.codes.locked}"
    page = parent.get(address)
    ticked = [field.get("value") for field in page.form(address).iter("input") if field.get("checked") is not None]
    assert ticked == ["part", "result"]
    with Session(world.engine) as session:
        found, versions = readable_versions(session, SYSTEM, world.codes.locked)
        assert found is not None
        record = stored_year(session, versions["2025-2026"]).read()
    number = issued(world, parent)
    data = file_of(parent, number)
    text = "".join(squeezed(worded(page.letters)) for page in read(data))
    assert all(squeezed(part) in text for part in (LOCKED_NAME, record.overall_result.value, "kết quả cuối năm"))
    comments = [each.comment for each in record.subjects.values() if each.comment]
    assert comments
    for private in (
        record.ethnicity,
        record.father,
        record.personal_id,
        measure(record.weight_kg, "kg"),
        *comments,
    ):
        assert private
        assert squeezed(private) not in text
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert not pdf.attachments
    told = checked(world, data)
    assert AUTHENTIC in told.heading
    assert "Đây là trích lục: chỉ các phần ghi ở trang đầu được so" in told.text
    (slip,) = {link for link in told.links() if link.startswith("/k/")}
    assert "Đây là trích lục" in world.browser().get(slip).text
    assert "Kết quả cuối năm" in world.browser().get(f"{EXTRACTS}/so/{number}").text
    # What it opens beside the birth date would tell the marks.
    with Session(world.engine) as session:
        row = session.scalars(sa.select(Print).where(Print.extract == number)).one()
        assert (row.sections, row.opens_until) == ("result", None)
        with pytest.raises(DatabaseError, match="is locked"):
            session.execute(sa.update(Print).where(Print.id == row.id).values(sections="result marks"))


def test_a_scan_and_the_desk_say_that_it_is_a_part(world: World) -> None:
    parent = guardian(world, world.codes.locked)
    sealed(world)  # the whole form is out too, and is not what the paper is held against
    data = file_of(parent, issued(world, parent))
    told = checked(world, pictures_of(data))
    assert "Nội dung khớp" in told.heading
    assert "Đây là trích lục" in told.text
    page = hand_overs.checked(world, world.signed_in(NEIGHBOUR), {"trich-luc.pdf": data})
    row = hand_overs.rows_of(page)["dong-1"]
    assert AUTHENTIC in row
    assert "Đây là trích lục" in row


def test_an_altered_extract_is_compared_in_what_it_holds(world: World) -> None:
    """Another result, and a line that claims more than was issued: each a cell that differs."""
    parent = guardian(world, world.codes.locked)
    number = issued(world, parent)
    with Session(world.engine) as session:
        found, versions = readable_versions(session, SYSTEM, world.codes.locked)
        assert found is not None
        record = stored_year(session, versions["2025-2026"]).read()
        frame = frame_of(session.scalars(sa.select(Print).where(Print.extract == number)).one())
    better = next(result for result in OverallResult if result is not record.overall_result)
    for altered, context, told in (
        (replace(record, overall_result=better), frame, "Đánh giá kết quả giáo dục"),
        (record, replace(frame, sections=(Section.RESULT, Section.HEALTH)), "Trích lục gồm"),
    ):
        page = checked(world, render([altered], context).pdf, CLERK)
        assert "Không khớp" in page.heading
        assert told in page.text


def test_what_the_form_refuses(world: World) -> None:
    clerk = world.signed_in(CLERK)
    empty = issued(world, clerk, 422, years=None, destination="")
    assert "ít nhất một năm học" in empty
    assert "Hãy điền ô “Thủ tục và nơi nhận”" in empty
    assert "ít nhất một phần" in issued(world, clerk, 422, sections=None)
    assert "chỉ có nhận xét" in issued(world, clerk, 422, sections="comments")
    assert "xa hơn năm năm" in issued(world, clerk, 422, expires_on="2099-01-01")
    assert "Ngày cuối đã qua" in issued(world, clerk, 422, expires_on="2020-01-01")
