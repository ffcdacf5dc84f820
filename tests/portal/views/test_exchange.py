"""A pupil goes from one portal to another through their pages; what does not hold is told beside the file."""

from collections.abc import Iterator
from typing import Final

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.models import Transcript
from tests.client import Browser, Page
from tests.portal.provinces import DAY, HERE, LATER, Province, two_portals
from tests.portal.views.lock_journeys import turn_clock
from tests.portal.worlds import World

AWAY: Final = "/chuyen-truong/tinh-khac"
PAPER: Final = {
    "school": "Trường Tiểu học Bạn",
    "applicant": "cha-me",
    "applied_on": "15/07/2026",
    "starts_on": "24/08/2026",
    "reason": "gia đình chuyển nơi ở",
}
Portals = tuple[tuple[Province, World], tuple[Province, World]]


@pytest.fixture(scope="module")
def portals(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portals]:
    with two_portals(tmp_path_factory.mktemp("portals")) as made:
        yield made


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    turn_clock(monkeypatch, DAY)
    return monkeypatch


def code_of(world: World, place: int) -> str:
    with Session(world.engine) as session:
        return session.scalars(sa.select(Transcript.lookup_code).order_by(Transcript.id)).all()[place]


def written(browser: Browser, code: str) -> str:
    """The page of the case."""
    form = browser.get(f"{AWAY}/di")
    peer = next(each.get("value", "") for each in form.tree.iter("option") if (each.text or "").startswith("Sở GDĐT"))
    return browser.submit(form, f"{AWAY}/di", {"code": code, "peer": peer, **PAPER}).location


def sent(browser: Browser, path: str, data: bytes, field: str, status: int = 303, **more: str) -> Page:
    page = browser.get(path)
    action = next(
        form.get("action", "") for form in page.tree.iter("form") if form.get("enctype") == "multipart/form-data"
    )
    return Page(browser.submit(page, action, {field: (data, "tep.json", "application/json"), **more}, status))


def test_from_portal_to_portal(portals: Portals, clock: pytest.MonkeyPatch) -> None:
    (sender, from_), (receiver, to) = portals
    clerk = from_.signed_in("th01.vanthu")
    assert AWAY in clerk.get("/chuyen-truong").links()
    code = code_of(from_, 0)
    case = written(clerk, code)
    number = case.rsplit("/", 1)[1]
    clerk.fetch(f"{AWAY}/di/{number}/tep", 422)  # nothing to take yet
    assert "Chờ người đứng đầu" in clerk.get("/chuyen-truong").text
    head = from_.signed_in("th01.hieutruong")
    head.submit(head.get(case), f"{AWAY}/di/{number}/dong-y", {})
    shown = clerk.get(case)
    assert "chờ báo nhận" in shown.text
    data = clerk.fetch(f"{AWAY}/di/{number}/tep").get_data()

    turn_clock(clock, LATER)
    other = to.signed_in("th01.vanthu")
    spoiled = data.replace(b'"level":"T"', b'"level":"H"', 1)
    told = sent(other, f"{AWAY}/den", spoiled, "file", 422, school="MAU-TH-01")
    assert "Con dấu số của Sở nơi chuyển đi không khớp" in told.text
    told = sent(other, f"{AWAY}/den", b"{}", "file", 422, school="MAU-TH-01")
    assert "Cần sửa lại" in told.text
    arrival = sent(other, f"{AWAY}/den", data, "file", school="MAU-TH-01").response.location
    waiting = other.get(arrival)
    assert "dòng" in waiting.text
    assert sender.runtime.log_signer.verifier.name in waiting.text
    assert "Tiếp nhận học sinh" not in waiting.text  # not by who brought it
    chief = to.signed_in("th01.hieutruong")
    chief.submit(chief.get(arrival), f"{arrival}/xac-nhan", {})
    taken = chief.get(arrival)
    assert "Đã tiếp nhận" in taken.text
    chief.fetch(f"{arrival}/bao-nhan", 422)  # no witness yet
    receiver.witnessed(LATER)
    answer = chief.fetch(f"{arrival}/bao-nhan").get_data()
    record = chief.get(f"/hoc-ba/{code}")
    assert HERE in record.text
    card = to.browser().get(f"/t/{code}")
    assert f"theo sổ minh bạch {sender.runtime.log_signer.verifier.name}" in card.text

    clerk = from_.signed_in("th01.vanthu")
    told = sent(clerk, case, data, "answer", 422)
    assert "Cần sửa lại" in told.text
    sent(clerk, case, answer, "answer")
    closed = clerk.get(case)
    assert "Đã chuyển" in closed.text
    assert "Sở GDĐT Tỉnh Bạn" in closed.text
    clerk.get(f"/hoc-ba/{code}")  # who issued a year goes on reading it


