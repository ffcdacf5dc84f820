"""The year of those above the schools: the commune's committee and the department (plan PL 3)."""

from typing import Final

from portal.presenters.guide_steps import Guide, Step
from portal.presenters.language import mark

COMMITTEE: Final = Guide(
    title=mark("UBND xã, phường"),
    lead=mark("Theo dõi các trường trong xã; chỉ xem số đếm, không xem tên học sinh, không làm thay trường."),
    steps=(
        Step(
            title=mark("Xem tiến độ các trường"),
            text=mark("Mỗi trường bao nhiêu học bạ đã ký, đã tiếp nhận, còn thiếu; mỗi con số mở ra điều nó đếm."),
            href="/tien-do",
            link=mark("Tiến độ"),
            when=mark("Đợt 1 đến hết ngày %(first)s; đợt 2 đến hết ngày %(second)s."),
            picture="xa-tien-do",
        ),
        Step(
            title=mark("Nhắc trường chậm"),
            text=mark(
                "Trường còn nhiều bản nháp là trường chưa ký. Gọi người đứng đầu trường: họ thấy đúng việc đó ở trang "
                "chủ."
            ),
            href="/tien-do",
            link=mark("Trường nào còn thiếu"),
            fails=mark(
                "Trường hết khóa ký hay không có người ký: trường báo Sở để đăng ký chứng thư hoặc giao vai trò."
            ),
        ),
        Step(
            title=mark("Xem tên và mã các trường"),
            text=mark(
                "Sáp nhập, đổi tên, giải thể: Sở ghi theo quyết định; xã thấy phần của mình và mọi tên trước đây."
            ),
            href="/to-chuc",
            link=mark("Tổ chức"),
            fails=mark("Tên hoặc trường thiếu: gửi Sở số và ngày của quyết định."),
        ),
        Step(
            title=mark("Cần xem học bạ cho một thủ tục"),
            text=mark(
                "Gửi đề nghị: học bạ nào, phần nào, việc gì. Sở xét; mỗi lần mở được ghi lại và gia đình đọc được."
            ),
            href="/cap-quyen",
            link=mark("Cấp quyền"),
            fails=mark("Chưa được cấp: kiểm tra bản giấy bằng mã QR hoặc tệp PDF, không cần quyền nào."),
        ),
    ),
)

DEPARTMENT: Final = Guide(
    title=mark("Sở Giáo dục và Đào tạo"),
    lead=mark("Cấp khóa, đặt ngày, chốt, báo cáo. Việc không gỡ ra được luôn cần hai cán bộ."),
    steps=(
        Step(
            title=mark("Tổ chức và tài khoản"),
            text=mark(
                "Nhập trường, xã từ bảng tính; ghi đổi tên, sáp nhập theo quyết định. Tài khoản đứng tên từng người."
            ),
            href="/to-chuc",
            link=mark("Tổ chức"),
            fails=mark("Trường kết thúc giữa đợt: giao vai trò và đăng ký chứng thư ở trường kế thừa ngay hôm đó."),
        ),
        Step(
            title=mark("Đăng ký chứng thư của các trường"),
            text=mark("Một cán bộ đề nghị, một cán bộ khác đối chiếu văn bản rồi xác nhận."),
            href="/chung-thu",
            link=mark("Chứng thư"),
            when=mark("Người thứ hai xác nhận trong %(confirming)s ngày; quá thì đề nghị lại."),
            fails=mark("Nút xác nhận không có: bạn là người đề nghị; cần một cán bộ khác."),
        ),
        Step(
            title=mark("Đặt ngày của hai đợt"),
            text=mark("Ghi số văn bản. Gia hạn được; không rút ngắn ngược về trước, không đổi khi đợt đã có lần chốt."),
            href="/chot-du-lieu",
            link=mark("Chốt dữ liệu"),
            when=mark("Hiện nay: đợt 1 hết ngày %(first)s, đợt 2 hết ngày %(second)s."),
            picture="so-chot",
        ),
        Step(
            title=mark("Theo dõi và nhắc"),
            text=mark(
                "Từng xã, từng trường, từng lớp theo trạng thái; học sinh chờ đánh giá bổ sung đếm riêng cho đợt 2."
            ),
            href="/tien-do",
            link=mark("Tiến độ"),
            picture="so-tien-do",
        ),
        Step(
            title=mark("Chốt dữ liệu"),
            text=mark(
                "Sau hạn: đề nghị chốt, ghi tay số học bạ; cán bộ khác xác nhận bằng mật khẩu. Có hiệu lực ngay và "
                "không gỡ ra được."
            ),
            href="/chot-du-lieu",
            link=mark("Đề nghị chốt"),
            when=mark("Đề nghị giữ %(confirming)s ngày."),
            fails=mark(
                "Danh sách đã khác lúc đề nghị: chưa chốt gì; xem bớt, thêm học bạ nào rồi đề nghị lại. Học bạ muộn: "
                "quyết định riêng."
            ),
        ),
        Step(
            title=mark("Kiểm toán rồi báo cáo Bộ"),
            text=mark("Chạy kiểm toán; khớp thì lập biên bản chốt và báo cáo có ký số của từng đợt."),
            href="/chot-du-lieu/bao-cao",
            link=mark("Báo cáo Bộ"),
            when=mark("Báo cáo đợt 1: ngày %(report1)s; đợt 2: ngày %(report2)s."),
            fails=mark("Kiểm toán nêu học bạ không khớp: dừng báo cáo, giữ nguyên máy chủ, gọi người vận hành."),
        ),
        Step(
            title=mark("Sai sót sau khi chốt"),
            text=mark(
                "Ghi chú, thay thế hoặc thu hồi theo quyết định có số; hai cán bộ, có thời gian chờ, dừng được trong "
                "lúc chờ."
            ),
            href="/sau-khi-chot",
            link=mark("Sau khi chốt"),
            when=mark("Xác nhận trong %(confirming)s ngày; bản thay thế nộp trong %(replacing)s ngày."),
        ),
        Step(
            title=mark("Quyền xem, nhật ký, báo động"),
            text=mark("Xét đề nghị xem học bạ; đọc ai đã xem gì; xử lí báo động dò mã."),
            href="/cap-quyen",
            link=mark("Cấp quyền"),
        ),
    ),
)
