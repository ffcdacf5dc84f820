"""The registry of certificates on the web: two officials make an act, a head looks at the own school, nobody else."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from portal.demo.authority import DemoAuthority
from portal.demo.units import SCHOOL
from portal.models import KeyAuthorisation, KeyProposal, LogEntry
from portal.runtime import DEMO_AUTHORITY, TRUST
from portal.services.audit import audit
from portal.signers.file import FileSigner
from portal.web import clock
from portal.web.rendering import VIETNAM
from tests.client import Browser, Page
from tests.pki import pki
from tests.portal.conftest import set_limits
from tests.portal.worlds import CLERK, DEPARTMENT, HEAD, NEIGHBOUR, World
from verify.anchors import TrustStore
from verify.signing import Role

OFFICIAL = "so.canbo"
NEW = "/chung-thu/de-nghi"
FILE = "application/x-x509-ca-cert"
DECISION = "125/QĐ-SGDĐT"
REASON = "Nhầm người giữ khóa"


def signer(world: World, name: str, made: datetime | None = None) -> FileSigner:
    """A key of the demo's authority for somebody who is not registered yet."""
    assert world.runtime.authority is not None
    moment = made or clock.read()
    return world.runtime.authority.demo_signer(f"X-{name}", "Trường Tiểu học Mẫu số 1", Role.HEAD, name, moment)


def pem(data: bytes) -> bytes:
    return x509.load_der_x509_certificate(data).public_bytes(Encoding.PEM)


def today(days: int = 0) -> str:
    return (clock.read().astimezone(VIETNAM) + timedelta(days=days)).date().isoformat()


def propose(browser: Browser, data: bytes, status: int = 303, name: str = "a.cer", **fields: str) -> TestResponse:
    page = browser.get(NEW)
    given: dict[str, str | tuple[bytes, str, str]] = {
        "file": (data, name, FILE),
        "unit": SCHOOL,
        "role": "homeroom_teacher",
        "first_day": today(),
        "last_day": "",
        "decision": DECISION,
        **fields,
    }
    return browser.submit(page, NEW, given, status)


def proposed(world: World, data: bytes, by: str = DEPARTMENT) -> str:
    return str(propose(world.signed_in(by), data).location)


def confirm(browser: Browser, address: str) -> Page:
    browser.submit(browser.get(address), f"{address}/xac-nhan", {})
    return browser.get(address)


def count(world: World, model: type[KeyAuthorisation | KeyProposal | LogEntry]) -> int:
    with Session(world.engine) as session:
        return session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def first_key(world: World, unit_role: Role = Role.HEAD) -> int:
    with Session(world.engine) as session:
        return (
            session.scalars(
                sa.select(KeyAuthorisation.id)
                .where(KeyAuthorisation.role == unit_role.value)
                .order_by(KeyAuthorisation.id)
            ).first()
            or 0
        )


def without_token(html: str) -> str:
    return re.sub(r'name="csrf_token" value="[^"]+"', "", html)


def test_two_officials_register_a_key(world: World) -> None:
    entries = count(world, LogEntry)
    address = proposed(world, pem(signer(world, "Đặng Thị Thuỷ Tiên").certificate))
    first = world.signed_in(DEPARTMENT)
    mine = first.get(address)
    assert "Cần một cán bộ khác của Sở xác nhận" in mine.text
    assert f"{address}/xac-nhan" not in mine.response.text
    second = world.signed_in(OFFICIAL)
    assert address in second.get("/chung-thu").links()
    before = second.get(address)
    for shown in ("Đặng Thị Thuỷ Tiên", DECISION, "Trường Tiểu học Mẫu số 1", "Phạm Hữu Nghĩa", "EC secp256r1"):
        assert shown in before.text, shown
    assert before.text.count("Đạt.") == 4
    after = confirm(second, address)
    assert "Đã xác nhận" in after.text
    assert "Lưu Thị Hồng Gấm" in after.text
    assert count(world, LogEntry) == entries + 1
    key = next(link for link in after.links() if re.fullmatch(r"/chung-thu/\d+", link))
    assert "Đặng Thị Thuỷ Tiên" in second.get(key).heading
    assert "Đang dùng" in second.get(key).text
    assert key in second.get("/chung-thu?q=mau+so+1&vai=homeroom_teacher").links()
    with Session(world.engine) as session:
        assert audit(session, world.runtime.log_signer.verifier).problems == ()


