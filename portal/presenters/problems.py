"""Refusals and failures as sentences: what is wrong, and what to do. Pages and the command line say the same."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from portal.errors import Problem
from portal.presenters.account_problems import ACCOUNT_PROBLEMS
from portal.presenters.amendment_problems import AMENDMENT_PROBLEMS
from portal.presenters.correction_problems import CORRECTION_PROBLEMS
from portal.presenters.custody_problems import CUSTODY_PROBLEMS
from portal.presenters.exchange_problems import EXCHANGE_PROBLEMS
from portal.presenters.extract_problems import EXTRACT_PROBLEMS
from portal.presenters.grant_problems import GRANT_PROBLEMS
from portal.presenters.language import mark, say, span
from portal.presenters.lock_problems import LOCK_PROBLEMS
from portal.presenters.organisation_problems import ORGANISATION_PROBLEMS
from portal.presenters.problem_words import CHECKING, Words
from portal.presenters.subject_problems import SUBJECT_PROBLEMS
from portal.presenters.summary_problems import SUMMARY_PROBLEMS


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
    **{problem: Words(_REFUSED, what, advice) for problem, (what, advice) in ACCOUNT_PROBLEMS.items()},
    **{problem: Words(_REFUSED, what, advice) for problem, (what, advice) in AMENDMENT_PROBLEMS.items()},
    **{problem: Words(_REFUSED, what, advice) for problem, (what, advice) in CORRECTION_PROBLEMS.items()},
    **{problem: Words(_REFUSED, what, advice) for problem, (what, advice) in CUSTODY_PROBLEMS.items()},
    **{problem: Words(_REFUSED, what, advice) for problem, (what, advice) in EXCHANGE_PROBLEMS.items()},
    **{problem: Words(_REFUSED, what, advice) for problem, (what, advice) in EXTRACT_PROBLEMS.items()},
    **{problem: Words(_REFUSED, what, advice) for problem, (what, advice) in GRANT_PROBLEMS.items()},
    **{problem: Words(_REFUSED, what, advice) for problem, (what, advice) in LOCK_PROBLEMS.items()},
    **{problem: Words(_REFUSED, what, advice) for problem, (what, advice) in ORGANISATION_PROBLEMS.items()},
    **{problem: Words(_REFUSED, what, advice) for problem, (what, advice) in SUBJECT_PROBLEMS.items()},
    **{problem: Words(_REFUSED, what, advice) for problem, (what, advice) in SUMMARY_PROBLEMS.items()},
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
    Problem.TRAINING_DATA: Words(
        _REFUSED,
        mark("Thư mục %(path)s là của bản tập huấn; bản thật không chạy trên dữ liệu tập huấn."),
        mark("Đặt HOCBA_TRAINING=1 để mở bản tập huấn, hoặc chọn thư mục của bản thật bằng --data."),
    ),
    Problem.REAL_DATA: Words(
        _REFUSED,
        mark("Thư mục %(path)s không phải của bản tập huấn; bản tập huấn không chạm vào dữ liệu khác."),
        mark("Bỏ HOCBA_TRAINING để mở bản này, hoặc tạo bản tập huấn bằng “hocba demo --training”."),
    ),
    Problem.TRAINING_DATABASE: Words(
        _REFUSED,
        mark("Chỉ bắt đầu lại được bản tập huấn có cơ sở dữ liệu trong thư mục của nó."),
        mark("Bỏ HOCBA_DATABASE_URL, hoặc tự tạo cơ sở dữ liệu mới rồi tạo bản tập huấn khác."),
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
    Problem.COLUMNS_UNCLEAR: Words(
        _REFUSED,
        mark("Còn cột chưa rõ là trường nào, hoặc hai cột cùng là một trường."),
        mark("Mở lại trang “Ghép cột”, chọn trường hoặc chọn bỏ qua cho từng cột."),
    ),
    Problem.ALIAS_EMPTY: Words(
        _REFUSED,
        mark("Tiêu đề chưa có chữ nào, hoặc chưa chọn trường."),
        mark("Ghi tiêu đề đúng như trong tệp của trường rồi chọn trường."),
    ),
    Problem.ALIAS_KNOWN: Words(
        _REFUSED,
        mark("Tiêu đề “%(heading)s” đã được hiểu đúng như vậy."),
        mark("Không cần thêm nữa."),
    ),
    Problem.ALIAS_COLLIDES: Words(
        _REFUSED,
        mark("Tiêu đề “%(heading)s” đã có nghĩa khác: %(field)s."),
        mark("Một tiêu đề chỉ có một nghĩa cho mọi trường; gỡ nghĩa kia trước, hoặc để trường tự ghép cột."),
    ),
    Problem.ALIAS_IS_GROUP: Words(
        _REFUSED,
        mark("Tiêu đề “%(heading)s” đang được dùng làm tên nhóm cột hoặc tên kì."),
        mark("Chọn tiêu đề cụ thể hơn, đúng như ghi trên cột."),
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
    Problem.LOG_HELD: Words(
        mark("Sổ minh bạch đang chờ đối chiếu"),
        mark("Dữ liệu vừa được khôi phục (sổ có %(size)s dòng) và chưa đối chiếu với bản sao của sổ ở bên ngoài."),
        mark(
            "Người vận hành chạy “hocba log resume --mirror …” trước; đến lúc đó chưa chốt và chưa đăng ký khóa được."
        ),
    ),
    Problem.LOG_NOT_HELD: Words(
        _REFUSED,
        mark("Sổ minh bạch không chờ đối chiếu: chưa khôi phục lần nào, hoặc đã đối chiếu rồi."),
        mark("Không phải làm gì; xem “hocba doctor”."),
    ),
    Problem.PERIOD_NOT_PAST: Words(
        _REFUSED,
        mark("Khóa của hệ thống trước chỉ được công nhận cho một thời hạn đã qua hẳn."),
        mark("Ghi ngày đầu và ngày cuối đều trước hôm nay; khóa còn dùng thì đăng ký trong sổ chứng thư."),
    ),
    Problem.IMPORT_CLOSED: Words(
        _REFUSED,
        mark("Đề nghị nhập này đã khép lại: đã bị từ chối, đã rút hoặc quá hạn 14 ngày."),
        mark("Nếu vẫn cần, gửi lại gói và lập đề nghị mới."),
    ),
    Problem.ROUND_NOT_LOCKED: Words(
        mark("Đợt này chưa chốt xong"),
        mark("Chưa lập được biên bản: đợt này chưa có lần chốt nào, hoặc việc chốt còn đang chạy."),
        mark("Mở trang chốt dữ liệu, chờ việc chốt xong rồi lập biên bản."),
    ),
    Problem.NOTHING_TO_IMPORT: Words(
        _REFUSED,
        mark("Lúc này không học bạ nào trong gói nhập được, nên không có gì để xác nhận."),
        mark("Xem lí do ở từng học bạ: công nhận khóa còn thiếu, hoặc từ chối đề nghị rồi gửi gói đã sửa."),
    ),
    Problem.NOTHING_TO_REPORT: Words(
        mark("Chưa có học bạ nào để báo cáo"),
        mark("Chưa học bạ nào của đợt này được chốt, nên không có gì để xuất."),
        mark("Chốt đợt này trước, hoặc chọn đợt khác."),
    ),
    **CHECKING,
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


def _page(held: Words, values: Mapping[str, str]) -> ErrorPage:
    return ErrorPage(say(held.title), say(held.what, values), say(held.advice, values))
