"""Remote signing against the real CSC test server, and what a provider that answers wrongly is told."""

import base64
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from portal.signers.batch import BatchSigner, sign_records
from portal.signers.file import FileSigner
from portal.signers.refusals import SignerProblem, SignerRefused
from portal.signers.remote import RemoteKey, RemoteSigner, Version
from tests.factories import year_record
from tests.pki import NOW, SCHOOL, pki
from tests.portal.signers.csc_server import CREDENTIALS, OF_AN_AUTHORITY, PIN, CscServer, csc_server
from verify.anchors import TrustStore
from verify.containers.jcs_cades import examine
from verify.record.codec import to_bytes
from verify.signing import Role
from verify.verdict import Question, Status

both = pytest.mark.parametrize("kind", CREDENTIALS)
versions = pytest.mark.parametrize("version", ["v1", "v2"])
Servers = Callable[..., CscServer]
RECORDS = [to_bytes(year_record(version=number)) for number in range(1, 11)]


_CODES = count(1)


class Person:
    """Types a PIN, and codes one after the other; remembers how often it was asked."""

    def __init__(self, pin: str = PIN) -> None:
        self._pin = pin
        self.pins = 0
        self.codes = 0

    def pin(self, of: str) -> str:
        assert of in CREDENTIALS.values()
        self.pins += 1
        return self._pin

    def one_time_code(self, of: str) -> str:
        assert of in CREDENTIALS.values()
        self.codes += 1
        return str(next(_CODES))


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """A server of each wanted kind, started once: it takes seconds."""
    with ExitStack() as running:

        @cache
        def started(options: frozenset[tuple[str, Any]]) -> CscServer:
            return running.enter_context(csc_server(tmp_path_factory.mktemp("csc"), **dict(options)))

        yield lambda **options: started(frozenset(options.items()))


@pytest.fixture
def server(servers: Servers) -> CscServer:
    return servers()


def open_at(server: CscServer, kind: str = "EC", version: Version = "v1", person: Person | None = None) -> RemoteSigner:
    return RemoteSigner(RemoteKey(server.url, CREDENTIALS[kind], version), person or Person())


@both
@versions
def test_a_signature_is_the_algorithm_of_the_key(server: CscServer, kind: str, version: Version) -> None:
    signer = open_at(server, kind, version)
    key: Any = x509.load_der_x509_certificate(signer.certificate).public_key()
    rules = (ec.ECDSA(SHA256()),) if kind == "EC" else (padding.PKCS1v15(), SHA256())
    key.verify(signer.sign(b"data"), b"data", *rules)


@both
def test_certificate_and_chain_come_from_the_provider(server: CscServer, kind: str) -> None:
    signer = open_at(server, kind)
    issuing = x509.load_der_x509_certificate(signer.chain[0])
    x509.load_der_x509_certificate(signer.certificate).verify_directly_issued_by(issuing)
    assert len(signer.chain) == 1


@both
@versions
@pytest.mark.parametrize("pinned", [True, False], ids=["SCAL 2", "SCAL 1"])
def test_a_batch_needs_one_consent(servers: Servers, kind: str, version: Version, pinned: bool) -> None:
    person = Person()
    server = servers(pinned=pinned, pin=True)
    before = server.calls()
    made = list(sign_records(RECORDS, open_at(server, kind, version, person), NOW))
    assert len(set(made)) == len(RECORDS)
    assert person.pins == 1
    assert server.calls() - before == {"credentials/info": 1, "credentials/authorize": 1, "signatures/signHash": 1}


def test_600_records_in_one_consent(server: CscServer) -> None:
    records = [to_bytes(year_record(version=number)) for number in range(1, 601)]
    before = server.calls()
    started = time.monotonic()
    made = list(sign_records(records, open_at(server), NOW))
    assert len(set(made)) == 600
    assert time.monotonic() - started < 60
    assert (server.calls() - before)["credentials/authorize"] == 1


@versions
def test_a_provider_with_a_small_limit_is_asked_again_with_the_same_pin(servers: Servers, version: Version) -> None:
    person = Person()
    server = servers(at_once=3, pin=True, codes=True)
    before = server.calls()
    assert len(list(sign_records(RECORDS, open_at(server, "EC", version, person), NOW))) == 10
    assert (server.calls() - before)["credentials/authorize"] == 4
    assert (person.pins, person.codes) == (1, 4)


@both
def test_what_the_provider_signs_is_intact_and_leads_to_its_root(server: CscServer, kind: str) -> None:
    signer = open_at(server, kind)
    (made,) = sign_records(RECORDS[:1], signer, NOW)
    trust = TrustStore((signer.chain[-1],), (), ())
    report = examine(RECORDS[0], made, role=Role.HEAD, unit_code=SCHOOL, trust=trust, registry=(), at=NOW)
    passed = {check.question for check in report.checks if check.status is Status.PASSED}
    assert {Question.DIGEST_INTACT, Question.SIGNATURE_VALUE} <= passed
    assert report.certificate == signer.certificate


