"""The lock on the web: two people, two interruptions, exactly what both saw; everybody else finds no page."""

import re

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.models import Job, JobState, LockProposal, RecordVersion
from portal.services.audit import audit
from portal.services.life import Act
from portal.services.transitions import change_state
from tests.portal.conftest import set_limits
from tests.portal.jobs.running import run_jobs
from tests.portal.views.lock_journeys import (
    DAY,
    DECISION,
    LOCKS,
    OFFICIAL,
    REASON,
    ROUNDS,
    YEAR,
    asked,
    came_in_time,
    confirm,
    propose,
    token_of,
    turn_clock,
)
from tests.portal.worlds import CLERK, DEPARTMENT, HEAD, NEIGHBOUR, World


@pytest.fixture(autouse=True)
def _day(monkeypatch: pytest.MonkeyPatch) -> None:
    turn_clock(monkeypatch)


def states(world: World) -> list[str]:
    with Session(world.engine) as session:
        return sorted(session.scalars(sa.select(RecordVersion.state)))


def test_two_officials_lock_a_round(world: World) -> None:
    came_in_time(world)
    first, second = world.signed_in(DEPARTMENT), world.signed_in(OFFICIAL)
    seen = first.get(asked("1"))
    for shown in ("1 học bạ", "Không gỡ ra được", "Cả tỉnh", DECISION, "Trường Tiểu học Mẫu số 1"):
        assert shown in seen.text, shown
    address = str(propose(first, asked("1")).location)
    mine = first.get(address)
    assert "Cần một cán bộ khác của Sở xác nhận" in mine.text
    assert f"{address}/xac-nhan" not in mine.response.text
    assert address in second.get(f"{ROUNDS}?nam={YEAR}").links()
    before = second.get(address)
    for shown in ("Đếm lại lúc này", "Không gỡ ra được", "Phạm Hữu Nghĩa", "23:59:59 ngày 30/06/2025"):
        assert shown in before.text, shown
    confirm(second, world, address)
    assert "accepted" in states(world)
    waiting = second.get(address)
    assert "Đang chốt." in waiting.text
    assert "0/1" in waiting.text
    run_jobs(world)
    after = second.get(address)
    assert "Đã chốt xong" in after.text
    assert "Lưu Thị Hồng Gấm" in after.text
    assert "accepted" not in states(world)
    assert "Đang hiệu lực" in world.browser().get(f"/t/{world.codes.accepted}").text
    with Session(world.engine) as session:
        assert audit(session, world.runtime.log_signer.verifier).problems == ()


def test_late_ones_by_their_own_decision(world: World) -> None:
    first, second = world.signed_in(DEPARTMENT), world.signed_in(OFFICIAL)
    address = str(propose(first, asked(scope="chon", units="MAU-TH-01")).location)
    confirm(second, world, address)
    run_jobs(world)
    page = second.get(address)
    for shown in (REASON, "Chốt học bạ muộn", "Đã chốt xong", "Trường Tiểu học Mẫu số 1"):
        assert shown in page.text, shown


def test_a_wrong_password_locks_nothing_and_is_counted(small_world: World) -> None:
    address = str(propose(small_world.signed_in(DEPARTMENT), asked()).location)
    second = small_world.signed_in(OFFICIAL)
    set_limits(small_world, sign_in_limit="2 per minute")
    for _ in range(2):
        answer = second.submit(second.get(address), f"{address}/xac-nhan", {"password": "sai"}, 422)
        assert "Mật khẩu không đúng" in answer.get_data(as_text=True)
    second.submit(second.get(address), f"{address}/xac-nhan", {"password": "sai"}, 429)
    second.submit(second.get(address), f"{address}/xac-nhan", {"password": ""}, 422)
    with Session(small_world.engine) as session:
        assert session.scalars(sa.select(LockProposal.state)).all() == ["waiting"]


def test_the_number_must_be_typed(small_world: World) -> None:
    browser = small_world.signed_in(DEPARTMENT)
    for typed, said in (
        ("2", "không đúng với số sẽ được chốt"),
        ("", "Hãy điền ô “Ghi lại số"),
        ("một", "bằng chữ số"),
        ("2" * 5_000, "bằng chữ số"),
    ):
        answer = propose(browser, asked(), typed, 422)
        assert said in answer.get_data(as_text=True)
    with Session(small_world.engine) as session:
        assert session.scalars(sa.select(LockProposal.id)).all() == []


