"""After the lock on the web: the department and its schools, and nobody else; from a decision to an old print."""

from datetime import timedelta

import pypdfium2
import pytest
from sqlalchemy.orm import Session

from portal.services.audit import audit
from tests.client import Page
from tests.portal.views.correction_journeys import (
    CASES,
    DAY,
    DECISION,
    DUE,
    NOTE,
    PAPER,
    POLICY,
    REASON,
    YEAR,
    begin,
    brought,
    come_due,
    confirm,
    supersede,
    switch_on,
)
from tests.portal.views.lock_journeys import OFFICIAL, turn_clock
from tests.portal.views.test_checking import checked
from tests.portal.worlds import CLERK, DEPARTMENT, HEAD, LOCKED_NAME, NEIGHBOUR, World


@pytest.fixture(autouse=True)
def _day(monkeypatch: pytest.MonkeyPatch) -> None:
    turn_clock(monkeypatch, DAY)


def print_of(world: World) -> bytes:
    return world.signed_in(CLERK).fetch(f"/hoc-ba/{world.codes.locked}/{YEAR}.pdf").get_data()


def refused(world: World, **changed: object) -> str:
    """What the form says to an act that differs in something from a good one."""
    fields = {
        "kind": "thu-hoi",
        "code": world.codes.locked,
        "school_year": YEAR,
        "decision": DECISION,
        "decided_on": "2026-08-20",
        "file": PAPER,
        "reason": REASON,
        "note": "",
        "school": "",
    }
    browser = world.signed_in(DEPARTMENT)
    answer = browser.submit(browser.get(f"{CASES}/moi"), f"{CASES}/moi", {**fields, **changed}, 422)  # type: ignore[dict-item]
    return Page(answer).text


def words_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    return " ".join(" ".join(page.get_textpage().get_text_range().split()) for page in document)


