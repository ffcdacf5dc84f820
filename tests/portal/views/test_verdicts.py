"""A second person with the number of a verdict: what was said of which file, and nothing about anybody."""

import re

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import Fault, Problem
from portal.models import StoredVerdict
from portal.sandbox import Sandbox
from portal.services.verdicts import new_number
from tests.portal.conftest import set_limits
from tests.portal.views.test_checking import checked, sealed
from tests.portal.worlds import CLERK, LOCKED_NAME, URL, World
from verify.canonical import sha256
from verify.form.qr import symbol

NUMBER = re.compile(r"KT-\w{4}-\w{4}-\w{4}")


def number_of(world: World, data: bytes, username: str | None = None) -> str:
    found = NUMBER.search(checked(world, data, username).text)
    assert found is not None
    return found[0]


def test_a_second_person_sees_the_verdict_and_which_file_it_was(world: World) -> None:
    original = sealed(world)
    number = number_of(world, original, CLERK)
    page = world.browser(address="192.0.2.99").get(f"/K/{number}")
    for words in (number, "Đúng bản gốc", sha256(original), "2025-2026", "Có bị sửa không?", "Còn hiệu lực không?"):
        assert words in page.text
    for secret in (LOCKED_NAME, "N***", world.codes.locked):
        assert secret not in page.response.text
    assert "tone-good" not in page.response.text


def test_every_spelling_leads_to_it_and_a_wrong_one_is_told(small_world: World) -> None:
    number = number_of(small_world, b"xin chao")
    browser = small_world.browser()
    browser.get("/kiem-tra/ket-qua")
    typed = number.lower().replace("-", "")
    assert browser.fetch(f"/kiem-tra/ket-qua?so={typed}", 303).location == f"/k/{number}"
    assert "không phải là số kết quả" in browser.get("/kiem-tra/ket-qua?so=abc", 422).text
    assert "Hãy điền" in browser.get("/kiem-tra/ket-qua?so=", 422).text
    assert "chưa từng trả lời" in browser.get(f"/k/{new_number()}", 404).text


def test_guessing_numbers_is_stopped_and_looking_them_up_is_not(small_world: World) -> None:
    number = number_of(small_world, b"xin chao")
    set_limits(small_world, misses_limit="3 per minute")
    browser = small_world.browser()
    for _ in range(3):
        browser.get(f"/k/{new_number()}", 404)
    browser.get(f"/k/{new_number()}", 429)
    browser.get(f"/k/{number}")


def test_the_qr_of_a_receipt_leads_to_the_page_at_the_official_address(small_world: World) -> None:
    number = number_of(small_world, b"xin chao")
    drawn = small_world.browser().fetch(f"/k/{number}/qr.svg")
    assert drawn.mimetype == "image/svg+xml"
    assert drawn.text == symbol(f"{URL}/K/{number}".upper()).svg
    small_world.browser().fetch("/k/abc/qr.svg", 404)


def test_a_number_does_not_travel_in_a_referer(small_world: World) -> None:
    number = number_of(small_world, b"xin chao")
    answer = small_world.browser().fetch(f"/k/{number}")
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_failure_of_ours_is_told_and_not_kept(small_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_anything: object, **_more: object) -> None:
        raise Fault(Problem.CHILD_DIED)

    monkeypatch.setattr(Sandbox, "run", broken)
    page = checked(small_world, b"%PDF-1.7")
    assert "không phải lỗi của tệp" in page.text
    assert NUMBER.search(page.text) is None
    with Session(small_world.engine) as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(StoredVerdict)) == 0


def test_the_receipt_of_a_refusal_says_what_to_do_and_that_of_an_original_leaves_it_to_the_holder(
    small_world: World,
) -> None:
    refused, whole = number_of(small_world, b"xin chao"), number_of(small_world, sealed(small_world))
    assert "Chọn đúng tệp PDF của học bạ" in small_world.browser().get(f"/k/{refused}").text
    assert "Nên làm gì tiếp" not in small_world.browser().get(f"/k/{whole}").text
