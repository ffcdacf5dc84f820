"""Transfer of custody on the web: from a parent's paper to the new school, and what strangers and guessers learn."""

import re
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.models import AccessEvent, Transcript
from portal.services.lookup import masked_name
from tests.client import Page
from tests.portal.worlds import CLERK, DEPARTMENT, HEAD, LOCKED_NAME, NEIGHBOUR, World

NEIGHBOUR_HEAD: Final = "th02.hieutruong"
STRANGER: Final = "thcs01.vanthu"
CASES: Final = "/chuyen-truong"
REASON: Final = "gia đình chuyển nơi ở"


def fields(world: World, **changed: str) -> dict[str, str]:
    with Session(world.engine) as session:
        born = session.scalars(
            sa.select(Transcript.birth_date).where(Transcript.lookup_code == world.codes.locked)
        ).one()
    return {
        "code": world.codes.locked,
        "birth_date": born.isoformat(),
        "school": "MAU-TH-02",
        "applicant": "cha-me",
        "applied_on": "2026-07-01",
        "starts_on": "24/08/2026",
        "reason": REASON,
        **changed,
    }


def begin(world: World) -> str:
    """A request for the pupil whose years are locked; its address."""
    browser = world.signed_in(NEIGHBOUR)
    answer = browser.submit(browser.get(f"{CASES}/moi"), f"{CASES}/moi", fields(world))
    return answer.location


def refused(world: World, **changed: str) -> str:
    browser = world.signed_in(NEIGHBOUR)
    return Page(browser.submit(browser.get(f"{CASES}/moi"), f"{CASES}/moi", fields(world, **changed), 422)).text


def agree(world: World, username: str, address: str) -> None:
    browser = world.signed_in(username)
    browser.submit(browser.get(address), f"{address}/dong-y", {})


def test_from_the_paper_to_the_new_school(world: World) -> None:
    record = f"/hoc-ba/{world.codes.locked}"
    world.signed_in(NEIGHBOUR).get(record, 404)
    address = begin(world)
    shown = world.signed_in(NEIGHBOUR).get(address)
    assert masked_name(LOCKED_NAME) in shown.heading
    assert LOCKED_NAME not in shown.text
    assert f"{address}/dong-y" not in shown.response.get_data(as_text=True)  # a clerk agrees to nothing
    waiting = world.signed_in(NEIGHBOUR_HEAD).get(CASES)
    assert "chờ bạn trả lời" in waiting.text
    agree(world, NEIGHBOUR_HEAD, address)
    keeping = world.signed_in(HEAD).get(CASES)
    assert LOCKED_NAME in keeping.text
    assert "chờ bạn trả lời" in keeping.text
    agree(world, HEAD, address)
    done = world.signed_in(NEIGHBOUR).get(address)
    assert LOCKED_NAME in done.heading
    assert "Đã chuyển" in done.text
    assert "Quá trình quản lý hồ sơ" in done.text
    assert LOCKED_NAME in world.signed_in(NEIGHBOUR).get(record).text
    assert LOCKED_NAME in world.signed_in(CLERK).get(record).text  # the years that it issued


def test_a_refusal_has_a_reason_that_both_schools_read(world: World) -> None:
    address = begin(world)
    browser = world.signed_in(NEIGHBOUR_HEAD)
    browser.submit(browser.get(address), f"{address}/dong", {"reason": ""}, 422)
    browser.submit(browser.get(address), f"{address}/dong", {"reason": "lớp đã đủ 35 em"})
    for username in (NEIGHBOUR, HEAD, DEPARTMENT):
        text = world.signed_in(username).get(address).text
        assert "Bị từ chối" in text
        assert "lớp đã đủ 35 em" in text


def test_a_wrong_birth_date_is_as_unknown_as_a_wrong_code(world: World) -> None:
    wrong, unknown = refused(world, birth_date="2016-01-01"), refused(world, code=world.codes.unknown)
    hidden = re.compile("|".join((world.codes.locked, world.codes.unknown)))
    assert hidden.sub("", wrong) == hidden.sub("", unknown)
    assert "Không có học bạ đã chốt nào" in wrong
    with Session(world.engine) as session:
        told = session.scalars(sa.select(AccessEvent.outcome).where(AccessEvent.action == "custody.request")).all()
    assert told == ["refused", "refused"]


def test_after_three_guesses_nothing_is_told(world: World) -> None:
    for day in (1, 2, 3):
        assert "Không có học bạ" in refused(world, birth_date=f"2016-01-0{day}")
    assert "quá nhiều lần thử" in refused(world)


def test_what_the_form_refuses(world: World) -> None:
    empty = refused(world, code="", birth_date="hôm qua", applicant="", reason="ừ")
    for words in ("Hãy điền ô “Mã số tra cứu", "Ghi ngày sinh dạng", "Hãy chọn người viết đơn", "Ghi lý do rõ hơn"):
        assert words in empty
    assert "ở tương lai" in refused(world, applied_on="2099-01-01")
    begin(world)
    assert "không ở hai trường cùng lúc" in refused(world)


def test_others_see_nothing(world: World) -> None:
    address = begin(world)
    world.signed_in(STRANGER).get(address, 404)
    world.signed_in(DEPARTMENT).get(f"{CASES}/moi", 404)
    world.signed_in("kiemtoan").get(CASES, 404)
    world.browser().fetch(address, 303)
    assert "Chưa có đơn chuyển trường nào" in world.signed_in(STRANGER).get(CASES).text
    browser = world.signed_in(DEPARTMENT)
    held = browser.get(address)
    assert LOCKED_NAME in held.heading
    browser.submit(held, f"{address}/dong", {"reason": "trường không trả lời"})
    assert "Sở đã khép lại" in browser.get(address).text
    with Session(world.engine) as session:
        looks = session.scalars(sa.select(AccessEvent.outcome).where(AccessEvent.action == "custody.read")).all()
    assert looks == ["refused", "allowed", "allowed"]


def test_the_pool_of_pupils_who_left(world: World) -> None:
    browser = world.signed_in(CLERK)
    action = f"{CASES}/chua-ro-noi-den"
    given = {"code": world.codes.locked, "left_on": "2026-08-03"}
    browser.submit(browser.get(CASES), action, given)
    assert LOCKED_NAME in browser.get(CASES).text
    again = Page(browser.submit(browser.get(CASES), action, given, 422))
    assert "đã được ghi là nghỉ học" in again.text
    assert LOCKED_NAME in world.signed_in(DEPARTMENT).get(CASES).text
    neighbour = world.signed_in(NEIGHBOUR)
    assert LOCKED_NAME not in neighbour.get(CASES).text
    assert "Không có học bạ" in Page(neighbour.submit(neighbour.get(CASES), action, given, 422)).text
    shown = browser.get(CASES)
    back = next(form.get("action", "") for form in shown.tree.iter("form") if "hoc-lai" in form.get("action", ""))
    browser.submit(shown, back, {})
    assert LOCKED_NAME not in browser.get(CASES).text
