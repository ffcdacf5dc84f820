"""The texts of mails: that there is something, and where. No pupil, no school, no reader is named (0047).

A mail is built by the standard library, which refuses a line end in a header; what is put into one is ours but for
the address, which was checked when it was asked for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from string import Template
from typing import Final
from urllib.parse import urlsplit

from portal.models import MailKind
from portal.services.mail_addresses import Tickets
from portal.services.mail_outbox import Outgoing


@dataclass(frozen=True, slots=True)
class Writer:
    """In whose name mails are written. url: the official address of the portal. sender: address in From."""

    url: str
    system_name: str
    owner_name: str
    sample: bool
    sender: str
    tickets: Tickets

    @property
    def domain(self) -> str:
        """Right side of message ids."""
        return domain_of(self.url)


def domain_of(url: str) -> str:
    """Host of the official address."""
    return urlsplit(url).hostname or "localhost"


_SIGNED: Final = """
$system - $owner
Thư tự động, không trả lời. Thư không bao giờ hỏi mật khẩu và không kèm thông tin học sinh.
Địa chỉ chính thức duy nhất: $url
"""
_NEWS: Final = """Bạn có $count thông báo mới chưa đọc trên $system.

Xem và làm theo tại:
$url/thong-bao
"""
_ENDING: Final = """
Không muốn nhận thư về những việc chỉ để biết: $url/bo-thu/$ticket
"""
_SUBJECTS: Final[Mapping[MailKind, str]] = {
    MailKind.CONFIRM: "Xác nhận địa chỉ nhận thư báo",
    MailKind.NEWS: "Bạn có thông báo mới",
    MailKind.DIGEST: "Thông báo mới trong ngày",
}
_BODIES: Final[Mapping[MailKind, str]] = {
    MailKind.CONFIRM: """Có người, có lẽ là bạn, muốn $system gửi thư báo đến địa chỉ này.

Đúng là bạn thì mở liên kết sau trong 48 giờ, khi đang đăng nhập tài khoản của mình:
$url/thong-bao/thu/$confirming

Không phải bạn thì bỏ qua thư này: sẽ không có thư nào nữa.
""",
    MailKind.NEWS: _NEWS,
    MailKind.DIGEST: _NEWS,
}
_TEST: Final = """Đây là thư thử của $system. Nhận được thư này nghĩa là cổng gửi thư được.
"""


def message(writer: Writer, held: Outgoing) -> EmailMessage:
    """The mail as it is sent, the same in each attempt."""
    ending = writer.tickets.ending(held.account_id)
    values = {
        "count": str(held.count),
        "ticket": ending,
        "confirming": writer.tickets.confirming(held.account_id, held.address, held.asked_at),
    }
    body = _BODIES[held.kind] + (_ENDING if held.optional else "")
    made = _built(writer, _SUBJECTS[held.kind], body, values, held.address, held.message_id, held.created_at)
    if held.optional:
        # RFC 8058: the reader's program ends it with one click, without opening the portal.
        made["List-Unsubscribe"] = f"<{writer.url}/bo-thu/{ending}>"
        made["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return made


def test_message(writer: Writer, address: str, message_id: str, now: datetime) -> EmailMessage:
    """What the operator sends to see whether mail works."""
    return _built(writer, "Thư thử", _TEST, {}, address, message_id, now)


def _built(
    writer: Writer, subject: str, body: str, values: Mapping[str, str], to: str, message_id: str, at: datetime
) -> EmailMessage:
    made = EmailMessage(policy=SMTP)
    made["From"] = writer.sender
    made["To"] = to
    sample = "[DỮ LIỆU MẪU] " if writer.sample else ""
    made["Subject"] = f"{sample}{writer.system_name}: {subject}"
    made["Date"] = format_datetime(at)
    made["Message-ID"] = message_id
    # RFC 3834: no answering machine writes back.
    made["Auto-Submitted"] = "auto-generated"
    named = {"system": writer.system_name, "owner": writer.owner_name, "url": writer.url, **values}
    made.set_content(Template(body + _SIGNED).substitute(named))
    return made
