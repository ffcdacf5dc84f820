"""Why a step of a request about data is refused: what is wrong, and what to do."""

from collections.abc import Mapping
from typing import Final

from portal.errors import Problem
from portal.presenters.language import mark

SUBJECT_PROBLEMS: Final[Mapping[Problem, tuple[str, str]]] = {
    Problem.SUBJECT_TWICE: (
        mark("Đang có một yêu cầu cùng loại cho học sinh này: chờ trả lời, hoặc đang được hạn chế."),
        mark("Xem yêu cầu đó ở trang của học sinh; đợi trả lời, hoặc rút rồi gửi yêu cầu mới."),
    ),
    Problem.SUBJECT_CLOSED: (
        mark("Yêu cầu này đã được trả lời, đã rút hoặc đã hết hiệu lực trong lúc bạn mở trang."),
        mark("Mở lại trang của yêu cầu để xem kết quả; cần nữa thì gửi yêu cầu mới."),
    ),
    Problem.SUBJECT_OWN: (
        mark("Bạn là người ghi yêu cầu này nên không tự trả lời được."),
        mark("Nhờ người đứng đầu trường trả lời; nếu chính bạn là người đứng đầu, báo Sở trả lời."),
    ),
    Problem.SUBJECT_DAY: (
        mark("Ngày nhận đơn ở tương lai."),
        mark("Ghi ngày đã qua hoặc hôm nay."),
    ),
    Problem.SUBJECT_RESTRICTED: (
        mark("Gia đình đã yêu cầu hạn chế xử lý dữ liệu của học sinh này nên không chia sẻ hay cấp quyền được."),
        mark("Bỏ hạn chế ở trang của yêu cầu, rồi làm lại."),
    ),
}
