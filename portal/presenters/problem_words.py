"""How a problem is put into words, and those of the transfer desk and of opening strangers' files."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from portal.errors import Problem
from portal.presenters.language import mark


@dataclass(frozen=True, slots=True)
class Words:
    """title: of a page. what: is wrong. advice: what to do."""

    title: str
    what: str
    advice: str


_OURS = mark("Hệ thống gặp sự cố")
_REFUSED = mark("Chưa làm được")

CHECKING: Final[Mapping[Problem, Words]] = {
    Problem.TRANSFERS_OPEN: Words(
        _REFUSED,
        mark("Lượt tiếp nhận trước của bạn chưa kiểm tra xong."),
        mark("Chờ lượt đó xong, hoặc bỏ lượt đó, rồi gửi lượt mới: mỗi người một lượt để không ai phải chờ lâu."),
    ),
    Problem.TRANSFERS_EMPTY: Words(
        _REFUSED,
        mark("Chưa có tệp hay mã số nào để kiểm tra."),
        mark("Chọn tệp, hoặc dán mã số tra cứu, mỗi dòng một mã."),
    ),
    Problem.TRANSFERS_TOO_MANY: Words(
        _REFUSED,
        mark("Lượt này có hơn %(limit)s tệp và mã số."),
        mark("Chia thành nhiều lượt nhỏ hơn rồi gửi từng lượt."),
    ),
    Problem.TRANSFERS_TOO_LARGE: Words(
        _REFUSED,
        mark("Các tệp của lượt này cộng lại hơn %(limit)s MB."),
        mark("Chia thành nhiều lượt; tệp học bạ gốc chỉ khoảng nửa MB, tệp quét nên giảm kích thước."),
    ),
    Problem.VERIFIER_MISSING: Words(
        _OURS,
        mark("Dịch vụ mở tệp tải lên đang không trả lời."),
        mark(
            "Thử lại sau ít phút; người vận hành xem hocba verifier có đang chạy, HOCBA_VERIFIER có đúng ổ cắm không."
        ),
    ),
    Problem.SCHEMA_OLDER: Words(
        _OURS,
        mark("Cơ sở dữ liệu còn ở lược đồ của phiên bản phần mềm trước; dữ liệu vẫn còn nguyên."),
        mark("Người vận hành sao lưu (hocba backup), chạy “hocba upgrade”, rồi chạy lại."),
    ),
    Problem.SCHEMA_NEWER: Words(
        _OURS,
        mark("Cơ sở dữ liệu đã được nâng lên bởi phiên bản phần mềm mới hơn phiên bản đang chạy."),
        mark("Người vận hành cài phiên bản mới hơn đó; không chạy phiên bản này trên dữ liệu ấy."),
    ),
    Problem.KEY_FILE_MISSING: Words(
        _OURS,
        mark("Không đọc được tệp khóa %(path)s, nên chưa mở được dữ liệu đã mã hóa; dữ liệu vẫn còn nguyên."),
        mark(
            "Người vận hành đưa đúng tệp đó về từ gói khóa (hocba restore-keys, xem docs/operations.md), rồi chạy lại."
        ),
    ),
    Problem.KEY_FILE_WRONG: Words(
        _OURS,
        mark("Tệp %(path)s không chứa khóa mang mã ghi trong tên tệp, nên chưa mở được dữ liệu đã mã hóa."),
        mark("Người vận hành thay bằng đúng tệp đó từ gói khóa; không đổi tên tệp khóa khác thành tên này."),
    ),
    Problem.VALUE_BROKEN: Words(
        _OURS,
        mark("Một giá trị đã mã hóa (%(place)s) không mở được: nó bị sửa, bị cắt hoặc bị chuyển chỗ."),
        mark("Người vận hành chạy “hocba audit” rồi khôi phục từ bản sao lưu."),
    ),
    Problem.VERIFIER_UNSET: Words(
        _OURS,
        mark("Chưa khai báo nơi mở tệp tải lên, nên cổng không mở tệp của người lạ và chưa phục vụ."),
        mark(
            "Chạy hocba verifier và đặt HOCBA_VERIFIER là đường dẫn ổ cắm của dịch vụ đó; hoặc đặt HOCBA_VERIFIER=own "
            "để cổng tự mở bằng tiến trình con."
        ),
    ),
    Problem.VERIFIER_NETWORK: Words(
        _OURS,
        mark("Máy này không cho cắt mạng của dịch vụ mở tệp."),
        mark(
            "Bật không gian tên người dùng (user namespaces), chạy dưới systemd với PrivateNetwork=true, hoặc dùng "
            "--keep-network nếu đã cắt mạng bằng cách khác."
        ),
    ),
}
