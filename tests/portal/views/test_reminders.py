"""The department reminds schools that owe something: chosen, looked at, sent once a day, to nobody who owes nothing."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.models import Account, AppointmentRow, Notice, Reminder, SchoolCount
from tests.client import Browser, Page
from tests.portal.views.lock_journeys import DAY, turn_clock
from tests.portal.worlds import CLERK, DEPARTMENT, HEAD, NEIGHBOUR, World

CHOICE = "/tien-do/nhac?nam=2025-2026&dot=1"
PREVIEW, SEND = "/tien-do/nhac/xem", "/tien-do/nhac"
JUNE: datetime = DAY.replace(month=6, day=25)


@pytest.fixture(autouse=True)
def _day(monkeypatch: pytest.MonkeyPatch) -> None:
    turn_clock(monkeypatch, JUNE)


@pytest.fixture
def department(world: World) -> Browser:
    return world.signed_in(DEPARTMENT)


def owes(world: World, drafts: int) -> None:
    """The school of the world has one locked record of the year that is due; let it owe some beside it."""
    with Session(world.engine) as session, session.begin():
        session.execute(
            sa.update(SchoolCount)
            .where(SchoolCount.school_year == "2025-2026", SchoolCount.locked == 1)
            .values(draft=drafts)
        )


def chosen(page: Page, **fields: str) -> dict[str, str]:
    """A choice of schools, with what the page itself holds."""
    held = {
        field.get("name", ""): field.get("value", "")
        for field in page.form(PREVIEW).iter("input")
        if field.get("type") == "hidden"
    }
    return {**held, "text": "deadline", "scope": "chon", **fields}


def told(world: World) -> dict[str, str]:
    with Session(world.engine) as session:
        rows = session.execute(
            sa.select(Account.username, Notice.detail)
            .join(Account, Account.id == Notice.account_id)
            .where(Notice.kind == "round.reminder")
        )
        return dict(rows.all())


def test_chosen_schools_are_reminded_once_a_day(
    world: World, department: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    owes(world, 18)
    page = department.get(CHOICE)
    assert CHOICE.partition("&")[0] in department.get("/tien-do?nam=2025-2026").links()
    assert "còn 18 học bạ chưa đủ chữ ký" in page.text
    assert "chưa gửi học bạ nào" in page.text
    preview = Page(department.post(PREVIEW, chosen(page, units="MAU-TH-01"), 200))
    assert "Sở nhắc: đợt 1 năm học 2025-2026 đến hết ngày 30/06/2026." in preview.text
    assert "1 trường, 2 người nhận." in preview.text
    assert told(world) == {}
    department.submit(preview, SEND, {})
    detail = "deadline 2025-2026 1 2026-06-30"
    assert told(world) == {CLERK: detail, HEAD: detail}
    again = department.get(CHOICE)
    assert "hôm nay đã nhắc" in again.text
    department.post(SEND, chosen(page, units="MAU-TH-01"), 422)
    clerk = world.signed_in(CLERK)
    assert "Sở nhắc: đợt 1" in clerk.get("/thong-bao").text
    turn_clock(monkeypatch, JUNE + timedelta(days=1))
    department = world.signed_in(DEPARTMENT)
    department.post(SEND, chosen(department.get(CHOICE), units="MAU-TH-01"))
    with Session(world.engine) as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Reminder)) == 2


def test_whoever_finished_meanwhile_is_not_reminded(world: World, department: Browser) -> None:
    owes(world, 18)
    page = department.get(CHOICE)
    owes(world, 0)
    refused = Page(department.post(PREVIEW, chosen(page, units="MAU-TH-01"), 422))
    assert "Không còn trường nào" in refused.text
    department.post(SEND, chosen(page, scope="tat-ca"))
    assert set(told(world)) == {NEIGHBOUR, "th02.hieutruong"}  # the other school, which has sent nothing


def test_a_school_without_an_account_is_named_and_not_counted(small_world: World) -> None:
    owes(small_world, 18)
    with Session(small_world.engine) as session, session.begin():
        ids = sa.select(Account.id).where(Account.username.in_((NEIGHBOUR, "th02.hieutruong")))
        session.execute(
            sa.update(AppointmentRow)
            .where(AppointmentRow.account_id.in_(ids))
            .values(valid_to=DAY.date() - timedelta(days=200))
        )
    department = small_world.signed_in(DEPARTMENT)
    page = department.get(CHOICE)
    assert "chưa có tài khoản nào của trường: gọi điện" in page.text
    preview = Page(department.post(PREVIEW, chosen(page, scope="tat-ca", text="late"), 200))
    assert "1 trường, 2 người nhận." in preview.text
    assert "đã hết hạn đợt 1" in preview.text


def test_what_makes_no_sense_is_said_beside_the_field(small_world: World) -> None:
    department = small_world.signed_in(DEPARTMENT)
    page = department.get(CHOICE)
    assert "Hãy chọn ít nhất một trường" in Page(department.post(PREVIEW, chosen(page), 422)).text
    assert (
        "Hãy chọn lời nhắc trong danh sách."
        in Page(department.post(PREVIEW, chosen(page, scope="tat-ca", text="<b>"), 422)).text
    )
    department.post(PREVIEW, chosen(page, units="KHONG-CO"), 422)
    department.get("/tien-do/nhac?nam=2025&dot=9", 422)


def test_only_the_department_reminds(small_world: World) -> None:
    for name in (CLERK, HEAD):
        browser = small_world.signed_in(name)
        browser.get(CHOICE, 404)
        page = browser.get("/thong-bao")
        token = next(f.get("value", "") for f in page.tree.iter("input") if f.get("name") == "csrf_token")
        fields = {"csrf_token": token, "school_year": "2025-2026", "number": "1", "text": "deadline", "scope": "tat-ca"}
        browser.post(SEND, fields, 404)
        browser.post(PREVIEW, fields, 404)
    assert told(small_world) == {}