def test_a_double_click_is_one_entry(world: World) -> None:
    address = proposed(world, signer(world, "Hồ Ngọc Hà").certificate)
    second, entries = world.signed_in(OFFICIAL), count(world, LogEntry)
    page = second.get(address)
    for _ in range(3):
        second.submit(page, f"{address}/xac-nhan", {})
    assert count(world, LogEntry) == entries + 1


def test_who_proposed_and_who_may_not_get_the_same_answer(world: World) -> None:
    address = proposed(world, signer(world, "Bùi Văn Ơn").certificate)
    proposals, entries = count(world, KeyProposal), count(world, LogEntry)
    answers = set()
    for username in (DEPARTMENT, HEAD, CLERK, NEIGHBOUR):
        browser = world.signed_in(username)
        token = str(browser.get("/tra-cuu").response.text and browser.get("/hoc-ba").form("/dang-xuat")[0].get("value"))
        for path in (f"{address}/xac-nhan", f"{NEW}/999999/xac-nhan"):
            answer = browser.post(path, {"csrf_token": token}, 404)
            answers.add(re.sub(r"<header.*</header>", "", without_token(answer.text), flags=re.DOTALL))
    assert len(answers) == 1
    assert count(world, LogEntry) == entries
    assert count(world, KeyProposal) == proposals


@pytest.mark.parametrize("username", [HEAD, CLERK, NEIGHBOUR])
def test_others_find_no_proposals_forms_or_trust(small_world: World, username: str) -> None:
    address = proposed(small_world, signer(small_world, "Kiều Oanh").certificate)
    browser = small_world.signed_in(username)
    key = first_key(small_world)
    for path in (address, NEW, f"/chung-thu/{key}/ket-thuc", "/chung-thu/tin-cay"):
        browser.get(path, 404)
    token = browser.get("/hoc-ba").form("/dang-xuat")[0].get("value") or ""
    for path in (NEW, f"{address}/tu-choi", f"{address}/xac-nhan", f"/chung-thu/{key}/ket-thuc"):
        browser.post(path, {"csrf_token": token, "reason": REASON, "decision": DECISION}, 404)


def test_a_head_sees_the_own_school_and_changes_nothing(world: World) -> None:
    head = world.signed_in(HEAD)
    page = head.get("/chung-thu")
    assert "Trường Tiểu học Mẫu số 1" in page.text
    assert "Trường Tiểu học Mẫu số 2" not in page.text
    assert "Đề nghị đăng ký" not in page.text
    keys = [link for link in page.links() if re.fullmatch(r"/chung-thu/\d+", link)]
    assert len(set(keys)) == 2
    own = head.get(keys[0])
    assert "ket-thuc" not in own.response.text
    assert "Phạm Hữu Nghĩa" not in own.text
    with Session(world.engine) as session:
        everything = session.scalars(sa.select(KeyAuthorisation.id)).all()
    for number in {*everything, 999999} - {int(link.rpartition("/")[2]) for link in keys}:
        head.get(f"/chung-thu/{number}", 404)


@pytest.mark.parametrize("username", [CLERK, NEIGHBOUR])
def test_a_clerk_has_no_registry(small_world: World, username: str) -> None:
    browser = small_world.signed_in(username)
    missing = browser.get("/gibt-es-nicht", 404)
    for path in ("/chung-thu", f"/chung-thu/{first_key(small_world)}", "/chung-thu?q=mau"):
        assert without_token(browser.get(path, 404).response.text) == without_token(missing.response.text)
    assert "/chung-thu" not in browser.get("/hoc-ba").links()


def test_strangers_are_asked_to_sign_in(small_world: World) -> None:
    for path in ("/chung-thu", "/chung-thu/1", NEW, f"{NEW}/1", "/chung-thu/tin-cay", "/chung-thu/1/ket-thuc"):
        assert small_world.browser().fetch(path, 303).location.startswith("/dang-nhap")


