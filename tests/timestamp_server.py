"""Run by `tests.timestamping`: timestamp authorities on this machine, each at a path of its own.

The honest ones are `openssl ts`; what openssl refuses to do (a wrong clock, a certificate for something else) is done
by certomancer's time stamper. Prints its port, then serves 127.0.0.1.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from asn1crypto import keys, pem, tsp, x509
from certomancer.services import TimeStamper

_CONFIG = """
[tsa]
default_tsa = one
[one]
dir = {folder}
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/certificate.pem
certs = {folder}/chain.pem
signer_key = {folder}/key.pem
signer_digest = sha256
default_policy = {policy}
digests = sha256, sha384, sha512
accuracy = secs:{accuracy}
ess_cert_id_alg = sha256
ess_cert_id_chain = no
ordering = no
tsa_name = yes
"""


@dataclass(frozen=True, slots=True)
class Served:
    """engine: "openssl" or "certomancer". ahead: seconds by which its clock is wrong (certomancer). accuracy: seconds.

    replays: always gives its first reply again. clock: a file with seconds, by which time has gone on (certomancer).
    """

    engine: str
    folder: str
    policy: str
    ahead: int = 0
    accuracy: int = 1
    replays: bool = False
    clock: str = ""


def _answerer(served: Served) -> Callable[[bytes], bytes]:
    make = _by_openssl(served) if served.engine == "openssl" else _by_certomancer(served)
    first: list[bytes] = []

    def answer(query: bytes) -> bytes:
        made = make(query)
        first.append(made)
        return first[0] if served.replays else made

    return answer


def _by_openssl(served: Served) -> Callable[[bytes], bytes]:
    folder = Path(served.folder)
    (folder / "serial").write_text("01\n")
    config = folder / "openssl.cnf"
    text = _CONFIG.format(folder=folder, policy=served.policy, accuracy=served.accuracy)
    config.write_text(text)

    def answer(query: bytes) -> bytes:
        with tempfile.TemporaryDirectory() as place:
            asked, made = Path(place) / "q", Path(place) / "r"
            asked.write_bytes(query)
            command = ["openssl", "ts", "-reply", "-config", str(config), "-queryfile", str(asked), "-out", str(made)]
            subprocess.run(command, check=True, capture_output=True)
            return made.read_bytes()

    return answer


def _by_certomancer(served: Served) -> Callable[[bytes], bytes]:
    folder = Path(served.folder)
    certificate = x509.Certificate.load(_der(folder / "certificate.pem"))
    chain = [
        x509.Certificate.load(der) for _kind, _headers, der in pem.unarmor((folder / "chain.pem").read_bytes(), True)
    ]
    key = keys.PrivateKeyInfo.load(_der(folder / "key.pem"))

    def answer(query: bytes) -> bytes:
        passed = float(Path(served.clock).read_text()) if served.clock else 0
        moment = (datetime.now(UTC) + timedelta(seconds=served.ahead + passed)).replace(microsecond=0)
        policy = tsp.ObjectIdentifier(served.policy)
        stamper = TimeStamper(certificate, key, certs_to_embed=chain, fixed_dt=moment, policy=policy)
        return bytes(stamper.request_tsa_response(tsp.TimeStampReq.load(query)).dump())

    return answer


def _der(path: Path) -> bytes:
    _kind, _headers, der = pem.unarmor(path.read_bytes())
    return bytes(der)


def _serve(paths: dict[str, dict[str, Any]]) -> None:
    answers = {path: _answerer(Served(**each)) for path, each in paths.items()}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path not in answers or self.headers["Content-Type"] != "application/timestamp-query":
                self.send_error(404)
                return
            made = answers[self.path](body)
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(made)))
            self.end_headers()
            self.wfile.write(made)

        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)  # noqa: T201 - told to whoever started this process
    server.serve_forever()


if __name__ == "__main__":
    _serve(json.loads(sys.argv[1]))
