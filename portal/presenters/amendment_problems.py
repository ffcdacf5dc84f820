"""Why a request to put a record right is refused: what is wrong, and what to do."""

from collections.abc import Mapping
from typing import Final

from portal.errors import Problem
from portal.presenters.language import mark

AMENDMENT_PROBLEMS: Final[Mapping[Problem, tuple[str, str]]] = {
    Problem.AMENDMENT_CLOSED: (
        mark("Yêu cầu sửa này đã xong, bị từ chối hoặc đã rút."),
        mark("Mở lại trang của yêu cầu để xem kết quả; nếu học bạ vẫn sai, lập yêu cầu mới."),
    ),
    Problem.AMENDMENT_MOVED: (
        mark("Trong lúc bạn mở trang, yêu cầu hoặc học bạ này đã có người khác xử lý."),
        mark("Mở lại trang để xem tình trạng mới, rồi làm tiếp nếu vẫn cần."),
    ),
    Problem.AMENDMENT_LOCKED: (
        mark("Năm học này đã chốt nên nhà trường không trả lời yêu cầu sửa được nữa."),
        mark("Sở trả lời: học bạ đã chốt chỉ sửa bằng quyết định. Nhà trường gửi ý kiến và giấy tờ cho Sở."),
    ),
    Problem.AMENDMENT_NOT_LOCKED: (
        mark("Năm học này chưa chốt nên Sở chưa trả lời yêu cầu sửa."),
        mark("Nhà trường lập học bạ trả lời và nộp bản đúng trước ngày chốt."),
    ),
    Problem.AMENDMENT_CASE: (
        mark("Yêu cầu sửa này đang có quyết định của Sở chưa xong, hoặc quyết định thuộc năm học khác."),
        mark("Mở việc sau khi chốt của yêu cầu để xem; dừng hoặc khép việc đó trước khi trả lời cách khác."),
    ),
    Problem.AMENDMENT_CELLS: (
        mark("Có ô không thuộc năm học này của học bạ."),
        mark("Chọn lại các ô trong danh sách của đúng năm học."),
    ),
    Problem.AMENDMENT_VALUE: (
        mark("Học bạ không ghi được giá trị này ở ô đã chọn."),
        mark(
            "Mức môn học là T, H hoặc C; phẩm chất, năng lực là T, Đ hoặc C; điểm từ 1 đến 10; ngày ghi dạng "
            "15/03/2016. Các giá trị cũng phải hợp nhau theo Thông tư 27."
        ),
    ),
    Problem.AMENDMENT_SAME: (
        mark("Ô đã chọn đang ghi đúng như vậy."),
        mark("Bỏ dòng này, hoặc chọn đúng ô cần sửa."),
    ),
    Problem.AMENDMENT_TWICE: (
        mark("Đã có một yêu cầu chưa xong về ô này."),
        mark("Xem yêu cầu đó ở trang Yêu cầu sửa; người lập rút được nếu muốn ghi lại."),
    ),
    Problem.AMENDMENTS_MANY: (
        mark("Năm học này đang có %(limit)s yêu cầu sửa chưa xong."),
        mark("Chờ trả lời, hoặc rút bớt rồi gộp các ô vào một yêu cầu."),
    ),
    Problem.AMENDMENT_FILE: (
        mark("Tệp giấy tờ trống hoặc lớn hơn 20 MB."),
        mark("Chọn tệp nhỏ hơn, hoặc bỏ tệp và chỉ ghi nơi đang giữ giấy tờ."),
    ),
}
