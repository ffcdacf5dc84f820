"""Minutes as they are printed: what a reader must find on them, and that texts stay texts."""

from dataclasses import replace
from io import BytesIO

import pikepdf
import pypdfium2
import pytest

from tests.verify.form.minutes import MINUTES
from verify.errors import MalformedRecord
from verify.form.minutes import Minutes, SchoolCounts, render_minutes


def text_of(minutes: Minutes) -> str:
    document = pypdfium2.PdfDocument(render_minutes(minutes))
    try:
        return " ".join(" ".join(page.get_textpage().get_text_bounded() for page in document).split())
    finally:
        document.close()


def test_what_the_minutes_say() -> None:
    text = text_of(MINUTES)
    for said in (
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "SỞ GIÁO DỤC VÀ ĐÀO TẠO MẪU",
        "Số: 45/BB-SGDĐT",
        "Tỉnh Mẫu, ngày 01 tháng 7 năm 2026",
        "Đợt 1, năm học 2025-2026",
        "Số học bạ đã chốt: 1.258.",
        "chưa chốt: 3.",
        "theo văn bản riêng: 4.",
        "Chưa ai ký: 2; Đã rút: 1",
        "12.345",
        MINUTES.checkpoint.root,
        "ab" * 32,
        "2 bên đã xác nhận, cần 2: bo, dc",
        "Phạm Hữu Nghĩa",
        "DỮ LIỆU MẪU",
        "Trang 2/2",
    ):
        assert said in text, said


def test_each_grade_is_counted() -> None:
    text = text_of(MINUTES)
    assert "Cộng 51 58 40 35 1.074 1.258 3" in text


def test_a_real_one_bears_no_mark_of_a_sample() -> None:
    assert "DỮ LIỆU MẪU" not in text_of(replace(MINUTES, sample=False))


def test_texts_are_never_markup() -> None:
    name = '#panic("x") *đậm* $x$ \\ [a]'
    school = replace(MINUTES.schools[0], name=name)
    assert name.replace("\\ ", "\\ ") in text_of(replace(MINUTES, schools=(school,)))


def test_the_same_minutes_are_the_same_bytes_and_for_archives() -> None:
    pdf = render_minutes(MINUTES)
    assert pdf == render_minutes(MINUTES)
    with pikepdf.open(BytesIO(pdf)) as document, document.open_metadata() as metadata:
        assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "A")


def test_a_province_of_400_schools() -> None:
    schools = tuple(SchoolCounts(f"Trường Tiểu học số {n}", (99, 99, 99, 99, 99), n % 7, "") for n in range(400))
    text = text_of(replace(MINUTES, schools=schools))
    assert "198.000" in text
    assert "Trường Tiểu học số 399" in text


def test_grades_that_are_no_five() -> None:
    with pytest.raises(MalformedRecord):
        render_minutes(replace(MINUTES, schools=(SchoolCounts("x", (1,), 0, ""),)))
