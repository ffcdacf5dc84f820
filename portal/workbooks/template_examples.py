"""Invented pupils for the template ("dữ liệu mẫu"): excellent, average, and one who stays down."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from portal.workbooks.template_columns import Column, Kind, columns_of

Cells = Mapping[str, str | int]
_FIRST_AGE: Final = 6


@dataclass(frozen=True, slots=True)
class _Invented:
    """serial: last digits of the identifiers; "" for none. levels: of subjects, of qualities and competences."""

    name: str
    female: bool
    serial: str
    levels: tuple[str, str]
    mark: int
    result: str
    award: str
    stays: bool = False


_PUPILS: Final = (
    _Invented("Nguyễn Thị Mẫu An", True, "900001", ("T", "T"), 10, "Hoàn thành xuất sắc", "Học sinh Xuất sắc"),
    _Invented("Trần Văn Mẫu Bình", False, "900002", ("H", "Đ"), 7, "Hoàn thành", ""),
    _Invented("Lê Mẫu Chi", True, "", ("C", "C"), 4, "Chưa hoàn thành", "", stays=True),
)
_SAME: Final[Mapping[str, str | int]] = {
    "ethnicity": "Kinh",
    "nationality": "Việt Nam",
    "birth_place": "Xã Mẫu, tỉnh Mẫu",
    "home_town": "Xã Mẫu, tỉnh Mẫu",
    "address": "Ấp Mẫu, xã Mẫu, tỉnh Mẫu",
    "father": "Nguyễn Văn Mẫu",
    "mother": "Trần Thị Mẫu",
    "height_cm": 125,
    "weight_kg": 25,
    "days_absent_with_leave": 1,
    "days_absent_without_leave": 0,
}


def example_rows(grade: int, first_year: int) -> Iterator[Cells]:
    """Cells by heading, for a school year that begins in first_year."""
    for number, invented in enumerate(_PUPILS, 1):
        cells = {column.heading: _cell(column, invented, number, grade, first_year) for column in columns_of(grade)}
        yield {heading: value for heading, value in cells.items() if value != ""}


def _cell(column: Column, who: _Invented, number: int, grade: int, first_year: int) -> str | int:
    """ "" where the pupil has nothing there."""
    if column.path.startswith(("subjects.", "qualities.", "competences.")):
        return _assessed(column, who)
    born = first_year - _FIRST_AGE - grade + 1
    completed = column.choices[1 if who.stays else 0] if column.choices else ""
    own: dict[str, str | int] = {
        "number": number,
        "full_name": who.name,
        "birth_date": f"{number + 10:02d}/05/{born}",
        "gender": "Nữ" if who.female else "Nam",
        "personal_id": f"082{3 if who.female else 2}{born % 100:02d}{who.serial}" if who.serial else "",
        "personal_id_absent_reason": "" if who.serial else "Gia đình đang làm thủ tục",
        "moet_student_code": f"8200{who.serial}" if who.serial else "",
        "overall_result": who.result,
        "awards": who.award,
        "programme_completed": completed,
        "promoted": "Ở lại lớp" if who.stays else "Được lên lớp",
    }
    return own.get(column.path, _SAME.get(column.path, ""))


def _assessed(column: Column, who: _Invented) -> str | int:
    if not column.needed and column.path.startswith("subjects."):
        return "Có tiến bộ trong năm học." if column.path == "subjects.toan.comment" else ""
    if column.kind is Kind.SUBJECT_LEVEL:
        return who.levels[0]
    if column.kind is Kind.TRAIT_LEVEL:
        return who.levels[1]
    return who.mark if column.kind is Kind.MARK else ""
