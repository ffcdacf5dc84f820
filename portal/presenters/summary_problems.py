"""Why a print cannot carry a signed summary: what is wrong, and what to do."""

from collections.abc import Mapping
from typing import Final

from portal.errors import Problem
from portal.presenters.language import mark

SUMMARY_PROBLEMS: Final[Mapping[Problem, tuple[str, str]]] = {
    Problem.SUMMARY_KEY: (
        mark("Cổng chưa có khóa để ký mã QR tóm tắt, hoặc khóa đó chưa được đăng ký hay đã hết hạn."),
        mark("Dùng bản in thường; người vận hành cài khóa EC P-256 theo docs/operations.md."),
    ),
    Problem.KIT_EMPTY: (
        mark("Chưa có danh sách tình trạng nào, nên chưa lập được bộ kiểm."),
        mark("Chốt học bạ, chờ kiểm kê trong ngày hoặc chạy hocba inventory, rồi lập lại."),
    ),
    Problem.SUMMARY_TOO_LONG: (
        mark("Học bạ này có tên hoặc môn học dài quá, mã QR tóm tắt không chứa hết."),
        mark("Dùng bản in thường: mã QR thường tra được mọi học bạ."),
    ),
    Problem.SUMMARY_NOT_IN_FORCE: (
        mark("Bản này đã được thay thế hoặc thu hồi nên không ký mã QR tóm tắt nữa."),
        mark("In bản đang có hiệu lực của năm học đó."),
    ),
}
