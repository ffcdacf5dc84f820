"""Those outside the primary schools: families, the school that receives a pupil, who checks it all (plan PL 2.3)."""

from typing import Final

from portal.presenters.guide_steps import Guide, Step
from portal.presenters.language import mark

FAMILY: Final = Guide(
    title=mark("Phụ huynh"),
    lead=mark("Tra cứu và kiểm tra không cần tài khoản. Xem cả học bạ thì cần lời mời của trường."),
    steps=(
        Step(
            title=mark("Quét mã QR trên bản giấy"),
            text=mark(
                "Hướng máy ảnh vào mã QR ở chân trang, hoặc gõ mã số tra cứu in cạnh đó. Xem thanh địa chỉ có đúng "
                "địa chỉ ở chân trang này không."
            ),
            href="/tra-cuu",
            link=mark("Nhập mã số tra cứu"),
            fails=mark(
                "“Không tìm thấy, hoặc chưa chốt”: xem lại từng ký tự; năm học này thường chốt sau ngày %(first)s."
            ),
            picture="phu-huynh-the",
        ),
        Step(
            title=mark("Kiểm tra nội dung"),
            text=mark(
                "Gửi tệp PDF, hoặc ảnh chụp đủ các trang: thẳng, đủ sáng, trọn trang. Cổng so từng ô rồi xóa tệp ngay."
            ),
            href="/kiem-tra",
            link=mark("Kiểm tra tệp, ảnh"),
            fails=mark("“Chưa đủ căn cứ”: chụp lại đúng phần trang được nêu. “Không khớp”: hỏi trường đã lập học bạ."),
            picture="phu-huynh-kiem-tra",
        ),
        Step(
            title=mark("Nhận lời mời của trường"),
            text=mark(
                "Mang giấy khai sinh và căn cước đến trường đang quản lý học bạ, nhận đường dẫn, đặt tên và mật khẩu."
            ),
            href="/nhan-con-em",
            link=mark("Nhận lời mời"),
            when=mark("Đường dẫn dùng một lần, trong %(invitation)s ngày."),
            fails=mark("Hết hạn: xin trường đường dẫn mới."),
        ),
        Step(
            title=mark("Xem cả học bạ, và ai đã xem"),
            text=mark("Mọi năm học của con, bản PDF, và danh sách ai đã xem, lúc nào, vì việc gì."),
            href="/con-em",
            link=mark("Con em"),
            fails=mark("Có người xem mà bạn không hiểu vì sao: hỏi trường hoặc Sở, nêu ngày giờ ở danh sách."),
        ),
        Step(
            title=mark("Chia sẻ bằng đường dẫn"),
            text=mark(
                "Chọn phần, năm học, thời hạn 7, 30 hoặc 90 ngày. Gửi đường dẫn và mã PIN bằng hai cách khác nhau."
            ),
            href="/con-em",
            link=mark("Chọn học sinh để chia sẻ"),
            fails=mark("Gửi nhầm: bấm “Kết thúc ngay”, đường dẫn hết mở được từ lúc đó."),
        ),
        Step(
            title=mark("Thấy sai"),
            text=mark(
                "Có tài khoản: mở trang của con, chọn “Yêu cầu sửa ô ghi sai”, kèm giấy tờ. Chưa có: báo trường đã lập "
                "học bạ. Trước khi chốt, trường sửa được; sau khi chốt, chỉ theo quyết định của Sở."
            ),
            href="/con-em",
            link=mark("Chọn con để yêu cầu sửa"),
            when=mark("Nên báo trước ngày %(first)s."),
        ),
        Step(
            title=mark("Chuyển trường"),
            text=mark("Nộp đơn giấy ở trường nơi chuyển đến; hai trường trả lời trên cổng, hồ sơ chuyển theo."),
            href="/tra-cuu",
            link=mark("Mã số tra cứu của con"),
            when=mark("Mỗi trường có %(receiving)s và %(keeping)s ngày làm việc để trả lời."),
        ),
    ),
)

