"""Why a record could not be put back under its leaf, and what an operator does then."""

from typing import Final

from portal.presenters.language import mark, say
from portal.services.reattaching import Left, Why

_LINE: Final = mark("Dòng %(index)s, %(unit)s%(detail)s: %(why)s")
_SENTENCES: Final = {
    Why.NO_LEAF: mark("Sổ không có dòng chốt nào ở số này. Chạy “hocba log resume” với một bản sao của sổ trước."),
    Why.EARLIER: mark("Năm học của hệ thống trước: đưa lại bằng gói đã nhập, qua hai người của Sở."),
    Why.LEAF_DIFFERS: mark("Dòng của sổ không chốt đúng các byte này. Xin tệp gốc, không sửa, từ nơi khác."),
    Why.UNREADABLE: mark("Không đọc được dữ liệu đã ký. Xin tệp gốc từ nơi khác."),
    Why.UNKNOWN_UNIT: mark("Bản sao lưu không có đơn vị này. Thêm đơn vị, rồi chạy lại."),
    Why.SIGNATURE: mark("Chữ ký không được tính. Xem khóa và danh sách thu hồi trong trust/, rồi chạy lại."),
    Why.OTHER_PUPIL: mark("Học sinh này đã được đưa vào lại bằng mã khác sau khi khôi phục. Sở xem xét."),
    Why.OTHER_VERSION: mark("Năm học này đã có dữ liệu khác, nhập sau khi khôi phục. Trường rút bản nháp, Sở xem xét."),
    Why.BESIDE_LOCKED: mark("Năm học này đã có bản chốt khác: bản này đến từ một quyết định thay thế, Sở xem xét."),
}


def left_line(left: Left) -> str:
    """One line: where, whose school, why, what to do."""
    return say(
        _LINE,
        {
            "index": str(left.log_index),
            "unit": left.unit,
            "why": say(_SENTENCES[left.why]),
            "detail": f" ({left.detail})" if left.detail else "",
        },
    )