@versions
def test_a_wrong_pin_is_told_and_not_tried_again(servers: Servers, version: Version) -> None:
    server = servers(pinned=True, pin=True)
    before = server.calls()
    with pytest.raises(SignerRefused) as caught:
        list(sign_records(RECORDS, open_at(server, "EC", version, Person("0")), NOW))
    assert caught.value.problem is SignerProblem.WRONG_PIN
    assert server.calls() - before == {"credentials/info": 1, "credentials/authorize": 1}


def test_a_credential_that_is_not_there_is_refused(server: CscServer) -> None:
    for credential in ("truong/khac", "khac"):
        with pytest.raises(SignerRefused) as caught:
            RemoteSigner(RemoteKey(server.url, credential), Person())
        assert caught.value.problem is SignerProblem.SERVICE_REFUSED
        assert "HTTP 404" in caught.value.message


def test_the_credential_of_an_authority_is_refused(server: CscServer) -> None:
    with pytest.raises(SignerRefused) as caught:
        RemoteSigner(RemoteKey(server.url, OF_AN_AUTHORITY), Person())
    assert caught.value.problem is SignerProblem.KEY_UNSUITABLE


def test_a_server_that_went_away_stops_the_batch(tmp_path: Path) -> None:
    with csc_server(tmp_path) as server:
        signer = open_at(server)
    with pytest.raises(SignerRefused) as caught:
        next(signer.sign_all([b"data"]))
    assert caught.value.problem is SignerProblem.SERVICE_UNREACHABLE


BAD_ADDRESSES = [
    "",
    "ky.example.vn",
    "http://ky.example.vn",
    "http://127.0.0.1.example.vn",
    "ftp://127.0.0.1",
    "https://",
    "https://ai:mat-khau@ky.example.vn",
    "https://ky.example.vn:so",
    "https://ky.example.vn/?a=b",
    "https://[::1",
]


@pytest.mark.parametrize("url", BAD_ADDRESSES)
def test_secrets_are_not_sent_in_the_open_or_to_no_address(url: str) -> None:
    with pytest.raises(SignerRefused) as caught:
        RemoteSigner(RemoteKey(url, "x"), Person())
    assert caught.value.problem is SignerProblem.SERVICE_ADDRESS


def test_nobody_listening_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    for url in (f"http://127.0.0.1:{port}", f"https://127.0.0.1:{port}"):
        with pytest.raises(SignerRefused) as caught:
            RemoteSigner(RemoteKey(url, "x"), Person())
        assert caught.value.problem is SignerProblem.SERVICE_UNREACHABLE


class Provider:
    """A provider that answers what a test says: for answers that the real server never gives."""

    def __init__(self, url: str, answers: dict[str, tuple[int, bytes]]) -> None:
        self.url = url
        self.answers = answers
        self.headers: list[Mapping[str, str]] = []

    def says(self, endpoint: str, value: object, status: int = 200) -> None:
        self.answers[endpoint] = (status, value if isinstance(value, bytes) else json.dumps(value).encode())


@pytest.fixture
def provider() -> Iterator[Provider]:
    with provided() as made:
        made.says("credentials/info", INFO)
        made.says("credentials/authorize", {"SAD": "x"})
        made.says("signatures/signHash", {"signatures": [encoded(cast().sign(b"data"))]})
        yield made


