"""Field paths as people call them: `subjects.toan.score` is "Toán – điểm KTĐK"."""

from typing import Final

from verify.record.vocabulary import COMPETENCE_BY_CODE, QUALITY_BY_CODE, SUBJECT_BY_CODE

FIELD_LABELS: Final = {
    "": "Cả dòng",
    # Cells of a print beside those of the record (`verify.form.sheet`, `verify.pdf.content.FORM`).
    "form": "Chữ in sẵn và khung của mẫu",
    "qr": "Mã QR",
    "footer": "Chân trang",
    "extract": "Số trích lục",
    "sections": "Trích lục gồm",
    "lookup_code": "Mã số tra cứu",
    "personal_id_absent_reason": "Lý do chưa có số định danh cá nhân",
    "full_name": "Họ và tên",
    "gender": "Giới tính",
    "birth_date": "Ngày sinh",
    "personal_id": "Số định danh cá nhân",
    "moet_student_code": "Mã định danh của Bộ",
    "lifelong_record_code": "Mã hồ sơ học tập suốt đời",
    "ethnicity": "Dân tộc",
    "nationality": "Quốc tịch",
    "birth_place": "Nơi sinh",
    "home_town": "Quê quán",
    "address": "Nơi ở",
    "father": "Họ và tên cha",
    "mother": "Họ và tên mẹ",
    "guardian": "Người giám hộ",
    "class_name": "Lớp",
    "grade": "Khối",
    "school_year": "Năm học",
    "school": "Trường",
    "sample": "Dữ liệu mẫu",
    "study_history": "Quá trình học tập",
    "height_cm": "Chiều cao",
    "weight_kg": "Cân nặng",
    "days_absent_with_leave": "Số ngày nghỉ có phép",
    "days_absent_without_leave": "Số ngày nghỉ không phép",
    "overall_result": "Đánh giá kết quả giáo dục",
    "awards": "Khen thưởng",
    "programme_completed": "Hoàn thành chương trình",
    "promoted": "Lên lớp",
    "homeroom_teacher": "Giáo viên chủ nhiệm",
    "issue_place": "Nơi lập học bạ",
    "issue_date": "Ngày lập học bạ",
}
PART_LABELS: Final = {"level": "mức đạt được", "score": "điểm KTĐK", "comment": "nhận xét", "label": "tên mục"}
HISTORY_LABELS: Final = {
    "school_year": "năm học",
    "class_name": "lớp",
    "school": "trường",
    "register_number": "số đăng bộ",
    "entry_date": "ngày nhập học",
}


def label_of(path: str) -> str:
    """Words for a field path; a path beyond the record stands as it is."""
    head, _, rest = path.partition(".")
    if not rest:
        return FIELD_LABELS.get(head, path)
    middle, _, last = rest.partition(".")
    if head == "study_history" and middle.isdecimal():
        row = f"Quá trình học tập, dòng {int(middle) + 1}"
        return f"{row} – {HISTORY_LABELS.get(last, last)}" if last else row
    return f"{_row_label(head, middle)} – {PART_LABELS.get(last, last)}"


def _row_label(section: str, code: str) -> str:
    if section == "subjects" and code in SUBJECT_BY_CODE:
        return SUBJECT_BY_CODE[code].label
    if section == "qualities" and code in QUALITY_BY_CODE:
        return f"Phẩm chất {QUALITY_BY_CODE[code].label}"
    if section == "competences" and code in COMPETENCE_BY_CODE:
        return f"Năng lực {COMPETENCE_BY_CODE[code].label}"
    return code
