"""Grade 6 on the web: a list of codes and birth dates becomes data that nobody types again; others get nothing."""

import io
from datetime import date, timedelta
from typing import Final

import pytest
import sqlalchemy as sa
from python_calamine import CalamineWorkbook
from sqlalchemy.orm import Session

from portal.models import AccessEvent, AdmissionClaim, Transcript
from portal.services.admissions import KEPT, MISSES
from tests.client import Browser, Page
from tests.factories import year_record
from tests.portal.views.lock_journeys import turn_clock
from tests.portal.worlds import CLERK, DEPARTMENT, LOCKED_NAME, NOW, World
from verify.record.vocabulary import SUBJECTS

SECONDARY: Final = "thcs01.vanthu"
PAGE: Final = "/tuyen-sinh-6"
TABLE: Final = f"{PAGE}/ket-qua.xlsx"


def born(world: World, code: str) -> date:
    with Session(world.engine) as session:
        return session.scalars(sa.select(Transcript.birth_date).where(Transcript.lookup_code == code)).one()


def line(world: World, code: str, days: int = 0) -> str:
    return f"{code}, {born(world, code) + timedelta(days=days):%d/%m/%Y}"


def sent(browser: Browser, typed: str, status: int = 303) -> Page:
    return Page(browser.submit(browser.get(PAGE), PAGE, {"typed": typed}, status))


def both(world: World) -> str:
    return "\n".join((line(world, world.codes.locked), line(world, world.codes.accepted)))


def table(browser: Browser) -> dict[str, dict[str, str]]:
    """The rows of the data file, by name; each a text by its heading."""
    data = browser.fetch(TABLE).get_data()
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0)
    headings, *listed = [[str(cell) for cell in row] for row in sheet.to_python()]
    return {row[1]: dict(zip(headings, row, strict=True)) for row in listed if row[1]}


def test_from_a_pasted_list_to_data(world: World) -> None:
    browser = world.signed_in(SECONDARY)
    sent(browser, both(world))
    shown = browser.get(PAGE)
    assert "2 học sinh: 1 đã chốt, 1 chưa chốt" in shown.text
    held = table(browser)
    locked, waiting = held[LOCKED_NAME], held["Trần Đăng Khôi"]
    record = year_record(5)
    assert (locked["Năm học"], locked["Tình trạng"]) == (record.school_year, "Đã chốt, đang hiệu lực")
    for subject in SUBJECTS:
        result = record.subjects.get(subject.code)
        level, score = locked[f"{subject.label} – mức"], locked[f"{subject.label} – điểm KTĐK"]
        assert (level, score) == (("", "") if result is None else (result.level.value, str(result.score or "")))
    assert locked["Đánh giá kết quả giáo dục"] == record.overall_result.value
    assert waiting["Tình trạng"] == "Chưa chốt"
    assert waiting["Toán – điểm KTĐK"] == waiting["Đánh giá kết quả giáo dục"] == ""
    for secret in (record.ethnicity, record.height_cm, record.weight_kg, record.address):
        assert secret not in locked.values()


def test_each_look_at_results_is_written_down(world: World) -> None:
    browser = world.signed_in(SECONDARY)
    sent(browser, both(world))
    browser.fetch(TABLE)
    with Session(world.engine) as session:
        looks = session.scalars(
            sa.select(AccessEvent.transcript_id).where(AccessEvent.action == "records.export")
        ).all()
    assert len(set(looks)) == 2


def test_a_claim_is_no_key_to_the_record(world: World) -> None:
    browser = world.signed_in(SECONDARY)
    sent(browser, both(world))
    browser.get(f"/hoc-ba/{world.codes.locked}", 404)


def test_lines_that_lead_nowhere_are_told_one_by_one(world: World) -> None:
    browser = world.signed_in(SECONDARY)
    typed = "\n".join(
        (
            line(world, world.codes.locked, days=1),
            f"{world.codes.unknown}, 01/02/2015",
            world.codes.accepted,
            "0123456789abcdef0123, 01/02/2015",
            line(world, world.codes.draft),
        )
    )
    shown = sent(browser, typed, 422)
    assert "Đã đưa vào 1 học sinh, 0 đã có từ trước, 4 dòng cần xem lại" in shown.text
    assert "Dòng 1: Mã số và ngày sinh không cùng" in shown.text
    assert "Dòng 2: Mã số và ngày sinh không cùng" in shown.text  # an unknown code and a wrong date: the same words
    assert "Dòng 3: Thiếu ngày sinh" in shown.text
    assert "Dòng 4: Không đọc được mã số" in shown.text
    assert LOCKED_NAME not in shown.text
    assert "Đã đưa vào 0 học sinh, 1 đã có" in sent(browser, typed, 422).text