def test_a_supersession_from_decision_to_old_print(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Must show 5 of issue 4."""
    code = world.codes.locked
    old = print_of(world)
    switch_on(world)
    address = supersede(world, code)
    assert "Đang hiệu lực" in world.browser().get(f"/t/{code}/{YEAR}.1").text
    assert "Đúng bản gốc" in checked(world, old).heading
    turn_clock(monkeypatch, DUE)
    assert come_due(world) == 1
    with Session(world.engine) as session:
        assert audit(session, world.runtime.log_signer.verifier).problems == ()

    # The card of the old print and of the code alone.
    card = world.browser().get(f"/t/{code}/{YEAR}.1")
    assert card.heading == "Đã được thay thế"
    assert f"đã được thay thế ngày 31/08/2026 theo quyết định {DECISION}" in card.text
    assert world.browser().get(f"/t/{code}").heading == "Đang hiệu lực"

    # The old file: genuine, no longer in force; the changed cells to the entitled, with values.
    for reader in (CLERK, DEPARTMENT):
        page = checked(world, old, reader)
        assert page.heading == "Bản thật nhưng không còn hiệu lực"
        for shown in (DECISION, "31/08/2026", "Ô đã đổi ở bản thay thế", "Toán – điểm", "Bản đang hiệu lực"):
            assert shown in page.text, shown
    # A stranger who evidently holds the paper learns which cells, never what stands there.
    page = checked(world, old)
    assert page.heading == "Bản thật nhưng không còn hiệu lực"
    assert "Toán – điểm" in page.text
    assert "Bản đang hiệu lực" not in page.text

    # The new print is authentic, and says on paper what it took the place of.
    new = print_of(world)
    page = checked(world, new)
    assert "Đúng bản gốc" in page.heading
    assert f"Thay thế bản số 1 theo quyết định {DECISION}, từ ngày 31/08/2026." in words_of(new)
    assert "Thay thế bản số" not in words_of(old)
    record = world.signed_in(CLERK).get(f"/hoc-ba/{code}")
    assert f"Thay bản số 1 từ ngày 31/08/2026, theo quyết định {DECISION}." in record.text
    assert "Bản mới đã thay bản cũ" in world.signed_in(OFFICIAL).get(address).text


def test_a_revoked_record(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    code = world.codes.locked
    old = print_of(world)
    switch_on(world)
    address = begin(world.signed_in(DEPARTMENT), code, "thu-hoi")
    confirm(world.signed_in(OFFICIAL), world, address)
    turn_clock(monkeypatch, DUE)
    assert come_due(world) == 1
    card = world.browser().get(f"/t/{code}")
    assert card.heading == "Đã thu hồi"
    assert DECISION in card.text
    page = checked(world, old)
    assert page.heading == "Bản thật nhưng không còn hiệu lực"
    assert "thu hồi" in page.text
    assert "Đã thu hồi từ ngày 31/08/2026" in world.signed_in(CLERK).get(f"/hoc-ba/{code}").text
    assert "đã bị thu hồi" in refused(world, code=code)


def test_an_annotated_record_keeps_its_verdict(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    code = world.codes.locked
    old = print_of(world)
    switch_on(world)
    address = begin(world.signed_in(DEPARTMENT), code, "ghi-chu")
    confirm(world.signed_in(OFFICIAL), world, address)
    turn_clock(monkeypatch, DUE)
    assert come_due(world) == 1
    assert world.browser().get(f"/t/{code}").heading == "Đang hiệu lực, có ghi chú"
    page = checked(world, old)
    assert "Đúng bản gốc" in page.heading
    assert "có ghi chú đính chính" in page.text
    assert NOTE not in page.text
    assert NOTE in checked(world, old, CLERK).text
    assert NOTE not in checked(world, old, NEIGHBOUR).text
    assert NOTE in world.signed_in(CLERK).get(f"/hoc-ba/{code}").text


def test_the_school_is_told_and_brings_the_version(world: World) -> None:
    code = world.codes.locked
    clerk = world.signed_in(CLERK)
    assert "thông báo của Sở" not in clerk.get("/").text
    switch_on(world)
    address = begin(world.signed_in(DEPARTMENT), code, "thay-the")
    assert "1 thông báo của Sở" in clerk.get("/").text
    assert address in clerk.get(CASES).links()
    seen = clerk.get(address)
    for shown in ("đưa bản đúng vào", DECISION, REASON, LOCKED_NAME):
        assert shown in seen.text, shown
    assert "Từ chối" not in seen.text
    brought(world, code)
    official = world.signed_in(DEPARTMENT).get(address)
    for shown in ("Các ô thay đổi (1)", "Toán – điểm", "Gửi đề nghị thay thế"):
        assert shown in official.text, shown
    paper = clerk.fetch(f"{address}/quyet-dinh")
    assert paper.get_data() == PAPER[0]
    assert paper.headers["Content-Disposition"].startswith("attachment")
    assert paper.mimetype == "application/octet-stream"


def test_others_find_no_page(world: World) -> None:
    switch_on(world)
    address = begin(world.signed_in(DEPARTMENT), world.codes.locked, "thu-hoi")
    for path in (address, f"{address}/quyet-dinh"):
        world.signed_in(NEIGHBOUR).get(path, 404)
        world.signed_in(CLERK).get(path, 404)  # not yet confirmed
        assert world.browser().fetch(path, 303).location.startswith("/dang-nhap")
    confirm(world.signed_in(OFFICIAL), world, address)
    world.signed_in(CLERK).get(address)
    world.signed_in(HEAD).get(address)
    world.signed_in(NEIGHBOUR).get(address, 404)
    assert LOCKED_NAME not in world.signed_in(NEIGHBOUR).get(CASES).text
    for username in (CLERK, HEAD, NEIGHBOUR):
        for path in (POLICY, f"{POLICY}/1", f"{CASES}/moi"):
            world.signed_in(username).get(path, 404)


def test_off_is_told_with_the_reason(small_world: World) -> None:
    browser = small_world.signed_in(DEPARTMENT)
    assert "Chưa có quy chế" in browser.get(CASES).text
    assert "Quy chế của Sở chưa cho" in refused(small_world)


def test_the_first_official_cannot_confirm_and_can_withdraw(world: World) -> None:
    switch_on(world)
    first, second = world.signed_in(DEPARTMENT), world.signed_in(OFFICIAL)
    address = begin(first, world.codes.locked, "thu-hoi")
    mine = first.get(address)
    assert "Cần một cán bộ khác" in mine.text
    assert f"{address}/xac-nhan" not in mine.response.text
    wrong = second.submit(second.get(address), f"{address}/xac-nhan", {"password": "sai"}, 422)
    assert "Mật khẩu không đúng" in wrong.get_data(as_text=True)
    confirm(second, world, address)
    first.submit(first.get(address), f"{address}/dong", {"reason": "ghi nhầm học sinh"})
    assert "Đã dừng" in second.get(address).text
    assert come_due(world, DUE + timedelta(days=1)) == 0


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"decision": "theo ý kiến chỉ đạo"}, "Số quyết định chưa đúng dạng"),
        ({"decided_on": "2026-08-25"}, "Ngày của quyết định ở tương lai"),
        ({"code": "0" * 32}, "Không có học bạ đã chốt"),
        ({"code": "abc"}, "Không có học bạ đã chốt"),
        ({"reason": ""}, "Hãy ghi lý do"),
        ({"kind": "ghi-chu"}, "Hãy ghi lời ghi chú"),
        ({"file": (b"", "", "application/pdf")}, "Hãy chọn tệp"),
        ({"school": "MAU-TH-02", "kind": "thay-the"}, "còn hoạt động"),
    ],
)
def test_what_is_missing_is_told_beside_its_field(small_world: World, changed: dict[str, object], said: str) -> None:
    switch_on(small_world)
    assert said in refused(small_world, **changed)