def test_the_list_counts_what_ends_soon(world: World) -> None:
    old = clock.read() - timedelta(days=3 * 365 - 30)
    soon = signer(world, "Sắp hết hạn", old)
    address = proposed(world, soon.certificate)
    official = world.signed_in(OFFICIAL)
    assert "Sắp hết hạn trong 60 ngày (0)" in official.get("/chung-thu").text
    confirm(official, address)
    page = official.get("/chung-thu")
    assert "Sắp hết hạn trong 60 ngày (1)" in page.text
    assert re.search(r"còn (29|30) ngày", page.text)
    assert "Sắp hết hạn (DỮ LIỆU MẪU)" in official.get("/chung-thu?tt=ending").text
    assert (
        "Sắp hết hạn (DỮ LIỆU MẪU)" not in official.get("/chung-thu?tt=in_force").text.partition("Tất cả chứng thư")[2]
    )


def test_a_revoked_key_is_shown_as_such(small_world: World) -> None:
    held = signer(small_world, "Lộ khóa")
    official = small_world.signed_in(OFFICIAL)
    confirm(official, proposed(small_world, held.certificate))
    assert small_world.runtime.authority is not None
    small_world.runtime.authority.revoke_demo(held.certificate, clock.read())
    page = official.get("/chung-thu?tt=revoked")
    assert "Bị thu hồi" in page.text
    assert "Lộ khóa" in page.text.partition("Tất cả chứng thư")[2]
    key = next(link for link in page.links() if re.fullmatch(r"/chung-thu/\d+", link))
    assert "Chứng thư đã bị thu hồi" in official.get(key).text


def test_ending_needs_two_as_well(world: World) -> None:
    first, second = world.signed_in(DEPARTMENT), world.signed_in(OFFICIAL)
    key, entries = first_key(world), count(world, LogEntry)
    form = first.get(f"/chung-thu/{key}/ket-thuc")
    address = first.submit(form, f"/chung-thu/{key}/ket-thuc", {"last_day": "", "decision": DECISION}).location
    assert "Kết thúc ngay khi được xác nhận" in first.get(address).text
    assert count(world, LogEntry) == entries
    assert "Đã xác nhận" in confirm(second, address).text
    assert count(world, LogEntry) == entries + 1
    with Session(world.engine) as session:
        assert session.get_one(KeyAuthorisation, key).valid_to is not None
        assert audit(session, world.runtime.log_signer.verifier).problems == ()
    again = first.submit(
        first.get(f"/chung-thu/{key}/ket-thuc"),
        f"/chung-thu/{key}/ket-thuc",
        {"last_day": "", "decision": DECISION},
        422,
    )
    assert "Đăng ký này đã kết thúc" in again.text
    past = first.get(f"/chung-thu/{first_key(world, Role.SCHOOL_SEAL)}/ket-thuc")
    action = f"/chung-thu/{first_key(world, Role.SCHOOL_SEAL)}/ket-thuc"
    assert "Không kết thúc ngược" in first.submit(past, action, {"last_day": today(-1), "decision": DECISION}, 422).text


def test_declining_keeps_the_reason(world: World) -> None:
    address = proposed(world, signer(world, "Mai Chí Thọ").certificate)
    second, first = world.signed_in(OFFICIAL), world.signed_in(DEPARTMENT)
    refused = second.submit(second.get(address), f"{address}/tu-choi", {"reason": ""}, 422)
    assert "Hãy ghi lý do" in refused.text
    second.submit(second.get(address), f"{address}/tu-choi", {"reason": REASON})
    page = first.get(address)
    assert "Bị từ chối" in page.text
    assert REASON in page.text
    assert "tu-choi" not in page.response.text
    own = proposed(world, signer(world, "Mai Chí Thọ").certificate)
    first.submit(first.get(own), f"{own}/tu-choi", {"reason": REASON})
    assert "Đã rút" in second.get(own).text


def chain(world: World, *names: str) -> list[x509.Certificate]:
    signers = [signer(world, name) for name in names]
    ders = [each.certificate for each in signers] + list(signers[0].chain)
    return [x509.load_der_x509_certificate(der) for der in ders]


