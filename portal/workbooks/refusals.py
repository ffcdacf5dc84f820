"""Why a workbook as a whole is not read: a closed problem, where it is, and a Vietnamese sentence."""

from enum import StrEnum
from typing import Final


class WorkbookProblem(StrEnum):
    """Closed list; each has a sentence."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    NOT_A_WORKBOOK = "not_a_workbook"
    OLD_FORMAT = "old_format"
    ENCRYPTED = "encrypted"
    DAMAGED = "damaged"
    ZIP_BOMB = "zip_bomb"
    TOO_MANY_SHEETS = "too_many_sheets"
    TOO_MANY_ROWS = "too_many_rows"
    TOO_MANY_PUPILS = "too_many_pupils"
    TOO_MANY_COLUMNS = "too_many_columns"
    TOO_MANY_CELLS = "too_many_cells"
    NO_HEADER = "no_header"
    NO_UNIT_HEADER = "no_unit_header"
    NO_PUPILS = "no_pupils"
    SEVERAL_CLASSES = "several_classes"
    NO_CLASS = "no_class"
    NO_GRADE = "no_grade"
    WRONG_GRADE = "wrong_grade"
    OTHER_SCHOOL_YEAR = "other_school_year"


_P = WorkbookProblem
_SENTENCES: Final = {
    _P.EMPTY: "Tệp trống. Kiểm tra lại tệp đã xuất rồi gửi lại.",
    _P.TOO_LARGE: "Tệp lớn hơn {limit} MB. Mỗi tệp chỉ nên có một lớp và không kèm hình ảnh.",
    _P.NOT_A_WORKBOOK: "Đây không phải là tệp bảng tính XLSX. Trong phần mềm bảng tính, chọn “Lưu thành” kiểu "
    "Excel (.xlsx) rồi gửi lại.",
    _P.OLD_FORMAT: "Đây là tệp kiểu cũ (.xls, .xlsb hoặc .ods). Mở tệp, chọn “Lưu thành” kiểu Excel (.xlsx) rồi "
    "gửi lại.",
    _P.ENCRYPTED: "Tệp có mật khẩu nên không đọc được. Bỏ mật khẩu rồi gửi lại.",
    _P.DAMAGED: "Tệp bị hỏng{where}. Mở tệp bằng phần mềm bảng tính, lưu lại thành .xlsx rồi gửi lại.",
    _P.ZIP_BOMB: "Tệp bung ra lớn bất thường nên không được mở. Chép dữ liệu sang một tệp mới rồi gửi lại.",
    _P.TOO_MANY_SHEETS: "Tệp có {count} tờ, quá {limit}. Để mỗi lớp một tệp.",
    _P.TOO_MANY_ROWS: "Tệp có hơn {limit} dòng{where}. Để mỗi lớp một tệp, xóa các dòng thừa ở cuối.",
    _P.TOO_MANY_PUPILS: "Tệp có {count} học sinh, quá {limit}. Để mỗi lớp một tệp.",
    _P.TOO_MANY_COLUMNS: "Tệp có hơn {limit} cột{where}. Xóa các cột thừa bên phải rồi gửi lại.",
    _P.TOO_MANY_CELLS: "Tệp có quá nhiều ô hoặc ô quá dài{where}. Để mỗi lớp một tệp.",
    _P.NO_HEADER: "Không tìm thấy dòng tiêu đề cột (họ và tên, ngày sinh, các môn…) trong {sheets}. Kiểm tra lại "
    "tệp, hoặc dùng mẫu của phần mềm nhà trường.",
    _P.NO_UNIT_HEADER: "Không tìm thấy dòng tiêu đề của bảng đơn vị (Mã đơn vị, Loại, Tên đơn vị, Từ ngày…). Dùng tệp "
    "mẫu tải ở trang Tổ chức.",
    _P.NO_PUPILS: "Có tiêu đề cột nhưng không có dòng học sinh nào{where}.",
    _P.SEVERAL_CLASSES: "Tệp có nhiều lớp ({classes}). Để mỗi lớp một tệp.",
    _P.NO_CLASS: "Tệp không ghi lớp. Ghi “Lớp: …” ở tiêu đề, hoặc thêm cột “Lớp”.",
    _P.NO_GRADE: "Không biết tệp này của khối nào. Ghi “Khối …” ở tiêu đề, hoặc chọn khối khi nhập.",
    _P.WRONG_GRADE: "Tệp là của khối {found}, không nhập được {wanted}. Kiểm tra lại tệp và khối đã chọn.",
    _P.OTHER_SCHOOL_YEAR: "Tệp là của năm học {found}, đang nhập năm học {wanted}. Kiểm tra lại tệp và năm học đã "
    "chọn.",
}


class WorkbookRefused(Exception):
    """Understood or not, this file is not read; the person can mend it.

    detail: small values for the sentence (sheet, row, limit), no personal data. Crosses the border of a child process.
    """

    def __init__(self, problem: WorkbookProblem, **detail: str) -> None:
        super().__init__(problem.value)
        self.problem = problem
        self.detail = detail

    @property
    def message(self) -> str:
        """What is wrong, where, and what to do."""
        return _SENTENCES[self.problem].format(where=self._where(), **self.detail)

    def _where(self) -> str:
        places = {"sheet": "tờ “{}”", "part": "phần {}", "row": "dòng {}", "column": "cột {}"}
        named = [places[key].format(value) for key, value in self.detail.items() if key in places]
        return f" ({', '.join(named)})" if named else ""

    def __reduce__(self) -> tuple[object, ...]:
        return _again, (self.problem, self.detail)


def _again(problem: WorkbookProblem, detail: dict[str, str]) -> WorkbookRefused:
    return WorkbookRefused(problem, **detail)
