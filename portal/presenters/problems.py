"""Refusals and failures as sentences: what is wrong, and what to do. Pages and the command line say the same."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from portal.errors import Problem
from portal.presenters.language import mark, say, span
from portal.services.audit import AuditProblem, Defect
from verify.errors import Refusal, VerifyError


@dataclass(frozen=True, slots=True)
class Words:
    """title: of a page. what: is wrong. advice: what to do."""

    title: str
    what: str
    advice: str


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """A page that says no. title is its heading; text and advice follow."""

    title: str
    text: str
    advice: str


_LATER = mark("Thử lại sau ít phút; nếu vẫn vậy, báo đơn vị quản lý hệ thống.")
_OURS = mark("Hệ thống gặp sự cố")
_REFUSED = mark("Chưa làm được")
_FILE = mark("Không đọc được tệp")

PROBLEMS: Final[Mapping[Problem, Words]] = {
    Problem.NOT_FOUND: Words(
        mark("Không tìm thấy, hoặc chưa chốt"),
        mark("Không có học bạ đã chốt nào ứng với yêu cầu này, hoặc bạn không có quyền xem."),
        mark("Kiểm tra lại mã số; nếu đúng, hỏi nhà trường lập học bạ xem học bạ đã chốt chưa."),
    ),
    Problem.UNKNOWN_UNIT: Words(
        _REFUSED,
        mark("Không có đơn vị nào mang mã “%(code)s”."),
        mark("Kiểm tra lại mã trường; trường mới phải được Sở khai báo trước."),
    ),
    Problem.UNIT_EXISTS: Words(
        _REFUSED, mark("Đã có đơn vị mang mã “%(code)s”."), mark("Chọn mã khác; mã đã dùng thì giữ mãi.")
    ),
    Problem.ACCOUNT_EXISTS: Words(
        _REFUSED, mark("Đã có tài khoản “%(username)s”."), mark("Chọn tên khác; mỗi người một tài khoản riêng.")
    ),
    Problem.UNKNOWN_PACKET: Words(
        _REFUSED,
        mark("Không có gói học bạ số %(packet)s."),
        mark("Xem số gói bằng lệnh hocba packets; biên nhận BN-000003 là gói 3."),
    ),
    Problem.BAD_SCHOOL_YEAR: Words(
        _REFUSED,
        mark("“%(year)s” không phải là năm học."),
        mark("Ghi hai năm liền nhau, ví dụ 2025-2026."),
    ),
    Problem.NOT_DEMO: Words(
        _REFUSED,
        mark("Việc này trên dòng lệnh chỉ có ở bản cài dữ liệu mẫu."),
        mark("Ở bản cài thật, người có thẩm quyền làm việc này trên cổng hoặc bằng khóa của mình."),
    ),
    Problem.NOT_INITIALISED: Words(
        _REFUSED,
        mark("Bản cài ở %(path)s chưa được tạo."),
        mark("Chạy “hocba init” trước (hoặc “hocba init --demo” cho dữ liệu mẫu)."),
    ),
    Problem.ALREADY_INITIALISED: Words(
        _REFUSED,
        mark("Bản cài ở %(path)s đã có từ trước; không tạo đè."),
        mark("Chọn thư mục hoặc cơ sở dữ liệu khác bằng --data hay HOCBA_DATABASE_URL."),
    ),
    Problem.WRONG_STATE: Words(
        _REFUSED,
        mark("Học bạ đang ở trạng thái không cho phép việc này."),
        mark("Xem lại trạng thái hiện tại; học bạ đã chốt thì không sửa, rút hay thay được nữa."),
    ),
    Problem.NOTHING_TO_DO: Words(
        _REFUSED,
        mark("Gói %(packet)s không có học bạ nào cần làm bước này."),
        mark("Nhập, ký rồi mới chốt; xem học bạ của gói đang ở bước nào."),
    ),
    Problem.PACKET_CHANGED: Words(
        _REFUSED,
        mark("Tệp gói không khớp với gói mà hệ thống đang giữ."),
        mark("Xuất lại gói từ hệ thống rồi ký; không sửa nội dung tệp gói."),
    ),
    Problem.PACKET_MIXED: Words(
        _REFUSED,
        mark("Học bạ thứ %(number)s trong tệp gói không thuộc trường, năm học hoặc lớp ghi ở đầu gói."),
        mark("Không ký tệp này; tải lại gói từ cổng."),
    ),
    Problem.ALREADY_SIGNED: Words(
        _REFUSED,
        mark("Tệp gói đã có chữ ký ở vai “%(role)s”."),
        mark("Nếu muốn ký lại vai này, thêm --replace; nếu không, chọn vai khác bằng --role."),
    ),
    Problem.SIGN_IN_FAILED: Words(
        mark("Chưa đăng nhập được"),
        mark("Tên đăng nhập hoặc mật khẩu không đúng."),
        mark("Kiểm tra bộ gõ tiếng Việt và phím Caps Lock rồi nhập lại; quên mật khẩu thì liên hệ quản trị của Sở."),
    ),
    Problem.NOT_LOCKED: Words(
        mark("Học bạ chưa chốt"),
        mark("Học bạ này chưa có năm học nào đã chốt, nên chưa có bản in chính thức."),
        mark("Xem bản xem trước của từng năm học, hoặc đợi Sở chốt dữ liệu."),
    ),
    Problem.BUSY: Words(
        mark("Hệ thống đang bận"),
        mark("Đang có nhiều tệp chờ kiểm tra nên chưa nhận thêm được."),
        mark("Chờ một phút rồi gửi lại; tệp của bạn không có lỗi gì."),
    ),
    Problem.CHILD_DIED: Words(
        _OURS,
        mark("Phần mở tệp của hệ thống dừng đột ngột; đây không phải lỗi của tệp."),
        _LATER,
    ),
    Problem.KEY_MISSING: Words(
        _OURS,
        mark("Hệ thống chưa được cài khóa dùng để ký bản in."),
        mark("Quản trị cài con dấu số của Sở (docs/operations.md) rồi thử lại."),
    ),
    Problem.BAD_ADDRESS: Words(
        _REFUSED,
        mark("“%(url)s” không phải là địa chỉ có thể in trên giấy."),
        mark("Ghi địa chỉ dạng https://hocba.tinh.gov.vn, không có đường dẫn phía sau."),
    ),
    Problem.TRUST_UNREADABLE: Words(
        _OURS,
        mark("Tệp %(file)s trong thư mục tin cậy không đọc được."),
        mark("Quản trị thay bằng chứng thư hoặc danh sách thu hồi đúng định dạng (DER hoặc PEM)."),
    ),
    Problem.LIMITS_NOT_SHARED: Words(
        _REFUSED,
        mark("Không chạy %(workers)s tiến trình khi giới hạn truy cập còn đếm trong bộ nhớ của từng tiến trình."),
        mark("Đặt HOCBA_LIMITS_STORAGE=redis://… hoặc chạy với --workers 1."),
    ),
    Problem.STORE_DAMAGED: Words(
        _OURS,
        mark("Dữ liệu đang lưu không tự khớp nên hệ thống không hiển thị."),
        mark("Quản trị chạy “hocba audit” để biết học bạ nào, rồi khôi phục từ bản sao lưu."),
    ),
    Problem.NOT_ALLOWED: Words(
        mark("Không có quyền"),
        mark("Tài khoản của bạn không có quyền làm việc này."),
        mark("Nếu cần quyền đó, đề nghị người đứng đầu đơn vị hoặc quản trị của Sở cấp."),
    ),
    Problem.UPLOADS_FULL: Words(
        _REFUSED,
        mark("Trường đang có %(limit)s tệp chờ xác nhận nên chưa nhận thêm được."),
        mark("Xác nhận hoặc bỏ bớt các tệp đang chờ ở trang “Nhập lớp” rồi gửi lại."),
    ),
    Problem.NOT_SIGNED: Words(
        _REFUSED,
        mark("Tệp gói chưa có chữ ký nào."),
        mark("Ký tệp bằng công cụ “hocba sign” cạnh khóa của trường, rồi nộp tệp đã ký."),
    ),
    Problem.API_KEY_MISSING: Words(
        mark("Cần khóa API"),
        mark("Yêu cầu không kèm khóa API."),
        mark("Gửi đầu mục “Authorization: Bearer hb_…” với khóa mà đơn vị vận hành đã cấp cho trường."),
    ),
    Problem.API_KEY_UNKNOWN: Words(
        mark("Khóa API không đúng"),
        mark("Không có khóa API nào như vậy."),
        mark("Kiểm tra lại khóa đã chép đủ chưa; nếu mất khóa, đề nghị đơn vị vận hành cấp khóa mới."),
    ),
    Problem.API_KEY_EXPIRED: Words(
        mark("Khóa API đã hết hạn"),
        mark("Khóa API này đã hết hạn từ ngày %(day)s."),
        mark("Đề nghị đơn vị vận hành cấp khóa mới rồi thay trong phần mềm."),
    ),
    Problem.API_KEY_REVOKED: Words(
        mark("Khóa API đã bị thu hồi"),
        mark("Khóa API này đã bị thu hồi, không dùng được nữa."),
        mark("Thay bằng khóa mới nhất của trường; nếu chưa có, đề nghị đơn vị vận hành cấp."),
    ),
    Problem.API_SCOPE_MISSING: Words(
        mark("Khóa API thiếu phạm vi"),
        mark("Khóa API này không có phạm vi “%(scope)s”."),
        mark("Đề nghị đơn vị vận hành cấp khóa có phạm vi đó, nếu phần mềm cần."),
    ),
    Problem.IDEMPOTENCY_KEY_REUSED: Words(
        mark("Idempotency-Key đã dùng"),
        mark("Idempotency-Key này đã dùng cho một yêu cầu khác trong 24 giờ qua."),
        mark("Mỗi yêu cầu mới dùng một giá trị mới; chỉ gửi lại giá trị cũ khi gửi lại đúng yêu cầu cũ."),
    ),
    Problem.ROWS_FAULTY: Words(
        _REFUSED,
        mark("Tệp còn %(faulty)s dòng có lỗi nên chưa nhận được cả tệp."),
        mark("Sửa các dòng đó rồi gửi lại tệp, hoặc chọn “Chỉ lấy các dòng đúng”."),
    ),
    Problem.CERTIFICATE_REFUSED: Words(
        _REFUSED,
        mark("Chứng thư không qua được kiểm tra vào lúc này."),
        mark("Xem từng mục kiểm tra trên trang đề nghị; sửa xong nguyên nhân thì xác nhận lại."),
    ),
    Problem.WRONG_ROLE: Words(
        _REFUSED,
        mark("Vai này không thuộc loại đơn vị đã chọn."),
        mark("Con dấu số của Sở chỉ đăng ký cho Sở; các vai khác chỉ đăng ký cho trường."),
    ),
    Problem.KEY_REGISTERED: Words(
        _REFUSED,
        mark("Chứng thư này đã được đăng ký cho đơn vị và vai này."),
        mark("Xem dòng đã có trong sổ chứng thư; đăng ký đã kết thúc thì đăng ký chứng thư mới."),
    ),
    Problem.KEY_ENDED: Words(
        _REFUSED,
        mark("Đăng ký này đã kết thúc, hoặc đã có ngày kết thúc không muộn hơn."),
        mark("Xem dòng của chứng thư trong sổ; ngày kết thúc chỉ đưa lên sớm hơn được."),
    ),
    Problem.KEY_PERIOD_OVER: Words(
        _REFUSED,
        mark("Thời hạn trong đề nghị đã qua nên không còn gì để xác nhận."),
        mark("Từ chối đề nghị này rồi lập đề nghị mới với thời hạn đúng."),
    ),
    Problem.PROPOSAL_WAITS: Words(
        _REFUSED,
        mark("Đã có một đề nghị về chứng thư này cho đơn vị và vai này đang chờ xác nhận."),
        mark("Xử lí đề nghị đó trước: xác nhận, từ chối hoặc rút lại."),
    ),
    Problem.PROPOSAL_CLOSED: Words(
        _REFUSED,
        mark("Đề nghị này đã khép lại: đã bị từ chối, đã rút hoặc quá hạn 14 ngày."),
        mark("Nếu vẫn cần, lập đề nghị mới."),
    ),
}
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
    Defect.LEAF_DIFFERS: mark("Dòng trong sổ minh bạch không mở ra học bạ này; dữ liệu đã bị đổi sau khi chốt."),
    Defect.EFFECTIVE_DATE_DIFFERS: mark("Ngày hiệu lực khác với sổ minh bạch; lấy lại theo sổ."),
    Defect.RECORD_GONE: mark("Sổ minh bạch có dòng này (đơn vị %(detail)s) nhưng học bạ không còn; khôi phục."),
    Defect.KEY_DIFFERS: mark("Sổ đăng ký khóa của %(detail)s khác với sổ minh bạch; tìm ai đã sửa, rồi khôi phục."),
    Defect.ACCESS_CHAIN_BROKEN: mark("Nhật ký truy cập bị đứt từ dòng %(detail)s; giữ nguyên và điều tra."),
    Defect.GUARD_MISSING: mark("Thiếu khóa chặn sửa của cơ sở dữ liệu (%(detail)s); dựng lại rồi tìm ai đã gỡ."),
    Defect.LOG_ROOT_DIFFERS: mark("Gốc của sổ minh bạch (%(detail)s) không khớp các dòng; khôi phục từ bản sao lưu."),
    Defect.LOG_TILE_DIFFERS: mark("Ô %(detail)s của sổ minh bạch không khớp các dòng; dựng lại từ các dòng."),
    Defect.LOG_GAP: mark("Sổ minh bạch thiếu dòng; khôi phục từ bản sao lưu."),
    Defect.CHECKPOINT_INVALID: mark("Điểm kiểm của sổ minh bạch không hợp lệ hoặc không phải do khóa của sổ ký."),
}
_GENERIC_CLIENT: Final = Words(
    mark("Yêu cầu không hợp lệ"),
    mark("Hệ thống không hiểu yêu cầu này."),
    mark("Quay lại trang trước và làm lại từ đầu."),
)
_GENERIC_SERVER: Final = Words(
    _OURS,
    mark("Đã có lỗi ở phía hệ thống; việc bạn làm không sai và chưa có gì bị thay đổi."),
    _LATER,
)
HTTP: Final[Mapping[int, Words]] = {
    400: Words(
        mark("Chưa nhận được yêu cầu"),
        mark("Yêu cầu không đúng dạng, hoặc biểu mẫu đã hết hạn vì trang mở quá lâu hay trình duyệt chặn cookie."),
        mark("Mở lại trang rồi gửi lần nữa."),
    ),
    403: PROBLEMS[Problem.NOT_ALLOWED],
    404: Words(
        mark("Không tìm thấy trang này"),
        mark("Địa chỉ không đúng, trang không còn, hoặc tài khoản của bạn không được xem trang này."),
        mark("Kiểm tra lại địa chỉ, hoặc bắt đầu từ trang chủ: nhập mã số tra cứu, quét mã QR hay kiểm tra tệp."),
    ),
    405: Words(
        mark("Không mở trực tiếp được"),
        mark("Trang này chỉ nhận dữ liệu gửi từ biểu mẫu."),
        mark("Mở lại biểu mẫu từ trang chủ rồi gửi."),
    ),
    413: Words(
        mark("Tệp quá lớn"),
        mark("Tệp vượt quá 20 MB, lớn hơn nhiều so với một học bạ."),
        mark("Chỉ gửi tệp học bạ; ảnh chụp thì giảm kích thước hoặc chụp gần mã QR hơn."),
    ),
    429: Words(
        mark("Xin chờ một lát"),
        mark("Địa chỉ mạng này đã gửi quá nhiều yêu cầu trong thời gian ngắn."),
        mark("Thử lại sau %(wait)s."),
    ),
    503: Words(
        mark("Hệ thống đang bận"),
        mark("Hệ thống tạm thời chưa trả lời được; việc bạn làm không sai và chưa có gì bị thay đổi."),
        mark("Chờ một phút rồi thử lại; nếu vẫn vậy, báo đơn vị quản lý hệ thống."),
    ),
}


def sentence(problem: Problem, detail: Mapping[str, str]) -> str:
    """What is wrong and what to do, in one line."""
    held = PROBLEMS[problem]
    return f"{say(held.what, detail)} {say(held.advice)}"


def error_page(problem: Problem, detail: Mapping[str, str]) -> ErrorPage:
    return _page(PROBLEMS[problem], detail)


def http_error_page(status: int, **values: object) -> ErrorPage:
    """The page for an HTTP status. values: `seconds` until it is worth coming back (429)."""
    seconds = values.get("seconds")
    wait = span(seconds) if isinstance(seconds, int) else say(mark("một phút"))
    return _page(HTTP.get(status, _GENERIC_SERVER if status >= 500 else _GENERIC_CLIENT), {"wait": wait})


def refusal_sentence(error: VerifyError) -> str:
    """Why the core could not process some bytes; a refusal says nothing about genuineness."""
    what, advice = REFUSALS[error.refusal]
    return f"{say(what)} {say(advice)}"


def defect_sentence(problem: AuditProblem) -> str:
    """What the audit found, and what an operator does."""
    return say(DEFECTS[problem.defect], {"detail": problem.detail})


def _page(held: Words, values: Mapping[str, str]) -> ErrorPage:
    return ErrorPage(say(held.title), say(held.what, values), say(held.advice, values))
