"""Years of the system before this one on the web: two officials make an act, everybody sees where a year comes from."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.demo.units import SCHOOL
from portal.models import EarlierImport, EarlierKey, KeyAuthorisation, RecordVersion, Transcript
from portal.services.audit import audit
from portal.signers.file import FileSigner
from tests.client import Browser, Page
from tests.earlier import OLD_CODE, SOURCE, bundle, entry, old_record
from tests.portal.worlds import CLERK, DEPARTMENT, HEAD, LOCKED_NAME, NEIGHBOUR, World
from verify.code import grouped
from verify.signing import Role, Signer

OFFICIAL = "so.canbo"
LIST, NEW, KEY = "/nam-truoc", "/nam-truoc/nhap", "/nam-truoc/khoa"
DECISION = "125/QĐ-SGDĐT"
FIRST_DAY, LAST_DAY = date(2024, 2, 1), date(2025, 8, 31)
YEAR = old_record("2023-2024", 3)


def old_signers(world: World) -> dict[Role, FileSigner]:
    assert world.runtime.authority is not None
    made = datetime(2024, 1, 10, tzinfo=UTC)
    return {
        role: world.runtime.authority.demo_signer("CU-TH-01", "Trường cũ", role, "Người cũ", made)
        for role in (Role.HEAD, Role.SCHOOL_SEAL)
    }


def propose_key(browser: Browser, certificate: bytes, role: Role, status: int = 303, **fields: str) -> Any:
    given: dict[str, Any] = {
        "file": (certificate, "a.cer", "application/pkix-cert"),
        "unit": SCHOOL,
        "role": role.value,
        "first_day": FIRST_DAY.isoformat(),
        "last_day": LAST_DAY.isoformat(),
        "decision": DECISION,
        **fields,
    }
    return browser.submit(browser.get(KEY), KEY, given, status)


def recognise(world: World) -> None:
    one, two = world.signed_in(DEPARTMENT), world.signed_in(OFFICIAL)
    for role, signer in old_signers(world).items():
        address = str(propose_key(one, signer.certificate, role).location)
        two.submit(two.get(address), f"{address}/xac-nhan", {})


def the_bundle(world: World, *more: dict[str, Any]) -> bytes:
    keys: dict[Role, Signer] = dict(old_signers(world))
    return bundle(entry(YEAR, keys), *more)


def propose(browser: Browser, data: bytes, status: int = 303) -> Any:
    given: dict[str, Any] = {"file": (data, "goi.json", "application/json"), "decision": DECISION}
    return browser.submit(browser.get(NEW), NEW, given, status)


def confirm(browser: Browser, address: str) -> Page:
    browser.submit(browser.get(address), f"{address}/xac-nhan", {})
    return browser.get(address)


def count(world: World, model: type[Any]) -> int:
    with Session(world.engine) as session:
        return session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def test_two_officials_recognise_an_old_key(world: World) -> None:
    registered = count(world, KeyAuthorisation)
    one, two = world.signed_in(DEPARTMENT), world.signed_in(OFFICIAL)
    signer = old_signers(world)[Role.HEAD]
    address = str(propose_key(one, signer.certificate, Role.HEAD).location)
    assert f"{address}/xac-nhan" not in one.get(address).response.text
    assert address in two.get(LIST).links()
    seen = two.get(address)
    assert "Công nhận khóa của hệ thống trước" in seen.heading
    assert "không bao giờ cho học bạ mới" in seen.text
    assert "Từ ngày 01/02/2024 đến hết ngày 31/08/2025" in seen.text
    assert "Đã xác nhận" in confirm(two, address).text
    assert (count(world, EarlierKey), count(world, KeyAuthorisation)) == (1, registered)
    assert "01/02/2024 – 31/08/2025" in two.get(LIST).text


def test_two_officials_take_a_recognition_back(world: World) -> None:
    recognise(world)
    one, two = world.signed_in(DEPARTMENT), world.signed_in(OFFICIAL)
    confirm(two, str(propose(one, the_bundle(world)).location))
    form = next(link for link in one.get(LIST).links() if link.endswith("/ket-thuc"))
    assert "Số học bạ đã nhận có chữ ký của khóa này: 1" in one.get(form).text
    beyond = one.submit(one.get(form), form, {"last_day": "2030-01-01", "decision": DECISION}, 422)
    assert 'id="last_day-loi"' in beyond.get_data(as_text=True)
    address = str(one.submit(one.get(form), form, {"last_day": "", "decision": DECISION}).location)
    assert f"{address}/xac-nhan" not in one.get(address).response.text
    assert address in two.get(LIST).links()
    seen = two.get(address)
    assert "Rút công nhận khóa của hệ thống trước" in seen.heading
    assert "Không còn được tính cho ngày nào" in seen.text
    assert "sẽ không còn là “Đúng bản gốc”" in seen.text
    assert "Chạy kiểm toán" in confirm(two, address).text
    assert form not in two.get(LIST).links()
    assert "không ngày nào" in two.get(LIST).text
    for username in (CLERK, HEAD, NEIGHBOUR):
        world.signed_in(username).get(form, 404)


@pytest.mark.parametrize("last_day", ["", "2099-01-01", "2024-01-01"])
def test_a_period_that_is_not_over_is_refused_beside_its_field(small_world: World, last_day: str) -> None:
    signer = old_signers(small_world)[Role.HEAD]
    answer = propose_key(small_world.signed_in(DEPARTMENT), signer.certificate, Role.HEAD, 422, last_day=last_day)
    assert 'id="last_day-loi"' in answer.get_data(as_text=True)


def test_a_period_beyond_the_certificate_is_refused(small_world: World) -> None:
    signer = old_signers(small_world)[Role.HEAD]
    browser = small_world.signed_in(DEPARTMENT)
    answer = propose_key(browser, signer.certificate, Role.HEAD, 422, first_day="2023-09-01")
    assert "vượt ra ngoài thời hạn của chứng thư" in answer.get_data(as_text=True)


def test_two_officials_bring_a_year_in_and_everybody_sees_where_it_comes_from(world: World) -> None:
    recognise(world)
    one, two = world.signed_in(DEPARTMENT), world.signed_in(OFFICIAL)
    bad = entry(old_record("2024-2025", 4), dict(old_signers(world))) | {"sha256": "0" * 64}
    address = str(propose(one, the_bundle(world, bad)).location)
    mine = one.get(address)
    assert "Chưa học bạ nào được nhập" in mine.text
    assert f"{address}/xac-nhan" not in mine.response.text
    assert address in two.get(LIST).links()
    before = two.get(address)
    for shown in (SOURCE, DECISION, LOCKED_NAME, "Nhập được.", "Dữ liệu không khớp SHA-256", "30/06/2024"):
        assert shown in before.text, shown
    versions = count(world, RecordVersion)
    after = confirm(two, address)
    assert "Đã nhập" in after.text
    assert count(world, RecordVersion) == versions + 1
    code = world.codes.locked
    assert f"/hoc-ba/{code}" in after.links(), "the pupil was here already"
    for path in (f"/t/{code}", f"/t/{OLD_CODE}", f"/t/{OLD_CODE}/2023-2024.1"):
        card = world.browser().get(path)
        assert f"Nhập từ hệ thống trước ({SOURCE})" in card.text
        assert grouped(code) in card.text
        assert "2025-2026" in card.text
    record = world.signed_in(HEAD).get(f"/hoc-ba/{code}")
    assert f"Nhập từ hệ thống trước ({SOURCE})" in record.text
    assert grouped(OLD_CODE) in record.text
    found = world.signed_in(CLERK).get("/hoc-ba?q=ngoc+uyen&nam=2023-2024")
    assert "nhập từ hệ thống trước" in found.text
    assert "nhập từ hệ thống trước" not in world.signed_in(CLERK).get("/hoc-ba?q=ngoc+uyen&nam=2024-2025").text
    clerk = world.signed_in(CLERK)
    packet = next(
        link for link in clerk.get("/goi-hoc-ba").links() if link.startswith("/goi-hoc-ba/") and link[-1:].isdigit()
    )
    assert clerk.get(packet).status == 200
    with Session(world.engine) as session:
        assert audit(session, world.runtime.log_signer.verifier).problems == ()


def test_an_old_code_of_nobody_costs_what_any_silence_costs(small_world: World) -> None:
    assert small_world.browser().get(f"/t/{OLD_CODE}", 404).response.data == (
        small_world.browser().get(f"/t/{small_world.codes.unknown}", 404).response.data
    )


def test_the_same_bundle_leads_to_the_same_proposal(small_world: World) -> None:
    recognise(small_world)
    one, two = small_world.signed_in(DEPARTMENT), small_world.signed_in(OFFICIAL)
    data = the_bundle(small_world)
    address = str(propose(one, data).location)
    confirm(two, address)
    before = count(small_world, RecordVersion), count(small_world, Transcript)
    assert str(propose(one, data).location) == address
    two.post(f"{address}/xac-nhan", {"csrf_token": token(two, address)})
    assert (count(small_world, RecordVersion), count(small_world, Transcript)) == before


def token(browser: Browser, address: str) -> str:
    form = browser.get(address).form("/dang-xuat")
    return next(str(field.get("value")) for field in form.iter("input") if field.get("name") == "csrf_token")


def test_a_bundle_is_withdrawn_with_a_reason(small_world: World) -> None:
    one = small_world.signed_in(DEPARTMENT)
    address = str(propose(one, the_bundle(small_world)).location)
    page = one.get(address)
    assert "chưa được đăng ký với Sở" in page.text, "no key is recognised yet"
    assert one.submit(page, f"{address}/tu-choi", {"reason": ""}, 422)
    one.submit(one.get(address), f"{address}/tu-choi", {"reason": "Gửi nhầm gói"})
    assert "Gửi nhầm gói" in one.get(address).text
    with Session(small_world.engine) as session:
        assert session.scalars(sa.select(EarlierImport.data)).one() is None


@pytest.mark.parametrize("data", [b"PK\x03\x04", b"{}", b"%PDF-1.7"])
def test_what_is_no_bundle_is_refused_beside_the_file(small_world: World, data: bytes) -> None:
    answer = propose(small_world.signed_in(DEPARTMENT), data, 422)
    assert 'id="file-loi"' in answer.get_data(as_text=True)
    assert count(small_world, EarlierImport) == 0


@pytest.mark.parametrize("username", [CLERK, HEAD, NEIGHBOUR])
def test_nobody_else_finds_any_of_it(small_world: World, username: str) -> None:
    address = str(propose(small_world.signed_in(DEPARTMENT), the_bundle(small_world)).location)
    browser = small_world.signed_in(username)
    for path in (LIST, NEW, KEY, address):
        browser.get(path, 404)
    for path in (NEW, KEY, f"{address}/xac-nhan"):
        browser.post(path, {"csrf_token": token(browser, "/hoc-ba")}, 404)
    with Session(small_world.engine) as session:
        assert session.scalars(sa.select(EarlierImport.state)).one() == "waiting"
