"""Two languages: Vietnamese for who asked for nothing, English by a choice that says nothing of the person."""

from datetime import UTC, date, datetime
from xml.etree.ElementTree import Element

import pytest

from portal.language import ENGLISH, VIETNAMESE, in_vietnamese, is_translated, say, speak
from portal.presenters.language import clock_words, day_words, moment_words
from portal.web.language import english
from tests.client import Browser
from tests.portal.worlds import CLERK, DEPARTMENT, World

PUBLIC = (
    "/",
    "/tra-cuu",
    "/quet",
    "/kiem-tra",
    "/kiem-tra/ket-qua",
    "/dang-nhap",
    "/huong-dan",
    "/so-minh-bach",
    "/S/",
)
# Names of the demo, which no catalogue translates: they stand in the frame of every page.
LETTERS = "ăâđêôơưáàảãạắằẳẵặấầẩẫậéèẻẽẹếềểễệíìỉĩịóòỏõọốồổỗộớờởỡợúùủũụứừửữựýỳỷỹỵ"


def switch(browser: Browser, language: str, path: str = "/") -> str:
    """Press the button at the foot of a page, as a browser does without scripts; returns where it leads."""
    browser.get(path)
    return str(browser.post(f"{path}?ngon-ngu={language}", {}).location)


def vietnamese_of(element: Element) -> list[str]:
    """Texts of the main part with Vietnamese letters, without what a school or a person wrote."""
    found = []
    for part in element.iter():
        for text in (part.text, part.tail if part is not element else ""):
            words = " ".join((text or "").split())
            if any(letter in words.lower() for letter in LETTERS):
                found.append(words)
    return found


def test_nobody_is_asked_and_no_cookie_is_set(small_world: World) -> None:
    page = small_world.browser().get("/")
    assert page.tree.get("lang") == "vi"
    assert "Set-Cookie" not in page.response.headers
    assert "language" not in " ".join(page.links())


def test_a_choice_leads_back_and_stays(small_world: World) -> None:
    browser, card = small_world.browser(), f"/t/{small_world.codes.locked}"
    assert switch(browser, ENGLISH, card) == card
    page = browser.get(card)
    assert page.tree.get("lang") == "en"
    assert "Status of the digital record" in page.text
    assert browser.cookie("hocba-language") == "en"
    assert browser.get("/tra-cuu").tree.get("lang") == "en"
    assert small_world.browser().get(card).tree.get("lang") == "vi", "of that browser alone"
    assert switch(browser, VIETNAMESE, card) == card
    assert browser.get(card).tree.get("lang") == "vi"


@pytest.mark.parametrize("path", ["//elsewhere.example", "/%5Celsewhere.example"])
def test_it_never_leads_away(small_world: World, path: str) -> None:
    assert small_world.browser().post(f"{path}?ngon-ngu=en", {}).location == "/"


def test_the_button_is_on_every_page_and_tells_nothing_of_it(small_world: World) -> None:
    browser = small_world.browser()
    for path, status in ((f"/t/{small_world.codes.locked}", 200), ("/khong-co", 404), ("/", 200)):
        forms = [form for form in browser.get(path, status).tree.iter("form") if form.get("action") == "?ngon-ngu=en"]
        assert len(forms) == 1
        assert not list(forms[0].iter("input"))
    assert switch(browser, ENGLISH, "/tra-cuu") == "/tra-cuu"


def test_an_unknown_language_changes_nothing(small_world: World) -> None:
    browser = small_world.browser()
    answer = browser.post("/?ngon-ngu=../x", {})
    assert "Set-Cookie" not in answer.headers
    assert browser.get("/").tree.get("lang") == "vi"


def test_public_pages_are_english_through_and_through(small_world: World) -> None:
    browser = small_world.browser()
    switch(browser, ENGLISH)
    for path in (*PUBLIC, "/huong-dan/phu-huynh", "/huong-dan/so", "/khong-co-trang-nay"):
        page = browser.get(path, 404 if path == "/khong-co-trang-nay" else 200)
        main = next(part for part in page.tree.iter("main"))
        left = [text for text in vietnamese_of(main) if "học bạ" not in text and "(" not in text]
        # The names of the instance and the six verdicts' Vietnamese in parentheses stay.
        assert not [text for text in left if "Mẫu" not in text], path


def test_a_refused_form_speaks_english(small_world: World) -> None:
    browser = small_world.browser()
    switch(browser, ENGLISH)
    page = browser.get("/tra-cuu?ma=khong-phai-ma", 422)
    assert "This is not a lookup code" in page.text or "lookup code" in page.text
    empty = browser.get("/dang-nhap")
    answer = browser.submit(empty, "/dang-nhap", {"username": "", "password": ""}, 422)
    text = answer.get_data(as_text=True)
    assert "Fill in “User name”." in text
    assert "Hãy điền" not in text


def test_staff_read_english_and_documents_stay_vietnamese(small_world: World) -> None:
    browser = small_world.signed_in(CLERK)
    switch(browser, ENGLISH)
    assert "Work of school year" in browser.get("/").text
    assert "Bring a class in" in browser.get("/goi-hoc-ba").text
    made = browser.fetch(f"/hoc-ba/{small_world.codes.locked}/2025-2026.pdf").get_data()
    plain = small_world.signed_in(CLERK).fetch(f"/hoc-ba/{small_world.codes.locked}/2025-2026.pdf").get_data()
    assert made == plain, "an official print has one wording"


def test_each_page_of_the_department_opens_in_english(small_world: World) -> None:
    browser = small_world.signed_in(DEPARTMENT)
    switch(browser, ENGLISH)
    for path in ("/", "/hoc-ba", "/tien-do", "/chot-du-lieu", "/chung-thu", "/to-chuc", "/cap-quyen", "/chuyen-truong"):
        page = browser.get(path)
        assert page.tree.get("lang") == "en"
        assert "%(" not in page.text


def test_machines_are_answered_in_one_language(small_world: World) -> None:
    browser = small_world.browser()
    switch(browser, ENGLISH)
    assert "Yêu cầu không kèm khóa API." in browser.fetch("/api/v1/packets", 401).get_data(as_text=True)


def test_days_are_read_one_way_only() -> None:
    late = datetime(2026, 6, 5, 17, 5, 9, tzinfo=UTC)
    assert (day_words(late), moment_words(late)) == ("06/06/2026", "00:05 ngày 06/06/2026")
    try:
        speak(english)
        assert is_translated()
        assert day_words(date(2026, 6, 5)) == "5 Jun 2026"
        assert clock_words(late) == "00:05:09 on 6 Jun 2026"
        assert say("một câu chưa ai dịch") == "một câu chưa ai dịch", "Vietnamese rather than nothing"
        with in_vietnamese():
            assert day_words(late) == "06/06/2026"
    finally:
        speak(None)