def test_files_as_people_export_them(small_world: World) -> None:
    certificates = chain(small_world, "P7 Bê")
    leaf = certificates[0].public_bytes(Encoding.PEM)
    files = {
        "der": certificates[0].public_bytes(Encoding.DER),
        "pem": leaf,
        "pem chain": b"".join(each.public_bytes(Encoding.PEM) for each in certificates),
        "pem with text": b"Bag Attributes\r\n  friendlyName: x\r\n" + leaf.replace(b"\n", b"\r\n"),
        "p7b": pkcs7.serialize_certificates(certificates, Encoding.DER),
        "p7b pem": pkcs7.serialize_certificates(certificates, Encoding.PEM),
    }
    browser = small_world.signed_in(DEPARTMENT)
    for name, data in files.items():
        address = propose(browser, data).location
        assert "P7 Bê" in browser.get(address).heading, name
        browser.submit(browser.get(address), f"{address}/tu-choi", {"reason": REASON})


def refusals(world: World) -> dict[str, tuple[bytes, str]]:
    held = signer(world, "Có khóa")
    assert world.runtime.authority is not None
    key_file = next((world.runtime.settings.data / DEMO_AUTHORITY).glob("X-Có khóa*.pem")).read_bytes()
    stranger = DemoAuthority(world.runtime.settings.data / "stranger", clock.read())
    strange = stranger.demo_signer("X", "Trường", Role.HEAD, "Người lạ", clock.read()).certificate
    return {
        "a private key": (key_file, "khóa bí mật"),
        "text": ("xin chào".encode(), "Không đọc được chứng thư nào"),
        "cut short": (held.certificate[:-20], "Không đọc được chứng thư nào"),
        "two people": (b"".join(map(pem, (held.certificate, signer(world, "Người khác").certificate))), "nhiều người"),
        "too large": (pem(held.certificate) * 300, "quá lớn"),
        "an authority": (pem(held.chain[0]), "không dùng để ký được"),
        "of a strange authority": (strange, "Không có đường dẫn đến gốc"),
        "expired": (signer(world, "Hết hạn", clock.read() - timedelta(days=1200)).certificate, "đã hết hạn"),
        "revoked": (revoked(world), "đã bị thu hồi"),
    }


def revoked(world: World) -> bytes:
    held = signer(world, "Thu hồi rồi")
    assert world.runtime.authority is not None
    world.runtime.authority.revoke_demo(held.certificate, clock.read() - timedelta(minutes=1))
    return held.certificate


def test_what_does_not_validate_is_refused_with_its_reason(small_world: World) -> None:
    browser, proposals = small_world.signed_in(DEPARTMENT), count(small_world, KeyProposal)
    for name, (data, reason) in refusals(small_world).items():
        page = Page(propose(browser, data, 422))
        assert reason in page.text, name
        assert DECISION in page.response.text, name
        assert "PRIVATE KEY" not in page.response.text
    assert count(small_world, KeyProposal) == proposals


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("unit", "", "Hãy chọn đơn vị"),
        ("role", "", "Hãy chọn vai ký"),
        ("role", "department_seal", "Vai này không thuộc loại đơn vị"),
        ("first_day", "", "Hãy ghi ngày bắt đầu"),
        ("first_day", "31/02/2027", "Ghi ngày dạng"),
        ("first_day", "01/01/2020", "Không đăng ký ngược"),
        ("first_day", "9999-01-01", "Ghi ngày dạng"),
        ("last_day", "01/01/2021", "Ngày cuối không được trước"),
        ("decision", "", "Hãy điền ô “"),
        ("decision", "x" * 101, "Không quá 100"),
    ],
)
def test_a_wrong_field_says_so(small_world: World, field: str, value: str, words: str) -> None:
    browser = small_world.signed_in(DEPARTMENT)
    page = Page(propose(browser, signer(small_world, "Ô sai").certificate, 422, **{field: value}))
    assert page.text.count(words) == 2, "in the summary and beside the field"


def test_days_may_be_typed(small_world: World) -> None:
    browser = small_world.signed_in(DEPARTMENT)
    address = propose(browser, signer(small_world, "Gõ ngày").certificate, last_day=" 31/12/2099 ").location
    assert "đến hết ngày 31/12/2099" in browser.get(address).text


def test_the_same_key_is_not_proposed_twice(small_world: World) -> None:
    browser, data = small_world.signed_in(DEPARTMENT), signer(small_world, "Hai lần").certificate
    address = propose(browser, data).location
    assert "đang chờ xác nhận" in propose(browser, data, 422).text
    confirm(small_world.signed_in(OFFICIAL), address)
    assert "đã được đăng ký" in propose(browser, data, 422).text
    other = propose(browser, data, unit="MAU-TH-02").location
    assert "Chứng thư này đã có trong sổ cho: Trường Tiểu học Mẫu số 1" in browser.get(other).text


