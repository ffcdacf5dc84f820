"""Why a grant, a share or the link to a guardian is refused: what is wrong, and what to do."""

from collections.abc import Mapping
from typing import Final

from portal.errors import Problem
from portal.presenters.language import mark

GRANT_PROBLEMS: Final[Mapping[Problem, tuple[str, str]]] = {
    Problem.GUARDIANS_MANY: (
        mark("Học sinh này đã có %(limit)s người giám hộ được liên kết hoặc đang được mời."),
        mark("Kết thúc liên kết không còn đúng rồi mời lại."),
    ),
    Problem.GUARDIAN_TWICE: (
        mark("Tài khoản này đã được liên kết với học sinh đó."),
        mark("Mở trang Con em để xem; lời mời thừa thì báo nhà trường kết thúc."),
    ),
    Problem.SHARE_YEARS: (
        mark("Chưa có năm học nào đã chốt để chia sẻ."),
        mark("Chọn năm học khác, hoặc chờ nhà trường và Sở chốt."),
    ),
    Problem.SHARE_DOWNLOAD: (
        mark("Tệp PDF là mẫu chính thức, có đủ mọi mục của học bạ."),
        mark("Chọn chia sẻ toàn bộ học bạ, hoặc không cho tải."),
    ),
    Problem.SHARES_MANY: (
        mark("Học bạ này đang có %(limit)s đường dẫn chia sẻ còn mở."),
        mark("Kết thúc đường dẫn không cần nữa rồi lập đường dẫn mới."),
    ),
    Problem.GRANT_CODES: (
        mark("Chỉ %(found)s trong %(given)s mã số có năm học đã chốt."),
        mark("Kiểm tra lại danh sách; bỏ mã chưa chốt rồi gửi lại. Chưa có gì được cấp."),
    ),
    Problem.GRANT_TO: (
        mark("Không có đơn vị hoặc người dùng này, hoặc bạn không xin thay được cho họ."),
        mark("Ghi đúng mã đơn vị, hoặc tên đăng nhập của một người."),
    ),
    Problem.GRANT_CASE: (
        mark("Quyền cấp cho một thủ tục chỉ mở học bạ khi có số hồ sơ."),
        mark("Ghi số hồ sơ của thủ tục đang giải quyết."),
    ),
}
