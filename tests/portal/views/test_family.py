"""The family: linked by the school, sees everything of the own child and nothing of others, shares and ends it."""

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.models import GuardianLink, ShareLink
from portal.services import shares
from tests.client import Browser, Page
from tests.portal.families import PASSWORD, guardian, invitation, shown
from tests.portal.worlds import CLERK, DEPARTMENT, LOCKED_NAME, NEIGHBOUR, World
from verify.canonical import sha256
from verify.form.qr import path_of

PRIVATE = ("Kinh", "132,5", "087315001234")


def share(world: World, parent: Browser, **fields: str) -> tuple[str, str]:
    """Secret and PIN of a link that the parent makes."""
    code = world.codes.locked
    wanted = {"scope": "marks", "year": "2025-2026", "days": "7", "download": "khong"} | fields
    page = parent.get(f"/con-em/{code}/chia-se")
    made = Page(parent.submit(page, f"/con-em/{code}/chia-se", wanted, 200))
    return shown(made, "data-link").partition("#")[2], shown(made, "data-pin")


def opened(world: World, secret: str, pin: str, status: int = 200) -> Page:
    stranger = world.browser(address="203.0.113.5")
    return Page(stranger.submit(stranger.get("/chia-se"), "/chia-se", {"secret": secret, "pin": pin}, status))


def end_first(parent: Browser, code: str, kind: str) -> None:
    page = parent.get(f"/con-em/{code}")
    actions = [form.get("action", "") for form in page.tree.iter("form")]
    action = next(each for each in actions if each.startswith(f"/con-em/{kind}/"))
    parent.submit(page, action, {})


def test_a_guardian_sees_every_section_prints_it_and_who_looked(world: World) -> None:
    world.signed_in(DEPARTMENT).get(f"/hoc-ba/{world.codes.locked}")
    parent = guardian(world, world.codes.locked)
    assert parent.fetch("/hoc-ba", 303).location == "/con-em"
    assert LOCKED_NAME in parent.get("/con-em").text
    record = parent.get(f"/hoc-ba/{world.codes.locked}")
    for private in PRIVATE:
        assert private in record.text
    assert parent.fetch(f"/hoc-ba/{world.codes.locked}/ca-cuon.pdf").data.startswith(b"%PDF-")
    told = parent.get(f"/con-em/{world.codes.locked}").text
    assert "Phạm Hữu Nghĩa (mẫu)" in told
    assert "quản trị của Sở" in told


def test_a_guardian_sees_no_other_child(world: World) -> None:
    parent = guardian(world, world.codes.locked)
    for code in (world.codes.accepted, world.codes.unknown):
        for path in (f"/con-em/{code}", f"/con-em/{code}/chia-se", f"/hoc-ba/{code}", f"/giam-ho/{code}"):
            parent.get(path, 404)


def test_only_the_school_that_keeps_the_record_links_guardians(small_world: World) -> None:
    for username in (NEIGHBOUR, DEPARTMENT):
        browser = small_world.signed_in(username)
        browser.get(f"/giam-ho/{small_world.codes.locked}", 404)
        browser.get(f"/giam-ho/{small_world.codes.unknown}", 404)


def test_an_invitation_works_once_and_not_for_ever(world: World) -> None:
    secret = invitation(world, world.codes.locked)
    with Session(world.engine) as session, session.begin():
        session.execute(sa.update(GuardianLink).values(invite_until=GuardianLink.checked_at))
    fields = {"secret": secret, "username": "ai.do", "password": PASSWORD}
    stranger = world.browser()
    refused = Page(stranger.submit(stranger.get("/nhan-con-em"), "/nhan-con-em", fields, 422))
    assert "hết hạn" in refused.text
    guardian(world, world.codes.locked)
    fresh = invitation(world, world.codes.locked)
    for status, name in ((303, "me.hai"), (422, "me.ba")):
        browser = world.browser()
        form = {"secret": fresh, "username": name, "password": PASSWORD}
        browser.submit(browser.get("/nhan-con-em"), "/nhan-con-em", form, status)


def test_after_the_invitation_one_is_told_to_sign_in(world: World) -> None:
    fields = {"secret": invitation(world, world.codes.locked), "username": "me.moi", "password": PASSWORD}
    browser = world.browser()
    answer = browser.submit(browser.get("/nhan-con-em"), "/nhan-con-em", fields)
    page = browser.get(answer.location)
    assert "Đã nhận lời mời" in page.text
    entered = browser.submit(page, "/dang-nhap", {"username": "me.moi", "password": PASSWORD})
    assert entered.location == f"/con-em/{world.codes.locked}"
    assert "Đã nhận lời mời" not in browser.get("/dang-nhap").text