def test_a_link_chooses_the_unit(small_world: World) -> None:
    page = small_world.signed_in(DEPARTMENT).get(f"{NEW}?don-vi=MAU-TH-02")
    chosen = [option.get("value") for option in page.form(NEW).iter("option") if option.get("selected") is not None]
    assert chosen[0] == "MAU-TH-02"


@pytest.mark.parametrize("query", ["?tt=x", "?vai=x", "?trang=0", "?trang=99999999", "?q=%00", "?q=" + "a" * 5000])
def test_a_senseless_query_is_no_failure(small_world: World, query: str) -> None:
    small_world.signed_in(DEPARTMENT).get(f"/chung-thu{query}")


def test_posts_need_the_token(small_world: World) -> None:
    address = proposed(small_world, signer(small_world, "Không dấu").certificate)
    second, entries = small_world.signed_in(OFFICIAL), count(small_world, LogEntry)
    second.get(address)
    for path in (f"{address}/xac-nhan", f"{address}/tu-choi", NEW, f"/chung-thu/{first_key(small_world)}/ket-thuc"):
        second.post(path, {"reason": REASON}, 400)
    assert count(small_world, LogEntry) == entries


def test_uploads_are_counted(small_world: World) -> None:
    browser = small_world.signed_in(DEPARTMENT)
    set_limits(small_world, checks_limit="1 per minute")
    propose(browser, b"x", 422)
    propose(browser, b"x", 429)


def test_trust_is_shown_to_officials(small_world: World) -> None:
    page = small_world.signed_in(OFFICIAL).get("/chung-thu/tin-cay")
    assert "Chứng thực gốc (DỮ LIỆU MẪU)" in page.text
    assert "Mọi tổ chức đều có danh sách thu hồi còn hạn" in page.text
    assert page.text.count("Còn hạn") == 2


@contextmanager
def trusting_files(world: World, trust: TrustStore) -> Iterator[None]:
    """The same application as outside the demo: what is trusted lies in the instance's folder."""
    folder, held = world.runtime.settings.data / TRUST, world.app.extensions["hocba"]
    made = []
    for name, ending, pieces in (
        ("roots", "cer", trust.roots),
        ("intermediates", "cer", trust.intermediates),
        ("crls", "crl", trust.crls),
    ):
        for number, data in enumerate(pieces):
            made.append(folder / name / f"test-{number}.{ending}")
            made[-1].write_bytes(data)
    world.app.extensions["hocba"] = replace(held, runtime=replace(held.runtime, authority=None))
    try:
        yield
    finally:
        world.app.extensions["hocba"] = held
        for path in made:
            path.unlink()


def test_a_stale_list_is_a_problem_on_the_page(small_world: World) -> None:
    official, head = small_world.signed_in(OFFICIAL), small_world.signed_in(HEAD)
    address = proposed(small_world, signer(small_world, "Chờ danh sách").certificate)
    assert "Thư mục tin cậy cần sửa" not in official.get("/chung-thu").text
    with trusting_files(small_world, pki().trust_with_stale_lists):
        page = official.get("/chung-thu")
        assert "Thư mục tin cậy cần sửa" in page.text
        assert "Danh sách thu hồi của “Cấp phát thử nghiệm” đã quá hạn" in page.text
        assert "/chung-thu/tin-cay" in page.links()
        assert official.get("/chung-thu/tin-cay").text.count("Quá hạn") == 2
        assert "cần sửa" not in head.get("/chung-thu").text
        waiting = official.get(address)
        assert "Xác nhận đăng ký" not in waiting.text
        assert "chưa xác nhận được" in waiting.text
        entries = count(small_world, LogEntry)
        token = waiting.form("/dang-xuat")[0].get("value") or ""
        refused = Page(official.post(f"{address}/xac-nhan", {"csrf_token": token}, 422))
        assert "không qua được kiểm tra" in refused.text
        assert count(small_world, LogEntry) == entries
    assert "Xác nhận đăng ký" in official.get(address).text
