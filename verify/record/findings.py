"""What is wrong in a pupil's row: a field path, a closed code, a severity and a Vietnamese sentence.

Each code has one severity and one sentence, which says what is wrong, where, and what to do. An error refuses the
row; a warning asks a person to look and refuses nothing.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from verify.record.labels import label_of


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


class FindingCode(StrEnum):
    """Closed list; reports and statistics count by it."""

    # any cell
    TEXT_TOO_LONG = "text_too_long"
    TEXT_EXPECTED = "text_expected"
    CELL_IS_ERROR = "cell_is_error"
    FIELD_UNKNOWN = "field_unknown"
    NOT_AS_WRITTEN = "not_as_written"
    # the person
    NAME_MISSING = "name_missing"
    NAME_UNUSUAL = "name_unusual"
    BIRTH_DATE_MISSING = "birth_date_missing"
    BIRTH_DATE_IMPOSSIBLE = "birth_date_impossible"
    AGE_UNUSUAL = "age_unusual"
    GENDER_MISSING = "gender_missing"
    GENDER_NOT_ALLOWED = "gender_not_allowed"
    PERSONAL_ID_ABSENT = "personal_id_absent"
    PERSONAL_ID_WRONG_LENGTH = "personal_id_wrong_length"
    PERSONAL_ID_NOT_DIGITS = "personal_id_not_digits"
    PERSONAL_ID_PADDED = "personal_id_padded"
    PERSONAL_ID_DISAGREES = "personal_id_disagrees"
    DUPLICATE_PERSONAL_ID = "duplicate_personal_id"
    STUDENT_CODE_NOT_USABLE = "student_code_not_usable"
    DUPLICATE_STUDENT_CODE = "duplicate_student_code"
    POSSIBLE_DUPLICATE = "possible_duplicate"
    CLASS_MISSING = "class_missing"
    CLASS_DISAGREES = "class_disagrees"
    GRADE_DISAGREES = "grade_disagrees"
    SCHOOL_YEAR_DISAGREES = "school_year_disagrees"
    SHEETS_DISAGREE = "sheets_disagree"
    # results
    LEVEL_MISSING = "level_missing"
    LEVEL_NOT_ALLOWED = "level_not_allowed"
    MARK_MISSING = "mark_missing"
    MARK_NOT_A_NUMBER = "mark_not_a_number"
    MARK_NOT_WHOLE = "mark_not_whole"
    MARK_OUT_OF_RANGE = "mark_out_of_range"
    MARK_NOT_ALLOWED_HERE = "mark_not_allowed_here"
    MARKS_DISAGREE = "marks_disagree"
    SUBJECT_NOT_TAUGHT = "subject_not_taught"
    TRAIT_MISSING = "trait_missing"
    RESULT_MISSING = "result_missing"
    RESULT_NOT_ALLOWED = "result_not_allowed"
    RESULT_DISAGREES = "result_disagrees"
    COMPLETION_NOT_READ = "completion_not_read"
    COMPLETION_DERIVED = "completion_derived"
    COMPLETION_DISAGREES = "completion_disagrees"
    COMPLETION_OTHER_GRADE = "completion_other_grade"
    PROMOTION_MISSING = "promotion_missing"
    PROMOTION_NOT_READ = "promotion_not_read"
    PROMOTION_DISAGREES = "promotion_disagrees"
    PROMOTION_BY_HEAD = "promotion_by_head"
    AWARD_DISAGREES = "award_disagrees"
    # extras
    MEASURE_NOT_READ = "measure_not_read"
    MEASURE_UNUSUAL = "measure_unusual"
    DAYS_NOT_READ = "days_not_read"
    DATE_NOT_READ = "date_not_read"
    HISTORY_INCOMPLETE = "history_incomplete"
    # the file as a whole
    COLUMN_UNKNOWN = "column_unknown"
    SHEET_NOT_READ = "sheet_not_read"
    ROW_NOT_READ = "row_not_read"
    ROWS_HIDDEN = "rows_hidden"
    PUPIL_NOT_IN_LIST = "pupil_not_in_list"
    CIVIL_FIELDS_ABSENT = "civil_fields_absent"
    SCHOOL_NAME_DIFFERS = "school_name_differs"
    # against what is stored
    NEW_PUPIL = "new_pupil"
    PUPIL_CONFLICT = "pupil_conflict"
    OTHER_SCHOOLS_YEAR = "other_schools_year"
    ALREADY_LOCKED = "already_locked"
    CODE_OF_NOBODY = "code_of_nobody"
    VERSION_NOT_NEXT = "version_not_next"


_E, _W = Severity.ERROR, Severity.WARNING
_C = FindingCode

MEANINGS: Final[dict[FindingCode, tuple[Severity, str]]] = {
    _C.NEW_PUPIL: (
        _W,
        "Chưa có học bạ nào mang số định danh hoặc mã học sinh này: hệ thống cấp mã tra cứu mới. Nếu em đã có học bạ, "
        "kiểm tra lại số định danh và mã học sinh trước khi ký.",
    ),
    _C.PUPIL_CONFLICT: (
        _E,
        "{label} trùng với một học bạ đã có nhưng họ tên, ngày sinh hoặc số kia không khớp. Kiểm tra lại số và họ tên; "
        "nếu tệp đúng, đề nghị Sở đối chiếu học bạ đã có.",
    ),
    _C.OTHER_SCHOOLS_YEAR: (
        _E,
        "Năm học này của em đã do một trường khác lập. Chỉ trường đã lập được thay thế; liên hệ trường đó hoặc Sở.",
    ),
    _C.ALREADY_LOCKED: (
        _E,
        "Học bạ năm học này của em đã chốt với nội dung khác, không thể thay đổi. Nếu có sai sót, đề nghị Sở xử lý "
        "theo quyết định.",
    ),
    # One sentence for a code that nobody has and for one of another pupil: it must not tell them apart.
    _C.CODE_OF_NOBODY: (
        _E,
        "{label} ghi trong gói không phải mã mà hệ thống đã cấp cho em này. Ghi đúng mã đã cấp, hoặc bỏ mã, số bản và "
        "bản thay thế để hệ thống cấp, rồi ký lại.",
    ),
    _C.VERSION_NOT_NEXT: (
        _E,
        "Học bạ ghi là bản số {version}, thay bản “{replaces}” (SHA-256); bản kế tiếp phải là số {next}, thay bản "
        "“{newest}”. Sửa hai mục đó, hoặc bỏ mã, số bản và bản thay thế để hệ thống ghi, rồi ký lại.",
    ),
    _C.TEXT_TOO_LONG: (_E, "{label} dài {length} ký tự, quá {limit}. Rút gọn rồi nhập lại."),
    _C.TEXT_EXPECTED: (_E, "{label} không phải là chữ. Ghi lại ô này bằng chữ."),
    _C.CELL_IS_ERROR: (
        _E,
        "{label} là công thức lỗi hoặc chưa tính ({value}). Mở tệp bằng phần mềm bảng tính, thay công thức bằng "
        "giá trị rồi lưu lại.",
    ),
    _C.FIELD_UNKNOWN: (_W, "Hệ thống không biết trường “{path}” nên không đọc. Kiểm tra tiêu đề cột."),
    _C.NOT_AS_WRITTEN: (_E, "{label} ghi “{value}”. Gói XML phải ghi đúng: {wanted}."),
    _C.NAME_MISSING: (_E, "{label} để trống. Ghi đủ họ và tên như trong giấy khai sinh."),
    _C.NAME_UNUSUAL: (
        _W,
        "{label} có ký tự lạ ({value}). Nếu tệp dùng phông chữ cũ (VNI, TCVN3), hãy chuyển sang Unicode rồi nhập lại.",
    ),
    _C.BIRTH_DATE_MISSING: (_E, "{label} để trống. Ghi ngày/tháng/năm sinh, ví dụ 05/09/2017."),
    _C.BIRTH_DATE_IMPOSSIBLE: (
        _E,
        "{label} “{value}” không có thật hoặc không thể là ngày sinh của học sinh lớp {grade} năm học {year}. "
        "Ghi lại theo ngày/tháng/năm, đủ bốn chữ số của năm.",
    ),
    _C.AGE_UNUSUAL: (
        _W,
        "{label} {value}: học sinh {age} tuổi khi vào năm học, lớp {grade} thường {usual} tuổi. Kiểm tra lại năm sinh.",
    ),
    _C.GENDER_MISSING: (_E, "{label} để trống. Ghi “Nam” hoặc “Nữ”."),
    _C.GENDER_NOT_ALLOWED: (_E, "{label} “{value}” không đọc được. Ghi “Nam” hoặc “Nữ”."),
    _C.PERSONAL_ID_ABSENT: (
        _W,
        "{label} để trống; hồ sơ vẫn được nhận, ghi lý do là “{reason}”. Bổ sung số định danh trước khi chốt "
        "nếu đã có.",
    ),
    _C.PERSONAL_ID_WRONG_LENGTH: (
        _E,
        "{label} có {length} chữ số, phải đủ 12. Ghi lại cả số 0 ở đầu, định dạng ô là văn bản (Text).",
    ),
    _C.PERSONAL_ID_NOT_DIGITS: (
        _E,
        "{label} có ký tự không phải chữ số. Ghi lại đúng 12 chữ số, ô kiểu văn bản (Text).",
    ),
    _C.PERSONAL_ID_PADDED: (
        _W,
        "{label} là ô kiểu số nên mất số 0 ở đầu; hệ thống đã thêm lại. Đối chiếu số định danh với giấy khai sinh.",
    ),
    _C.PERSONAL_ID_DISAGREES: (
        _W,
        "{label} không ứng với {what} đã ghi (chữ số thứ 4 đến thứ 6 chỉ giới tính, thế kỷ và năm sinh). "
        "Đối chiếu với giấy khai sinh.",
    ),
    _C.DUPLICATE_PERSONAL_ID: (
        _E,
        "{label} trùng với học sinh ở dòng {rows}. Cả hai dòng đều bị từ chối: đối chiếu rồi sửa dòng ghi sai.",
    ),
    _C.STUDENT_CODE_NOT_USABLE: (
        _W,
        "{label} không phải mã 10 chữ số của Bộ nên không được ghi vào hồ sơ. Kiểm tra lại mã.",
    ),
    _C.DUPLICATE_STUDENT_CODE: (
        _E,
        "{label} trùng với học sinh ở dòng {rows}. Cả hai dòng đều bị từ chối: đối chiếu rồi sửa dòng ghi sai.",
    ),
    _C.POSSIBLE_DUPLICATE: (
        _W,
        "{label} và ngày sinh giống hệt dòng {rows}. Kiểm tra xem một học sinh có bị ghi hai lần không.",
    ),
    _C.CLASS_MISSING: (_E, "{label} để trống, và tiêu đề của tệp không ghi lớp. Ghi lớp ở tiêu đề hoặc ở cột “Lớp”."),
    _C.CLASS_DISAGREES: (
        _E,
        "{label} ghi “{value}”, tiêu đề của tệp ghi “{other}”. Sửa cho thống nhất, hoặc để mỗi lớp một tệp.",
    ),
    _C.GRADE_DISAGREES: (_W, "{label} “{value}” không ứng với khối {grade} ghi trong tệp. Kiểm tra lại khối và lớp."),
    _C.SCHOOL_YEAR_DISAGREES: (
        _E,
        "{label} ghi “{value}”, đang nhập năm học {year}. Chọn đúng năm học hoặc sửa lại ô này.",
    ),
    _C.SHEETS_DISAGREE: (
        _E,
        "{label}: tờ “{sheet}”, dòng {row} ghi khác với danh sách cho cùng học sinh này. Sửa cho khớp rồi nhập lại.",
    ),
    _C.LEVEL_MISSING: (_E, "{label} để trống. Ghi mức {allowed}."),
    _C.LEVEL_NOT_ALLOWED: (_E, "{label} “{value}” không phải là mức được dùng. Chỉ ghi {allowed}."),
    _C.MARK_MISSING: (_E, "{label} để trống. Môn này ở lớp {grade} phải có điểm bài kiểm tra cuối năm học."),
    _C.MARK_NOT_A_NUMBER: (_E, "{label} “{value}” không phải là số. Ghi số nguyên từ 1 đến 10."),
    _C.MARK_NOT_WHOLE: (_E, "{label} {value} không phải số nguyên. Điểm kiểm tra định kì là số nguyên từ 1 đến 10."),
    _C.MARK_OUT_OF_RANGE: (_E, "{label} {value} nằm ngoài thang điểm. Ghi số nguyên từ 1 đến 10."),
    _C.MARK_NOT_ALLOWED_HERE: (
        _E,
        "{label} có điểm {value}, nhưng môn này ở lớp {grade} không cho điểm. Xóa điểm, chỉ ghi mức.",
    ),
    _C.MARKS_DISAGREE: (_E, "{label}: ô mức ghi điểm {value}, ô điểm ghi {other}. Chỉ giữ một điểm đúng."),
    _C.SUBJECT_NOT_TAUGHT: (_E, "{label} không có trong học bạ lớp {grade}. Xóa ô này hoặc kiểm tra lại khối lớp."),
    _C.TRAIT_MISSING: (_W, "{label} để trống. Bổ sung mức {allowed} nếu nhà trường có đánh giá."),
    _C.RESULT_MISSING: (_E, "{label} để trống. Ghi một trong: {allowed}."),
    _C.RESULT_NOT_ALLOWED: (_E, "{label} “{value}” không đọc được. Ghi một trong: {allowed}."),
    _C.RESULT_DISAGREES: (
        _W,
        "{label} ghi “{value}”, còn các mức và điểm cho kết quả “{other}” (TT 27/2020, Điều 9). Kiểm tra "
        "lại; hồ sơ giữ "
        "kết quả giáo viên đã ghi.",
    ),
    _C.COMPLETION_NOT_READ: (
        _E,
        "{label} “{value}” không đọc được. Ghi “Hoàn thành chương trình lớp {grade}” hoặc “Chưa hoàn thành”.",
    ),
    _C.COMPLETION_DERIVED: (
        _W,
        "{label} để trống; hệ thống suy ra “{value}” từ kết quả giáo dục (TT 27/2020, Điều 11). Kiểm tra lại.",
    ),
    _C.COMPLETION_DISAGREES: (
        _W,
        "{label} ghi “{value}” nhưng kết quả giáo dục là “{other}” (TT 27/2020, Điều 11). Kiểm tra lại.",
    ),
    _C.COMPLETION_OTHER_GRADE: (_W, "{label} ghi “{value}”, học sinh đang học lớp {grade}. Kiểm tra lại."),
    _C.PROMOTION_MISSING: (_W, "{label} để trống. Ghi “Được lên lớp” hoặc “Ở lại lớp”."),
    _C.PROMOTION_NOT_READ: (_E, "{label} “{value}” không đọc được. Ghi “Được lên lớp” hoặc “Ở lại lớp”."),
    _C.PROMOTION_DISAGREES: (_W, "{label}: học sinh hoàn thành chương trình nhưng không được lên lớp. Kiểm tra lại."),
    _C.PROMOTION_BY_HEAD: (
        _W,
        "{label}: chưa hoàn thành chương trình mà được lên lớp. Kiểm tra có quyết định của người đứng đầu trường "
        "(TT 27/2020, Điều 11).",
    ),
    _C.AWARD_DISAGREES: (_W, "{label} “{value}” không ứng với kết quả “{other}” (TT 27/2020, Điều 13). Kiểm tra lại."),
    _C.MEASURE_NOT_READ: (_E, "{label} “{value}” không phải là số. Ghi số {unit}, ví dụ {example}, hoặc để trống."),
    _C.MEASURE_UNUSUAL: (_W, "{label} {value} {unit} khác thường với học sinh tiểu học. Kiểm tra lại đơn vị."),
    _C.DAYS_NOT_READ: (_E, "{label} “{value}” không phải số ngày. Ghi số nguyên từ 0 trở lên hoặc để trống."),
    _C.DATE_NOT_READ: (_E, "{label} “{value}” không phải là ngày có thật. Ghi theo ngày/tháng/năm hoặc để trống."),
    _C.HISTORY_INCOMPLETE: (_E, "{label} thiếu năm học, lớp hoặc tên trường. Bổ sung hoặc xóa cả dòng đó."),
    _C.COLUMN_UNKNOWN: (
        _W,
        "Tờ “{sheet}”, cột {column} “{value}” không được nhận ra nên không đọc. Nếu cần, sửa tiêu đề cột.",
    ),
    _C.SHEET_NOT_READ: (_W, "Tờ “{sheet}” {why} nên không đọc."),
    _C.ROW_NOT_READ: (_W, "Tờ “{sheet}”, dòng {rows} không giống dòng học sinh nên không đọc. Kiểm tra lại."),
    _C.ROWS_HIDDEN: (
        _W,
        "Tờ “{sheet}” có học sinh ở dòng đang bị ẩn hoặc bị lọc mất ({rows}); các dòng đó vẫn được đọc. Bỏ lọc, bỏ ẩn "
        "rồi kiểm tra lại.",
    ),
    _C.PUPIL_NOT_IN_LIST: (_W, "Tờ “{sheet}”, dòng {rows} không ứng với học sinh nào trong danh sách nên không đọc."),
    _C.CIVIL_FIELDS_ABSENT: (
        _W,
        "Tệp không có: {value}. Những mục này để trống trên học bạ, hoặc lấy từ thông tin của trường.",
    ),
    _C.SCHOOL_NAME_DIFFERS: (_W, "Tệp ghi “{value}”, đang nhập cho “{other}”. Kiểm tra xem có chọn đúng trường không."),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault or doubt. field: path such as `subjects.toan.score`, or "" for the file as a whole."""

    field: str
    code: FindingCode
    severity: Severity
    message: str

    def as_json(self) -> dict[str, str]:
        """The shape that reports print; the severity shows in the list that holds it."""
        return {"field": self.field, "code": self.code.value, "message": self.message}


def finding(field: str, code: FindingCode, **values: object) -> Finding:
    """A finding with the severity and sentence of its code; long values are cut, they are children's data."""
    severity, sentence = MEANINGS[code]
    shown = {key: shorten(str(value)) for key, value in values.items()}
    return Finding(field, code, severity, sentence.format(label=label_of(field), **shown))


def shorten(text: str, characters: int = 120) -> str:
    return text if len(text) <= characters else f"{text[: characters - 1]}…"


def has_errors(findings: tuple[Finding, ...] | list[Finding]) -> bool:
    return any(found.severity is Severity.ERROR for found in findings)
