"""What is said about photos of the paper: each reason, and which part to take again."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from portal.presenters.language import mark
from verify.verdict import Reason


@dataclass(frozen=True, slots=True)
class Words:
    """what: was found. advice: what to do; empty where nothing needs doing."""

    what: str
    advice: str = ""


PHOTO_REASONS: Final[Mapping[Reason, Words]] = {
    Reason.IS_A_PICTURE: Words(
        mark("Ảnh chụp hay bản quét không mang chữ ký số của Sở."),
        mark("Nếu cần tệp gốc có chữ ký số, xin nhà trường hoặc Sở cấp tệp PDF."),
    ),
    Reason.CODE_TYPED: Words(
        mark("Không đọc được mã QR trên ảnh; ảnh được so với học bạ mang mã số do người gửi nhập."),
        mark("Xem lại mã số đã nhập có đúng là mã in ở chân trang giấy không."),
    ),
    Reason.CELLS_DIFFER: Words(
        mark("Trên giấy có ô khác với dữ liệu gốc đã ký."),
        mark("Nhìn lại chính tờ giấy; nếu giấy đúng như ảnh, liên hệ nhà trường đã lập học bạ để đối chiếu."),
    ),
    Reason.CELLS_UNREAD: Words(
        mark("Có ô không đọc chắc chắn được trên ảnh, chẳng hạn bị nét bút, con dấu, nếp gấp hay vết bẩn che."),
        mark("Chụp lại trang đó gần hơn, đủ sáng; ô bị che thì người có quyền xem học bạ so bằng mắt."),
    ),
    Reason.TOO_MANY_DIFFER: Words(
        mark("Quá nhiều ô không giống: có thể là trang của học bạ khác, hoặc ảnh không rõ."),
        mark("Xem mã số ở chân trang có đúng của tờ giấy này không, rồi chụp lại cả trang, thẳng, đủ sáng."),
    ),
    Reason.TONES_BY_EYE: Words(
        mark("Mọi ô giống dữ liệu gốc; ảnh chưa đủ nét để thấy chắc các dấu thanh trong họ tên và lời nhận xét."),
        mark("Cần chắc cả dấu thanh thì chụp gần hơn, hoặc đọc lại các chữ đó bằng mắt."),
    ),
    Reason.PAGES_NOT_PHOTOGRAPHED: Words(
        mark("Các ô trên ảnh đều giống dữ liệu gốc, nhưng còn trang chưa được chụp."),
        mark("Chụp thêm các trang còn thiếu và gửi tất cả ảnh cùng một lần."),
    ),
    Reason.PHOTO_NO_PAGE: Words(
        mark("Không nhận ra trang học bạ nào của hệ thống này trên ảnh."),
        mark("Trải phẳng giấy, chụp trọn một trang từ trên xuống, đủ sáng, thấy cả mã QR ở chân trang."),
    ),
    Reason.PHOTO_TOO_SMALL: Words(
        mark("Ảnh quá nhỏ để đọc từng ô."),
        mark("Chụp gần hơn cho trang giấy đầy khung hình; gửi ảnh gốc, đừng gửi ảnh đã bị ứng dụng nhắn tin thu nhỏ."),
    ),
    Reason.PHOTO_BLURRED: Words(
        mark("Ảnh bị nhòe."),
        mark("Giữ yên máy, chạm vào trang giấy trên màn hình để lấy nét rồi chụp lại."),
    ),
    Reason.PHOTO_CUT_OFF: Words(
        mark("Ảnh thiếu một phần của trang."),
        mark("Chụp lại cho thấy đủ bốn góc của trang, hoặc gửi thêm ảnh của phần còn thiếu."),
    ),
    Reason.PHOTO_GLARE: Words(
        mark("Ảnh có chỗ bị chói, mất chữ."),
        mark("Tắt đèn chớp, nghiêng giấy hoặc đổi chỗ để đèn không hắt vào trang rồi chụp lại."),
    ),
    Reason.PHOTO_SHADOW: Words(
        mark("Ảnh có chỗ quá tối, không thấy chữ."),
        mark("Tránh bóng của tay và máy, chụp lại ở chỗ sáng đều."),
    ),
    Reason.PHOTO_COVERED: Words(
        mark("Một phần của trang bị che hoặc mờ, không thấy chữ."),
        mark("Bỏ vật che, trải phẳng giấy rồi chụp lại phần đó."),
    ),
}
PARTS: Final[Mapping[str, str]] = {
    "whole": mark("cả trang"),
    "top": mark("nửa trên trang"),
    "bottom": mark("nửa dưới trang"),
    "left": mark("nửa trái trang"),
    "right": mark("nửa phải trang"),
    "top_left": mark("góc trên bên trái"),
    "top_right": mark("góc trên bên phải"),
    "bottom_left": mark("góc dưới bên trái"),
    "bottom_right": mark("góc dưới bên phải"),
}
