"""The transfer desk through its pages: a row for each file and code, exceptions first, and nothing kept but answers."""

import io
import zipfile
from datetime import timedelta

import pytest
import sqlalchemy as sa
import xlsxwriter
from sqlalchemy.orm import Session

from portal.models import AccessEvent, ItemOutcome, StoredVerdict, TransferBatch, TransferFile, TransferItem
from portal.services import transfers
from portal.workbooks.sheets import read_sheets
from tests.factories import year_record
from tests.photos.alterations import Alteration, Sheet, alter, drawn
from tests.photos.simulating import Condition, photograph
from tests.portal.jobs.running import run_jobs
from tests.portal.views.hand_overs import checked, hand_over, photo, refused, rows_of, sealed, zipped
from tests.portal.worlds import CLERK, DEPARTMENT, LOCKED_NAME, NEIGHBOUR, NOW, World
from verify import limits
from verify.form.render import render
from verify.verdict import Verdict

BORN = year_record(5).birth_date


def count(world: World, table: type[object]) -> int:
    with Session(world.engine) as session:
        return session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def workbook(*rows: tuple[object, ...]) -> bytes:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True, "default_date_format": "dd/mm/yyyy"}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return made.getvalue()


def test_a_mixed_hand_over_gives_each_row_its_answer(world: World) -> None:
    original = sealed(world)
    files = {
        "mot.pdf": original,
        "lai.pdf": original,
        "hong.pdf": b"%PDF-1.7\n%%EOF",
        "anh.png": photo(world.codes.locked),
        "ghi-chu.docx": b"hello",
        "goi.zip": zipped({"lop 5/hai.pdf": original, "trong.zip": zipped({"a": b"b"})}),
        "danh-sach.xlsx": workbook(
            ("STT", "Mã số tra cứu", "Ngày sinh"),
            (1, world.codes.locked, BORN),
            (2, world.codes.locked.upper(), "01/01/2001"),
            (3, world.codes.unknown, "01/01/2001"),
            (4, world.codes.locked[:-1], "01/01/2001"),
        ),
    }
    clerk = world.signed_in(NEIGHBOUR)
    page = checked(world, clerk, files, typed=f"{world.codes.draft}\n", grade="5")
    rows = rows_of(page)
    expected = (
        *("Đúng bản gốc", "Trùng với dòng 1", "Chưa đủ căn cứ", "Ảnh: chỉ đọc được mã", "Loại tệp chưa kiểm tra được"),
        *("Trùng với dòng 1", "Loại tệp chưa kiểm tra được", "Trùng với dòng 1", "Ngày sinh không khớp"),
        *("Không tìm thấy", "Không phải mã số", "Không tìm thấy"),
    )
    assert len(rows) == len(expected)
    for position, words in enumerate(expected, start=1):
        assert words in rows[f"dong-{position}"], (position, rows[f"dong-{position}"])
    assert list(rows)[-1] == "dong-1", "exceptions come first"
    assert LOCKED_NAME not in page.text
    assert world.codes.locked not in page.response.text


def test_a_row_that_repeats_another_still_says_what_it_is_itself(small_world: World) -> None:
    original = sealed(small_world)
    files = {"mot.pdf": original, "hai.pdf": original + b"\n% changed after the seal\n"}
    rows = rows_of(checked(small_world, small_world.signed_in(NEIGHBOUR), files))
    assert "Trùng với dòng 1" in rows["dong-2"]
    assert "Kết quả của riêng dòng này: Nội dung khớp, không còn là tệp gốc." in rows["dong-2"]


def test_a_photo_of_an_altered_page_differs_though_its_code_is_right(world: World) -> None:
    record = year_record(5, lookup_code=world.codes.locked)
    rendered = render([record], world.runtime.print_context)
    page = Sheet(record, rendered, 2, drawn(rendered, 2))
    altered = alter(page, Alteration.RETYPED, 3)
    assert altered is not None
    photos = {
        "sua.jpg": photograph(altered.picture, Condition.STRAIGHT, 1, shorter=1900).data,
        "dung.jpg": photograph(page.picture, Condition.STRAIGHT, 2, shorter=1900).data,
    }
    rows = rows_of(checked(world, world.signed_in(NEIGHBOUR), photos))
    assert "Không khớp" in rows["dong-1"]
    assert "Ảnh: chỉ đọc được mã" in rows["dong-2"]