def test_guesses_are_counted(world: World) -> None:
    browser = world.signed_in(SECONDARY)
    guesses = "\n".join(line(world, world.codes.locked, days) for days in (1, 2, 3, 0))
    shown = sent(browser, guesses, 422)
    assert "Dòng 4: Hôm nay đã thử quá nhiều" in shown.text
    assert LOCKED_NAME not in shown.text
    many = "\n".join([f"{world.codes.unknown}, 01/02/2015"] * MISSES + [line(world, world.codes.draft)])
    assert f"Dòng {MISSES + 1}: Chưa xem" in sent(browser, many, 422).text
    with Session(world.engine) as session:
        assert session.scalars(sa.select(AdmissionClaim)).all() == []


def test_a_file_is_as_good(world: World) -> None:
    browser = world.signed_in(SECONDARY)
    page = browser.get(PAGE)
    browser.submit(page, PAGE, {"file": (both(world).encode(), "ds.csv", "text/csv")})
    assert LOCKED_NAME in browser.get(PAGE).text
    nothing = browser.submit(page, PAGE, {"file": (b"so thu tu\n1\n", "ds.csv", "text/csv")}, 422)
    assert page.text != Page(nothing).text
    assert "summary" in nothing.get_data(as_text=True)


def test_the_desk_leads_there_where_there_is_a_grade_six(world: World) -> None:
    assert PAGE in world.signed_in(SECONDARY).get("/tiep-nhan").links()
    assert PAGE not in world.signed_in(CLERK).get("/tiep-nhan").links()


def test_others_see_nothing(world: World) -> None:
    sent(world.signed_in(SECONDARY), both(world))
    for username in (CLERK, DEPARTMENT, "th02.hieutruong"):  # a primary school has no grade 6
        browser = world.signed_in(username)
        browser.get(PAGE, 404)
        browser.fetch(TABLE, 404)
    world.browser().fetch(PAGE, 303)
    with Session(world.engine) as session:
        claim = session.scalars(sa.select(AdmissionClaim.id)).first()
    browser = world.signed_in(CLERK)
    form = browser.get("/tiep-nhan").form("/dang-xuat")
    token = {"csrf_token": form[0].get("value") or ""}
    browser.post(f"{PAGE}/{claim}/bo", token, 404)
    browser.post(f"{PAGE}/tiep-nhan", token, 404)


def test_off_the_list_again(world: World) -> None:
    browser = world.signed_in(SECONDARY)
    sent(browser, line(world, world.codes.locked))
    shown = browser.get(PAGE)
    drop = next(form.get("action", "") for form in shown.tree.iter("form") if form.get("action", "").endswith("/bo"))
    browser.submit(shown, drop, {})
    assert LOCKED_NAME not in browser.get(PAGE).text
    sent(browser, line(world, world.codes.locked))
    assert LOCKED_NAME in browser.get(PAGE).text


def test_after_half_a_year_the_list_is_empty(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    turn_clock(monkeypatch, NOW)
    browser = world.signed_in(SECONDARY)
    sent(browser, line(world, world.codes.locked))
    assert LOCKED_NAME in browser.get(PAGE).text
    turn_clock(monkeypatch, NOW + KEPT + timedelta(seconds=1))
    browser = world.signed_in(SECONDARY)
    assert LOCKED_NAME not in browser.get(PAGE).text
    sent(browser, line(world, world.codes.locked))  # claimed anew, with the paper
    assert LOCKED_NAME in browser.get(PAGE).text


def test_the_list_goes_to_the_transfer_desk(world: World) -> None:
    browser = world.signed_in(SECONDARY)
    sent(browser, both(world))
    answer = browser.submit(browser.get(PAGE), f"{PAGE}/tiep-nhan", {})
    assert answer.location.startswith("/tiep-nhan/")
    browser.get(answer.location)
