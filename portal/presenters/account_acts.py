"""What was done to an account, in words for the person whose it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from portal.presenters.language import mark, say
from portal.services.access import Action
from portal.services.account_acts import SHOWN_DAYS, AccountAct, Activity, Step

ACCOUNT_ACTIONS: Final[Mapping[str, str]] = {
    Action.ACCOUNT_SIGN_IN: mark("Đã đăng nhập"),
    Action.ACCOUNT_PASSWORD: mark("Đổi mật khẩu"),
    Action.ACCOUNT_TOTP_ON: mark("Bật ứng dụng mã"),
    Action.ACCOUNT_TOTP_OFF: mark("Tắt bước thứ hai"),
    Action.ACCOUNT_RECOVERY_MADE: mark("Lập mã khôi phục mới"),
    Action.ACCOUNT_RECOVERY_USED: mark("Dùng một mã khôi phục"),
    Action.ACCOUNT_PASSKEY_ADDED: mark("Thêm khóa truy cập"),
    Action.ACCOUNT_PASSKEY_ENDED: mark("Kết thúc khóa truy cập"),
    Action.ACCOUNT_SESSION_ENDED: mark("Kết thúc phiên đăng nhập"),
    Action.ACCOUNT_RESET: mark("Gỡ bước thứ hai"),
    Action.ACCOUNT_ROLE_GIVEN: mark("Giao vai trò"),
    Action.ACCOUNT_ROLE_ENDED: mark("Kết thúc vai trò"),
    Action.ACCOUNT_RESET_LINK: mark("Lập đường dẫn đặt lại mật khẩu"),
    Action.ACCOUNT_IDENTITY_LINKED: mark("Gắn danh tính điện tử"),
    Action.ACCOUNT_IDENTITY_UNLINKED: mark("Bỏ danh tính điện tử"),
    Action.ACCOUNT_CLOSED: mark("Đóng tài khoản"),
}
_FAILED: Final[Mapping[Step, str]] = {
    Step.FIRST: mark("%(days)s ngày qua, nhập sai mật khẩu: %(count)s lần."),
    Step.SECOND: mark(
        "%(days)s ngày qua, mật khẩu đúng mà mã sai: %(count)s lần. Không phải bạn nhập thì có người biết mật khẩu của "
        "bạn: hãy đổi ngay."
    ),
}


@dataclass(frozen=True, slots=True)
class ActLine:
    """One act. by: whoever acted, empty for the person."""

    at: datetime
    words: str
    by: str
    network: str


@dataclass(frozen=True, slots=True)
class ActivityPage:
    """acts: newest first. failed: sentences about steps that failed, none where none did."""

    acts: tuple[ActLine, ...]
    failed: tuple[str, ...]


def present_activity(found: Activity) -> ActivityPage:
    """The acts on one's own account."""
    failed = tuple(
        say(_FAILED[step], {"days": str(SHOWN_DAYS), "count": str(count)}) for step, count in found.failed.items()
    )
    return ActivityPage(tuple(_line(act) for act in found.acts), failed)


def _line(act: AccountAct) -> ActLine:
    words = say(ACCOUNT_ACTIONS.get(act.action, mark("Một việc khác trên tài khoản")))
    by = "" if act.own else act.by or say(mark("người vận hành máy chủ"))
    return ActLine(act.at, f"{words}: {act.detail}" if act.detail else words, by, act.network)