def test_a_good_record_of_another_grade_is_told_apart(small_world: World) -> None:
    page = checked(
        small_world, small_world.signed_in(NEIGHBOUR), {"a.pdf": sealed(small_world, "2024-2025")}, grade="5"
    )
    (row,) = rows_of(page).values()
    assert "là của khối 4; lượt này tiếp nhận học sinh đã học xong khối 5" in row


def test_files_are_gone_with_the_answer_and_only_verdicts_stay(world: World) -> None:
    original, browser = sealed(world), world.signed_in(NEIGHBOUR)
    before = count(world, AccessEvent)
    address = hand_over(browser, {"a.pdf": original, "b.pdf": b"%PDF-1.7\n%%EOF"})
    assert count(world, TransferFile) == 2
    run_jobs(world)
    assert count(world, TransferFile) == 0
    assert count(world, StoredVerdict) == 2
    assert count(world, AccessEvent) == before + 1, "who compared which record is written"
    assert isinstance(address, str)


def test_a_hand_over_is_its_makers_alone(world: World) -> None:
    clerk = world.signed_in(NEIGHBOUR)
    address = hand_over(clerk, {"a.pdf": b"%PDF-1.7\n%%EOF"})
    assert isinstance(address, str)
    run_jobs(world)
    for username in (CLERK, DEPARTMENT):
        other = world.signed_in(username)
        for path in ("", "/ket-qua.xlsx", "/bien-ban.pdf"):
            other.fetch(address + path, 404)
    world.browser().fetch(address, 303)
    world.browser().fetch("/tiep-nhan", 303)


def test_ticking_off_leads_to_the_next_exception_without_scripts(small_world: World) -> None:
    clerk = small_world.signed_in(NEIGHBOUR)
    page = checked(small_world, clerk, {f"{n}.pdf": b"%PDF-1.7\n%%EOF" + bytes([n]) for n in (1, 2, 3)})
    address = str(page.response.request.path)
    assert "3 dòng còn chưa xem" in page.text
    answer = clerk.submit(page, f"{address}/dong/1", {})
    assert answer.location == f"{address}?den=2"
    page = clerk.get(f"{address}?den=2")
    assert "2 dòng còn chưa xem" in page.text
    focused = [button for button in page.tree.iter("button") if button.get("autofocus") is not None]
    assert ["dòng 2" in "".join(button.itertext()) for button in focused] == [True]
    clerk.submit(page, f"{address}/dong/3", {})
    assert clerk.submit(page, f"{address}/dong/2", {}).location == address
    assert "0 dòng còn chưa xem" in clerk.get(address).text


def test_the_table_and_the_sealed_minutes_name_the_same_root(world: World) -> None:
    clerk = world.signed_in(NEIGHBOUR)
    page = checked(world, clerk, {"=cmd().pdf": sealed(world), "b.pdf": b"%PDF-1.7\n%%EOF"})
    address = str(page.response.request.path)
    with Session(world.engine) as session:
        root = session.scalars(sa.select(TransferBatch.root)).one()
    assert root is not None
    assert root in page.text
    table = clerk.fetch(f"{address}/ket-qua.xlsx").data
    (sheet,) = read_sheets(table)
    assert any(root in str(cell) for row in sheet.rows for cell in row)
    assert sheet.rows[1][1] == "=cmd().pdf"
    with zipfile.ZipFile(io.BytesIO(table)) as parts:
        assert b"<f>" not in parts.read("xl/worksheets/sheet1.xml"), "a name is never a formula"
    pdf = clerk.fetch(f"{address}/bien-ban.pdf").data
    assert b"/DocMDP" in pdf
    checked_again = world.browser()
    form = checked_again.get("/kiem-tra")
    answer = checked_again.submit(form, "/kiem-tra", {"file": (pdf, "bien-ban.pdf", "application/pdf")}, 200)
    assert "tone-good" not in answer.text, "minutes are no record, whoever sealed them"


def test_differing_cells_are_named_to_a_holder_of_the_paper(world: World) -> None:
    record = year_record(5)
    subjects = {**record.subjects}
    code, held = next((code, each) for code, each in subjects.items() if each.score is not None)
    subjects[code] = type(held)(held.level, 10 if held.score != 10 else 9, held.comment)
    forged = type(record)(
        **{
            **{name: getattr(record, name) for name in record.__dataclass_fields__},
            "subjects": subjects,
            "lookup_code": world.codes.locked,
        }
    )
    pdf = render([forged], world.runtime.print_context).pdf
    page = checked(world, world.signed_in(NEIGHBOUR), {"a.pdf": pdf})
    (row,) = rows_of(page).values()
    assert "Không khớp" in row
    assert "Ô khác:" in row


