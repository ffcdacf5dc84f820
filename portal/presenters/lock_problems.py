"""Why a round or a lock is refused: what is wrong, and what to do."""

from collections.abc import Mapping
from typing import Final

from portal.errors import Problem
from portal.presenters.language import mark

LOCK_PROBLEMS: Final[Mapping[Problem, tuple[str, str]]] = {
    Problem.BEING_LOCKED: (
        mark("Hai cán bộ của Sở đã xác nhận chốt học bạ này, nên không rút hay thay được nữa."),
        mark("Chờ việc chốt xong rồi xem lại; phát hiện sai sau khi chốt thì báo Sở."),
    ),
    Problem.ROUND_LOCKED: (
        mark("Đợt này đã có lần chốt được xác nhận nên không đổi ngày được nữa."),
        mark("Học bạ đến sau thì lập đề nghị chốt muộn theo quyết định riêng."),
    ),
    Problem.ROUND_ORDER: (
        mark("Hạn của đợt 1 phải trước hạn của đợt 2; đợt %(number)s đang đến hết ngày %(day)s."),
        mark("Ghi ngày khác, hoặc đổi hạn của đợt kia trước."),
    ),
    Problem.REPORT_TOO_EARLY: (
        mark("Ngày báo cáo Bộ phải sau ngày cuối cùng của đợt, %(day)s."),
        mark("Ghi ngày báo cáo muộn hơn."),
    ),
    Problem.ROUND_SHORTENED: (
        mark("Hạn mới đã qua và sớm hơn hạn đang công bố cho các trường."),
        mark("Chọn hôm nay hoặc một ngày sau đó: không rút ngắn ngược về trước."),
    ),
    Problem.WINDOW_OPEN: (
        mark("Đợt này còn trong hạn: đến hết ngày %(day)s các trường vẫn được rút, thay học bạ."),
        mark("Chạy thử được bất cứ lúc nào; đề nghị chốt sau khi hết hạn."),
    ),
    Problem.NOTHING_TO_LOCK: (
        mark("Không có học bạ nào chốt được trong phạm vi đã chọn."),
        mark("Xem bảng chạy thử: học bạ nào chưa chốt được và vì sao."),
    ),
    Problem.LOCK_SET_CHANGED: (
        mark("Danh sách học bạ đã thay đổi từ lúc bạn xem nên chưa có gì được chốt."),
        mark("Xem lại số liệu mới rồi quyết định lần nữa."),
    ),
    Problem.WRONG_COUNT: (
        mark("Số học bạ ghi vào không đúng với số sẽ được chốt."),
        mark("Đọc lại số liệu trên trang rồi ghi đúng số đó."),
    ),
    Problem.LOCK_IN_PORTAL: (
        mark("Ở bản cài thật, việc chốt làm trên cổng, tại %(address)s (mục “Chốt”)."),
        mark("Một cán bộ của Sở đề nghị, một cán bộ khác xác nhận; dòng lệnh chỉ chốt ở bản cài dữ liệu mẫu."),
    ),
    Problem.PROPOSAL_CLOSED: (
        mark("Đề nghị này đã khép lại: đã bị từ chối, đã rút hoặc quá hạn 14 ngày."),
        mark("Nếu vẫn cần, lập đề nghị mới."),
    ),
}
