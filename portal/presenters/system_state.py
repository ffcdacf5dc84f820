"""How the system is doing, in words: each value with a tone, a page, and what to do where it is not well."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from portal.presenters.language import mark, say
from portal.presenters.rounds import number
from portal.presenters.tones import Tone
from portal.services.mail_outbox import Backlog
from portal.services.system_state import SystemState
from portal.services.timestamp_overview import TimeOverview
from portal.services.witness_overview import LogOverview

# A backup is taken each night; two hours for a slow one.
BACKUP_HOURS: Final = 26
QUEUE_MINUTES: Final = 10
MAIL_AGE: Final = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class SystemLine:
    """key: anchor on the page of the system. href: where more is seen. advice: what to do, also while all is well."""

    key: str
    name: str
    value: str
    tone: Tone
    href: str
    advice: str


def present_system(held: SystemState, now: datetime, *, sends_mail: bool) -> tuple[SystemLine, ...]:
    """The lines, in the order in which trouble hurts."""
    return (
        _backup(held.backup_at, now),
        _queue(held),
        _lookups(held),
        _witnesses(held.witnesses),
        _stamps(held.stamps),
        _keys(held.keys),
        _mail(held.mail, now, sends_mail=sends_mail),
    )


def _backup(at: datetime | None, now: datetime) -> SystemLine:
    hours = int((now - at).total_seconds() // 3600) if at is not None else 0
    value = say(mark("%(n)s giờ trước"), {"n": number(hours)}) if at is not None else say(mark("chưa có bản nào"))
    return SystemLine(
        "sao-luu",
        say(mark("Sao lưu")),
        value,
        Tone.CAUTION if at is None or hours >= BACKUP_HOURS else Tone.NEUTRAL,
        "/he-thong#sao-luu",
        say(mark("Mỗi đêm một bản. Quá 26 giờ: nhờ người vận hành xem vì sao hocba backup không chạy.")),
    )


def _queue(held: SystemState) -> SystemLine:
    values = {"n": number(held.queue), "m": number(held.queue_minutes)}
    value = say(mark("%(n)s việc, lâu nhất %(m)s phút"), values) if held.queue else say(mark("trống"))
    return SystemLine(
        "hang-doi",
        say(mark("Hàng đợi")),
        value,
        Tone.CAUTION if held.queue and held.queue_minutes >= QUEUE_MINUTES else Tone.NEUTRAL,
        "/he-thong#hang-doi",
        say(mark("Việc chờ quá 10 phút: nhờ người vận hành xem hocba work có đang chạy không. Không việc nào bị mất.")),
    )


def _lookups(held: SystemState) -> SystemLine:
    values = {"n": number(held.missed), "m": number(held.alarms)}
    words = mark("%(n)s, %(m)s báo động chưa xem") if held.alarms else mark("%(n)s")
    return SystemLine(
        "tra-cuu",
        say(mark("Tra cứu không thấy hôm nay")),
        say(words, values),
        Tone.CAUTION if held.alarms else Tone.NEUTRAL,
        "/canh-bao",
        say(mark("Gõ nhầm mã là chuyện thường. Có báo động thì mở trang Cảnh báo, xem và ghi lại đã làm gì.")),
    )


def _witnesses(held: LogOverview) -> SystemLine:
    values = {"n": number(held.found), "m": number(held.quorum)}
    value, tone = say(mark("đủ %(n)s/%(m)s"), values), Tone.NEUTRAL
    if held.contradicted:
        value, tone = say(mark("có mâu thuẫn")), Tone.BAD
    elif not held.reached:
        value, tone = say(mark("mới có %(n)s/%(m)s"), values), Tone.CAUTION
    elif not held.quorum:
        value = say(mark("chưa khai bên nào"))
    return SystemLine(
        "chung-kien",
        say(mark("Chứng kiến sổ")),
        value,
        tone,
        "/so-minh-bach",
        say(mark("Thiếu bên chứng kiến thì gọi cho bên đó; có mâu thuẫn thì ngừng chốt và gọi người vận hành ngay.")),
    )


def _stamps(held: TimeOverview) -> SystemLine:
    value = say(mark("đủ")) if not held.waiting else say(mark("%(n)s điểm chờ đóng dấu"), {"n": number(held.waiting)})
    if not held.configured:
        value = say(mark("chưa khai đơn vị nào"))
    return SystemLine(
        "dau-thoi-gian",
        say(mark("Dấu thời gian")),
        value,
        Tone.CAUTION if held.overdue or held.clock_behind else Tone.NEUTRAL,
        "/so-minh-bach",
        say(mark("Chờ quá 2 ngày: nhờ người vận hành xem hocba timestamps status. Một dấu muộn phủ hết phần đã lỡ.")),
    )


def _keys(count: int) -> SystemLine:
    value = say(mark("%(n)s chứng thư"), {"n": number(count)}) if count else say(mark("không có"))
    return SystemLine(
        "chung-thu",
        say(mark("Chứng thư hết hạn trong 60 ngày")),
        value,
        Tone.CAUTION if count else Tone.NEUTRAL,
        "/chung-thu",
        say(mark("Nhắc đơn vị xin chứng thư mới, rồi hai cán bộ đăng ký trước ngày hết hạn.")),
    )


def _mail(held: Backlog, now: datetime, *, sends_mail: bool) -> SystemLine:
    stuck = held.oldest is not None and now - held.oldest >= MAIL_AGE
    values = {"n": number(held.waiting), "m": number(held.lost)}
    value = say(mark("%(n)s thư chờ gửi, %(m)s thư bỏ trong tuần"), values)
    if not sends_mail:
        value = say(mark("chưa bật"))
    return SystemLine(
        "thu-bao",
        say(mark("Thư báo")),
        value,
        Tone.CAUTION if sends_mail and (stuck or held.lost) else Tone.NEUTRAL,
        "/he-thong#thu-bao",
        say(
            mark("Thư chờ lâu hay bị bỏ: nhờ người vận hành chạy hocba mail test. Thông báo ở cổng không bị ảnh hưởng.")
        ),
    )