def test_guessing_birth_dates_ends_after_three(world: World) -> None:
    lines = "\n".join(f"{world.codes.locked};0{day}/01/2001" for day in range(1, 6))
    page = checked(world, world.signed_in(NEIGHBOUR), {}, typed=lines)
    told = [words for words in rows_of(page).values() if "Ngày sinh không khớp" in words]
    silent = [words for words in rows_of(page).values() if "Chưa so ngày sinh" in words]
    assert (len(told), len(silent)) == (3, 2)


def test_one_hand_over_a_person_at_a_time(small_world: World) -> None:
    clerk = small_world.signed_in(NEIGHBOUR)
    address = hand_over(clerk, {"a.pdf": b"%PDF-"})
    assert "chưa kiểm tra xong" in refused(clerk, {"a.pdf": b"%PDF-"})
    hand_over(small_world.signed_in(CLERK), {"a.pdf": b"%PDF-"})
    assert isinstance(address, str)
    clerk.submit(clerk.get(address), f"{address}/bo", {})
    hand_over(clerk, {"a.pdf": b"%PDF-"})


@pytest.mark.parametrize(
    ("files", "typed", "words"),
    [
        ({}, "", "Chưa có tệp hay mã số nào"),
        ({}, "xin chào", "Tệp trống"),
        ({"a.zip": zipped({"../../etc/passwd": b"x"})}, "", "dẫn ra ngoài thư mục (tệp “../../etc/passwd” bên trong)"),
        ({"a.zip": zipped({"C:\\windows\\a.pdf": b"x"})}, "", "dẫn ra ngoài thư mục"),
        ({"a.zip": zipped({"a.pdf": bytes(15 * 1024 * 1024)})}, "", "bung ra lớn bất thường"),
        ({"a.zip": b"PK\x03\x04" + bytes(100)}, "", "bị hỏng"),
        ({"a.zip": zipped({})}, "", "không có tệp nào"),
        ({"a.zip": zipped({f"{n}.pdf": b"" for n in range(501)})}, "", "hơn 500 tệp"),
        ({f"{n}.pdf": b"%PDF-" for n in range(501)}, "", "hơn 500 tệp và mã số"),
        ({"a.xlsx": b"PK\x03\x04" + bytes(100)}, "", "Tệp bị hỏng"),
        ({}, "\n".join(["12345678123441238123123456789012"] * 501), "hơn 500 dòng"),
    ],
)
def test_what_cannot_be_taken_is_told_and_nothing_is_kept(
    small_world: World, files: dict[str, bytes], typed: str, words: str
) -> None:
    clerk = small_world.signed_in(NEIGHBOUR)
    assert words in refused(clerk, files, typed)
    assert count(small_world, TransferItem) == count(small_world, TransferFile) == 0
    hand_over(clerk, {"a.pdf": b"%PDF-"})


def test_everything_is_forgotten_after_a_day(world: World) -> None:
    clerk = world.signed_in(NEIGHBOUR)
    checked(world, clerk, {"a.pdf": sealed(world)})
    with Session(world.engine) as session, session.begin():
        assert transfers.expire(session, NOW.replace(year=2100)) == 1
    assert count(world, TransferItem) == 0
    with Session(world.engine) as session:
        batch = session.scalars(sa.select(TransferBatch)).one()
        assert (batch.state, batch.good, batch.exceptions) == ("expired", 1, 0)
        assert batch.expires_at - batch.created_at == timedelta(hours=24)
    clerk.fetch(f"/tiep-nhan/{batch.id}", 404)


def test_a_stranger_cannot_send_more_than_a_document(small_world: World) -> None:
    browser = small_world.browser()
    browser.get("/kiem-tra")
    large = bytes(22 * 1024 * 1024)
    browser.post("/tiep-nhan", {"files": (large, "a.pdf", "application/pdf")}, 413)


def test_every_verdict_of_a_file_is_an_outcome_of_a_row() -> None:
    outcomes = {outcome.value for outcome in ItemOutcome}
    assert {verdict.value for verdict in Verdict} <= outcomes
    assert limits.BATCH_FILES * 1024 < limits.BATCH_BYTES
