"""Forms over a real TLS socket: Flask-WTF refuses an HTTPS post without a Referer, so our policy must let it pass."""

import http.client
import re
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlencode

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from werkzeug.serving import make_server

from tests.portal.worlds import CLERK, World

HOST = "127.0.0.1"


def certificate(path: Path) -> Path:
    """A certificate for this machine alone, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "thử nghiệm")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), critical=False)
        .sign(key, SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(pem + made.public_bytes(Encoding.PEM))
    return path


@contextmanager
def serving(world: World, pem: Path) -> Iterator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    server = make_server(HOST, 0, world.app, threaded=True, ssl_context=context)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Client:
    """A browser without cleverness: cookies by name, one connection for each request."""

    def __init__(self, port: int, pem: Path) -> None:
        self._port = port
        self._tls = ssl.create_default_context(cafile=str(pem))
        self.cookies: dict[str, str] = {}
        self.origin = f"https://{HOST}:{port}"

    def ask(self, method: str, path: str, body: str = "", **headers: str) -> http.client.HTTPResponse:
        connection = http.client.HTTPSConnection(HOST, self._port, context=self._tls, timeout=20)
        sent = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()), **headers}
        connection.request(method, path, body, sent)
        answer = connection.getresponse()
        for line in answer.headers.get_all("Set-Cookie") or []:
            assert line.startswith("__Host-")
            assert {"Secure", "HttpOnly", "Path=/"} <= {part.strip() for part in line.split(";")}
            name, _, value = line.split(";")[0].partition("=")
            self.cookies[name] = value
        return answer


@pytest.fixture
def client(small_world: World, tmp_path: Path) -> Iterator[Client]:
    pem = certificate(tmp_path / "tls.pem")
    with serving(small_world, pem) as port:
        yield Client(port, pem)


def sign_in(client: Client, world: World, **headers: str) -> int:
    page = client.ask("GET", "/dang-nhap").read().decode()
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found is not None
    fields = {"csrf_token": found[1], "username": CLERK, "password": world.logins[CLERK].password}
    form = {"Content-Type": "application/x-www-form-urlencoded", **headers}
    return client.ask("POST", "/dang-nhap", urlencode(fields), **form).status


def test_a_form_goes_through_with_the_referer_that_our_policy_lets_pass(client: Client, small_world: World) -> None:
    assert client.ask("GET", "/dang-nhap").headers["Referrer-Policy"] == "same-origin"
    assert sign_in(client, small_world, Referer=f"{client.origin}/dang-nhap") == 303
    assert client.ask("GET", "/hoc-ba").status == 200


@pytest.mark.parametrize("referer", [None, "https://evil.example/dang-nhap"])
def test_a_form_from_elsewhere_is_refused(client: Client, small_world: World, referer: str | None) -> None:
    headers = {"Referer": referer} if referer else {}
    assert sign_in(client, small_world, **headers) == 400
    assert client.ask("GET", "/hoc-ba").status == 303


def test_https_is_kept(client: Client) -> None:
    assert "max-age" in client.ask("GET", "/").headers["Strict-Transport-Security"]
