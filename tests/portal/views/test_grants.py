"""Grants: the department gives, staff ask, the grantee opens as much as was granted, and an end counts at once."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.models import AccessEvent, AccessGrant
from portal.services.organisation import day_of
from portal.web import clock
from tests.client import Browser, Page
from tests.portal.families import guardian
from tests.portal.worlds import CLERK, DEPARTMENT, LOCKED_NAME, NEIGHBOUR, World

SECOND = "so.canbo"
OTHER_SCHOOL = "MAU-TH-02"


def fields(world: World, **changed: str) -> dict[str, str]:
    today = day_of(clock.read())
    return {
        "kind": "unit",
        "to": OTHER_SCHOOL,
        "scope": "marks",
        "purpose": "transfer",
        "reference": "Đơn 12",
        "valid_from": today.isoformat(),
        "valid_to": (today + timedelta(days=30)).isoformat(),
        "codes": world.codes.locked,
    } | changed


def written(world: World, browser: Browser, **changed: str) -> str:
    """The address of a grant that was given or asked for."""
    made = browser.submit(browser.get("/cap-quyen/moi"), "/cap-quyen/moi", fields(world, **changed))
    assert made.location
    return str(made.location)


def open_record(world: World, browser: Browser, grant: str, case: str = "", status: int = 200) -> Page:
    path = f"{grant}/hoc-ba/{world.codes.locked}"
    return Page(browser.submit(browser.get(path), path, {"case": case}, status))


def test_a_unit_opens_what_it_was_granted_until_it_ends(world: World) -> None:
    official, clerk = world.signed_in(DEPARTMENT), world.signed_in(NEIGHBOUR)
    grant = written(world, official)
    assert LOCKED_NAME in clerk.get(grant).text
    page = open_record(world, clerk, grant)
    assert LOCKED_NAME in page.text
    for private in ("Kinh", "132,5", "087315001234"):
        assert private not in page.text
    assert "đã xem 1 lần" in official.get(grant).text
    told = guardian(world, world.codes.locked).get(f"/con-em/{world.codes.locked}").text
    assert "Chuyển trường: Đơn 12" in told
    clerk.get(f"/hoc-ba/{world.codes.locked}", 404)
    asked = clerk.get(f"{grant}/hoc-ba/{world.codes.locked}")
    official.submit(official.get(grant), f"{grant}/ket-thuc", {})
    clerk.submit(asked, f"{grant}/hoc-ba/{world.codes.locked}", {}, 404)
    clerk.get(f"{grant}/hoc-ba/{world.codes.locked}", 404)
    with Session(world.engine) as session:
        looks = session.execute(
            sa.select(AccessEvent.basis, AccessEvent.fields, AccessEvent.purpose, AccessEvent.outcome)
            .where(AccessEvent.basis.startswith("grant:"))
            .order_by(AccessEvent.id)
        ).all()
    number = grant.rpartition("/")[2]
    assert tuple(looks[0]) == (f"grant:{number}", "marks: 2025-2026, 2024-2025", "transfer Đơn 12", "allowed")
    assert looks[1].outcome == "refused"


def test_only_the_whole_record_shows_body_and_origin(world: World) -> None:
    clerk = world.signed_in(NEIGHBOUR)
    for scope, sees in (("status", False), ("marks", False), ("whole", True)):
        grant = written(world, world.signed_in(DEPARTMENT), scope=scope)
        text = open_record(world, clerk, grant).text
        assert ("Kinh" in text) is sees
        assert ("132,5" in text) is sees
        assert ("Hoàn thành tốt" in text) is (scope != "status")


def test_a_procedure_asks_for_the_case_each_time(world: World) -> None:
    official, clerk = world.signed_in(DEPARTMENT), world.signed_in(NEIGHBOUR)
    grant = written(world, official, kind="procedure", procedure="Tuyển sinh lớp 6")
    assert "số hồ sơ" in open_record(world, clerk, grant, "", 422).text
    open_record(world, clerk, grant, "HS-0042")
    assert "đã xem 1 lần" in official.get(grant).text


def test_looks_run_out(world: World) -> None:
    grant = written(world, world.signed_in(DEPARTMENT), views="1")
    clerk = world.signed_in(NEIGHBOUR)
    path = f"{grant}/hoc-ba/{world.codes.locked}"
    asked = clerk.get(path)
    clerk.submit(asked, path, {}, 200)
    clerk.submit(asked, path, {}, 404)


def test_years_outside_stay_closed(world: World) -> None:
    official, clerk = world.signed_in(DEPARTMENT), world.signed_in(NEIGHBOUR)
    grant = written(world, official, first_year="2025-2026", last_year="2025-2026")
    assert "2024-2025" not in open_record(world, clerk, grant).text


def test_nobody_else_uses_or_sees_a_grant(world: World) -> None:
    grant = written(world, world.signed_in(DEPARTMENT), kind="person", to=SECOND)
    for username in (CLERK, NEIGHBOUR, "kiemtoan"):
        browser = world.signed_in(username)
        browser.get(grant, 404)
        browser.get(f"{grant}/hoc-ba/{world.codes.locked}", 404)
        assert LOCKED_NAME not in browser.get("/cap-quyen").text
    open_record(world, world.signed_in(SECOND), grant)


def test_a_request_gives_nothing_until_another_decides(world: World) -> None:
    clerk = world.signed_in(NEIGHBOUR)
    grant = written(world, clerk)
    page = clerk.get(grant)
    assert LOCKED_NAME not in page.text
    clerk.get(f"{grant}/hoc-ba/{world.codes.locked}", 404)
    clerk.post(f"{grant}/dong-y", {"csrf_token": token(page, clerk)}, 404)
    official = world.signed_in(DEPARTMENT)
    assert "Chờ quyết định" in official.get("/cap-quyen").text
    official.submit(official.get(grant), f"{grant}/dong-y", {})
    open_record(world, clerk, grant)


def test_a_refused_request_stays_refused(world: World) -> None:
    grant = written(world, world.signed_in(NEIGHBOUR))
    official = world.signed_in(DEPARTMENT)
    page = official.get(grant)
    official.submit(page, f"{grant}/tu-choi", {})
    official.submit(page, f"{grant}/dong-y", {})
    assert "Bị từ chối" in official.get(grant).text


def test_staff_ask_for_themselves_only(small_world: World) -> None:
    clerk = small_world.signed_in(NEIGHBOUR)
    page = clerk.get("/cap-quyen/moi")
    for changed in ({"to": "MAU-TH-01"}, {"kind": "person", "to": CLERK}):
        clerk.submit(page, "/cap-quyen/moi", fields(small_world, **changed), 422)


@pytest.mark.parametrize(
    "changed",
    [
        {"codes": "khong-phai-ma"},
        {"codes": " "},
        {"to": "KHONG-CO"},
        {"kind": "procedure"},
        {"first_year": "2025"},
        {"first_year": "2025-2026", "last_year": "2024-2025"},
        {"valid_from": "2026-09-01", "valid_to": "2026-08-21"},
        {"valid_to": "2099-08-21"},
        {"views": "0"},
    ],
)
def test_what_makes_no_sense_gives_nothing(small_world: World, changed: dict[str, str]) -> None:
    official = small_world.signed_in(DEPARTMENT)
    page = official.get("/cap-quyen/moi")
    official.submit(page, "/cap-quyen/moi", fields(small_world, **changed), 422)
    with Session(small_world.engine) as session:
        assert session.scalars(sa.select(AccessGrant)).all() == []


def test_a_list_with_one_silent_code_gives_nothing_and_tells_no_difference(world: World) -> None:
    clerk = world.signed_in(NEIGHBOUR)
    page = clerk.get("/cap-quyen/moi")
    told = {
        Page(
            clerk.submit(page, "/cap-quyen/moi", fields(world, codes=f"{world.codes.locked}\n{code}"), 422)
        ).text.replace(code, "")
        for code in world.codes.silent.values()
    }
    assert len(told) == 1


def test_a_family_grants_and_ends_for_the_own_child_alone(world: World) -> None:
    parent, clerk = guardian(world, world.codes.locked), world.signed_in(NEIGHBOUR)
    grant = written(world, parent, purpose="family")
    open_record(world, clerk, grant)
    assert "Gia đình cấp" in parent.get(f"/con-em/{world.codes.locked}").text
    parent.submit(parent.get(grant), f"{grant}/ket-thuc", {})
    clerk.get(f"{grant}/hoc-ba/{world.codes.locked}", 404)
    page = parent.get("/cap-quyen/moi")
    parent.submit(page, "/cap-quyen/moi", fields(world, codes=world.codes.accepted), 404)


def token(page: Page, browser: Browser) -> str:
    """The token of some form on the page; the sign-out form is on each."""
    assert browser.cookie("hocba-form")
    return next(field.get("value", "") for field in page.tree.iter("input") if field.get("name") == "csrf_token")
