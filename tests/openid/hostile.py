"""A provider that does not keep to the rules: each defect by its name, with real keys and real signatures."""

import json
import threading
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from tests.openid.running import CLIENT_ID, SECRET

OWN: Final = RSAKey.generate_key(2048, {"kid": "own", "use": "sig"})
FOREIGN: Final = RSAKey.generate_key(2048, {"kid": "own", "use": "sig"})
CLAIM_DEFECTS: Final[dict[str, dict[str, Any]]] = {
    "wrong_issuer": {"iss": "https://another.invalid"},
    "wrong_audience": {"aud": "another-client"},
    "audience_of_another": {"aud": "another-client", "azp": CLIENT_ID},
    "two_audiences_for_another": {"aud": [CLIENT_ID, "another-client"], "azp": "another-client"},
    "wrong_nonce": {"nonce": "of another request"},
    "no_nonce": {"nonce": None},
    "expired": {"exp": 1_700_000_000},
    "no_expiry": {"exp": None},
    "of_the_future": {"iat": 4_000_000_000, "nbf": 4_000_000_000},
    "nobody": {"sub": None},
    "empty_subject": {"sub": ""},
    "subject_is_a_number": {"sub": 7},
}
SIGNATURE_DEFECTS: Final = (
    "unsigned",
    "unsigned_in_capitals",
    "by_the_client_secret",
    "by_the_public_key",
    "by_another_key",
)
DEFECTS: Final = (*CLAIM_DEFECTS, *SIGNATURE_DEFECTS)


@dataclass
class Hostile:
    """What it answers next. nonce: of the request. told: what discovery says beside the truth. asked: paths."""

    issuer: str = ""
    defect: str = ""
    nonce: str = ""
    at: int = 0
    told: dict[str, str] = field(default_factory=dict)
    moved: str = ""
    asked: list[str] = field(default_factory=list)

    def token(self) -> str:
        """An ID token with the defect that is asked for."""
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "sub": "079123456789",
            "aud": CLIENT_ID,
            "nonce": self.nonce,
            "iat": self.at,
            "exp": self.at + 300,
        }
        claims |= CLAIM_DEFECTS.get(self.defect, {})
        claims = {name: value for name, value in claims.items() if value is not None}
        if self.defect.startswith("unsigned"):
            return _unsigned(claims, "NONE" if self.defect.endswith("capitals") else "none")
        if self.defect == "by_the_client_secret":
            return str(jwt.encode({"alg": "HS256", "kid": "own"}, claims, OctKey.import_key(SECRET)))
        if self.defect == "by_the_public_key":
            # The oldest trick: the public key, which everybody has, taken for a secret.
            return str(
                jwt.encode({"alg": "HS256", "kid": "own"}, claims, OctKey.import_key(OWN.as_pem(private=False)[27:-26]))
            )
        return str(
            jwt.encode({"alg": "RS256", "kid": "own"}, claims, FOREIGN if self.defect == "by_another_key" else OWN)
        )


@contextmanager
def hostile() -> Iterator[Hostile]:
    """One that runs; its issuer is a loopback address."""
    held = Hostile()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            held.asked.append(self.path)
            if self.path.endswith("/openid-configuration"):
                self._send(_discovery(held))
            else:
                self._send({"keys": [OWN.as_dict(private=False)]})

        def do_POST(self) -> None:
            held.asked.append(self.path)
            self.rfile.read(int(self.headers["Content-Length"]))
            self._send({"access_token": "a", "token_type": "Bearer", "id_token": held.token()})

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

        def _send(self, value: object) -> None:
            data = json.dumps(value).encode()
            self.send_response(302 if held.moved and self.command == "POST" else 200)
            if held.moved:
                self.send_header("Location", held.moved)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    held.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, name="hostile")
    thread.start()
    try:
        yield held
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _discovery(held: Hostile) -> dict[str, object]:
    return {
        "issuer": held.issuer,
        "authorization_endpoint": f"{held.issuer}/auth",
        "token_endpoint": f"{held.issuer}/token",
        "jwks_uri": f"{held.issuer}/jwks",
        # What it would like to be allowed is nothing to us.
        "id_token_signing_alg_values_supported": ["none", "HS256", "RS256"],
        **held.told,
    }


def _unsigned(claims: dict[str, Any], algorithm: str) -> str:
    parts = ({"alg": algorithm, "typ": "JWT"}, claims)
    return ".".join(urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts) + "."
