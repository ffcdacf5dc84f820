"""How far a year has come: the department and a committee drill down, a school sees itself, everybody has a home."""

from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.models import ClassCount, Packet, RecordVersion, SchoolCount, State, StateChange, Unit
from tests.client import Page
from tests.portal.views.lock_journeys import DAY, YEAR, token_of, turn_clock
from tests.portal.worlds import CLERK, DEPARTMENT, HEAD, NEIGHBOUR, World

# On the day of the tests; the records that wait are of the year before.
DUE = "2025-2026"
PROGRESS = "/tien-do"
SCHOOL = f"{PROGRESS}?nam={YEAR}&truong=MAU-TH-01"
LISTS = f"{PROGRESS}/hoc-ba"


@pytest.fixture(autouse=True)
def _day(monkeypatch: pytest.MonkeyPatch) -> None:
    turn_clock(monkeypatch)


def counted(page: Page, prefix: str) -> dict[str, int]:
    """The counts of the table that lead somewhere, by their address."""
    found = {}
    for cell in page.tree.iter("td"):
        link = cell.find("a")
        if link is not None and (link.get("href") or "").startswith(prefix):
            found[link.get("href") or ""] = int((link.text or "").strip())
    return found


def test_every_count_of_a_school_leads_to_exactly_its_records(world: World) -> None:
    browser = world.signed_in(DEPARTMENT)
    lists = counted(browser.get(SCHOOL), LISTS)
    states = {parse_qs(urlsplit(link).query)["ly-do"][0] for link in lists}
    assert states == {"draft", "accepted", "locked", "withdrawn"}
    for link, count in lists.items():
        page = browser.get(link)
        assert f"{count} học bạ." in page.text, link
        assert len([row for row in page.tree.iter("tr") if row.find("th") is not None]) - 1 == count, link


def test_the_department_comes_from_the_province_down_to_a_class(world: World) -> None:
    browser = world.signed_in(DEPARTMENT)
    top = browser.get(f"{PROGRESS}?nam={YEAR}")
    assert "trường chưa gửi học bạ nào" in top.text
    assert "Hàng đợi trống." in top.text
    down = next(link for link in counted(top, f"{PROGRESS}?") if "xa=" in link)
    schools = browser.get(down)
    assert SCHOOL in schools.links()
    assert "chưa gửi học bạ nào" in schools.text
    assert down in browser.get(SCHOOL).links()


