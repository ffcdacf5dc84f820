"""People: invited by link, given dated roles, ended; two officials for roles of weight; nobody beyond their office."""

import secrets
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.identity import StaffRole
from portal.models import AccessEvent, Account, AccountInvitation, AppointmentRow, PeopleProposal, WebSession
from portal.services import accounts
from portal.services.organisation import day_of
from portal.services.organisation import unit as unit_of
from portal.web import clock
from tests.client import Browser, Page
from tests.portal.families import guardian, shown
from tests.portal.worlds import CLERK, DEPARTMENT, HEAD, NEIGHBOUR, World

SECOND, OTHER_HEAD, AUDITOR = "so.canbo", "th02.hieutruong", "kiemtoan"
OWN_SCHOOL, OTHER_SCHOOL, OFFICE = "MAU-TH-01", "MAU-TH-02", "MAU-SO"
NEWCOMER = "Đặng Thị Ổi (mẫu)"
PASSWORD = "mưa rào trên mái tôn nhà ngoại"
PEOPLE = "/nguoi-dung"


def today() -> date:
    return day_of(clock.read())


def role_fields(role: str, unit: str, since: date | None = None, until: date | None = None) -> dict[str, str]:
    fields = {"unit": unit, "role": role, "valid_from": (since or today()).isoformat()}
    return fields if until is None else {**fields, "valid_to": until.isoformat()}


def id_of(world: World, username: str) -> int:
    with Session(world.engine) as session:
        return session.scalars(sa.select(Account.id).where(Account.username == username)).one()


def at(world: World, username: str) -> str:
    return f"{PEOPLE}/{id_of(world, username)}"


def roles_of(world: World, username: str) -> list[tuple[str, date, date | None]]:
    with Session(world.engine) as session:
        rows = session.execute(
            sa.select(AppointmentRow.role, AppointmentRow.valid_from, AppointmentRow.valid_to)
            .where(AppointmentRow.account_id == id_of(world, username))
            .order_by(AppointmentRow.id)
        )
        return [(role, since, until) for role, since, until in rows]


def token_on(page: Page) -> str:
    return next(field.get("value", "") for field in page.tree.iter("input") if field.get("name") == "csrf_token")


def invited(browser: Browser, fields: dict[str, str]) -> str:
    """The secret of an invitation."""
    page = browser.get(f"{PEOPLE}/moi")
    made = browser.submit(page, f"{PEOPLE}/moi", {"display_name": NEWCOMER, **fields}, 200)
    return shown(Page(made), "data-secret")


def taken_up(world: World, secret: str, username: str = "", password: str = PASSWORD, status: int = 303) -> Page:
    """Take an invitation up in a browser of a stranger, without scripts."""
    browser = world.browser(address="198.51.100.23")
    first = browser.submit(browser.get("/nhan-tai-khoan"), "/nhan-tai-khoan", {"secret": secret}, 200)
    fields = {"fresh": password, "again": password} | ({"username": username} if username else {})
    return Page(browser.submit(Page(first), "/nhan-tai-khoan/dat-mat-khau", fields, status))


def sign_in(world: World, username: str, password: str, status: int = 303) -> Browser:
    browser = world.browser()
    page = browser.get("/dang-nhap")
    browser.submit(page, "/dang-nhap", {"username": username, "password": password}, status)
    return browser


def give(browser: Browser, person: str, fields: dict[str, str], status: int = 303) -> str:
    answer = browser.submit(browser.get(person), f"{person}/vai-tro", fields, status)
    return answer.location or answer.text


def role_link(page: Page) -> str:
    return next(link for link in page.links() if "/vai-tro/" in link)


