"""The year of a primary school: its clerk (plan PL 2.1, 2.2, 2.4) and its head, who signs (plan PL 2.1)."""

from typing import Final

from portal.presenters.guide_steps import Guide, Step
from portal.presenters.language import mark

_AFTER_THE_LOCK: Final = Step(
    title=mark("Thấy sai sau khi chốt"),
    text=mark(
        "Không ai sửa được học bạ đã chốt. Báo Sở bằng văn bản; Sở quyết định ghi chú, thay thế hay thu hồi, và trang "
        "chủ của trường có thông báo."
    ),
    href="/sau-khi-chot",
    link=mark("Sau khi chốt"),
    when=mark("Bản thay thế phải nộp trong %(replacing)s ngày kể từ khi Sở mở hồ sơ."),
    fails=mark("Hết hạn nộp bản đúng: báo Sở mở hồ sơ khác. Bản cũ vẫn tra cứu được cho đến khi bản mới có hiệu lực."),
)

CLERK: Final = Guide(
    title=mark("Văn thư, nhân viên nhà trường"),
    lead=mark("Từ bảng tổng hợp của lớp đến học bạ đã chốt. Cần: tài khoản của trường và tệp XLSX từ phần mềm."),
    steps=(
        Step(
            title=mark("Nhập từng lớp"),
            text=mark(
                "Xuất bảng tổng hợp cuối năm (.xlsx, mỗi lớp một tệp), chọn tệp và năm học. Cổng chỉ lỗi tại từng ô; "
                "chưa lưu gì cho đến khi bạn xác nhận."
            ),
            href="/goi-hoc-ba/nhap",
            link=mark("Nhập một lớp"),
            when=mark("Nên xong trước hạn đợt 1 (hết ngày %(first)s). Tệp chưa xác nhận chờ %(waits)s ngày."),
            fails=mark(
                "Ô đỏ: tải tệp đã đánh dấu lỗi, sửa ngay trong đó, gửi lại. Cột lạ: trang Ghép cột hỏi một lần, lần "
                "sau tự nhớ. Không có phần mềm: tải mẫu của khối ở trang Nhập một lớp."
            ),
            picture="van-thu-nhap",
        ),
        Step(
            title=mark("Xác nhận, lấy số biên nhận"),
            text=mark(
                "Xem bao nhiêu học bạ mới, thay bản cũ, không đổi. Xác nhận rồi mới lưu và có số biên nhận; gửi lại "
                "đúng tệp đó không đổi gì."
            ),
            href="/goi-hoc-ba",
            link=mark("Các lớp đã nhập"),
            fails=mark("Còn dòng sai: chọn “Chỉ lấy các dòng đúng”, sửa phần còn lại rồi gửi sau."),
            picture="van-thu-cac-lop",
        ),
        Step(
            title=mark("Đưa gói cho người đứng đầu ký"),
            text=mark(
                "Ở trang của gói: tải gói để ký, hai chữ ký (người đứng đầu, con dấu số), rồi nộp tệp đã ký. Trang "
                "của gói nói ai chưa ký."
            ),
            href="/goi-hoc-ba",
            link=mark("Chọn gói"),
            when=mark("Nộp đủ chữ ký trước hết ngày %(first)s; học sinh chờ đánh giá bổ sung: hết ngày %(second)s."),
            fails=mark("Chữ ký không được nhận: trang nói vì sao; thường là chứng thư chưa được Sở đăng ký."),
        ),
        Step(
            title=mark("Sai thì rút hoặc thay"),
            text=mark(
                "Trước khi chốt, rút một học bạ hay cả gói (ghi lý do), hoặc gửi tệp đã sửa. Bản cũ còn trong Lịch sử."
            ),
            href="/goi-hoc-ba",
            link=mark("Mở gói để rút"),
            when=mark("Chỉ đến lúc Sở xác nhận chốt."),
        ),
        Step(
            title=mark("Theo dõi việc chốt"),
            text=mark("Trang Chốt nói học bạ nào của trường sẽ chốt, học bạ nào chưa và vì sao."),
            href="/chot-du-lieu",
            link=mark("Chốt dữ liệu"),
            fails=mark("Quá hạn mà chưa tiếp nhận: vẫn nộp tiếp; Sở chốt muộn bằng quyết định riêng."),
            picture="van-thu-chot",
        ),
        Step(
            title=mark("Cấp bản PDF, mời phụ huynh"),
            text=mark(
                "Mở học bạ đã chốt: tải PDF có con dấu của Sở; mời người giám hộ sau khi đối chiếu giấy khai sinh và "
                "căn cước."
            ),
            href="/hoc-ba",
            link=mark("Tìm học bạ"),
            when=mark("Lời mời dùng một lần, trong %(invitation)s ngày."),
            fails=mark("Lời mời hết hạn hoặc thất lạc: mời lại; đường dẫn cũ hết dùng được."),
        ),
        Step(
            title=mark("Học sinh chuyển trường"),
            text=mark(
                "Trường nơi chuyển đến lập đơn theo đơn giấy của phụ huynh; hai người đứng đầu lần lượt trả lời."
            ),
            href="/chuyen-truong",
            link=mark("Chuyển trường"),
            when=mark(
                "Nơi đến trả lời trong %(receiving)s ngày làm việc, nơi đi trong %(keeping)s ngày làm việc sau đó; "
                "không tự đồng ý khi hết hạn."
            ),
            fails=mark("Không ai trả lời: báo Sở; Sở khép lại đơn, không trả lời thay."),
        ),
        _AFTER_THE_LOCK,
    ),
)

