"""What the audit found, as sentences: what does not hold, and what an operator does."""

from collections.abc import Mapping
from typing import Final

from portal.presenters.language import mark, say
from portal.services.audit import AuditProblem, Defect

DEFECTS: Final[Mapping[Defect, str]] = {
    Defect.BYTES_GONE: mark("Dữ liệu đã ký không còn; khôi phục từ bản sao lưu."),
    Defect.BYTES_CHANGED: mark("Dữ liệu đã ký bị thay đổi: SHA-256 không khớp; khôi phục từ bản sao lưu."),
    Defect.BYTES_UNREADABLE: mark("Dữ liệu đã ký không đọc được thành học bạ; khôi phục từ bản sao lưu."),
    Defect.COLUMNS_DIFFER: mark("Cột %(detail)s không khớp dữ liệu đã ký; tìm ai đã sửa cột này, rồi khôi phục."),
    Defect.SIGNATURE_MISSING: mark("Thiếu chữ ký bắt buộc (%(detail)s); khôi phục từ bản sao lưu."),
    Defect.SIGNATURE_BROKEN: mark("Chữ ký (%(detail)s) không đúng với dữ liệu đang lưu; khôi phục từ bản sao lưu."),
    Defect.SIGNER_NOT_AUTHORISED: mark(
        "Chữ ký (%(detail)s) không phải của khóa có thẩm quyền lúc nhận; đối chiếu sổ đăng ký khóa."
    ),
    Defect.NOT_LOGGED: mark("Học bạ đã chốt nhưng không có dòng trong sổ minh bạch; khôi phục từ bản sao lưu."),
    Defect.LEAF_DIFFERS: mark(
        "Dòng trong sổ minh bạch không mở ra học bạ này: dữ liệu đã bị đổi sau khi chốt; khôi phục từ bản sao lưu."
    ),
    Defect.EFFECTIVE_DATE_DIFFERS: mark("Ngày hiệu lực khác với sổ minh bạch; lấy lại theo sổ."),
    Defect.RECORD_GONE: mark("Sổ minh bạch có dòng này (đơn vị %(detail)s) nhưng học bạ không còn; khôi phục."),
    Defect.KEY_DIFFERS: mark("Sổ đăng ký khóa của %(detail)s khác với sổ minh bạch; tìm ai đã sửa, rồi khôi phục."),
    Defect.EARLIER_YEAR_DIFFERS: mark(
        "Nguồn gốc của năm học nhập từ hệ thống trước (%(detail)s) khác với sổ minh bạch; tìm ai đã sửa, rồi khôi phục."
    ),
    Defect.STANDING_DIFFERS: mark(
        "Tình trạng sau khi chốt của một học bạ (%(detail)s) khác với sổ minh bạch; tìm ai đã sửa, rồi khôi phục."
    ),
    Defect.POLICY_DIFFERS: mark(
        "Quy chế xử lí sau khi chốt (%(detail)s) khác với sổ minh bạch; tìm ai đã sửa, rồi khôi phục."
    ),
    Defect.ACCESS_CHAIN_BROKEN: mark("Nhật ký truy cập bị đứt từ dòng %(detail)s; giữ nguyên và điều tra."),
    Defect.ACCESS_HEAD_DIFFERS: mark(
        "Nhật ký truy cập không còn khớp đầu chuỗi đã ghi vào sổ minh bạch ngày %(detail)s: có dòng đã bị viết lại hoặc"
        " bỏ đi; chạy hocba ledger verify, giữ nguyên và điều tra."
    ),
    Defect.GUARD_MISSING: mark("Thiếu khóa chặn sửa của cơ sở dữ liệu (%(detail)s); dựng lại rồi tìm ai đã gỡ."),
    Defect.LOG_ROOT_DIFFERS: mark("Gốc của sổ minh bạch (%(detail)s) không khớp các dòng; khôi phục từ bản sao lưu."),
    Defect.LOG_TILE_DIFFERS: mark("Ô %(detail)s của sổ minh bạch không khớp các dòng; dựng lại từ các dòng."),
    Defect.LOG_GAP: mark("Sổ minh bạch thiếu dòng; khôi phục từ bản sao lưu."),
    Defect.COSIGNATURE_INVALID: mark(
        "Chữ ký của bên chứng kiến %(detail)s không đúng với điểm kiểm đang lưu; sổ đã bị đổi sau khi được chứng kiến."
    ),
    Defect.QUORUM_INVALID: mark("Điểm kiểm ghi là đủ bên chứng kiến nhưng chữ ký kèm theo không đủ; điều tra."),
    Defect.QUORUM_MISSING: mark(
        "Điểm kiểm mới nhất chưa đủ bên chứng kiến; xem trang Sổ minh bạch, chạy hocba witnesses ask rồi kiểm lại."
    ),
    Defect.WITNESS_POLICY_DIFFERS: mark(
        "Chính sách về bên chứng kiến khác với dòng trong sổ minh bạch; tìm ai đã sửa, rồi khôi phục."
    ),
    Defect.WITNESS_CONTRADICTS: mark(
        "Bên chứng kiến đã thấy một lịch sử khác của sổ (%(detail)s); giữ nguyên hệ thống, đối chiếu bản sao, điều tra."
    ),
    Defect.TIMESTAMP_DIFFERS: mark(
        "Dấu thời gian số %(detail)s không còn đúng với điểm kiểm hay giờ đang lưu; tìm ai đã sửa, rồi khôi phục."
    ),
    Defect.MINUTES_CHANGED: mark(
        "Tệp biên bản chốt số %(detail)s đã mất hoặc bị đổi; lấy lại từ bản sao lưu hay từ nơi đã nhận biên bản."
    ),
    Defect.COUNTS_DIFFER: mark(
        "Số đếm của lớp (năm học, đơn vị, lớp: %(detail)s) khác với các học bạ; trang tiến độ sai, tìm ai đã sửa."
    ),
    Defect.INVENTORY_DIFFERS: mark(
        "Kiểm kê ngày %(detail)s không lập lại được từ các học bạ và các dòng của sổ; tìm ai đã sửa, rồi khôi phục."
    ),
    Defect.STATUS_LIST_DIFFERS: mark(
        "Danh sách tình trạng ngày %(detail)s khác với các dòng của sổ minh bạch; đừng dùng, tìm ai đã sửa."
    ),
    Defect.CHECKPOINT_INVALID: mark(
        "Điểm kiểm của sổ minh bạch không hợp lệ hoặc không phải do khóa của sổ ký; tìm ai đã sửa, rồi khôi phục."
    ),
}


def defect_sentence(problem: AuditProblem) -> str:
    """What the audit found, and what an operator does."""
    return say(DEFECTS[problem.defect], {"detail": problem.detail})