def test_what_is_shown_once_can_be_scanned_and_a_sample_says_that_its_address_is_none(small_world: World) -> None:
    code = small_world.codes.locked
    clerk = small_world.signed_in(CLERK)
    fields = {"display_name": "Nguyễn Thị Mẹ (mẫu)", "kinship": "mother", "papers": "birth"}
    made = Page(clerk.submit(clerk.get(f"/giam-ho/{code}"), f"/giam-ho/{code}", fields, 200))
    drawn = [part.get("d") for part in made.tree.iter()]
    assert path_of(shown(made, "data-link"))[1] in drawn
    assert "địa chỉ https://hocba.mau.invalid không có thật" in made.text
    assert "/nhan-con-em" in made.links()


def test_a_wrong_pin_leaves_the_code_where_it_is(world: World) -> None:
    secret, pin = share(world, guardian(world, world.codes.locked))
    stranger = world.browser(address="203.0.113.5")
    wrong = "000000" if pin != "000000" else "000001"
    refused = Page(stranger.submit(stranger.get("/chia-se"), "/chia-se", {"secret": secret, "pin": wrong}, 404))
    held = {field.get("name"): field.get("value") for field in refused.tree.iter("input")}
    assert (held["secret"], held["pin"]) == (secret, "")
    assert (
        LOCKED_NAME
        in Page(stranger.submit(refused, "/chia-se", {"secret": held["secret"] or "", "pin": pin}, 200)).text
    )


@pytest.mark.parametrize("password", ["", "ngắn quá"])
def test_a_weak_password_makes_no_account(small_world: World, password: str) -> None:
    fields = {"secret": invitation(small_world, small_world.codes.locked), "username": "me", "password": password}
    browser = small_world.browser()
    browser.submit(browser.get("/nhan-con-em"), "/nhan-con-em", fields, 422)


def test_ending_the_link_ends_what_it_gave(world: World) -> None:
    parent = guardian(world, world.codes.locked)
    secret, pin = share(world, parent)
    clerk = world.signed_in(CLERK)
    page = clerk.get(f"/giam-ho/{world.codes.locked}")
    action = next(f.get("action", "") for f in page.tree.iter("form") if "/lien-ket/" in f.get("action", ""))
    clerk.submit(page, action, {})
    parent.get(f"/con-em/{world.codes.locked}", 404)
    parent.get(f"/hoc-ba/{world.codes.locked}", 404)
    opened(world, secret, pin, 404)


def test_shared_marks_leave_out_what_is_private_and_other_years(world: World) -> None:
    parent = guardian(world, world.codes.locked)
    secret, pin = share(world, parent)
    page = opened(world, secret, pin)
    assert LOCKED_NAME in page.text
    assert "2025-2026" in page.text
    assert "Hoàn thành tốt" in page.text
    for private in (*PRIVATE, "2024-2025", "Dân tộc", "Chiều cao"):
        assert private not in page.text, private
    told = parent.get(f"/con-em/{world.codes.locked}").text
    assert "Khách không đăng nhập" in told
    assert "đường dẫn chia sẻ" in told
    assert "đã xem 1 lần" in told


def test_the_database_keeps_neither_secret_nor_pin(world: World) -> None:
    secret, pin = share(world, guardian(world, world.codes.locked))
    with Session(world.engine) as session:
        row = session.scalars(sa.select(ShareLink)).one()
        held = " ".join(str(getattr(row, column.key)) for column in ShareLink.__table__.columns)
    assert secret not in held
    assert pin not in row.pin_hash
    assert row.pin_hash.startswith("$argon2id$")


def test_ended_expired_used_up_and_unknown_links_give_one_page(world: World) -> None:
    parent = guardian(world, world.codes.locked)
    used, used_pin = share(world, parent, views="1")
    opened(world, used, used_pin)
    expired, expired_pin = share(world, parent)
    with Session(world.engine) as session, session.begin():
        # The guard keeps the day of a link; one that was made long ago stands in for one that waits.
        row = session.scalars(sa.select(ShareLink).order_by(ShareLink.id.desc()).limit(1)).one()
        values = {column.key: getattr(row, column.key) for column in ShareLink.__table__.columns if column.key != "id"}
        old = sha256(b"old" + expired.encode())
        session.add(ShareLink(**values | {"secret_sha256": old, "expires_at": row.made_at}))
    ended, ended_pin = share(world, parent)
    end_first(parent, world.codes.locked, "chia-se")
    secret, pin = share(world, parent)
    wrong = "0" * 6 if pin != "0" * 6 else "1" * 6
    pages = [
        opened(world, *pair, 404)
        for pair in (
            (used, used_pin),
            ("old" + expired, expired_pin),
            (ended, ended_pin),
            ("khong-co", pin),
            (secret, wrong),
        )
    ]
    assert len({page.text for page in pages}) == 1
    assert LOCKED_NAME in opened(world, secret, pin).text