def test_others_see_nothing(portals: Portals, clock: pytest.MonkeyPatch) -> None:
    (_sender, from_), (_receiver, to) = portals
    clerk = from_.signed_in("th01.vanthu")
    case = written(clerk, code_of(from_, 1))
    number = case.rsplit("/", 1)[1]
    stranger = from_.signed_in("th02.vanthu")
    stranger.get(case, 404)
    stranger.fetch(f"{AWAY}/di/{number}/tep", 404)
    stranger.get(f"{AWAY}/he-thong", 404)
    stranger.get(f"{AWAY}/den/1", 404)
    form = stranger.get(f"{AWAY}/di")
    peer = next(each.get("value", "") for each in form.tree.iter("option") if (each.text or "").startswith("Sở GDĐT"))
    wanted = {"code": code_of(from_, 2), "peer": peer, **PAPER}
    assert "Cần sửa lại" in Page(stranger.submit(form, f"{AWAY}/di", wanted, 422)).text
    turn_clock(clock, LATER)
    to.signed_in("th02.vanthu").get(f"{AWAY}/den/1", 404)
    to.signed_in("kiemtoan").get(AWAY, 404)


@pytest.mark.usefixtures("clock")
def test_an_installation_needs_two_officials(portals: Portals) -> None:
    (_sender, from_), (receiver, _to) = portals
    official = from_.signed_in("so.quantri")
    page = official.get(f"{AWAY}/he-thong")
    assert "Được công nhận" in page.text
    fields = {"name": "Sở thử", "decision": "7/QĐ-SGDĐT"}
    own = (from_.browser().fetch("/log/policy").get_data(), "log.policy", "text/plain")
    told = Page(official.submit(page, f"{AWAY}/he-thong", {**fields, "file": own}, 422))
    assert "của chính hệ thống đang dùng" in told.text
    garbage = (b"log x\\n", "log.policy", "text/plain")
    assert "Cần sửa lại" in Page(official.submit(page, f"{AWAY}/he-thong", {**fields, "file": garbage}, 422)).text
    known = (receiver.policy_file.encode(), "log.policy", "text/plain")
    assert "đã được đề nghị" in Page(official.submit(page, f"{AWAY}/he-thong", {**fields, "file": known}, 422)).text
    ending = next(
        each.get("action", "") for each in page.tree.iter("form") if each.get("action", "").endswith("/ket-thuc")
    )
    assert "Cần sửa lại" in Page(official.submit(page, ending, {"reason": ""}, 422)).text
    official.submit(page, ending, {"reason": "đổi hệ thống"})
    assert "Đã kết thúc" in official.get(f"{AWAY}/he-thong").text
    text = receiver.policy_file.encode()
    official.submit(official.get(f"{AWAY}/he-thong"), f"{AWAY}/he-thong", {**fields, "file": (text, "p", "text/plain")})
    page = official.get(f"{AWAY}/he-thong")
    own_buttons = [
        each.get("action", "") for each in page.tree.iter("form") if each.get("action", "").endswith("xac-nhan")
    ]
    assert own_buttons == []  # not by who proposed
    second = from_.signed_in("so.canbo")
    page = second.get(f"{AWAY}/he-thong")
    (confirming,) = (
        each.get("action", "") for each in page.tree.iter("form") if each.get("action", "").endswith("xac-nhan")
    )
    second.submit(page, confirming, {})
    assert "Được công nhận" in second.get(f"{AWAY}/he-thong").text
