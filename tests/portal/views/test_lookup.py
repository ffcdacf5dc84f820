"""Looking up: every spelling that people type, the QR in one request, and silence about what is not locked."""

import io
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
import qrcode
from PIL import Image

from tests.portal.statements import watched
from tests.portal.worlds import LOCKED_NAME, NEIGHBOUR, OWNERS, URL, World
from verify.code import PrintTarget, grouped, qr_text

SPELLINGS: dict[str, Callable[[str], str]] = {
    "lower": lambda code: code,
    "upper": lambda code: code.upper(),
    "grouped": grouped,
    "spaces": lambda code: " ".join(code[i : i + 4] for i in range(0, 32, 4)),
    "qr": lambda code: qr_text(URL, PrintTarget(code)),
    "address": lambda code: f"  {URL}/t/{grouped(code)}  ",
}


def picture(*texts: str) -> bytes:
    """A photo that holds QR symbols side by side."""
    symbols = [qrcode.make(text, box_size=8).get_image().convert("L") for text in texts]
    sheet = Image.new(
        "L", (sum(each.width for each in symbols) + 40, max(400, *(each.height for each in symbols))), 255
    )
    left = 20
    for symbol in symbols:
        sheet.paste(symbol, (left, 0))
        left += symbol.width
    data = io.BytesIO()
    sheet.save(data, "PNG")
    return data.getvalue()


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_any_spelling_leads_to_the_card(small_world: World, spelling: str) -> None:
    browser = small_world.browser()
    page = browser.get("/tra-cuu")
    assert page.form("/tra-cuu").find(".//input[@name='ma']") is not None
    typed = SPELLINGS[spelling](small_world.codes.locked)
    response = browser.fetch(f"/tra-cuu?ma={quote(typed)}", 303)
    assert response.location == f"/t/{small_world.codes.locked}"


def test_a_pasted_dated_qr_keeps_its_date(small_world: World) -> None:
    code = small_world.codes.locked
    typed = qr_text(URL, PrintTarget(code, "2025-2026", 1))
    response = small_world.browser().fetch(f"/tra-cuu?ma={typed}", 303)
    assert response.location == f"/t/{code}/2025-2026.1"


@pytest.mark.parametrize("typed", ["", "%20", "123", "không phải mã", "a" * 500, "3f2a9c1e7b4d1a6f8c0e5d1b2a3c4d5e"])
def test_a_wrong_spelling_stays_at_the_form_with_the_fault_beside_the_field(small_world: World, typed: str) -> None:
    page = small_world.browser().get(f"/tra-cuu?ma={typed}", 422)
    field = page.form("/tra-cuu").find(".//input[@name='ma']")
    assert field is not None
    assert field.get("aria-invalid") == "true"
    assert f"#{field.get('id')}" in page.links(), "the summary leads to the field"


def test_the_card_says_no_more_than_a_stranger_may_know(world: World) -> None:
    page = world.browser().get(f"/t/{world.codes.locked}")
    assert "N*** T*** N*** U***" in page.text
    assert "Trường Tiểu học Mẫu số 1" in page.text
    assert "2025-2026" in page.text
    assert "2024-2025" in page.text
    assert "20/08/2026" in page.text
    for private in (LOCKED_NAME, "Uyên", "087315001234", "Kinh", "08/02/2015", "132", "Hoàn thành"):
        assert private not in page.text


def test_the_qr_opens_in_one_request_in_any_case_and_grouping(small_world: World) -> None:
    code = small_world.codes.locked
    printed = qr_text(URL, PrintTarget(code, "2025-2026", 1)).removeprefix(URL.upper())
    assert printed.startswith("/T/")
    browser = small_world.browser()
    text = browser.get(printed).text
    assert browser.get(f"/t/{code}/2025-2026.1").text == text
    assert browser.get(f"/T/{code}/2025-2026.1").text == text
    assert browser.get(f"/t/{grouped(code).upper()}/2025-2026.1").text == text


def test_a_print_that_never_was_still_shows_the_record(small_world: World) -> None:
    browser = small_world.browser()
    for part in ("2019-2020.1", "2025-2026.9", "rác", "2025-2026"):
        browser.get(f"/t/{small_world.codes.locked}/{part}")


def test_unknown_draft_accepted_and_withdrawn_are_one_answer(world: World) -> None:
    answers = {why: world.browser().get(f"/t/{code}", 404).response for why, code in world.codes.silent.items()}
    answers["malformed"] = world.browser().get("/t/khong-phai-ma", 404).response
    assert len({answer.data for answer in answers.values()}) == 1, "the pages differ"
    assert len({tuple(sorted(answer.headers)) for answer in answers.values()}) == 1, "the headers differ"


@pytest.fixture
def statements(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    with watched(world, monkeypatch) as asked:
        yield asked


def test_every_silence_costs_the_same_work(world: World, statements: list[str]) -> None:
    work = {}
    for why, code in world.codes.silent.items():
        statements.clear()
        world.browser().get(f"/t/{code}", 404)
        work[why] = tuple(statements)
    assert len(set(work.values())) == 1
    assert len([each for each in work["unknown"] if each.lstrip().upper().startswith("SELECT")]) == 1


def test_owners_are_led_to_the_whole_record(world: World) -> None:
    code = world.codes.locked
    for username in OWNERS:
        assert f"/hoc-ba/{code}" in world.signed_in(username).get(f"/t/{code}").links()
    assert f"/hoc-ba/{code}" not in world.signed_in(NEIGHBOUR).get(f"/t/{code}").links()
    assert f"/hoc-ba/{code}" not in world.browser().get(f"/t/{code}").links()


def test_a_photo_of_the_qr_leads_to_the_card(small_world: World) -> None:
    code = small_world.codes.locked
    browser = small_world.browser()
    page = browser.get("/quet")
    field = page.form("/quet").find(".//input[@type='file']")
    assert field is not None
    assert field.get("accept", "").startswith("image/")
    photo = picture(qr_text(URL, PrintTarget(code, "2025-2026", 1)))
    response = browser.submit(page, "/quet", {"photo": (photo, "a.png", "image/png")})
    assert response.location == f"/t/{code}/2025-2026.1"


@pytest.mark.parametrize(
    "photo",
    {
        "nothing": b"",
        "not a picture": b"%PDF-1.7 no picture",
        "no code": picture("https://example.org/other"),
        "broken": picture("x")[:200],
    }.items(),
    ids=lambda item: item[0],
)
def test_a_photo_without_a_code_is_told_at_the_form(small_world: World, photo: tuple[str, bytes]) -> None:
    browser = small_world.browser()
    browser.submit(browser.get("/quet"), "/quet", {"photo": (photo[1], "a.png", "image/png")}, 422)


def test_a_photo_with_the_codes_of_two_children_is_not_guessed(small_world: World) -> None:
    browser = small_world.browser()
    photo = picture(*(qr_text(URL, PrintTarget(c)) for c in (small_world.codes.locked, small_world.codes.accepted)))
    browser.submit(browser.get("/quet"), "/quet", {"photo": (photo, "a.png", "image/png")}, 422)
