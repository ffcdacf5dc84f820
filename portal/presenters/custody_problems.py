"""Why a transfer of custody is refused: what is wrong, and what to do."""

from collections.abc import Mapping
from typing import Final

from portal.errors import Problem
from portal.presenters.language import mark

CUSTODY_PROBLEMS: Final[Mapping[Problem, tuple[str, str]]] = {
    Problem.CUSTODY_OWN: (
        mark("Hồ sơ của học sinh này đang do chính trường quản lý."),
        mark("Không cần chuyển; tìm học sinh ở trang Học bạ."),
    ),
    Problem.CUSTODY_REQUESTED: (
        mark("Học sinh này đang có một đơn chuyển trường chưa xong: một học sinh không ở hai trường cùng lúc."),
        mark(
            "Hỏi phụ huynh đã nộp đơn ở trường nào. Đơn kia phải được rút hoặc trả lời trước; cần thì báo Sở khép lại."
        ),
    ),
    Problem.CUSTODY_CLOSED: (
        mark("Đơn chuyển trường này đã được rút, từ chối hoặc khép lại."),
        mark("Mở lại trang của đơn để xem lý do; nếu phụ huynh vẫn muốn chuyển, lập đơn mới."),
    ),
    Problem.CUSTODY_GUESSES: (
        mark("Hôm nay đã có quá nhiều lần thử ngày sinh với học bạ này."),
        mark("Đối chiếu lại với giấy khai sinh rồi làm tiếp vào ngày mai."),
    ),
    Problem.CUSTODY_TURN: (
        mark("Chưa đến lượt trường này trả lời đơn."),
        mark("Người đứng đầu trường nơi chuyển đến trả lời trước, rồi mới đến trường nơi chuyển đi."),
    ),
    Problem.CUSTODY_LEFT: (
        mark("Học sinh này đã được ghi là nghỉ học chưa rõ nơi đến."),
        mark("Xem ở danh sách bên dưới; học sinh học lại thì bấm “Đã học lại”."),
    ),
    Problem.CUSTODY_DAY: (
        mark("Ngày được ghi ở tương lai."),
        mark("Ghi ngày đã qua hoặc hôm nay."),
    ),
}
