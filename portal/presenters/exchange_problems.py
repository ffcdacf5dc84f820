"""Why an exchange with another installation is refused: what is wrong, and what to do."""

from collections.abc import Mapping
from typing import Final

from portal.errors import Problem
from portal.presenters.language import mark

EXCHANGE_PROBLEMS: Final[Mapping[Problem, tuple[str, str]]] = {
    Problem.PEER_NO_LOG: (
        mark("Tệp chính sách không nêu khóa sổ minh bạch nào."),
        mark("Xin lại tệp ở địa chỉ /log/policy của hệ thống kia, có dòng bắt đầu bằng log."),
    ),
    Problem.PEER_OWN: (
        mark("Tệp chính sách này là của chính hệ thống đang dùng."),
        mark("Chuyển trong tỉnh dùng trang Chuyển trường; ở đây cần tệp của hệ thống kia."),
    ),
    Problem.PEER_NAME_LONG: (
        mark("Tên hệ thống quá dài để in cùng tên sổ ở chân trang học bạ."),
        mark("Ghi tên ngắn hơn, chẳng hạn “Sở GDĐT Cà Mau”."),
    ),
    Problem.PEER_KNOWN: (
        mark("Sổ minh bạch này đã được đề nghị hoặc đã được công nhận."),
        mark("Xem trong danh sách bên dưới; muốn đổi tên hay bên chứng kiến thì kết thúc mục cũ trước."),
    ),
    Problem.PEER_CLOSED: (
        mark("Hệ thống này không còn hoặc chưa được công nhận để trao đổi học sinh."),
        mark("Hỏi cán bộ phụ trách của Sở; hai cán bộ phải công nhận lại."),
    ),
    Problem.EXCHANGE_NOTHING: (
        mark("Học sinh chưa có năm học nào đã chốt và đang hiệu lực để bàn giao."),
        mark("Chốt học bạ trước, hoặc giao giấy tờ cho phụ huynh như trước đây."),
    ),
    Problem.EXCHANGE_THIRD: (
        mark("Học bạ năm %(year)s đến từ hệ thống thứ ba (%(log)s), hệ thống này không bàn giao tiếp thay được."),
        mark("Đề nghị nơi chuyển đến nhận năm học đó từ hệ thống đã chốt nó."),
    ),
    Problem.EXCHANGE_NOT_YET: (
        mark("Các bên chứng kiến chưa ký hết những dòng sổ cần đưa vào tệp."),
        mark("Đợi vài phút rồi làm lại; nếu kéo dài, báo người vận hành xem trang Sổ minh bạch."),
    ),
    Problem.EXCHANGE_NO_FILE: (
        mark("Đơn này chưa có tệp để tải."),
        mark("Tệp có sau khi người có quyền đồng ý; mở lại trang của đơn để xem đang chờ ai."),
    ),
    Problem.ANSWER_NOT_OURS: (
        mark("Tệp này không phải giấy báo nhận của đơn này."),
        mark(
            "Đúng tệp phải do hệ thống nơi chuyển đến lập cho chính đơn này, sau khi các bên chứng kiến của họ đã ký."
        ),
    ),
    Problem.ARRIVAL_FAULTY: (
        mark("Tệp bàn giao không còn đứng vững khi kiểm lại."),
        mark("Mở lại trang của tệp để xem lý do; cần thì xin tệp mới từ nơi chuyển đi."),
    ),
    Problem.ARRIVAL_KNOWN: (
        mark("Học sinh của tệp này đã được một trường khác đưa vào, hoặc tệp trước của cùng đơn khác tệp này."),
        mark("Hỏi phụ huynh đã nộp hồ sơ ở trường nào; cần thì báo Sở từ chối lượt kia."),
    ),
    Problem.ARRIVAL_PRESENT: (
        mark("Học sinh này đang do %(school)s trong tỉnh quản lý."),
        mark("Dùng trang Chuyển trường để chuyển trong tỉnh; báo nơi gửi tệp là học sinh đã ở đây."),
    ),
    Problem.ARRIVAL_CONFLICT: (
        mark("Học bạ năm %(year)s trong tệp trái với dữ liệu đã có ở đây: khác nội dung, hoặc khác họ tên, ngày sinh."),
        mark("Không nhập chồng lên. Đối chiếu giấy khai sinh và báo Sở; nơi gửi có thể phải đính chính trước."),
    ),
    Problem.ARRIVAL_SAMPLE: (
        mark("Dữ liệu mẫu và dữ liệu thật không nhập lẫn vào nhau."),
        mark("Dùng đúng tệp cho hệ thống này."),
    ),
    Problem.ARRIVAL_CLOSED: (
        mark("Tệp bàn giao này đã bị từ chối."),
        mark("Mở lại trang của tệp để xem lý do; cần thì đưa tệp vào lại."),
    ),
}
