"""Starts the real CSC test server (certomancer-csc-dummy) in a process of its own, on 127.0.0.1.

As it comes it speaks v1 and asks for no consent of a person. Around it, and never in place of it, stand the spelling
of v2, a PIN and one-time codes before `credentials/authorize`, and a count of the calls.
"""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.conftest import lacking

PIN: Final = "97531"
CREDENTIALS: Final = {"EC": "truong/head-ec", "RSA": "truong/head-rsa"}
OF_AN_AUTHORITY: Final = "truong/issuing"
_VALIDITY: Final = {"valid-from": "2020-01-01T00:00:00+0000", "valid-to": "2060-01-01T00:00:00+0000"}


@dataclass(frozen=True)
class CscServer:
    """A server that runs. url: what stands before /csc/."""

    url: str
    port: int

    def calls(self) -> Counter[str]:
        """How often each endpoint was called."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", "/calls")
            return Counter(json.loads(connection.getresponse().read()))
        finally:
            connection.close()


@contextmanager
def csc_server(
    folder: Path, *, at_once: int = 1000, pinned: bool = True, pin: bool = False, codes: bool = False
) -> Iterator[CscServer]:
    """Start it, or skip. at_once: signatures for each consent. pinned: consent names the hashes (SCAL 2).

    pin, codes: what a person must give for a consent; each code is good once.
    """
    if find_spec("csc_dummy") is None:
        lacking("the package certomancer-csc-dummy is not installed")
    arguments = {"at_once": at_once, "pinned": pinned, "pin": pin, "codes": codes, "config": str(_config(folder))}
    command = [sys.executable, "-m", "tests.portal.signers.csc_process", json.dumps(arguments)]
    root = Path(__file__).parents[3]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            assert server.stderr is not None
            line = server.stdout.readline()
            assert line, server.stderr.read()
            yield CscServer(f"http://127.0.0.1:{int(line)}", int(line))
        finally:
            server.terminate()


def _config(folder: Path) -> Path:
    """Keys, and what Certomancer is to certify: a root, an authority under it, and a head with an RSA and an EC key."""
    keys: dict[str, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey] = {
        "root": ec.generate_private_key(ec.SECP256R1()),
        "issuing": ec.generate_private_key(ec.SECP256R1()),
        "head-ec": ec.generate_private_key(ec.SECP256R1()),
        "head-rsa": rsa.generate_private_key(65537, 2048),
    }
    for name, key in keys.items():
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / f"{name}.pem").write_bytes(pem)
    config = {
        "keysets": {"k": {"path-prefix": str(folder), "keys": {name: {"path": f"{name}.pem"} for name in keys}}},
        "pki-architectures": {
            "truong": {
                "keyset": "k",
                "entity-defaults": {"country-name": "VN", "organization-name": "Trường Tiểu học Mẫu số 1"},
                "entities": {name: {"common-name": f"Thử nghiệm {name}"} for name in keys},
                "certs": {
                    "root": _authority("root"),
                    "issuing": _authority("root"),
                    "head-ec": _leaf(),
                    "head-rsa": _leaf(),
                },
            }
        },
    }
    path = folder / "certomancer.yml"
    path.write_text(json.dumps(config), encoding="utf-8")  # JSON is YAML
    return path


def _authority(issuer: str) -> dict[str, Any]:
    basic = {"id": "basic_constraints", "critical": True, "value": {"ca": True}}
    return {"issuer": issuer, "validity": _VALIDITY, "extensions": [basic, _usage("key_cert_sign", "crl_sign")]}


def _leaf() -> dict[str, Any]:
    return {"issuer": "issuing", "validity": _VALIDITY, "extensions": [_usage("digital_signature")]}


def _usage(*purposes: str) -> dict[str, Any]:
    value = {"schema": "key-usage", "params": list(purposes)}
    return {"id": "key_usage", "critical": True, "smart-value": value}
