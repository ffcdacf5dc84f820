"""Invented year records for tests: made-up names with the stacked marks that break careless code."""

from dataclasses import fields, replace
from datetime import date
from typing import Any, Final

from verify.record.model import IssuingSchool, StudyHistoryRow, SubjectResult, TraitResult, YearContent, YearRecord
from verify.record.vocabulary import (
    COMPETENCES,
    QUALITIES,
    SUBJECTS,
    Gender,
    Marking,
    OverallResult,
    Presence,
    SubjectLevel,
    TraitLevel,
)

LOOKUP_CODE: Final = "3f2a9c1e7b4d4a6f8c0e5d1b2a3c4d5e"
OTHER_LOOKUP_CODE: Final = "9d8c7b6a5f4e4d3c9b2a1f0e9d8c7b6a"
NEWEST_YEAR_OF_GRADE: Final = {1: 2021, 2: 2022, 3: 2023, 4: 2024, 5: 2025}

_SCORES: Final = {
    "tieng_viet": 9,
    "toan": 10,
    "ngoai_ngu_1": 8,
    "lich_su_dia_li": 9,
    "khoa_hoc": 10,
    "tin_hoc": 9,
}
_SUBJECT_COMMENTS: Final = {
    "tieng_viet": "Đọc trôi chảy, diễn cảm; viết đoạn văn giàu hình ảnh. Cần luyện thêm chữ viết hoa.",
    "toan": "Nắm vững kiến thức, tính toán nhanh và chính xác; biết giải toán có lời văn bằng nhiều cách.",
    "ngoai_ngu_1": "Phát âm khá tốt, mạnh dạn giao tiếp.",
    "lich_su_dia_li": "Kể được các sự kiện lịch sử tiêu biểu của địa phương.",
    "khoa_hoc": "Ham tìm tòi, biết đặt câu hỏi và tiến hành thí nghiệm đơn giản.",
    "tin_hoc": "Sử dụng thành thạo các thao tác cơ bản.",
    "cong_nghe": "Khéo tay, biết lắp ghép mô hình kĩ thuật.",
    "dao_duc": "Lễ phép với thầy cô, biết giúp đỡ bạn bè.",
    "tu_nhien_xa_hoi": "Biết giữ gìn vệ sinh và bảo vệ môi trường xung quanh.",
    "giao_duc_the_chat": "Thực hiện đúng các động tác.",
    "am_nhac": "Hát đúng giai điệu, gõ đệm đều.",
    "mi_thuat": "Biết phối hợp màu sắc hài hoà.",
    "hoat_dong_trai_nghiem": "Tích cực tham gia các hoạt động của lớp.",
}
_TRAIT_COMMENTS: Final = {
    "yeu_nuoc": "Kính trọng, biết ơn người có công; yêu quê hương.",
    "nhan_ai": "Biết chia sẻ và giúp đỡ bạn.",
    "ngon_ngu": "Diễn đạt rõ ràng, mạch lạc.",
}


def year_record(grade: int = 4, **changes: Any) -> YearRecord:
    """A complete, faultless record of an invented pupil; `changes` replace fields."""
    first_year = NEWEST_YEAR_OF_GRADE.get(grade, 2024)
    record = YearRecord(
        lookup_code=LOOKUP_CODE,
        school_year=f"{first_year}-{first_year + 1}",
        grade=grade,
        class_name=f"{grade}A1",
        full_name="Nguyễn Thị Ngọc Uyên",
        gender=Gender.FEMALE,
        birth_date=date(2015, 2, 8),
        issuing_school=issuing_school(),
        subjects=subjects_of(grade),
        qualities={trait.code: TraitResult(TraitLevel.GOOD, _TRAIT_COMMENTS.get(trait.code)) for trait in QUALITIES},
        competences={
            trait.code: TraitResult(TraitLevel.GOOD, _TRAIT_COMMENTS.get(trait.code))
            for trait in COMPETENCES
            if trait.first_grade <= grade
        },
        overall_result=OverallResult.VERY_GOOD,
        programme_completed=True,
        personal_id="087315001234",
        moet_student_code="8712345678",
        ethnicity="Kinh",
        nationality="Việt Nam",
        birth_place="Bệnh viện Đa khoa Sa Đéc, tỉnh Đồng Tháp",
        home_town="Xã Mỹ Tân Mẫu, tỉnh Đồng Tháp",
        address="Ấp Mẫu, xã Mỹ Tân Mẫu, tỉnh Đồng Tháp",
        father="Nguyễn Hữu Nghĩa",
        mother="Đỗ Thị Mỹ Phượng",
        study_history=study_history(grade),
        height_cm="132.5",
        weight_kg="28",
        days_absent_with_leave=2,
        days_absent_without_leave=0,
        awards=("Học sinh tiêu biểu hoàn thành tốt trong học tập và rèn luyện",),
        programme_completed_text=_completed_text(grade),
        promoted=True if grade < 5 else None,
        promoted_text=f"Được lên lớp {grade + 1}" if grade < 5 else None,
        homeroom_teacher="Trần Thị Bích Vẹn",
        issue_place="Mỹ Tân Mẫu",
        issue_date=date(first_year + 1, 5, 29),
        sample=True,
    )
    return replace(record, **changes)


def content_of(record: YearRecord) -> YearContent:
    """The record before it stands under a lookup code."""
    return YearContent(**{field.name: getattr(record, field.name) for field in fields(YearContent)})


def issuing_school(**changes: Any) -> IssuingSchool:
    """The invented school of every sample; names as they stood on the day of issue, without a district."""
    school = IssuingSchool(
        code="MAU-TH-01",
        name="Trường Tiểu học Mẫu số 1",
        commune="Xã Mỹ Tân Mẫu",
        district=None,
        province="Tỉnh Đồng Tháp",
        head_name="Lê Quốc Đĩnh",
        head_title="HIỆU TRƯỞNG",
    )
    return replace(school, **changes)


def study_history(grade: int) -> tuple[StudyHistoryRow, ...]:
    """One row for each year up to this grade, the first with its entry date."""
    years = [NEWEST_YEAR_OF_GRADE[each] for each in range(1, grade + 1)]
    return tuple(
        StudyHistoryRow(
            school_year=f"{year}-{year + 1}",
            class_name=f"{index + 1}A1",
            school="Trường Tiểu học Mẫu số 1",
            register_number="0412/TH",
            entry_date=date(year, 9, 5),
        )
        for index, year in enumerate(years)
    )


def subjects_of(grade: int) -> dict[str, SubjectResult]:
    """Every required subject of a grade in catalogue order, with marks where the form asks for one."""
    return {
        subject.code: SubjectResult(
            SubjectLevel.VERY_GOOD,
            _SCORES.get(subject.code, 9) if subject.marking_in(grade) is Marking.REQUIRED else None,
            _SUBJECT_COMMENTS.get(subject.code),
        )
        for subject in SUBJECTS
        if subject.presence_in(grade) is Presence.REQUIRED
    }


def booklet(grades: tuple[int, ...] = (1, 2, 3, 4, 5), **changes: Any) -> tuple[YearRecord, ...]:
    """The same pupil through several grades, in order of years."""
    return tuple(year_record(grade, **changes) for grade in grades)


def _completed_text(grade: int) -> str:
    return "Hoàn thành chương trình tiểu học" if grade == 5 else f"Hoàn thành chương trình lớp {grade}"