@contextmanager
def provided() -> Iterator[Provider]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            made.headers.append(dict(self.headers))
            status, body = made.answers[self.path.removeprefix("/csc/v1/")]
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Location", "/csc/v1/elsewhere")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as listening:
        made = Provider(f"http://127.0.0.1:{listening.server_port}", {})
        thread = threading.Thread(target=listening.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield made
        finally:
            listening.shutdown()
            thread.join()


def cast() -> FileSigner:
    return pki().head


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


CERTIFICATES = [encoded(der) for der in (cast().certificate, pki().root.der, *cast().chain)]
INFO: dict[str, object] = {
    "key": {"status": "enabled", "algo": ["1.2.840.10045.4.3.2"], "len": 256},
    "cert": {"certificates": CERTIFICATES},
    "authMode": "implicit",
    "SCAL": "1",
    "multisign": 5,
}


def test_the_chain_is_put_in_order_and_the_root_left_out(provider: Provider) -> None:
    signer = RemoteSigner(RemoteKey(provider.url, "x"), Person())
    assert (signer.certificate, signer.chain) == (cast().certificate, cast().chain)
    assert isinstance(signer, BatchSigner)


def test_r_and_s_side_by_side_become_der(provider: Provider) -> None:
    r, s = decode_dss_signature(cast().sign(b"data"))
    raw = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    provider.says("signatures/signHash", {"signatures": [encoded(raw)]})
    signature = RemoteSigner(RemoteKey(provider.url, "x"), Person()).sign(b"data")
    assert decode_dss_signature(signature) == (r, s)


def test_the_access_token_goes_with_each_call_and_into_no_text(provider: Provider) -> None:
    key = RemoteKey(f"{provider.url}/", "x", token="bi-mat")
    signer = RemoteSigner(key, Person())
    assert signer.sign(b"data")
    assert [held["Authorization"] for held in provider.headers] == ["Bearer bi-mat"] * 3
    assert "bi-mat" not in repr(key) + repr(signer)


def test_a_signature_over_something_else_stops_the_batch(provider: Provider) -> None:
    signer = RemoteSigner(RemoteKey(provider.url, "x"), Person())
    with pytest.raises(SignerRefused) as caught:
        list(sign_records(RECORDS[:1], signer, NOW))
    assert caught.value.problem is SignerProblem.SIGNATURE_WRONG


def changed(**changes: object) -> dict[str, object]:
    return {**INFO, **changes}


_UNKNOWN = SignerProblem.SERVICE_NOT_UNDERSTOOD
DESCRIPTIONS: dict[str, tuple[object, SignerProblem]] = {
    "no JSON": (b"<html>", _UNKNOWN),
    "a list": ([], _UNKNOWN),
    "nothing": ({}, _UNKNOWN),
    "deep": (b"[" * 100_000, _UNKNOWN),
    "5 MB": (json.dumps({"a": "x" * 5_000_000}).encode(), _UNKNOWN),
    "no certificate": (changed(cert={"certificates": []}), _UNKNOWN),
    "certificate is a number": (changed(cert={"certificates": [1]}), _UNKNOWN),
    "certificate is no base64": (changed(cert={"certificates": ["đ"]}), _UNKNOWN),
    "certificate is no certificate": (changed(cert={"certificates": [encoded(b"x")]}), _UNKNOWN),
    "no key": (changed(key=None), _UNKNOWN),
    "no algorithms": (changed(key={"status": "enabled"}), _UNKNOWN),
    "SHA-1 only": (changed(key={"status": "enabled", "algo": ["1.2.840.10045.4.1"]}), SignerProblem.KEY_UNSUITABLE),
    "disabled": (changed(key={"status": "disabled", "algo": []}), SignerProblem.CREDENTIAL_UNUSABLE),
    "zero at once": (changed(multisign=0), _UNKNOWN),
    "many at once": (changed(multisign="nhiều"), _UNKNOWN),
    "consent on a page": (changed(authMode="oauth2code"), SignerProblem.AUTHORISATION_ELSEWHERE),
    "no mode": (changed(authMode=None), SignerProblem.AUTHORISATION_ELSEWHERE),
}


@pytest.mark.parametrize("name", DESCRIPTIONS)
def test_a_description_that_cannot_be_used_is_refused(provider: Provider, name: str) -> None:
    value, problem = DESCRIPTIONS[name]
    provider.says("credentials/info", value)
    with pytest.raises(SignerRefused) as caught:
        RemoteSigner(RemoteKey(provider.url, "x"), Person())
    assert caught.value.problem is problem


@pytest.mark.parametrize("value", [{}, {"SAD": ""}, {"SAD": 7}, []], ids=str)
def test_a_consent_without_activation_data_is_refused(provider: Provider, value: object) -> None:
    provider.says("credentials/authorize", value)
    with pytest.raises(SignerRefused) as caught:
        RemoteSigner(RemoteKey(provider.url, "x"), Person()).sign(b"data")
    assert caught.value.problem is _UNKNOWN


@pytest.mark.parametrize(
    "value", [{}, {"signatures": []}, {"signatures": ["eA==", "eA=="]}, {"signatures": [1]}], ids=str
)
def test_too_few_or_too_many_signatures_are_refused(provider: Provider, value: object) -> None:
    provider.says("signatures/signHash", value)
    with pytest.raises(SignerRefused) as caught:
        RemoteSigner(RemoteKey(provider.url, "x"), Person()).sign(b"data")
    assert caught.value.problem is _UNKNOWN


@pytest.mark.parametrize("status", [301, 307, 400, 401, 403, 429, 500, 503])
def test_a_refusal_is_told_with_its_status_and_no_redirect_is_followed(provider: Provider, status: int) -> None:
    provider.says("credentials/authorize", {"error": "invalid_request\x1b[31m" + "x" * 500}, status)
    provider.says("elsewhere", {"SAD": "x"})
    with pytest.raises(SignerRefused) as caught:
        RemoteSigner(RemoteKey(provider.url, "x"), Person()).sign(b"data")
    assert caught.value.problem is SignerProblem.SERVICE_REFUSED
    assert f"HTTP {status}, invalid_request" in caught.value.message
    assert "\x1b" not in caught.value.message
    assert len(caught.value.message) < 400


@pytest.mark.parametrize("problem", SignerProblem)
def test_each_problem_is_a_sentence_of_its_own(problem: SignerProblem) -> None:
    message = SignerRefused(problem).message
    assert message[0].isupper() or message[0] == "“"
    assert message.endswith(".")
    assert "{" not in message
    assert len({SignerRefused(each).message for each in SignerProblem}) == len(SignerProblem)
