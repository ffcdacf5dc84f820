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
from tests.client import Browser, Page
from tests.portal.families import guardian
from tests.portal.views.test_checking import AUTHENTIC, checked, sealed
from tests.portal.worlds import CLERK, DEPARTMENT, LOCKED_NAME, NEIGHBOUR, World
from verify.form.render import render
from verify.pdf.inspection import inspect

EXTRACTS: Final = "/trich-luc"
DESTINATION: Final = "hồ sơ hưởng chế độ, UBND xã Mẫu"


def issued(world: World, holder: Browser, status: int = 303, **changed: object) -> str:
    """The number of an extract of the locked record, or the refused page's text."""
    address = f"{EXTRACTS}/moi/{world.codes.locked}"
    fields: dict[str, object] = {
        "years": "2025-2026",
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
    number = issued(world, clerk)
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


def test_what_the_form_refuses(world: World) -> None:
    clerk = world.signed_in(CLERK)
    empty = issued(world, clerk, 422, years=None, destination="")
    assert "ít nhất một năm học" in empty
    assert "Hãy điền ô “Thủ tục và nơi nhận”" in empty
    assert "xa hơn năm năm" in issued(world, clerk, 422, expires_on="2099-01-01")
    assert "Ngày cuối đã qua" in issued(world, clerk, 422, expires_on="2020-01-01")
