"""Words of the years that the system before this one had locked: where they come from, and what becomes of a record."""

from datetime import datetime
from typing import Final

from portal.models import ImportState
from portal.presenters.language import day_words as day
from portal.presenters.language import mark, say
from portal.presenters.tones import Tone
from portal.services.earlier_matching import Outcome

STATES: Final = {
    ImportState.WAITING: mark("Chờ người thứ hai"),
    ImportState.CONFIRMED: mark("Đã nhập"),
    ImportState.REJECTED: mark("Bị từ chối"),
    ImportState.WITHDRAWN: mark("Đã rút"),
    ImportState.EXPIRED: mark("Quá hạn"),
}
STATE_TONES: Final = {
    ImportState.WAITING: Tone.CAUTION,
    ImportState.CONFIRMED: Tone.INFO,
    ImportState.REJECTED: Tone.NEUTRAL,
    ImportState.WITHDRAWN: Tone.NEUTRAL,
    ImportState.EXPIRED: Tone.NEUTRAL,
}
OUTCOMES: Final = {
    Outcome.TAKEN: mark("Nhập được."),
    Outcome.UNCHANGED: mark("Đã nhập từ trước, không có gì thay đổi."),
    Outcome.BYTES_DIFFER: mark("Dữ liệu không khớp SHA-256 ghi trong gói: xuất lại gói từ hệ thống trước."),
    Outcome.UNREADABLE: mark("Không đọc được thành học bạ: xuất lại đúng các byte đã ký, theo định dạng đã công bố."),
    Outcome.UNKNOWN_SCHOOL: mark("Mã trường trong học bạ không có trong hệ thống: thêm trường đó trước khi nhập."),
    Outcome.BAD_DATE: mark(
        "Ngày hiệu lực ban đầu không thể đúng: phải từ tháng 1 của năm sau trong năm học, và trước hôm nay. Xuất lại."
    ),
    Outcome.SAMPLE_DIFFERS: mark(
        "Dữ liệu mẫu và dữ liệu thật không nhập lẫn vào nhau: chọn đúng gói cho hệ thống này."
    ),
    Outcome.SIGNATURE_REFUSED: mark("Một chữ ký không được nhận."),
    Outcome.PUPIL_CONFLICT: mark(
        "Mã định danh, mã học sinh hoặc mã tra cứu chỉ đến học sinh có họ tên hay ngày sinh khác: đối chiếu giấy tờ."
    ),
    Outcome.YEAR_PRESENT: mark(
        "Năm học này của học sinh đã có trong hệ thống với nội dung khác: không nhập chồng lên."
    ),
    Outcome.DUPLICATE: mark("Gói có hai học bạ cùng học sinh, cùng năm học: cả hai không được nhập; bỏ bản sai."),
}
TONES: Final = {Outcome.TAKEN: Tone.INFO, Outcome.UNCHANGED: Tone.NEUTRAL}


def tone_of(outcome: Outcome) -> Tone:
    return TONES.get(outcome, Tone.BAD)


def origin_words(source: str | None, imported_at: datetime | None) -> str | None:
    """Where a year comes from; None for one that was locked here."""
    if source is None or imported_at is None:
        return None
    return say(
        mark("Nhập từ hệ thống trước (%(source)s) ngày %(day)s; ngày hiệu lực là của hệ thống đó."),
        {"source": source, "day": day(imported_at)},
    )
