"""A real SMTP server on this machine (aiosmtpd), which says to a recipient or a text what a test wants it to say."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "127.0.0.1"


@dataclass
class Box:
    """What came in, in order. to_recipient, to_text: an answer in place of 250, while it stands."""

    taken: list[EmailMessage] = field(default_factory=list)
    to_recipient: str = ""
    to_text: str = ""
    asked: int = 0

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's naming
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        del server, session, options
        self.asked += 1
        if self.to_recipient:
            return self.to_recipient
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        del server, session
        if self.to_text:
            return self.to_text
        assert isinstance(envelope.content, bytes)
        made = message_from_bytes(envelope.content, policy=policy.SMTP)
        assert isinstance(made, EmailMessage)
        self.taken.append(made)
        return "250 OK"


@contextmanager
def smtp_server(
    box: Box, port: int = 0, *, certificate: tuple[Path, Path] | None = None, login: tuple[str, str] | None = None
) -> Iterator[int]:
    """Serve until the end of the block; gives the port. certificate: PEM files, for STARTTLS. login: user, password."""
    held: dict[str, Any] = {}
    if certificate is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*certificate)
        held |= {"tls_context": context, "require_starttls": True}
    if login is not None:
        held |= {"authenticator": _asks(*login), "auth_required": True}
    controller = Controller(box, hostname=HOST, port=port or _free_port(), **held)
    controller.start()
    try:
        yield int(controller.port)
    finally:
        controller.stop()


def _asks(user: str, password: str) -> Any:
    def check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        del server, session, envelope, mechanism
        right = isinstance(data, LoginPassword) and (data.login, data.password) == (user.encode(), password.encode())
        return AuthResult(success=right)

    return check


def _free_port() -> int:
    """A port that nobody serves at this moment."""
    with socket.socket() as asked:
        asked.bind((HOST, 0))
        return int(asked.getsockname()[1])


def own_certificate(folder: Path) -> tuple[Path, Path]:
    """PEM files of a certificate for localhost that vouches for itself, and of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    files = folder / "smtp.pem", folder / "smtp.key"
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return files
