"""Why an extract is refused: what is wrong, and what to do."""

from collections.abc import Mapping
from typing import Final

from portal.errors import Problem
from portal.presenters.language import mark

EXTRACT_PROBLEMS: Final[Mapping[Problem, tuple[str, str]]] = {
    Problem.EXTRACT_YEARS: (
        mark("Trích lục chỉ in được năm học đã chốt của học sinh này."),
        mark("Chọn năm học trong danh sách; năm chưa chốt thì chờ đến khi chốt."),
    ),
    Problem.EXTRACT_SECTIONS: (
        mark("Trích lục chưa có phần nào, hoặc chỉ có nhận xét mà không có phần được nhận xét."),
        mark("Chọn ít nhất một phần; nhận xét thì chọn cùng môn học hoặc phẩm chất, năng lực."),
    ),
    Problem.EXTRACT_DAY: (
        mark("Ngày cuối của trích lục đã qua hoặc xa hơn năm năm."),
        mark("Ghi một ngày từ hôm nay đến năm năm sau, hoặc để trống."),
    ),
    Problem.EXTRACT_ENDED: (
        mark("Trích lục này đã kết thúc hoặc đã qua ngày cuối nên không tải được nữa."),
        mark("Lập trích lục mới; số cũ vẫn tra được là đã hết dùng."),
    ),
}
