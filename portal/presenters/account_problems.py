"""Why a password or an account is refused: what is wrong, and what to do."""

from collections.abc import Mapping
from typing import Final

from portal.errors import Problem
from portal.presenters.language import mark

ACCOUNT_PROBLEMS: Final[Mapping[Problem, tuple[str, str]]] = {
    Problem.PASSWORD_SHORT: (
        mark("Mật khẩu mới ngắn hơn %(shortest)s ký tự."),
        mark("Hãy dùng một câu vài từ của riêng mình."),
    ),
    Problem.PASSWORD_COMMON: (
        mark("Mật khẩu mới dễ đoán: gồm từ thông dụng, dãy số hoặc tên của chính mình."),
        mark("Hãy dùng một câu vài từ mà chỉ mình nghĩ ra."),
    ),
    Problem.MAIL_ADDRESS: (
        mark("Địa chỉ thư điện tử không đúng cách viết."),
        mark("Ghi một địa chỉ đầy đủ, ví dụ ten@truong.edu.vn, không dấu và không khoảng trắng."),
    ),
    Problem.MAIL_LATE: (
        mark("Liên kết xác nhận địa chỉ đã quá 48 giờ."),
        mark("Mở trang Nhận thư báo, lưu lại địa chỉ để nhận liên kết mới."),
    ),
    Problem.MAIL_OFTEN: (
        mark("Trong một ngày chỉ gửi tối đa %(limit)s thư xác nhận."),
        mark("Xem thư đã gửi, cả trong mục thư rác; ngày mai hãy thử lại."),
    ),
    Problem.REMIND_NOBODY: (
        mark("Không còn trường nào trong số đã chọn để nhắc."),
        mark("Các trường ấy đã gửi đủ, hôm nay đã được nhắc, hoặc chưa có tài khoản. Xem lại danh sách."),
    ),
    Problem.MAIL_OFF: (
        mark("Cổng này chưa được đặt để gửi thư."),
        mark("Đặt HOCBA_MAIL_HOST và HOCBA_MAIL_FROM, xem docs/operations.md."),
    ),
    Problem.PASSWORD_SAME: (
        mark("Mật khẩu mới trùng với mật khẩu đang dùng."),
        mark("Hãy nghĩ một mật khẩu khác."),
    ),
    Problem.ROLE_NOT_HERE: (
        mark("Loại đơn vị này không có vai trò đó."),
        mark("Trường có văn thư và người đứng đầu; Sở có quản trị, kiểm toán và lãnh đạo; xã, phường có theo dõi."),
    ),
    Problem.ROLE_HELD: (
        mark("Người này đang giữ đúng vai trò đó tại %(unit)s trong khoảng thời gian ấy."),
        mark("Kết thúc vai trò đang giữ trước, hoặc chọn ngày bắt đầu sau ngày cuối của nó."),
    ),
    Problem.ROLE_DAYS: (
        mark("Ngày đã ghi không hợp với vai trò này: đã qua, hoặc sau ngày cuối đã định."),
        mark("Chọn hôm nay hoặc một ngày sau; vai trò chỉ kết thúc sớm hơn, muốn dài hơn thì trao lại."),
    ),
    Problem.LAST_ADMINISTRATOR: (
        mark("Đây là quản trị cuối cùng của Sở không có ngày kết thúc."),
        mark("Trao vai trò quản trị cho người kế nhiệm và chờ xác nhận xong, rồi mới kết thúc."),
    ),
    Problem.PEOPLE_PROPOSAL_WAITS: (
        mark("Đã có một đề nghị như vậy cho người này đang chờ cán bộ thứ hai."),
        mark("Mở đề nghị đó để xác nhận hoặc từ chối."),
    ),
    Problem.PEOPLE_PROPOSAL_CLOSED: (
        mark("Đề nghị về người này đã khép lại: đã quyết định, quá hạn, hoặc người đề nghị không còn là quản trị."),
        mark("Nếu vẫn cần, lập đề nghị mới từ trang của người đó."),
    ),
    Problem.OPENID_FAILED: (
        mark("Chưa xác minh được danh tính điện tử: lượt này đã dùng, quá 10 phút, bị hủy, hoặc trả lời không hợp lệ."),
        mark("Bắt đầu lại từ trang đăng nhập; nếu vẫn vậy, đăng nhập bằng mật khẩu và báo quản trị của Sở."),
    ),
    Problem.OPENID_AWAY: (
        mark("Nơi cung cấp danh tính điện tử đang không trả lời."),
        mark("Đăng nhập bằng tên và mật khẩu, hoặc thử lại sau ít phút."),
    ),
    Problem.OPENID_UNLINKED: (
        mark("Danh tính điện tử này chưa gắn với tài khoản nào đang mở."),
        mark("Đăng nhập bằng tên và mật khẩu, rồi gắn ở trang Tài khoản của tôi."),
    ),
    Problem.OPENID_TAKEN: (
        mark("Danh tính điện tử này đang gắn với một tài khoản khác."),
        mark("Đăng nhập vào tài khoản kia và bỏ gắn trước, hoặc báo quản trị của Sở."),
    ),
    Problem.OPENID_SETTINGS: (
        mark("Cấu hình danh tính điện tử chưa đủ hoặc không hợp lệ."),
        mark("Đặt HOCBA_OPENID_ISSUER với https, HOCBA_OPENID_CLIENT_ID và tệp HOCBA_OPENID_SECRET_FILE."),
    ),
    Problem.UNKNOWN_ACCOUNT: (
        mark("Không có tài khoản %(username)s."),
        mark("Kiểm tra lại tên đăng nhập."),
    ),
    Problem.CODE_WRONG: (
        mark("Mã không đúng, đã dùng rồi hoặc đã hết hạn."),
        mark("Chờ ứng dụng hiện mã mới rồi nhập; nếu vẫn sai, xem giờ của điện thoại có đặt tự động không."),
    ),
    Problem.SECOND_STEP_NEEDED: (
        mark("Tài khoản của cán bộ phải có bước thứ hai nên không tắt được."),
        mark("Đổi điện thoại thì cài lại ứng dụng mã ở trang này."),
    ),
    Problem.PASSKEY_REFUSED: (
        mark("Thiết bị trả lời không khớp: khóa của người khác, của địa chỉ khác, đã kết thúc, hoặc trang để quá lâu."),
        mark("Tải lại trang rồi thử lại đúng khóa đã đăng ký; vẫn không được thì dùng mã của ứng dụng."),
    ),
    Problem.PASSKEYS_MANY: (
        mark("Mỗi người giữ nhiều nhất %(limit)s khóa truy cập."),
        mark("Kết thúc khóa không còn dùng rồi thêm khóa mới."),
    ),
    Problem.ENROLMENT_OLD: (
        mark("Trang cài ứng dụng mã đã để quá lâu, khóa trên trang không còn dùng được."),
        mark("Quét mã QR mới trên trang này."),
    ),
}
