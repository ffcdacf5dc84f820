"""Why a key cannot be used, or stopped answering: a closed problem and a Vietnamese sentence with what to do."""

from enum import StrEnum
from typing import Final


class SignerProblem(StrEnum):
    """Closed list; each has a sentence."""

    LIBRARY_UNUSABLE = "library_unusable"
    NO_DEVICE = "no_device"
    SEVERAL_DEVICES = "several_devices"
    WRONG_PIN = "wrong_pin"
    PIN_LOCKED = "pin_locked"
    PIN_NOT_SET = "pin_not_set"
    NO_KEY = "no_key"
    SEVERAL_KEYS = "several_keys"
    NO_CERTIFICATE = "no_certificate"
    KEY_UNSUITABLE = "key_unsuitable"
    KEY_NOT_OF_CERTIFICATE = "key_not_of_certificate"
    CERTIFICATE_NOT_VALID_NOW = "certificate_not_valid_now"
    DEVICE_LOST = "device_lost"
    DEVICE_FAILED = "device_failed"
    SIGNATURE_WRONG = "signature_wrong"
    SERVICE_ADDRESS = "service_address"
    SERVICE_UNREACHABLE = "service_unreachable"
    SERVICE_REFUSED = "service_refused"
    SERVICE_NOT_UNDERSTOOD = "service_not_understood"
    CREDENTIAL_UNUSABLE = "credential_unusable"
    AUTHORISATION_ELSEWHERE = "authorisation_elsewhere"


_P = SignerProblem
_SENTENCES: Final = {
    _P.LIBRARY_UNUSABLE: "Không nạp được thư viện PKCS#11 “{library}”. Cài phần mềm của nhà cung cấp USB token, rồi "
    "ghi đúng đường dẫn tệp thư viện (.dll, .so hoặc .dylib, cùng 32 hay 64 bit với Python).",
    _P.NO_DEVICE: "Không thấy USB token{wanted}. Cắm lại USB token, đợi vài giây rồi chạy lại.",
    _P.SEVERAL_DEVICES: "Máy đang cắm nhiều USB token: {found}. Chọn một bằng --slot NHÃN, hoặc rút bớt.",
    _P.WRONG_PIN: "Mã PIN không đúng; chưa ký gì. Xem lại mã PIN trước khi thử tiếp, vì nhập sai nhiều lần sẽ bị khóa.",
    _P.PIN_LOCKED: "USB token đã bị khóa vì nhập sai mã PIN nhiều lần. Đề nghị nhà cung cấp chữ ký số mở khóa.",
    _P.PIN_NOT_SET: "USB token chưa được đặt mã PIN, hoặc mã đã hết hạn. Đặt mã PIN bằng phần mềm của nhà cung cấp.",
    _P.NO_KEY: "Trong USB token không có khóa ký nào{wanted}. Kiểm tra đã cắm đúng USB token và ghi đúng tên khóa.",
    _P.SEVERAL_KEYS: "Trong USB token có nhiều khóa ký: {found}. Chọn một bằng --key TÊN.",
    _P.NO_CERTIFICATE: "Khóa trong USB token không có chứng thư đi kèm. Nhờ nhà cung cấp nạp lại chứng thư.",
    _P.KEY_UNSUITABLE: "Khóa hoặc chứng thư này không dùng để ký học bạ được. Cần khóa RSA từ 2048 bit hoặc EC P-256, "
    "với chứng thư cho phép ký số.",
    _P.KEY_NOT_OF_CERTIFICATE: "Chứng thư không phải của khóa này; chưa ký gì. Nhờ nhà cung cấp nạp đúng chứng thư.",
    _P.CERTIFICATE_NOT_VALID_NOW: "Chứng thư chỉ có hiệu lực từ {starts} đến {ends}, nên chữ ký hôm nay sẽ không được "
    "nhận. Gia hạn chứng thư, hoặc chỉnh lại ngày giờ của máy tính nếu sai.",
    _P.DEVICE_LOST: "Mất liên lạc với USB token; không ghi tệp nào. Cắm lại USB token rồi ký lại từ đầu.",
    _P.DEVICE_FAILED: "USB token báo lỗi ({error}); không ghi tệp nào. Rút ra cắm lại rồi thử lần nữa; nếu vẫn vậy, "
    "hỏi nhà cung cấp.",
    _P.SIGNATURE_WRONG: "Chữ ký vừa tạo không khớp với chứng thư đi kèm; đã dừng, không ghi tệp nào. Kiểm tra khóa và "
    "chứng thư với nhà cung cấp.",
    _P.SERVICE_ADDRESS: "“{url}” không phải địa chỉ dịch vụ ký số từ xa dùng được. Ghi địa chỉ https:// do nhà cung "
    "cấp đưa, phần đứng trước /csc/.",
    _P.SERVICE_UNREACHABLE: "Không kết nối được dịch vụ ký số từ xa ({error}); không ghi tệp nào. Kiểm tra mạng rồi ký "
    "lại.",
    _P.SERVICE_REFUSED: "Dịch vụ ký số từ xa từ chối ({error}); không ghi tệp nào. Kiểm tra mã truy cập, tên chứng thư "
    "và mã xác thực, rồi ký lại.",
    _P.SERVICE_NOT_UNDERSTOOD: "Dịch vụ ký số từ xa trả lời không đúng chuẩn CSC ({error}); không ghi tệp nào. Báo nhà "
    "cung cấp, hoặc thử phiên bản khác bằng --csc-version.",
    _P.CREDENTIAL_UNUSABLE: "Chứng thư ký số từ xa “{credential}” đang không dùng được. Hỏi nhà cung cấp, hoặc chọn "
    "chứng thư khác bằng --credential.",
    _P.AUTHORISATION_ELSEWHERE: "Dịch vụ này đòi xác nhận theo cách riêng của nhà cung cấp ({mode}), công cụ này chưa "
    "làm được. Dùng USB token hoặc tệp khóa.",
}


class SignerRefused(Exception):
    """A key that cannot be used now; the person can mend it. detail: small values for the sentence, never a secret."""

    def __init__(self, problem: SignerProblem, **detail: str) -> None:
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
