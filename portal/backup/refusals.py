"""Why a backup, a restore or a mirror stops: a closed problem and a Vietnamese sentence with what to do."""

from enum import StrEnum
from typing import Final


class BackupProblem(StrEnum):
    """Closed list; each has a sentence."""

    NO_RECIPIENT = "no_recipient"
    BAD_RECIPIENT = "bad_recipient"
    BAD_IDENTITY = "bad_identity"
    FILE_EXISTS = "file_exists"
    WRONG_KEY = "wrong_key"
    DAMAGED = "damaged"
    NOT_A_BACKUP = "not_a_backup"
    SCHEMA_UNKNOWN = "schema_unknown"
    INSTANCE_EXISTS = "instance_exists"
    DATABASE_NOT_EMPTY = "database_not_empty"
    KEYS_EXIST = "keys_exist"
    PASSPHRASE_SHORT = "passphrase_short"  # noqa: S105 # nosec B105
    PASSPHRASE_WRONG = "passphrase_wrong"  # noqa: S105 # nosec B105
    MACHINE_TOO_SLOW = "machine_too_slow"
    SOURCE_UNREACHABLE = "source_unreachable"
    SOURCE_EMPTY = "source_empty"
    SOURCE_SHORT = "source_short"
    CHECKPOINT_REFUSED = "checkpoint_refused"
    ROLLED_BACK = "rolled_back"
    FORKED = "forked"
    NOTHING_SEEN = "nothing_seen"
    MIRROR_BEHIND = "mirror_behind"


_P = BackupProblem
_SENTENCES: Final = {
    _P.NO_RECIPIENT: "Chưa biết mã hóa bản sao lưu cho ai. Chạy “hocba backup-key TỆP” ở một máy khác, rồi ghi khóa "
    "công khai (age1…) vào backup-recipients.txt trong thư mục bản cài, hoặc đưa bằng -r.",
    _P.BAD_RECIPIENT: "“{text}” không phải khóa công khai của người nhận. Cần một dòng bắt đầu bằng age1.",
    _P.BAD_IDENTITY: "Tệp {path} không có khóa giải mã nào. Cần tệp mà “hocba backup-key” (hoặc age-keygen) đã ghi.",
    _P.FILE_EXISTS: "Tệp {path} đã có; không ghi đè. Chọn tên khác, hoặc đưa tên một thư mục.",
    _P.WRONG_KEY: "Khóa này không mở được bản sao lưu: nó được mã hóa cho người khác. Dùng đúng tệp khóa của người "
    "nhận.",
    _P.DAMAGED: "Bản sao lưu bị hỏng, bị cắt cụt hoặc bị sửa ({detail}); chưa khôi phục gì. Dùng một bản sao khác.",
    _P.NOT_A_BACKUP: "Tệp này không phải bản sao lưu của Hocba mà phiên bản này đọc được. Kiểm tra lại tên tệp.",
    _P.SCHEMA_UNKNOWN: "Bản sao lưu thuộc phiên bản phần mềm mới hơn (lược đồ {revision}). Cài phiên bản đó rồi "
    "khôi phục.",
    _P.INSTANCE_EXISTS: "Thư mục {path} đã có một bản cài; không khôi phục đè. Chọn thư mục trống bằng --data.",
    _P.DATABASE_NOT_EMPTY: "Cơ sở dữ liệu đích đã có bảng; không khôi phục đè. Tạo cơ sở dữ liệu trống rồi đặt "
    "HOCBA_DATABASE_URL.",
    _P.KEYS_EXIST: "Thư mục {path} đã có khóa; không ghi đè. Dời các tệp khóa đang có đi trước.",
    _P.PASSPHRASE_SHORT: "Cụm mật khẩu quá ngắn: cần ít nhất {least} ký tự. Dùng sáu từ ngẫu nhiên trở lên.",
    _P.PASSPHRASE_WRONG: "Không mở được gói khóa: cụm mật khẩu không đúng, hoặc tệp bị hỏng. Nhập lại, hoặc dùng "
    "bản khác.",
    _P.MACHINE_TOO_SLOW: "Chưa mở được gói khóa: máy này quá chậm hoặc đang bận so với máy đã tạo gói, nên chưa thử "
    "cụm mật khẩu. Thử lại khi máy rảnh, hoặc dùng máy nhanh hơn.",
    _P.SOURCE_UNREACHABLE: "Không đọc được sổ minh bạch ở {place} ({detail}). Kiểm tra địa chỉ và mạng rồi thử lại.",
    _P.SOURCE_EMPTY: "Sổ minh bạch ở {place} chưa có điểm kiểm nào. Kiểm tra lại địa chỉ.",
    _P.SOURCE_SHORT: "Sổ ở {place} có điểm kiểm {size} dòng nhưng không đưa đủ các dòng ({detail}). Thử lại sau, hoặc "
    "dùng bản sao khác.",
    _P.CHECKPOINT_REFUSED: "Điểm kiểm ở {place} không phải do khóa của sổ này ký. Kiểm tra địa chỉ; nếu đúng địa "
    "chỉ thì giữ nguyên và báo Sở.",
    _P.ROLLED_BACK: "Sổ ở {place} chỉ còn {size} dòng, trong khi bản sao này đã có {held}: sổ bị lùi lại. Không cập "
    "nhật gì; báo Sở ngay và giữ bản sao này.",
    _P.FORKED: "Sổ ở {place} ({size} dòng) không nối tiếp sổ đang giữ ({held} dòng): có hai sổ khác nhau, hoặc dữ "
    "liệu bị hỏng. Không thay đổi gì; giữ cả hai bản làm chứng và báo Sở ngay.",
    _P.NOTHING_SEEN: "Cần ít nhất một bản sao (--mirror) hoặc điểm kiểm bên ngoài (--seen) để đối chiếu. Nếu thật "
    "sự không còn ai giữ, dùng --no-mirror cùng --decision.",
    _P.MIRROR_BEHIND: "Bên ngoài đã thấy sổ có {seen} dòng ({place}), nhưng bản sao đầy đủ nhất chỉ có {held}. Tìm "
    "bản sao có đủ {seen} dòng; sổ vẫn đang chờ.",
}


class BackupRefused(Exception):
    """A backup, restore or mirror that cannot go on; the person can mend it. detail: small values, never a secret."""

    def __init__(self, problem: BackupProblem, **detail: str) -> None:
        super().__init__(problem.value)
        self.problem = problem
        self.detail = detail

    @property
    def message(self) -> str:
        """What is wrong, and what to do."""
        return _SENTENCES[self.problem].format_map(_Gaps(self.detail))


class _Gaps(dict[str, str]):
    """A value that is missing leaves nothing behind."""

    def __missing__(self, _key: str) -> str:
        return ""
