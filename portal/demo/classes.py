"""Invented classes for the demo, written as a workbook that school software exports. All "dữ liệu mẫu".

The same seed gives the same pupils, so that a class of one year and of the next hold the same children.
"""

import io
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import xlsxwriter

from verify.record.vocabulary import COMPETENCES, QUALITIES, SUBJECTS, Marking, Presence, Subject, Trait

_FAMILY: Final = ("Nguyễn", "Trần", "Lê", "Phạm", "Huỳnh", "Võ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương", "Lý")
_GIRLS: Final = ("Ngọc Ánh", "Thị Diễm Quỳnh", "Thuỳ Dương", "Thị Mỹ Duyên", "Bảo Hân", "Gia Hân", "Như Ý", "Khả Ái")
_BOYS: Final = ("Hữu Nghĩa", "Quốc Đĩnh", "Minh Khuê", "Gia Bảo", "Hoàng Phúc", "Tấn Lộc", "Đăng Khôi", "Trọng Ẩn")
_COMMENTS: Final = (
    "Nắm vững kiến thức, vận dụng tốt vào thực tế.",
    "Có nhiều tiến bộ, cần mạnh dạn hơn khi phát biểu.",
    "Chăm chỉ, tích cực tham gia xây dựng bài.",
    "Hoàn thành đầy đủ các yêu cầu của môn học.",
)
Cells = Sequence[str | int | None]


@dataclass(frozen=True, slots=True)
class DemoPupil:
    """An invented child. able: whether the year went very well. lowest: the lowest mark, 5 to 10."""

    name: str
    gender: str
    birth_date: date
    personal_id: str
    student_code: str
    able: bool
    lowest: int

    @property
    def overall_result(self) -> str:
        """As levels and marks give it (TT 27/2020 Đ.9)."""
        if not self.able:
            return "Hoàn thành"
        return "Hoàn thành xuất sắc" if self.lowest >= 9 else "Hoàn thành tốt"

    @property
    def award(self) -> str | None:
        awards = {"Hoàn thành xuất sắc": "Học sinh Xuất sắc", "Hoàn thành tốt": "Học sinh Tiêu biểu"}
        return awards.get(self.overall_result)


def demo_pupils(count: int, birth_year: int, seed: int) -> list[DemoPupil]:
    """The same children for the same arguments."""
    chance = random.Random(seed)  # noqa: S311 - invented data # nosec B311
    return [_pupil(chance, birth_year, seed * 1000 + number) for number in range(count)]


def _pupil(chance: random.Random, birth_year: int, serial: int) -> DemoPupil:
    girl = chance.random() < 0.5
    able = chance.random() < 0.6
    return DemoPupil(
        name=f"{chance.choice(_FAMILY)} {chance.choice(_GIRLS if girl else _BOYS)}",
        gender="Nữ" if girl else "Nam",
        birth_date=date(birth_year, chance.randint(1, 12), chance.randint(1, 28)),
        personal_id=f"000{3 if girl else 2}{birth_year % 100:02d}{serial:06d}",
        student_code=f"99{serial:08d}",
        able=able,
        lowest=chance.randint(7, 9) if able else chance.randint(5, 7),
    )


def class_workbook(class_name: str, grade: int, pupils: Sequence[DemoPupil], seed: int) -> bytes:
    """The year of a class as XLSX in the long shape: a row for each pupil and subject, two sheets joined by code."""
    chance = random.Random(seed)  # noqa: S311 - invented data # nosec B311
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        for name, rows in (
            ("Mon_hoc", _subject_rows(grade, pupils, chance)),
            ("PC_NL", _trait_rows(grade, pupils)),
            ("Tong_hop", _summary_rows(class_name, grade, pupils, chance)),
        ):
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return made.getvalue()


def _subject_rows(grade: int, pupils: Sequence[DemoPupil], chance: random.Random) -> Iterable[Cells]:
    yield ("Mã HS", "Họ và tên", "Môn", "Mức", "Điểm", "Nhận xét")
    for pupil in pupils:
        for subject in SUBJECTS:
            if subject.presence_in(grade) is Presence.REQUIRED:
                mark = _mark(subject, grade, pupil, chance)
                level = "T" if pupil.able else chance.choice(("T", "H", "H"))
                yield (pupil.student_code, pupil.name, subject.label, level, mark, chance.choice(_COMMENTS))


def _mark(subject: Subject, grade: int, pupil: DemoPupil, chance: random.Random) -> int | None:
    if subject.marking_in(grade) is not Marking.REQUIRED:
        return None
    return pupil.lowest if subject.code == "toan" else chance.randint(pupil.lowest, 10)


def _trait_rows(grade: int, pupils: Sequence[DemoPupil]) -> Iterable[Cells]:
    traits: list[Trait] = [*QUALITIES, *(trait for trait in COMPETENCES if trait.first_grade <= grade)]
    yield ("Mã HS", "Họ và tên", *(trait.label for trait in traits))
    for pupil in pupils:
        yield (pupil.student_code, pupil.name, *("T" if pupil.able else "Đ" for _ in traits))


def _summary_rows(class_name: str, grade: int, pupils: Sequence[DemoPupil], chance: random.Random) -> Iterable[Cells]:
    yield (
        *("Mã HS", "Số ĐDCN", "Họ và tên", "Ngày sinh", "Giới tính", "Dân tộc", "Lớp", "KQGD", "Khen thưởng"),
        *("Hoàn thành", "Lên lớp", "Cao", "Nặng", "P", "K"),
    )
    for pupil in pupils:
        born = f"{pupil.birth_date:%d/%m/%Y}"
        who = (pupil.student_code, pupil.personal_id, pupil.name, born, pupil.gender, "Kinh", class_name)
        completed = f"Hoàn thành chương trình lớp {grade}" if grade < 5 else "Hoàn thành chương trình tiểu học"
        outcome = (pupil.overall_result, pupil.award, completed, "Được lên lớp" if grade < 5 else None)
        yield (*who, *outcome, 100 + 6 * grade + chance.randint(0, 9), 14 + 3 * grade + chance.randint(0, 5), 1, 0)
