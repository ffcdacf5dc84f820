"""The pages of the organisation: who sees which part, an act with its confirmation, the workbook; no JavaScript."""

import re
from datetime import date
from typing import Final

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.identity import StaffRole
from portal.models import Account, AppointmentRow, Unit
from portal.services import accounts, unit_acts
from portal.services.organisation import unit as unit_of
from portal.services.unit_acts import Actor, Basis
from tests.client import Browser, Page
from tests.portal.organisation import EAST, OFFICIAL, WEST, commune
from tests.portal.services.test_unit_imports import FAULTY, workbook
from tests.portal.worlds import CLERK, DEPARTMENT, HEAD, NEIGHBOUR, NOW, World

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BASIS: Final = {"decision": "12/QĐ-UBND", "decided_on": "2026-08-01", "effective_on": "2026-08-10"}


@pytest.fixture
def province(small_world: World) -> World:
    """Two communes, and a person for each of the roles that watch."""
    with Session(small_world.engine) as session, session.begin():
        actor = Actor(OFFICIAL, small_world.runtime.log_signer, NOW)
        first = Basis("1/QĐ-UBND", date(2025, 7, 1), date(2025, 7, 1))
        for code, name in ((EAST, "UBND Phường Mẫu Đông"), (WEST, "UBND Xã Mẫu Tây")):
            unit_acts.found(session, actor, commune(code, name), first)
        for code, parent in (("MAU-TH-01", EAST), ("MAU-TH-02", WEST)):
            unit_acts.move(session, actor, code, parent, first)
    return small_world


def appoint_neighbour(world: World, code: str, role: StaffRole) -> Browser:
    """The neighbour's clerk with another role instead."""
    with Session(world.engine) as session, session.begin():
        account = session.scalars(sa.select(Account).where(Account.username == NEIGHBOUR)).one()
        row = session.scalars(sa.select(AppointmentRow).where(AppointmentRow.account_id == account.id)).one()
        row.valid_to = date(2025, 12, 31)
        accounts.appoint(session, account, unit_of(session, code), role, date(2026, 1, 1))
    return world.signed_in(NEIGHBOUR)


def id_of(world: World, code: str) -> int:
    with Session(world.engine) as session:
        return session.scalars(sa.select(Unit.id).where(Unit.code == code)).one()


def rows_of(page: Page) -> list[str]:
    return [href for href in page.links() if re.fullmatch(r"/to-chuc/\d+", href)]


def test_the_department_sees_the_tree_and_finds_without_diacritics(province: World) -> None:
    browser = province.signed_in(DEPARTMENT)
    page = browser.get("/to-chuc")
    assert "2 xã, phường" in page.text
    assert page.text.index("UBND Phường Mẫu Đông") < page.text.index("UBND Xã Mẫu Tây")
    found = browser.get("/to-chuc?tim=mau+so+1")
    assert "Tìm thấy 2 đơn vị" in found.text
    assert rows_of(browser.get("/to-chuc?tim=khong-co-dau")) == []


def test_each_sees_the_own_part_and_no_other(province: World) -> None:
    schools = {code: id_of(province, code) for code in ("MAU-TH-01", "MAU-TH-02", EAST, WEST)}
    clerk = province.signed_in(CLERK)
    assert rows_of(clerk.get("/to-chuc")) == [f"/to-chuc/{schools['MAU-TH-01']}"]
    clerk.get(f"/to-chuc/{schools['MAU-TH-01']}")
    for other in ("MAU-TH-02", EAST):
        clerk.get(f"/to-chuc/{schools[other]}", 404)
    monitor = appoint_neighbour(province, EAST, StaffRole.MONITOR)
    assert rows_of(monitor.get("/to-chuc")) == [f"/to-chuc/{schools[EAST]}"]
    commune_page = monitor.get(f"/to-chuc/{schools[EAST]}")
    assert f"/to-chuc/{schools['MAU-TH-01']}" in commune_page.links()
    monitor.get(f"/to-chuc/{schools['MAU-TH-02']}", 404)
    for path in ("/to-chuc/them", "/to-chuc/nhap", f"/to-chuc/{schools['MAU-TH-01']}/doi-ten", "/to-chuc/mau.xlsx"):
        for browser in (clerk, monitor):
            browser.get(path, 404)


def test_a_committee_sees_counts_and_no_pupil(province: World) -> None:
    monitor = appoint_neighbour(province, EAST, StaffRole.MONITOR)
    page = monitor.get("/chot-du-lieu")
    assert "Trường Tiểu học Mẫu số 1" in page.text
    assert "Trường Tiểu học Mẫu số 2" not in page.text
    assert not [href for href in page.links() if href.startswith("/chot-du-lieu/hoc-ba")]
    for path in ("/chot-du-lieu/hoc-ba?nam=2025-2026&ly-do=first", "/chot-du-lieu/bao-cao", "/chung-thu"):
        monitor.get(path, 404)
    assert "Trần Đăng Khôi" not in monitor.get("/hoc-ba").text


def test_the_ministry_reads_reports_and_checkpoints_only(province: World) -> None:
    ministry = appoint_neighbour(province, "MAU-SO", StaffRole.MINISTRY)
    page = ministry.get("/chot-du-lieu/bao-cao")
    assert not [
        form for form in page.tree.iter("form") if form.get("method") == "post" and "bao-cao" in str(form.get("action"))
    ]
    ministry.get("/so-minh-bach")
    for path in ("/to-chuc", "/chot-du-lieu", "/chung-thu", "/kiem-toan", "/tieu-de-cot", "/sau-khi-chot"):
        ministry.get(path, 404)
    token = page.tree.find(".//input[@name='csrf_token']")
    assert token is not None
    fields = {"csrf_token": str(token.get("value")), "school_year": "2025-2026", "what": "1"}
    ministry.post("/chot-du-lieu/bao-cao", fields, 404)


