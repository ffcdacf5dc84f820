"""Why the core could not process some bytes, as sentences; a refusal says nothing about genuineness."""

from collections.abc import Mapping
from typing import Final

from portal.presenters.language import mark, say
from verify.errors import Refusal, VerifyError

REFUSALS: Final[Mapping[Refusal, tuple[str, str]]] = {
    Refusal.NOT_JSON: (mark("Tệp không phải là JSON hợp lệ."), mark("Xuất lại tệp từ phần mềm đã tạo ra nó.")),
    Refusal.NOT_CANONICAL: (
        mark("Dữ liệu không ở dạng chuẩn hóa (RFC 8785)."),
        mark("Ký đúng các byte mà hệ thống đã xuất, không định dạng lại."),
    ),
    Refusal.DUPLICATE_KEY: (mark("Dữ liệu có một trường ghi hai lần."), mark("Bỏ trường lặp rồi xuất lại.")),
    Refusal.NOT_NFC: (
        mark("Chữ tiếng Việt không ở dạng Unicode dựng sẵn (NFC)."),
        mark("Chuyển dữ liệu sang Unicode dựng sẵn rồi xuất lại."),
    ),
    Refusal.BAD_NUMBER: (
        mark("Dữ liệu có số không dùng được, chẳng hạn số thập phân."),
        mark("Ghi số đo dưới dạng chữ, điểm dưới dạng số nguyên."),
    ),
    Refusal.BAD_SHAPE: (
        mark("Dữ liệu thiếu trường, thừa trường hoặc sai kiểu so với học bạ."),
        mark("Xuất lại từ phần mềm theo đúng phiên bản gói tin."),
    ),
    Refusal.BAD_CODE: (
        mark("Đây không phải là mã số tra cứu học bạ."),
        mark("Mã có 32 ký tự gồm chữ số và các chữ từ a đến f, in ở chân trang học bạ; nhập lại hoặc quét mã QR."),
    ),
    Refusal.BAD_NOTE: (
        mark("Điểm kiểm của sổ minh bạch không đọc được."),
        mark("Tải lại điểm kiểm từ cổng."),
    ),
    Refusal.BAD_POLICY: (
        mark("Tệp chính sách về bên chứng kiến không đúng dạng c2sp.org/tlog-policy."),
        mark("Sửa dòng được nêu trong chi tiết, rồi chạy hocba witnesses status."),
    ),
    Refusal.BAD_PROOF: (mark("Biên nhận của sổ minh bạch không đọc được."), mark("Lấy lại biên nhận từ tệp gốc.")),
    Refusal.BAD_CERTIFICATE: (
        mark("Chứng thư hoặc tệp khóa không đọc được."),
        mark("Kiểm tra định dạng (PEM, DER hoặc PKCS#12) và mật khẩu."),
    ),
    Refusal.BAD_SIGNATURE_FILE: (
        mark("Tệp chữ ký không đọc được."),
        mark("Ký lại và gửi tệp chữ ký dạng CMS/CAdES tách rời."),
    ),
    Refusal.NOT_XML: (
        mark("Tệp không phải là XML hợp lệ, mã hóa UTF-8."),
        mark("Xuất lại gói XML từ phần mềm của trường."),
    ),
    Refusal.XML_DTD: (
        mark("Gói XML có khai báo DOCTYPE hoặc thực thể, không được chấp nhận."),
        mark("Xuất lại gói không có DOCTYPE."),
    ),
    Refusal.XML_COMMENT: (
        mark("Gói XML có chú thích hoặc chỉ thị xử lí."),
        mark("Xuất lại gói chỉ gồm các phần tử của định dạng."),
    ),
    Refusal.XML_FOREIGN: (
        mark("Gói XML có phần tử hoặc thuộc tính ngoài định dạng gói học bạ."),
        mark("Xuất lại gói theo đúng lược đồ XSD đã công bố, không thêm phần tử, thuộc tính."),
    ),
    Refusal.DUPLICATE_ID: (
        mark("Gói XML có hai phần tử mang cùng một Id."),
        mark("Ghi mỗi Id đúng một lần rồi ký lại."),
    ),
    Refusal.UNKNOWN_FORMAT_VERSION: (
        mark("Gói XML theo phiên bản định dạng mà hệ thống chưa biết."),
        mark("Xuất gói theo phiên bản 1, hoặc báo đơn vị quản lý hệ thống."),
    ),
    Refusal.NOT_PDF: (mark("Tệp không phải là PDF."), mark("Chọn đúng tệp PDF của học bạ.")),
    Refusal.DAMAGED_PDF: (
        mark("Tệp PDF bị hỏng hoặc thiếu, không mở được."),
        mark("Tải lại tệp từ nơi đã gửi rồi thử lần nữa."),
    ),
    Refusal.ENCRYPTED: (mark("Tệp bị khóa bằng mật khẩu."), mark("Gửi tệp không đặt mật khẩu.")),
    Refusal.NOT_AN_IMAGE: (
        mark("Tệp không phải là ảnh mà hệ thống đọc được."),
        mark("Gửi ảnh JPEG, PNG hoặc WebP; ảnh HEIC thì đổi sang JPEG hoặc chụp lại màn hình."),
    ),
    Refusal.TOO_LARGE: (mark("Tệp hoặc dữ liệu quá lớn."), mark("Chỉ gửi tệp học bạ, dưới 20 MB.")),
    Refusal.TOO_MANY_PAGES: (mark("Tệp có quá nhiều trang."), mark("Chỉ gửi các trang học bạ, không quá 40 trang.")),
    Refusal.TOO_DEEP: (mark("Dữ liệu lồng nhau quá sâu."), mark("Xuất lại tệp từ phần mềm đã tạo ra nó.")),
    Refusal.TOO_MUCH_WORK: (
        mark("Tệp đòi hỏi quá nhiều bộ nhớ hoặc thời gian để mở."),
        mark("Gửi tệp gốc tải từ cổng này, hoặc tệp đơn giản hơn."),
    ),
}


def refusal_sentence(error: VerifyError) -> str:
    """Why the core could not process some bytes; a refusal says nothing about genuineness."""
    what, advice = REFUSALS[error.refusal]
    return f"{say(what)} {say(advice)}"