RECEIVING: Final = Guide(
    title=mark("Trường THCS, nơi tiếp nhận hồ sơ"),
    lead=mark("Kiểm tra hàng trăm hồ sơ một lượt, chỉ xem trường hợp cần xem, và không gõ lại điểm."),
    steps=(
        Step(
            title=mark("Nhận danh sách lớp 6"),
            text=mark(
                "Đưa danh sách mã số và ngày sinh trên giấy của phụ huynh; cổng trả kết quả năm mới nhất đã chốt."
            ),
            href="/tuyen-sinh-6",
            link=mark("Tuyển sinh lớp 6"),
            when=mark(
                "Lớp 5 chốt đợt 1 sau ngày %(first)s, đợt 2 sau ngày %(second)s. Danh sách giữ %(claimed)s ngày."
            ),
            fails=mark(
                "“Chưa chốt”: chưa phải lỗi; nhận tạm, kiểm tra lại sau ngày chốt. Sai ngày sinh: đối chiếu giấy khai "
                "sinh."
            ),
            picture="thcs-tuyen-sinh",
        ),
        Step(
            title=mark("Kiểm tra hồ sơ hàng loạt"),
            text=mark("Gửi tệp PDF, ảnh, một tệp ZIP hoặc danh sách mã, đến 500 dòng. Đóng trang thì việc vẫn chạy."),
            href="/tiep-nhan",
            link=mark("Tiếp nhận"),
            when=mark("Tải bảng XLSX và biên bản trong 24 giờ; sau đó kết quả bị xóa."),
            picture="thcs-tiep-nhan",
        ),
        Step(
            title=mark("Đọc kết quả"),
            text=mark(
                "“Đúng bản gốc”: nhận. “Nội dung khớp, không còn là tệp gốc”: nội dung đúng. “Bản thật nhưng không "
                "còn hiệu lực”: xin bản mới."
            ),
            href="/huong-dan#sau-ket-qua",
            link=mark("Sáu kết quả kiểm tra"),
            fails=mark(
                "“Không khớp”, “Chưa đủ căn cứ”: chưa từ chối ngay; làm theo trang kết quả, hỏi trường đã lập học bạ."
            ),
        ),
        Step(
            title=mark("Ghi số kết quả vào hồ sơ"),
            text=mark("Số bắt đầu bằng KT-; ai cũng xem lại được kết quả theo số này."),
            href="/kiem-tra/ket-qua",
            link=mark("Xem lại kết quả"),
        ),
        Step(
            title=mark("Bàn tiếp nhận không có mạng"),
            text=mark("Sáng hôm đó tải bộ kiểm của hôm nay; bản in có mã QR tóm tắt kiểm được ngay trên máy."),
            href="/tiep-nhan",
            link=mark("Tải bộ kiểm của hôm nay"),
            when=mark("Bộ kiểm chỉ dùng trong ngày; hôm sau tải bộ mới."),
        ),
        Step(
            title=mark("Học sinh chuyển đến giữa năm"),
            text=mark(
                "Lập đơn theo đơn giấy của phụ huynh; người đứng đầu trường bạn đồng ý trước, rồi đến nơi chuyển đi."
            ),
            href="/chuyen-truong/moi",
            link=mark("Lập đơn chuyển trường"),
            when=mark("%(receiving)s ngày làm việc ở trường bạn, %(keeping)s ngày làm việc ở nơi chuyển đi."),
            fails=mark("Đang có đơn ở trường khác: hỏi phụ huynh; đơn kia phải xong trước."),
        ),
    ),
)

AUDITOR: Final = Guide(
    title=mark("Kiểm toán viên, Bộ Giáo dục và Đào tạo"),
    lead=mark("Tự chứng minh không học bạ đã chốt nào bị sửa, không phải tin ai ở đây. Mọi cách chỉ đọc."),
    steps=(
        Step(
            title=mark("Chạy kiểm toán trên cổng"),
            text=mark("Cổng dựng lại từng học bạ đã chốt rồi so với sổ; nói điểm đầu tiên không khớp và ở đâu."),
            href="/kiem-toan",
            link=mark("Kiểm toán"),
            fails=mark("Không thấy trang này: tài khoản chưa có vai kiểm toán; quản trị máy chủ giao vai."),
            picture="kiem-toan",
        ),
        Step(
            title=mark("So gốc của sổ với bên chứng kiến"),
            text=mark("Máy chủ bị chiếm cũng có thể nói sai: so gốc dựng lại với gốc mà bên chứng kiến đang giữ."),
            href="/so-minh-bach",
            link=mark("Sổ minh bạch"),
            fails=mark("Hai gốc khác nhau: giữ cả hai điểm kiểm, báo Sở và Bộ. Đó là bằng chứng có hai sổ."),
            picture="so-minh-bach",
        ),
        Step(
            title=mark("Kiểm với bản sao của sổ"),
            text=mark(
                "Chép sổ, rồi chạy “hocba audit --log” với báo cáo ZIP hoặc thư mục blob; không cần mạng, không cần "
                "bản cài."
            ),
            href="/log/checkpoint",
            link=mark("Điểm kiểm mới nhất"),
            fails=mark("Thiếu danh sách thu hồi của lúc ký: kết quả là “chưa biết”, không tính là khớp."),
        ),
        Step(
            title=mark("Kiểm một học bạ không dùng phần mềm này"),
            text=mark(
                "Tệp PDF mang theo dữ liệu đã ký, chữ ký, dòng sổ, biên nhận: kiểm bằng openssl và "
                "docs/verify_receipt.py."
            ),
            href="/log/policy",
            link=mark("Khóa của sổ và bên chứng kiến"),
        ),
        Step(
            title=mark("Kiểm báo cáo của một đợt"),
            text=mark("“hocba report check” dựng lại số đếm, chữ ký của Sở và từng học bạ trong báo cáo."),
            href="/chot-du-lieu/bao-cao",
            link=mark("Báo cáo Bộ"),
            when=mark("Báo cáo đợt 1: ngày %(report1)s; đợt 2: ngày %(report2)s."),
        ),
    ),
)