def test_a_clerk_is_invited_takes_it_up_and_works_the_same_minute(world: World) -> None:
    secret = invited(world.signed_in(DEPARTMENT), role_fields("clerk", OTHER_SCHOOL))
    done = taken_up(world, secret, "th02.moi")
    assert done.response.location == "/nhan-tai-khoan/xong"
    world.browser().get("/nhan-tai-khoan/xong")
    clerk = sign_in(world, "TH02.moi", PASSWORD)
    clerk.get("/goi-hoc-ba")
    clerk.get(PEOPLE, 404)
    assert roles_of(world, "th02.moi") == [("clerk", today(), None)]
    with Session(world.engine) as session:
        kept = session.scalars(sa.select(AccountInvitation)).one()
        acts = session.execute(
            sa.select(AccessEvent.account_id, AccessEvent.purpose).where(AccessEvent.action == "account.role_given")
        ).all()
    assert secret not in str(vars(kept))
    assert [tuple(act) for act in acts] == [(id_of(world, DEPARTMENT), f"clerk@{OTHER_SCHOOL}")]
    again = world.browser()
    page = again.get("/nhan-tai-khoan")
    assert "đã dùng" in again.submit(page, "/nhan-tai-khoan", {"secret": secret}, 422).text


def test_what_an_invitation_refuses(small_world: World) -> None:
    official = small_world.signed_in(DEPARTMENT)
    secret = invited(official, role_fields("clerk", OWN_SCHOOL))
    assert "ngắn hơn" in taken_up(small_world, secret, "nguoi.moi", "ngắn", 422).text
    assert "dễ đoán" in taken_up(small_world, secret, "nguoi.moi", "matkhau123456", 422).text
    assert "Đã có tài khoản" in taken_up(small_world, secret, CLERK, status=422).text
    ended = invited(official, role_fields("clerk", OWN_SCHOOL))
    listing = official.get(PEOPLE)
    newest = next(form for form in listing.tree.iter("form") if "/loi-moi/" in form.get("action", ""))
    official.post(newest.get("action", ""), {"csrf_token": token_on(listing)})
    late = invited(official, role_fields("clerk", OWN_SCHOOL))
    with Session(small_world.engine) as session:
        session.execute(sa.text("DROP TRIGGER guard_account_invitation_update"))
        newest_id = session.scalars(sa.select(sa.func.max(AccountInvitation.id))).one()
        past = sa.update(AccountInvitation).where(AccountInvitation.id == newest_id)
        session.execute(past.values(expires_at=clock.read()))
        session.commit()
    stranger = small_world.browser()
    answers = set()
    for dead in (ended, late, secrets.token_urlsafe(24)):
        page = stranger.get("/nhan-tai-khoan")
        answers.add(stranger.submit(page, "/nhan-tai-khoan", {"secret": dead}, 422).text.replace(dead, ""))
    assert len({answer.partition("<main")[2] for answer in answers}) == 1
    taken_up(small_world, secret, "nguoi.moi")


def test_a_dead_link_sets_nothing_even_past_its_first_page(small_world: World) -> None:
    """Accepted twice, ended, and a link for another password used twice: each posted straight to the last step."""
    official, head = small_world.signed_in(DEPARTMENT), small_world.signed_in(HEAD)
    used = invited(official, role_fields("clerk", OWN_SCHOOL))
    taken_up(small_world, used, "nguoi.mot")
    ended = invited(official, role_fields("clerk", OWN_SCHOOL))
    listing = official.get(PEOPLE)
    newest = next(form for form in listing.tree.iter("form") if "/loi-moi/" in form.get("action", ""))
    official.post(newest.get("action", ""), {"csrf_token": token_on(listing)})
    person = at(small_world, CLERK)
    reset = shown(Page(head.submit(head.get(person), f"{person}/mat-khau", {}, 200)), "data-secret")
    taken_up(small_world, reset)
    stranger, words = small_world.browser(), set()
    for dead in (used, ended, reset, secrets.token_urlsafe(24)):
        fields = {"secret": dead, "username": "nguoi.hai", "fresh": f"{PASSWORD} khác", "again": f"{PASSWORD} khác"}
        fields["csrf_token"] = token_on(stranger.get("/nhan-tai-khoan"))
        answer = Page(stranger.post("/nhan-tai-khoan/dat-mat-khau", fields, 422))
        words.add(" ".join("".join(answer.tree.itertext()).split()).replace(dead, ""))
    assert len(words) == 1
    with Session(small_world.engine) as session:
        assert session.scalar(sa.select(Account.id).where(Account.username == "nguoi.hai")) is None
    sign_in(small_world, CLERK, PASSWORD)
    sign_in(small_world, "nguoi.mot", PASSWORD)


