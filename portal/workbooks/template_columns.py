"""The columns of the template of each grade: heading, what may stand in it, and the rule in words."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from verify.record.spellings import OVERALL_WORDS, SUBJECT_LEVEL_WORDS, TRAIT_LEVEL_WORDS
from verify.record.vocabulary import COMPETENCES, QUALITIES, SUBJECTS, Marking, Presence, Subject


class Kind(StrEnum):
    """What the cells of a column hold."""

    NUMBER = "number"
    TEXT = "text"
    ID = "id"
    DATE = "date"
    GENDER = "gender"
    SUBJECT_LEVEL = "subject_level"
    TRAIT_LEVEL = "trait_level"
    MARK = "mark"
    RESULT = "result"
    COMPLETION = "completion"
    PROMOTION = "promotion"


@dataclass(frozen=True, slots=True)
class Column:
    """path: of the field. choices: beside those of the kind. width: in characters."""

    path: str
    heading: str
    kind: Kind
    needed: bool
    rule: str
    choices: tuple[str, ...] = ()
    width: int = 12


_WHO: Final = (
    Column("number", "STT", Kind.NUMBER, False, "Số thứ tự trong lớp: 1, 2, 3…", width=6),
    Column("full_name", "Họ và tên", Kind.TEXT, True, "Đủ họ và tên như trong giấy khai sinh.", width=28),
    Column(
        "birth_date", "Ngày sinh", Kind.DATE, True, "Ngày/tháng/năm, đủ bốn chữ số của năm, ví dụ 05/09/2017.", width=13
    ),
    Column("gender", "Giới tính", Kind.GENDER, True, "“Nam” hoặc “Nữ”."),
    Column(
        "personal_id",
        "Số định danh cá nhân",
        Kind.ID,
        False,
        "Đủ 12 chữ số, kể cả số 0 ở đầu. Chưa có thì để trống và ghi lý do.",
        width=16,
    ),
    Column(
        "personal_id_absent_reason",
        "Lý do chưa có số định danh",
        Kind.TEXT,
        False,
        "Chỉ ghi khi để trống số định danh.",
        width=20,
    ),
    Column(
        "moet_student_code",
        "Mã định danh Bộ GD&ĐT",
        Kind.ID,
        False,
        "Mã học sinh 10 chữ số trong cơ sở dữ liệu của Bộ.",
        width=16,
    ),
    Column("ethnicity", "Dân tộc", Kind.TEXT, False, "Ví dụ Kinh, Khmer, Hoa."),
    Column("nationality", "Quốc tịch", Kind.TEXT, False, "Ví dụ Việt Nam."),
    Column("birth_place", "Nơi sinh", Kind.TEXT, False, "Như trong giấy khai sinh.", width=24),
    Column("home_town", "Quê quán", Kind.TEXT, False, "Như trong giấy khai sinh.", width=24),
    Column("address", "Nơi ở hiện nay", Kind.TEXT, False, "Địa chỉ hiện nay.", width=28),
    Column("father", "Họ và tên cha", Kind.TEXT, False, "Để trống nếu không có trong giấy khai sinh.", width=24),
    Column("mother", "Họ và tên mẹ", Kind.TEXT, False, "Để trống nếu không có trong giấy khai sinh.", width=24),
    Column("guardian", "Người giám hộ", Kind.TEXT, False, "Chỉ ghi khi có người giám hộ.", width=24),
    Column("height_cm", "Chiều cao (cm)", Kind.NUMBER, False, "Xăng-ti-mét, ví dụ 132,5."),
    Column("weight_kg", "Cân nặng (kg)", Kind.NUMBER, False, "Ki-lô-gam, ví dụ 28."),
    Column("days_absent_with_leave", "Số ngày nghỉ có phép", Kind.NUMBER, False, "Số nguyên từ 0 trở lên."),
    Column("days_absent_without_leave", "Số ngày nghỉ không phép", Kind.NUMBER, False, "Số nguyên từ 0 trở lên."),
)


def columns_of(grade: int) -> tuple[Column, ...]:
    """From left to right. grade: 1-5."""
    return (*_WHO, *_subjects(grade), *_traits(grade), *_results(grade))


def _subjects(grade: int) -> Iterator[Column]:
    for subject in SUBJECTS:
        presence = subject.presence_in(grade)
        if presence is not Presence.NOT_TAUGHT:
            yield from _subject(subject, grade, needed=presence is Presence.REQUIRED)


def _subject(subject: Subject, grade: int, *, needed: bool) -> Iterator[Column]:
    stem, label = f"subjects.{subject.code}", subject.label
    learnt = "" if needed else " Để trống nếu lớp không học môn này."
    level = f"Mức đạt được: {SUBJECT_LEVEL_WORDS}.{learnt}"
    yield Column(f"{stem}.level", f"{label}: mức", Kind.SUBJECT_LEVEL, needed, level)
    marking = subject.marking_in(grade)
    if marking is not Marking.NONE:
        must = marking is Marking.REQUIRED
        rule = f"Điểm bài kiểm tra cuối năm: số nguyên từ 1 đến 10.{'' if must else ' Để trống nếu không có.'}"
        yield Column(f"{stem}.score", f"{label}: điểm KTĐK", Kind.MARK, needed and must, rule)
    yield Column(
        f"{stem}.comment", f"{label}: nhận xét", Kind.TEXT, False, "Lời nhận xét, không quá 2.000 ký tự.", width=24
    )


def _traits(grade: int) -> Iterator[Column]:
    for section, word, catalogue in (("qualities", "Phẩm chất", QUALITIES), ("competences", "Năng lực", COMPETENCES)):
        for trait in catalogue:
            if trait.first_grade <= grade:
                stem, label = f"{section}.{trait.code}", f"{word} {trait.label}"
                rule = f"Mức đạt được: {TRAIT_LEVEL_WORDS}. Để trống thì hệ thống nhắc bổ sung."
                yield Column(f"{stem}.level", f"{label}: mức", Kind.TRAIT_LEVEL, False, rule)
                yield Column(
                    f"{stem}.comment",
                    f"{label}: nhận xét",
                    Kind.TEXT,
                    False,
                    "Lời nhận xét; có thì phải có mức.",
                    width=24,
                )


def _results(grade: int) -> Iterator[Column]:
    completed = f"Hoàn thành chương trình lớp {grade}" if grade < 5 else "Hoàn thành chương trình tiểu học"
    choices = (completed, "Chưa hoàn thành")
    yield Column(
        "overall_result", "Đánh giá kết quả giáo dục", Kind.RESULT, True, f"Một trong: {OVERALL_WORDS}.", width=20
    )
    yield Column(
        "awards", "Khen thưởng", Kind.TEXT, False, "Nhiều hình thức thì cách nhau bằng dấu chấm phẩy.", width=24
    )
    rule = f"“{completed}” hoặc “Chưa hoàn thành”. Để trống thì suy ra từ kết quả giáo dục."
    yield Column("programme_completed", "Hoàn thành chương trình", Kind.COMPLETION, False, rule, choices, width=28)
    yield Column("promoted", "Lên lớp", Kind.PROMOTION, False, "“Được lên lớp” hoặc “Ở lại lớp”.", width=14)
