"""What an outsider found in a report or in the log, as sentences: what does not hold, where, and what to do."""

from collections.abc import Mapping
from typing import Final

from portal.presenters.language import mark, say
from verify.report.differences import Difference, Found

DIFFERENCES: Final[Mapping[Difference, str]] = {
    Difference.NOT_A_REPORT: mark("Tệp không phải báo cáo đọc được (%(detail)s); xin gửi lại tệp."),
    Difference.FILE_MISSING: mark("Thiếu tệp %(detail)s trong báo cáo; xin gửi lại tệp."),
    Difference.FILE_EXTRA: mark("Tệp %(detail)s không có trong bản kê; xin gửi lại báo cáo đúng như hệ thống xuất ra."),
    Difference.FILE_DIFFERS: mark("Tệp %(detail)s không đúng SHA-256 hoặc độ dài trong bản kê; xin gửi lại tệp."),
    Difference.MANIFEST_UNREADABLE: mark("Bản kê manifest.json không đọc được (%(detail)s); xin gửi lại tệp."),
    Difference.MANIFEST_SIGNATURE: mark(
        "Chữ ký của Sở trên bản kê không dùng được (%(detail)s); hỏi lại Sở và đối chiếu chứng thư."
    ),
    Difference.COUNT_DIFFERS: mark(
        "Trường %(unit)s, khối và số học bạ ghi trong bản kê khác số đếm được (%(detail)s); hỏi lại Sở."
    ),
    Difference.XML_DIFFERS: mark(
        "Dòng của records.xml không phải nội dung suy ra từ dữ liệu đã ký; chỉ dùng records.jsonl và hỏi lại Sở."
    ),
    Difference.CHECKPOINT_INVALID: mark(
        "Không có điểm kiểm nào của sổ do khóa đã cho ký; đối chiếu khóa của sổ rồi hỏi lại Sở."
    ),
    Difference.NO_QUORUM: mark(
        "Điểm kiểm chưa đủ %(detail)s bên chứng kiến; chờ các bên xác nhận rồi lấy lại, hoặc hỏi các bên."
    ),
    Difference.LOG_SHORT: mark("Sổ minh bạch thiếu dòng (%(detail)s); lấy lại sổ từ nguồn khác."),
    Difference.LOG_ROOT_DIFFERS: mark(
        "Gốc dựng lại từ các dòng khác với gốc đã ký: sổ đã bị đổi; giữ tệp làm chứng cứ và báo Sở, bên chứng kiến."
    ),
    Difference.LEAF_UNREADABLE: mark(
        "Dòng này của sổ không đọc được; nếu phần mềm của bạn cũ hơn thì cập nhật rồi kiểm lại, nếu không thì báo Sở."
    ),
    Difference.KEY_PROLONGED: mark("Sổ kéo dài hoặc mở lại một khóa đã đăng ký (%(detail)s) của %(unit)s; báo Sở."),
    Difference.STANDING_UNFOUNDED: mark("Dòng thay thế, thu hồi hoặc ghi chú không trỏ về một học bạ đã chốt; báo Sở."),
    Difference.INVENTORY_DIFFERS: mark(
        "Bảng tình trạng của ngày %(detail)s khác với bảng suy ra từ các dòng của sổ; báo Sở."
    ),
    Difference.RECORD_UNREADABLE: mark("Học bạ không đọc được (%(detail)s); dữ liệu đã bị đổi, xin gửi lại tệp."),
    Difference.RECORD_OUT_OF_ORDER: mark("Học bạ lặp lại hoặc không theo thứ tự của sổ; xin gửi lại tệp."),
    Difference.RECORD_NOT_ASKED: mark("Học bạ không thuộc đợt này, hoặc sổ không có dòng của nó; hỏi lại Sở."),
    Difference.RECORD_MISSING: mark("Sổ có dòng của một học bạ (trường %(unit)s) nhưng không thấy học bạ; hỏi lại Sở."),
    Difference.RECORD_DIFFERS: mark("Mục %(detail)s ghi bên ngoài khác với dữ liệu nhà trường đã ký; hỏi lại Sở."),
    Difference.LEAF_DIFFERS: mark("Dòng trong sổ không mở ra học bạ này: dữ liệu đã bị đổi sau khi chốt; báo Sở."),
    Difference.SIGNATURE_MISSING: mark("Thiếu chữ ký bắt buộc (%(detail)s); hỏi lại Sở."),
    Difference.SIGNATURE_BROKEN: mark("Chữ ký (%(detail)s) không đúng với dữ liệu; dữ liệu hoặc chữ ký đã bị đổi."),
    Difference.SIGNER_NOT_AUTHORISED: mark(
        "Khóa của chữ ký (%(detail)s) không được sổ cho phép ký thay %(unit)s từ lúc ký đến lúc chốt; báo Sở."
    ),
    Difference.SIGNER_NOT_TRUSTED: mark(
        "Chứng thư của chữ ký không dẫn về gốc đã cho tại lúc ký (%(detail)s); kiểm tra thư mục tin cậy."
    ),
    Difference.SIGNER_REVOKED: mark("Chứng thư của chữ ký (%(detail)s) đã bị thu hồi trước lúc ký; báo Sở."),
    Difference.SIGNED_AFTER_LOCK: mark("Chữ ký (%(detail)s) ghi thời điểm sau khi chốt; báo Sở."),
}


def difference_sentence(found: Found) -> str:
    """What was found, and what to do."""
    return say(DIFFERENCES[found.difference], {"detail": found.detail, "unit": found.unit or ""})


def difference_line(found: Found) -> str:
    """A difference on a line: where it is, then what does not hold."""
    where = [found.lookup_code, say(mark("dòng %(n)s"), {"n": str(found.index)}) if found.index is not None else None]
    said = difference_sentence(found)
    return ": ".join([*([" · ".join(part for part in where if part)] if any(where) else []), said])
