"""A school's lines of the log: who may see them, that all are there, and that what nobody accounts for is red."""

import secrets
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.demo.units import SCHOOL
from portal.models import LogEntry, RecordVersion
from portal.services import log
from portal.services.school_log import PAGE_GROUPS
from tests.client import Page
from tests.portal.worlds import CLERK, DEPARTMENT, HEAD, NEIGHBOUR, NOW, World
from verify.log import leaves
from verify.log.leaves import Leaf, LockLeaf, PolicyLeaf, RegisterKeyLeaf, RevokeLeaf

LIST = "/so-minh-bach/truong"
PAGE = f"{LIST}/{SCHOOL}"
YEAR = "2025-2026"
AT = datetime(2026, 8, 21, 2, 0, tzinfo=UTC)
GREEN, RED = "dòng nào cổng cũng giải thích được", "cổng không giải thích được"


def invent(world: World, *invented: Leaf | bytes) -> None:
    """Leaves that whoever has the log's key can append; the portal keeps nothing that explains them."""
    entries = [leaf if isinstance(leaf, bytes) else leaves.to_bytes(leaf) for leaf in invented]
    with Session(world.engine) as session, session.begin():
        log.append(session, entries, world.runtime.log_signer, NOW)


def a_lock(unit: str = SCHOOL, **other: object) -> LockLeaf:
    values = {"effective_at": AT, "commitment": secrets.token_hex(32), "signatures_commitment": secrets.token_hex(32)}
    return LockLeaf(unit, YEAR, **(values | {"round": 2} | other))  # type: ignore[arg-type]


def own_lines(world: World) -> int:
    with Session(world.engine) as session:
        entries = session.scalars(sa.select(LogEntry.leaf)).all()
    return sum(f'"unit":"{SCHOOL}"'.encode() in entry for entry in entries)


@pytest.mark.parametrize("username", [CLERK, HEAD, DEPARTMENT])
def test_staff_and_department_see_every_line(world: World, username: str) -> None:
    page = world.signed_in(username).get(PAGE)
    assert page.heading == "Mọi dòng trong sổ minh bạch đứng tên trường"
    assert f"{own_lines(world)} dòng, {GREEN}" in page.text
    assert "Chốt muộn theo quyết định, năm học 2024-2025, lớp 4A1" in page.text
    assert "vai: Người đứng đầu nhà trường" in page.text
    assert f'"unit":"{SCHOOL}"' in page.text
    assert "Không giải thích được" not in page.text


def test_others_do_not(world: World) -> None:
    world.signed_in(NEIGHBOUR).get(PAGE, 404)
    world.signed_in(NEIGHBOUR).get(f"{LIST}/KHONG-CO", 404)
    world.signed_in(DEPARTMENT).get(f"{LIST}/KHONG-CO", 404)
    for path in (LIST, PAGE):
        assert "/dang-nhap" in world.browser().fetch(path, 303).location


def test_a_school_is_led_to_its_own_and_the_department_chooses(world: World) -> None:
    assert world.signed_in(CLERK).fetch(LIST, 303).location == PAGE
    assert PAGE in world.signed_in(DEPARTMENT).get(LIST).links()
    assert LIST in world.signed_in(CLERK).get("/so-minh-bach").links()
    assert LIST not in world.browser().get("/so-minh-bach").links()


def red(page: Page) -> str:
    return page.text.split("Dòng không giải thích được")[1].split("Theo ngày, mới nhất trước")[0]


INVENTED: dict[str, tuple[Leaf | bytes, str]] = {
    "a lock of no record": (a_lock(), "Chốt đợt 2, năm học 2025-2026 1 học bạ"),
    "a revocation that nobody decided": (
        RevokeLeaf(SCHOOL, YEAR, 0, AT, secrets.token_hex(32)),
        "Thu hồi học bạ đã chốt",
    ),
    "a key that is not registered": (
        RegisterKeyLeaf(SCHOOL, "head", secrets.token_hex(32), AT, None, AT),
        "Chứng thư được ký hoặc hết được ký, vai: Người đứng đầu nhà trường",
    ),
    "a role that there is not": (RegisterKeyLeaf(SCHOOL, "king", secrets.token_hex(32), AT, None, AT), "vai: king"),
    "a regulation": (PolicyLeaf(SCHOOL, "corrections", {"allowed": 1}, "ab" * 32, AT), "Quy chế của đơn vị thay đổi"),
    "what cannot be read": (
        f'{{"kind":"lok","schema":"hocba/log-leaf/1","unit":"{SCHOOL}"}}'.encode(),
        "Dòng không đọc được theo định dạng của sổ",
    ),
}


@pytest.mark.parametrize(("leaf", "words"), INVENTED.values(), ids=INVENTED.keys())
def test_an_invented_line_is_red(world: World, leaf: Leaf | bytes, words: str) -> None:
    invent(world, leaf, a_lock("MAU-TH-02"))
    page = world.signed_in(HEAD).get(PAGE)
    assert f"1 dòng {RED}" in page.text
    assert words in red(page)
    assert f"Trong {own_lines(world)} dòng đứng tên đơn vị" in page.text
    assert f"1 dòng {RED}" in world.signed_in(DEPARTMENT).get(f"{LIST}/MAU-TH-02").text


def test_a_copied_lock_is_red(world: World) -> None:
    """The same commitments again under another index: the portal knows only the first."""
    with Session(world.engine) as session:
        index = session.scalar(sa.select(sa.func.min(RecordVersion.log_index)))
        assert index is not None
        copied = log.leaf(session, index)
    invent(world, copied)
    assert f"1 dòng {RED}" in world.signed_in(HEAD).get(PAGE).text


def test_many_lines_are_paged_and_those_that_follow_one_another_are_one(world: World) -> None:
    invent(world, *(a_lock() for _ in range(PAGE_GROUPS + 3)))
    browser = world.signed_in(HEAD)
    first = browser.get(PAGE)
    assert "Trang 1/2" in first.text
    assert f"{PAGE}?trang=2" in first.links()
    last = browser.get(f"{PAGE}?trang=2")
    assert "Chốt muộn theo quyết định, năm học 2024-2025, lớp 4A1" in last.text
    assert browser.get(f"{PAGE}?trang=9999").text == last.text


def test_the_lines_lead_to_the_public_log(world: World) -> None:
    browser = world.signed_in(HEAD)
    links = [link for link in browser.get(PAGE).links() if link.startswith("/log/tile/entries/")]
    assert links
    assert f'"unit":"{SCHOOL}"'.encode() in world.browser().fetch(links[0]).data
