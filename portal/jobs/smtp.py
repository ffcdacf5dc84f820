"""Handing a mail to the server that the operator named; the only place that speaks SMTP.

What came of it is one of three: the server has it, not now, or never. A fault of ours or of the connection is never
the mail's: only an answer about this mail (5xx to its recipient or its text) ends it.
"""

import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Final, Self

SECONDS: Final = 20.0
_FOR_GOOD: Final = 500
# RFC 3463: the mailbox does not exist, or is none any more.
_NOBODY: Final = (b"5.1.1", b"5.1.2", b"5.1.3", b"5.1.6", b"5.1.10")
_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")


class Security(StrEnum):
    """How the way to the server is kept: TLS asked for with STARTTLS, from the first byte, or none (same machine)."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


class Handed(StrEnum):
    """What came of a mail. UNREACHED: nothing was heard about this one, and the next would fare no better."""

    TAKEN = "taken"
    LATER = "later"
    UNREACHED = "unreached"
    NEVER = "never"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Server:
    """The server that takes our mail. password_file: read at each connection, so that it can be changed."""

    host: str
    port: int
    security: Security
    user: str
    password_file: Path | None

    @property
    def safe(self) -> bool:
        """Whether nobody on the way reads along."""
        return self.security is not Security.NONE or self.host in _LOOPBACK


class Post:
    """A connection that is opened with the first mail and serves the others; use with `with`."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._line: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._hang_up()

    def hand(self, message: EmailMessage) -> Handed:
        """Give a mail to the server."""
        try:
            line = self._line = self._line or self._connect()
        except (OSError, smtplib.SMTPException):
            return Handed.UNREACHED
        try:
            line.send_message(message)
        except smtplib.SMTPRecipientsRefused as refused:
            self._hang_up()
            ((code, text),) = refused.recipients.values()
            return _judged(code, text, recipient=True)
        except smtplib.SMTPDataError as refused:
            self._hang_up()
            return _judged(refused.smtp_code, refused.smtp_error, recipient=False)
        except (OSError, smtplib.SMTPException):
            self._hang_up()
            return Handed.UNREACHED
        return Handed.TAKEN

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        if not server.safe:
            raise smtplib.SMTPException("no password and no mail over an open way")
        if server.security is Security.TLS:
            line: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, timeout=SECONDS, context=ssl.create_default_context()
            )
        else:
            line = smtplib.SMTP(server.host, server.port, timeout=SECONDS)
        try:
            if server.security is Security.STARTTLS:
                line.starttls(context=ssl.create_default_context())
            if server.user and server.password_file is not None:
                line.login(server.user, server.password_file.read_text(encoding="utf-8").strip())
        except BaseException:
            line.close()
            raise
        return line

    def _hang_up(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            with suppress(OSError, smtplib.SMTPException):
                line.quit()


def _judged(code: int, text: bytes | str, *, recipient: bool) -> Handed:
    if code < _FOR_GOOD:
        return Handed.LATER
    said = text if isinstance(text, bytes) else text.encode()
    return Handed.NOBODY if recipient and said.lstrip().startswith(_NOBODY) else Handed.NEVER
