"""Why an act on units is refused: what is wrong, and what to do."""

from collections.abc import Mapping
from typing import Final

from portal.errors import Problem
from portal.presenters.language import mark

ORGANISATION_PROBLEMS: Final[Mapping[Problem, tuple[str, str]]] = {
    Problem.UNIT_CLOSED: (
        mark("Đơn vị “%(name)s” đã kết thúc, ngày cuối cùng là %(day)s."),
        mark("Làm việc này ở đơn vị kế thừa; trang Tổ chức cho biết đó là đơn vị nào."),
    ),
    Problem.UNIT_KIND: (
        mark("Loại đơn vị không đúng với việc này hoặc với ngày này."),
        mark(
            "Phòng GDĐT chỉ có đến 30/06/2025; UBND xã, phường quản lí trường từ 01/07/2025; Bộ và Sở không giải thể."
        ),
    ),
    Problem.UNIT_PARENT: (
        mark("Đơn vị cấp trên “%(code)s” không đúng cấp, hoặc không còn hoạt động vào ngày đó."),
        mark("Trường thuộc xã, phường hoặc Sở (trước 01/07/2025: phòng GDĐT); xã, phường và phòng thuộc Sở."),
    ),
    Problem.UNIT_SAME: (
        mark("Đơn vị đang mang đúng tên này, hoặc đang thuộc đúng đơn vị này."),
        mark("Không có gì phải ghi; kiểm tra lại tên hoặc đơn vị cấp trên."),
    ),
    Problem.UNIT_HAS_CHILDREN: (
        mark("Còn đơn vị thuộc “%(name)s” chưa có nơi chuyển đến phù hợp."),
        mark("Chuyển các đơn vị thuộc nó sang đơn vị khác trước, rồi làm lại việc này."),
    ),
    Problem.UNIT_DAY_AHEAD: (
        mark("Ngày %(day)s chưa đến."),
        mark("Ghi việc này vào ngày quyết định có hiệu lực, hoặc sau ngày đó."),
    ),
    Problem.UNIT_DAY_BEFORE: (
        mark("“%(name)s” đã có thay đổi từ ngày %(day)s, sau ngày được ghi."),
        mark("Ghi các thay đổi theo thứ tự thời gian; ngày hiệu lực không sớm hơn thay đổi gần nhất."),
    ),
    Problem.UNIT_HEIR: (
        mark("Đơn vị kế thừa “%(name)s” không hợp lệ."),
        mark("Đơn vị kế thừa phải cùng cấp, đang hoạt động vào ngày đó và không phải là đơn vị kết thúc."),
    ),
    Problem.UNITS_CHANGED: (
        mark("Số liệu hoặc đơn vị đã thay đổi từ lúc bạn xem."),
        mark("Xem lại số liệu mới rồi xác nhận."),
    ),
    Problem.UNIT_IMPORT_CLOSED: (
        mark("Lần nhập này đã được ghi hoặc đã bỏ."),
        mark("Gửi lại tệp nếu vẫn cần: điều đã ghi rồi thì không ghi lần nữa."),
    ),
    Problem.UNIT_ROWS_FAULTY: (
        mark("Bảng còn %(count)s ô sai nên chưa ghi gì."),
        mark("Tải tệp có đánh dấu, sửa các ô đó rồi gửi lại cả tệp."),
    ),
}