def test_an_invitation_dies_with_the_right_of_who_made_it(small_world: World) -> None:
    head = small_world.signed_in(HEAD)
    made = head.submit(
        head.get(f"{PEOPLE}/moi"),
        f"{PEOPLE}/moi",
        {"display_name": NEWCOMER, "own_unit": OWN_SCHOOL, "role": "clerk", "valid_from": today().isoformat()},
        200,
    )
    secret = shown(Page(made), "data-secret")
    official = small_world.signed_in(DEPARTMENT)
    person = official.get(at(small_world, HEAD))
    ending = role_link(person)
    official.submit(official.get(ending), ending, {"last_day": today().isoformat()})
    browser = small_world.browser()
    browser.submit(browser.get("/nhan-tai-khoan"), "/nhan-tai-khoan", {"secret": secret}, 200)
    token = token_on(official.get(ending))
    official.post(ending, {"csrf_token": token, "now": "1"})
    browser.submit(browser.get("/nhan-tai-khoan"), "/nhan-tai-khoan", {"secret": secret}, 422)


def test_a_head_is_replaced_in_june_two_dated_roles(world: World) -> None:
    official, second = world.signed_in(DEPARTMENT), world.signed_in(SECOND)
    last = today() + timedelta(days=20)
    ending = role_link(official.get(at(world, OTHER_HEAD)))
    official.submit(official.get(ending), ending, {"last_day": last.isoformat()})
    secret = invited(official, role_fields("head", OTHER_SCHOOL, last + timedelta(days=1)))
    taken_up(world, secret, "th02.hieutruong2")
    assert roles_of(world, "th02.hieutruong2") == []
    waiting = next(link for link in second.get(PEOPLE).links() if "/de-nghi/" in link)
    assert "Bạn đã đề nghị" in official.get(waiting).text
    official.post(f"{waiting}/xac-nhan", {"csrf_token": token_on(official.get(waiting))}, 404)
    second.submit(second.get(waiting), f"{waiting}/xac-nhan", {})
    assert roles_of(world, OTHER_HEAD)[0][2] == last
    assert roles_of(world, "th02.hieutruong2") == [("head", last + timedelta(days=1), None)]
    assert "Chưa đến ngày" in official.get(at(world, "th02.hieutruong2")).text
    successor = sign_in(world, "th02.hieutruong2", PASSWORD)
    successor.get("/chung-thu", 404)
    world.signed_in(OTHER_HEAD).get("/chung-thu")


def test_nobody_gives_what_is_not_theirs_or_elsewhere_or_to_themselves(small_world: World) -> None:
    head = small_world.signed_in(HEAD)
    token = token_on(head.get(f"{PEOPLE}/moi"))
    own, neighbour = at(small_world, HEAD), at(small_world, NEIGHBOUR)
    wanted = {"csrf_token": token, "own_unit": OWN_SCHOOL, "role": "clerk", "valid_from": today().isoformat()}
    before = [roles_of(small_world, each) for each in (HEAD, CLERK, NEIGHBOUR)]
    for role in ("head", "department_admin", "auditor", "monitor", "ministry"):
        head.post(f"{at(small_world, CLERK)}/vai-tro", {**wanted, "role": role}, 422)
    head.post(f"{at(small_world, CLERK)}/vai-tro", {**wanted, "own_unit": OTHER_SCHOOL}, 422)
    head.post(f"{own}/vai-tro", wanted, 404)
    head.post(f"{neighbour}/vai-tro", wanted, 404)
    head.get(neighbour, 404)
    head.post(f"{neighbour}/mat-khau", {"csrf_token": token}, 404)
    head.post(f"{own}/mat-khau", {"csrf_token": token}, 404)
    head.post(f"{at(small_world, CLERK)}/dong", {"csrf_token": token}, 404)
    official = small_world.signed_in(DEPARTMENT)
    token = token_on(official.get(PEOPLE + "/moi"))
    for path in ("/vai-tro", "/mat-khau", "/dong"):
        fields = {"csrf_token": token, **role_fields("auditor", OFFICE)}
        official.post(f"{at(small_world, DEPARTMENT)}{path}", fields, 404)
    for username in (CLERK, AUDITOR, NEIGHBOUR):
        browser = small_world.signed_in(username)
        browser.get(PEOPLE, 404)
        browser.get(f"{PEOPLE}/moi", 404)
        browser.get(neighbour, 404)
        fields = {"csrf_token": token_on(browser.get("/tai-khoan")), **role_fields("clerk", OWN_SCHOOL)}
        browser.post(f"{PEOPLE}/moi", {**fields, "display_name": NEWCOMER}, 404)
        browser.post(f"{neighbour}/vai-tro", fields, 404)
    assert [roles_of(small_world, each) for each in (HEAD, CLERK, NEIGHBOUR)] == before


