"""Words of exchanges with other installations: why a file is not taken, where an arrival and a registration stand."""

from collections.abc import Mapping
from typing import Final

from portal.models import ArrivalState, PeerState
from portal.presenters.language import mark
from portal.presenters.tones import Tone
from verify.exchange.judging import Fault

FAULTS: Final[Mapping[Fault, str]] = {
    Fault.UNKNOWN_SENDER: mark(
        "Tệp do một hệ thống chưa được Sở công nhận lập. Báo Sở: hai cán bộ công nhận sổ minh bạch ở đó trước."
    ),
    Fault.WRONG_ADDRESSEE: mark(
        "Tệp lập cho hệ thống khác, không phải cho hệ thống này. Xin nơi chuyển đi lập lại tệp."
    ),
    Fault.OUT_OF_TIME: mark("Tệp đã quá hạn 30 ngày, hoặc ghi ngày ở tương lai. Xin nơi chuyển đi lập lại tệp."),
    Fault.KEY_NOT_LOGGED: mark(
        "Sổ minh bạch của nơi chuyển đi không chứng nhận quyền ký trong tệp. Xin tệp nguyên vẹn; vẫn thế thì báo Sở."
    ),
    Fault.SEAL_BROKEN: mark(
        "Con dấu số của Sở nơi chuyển đi không khớp với tệp: tệp đã bị đổi hoặc không do họ lập. Xin tệp nguyên vẹn."
    ),
    Fault.NOT_LOGGED: mark(
        "Biên nhận kèm theo không đưa học bạ này vào sổ minh bạch của nơi chuyển đi. Không nhận; báo Sở."
    ),
    Fault.NO_QUORUM: mark(
        "Các bên chứng kiến đã công nhận chưa ký sổ của nơi chuyển đi. Xin nơi chuyển đi lập lại tệp sau khi họ đã ký."
    ),
    Fault.LEAF_DIFFERS: mark("Học bạ trong tệp khác với dòng đã chốt trong sổ của nơi chuyển đi. Không nhận; báo Sở."),
    Fault.THIRD_LOG: mark("Một năm học do hệ thống thứ ba chốt. Xin năm học đó từ chính hệ thống đã chốt."),
    Fault.NOT_CURRENT: mark(
        "Bản trong tệp không còn là bản đang hiệu lực ở nơi chuyển đi: đã được thay thế hoặc thu hồi. Xin lập lại tệp."
    ),
    Fault.INVENTORY_OLD: mark("Kiểm kê kèm theo đã cũ hơn ba ngày so với tệp. Xin nơi chuyển đi lập lại tệp."),
    Fault.SIGNATURE_REFUSED: mark("Một chữ ký trên học bạ không đứng vững vào lúc chốt. Không nhận; báo Sở."),
    Fault.NOT_ONE_PUPIL: mark("Tệp không phải các năm học khác nhau của đúng một học sinh. Xin nơi chuyển đi lập lại."),
}
ARRIVALS: Final = {
    ArrivalState.WAITING: (mark("Chờ người thứ hai"), Tone.CAUTION),
    ArrivalState.CONFIRMED: (mark("Đã tiếp nhận"), Tone.INFO),
    ArrivalState.REFUSED: (mark("Không tiếp nhận"), Tone.NEUTRAL),
}
PEERS: Final = {
    PeerState.WAITING: (mark("Chờ người thứ hai"), Tone.CAUTION),
    PeerState.CONFIRMED: (mark("Được công nhận"), Tone.INFO),
    PeerState.REFUSED: (mark("Không công nhận"), Tone.NEUTRAL),
    PeerState.ENDED: (mark("Đã kết thúc"), Tone.NEUTRAL),
}