HEAD: Final = Guide(
    title=mark("Hiệu trưởng, người đứng đầu trường"),
    lead=mark("Xem trước, ký, đóng dấu, trả lời đơn. Cần: chữ ký số đã được Sở đăng ký và công cụ hocba-sign."),
    steps=(
        Step(
            title=mark("Xem chứng thư của trường"),
            text=mark("Chứng thư của bạn và của con dấu phải có trong sổ và còn hạn đến sau ngày chốt."),
            href="/chung-thu",
            link=mark("Chứng thư"),
            when=mark("Làm trước tháng 5: Sở cần hai cán bộ và tối đa %(confirming)s ngày để đăng ký khóa mới."),
            fails=mark(
                "Chưa có hoặc sắp hết hạn: gửi tệp chứng thư (.cer, .crt) kèm văn bản cho Sở. Không bao giờ gửi .p12, "
                ".pfx."
            ),
            picture="hieu-truong-chung-thu",
        ),
        Step(
            title=mark("Xem việc đang chờ bạn"),
            text=mark(
                "Trang chủ nói bao nhiêu học bạ chờ ký và còn mấy ngày. Mở gói, xem trước từng học bạ như bản in."
            ),
            href="/",
            link=mark("Trang chủ"),
            when=mark("Đợt 1 đến hết ngày %(first)s; đợt 2 đến hết ngày %(second)s."),
            picture="hieu-truong-viec",
        ),
        Step(
            title=mark("Cài công cụ ký, một lần"),
            text=mark("Tải hocba-sign, so mã SHA-256, cài trên máy cắm USB token."),
            href="/huong-dan/cong-cu-ky",
            link=mark("Công cụ ký"),
        ),
        Step(
            title=mark("Ký và đóng dấu"),
            text=mark(
                "Tải gói, chạy hocba-sign (trang của gói ghi sẵn lệnh) cạnh USB token: màn hình "
                "hiện từng học sinh và mã SHA-256, phải đúng mã của tệp vừa tải. Ký, đóng dấu, nộp tệp."
            ),
            href="/goi-hoc-ba",
            link=mark("Các gói của trường"),
            fails=mark(
                "Tệp không khớp: đã bị sửa hoặc tải thiếu, tải lại. Sai mã PIN: dừng, tìm mã đúng; sai nhiều lần thì "
                "USB token bị khóa."
            ),
        ),
        Step(
            title=mark("Trả lời đơn chuyển trường"),
            text=mark("Đọc đơn rồi đồng ý hoặc từ chối kèm lý do. Đồng ý rồi không rút lại được."),
            href="/chuyen-truong",
            link=mark("Chuyển trường"),
            when=mark("%(receiving)s ngày làm việc khi trường là nơi đến, %(keeping)s ngày làm việc khi là nơi đi."),
            fails=mark("Không có nút trả lời: chưa đến lượt trường; nơi chuyển đến trả lời trước."),
        ),
        Step(
            title=mark("Xem sổ minh bạch của trường"),
            text=mark("Mỗi tuần một lần, so các dòng đứng tên trường với việc trường đã làm."),
            href="/so-minh-bach/truong",
            link=mark("Dòng đứng tên trường"),
            fails=mark("Dòng đỏ là dòng cổng không giải thích được: ghi số dòng, báo Sở bằng văn bản."),
        ),
        _AFTER_THE_LOCK,
    ),
)