def test_what_does_not_fit_is_told_beside_its_field(small_world: World) -> None:
    official, person = small_world.signed_in(DEPARTMENT), at(small_world, NEIGHBOUR)
    yesterday = today() - timedelta(days=1)
    for fields, words in (
        (role_fields("clerk", "KHONG-CO"), "Không có đơn vị nào mang mã"),
        (role_fields("monitor", OTHER_SCHOOL), "Loại đơn vị này không có vai trò đó"),
        (role_fields("clerk", OTHER_SCHOOL), "đang giữ đúng vai trò đó"),
        (role_fields("clerk", OWN_SCHOOL, yesterday), "không ghi lùi ngày"),
        (role_fields("clerk", OWN_SCHOOL, today(), yesterday), "không được trước ngày bắt đầu"),
    ):
        assert words in give(official, person, fields, 422)
    assert len(roles_of(small_world, NEIGHBOUR)) == 1


def test_a_role_of_weight_waits_for_another_official_and_is_theirs_to_refuse(small_world: World) -> None:
    official, second, person = (
        small_world.signed_in(DEPARTMENT),
        small_world.signed_in(SECOND),
        at(small_world, AUDITOR),
    )
    waiting = give(official, person, role_fields("department_admin", OFFICE))
    assert "/de-nghi/" in waiting
    assert "đang chờ cán bộ thứ hai" in give(official, person, role_fields("department_admin", OFFICE), 422)
    small_world.signed_in(AUDITOR).get(PEOPLE, 404)
    small_world.signed_in(HEAD).get(waiting, 404)
    second.submit(second.get(waiting), f"{waiting}/tu-choi", {})
    second.get(waiting, 404)
    again = give(official, person, role_fields("department_admin", OFFICE))
    second.submit(second.get(again), f"{again}/xac-nhan", {})
    small_world.signed_in(AUDITOR).get(PEOPLE)
    with Session(small_world.engine) as session:
        states = session.scalars(sa.select(PeopleProposal.state).order_by(PeopleProposal.id)).all()
        with pytest.raises(sa.exc.DatabaseError):
            session.execute(sa.update(PeopleProposal).values(state="waiting"))
    assert list(states) == ["declined", "confirmed"]


def test_an_account_ends_with_its_sessions_at_once_and_what_it_had_begun(world: World) -> None:
    official, second = world.signed_in(DEPARTMENT), world.signed_in(SECOND)
    secret = invited(second, role_fields("clerk", OWN_SCHOOL))
    waiting = give(second, at(world, AUDITOR), role_fields("department_admin", OFFICE))
    person = at(world, SECOND)
    official.submit(official.get(f"{person}/dong"), f"{person}/dong", {})
    second.fetch("/tai-khoan", 303)
    assert sign_in(world, SECOND, world.logins[SECOND].password, 422)
    page = official.get(person)
    assert "Đã đóng" in page.text
    assert "Quản trị của Sở" in page.text
    assert roles_of(world, SECOND)[0][2] == today()
    official.get(waiting, 404)
    browser = world.browser()
    browser.submit(browser.get("/nhan-tai-khoan"), "/nhan-tai-khoan", {"secret": secret}, 422)
    with Session(world.engine) as session:
        held = session.scalars(sa.select(WebSession.account_id)).all()
        acts = session.scalars(sa.select(AccessEvent.fields).where(AccessEvent.action == "account.closed")).all()
    assert id_of(world, SECOND) not in held
    assert acts == [f"account:{id_of(world, SECOND)}"]