def test_a_changed_set_is_told_and_asked_again(world: World) -> None:
    first, second = world.signed_in(DEPARTMENT), world.signed_in(OFFICIAL)
    address = str(propose(first, asked()).location)
    page = second.get(address)
    with Session(world.engine) as session, session.begin():
        accepted = session.scalars(sa.select(RecordVersion).where(RecordVersion.state == "accepted")).one()
        draft = session.scalars(sa.select(RecordVersion).where(RecordVersion.state == "draft")).one()
        change_state(session, accepted, Act.WITHDRAW, actor="trường", reason="nhập nhầm", now=DAY)
        assert draft.state == "draft"
    fields = {"password": world.logins[OFFICIAL].password}
    answer = second.submit(page, f"{address}/xac-nhan", fields, 422)
    assert "Danh sách học bạ đã thay đổi" in answer.get_data(as_text=True)
    changed = second.get(address)
    assert "1 học bạ không còn thuộc diện chốt: đã rút" in changed.text
    assert f"{address}/xac-nhan" not in changed.response.text
    renew = next(link for link in changed.links() if f"replaces={address.rpartition('/')[2]}" in link)
    nothing = second.get(renew, 422)
    assert "Không có học bạ nào chốt được" in nothing.text


def test_renewing_closes_the_old_one(small_world: World) -> None:
    first, second = small_world.signed_in(DEPARTMENT), small_world.signed_in(OFFICIAL)
    address = str(propose(first, asked()).location)
    again = str(propose(second, f"{asked()}&replaces={address.rpartition('/')[2]}").location)
    assert "Đã lập lại" in first.get(address).text
    assert f"{again}/xac-nhan" not in second.get(again).response.text
    confirm(first, small_world, again, DEPARTMENT)


def test_declining(small_world: World) -> None:
    first, second = small_world.signed_in(DEPARTMENT), small_world.signed_in(OFFICIAL)
    address = str(propose(first, asked()).location)
    page = second.get(address)
    second.submit(page, f"{address}/tu-choi", {"reason": ""}, 422)
    second.submit(page, f"{address}/tu-choi", {"reason": "Chưa có văn bản"})
    for browser in (first, second):
        assert "Bị từ chối" in browser.get(address).text
    second.submit(page, f"{address}/xac-nhan", {"password": small_world.logins[OFFICIAL].password}, 422)


def test_work_that_stopped_can_be_taken_up(small_world: World) -> None:
    first, second = small_world.signed_in(DEPARTMENT), small_world.signed_in(OFFICIAL)
    address = str(propose(first, asked()).location)
    confirm(second, small_world, address)
    with Session(small_world.engine) as session, session.begin():
        session.scalars(sa.select(Job).where(Job.kind == "lock.run")).one().state = JobState.FAILED.value
    stopped = first.get(address)
    assert "dừng giữa chừng" in stopped.text
    first.submit(stopped, f"{address}/chot-tiep", {})
    run_jobs(small_world)
    assert "Đã chốt xong" in first.get(address).text


def test_an_open_window_is_not_locked(small_world: World) -> None:
    browser = small_world.signed_in(DEPARTMENT)
    answer = browser.get(asked("1", "2026-2027"), 422)
    assert "30/06/2027" in answer.text
    assert f"{LOCKS}?nam=2026-2027&dot=1" not in browser.get(f"{ROUNDS}?nam=2026-2027").links()


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (asked(scope="chon"), "Hãy chọn ít nhất một trường"),
        (asked().replace("what=muon", "what=9"), "Hãy chọn đợt"),
        (f"{LOCKS}/xem?school_year={YEAR}&what=muon&scope=tat-ca&decision=1%2FQD&reason=", "Học bạ muộn cần lý do"),
        (f"{LOCKS}/xem", "Hãy điền ô “"),
    ],
)
def test_what_is_missing_is_said_beside_the_field(small_world: World, query: str, said: str) -> None:
    page = small_world.signed_in(DEPARTMENT).get(query, 422)
    assert re.search(said, page.text)
    assert "Cần sửa lại" in page.text


@pytest.mark.parametrize("username", [CLERK, HEAD, NEIGHBOUR])
def test_others_find_no_page(small_world: World, username: str) -> None:
    address = str(propose(small_world.signed_in(DEPARTMENT), asked()).location)
    browser = small_world.signed_in(username)
    missing = said_by(browser.get("/gibt-es-nicht", 404).response.text)
    for path in (LOCKS, asked(), address, f"{LOCKS}/999999"):
        assert said_by(browser.get(path, 404).response.text) == missing
    token = token_of(browser.get("/hoc-ba"))
    posted = {"csrf_token": token, "reason": REASON, "password": "x", "seen": "0" * 64, "typed": "1"}
    for path in (LOCKS, f"{address}/xac-nhan", f"{address}/tu-choi", f"{address}/chot-tiep"):
        browser.post(path, posted, 404)
    with Session(small_world.engine) as session:
        assert session.scalars(sa.select(LockProposal.state)).all() == ["waiting"]


def test_strangers_are_asked_to_sign_in(small_world: World) -> None:
    for path in (LOCKS, asked(), f"{LOCKS}/1"):
        assert small_world.browser().fetch(path, 303).location.startswith("/dang-nhap")


def said_by(html: str) -> str:
    """What the page says: the header shows in which part of the portal an address lies."""
    return re.sub(r"<header.*</header>", "", html, flags=re.DOTALL)
