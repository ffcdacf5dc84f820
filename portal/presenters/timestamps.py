"""Time in words: what the newest stamp covers, what waits, and why an authority did not stamp."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from portal.presenters.language import clock_words, mark, say
from portal.presenters.tones import Tone
from portal.services.timestamp_overview import AuthorityState, StampRow, TimeOverview
from verify.timestamps import StampFault

FAULTS: Final[Mapping[StampFault, str]] = {
    StampFault.NO_ANSWER: mark("Không trả lời. Hệ thống tự hỏi lại, mỗi lần cách xa hơn, nhiều nhất 3 giờ."),
    StampFault.NOT_UNDERSTOOD: mark(
        "Trả lời không đúng chuẩn RFC 3161. Kiểm tra địa chỉ trong trust/timestamps.toml; nếu đúng, báo đơn vị cấp dấu."
    ),
    StampFault.REFUSED: mark(
        "Từ chối đóng dấu. Hỏi đơn vị cấp dấu về hợp đồng, hạn mức và chính sách (policy) đã khai."
    ),
    StampFault.OTHER_CONTENT: mark(
        "Dấu trả về là của nội dung khác nên không được giữ. Có thể ai đó chen giữa; báo đơn vị cấp dấu."
    ),
    StampFault.OTHER_NONCE: mark(
        "Dấu trả về là của một lần hỏi khác (số ngẫu nhiên không khớp) nên không được giữ. Có thể ai đó phát lại dấu."
    ),
    StampFault.OTHER_POLICY: mark(
        "Đóng dấu theo chính sách khác với chính sách đã khai nên không được giữ. Sửa dòng policy nếu đơn vị đã đổi."
    ),
    StampFault.NOT_FOR_TIMESTAMPS: mark(
        "Chứng thư trong dấu không dành riêng cho việc đóng dấu thời gian nên dấu không được giữ. Báo đơn vị cấp dấu."
    ),
    StampFault.SIGNATURE: mark("Chữ ký trong dấu không đúng nên dấu không được giữ. Báo đơn vị cấp dấu."),
    StampFault.UNKNOWN_AUTHORITY: mark(
        "Chứng thư trong dấu không dẫn về chứng thư gốc đã khai. Đối chiếu tệp gốc trong trust/timestamps."
    ),
    StampFault.EXPIRED: mark("Chứng thư của đơn vị cấp dấu đã hết hạn hoặc chưa đến hạn. Báo đơn vị cấp dấu."),
    StampFault.REVOKED: mark("Chứng thư của đơn vị cấp dấu đã bị thu hồi. Bỏ đơn vị này khỏi trust/timestamps.toml."),
    StampFault.CLOCK: mark(
        "Giờ trong dấu và đồng hồ của máy chủ lệch nhau quá 5 phút nên dấu không được giữ. Chỉnh đồng hồ (NTP)."
    ),
    StampFault.COARSE: mark("Đơn vị chỉ bảo đảm giờ sai quá 1 phút nên dấu không được giữ. Chọn đơn vị khác."),
}


@dataclass(frozen=True, slots=True)
class TimeHeadline:
    title: str
    text: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class AuthorityLine:
    """detail: why it did not stamp and what to do, or empty."""

    name: str
    state: str
    tone: Tone
    seen_at: datetime | None
    detail: str


@dataclass(frozen=True, slots=True)
class StampLine:
    """name: what it covers, in words. reply, subject: where the files are."""

    at: datetime
    name: str
    authority: str
    reply: str
    subject: str


@dataclass(frozen=True, slots=True)
class TimePart:
    """The part of the log's page that tells of time."""

    headline: TimeHeadline
    authorities: tuple[AuthorityLine, ...]
    stamps: tuple[StampLine, ...]


def fault_words(fault: StampFault) -> str:
    """Why an authority did not stamp, and what to do."""
    return say(FAULTS[fault])


def present_time(seen: TimeOverview) -> TimePart:
    return TimePart(
        headline=_headline(seen),
        authorities=tuple(_authority(each) for each in seen.authorities),
        stamps=tuple(_stamp(each) for each in seen.stamps),
    )


def _headline(seen: TimeOverview) -> TimeHeadline:
    if seen.clock_behind:
        return TimeHeadline(
            say(mark("Đồng hồ của hệ thống đang chậm")),
            say(mark("Đã có dấu muộn hơn giờ hiện tại của máy chủ. Chỉnh đồng hồ (NTP) trước khi chốt tiếp.")),
            Tone.BAD,
        )
    if seen.overdue and seen.waiting_since is not None:
        values = {"since": moment(seen.waiting_since), "n": str(seen.waiting)}
        return TimeHeadline(
            say(mark("Chờ dấu thời gian quá 2 ngày")),
            say(
                mark(
                    "Từ %(since)s có %(n)s điểm kiểm chưa có dấu. Hệ thống vẫn đang hỏi; khi có đơn vị trả lời, một "
                    "dấu lên điểm kiểm mới nhất là đủ cho tất cả, không phải đóng bù từng ngày."
                ),
                values,
            ),
            Tone.CAUTION,
        )
    if seen.newest is not None and seen.newest.size is not None:
        values = {"size": str(seen.newest.size), "at": moment(seen.newest.stamped_at)}
        return TimeHeadline(
            say(mark("%(size)s dòng đầu đã có trước %(at)s"), values),
            say(mark("Một đơn vị ở ngoài đã đóng dấu lên điểm kiểm này; dấu có giá trị cho mọi dòng trước đó.")),
            Tone.INFO,
        )
    if not seen.configured:
        return TimeHeadline(
            say(mark("Chưa đặt đơn vị cấp dấu thời gian")),
            say(mark("Ngày giờ trong sổ là theo đồng hồ của hệ thống; chưa ai ở ngoài xác nhận.")),
            Tone.NEUTRAL,
        )
    return TimeHeadline(
        say(mark("Chưa có dấu thời gian nào")), say(mark("Dấu đầu tiên được xin trong ít phút.")), Tone.NEUTRAL
    )


def _authority(state: AuthorityState) -> AuthorityLine:
    if state.trouble is not None:
        words, tone = say(mark("Có trục trặc")), Tone.CAUTION
    elif state.seen_at is not None:
        words, tone = say(mark("Đã đóng dấu")), Tone.INFO
    else:
        words, tone = say(mark("Chưa hỏi")), Tone.NEUTRAL
    detail = fault_words(state.trouble) if state.trouble is not None else ""
    if state.trouble_since is not None:
        detail = f"{detail} {say(mark('Từ %(since)s.'), {'since': moment(state.trouble_since)})}"
    return AuthorityLine(state.name, words, tone, state.seen_at, detail)


def _stamp(row: StampRow) -> StampLine:
    name = (
        say(mark("Điểm kiểm %(size)s dòng"), {"size": str(row.size)})
        if row.size is not None
        else say(mark("Gia hạn các dấu cũ"))
    )
    files = f"/log/timestamps/{row.number}"
    return StampLine(row.stamped_at, name, row.authority, f"{files}.tsr", f"{files}.data")


def moment(value: datetime) -> str:
    """`17:05:09 ngày 30/06/2026` in the province's time."""
    return clock_words(value)
