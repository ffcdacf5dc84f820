"""Rounds on the web: the department watches and sets, a school sees its own window, others find no page."""

import re

import pytest

from portal.web import clock
from tests.portal.views.lock_journeys import DAY, ROUNDS, YEAR, token_of, turn_clock
from tests.portal.worlds import CLERK, DEPARTMENT, HEAD, NEIGHBOUR, World

SETTING = f"{ROUNDS}/dot/2026-2027/1"


@pytest.fixture(autouse=True)
def _day(monkeypatch: pytest.MonkeyPatch) -> None:
    turn_clock(monkeypatch)


def test_the_department_sees_what_would_lock_and_what_not(world: World) -> None:
    page = world.signed_in(DEPARTMENT).get(f"{ROUNDS}?nam={YEAR}")
    assert page.heading == f"Chốt dữ liệu năm học {YEAR}"
    for shown in ("30/06/2025", "15/08/2025", "đã hết hạn", "10/07/2025", "25/08/2025", "theo kế hoạch"):
        assert shown in page.text, shown
    for reason in ("Muộn", "Chưa ai ký", "Đã rút", "Đã chốt"):
        assert re.search(rf"1 {reason}", page.text), reason
    assert "Trường Tiểu học Mẫu số 2" in page.text
    assert "1 trường chưa gửi học bạ nào" in page.text
    assert ROUNDS in page.links()


def test_every_count_leads_to_its_list(world: World) -> None:
    browser = world.signed_in(DEPARTMENT)
    page = browser.get(f"{ROUNDS}?nam={YEAR}")
    lists = {link for link in page.links() if link.startswith(f"{ROUNDS}/hoc-ba")}
    assert len(lists) > 5
    for link in lists:
        browser.get(link)
    late = browser.get(f"{ROUNDS}/hoc-ba?nam={YEAR}&ly-do=late")
    assert "Trần Đăng Khôi" in late.text
    assert f"/hoc-ba/{world.codes.accepted}" in late.links()
    stopped = browser.get(f"{ROUNDS}/hoc-ba?nam={YEAR}&ly-do=stopped&truong=MAU-TH-01")
    assert "Lê Khả Ái" in stopped.text
    assert "Võ Gia Hân" in stopped.text
    browser.get(f"{ROUNDS}/hoc-ba?nam={YEAR}&ly-do=khong-co", 404)


@pytest.mark.parametrize("username", [CLERK, HEAD])
def test_a_school_sees_its_own_window_and_why(small_world: World, username: str) -> None:
    browser = small_world.signed_in(username)
    page = browser.get(f"{ROUNDS}?nam={YEAR}")
    assert "Trường Tiểu học Mẫu số 1" in page.text
    assert "Trường Tiểu học Mẫu số 2" not in page.text
    assert "Chưa ai ký" in page.text
    assert "Đề nghị chốt" not in page.text
    assert ROUNDS in browser.get("/hoc-ba").links()
    records = browser.get(f"{ROUNDS}/hoc-ba?nam={YEAR}&ly-do=unsigned")
    packet = next(link for link in records.links() if re.fullmatch(r"/goi-hoc-ba/\d+", link))
    browser.get(packet)
    assert 'name="last_day"' not in browser.get(SETTING).response.text


def test_a_neighbour_sees_nothing_of_another_school(small_world: World) -> None:
    browser = small_world.signed_in(NEIGHBOUR)
    page = browser.get(f"{ROUNDS}?nam={YEAR}")
    assert "Trường Tiểu học Mẫu số 1" not in page.text
    for fate in ("late", "unsigned", "withdrawn", "locked", "stopped"):
        records = browser.get(f"{ROUNDS}/hoc-ba?nam={YEAR}&ly-do={fate}")
        assert "0 học bạ" in records.text
        browser.get(f"{ROUNDS}/hoc-ba?nam={YEAR}&ly-do={fate}&truong=MAU-TH-01", 404)


def test_strangers_are_asked_to_sign_in(small_world: World) -> None:
    for path in (ROUNDS, f"{ROUNDS}/hoc-ba?ly-do=late", SETTING):
        assert small_world.browser().fetch(path, 303).location.startswith("/dang-nhap")


def test_setting_a_round_and_its_history(world: World) -> None:
    browser = world.signed_in(DEPARTMENT)
    fields = {"last_day": "2027-07-02", "report_day": "12/07/2027", "decision": "210/KH-SGDĐT"}
    browser.submit(browser.get(SETTING), SETTING, fields)
    page = browser.get(SETTING)
    for shown in ("02/07/2027", "12/07/2027", "theo 210/KH-SGDĐT", "Phạm Hữu Nghĩa", "30/06/2027"):
        assert shown in page.text, shown
    assert "02/07/2027" in browser.get(f"{ROUNDS}?nam=2026-2027").text
    assert "02/07/2027" in world.signed_in(CLERK).get(f"{ROUNDS}?nam=2026-2027").text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"last_day": "2027-08-20"}, "Hạn của đợt 1 phải trước hạn của đợt 2; đợt 2 đang đến hết ngày 15/08/2027."),
        ({"report_day": "2027-07-02"}, "Ngày báo cáo Bộ phải sau ngày cuối cùng của đợt, 02/07/2027."),
        ({"last_day": "2026-08-20"}, "không rút ngắn ngược về trước"),
        ({"last_day": ""}, "Hãy ghi ngày cuối cùng của đợt."),
        ({"decision": ""}, "Hãy điền ô “Số văn bản, quyết định”."),
    ],
)
def test_days_that_make_no_sense_are_refused_beside_the_field(
    small_world: World, fields: dict[str, str], said: str
) -> None:
    browser = small_world.signed_in(DEPARTMENT)
    good = {"last_day": "2027-07-02", "report_day": "2027-09-12", "decision": "210/KH-SGDĐT"}
    response = browser.submit(browser.get(SETTING), SETTING, {**good, **fields}, 422)
    assert said in response.get_data(as_text=True)


@pytest.mark.parametrize("username", [CLERK, HEAD, NEIGHBOUR])
def test_only_the_department_sets_rounds(small_world: World, username: str) -> None:
    browser = small_world.signed_in(username)
    fields = {"last_day": "2027-07-02", "report_day": "2027-07-12", "decision": "210/KH-SGDĐT"}
    token = token_of(browser.get("/hoc-ba"))
    browser.post(SETTING, {"csrf_token": token, **fields}, 404)
    browser.post(SETTING, {"csrf_token": token}, 404)
    assert "30/06/2027" in browser.get(f"{ROUNDS}?nam=2026-2027").text


def test_what_is_no_year_or_round(small_world: World) -> None:
    browser = small_world.signed_in(DEPARTMENT)
    browser.get(f"{ROUNDS}?nam=1999", 422)
    browser.get(f"{ROUNDS}/dot/2026-2027/3", 404)
    browser.get(f"{ROUNDS}?nam={YEAR}&trang=9&xa=kh%C3%B4ng+c%C3%B3")
    assert clock.read() == DAY