def test_the_last_administrator_stays_even_when_two_end_each_other(small_world: World) -> None:
    official, second = small_world.signed_in(DEPARTMENT), small_world.signed_in(SECOND)
    ending = role_link(official.get(at(small_world, SECOND)))
    official.submit(official.get(ending), ending, {"last_day": (today() + timedelta(days=9)).isoformat()})
    # The one with an end of the own may not take the one without.
    ending = role_link(second.get(at(small_world, DEPARTMENT)))
    refused = second.submit(second.get(ending), ending, {"last_day": today().isoformat()}, 422)
    assert "quản trị cuối cùng" in refused.text
    closing = f"{at(small_world, DEPARTMENT)}/dong"
    assert "quản trị cuối cùng" in second.submit(second.get(closing), closing, {}, 422).text
    official.fetch("/tai-khoan")
    assert roles_of(small_world, DEPARTMENT)[0][2] is None


def test_a_forgotten_password_is_set_anew_by_link_and_ends_the_old_sessions(world: World) -> None:
    head, clerk = world.signed_in(HEAD), world.signed_in(CLERK)
    person = at(world, CLERK)
    made = head.submit(head.get(person), f"{person}/mat-khau", {}, 200)
    secret = shown(Page(made), "data-secret")
    clerk.fetch("/tai-khoan")
    taken_up(world, secret)
    clerk.fetch("/tai-khoan", 303)
    sign_in(world, CLERK, world.logins[CLERK].password, 422)
    sign_in(world, CLERK, PASSWORD)
    browser = world.browser()
    browser.submit(browser.get("/nhan-tai-khoan"), "/nhan-tai-khoan", {"secret": secret}, 422)


def test_no_single_official_becomes_another_one_by_a_link(small_world: World) -> None:
    official, second = small_world.signed_in(DEPARTMENT), small_world.signed_in(SECOND)
    for username in (HEAD, SECOND):
        person = at(small_world, username)
        answer = official.submit(official.get(person), f"{person}/mat-khau", {})
        assert answer.location
        assert "data-secret" not in official.get(answer.location).response.text
        official.post(f"{answer.location}/xac-nhan", {"csrf_token": token_on(official.get(answer.location))}, 404)
    about_herself = answer.location
    second.post(f"{about_herself}/xac-nhan", {"csrf_token": token_on(second.get(str(about_herself)))}, 404)
    of_head = next(link for link in second.get(at(small_world, HEAD)).links() if "/de-nghi/" in link)
    link = second.submit(second.get(of_head), f"{of_head}/xac-nhan", {}, 200)
    taken_up(small_world, shown(Page(link), "data-secret"))
    sign_in(small_world, HEAD, PASSWORD)


def test_the_list_is_by_given_name_found_without_marks_and_paged(small_world: World) -> None:
    guardian(small_world, small_world.codes.locked)
    with Session(small_world.engine) as session, session.begin():
        school = unit_of(session, OTHER_SCHOOL)
        for number in range(60):
            made = accounts.create_account(
                session, f"dong{number:02}", f"Lý Văn Bé {number:02}", PASSWORD, clock.read()
            )
            accounts.appoint(session, made, school, StaffRole.CLERK, date(2026, 1, 1))
    official = small_world.signed_in(DEPARTMENT)
    first, last = official.get(PEOPLE), official.get(f"{PEOPLE}?trang=2")
    assert "69 người" in first.text
    assert "phu.huynh" not in first.text + last.text
    found = official.get(f"{PEOPLE}?tim=do+thi+diem")
    assert [link for link in found.links() if link == at(small_world, CLERK)]
    assert "1 người" in found.text
    names = official.get(f"{PEOPLE}?tim=(mau)").text
    order = [names.index(name) for name in ("Nguyễn Thị Ngọc Ẩn", "Võ Hoàng Dũng", "Lưu Thị Hồng Gấm", "Lê Thuỵ Kiều")]
    assert order == sorted(order)
    assert "62 người" in official.get(f"{PEOPLE}?truong={OTHER_SCHOOL}").text
    head = small_world.signed_in(HEAD)
    assert "2 người" in head.get(PEOPLE).text
    assert "0 người" in head.get(f"{PEOPLE}?truong={OTHER_SCHOOL}").text