def test_the_chart_and_its_table_say_the_same(world: World) -> None:
    page = world.signed_in(DEPARTMENT).get(f"{PROGRESS}?nam={YEAR}")
    (line,) = [each for each in page.tree.iter() if each.tag.endswith("polyline")]
    points = [tuple(map(int, point.split(","))) for point in (line.get("points") or "").split()]
    assert points == sorted(points, key=lambda point: (point[0], -point[1]))
    # Two locked or accepted of three that are on their way.
    assert points[0][1] == 200
    assert points[-1] == (720, 200 - 200 * 2 // 3)
    (day,) = [row for row in page.tree.iter("tr") if "20/08/2026" in "".join(row.itertext())]
    assert ["".join(cell.itertext()) for cell in day] == ["20/08/2026", "2", "2", "66%"]


def told(world: World, **counts: int) -> None:
    """Let the counts of the school whose records are due say this; its one record is locked."""
    with Session(world.engine) as session, session.begin():
        session.execute(
            sa.update(SchoolCount).where(SchoolCount.school_year == DUE, SchoolCount.locked == 1).values(**counts)
        )


def test_the_home_says_the_days_the_share_and_whose_turn_it_is(
    small_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(small_world, accepted=411, draft=18)
    turn_clock(monkeypatch, DAY.replace(month=6, day=18))
    for username, turn in ((CLERK, False), (HEAD, True), (DEPARTMENT, False)):
        page = small_world.signed_in(username).get("/")
        assert "Còn 12 ngày đến 30/6 · 412/430 đã ký" in page.text
        assert ("Người đứng đầu trường (bạn)" in page.text) is turn
        assert PROGRESS in page.links()
    turn_clock(monkeypatch, DAY.replace(month=6, day=30))
    assert "Hôm nay 30/6 là ngày cuối" in small_world.signed_in(CLERK).get("/").text
    turn_clock(monkeypatch, DAY.replace(month=7, day=1))
    assert "Đã hết hạn 30/6" in small_world.signed_in(CLERK).get("/").text


def test_who_awaits_assessment_is_apart_and_not_late(small_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    told(small_world, accepted=411, draft=25, second_open=7)
    turn_clock(monkeypatch, DAY.replace(month=7, day=1))
    page = small_world.signed_in(CLERK).get("/")
    assert "Đã hết hạn 30/6 · 412/430 đã ký" in page.text
    assert "Còn 45 ngày đến 15/8 · 0/7 đã ký" in page.text


def test_who_was_assessed_stays_in_the_second_round(small_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    told(small_world, accepted=413, draft=23, second_open=5, second_accepted=2, second_locked=1)
    turn_clock(monkeypatch, DAY.replace(month=8, day=1))
    page = small_world.signed_in(CLERK).get("/")
    assert "Đã hết hạn 30/6 · 411/429 đã ký" in page.text
    assert "Còn 14 ngày đến 15/8 · 3/8 đã ký" in page.text
    assert "5 chưa ký, phải đánh giá bổ sung, thuộc đợt 2, chưa muộn" in page.text
    turn_clock(monkeypatch, DAY.replace(month=8, day=16))
    assert "5 chưa ký, phải đánh giá bổ sung, đã quá hạn đợt 2" in small_world.signed_in(CLERK).get("/").text


def test_45_classes_stand_in_the_order_in_which_people_count(small_world: World) -> None:
    names = [f"{grade}A{number}" for grade in range(1, 6) for number in range(1, 10)]
    columns = [column.name for column in ClassCount.__table__.columns][3:]
    with Session(small_world.engine) as session, session.begin():
        unit = session.scalars(sa.select(Unit.id).where(Unit.code == "MAU-TH-02")).one()
        for name in (*reversed(names), "1A10"):
            session.add(ClassCount(school_year=YEAR, unit_id=unit, class_name=name, **dict.fromkeys(columns, 1)))
    page = small_world.signed_in(NEIGHBOUR).get(f"{PROGRESS}?nam={YEAR}&truong=MAU-TH-02")
    shown = [(row.text or "").strip() for row in page.tree.iter("th") if row.get("scope") == "row"]
    assert shown == [*names[:9], "1A10", *names[9:]]


def test_a_school_sees_itself_alone(small_world: World) -> None:
    clerk = small_world.signed_in(CLERK)
    assert "Hàng đợi" not in clerk.get(f"{PROGRESS}?nam={YEAR}").text
    packets = [
        link for link in clerk.get(f"{LISTS}?nam={YEAR}&truong=MAU-TH-01&ly-do=draft").links() if "/goi-hoc-ba/" in link
    ]
    assert len(packets) == 1
    neighbour = small_world.signed_in(NEIGHBOUR)
    neighbour.get(SCHOOL, 404)
    neighbour.get(f"{LISTS}?nam={YEAR}&truong=MAU-TH-01&ly-do=draft", 404)
    assert small_world.browser().fetch(PROGRESS, 303).location.startswith("/dang-nhap")


@pytest.mark.parametrize("asked", ["xa=khong-co", "truong=khong-co", "xa=MAU-TH-01"])
def test_what_is_not_there_is_not_found(small_world: World, asked: str) -> None:
    browser = small_world.signed_in(DEPARTMENT)
    browser.get(f"{PROGRESS}?nam={YEAR}&{asked}", 404)
    browser.get(f"{LISTS}?nam={YEAR}&{asked}&ly-do=draft", 404)
    browser.get(f"{LISTS}?nam={YEAR}&truong=MAU-TH-01&ly-do=replaced", 404)


def test_a_double_click_and_a_stale_page_change_one_thing_once(world: World) -> None:
    """The second click, and the page that was opened before, are refused; the history has one row more."""
    clerk = world.signed_in(CLERK)
    with Session(world.engine) as session:
        draft = session.scalars(sa.select(RecordVersion).where(RecordVersion.state == State.DRAFT.value)).one()
    action = f"/goi-hoc-ba/{draft.packet_id}/rut"
    fields = {
        "csrf_token": token_of(clerk.get(action)),
        "scope": "chosen",
        "records": str(draft.id),
        "reason": "nhập nhầm",
    }
    clerk.post(action, fields)
    clerk.post(action, fields, 409)
    with Session(world.engine) as session:
        changes = session.scalars(
            sa.select(StateChange.to_state).where(StateChange.version_id == draft.id).order_by(StateChange.id)
        ).all()
        assert changes == ["draft", "withdrawn"]
        count = session.scalars(sa.select(ClassCount).where(ClassCount.class_name == draft.class_name)).all()
        assert sum(each.draft for each in count) == 0


def test_the_head_is_led_to_each_class_that_waits_and_the_second_round_stands_apart(
    small_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(small_world, draft=25, second_open=7)
    turn_clock(monkeypatch, DAY.replace(month=6, day=18))
    with Session(small_world.engine) as session, session.begin():
        drafts = sa.select(RecordVersion.packet_id).where(RecordVersion.state == State.DRAFT.value)
        packet = session.scalars(drafts).one()
        session.execute(sa.update(Packet).where(Packet.id == packet).values(school_year=DUE))
    there = f"/goi-hoc-ba/{packet}"
    head = small_world.signed_in(HEAD).get("/")
    assert there in head.links()
    assert "7 chưa ký, phải đánh giá bổ sung, thuộc đợt 2, chưa muộn" in head.text
    assert there not in small_world.signed_in(CLERK).get("/").links()


def test_a_school_that_sent_nothing_is_led_to_its_first_class(small_world: World) -> None:
    page = small_world.signed_in(NEIGHBOUR).get("/")
    assert "0 học bạ đã gửi: nhập lớp đầu tiên Đến lượt: Văn thư (bạn)" in page.text
    assert "/goi-hoc-ba/nhap" in page.links()
