"""The staff's list: classes, search results, addresses of neighbour pages."""

from urllib.parse import parse_qs, urlsplit

import pytest

from portal.forms.records import ListQuery
from portal.presenters.records import present_list
from portal.services.records import ClassSummary, Page, RecordRow
from tests.factories import LOOKUP_CODE

SCHOOL = "Trường Tiểu học Mẫu số 1"
CLASSES = (
    ClassSummary("2025-2026", SCHOOL, "5Đ", 5, {"locked": 34, "accepted": 1, "draft": 2}),
    ClassSummary("2025-2026", SCHOOL, "1/1", 1, {"submitted": 3}),
    ClassSummary("2024-2025", SCHOOL, "4A1", 4, {"locked": 33}),
)
ROW = RecordRow(LOOKUP_CODE, "Đặng Hữu Ưởng", "5Đ", "2025-2026", "accepted", 1, SCHOOL, earlier=False)


def test_classes_stand_under_their_year_with_what_is_left_to_do() -> None:
    page = present_list(CLASSES, None, ListQuery())
    assert [year.school_year for year in page.years] == ["2025-2026", "2024-2025"]
    line = page.years[0].classes[0]
    assert (line.locked, line.total) == (34, 37)
    assert line.detail == "Đã chốt: 34 · Đã tiếp nhận, chờ chốt: 1 · Bản nháp: 2"
    assert page.results is None


@pytest.mark.parametrize("index", [0, 1])
def test_a_class_leads_to_its_records_whatever_its_name(index: int) -> None:
    line = present_list(CLASSES, None, ListQuery()).years[0].classes[index]
    address = urlsplit(line.href)
    assert address.path == "/hoc-ba"
    assert parse_qs(address.query) == {"nam": ["2025-2026"], "lop": [line.class_name]}


def test_the_form_keeps_what_was_asked() -> None:
    page = present_list(CLASSES, Page((), 0, 1, 1), ListQuery("ưởng", "2025-2026", "5Đ"))
    assert (page.text, page.school_year, page.class_name) == ("ưởng", "2025-2026", "5Đ")
    assert page.school_years == ("2025-2026", "2024-2025")
    assert page.results is not None
    assert page.results.summary == "Không tìm thấy học bạ nào."


def test_results_lead_to_the_record_and_to_the_neighbour_pages() -> None:
    results = present_list(CLASSES, Page((ROW,), 1234, 2, 25), ListQuery("a & b", page=2)).results
    assert results is not None
    assert results.summary == "Tìm thấy 1.234 học bạ."
    assert results.rows[0].href == f"/hoc-ba/{LOOKUP_CODE}"
    assert results.rows[0].state == "Đã tiếp nhận, chờ chốt"
    assert results.previous == "/hoc-ba?q=a+%26+b"
    assert results.next == "/hoc-ba?q=a+%26+b&trang=3"


def test_the_only_page_has_no_neighbours() -> None:
    results = present_list(CLASSES, Page((ROW,), 1, 1, 1), ListQuery("a")).results
    assert results is not None
    assert (results.previous, results.next) == (None, None)
