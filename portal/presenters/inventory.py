"""The newest inventory on the public page of the log, in words."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from portal.presenters.language import day_words, mark, say, span
from portal.services.inventory import Kept

# Made daily: after a day without one something does not run.
_LATE: Final = timedelta(hours=36)


@dataclass(frozen=True, slots=True)
class InventoryPanel:
    """day, count, made_at: None before the first. warning: that it should be newer, else empty."""

    day: str
    count: int
    made_at: datetime
    age: str
    log_index: int
    warning: str


def present_inventory(held: Kept | None, now: datetime) -> InventoryPanel | None:
    if held is None:
        return None
    age = max(now - held.made_at, timedelta(0))
    late = mark("Lẽ ra phải có kiểm kê mới mỗi ngày. Hệ thống chưa lập được; báo đơn vị quản lý hệ thống.")
    return InventoryPanel(
        day=day_words(held.day),
        count=held.count,
        made_at=held.made_at,
        age=say(mark("cách đây %(span)s"), {"span": span(int(age.total_seconds()))}),
        log_index=held.log_index,
        warning=say(late) if age > _LATE else "",
    )