def test_a_school_is_renamed_in_two_steps(province: World) -> None:
    browser, path = province.signed_in(DEPARTMENT), f"/to-chuc/{id_of(province, 'MAU-TH-01')}"
    form = browser.get(f"{path}/doi-ten")
    empty = browser.submit(form, f"{path}/doi-ten", {**BASIS, "name": ""}, 422)
    assert "Hãy điền ô" in empty.get_data(as_text=True)
    confirm = Page(browser.submit(form, f"{path}/doi-ten", {**BASIS, "name": "Trường Tiểu học Mẫu Sen"}, 200))
    assert "Học bạ đã ký giữ tên cũ" in confirm.text
    browser.submit(confirm, f"{path}/doi-ten", {})
    page = browser.get(path)
    assert page.heading == "Trường Tiểu học Mẫu Sen"
    assert "Trường Tiểu học Mẫu số 1" in page.text
    assert "từ 01/07/2025 đến 09/08/2026" in page.text
    again = browser.submit(confirm, f"{path}/doi-ten", {}, 422)
    assert "đang mang đúng tên này" in again.get_data(as_text=True)


def test_a_merger_is_told_in_numbers_and_takes_the_own_password(province: World) -> None:
    """A stale page is shown its new numbers; a wrong password writes nothing."""
    browser, path = province.signed_in(DEPARTMENT), f"/to-chuc/{id_of(province, 'MAU-TH-01')}"
    act = f"{path}/sap-nhap"
    asked = {**BASIS, "into": "MAU-TH-02", "beside": ""}
    confirm = Page(browser.submit(browser.get(act), act, asked, 200))
    assert "2 học bạ đã được tiếp nhận" not in confirm.text
    for words in ("1 học bạ đã được tiếp nhận", "1 học bạ chưa được tiếp nhận", "2 chứng thư", "2 người"):
        assert words in confirm.text
    wrong = Page(browser.submit(confirm, act, {"password": "không phải"}, 422))
    assert "Mật khẩu không đúng" in wrong.text
    password = {"password": province.logins[DEPARTMENT].password}
    with Session(province.engine) as session, session.begin():
        head = session.scalars(sa.select(Account).where(Account.username == HEAD)).one()
        row = session.scalars(sa.select(AppointmentRow).where(AppointmentRow.account_id == head.id)).one()
        row.valid_to = date(2026, 8, 1)
    stale = browser.submit(confirm, act, password, 422)
    assert "đã thay đổi từ lúc bạn xem" in stale.get_data(as_text=True)
    fresh = Page(browser.submit(browser.get(act), act, asked, 200))
    for _pressed_twice in range(2):
        assert browser.submit(fresh, act, password).location == path
    page = browser.get(path)
    assert "Đơn vị này đã kết thúc" in page.text
    assert f"/to-chuc/{id_of(province, 'MAU-TH-02')}" in page.links()
    browser.get(act, 404)
    assert "Giữ học bạ của" in browser.get(f"/to-chuc/{id_of(province, 'MAU-TH-02')}").text


def test_a_unit_is_founded_and_what_is_wrong_is_told_beside_its_field(province: World) -> None:
    browser = province.signed_in(DEPARTMENT)
    form = browser.get("/to-chuc/them")
    fields = {**BASIS, "code": "MAU-TH-01", "kind": "primary", "name": "Trường Tiểu học Mẫu số 3", "parent": WEST}
    taken = browser.submit(form, "/to-chuc/them", fields, 422)
    assert "Đã có đơn vị mang mã" in taken.get_data(as_text=True)
    made = browser.submit(form, "/to-chuc/them", {**fields, "code": "MAU-TH-03"})
    assert "Trường Tiểu học Mẫu số 3" in browser.get(str(made.location)).text


def test_a_workbook_is_shown_then_written(province: World) -> None:
    browser = province.signed_in(DEPARTMENT)
    form = browser.get("/to-chuc/nhap")
    bad = workbook([row for row, _where in FAULTY])
    there = str(browser.submit(form, "/to-chuc/nhap", {"file": (bad, "don-vi.xlsx", XLSX)}).location)
    shown = browser.get(there)
    assert "Ô cần sửa" in shown.text
    assert "Không hiểu loại này" in shown.text
    assert browser.fetch(f"{there}/danh-dau.xlsx").data[:2] == b"PK"
    good = workbook([["MAU-TH-07", "Tiểu học", "Trường Tiểu học Bảy", WEST, "01/09/2025", "", "", ""]])
    there = str(browser.submit(form, "/to-chuc/nhap", {"file": (good, "don-vi.xlsx", XLSX)}).location)
    page = browser.get(there)
    assert "Thành lập: 1" in page.text
    browser.submit(page, f"{there}/ghi", {})
    assert "Đã ghi." in browser.get(there).text
    assert "Tìm thấy 1 đơn vị" in browser.get("/to-chuc?tim=truong+tieu+hoc+bay").text
    twice = browser.submit(page, f"{there}/ghi", {}, 422)
    assert "đã được ghi hoặc đã bỏ" in twice.get_data(as_text=True)
    nothing = browser.submit(form, "/to-chuc/nhap", {"file": (b"no workbook", "x.xlsx", XLSX)}, 422)
    assert "bảng tính XLSX" in nothing.get_data(as_text=True)
    assert browser.fetch("/to-chuc/mau.xlsx").data[:2] == b"PK"
