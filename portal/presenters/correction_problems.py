"""Why an act after the lock is refused: what is wrong, and what to do."""

from collections.abc import Mapping
from typing import Final

from portal.errors import Problem
from portal.presenters.language import mark

CORRECTION_PROBLEMS: Final[Mapping[Problem, tuple[str, str]]] = {
    Problem.CORRECTIONS_OFF: (
        mark("Quy chế của Sở chưa cho ghi chú, thay thế hay thu hồi học bạ đã chốt."),
        mark("Hai cán bộ của Sở bật quy chế theo văn bản tại trang Sau khi chốt, Quy chế."),
    ),
    Problem.CORRECTION_LIVES: (
        mark("Học bạ năm này đang có một việc chưa xong."),
        mark("Mở trang Sau khi chốt, làm xong hoặc khép việc đó lại rồi lập việc mới."),
    ),
    Problem.CORRECTION_CLOSED: (
        mark("Việc này đã khép lại, quá hạn hoặc đã có hiệu lực."),
        mark("Mở lại trang của việc để xem kết quả; nếu vẫn cần, lập việc mới."),
    ),
    Problem.CORRECTION_NOT_READY: (
        mark("Trường chưa nộp bản đúng, hoặc bản đó còn thiếu chữ ký."),
        mark("Báo trường đưa bản đúng vào qua trang Nhập lớp và ký đủ, rồi gửi đề nghị."),
    ),
    Problem.CORRECTION_CHANGED: (
        mark("Bản đúng đã khác lúc trang này được mở, nên chưa có gì được ghi nhận."),
        mark("Mở lại trang của việc, xem lại các ô đổi rồi làm lại."),
    ),
    Problem.STANDING_FINAL: (
        mark("Học bạ năm này đã bị thu hồi nên không ghi chú, thay thế hay thu hồi được nữa."),
        mark("Xem quyết định thu hồi ở trang Sau khi chốt."),
    ),
    Problem.BAD_DECISION: (
        mark("Số quyết định chưa đúng dạng."),
        mark("Ghi số và kí hiệu, ví dụ 412/QĐ-SGDĐT; không ghi tên người hay nội dung."),
    ),
    Problem.DECISION_DAY: (
        mark("Ngày của quyết định ở tương lai."),
        mark("Ghi đúng ngày trên quyết định đã ký."),
    ),
    Problem.DECISION_FILE: (
        mark("Tệp quyết định trống hoặc lớn hơn 20 MB."),
        mark("Chọn đúng tệp của quyết định; nếu quá lớn, quét lại ở độ phân giải thấp hơn."),
    ),
    Problem.BAD_DELAY: (
        mark("Số ngày chờ phải từ 1 đến 60."),
        mark("Ghi lại số ngày theo quy chế."),
    ),
    Problem.SCHOOL_STILL_OPEN: (
        mark("%(school)s còn hoạt động nên phải tự nộp bản đúng."),
        mark("Chỉ chọn trường khác khi trường lập học bạ đã đóng."),
    ),
}
