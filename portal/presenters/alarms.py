"""Alarms in words: what was noticed, what it may mean, what to do. None of them says that somebody did wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from portal.models import AlarmKind
from portal.presenters.language import mark, say
from portal.services.alarms import AlarmView, DecoyView
from verify.code import grouped

# Of each kind: what was noticed, and what to do about it.
WORDS: Final[Mapping[AlarmKind, tuple[str, str]]] = {
    AlarmKind.GUESSING: (
        mark("Cả cổng có quá nhiều lượt tra cứu không thấy trong một giờ."),
        mark(
            "Xem nhật ký máy chủ: nếu đến từ một vùng mạng, chặn ở tường lửa; mã dài 128 bit nên không đoán trúng được."
        ),
    ),
    AlarmKind.DECOY: (
        mark("Có người tra một mã bẫy."),
        mark("Mã này không in trên học bạ nào: nơi bạn đã đặt mã có thể đã bị lộ. Xem ghi chú của mã ở dưới."),
    ),
    AlarmKind.NETWORKS: (
        mark("Một mã được tra từ %(count)s mạng trong một ngày."),
        mark("Có thể bản in đã bị đăng lên mạng. Báo gia đình và nhà trường."),
    ),
    AlarmKind.FORGED_CELL: (
        mark("%(count)s tệp khác nhau mang cùng một ô khác dữ liệu gốc của một học bạ."),
        mark("Có thể một bản đã sửa đang được dùng lại. Mời trường đối chiếu với bản giấy."),
    ),
    AlarmKind.LIMITS_LOST: (
        mark("Nơi đếm giới hạn không trả lời; mỗi tiến trình tự đếm."),
        mark("Khởi động lại Redis hoặc Valkey. Cổng vẫn phục vụ và vẫn giới hạn."),
    ),
    AlarmKind.MAIL_LOST: (
        mark("Có thư báo không gửi được và đã bỏ."),
        mark("Chạy hocba mail test, xem dòng mail.failed trong nhật ký máy chủ. Người nhận vẫn thấy thông báo ở cổng."),
    ),
}


@dataclass(frozen=True, slots=True)
class AlarmLine:
    """href: where what came of it is sent; code, network: empty where none is meant."""

    id: int
    href: str
    at: datetime
    words: str
    advice: str
    code: str
    record: str
    network: str
    seen_by: str | None
    seen_at: datetime | None
    outcome: str | None


@dataclass(frozen=True, slots=True)
class DecoyLine:
    """raw: the code as a form sends it back."""

    raw: str
    code: str
    note: str
    made_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class AlarmsPage:
    """official: whether the reader looks into alarms and lays decoys, or only reads."""

    alarms: tuple[AlarmLine, ...]
    decoys: tuple[DecoyLine, ...]
    official: bool


def present_alarms(alarms: Sequence[AlarmView], decoys: Sequence[DecoyView], *, official: bool) -> AlarmsPage:
    """The page of alarms."""
    return AlarmsPage(
        tuple(_alarm(held) for held in alarms),
        tuple(DecoyLine(held.code, grouped(held.code), held.note, held.made_at, held.ended_at) for held in decoys),
        official,
    )


def _alarm(held: AlarmView) -> AlarmLine:
    words, advice = WORDS[held.kind]
    return AlarmLine(
        id=held.id,
        href=f"/canh-bao/{held.id}",
        at=held.at,
        words=say(words, {"count": str(held.count)}),
        advice=say(advice),
        code=grouped(held.code) if held.code else "",
        record=f"/hoc-ba/{held.code}" if held.code else "",
        network=held.network,
        seen_by=held.seen_by,
        seen_at=held.seen_at,
        outcome=held.outcome,
    )