def test_five_wrong_pins_end_a_link(world: World) -> None:
    secret, pin = share(world, guardian(world, world.codes.locked))
    for _ in range(shares.WRONG_PINS):
        opened(world, secret, "sai", 404)
    opened(world, secret, pin, 404)


@pytest.mark.parametrize("views", ["0", "1001", "9" * 20, "2" * 2_000, "2" * 5_000])
def test_a_number_of_looks_beyond_bounds_is_told_beside_its_field(small_world: World, views: str) -> None:
    code = small_world.codes.locked
    parent = guardian(small_world, code)
    page = parent.get(f"/con-em/{code}/chia-se")
    fields = {"scope": "marks", "year": "2025-2026", "days": "7", "download": "khong", "views": views}
    told = Page(parent.submit(page, f"/con-em/{code}/chia-se", fields, 422))
    assert "Ghi một số" in told.text


def test_a_file_is_shared_with_the_whole_record_alone(world: World) -> None:
    parent, code = guardian(world, world.codes.locked), world.codes.locked
    page = parent.get(f"/con-em/{code}/chia-se")
    fields = {"scope": "marks", "year": "tat-ca", "days": "30", "download": "co"}
    parent.submit(page, f"/con-em/{code}/chia-se", fields, 422)
    secret, pin = share(world, parent, scope="whole", year="tat-ca", download="co")
    stranger = world.browser()
    form = stranger.submit(stranger.get("/chia-se"), "/chia-se", {"secret": secret, "pin": pin}, 200)
    assert "Kinh" in Page(form).text
    taken = f"Tệp PDF học bạ của {LOCKED_NAME} đã được tải về"
    assert taken not in parent.get("/thong-bao").text
    assert stranger.submit(Page(form), "/chia-se/tep", {}, 200).data.startswith(b"%PDF-")
    assert parent.get("/thong-bao").text.count(taken) == 1
    once, once_pin = share(world, parent, scope="whole", year="tat-ca", download="co", views="1")
    opened(world, once, once_pin)
    stranger.submit(Page(form), "/chia-se/tep", {"secret": once, "pin": once_pin}, 404)
    closed, closed_pin = share(world, parent)
    stranger.submit(Page(form), "/chia-se/tep", {"secret": closed, "pin": closed_pin}, 404)


def test_a_print_opens_its_year_with_the_birth_date_until_the_family_ends_it(world: World) -> None:
    parent, code = guardian(world, world.codes.locked), world.codes.locked
    address = f"/t/{code}/2024-2025.1"
    stranger = world.browser()

    def asked(born: str, status: int) -> Page:
        page = stranger.get(f"{address}/noi-dung")
        return Page(stranger.submit(page, f"{address}/noi-dung", {"birth_date": born}, status))

    nothing = asked("2015-02-08", 404)
    parent.fetch(f"/hoc-ba/{code}/2024-2025.pdf")
    assert f"{address}/noi-dung" in stranger.get(address).links()
    page = asked("2015-02-08", 200)
    assert LOCKED_NAME in page.text
    for private in (*PRIVATE, "2025-2026"):
        assert private not in page.text, private
    wrong = asked("2015-02-09", 404)
    end_first(parent, code, "ban-in")
    ended = asked("2015-02-08", 404)
    assert nothing.text == wrong.text == ended.text
    stranger.get(address)  # the code on paper never ends


def test_birth_dates_cannot_be_tried_one_after_the_other(small_world: World) -> None:
    address = f"/t/{small_world.codes.locked}/2024-2025.1/noi-dung"
    for number in range(5):
        browser = small_world.browser(address=f"192.0.2.{number + 1}")
        browser.submit(browser.get(address), address, {"birth_date": f"2015-01-0{number + 1}"}, 404)
    browser = small_world.browser(address="192.0.2.99")
    browser.submit(browser.get(address), address, {"birth_date": "2015-02-08"}, 429)
