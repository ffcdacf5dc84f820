"""The page behind a summary's QR, as the server gives it: the same for everybody, and nothing of anybody in it."""

import io
import json
import zipfile
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.jobs.inventories import InventoryDesk, make_inventory
from portal.models import Print
from tests.portal.worlds import CLERK, DEPARTMENT, LOCKED_NAME, NEIGHBOUR, World
from verify.status_list import LIFETIME


def test_every_code_opens_the_same_page(small_world: World) -> None:
    browser, codes = small_world.browser(), small_world.codes
    texts = set()
    for code in (codes.locked, codes.draft, codes.unknown):
        page = browser.get(f"/S/{code.upper()}/2025-2026.1")
        assert f"/t/{code}/2025-2026.1" in page.links()
        texts.add(page.response.get_data(as_text=True).replace(code, ""))
        assert LOCKED_NAME not in page.text
    assert len(texts) == 1


@pytest.mark.parametrize("path", ["/S/x/2025-2026.1", "/S/{code}/2025-2026", "/S/{code}/x", "/S/{code}/2025-2026.0"])
def test_what_no_qr_of_ours_says_is_no_page(small_world: World, path: str) -> None:
    small_world.browser().get(path.format(code=small_world.codes.locked), 404)


def test_it_may_be_installed_and_other_pages_may_not(small_world: World) -> None:
    browser = small_world.browser()
    page = browser.get("/S/")
    policy = page.response.headers["Content-Security-Policy"]
    assert "worker-src 'self'; manifest-src 'self'" in policy
    assert "unsafe" not in policy
    assert page.response.headers["Referrer-Policy"] == "no-referrer"
    assert "worker-src" not in browser.get("/").response.headers["Content-Security-Policy"]
    manifest = json.loads(browser.fetch("/S/manifest.json").get_data())
    assert (manifest["scope"], manifest["start_url"]) == ("/S/", "/S/")
    browser.fetch(manifest["icons"][0]["src"])


def test_the_worker_keeps_files_that_are_there_and_changes_with_them(small_world: World) -> None:
    browser = small_world.browser()
    answer = browser.fetch("/S/worker.js")
    assert answer.mimetype == "text/javascript"
    held = dict(line[6:-1].split(" = ", 1) for line in answer.text.splitlines()[:4])
    for address in json.loads(held["FILES"]):
        assert json.loads(held["VERSION"]) in address
        browser.fetch(address)
    assert json.loads(held["LISTS"]) == ["/S/khoa.json", "/log/status"]


def test_the_keys_are_public_and_hold_nobody(small_world: World) -> None:
    answer = small_world.browser().fetch("/S/khoa.json")
    assert "public" in answer.headers["Cache-Control"]
    held = json.loads(answer.get_data())
    assert held["sample"] is True
    assert [len(key["kid"]) for key in held["keys"]] == [8]
    assert not held["keys"][0]["revoked"]
    assert len(held["form"]["subjects"]) == 14
    assert LIFETIME.days == 3, "keys and standings are believed as long as each other (portal.services.summary_lists)"


@pytest.mark.parametrize(
    ("username", "school"), [(CLERK, "MAU-TH-01"), (NEIGHBOUR, "MAU-TH-02"), (DEPARTMENT, "MAU-SO")]
)
def test_staff_take_the_kit_of_their_own_school(world: World, username: str, school: str) -> None:
    browser = world.signed_in(username)
    assert "Chưa có danh sách tình trạng nào" in browser.get("/tiep-nhan/bo-kiem.zip", 422).text
    signer = world.runtime.log_signer
    make_inventory(InventoryDesk(world.engine, signer, lambda: datetime.now(UTC)))
    answer = browser.fetch("/tiep-nhan/bo-kiem.zip")
    assert answer.headers["Cache-Control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(answer.get_data())) as archive:
        page, signature = archive.namelist()
        assert page.startswith(f"bo-kiem_{school}_")
        assert signature == f"{page}.p7s"
        assert LOCKED_NAME not in archive.read(page).decode()
        assert world.codes.locked not in archive.read(page).decode()
    assert "/tiep-nhan/bo-kiem.zip" in browser.get("/tiep-nhan").links()


def test_a_stranger_takes_no_kit(small_world: World) -> None:
    assert small_world.browser().fetch("/tiep-nhan/bo-kiem.zip", 303).location.startswith("/dang-nhap")


def test_the_print_is_for_who_may_read_and_is_offered_there(world: World) -> None:
    code = world.codes.locked
    path = f"/hoc-ba/{code}/2025-2026/tom-tat.pdf"
    clerk = world.signed_in(CLERK)
    assert path in clerk.get(f"/hoc-ba/{code}").links()
    answer = clerk.fetch(path)
    assert answer.mimetype == "application/pdf"
    with Session(world.engine) as session:
        assert session.scalars(sa.select(Print.summary)).one()
    world.signed_in(NEIGHBOUR).get(path, 404)
    draft = world.codes.draft
    assert not [link for link in clerk.get(f"/hoc-ba/{draft}").links() if link.endswith("tom-tat.pdf")]
    clerk.get(f"/hoc-ba/{draft}/2024-2025/tom-tat.pdf", 409)
