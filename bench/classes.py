"""Class workbooks without end, each of other pupils, in the shapes that schools send: a row a subject, or a pupil."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import xlsxwriter

from portal.demo.classes import DemoPupil, class_workbook, demo_pupils
from verify.record.vocabulary import COMPETENCES, GRADES, QUALITIES, SUBJECTS, Marking, Presence

PUPILS = 35


@dataclass(frozen=True, slots=True)
class ClassFile:
    """A workbook and how many pupils it lists."""

    data: bytes
    pupils: int


def class_files(records: int) -> Iterator[ClassFile]:
    """As many classes of 35 as `records` pupils need, by turns in either shape."""
    for number, first in enumerate(range(0, records, PUPILS)):
        grade = GRADES[number // 2 % len(GRADES)]
        pupils = fresh_pupils(min(PUPILS, records - first), grade, first)
        name = f"{grade}A{number + 1}"
        data = wide_workbook(name, grade, pupils) if number % 2 else class_workbook(name, grade, pupils, number)
        yield ClassFile(data, len(pupils))


def fresh_pupils(count: int, grade: int, first: int) -> list[DemoPupil]:
    """Invented children with running numbers, from `first` on."""
    born = 2020 - grade
    return [
        replace(
            pupil,
            personal_id=f"099{pupil.personal_id[3]}{born % 100:02d}{first + place:06d}",
            student_code=f"97{first + place:08d}",
        )
        for place, pupil in enumerate(demo_pupils(count, born, first))
    ]


def wide_workbook(class_name: str, grade: int, pupils: Sequence[DemoPupil]) -> bytes:
    """One sheet with a row for each pupil."""
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Lop")
        sheet.write_row(0, 0, _header(grade))
        for number, pupil in enumerate(pupils, 1):
            sheet.write_row(number, 0, _row(number, class_name, grade, pupil))
    return made.getvalue()


def _header(grade: int) -> list[str]:
    cells = ["STT", "Mã HS", "Số ĐDCN", "Họ và tên", "Ngày sinh", "Giới tính", "Dân tộc", "Lớp"]
    for subject in SUBJECTS:
        if subject.presence_in(grade) is Presence.REQUIRED:
            cells.append(f"{subject.label} - Mức")
            if subject.marking_in(grade) is Marking.REQUIRED:
                cells.append(f"{subject.label} - Điểm")
    cells += [f"Phẩm chất: {trait.label}" for trait in QUALITIES]
    cells += [f"Năng lực: {trait.label}" for trait in COMPETENCES if trait.first_grade <= grade]
    return [*cells, "KQGD", "Khen thưởng", "Hoàn thành", "Lên lớp"]


def _row(number: int, class_name: str, grade: int, pupil: DemoPupil) -> list[str | int | None]:
    born = f"{pupil.birth_date:%d/%m/%Y}"
    cells: list[str | int | None] = [number, pupil.student_code, pupil.personal_id, pupil.name, born, pupil.gender]
    cells += ["Kinh", class_name]
    for subject in SUBJECTS:
        if subject.presence_in(grade) is Presence.REQUIRED:
            cells.append("T" if pupil.able else "H")
            if subject.marking_in(grade) is Marking.REQUIRED:
                cells.append(pupil.lowest)
    traits = [*QUALITIES, *(trait for trait in COMPETENCES if trait.first_grade <= grade)]
    cells += ["T" if pupil.able else "Đ" for _trait in traits]
    done = f"Hoàn thành chương trình lớp {grade}" if grade < 5 else "Hoàn thành chương trình tiểu học"
    return [*cells, pupil.overall_result, pupil.award, done, "Được lên lớp" if grade < 5 else None]
