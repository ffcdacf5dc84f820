"""A signer whose key lies at a provider and is asked through the API of the Cloud Signature Consortium (CSC), v1 or v2.

Only hashes go to the provider. One consent (`credentials/authorize`) covers as many signatures as the credential
allows at once, and names their hashes. The client is our own and small: pyHanko's spells v1 only and drops the reason
for which a provider refuses (docs/decisions/0008).
"""

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from portal.signers.certificates import between, encoded, load, signing_key_of
from portal.signers.ecdsa import ecdsa_der
from portal.signers.json_calls import JsonObject, Service, call
from portal.signers.refusals import SignerProblem, SignerRefused

Version = Literal["v1", "v2"]

_SHA256_OID: Final = "2.16.840.1.101.3.4.2.1"
_SHA256_RSA_OID: Final = "1.2.840.113549.1.1.11"
_RSA_OID: Final = "1.2.840.113549.1.1.1"
_SHA256_ECDSA_OID: Final = "1.2.840.10045.4.3.2"
_ECDSA_RAW_BYTES: Final = 64  # r‖s of P-256, as some providers answer


@dataclass(frozen=True, slots=True)
class RemoteKey:
    """Which key of which provider. url: what stands before /csc/. token: the OAuth access token, if one is wanted."""

    url: str
    credential: str
    version: Version = "v1"
    token: str | None = field(default=None, repr=False)


class Consent(Protocol):
    """Asks the person for what the provider wants to know before it signs."""

    def pin(self, of: str) -> str:
        """The PIN of a credential; asked once."""
        ...

    def one_time_code(self, of: str) -> str:
        """A fresh code; asked for each consent."""
        ...


@dataclass(frozen=True, slots=True)
class _Credential:
    """What the provider says of a key. algorithm: OID. at_once: signatures for each consent."""

    certificate: x509.Certificate
    chain: tuple[bytes, ...]
    algorithm: str
    at_once: int
    wants_pin: bool
    wants_code: bool


class RemoteSigner:
    """A `portal.signers.batch.BatchSigner` over a credential of a provider."""

    __slots__ = ("_consent", "_credential", "_key", "_pin", "_service")

    def __init__(self, key: RemoteKey, consent: Consent) -> None:
        """Ask the provider about the credential; raises SignerRefused."""
        self._key = key
        self._service = Service.at(f"{key.url.rstrip('/')}/csc/{key.version}", key.token)
        self._consent = consent
        self._pin: str | None = None
        self._credential = _credential(
            self._call("credentials/info", {"certificates": "chain", "certInfo": False}), key
        )

    @property
    def certificate(self) -> bytes:
        return encoded(self._credential.certificate)

    @property
    def chain(self) -> tuple[bytes, ...]:
        return self._credential.chain

    def sign(self, data: bytes) -> bytes:
        """PKCS#1 v1.5 or ECDSA (DER) with SHA-256; one consent for this one signature."""
        (signature,) = self.sign_all([data])
        return signature

    def sign_all(self, messages: Sequence[bytes]) -> Iterator[bytes]:
        """In the order of the messages, as many for each consent as the provider allows; raises SignerRefused."""
        hashes = [base64.b64encode(hashlib.sha256(message).digest()).decode("ascii") for message in messages]
        for start in range(0, len(hashes), self._credential.at_once):
            together = hashes[start : start + self._credential.at_once]
            yield from self._signed(together, self._authorised(together))

    def _authorised(self, hashes: list[str]) -> str:
        if self._credential.wants_pin and self._pin is None:
            self._pin = self._consent.pin(self._key.credential)
        pin = self._pin
        code = self._consent.one_time_code(self._key.credential) if self._credential.wants_code else None
        given = {name: value for name, value in (("PIN", pin), ("OTP", code)) if value is not None}
        body = {"numSignatures": len(hashes), **self._hashes(hashes), **self._auth_data(given)}
        activation = self._call("credentials/authorize", body).get("SAD")
        if not isinstance(activation, str) or not activation:
            raise _not_understood("SAD")
        return activation

    def _signed(self, hashes: list[str], activation: str) -> Iterator[bytes]:
        algorithms = {"signAlgo": self._credential.algorithm, "hashAlgo": _SHA256_OID}
        body = {"SAD": activation, **algorithms, **self._hashes(hashes)}
        signatures = self._call("signatures/signHash", body).get("signatures")
        if not isinstance(signatures, list) or len(signatures) != len(hashes):
            raise _not_understood("signatures")
        return map(self._raw, signatures)

    def _raw(self, encoded_signature: object) -> bytes:
        raw = _decoded(encoded_signature, "signatures")
        if self._credential.algorithm == _SHA256_ECDSA_OID and len(raw) == _ECDSA_RAW_BYTES:
            return ecdsa_der(raw)
        return raw

    def _auth_data(self, given: Mapping[str, str]) -> dict[str, object]:
        if self._key.version == "v1" or not given:
            return dict(given)
        return {"authData": [{"id": name, "value": value} for name, value in given.items()]}

    def _hashes(self, hashes: list[str]) -> dict[str, object]:
        if self._key.version == "v1":
            return {"hash": hashes}
        return {"hashes": hashes, "hashAlgorithmOID": _SHA256_OID}

    def _call(self, endpoint: str, body: Mapping[str, object]) -> JsonObject:
        return call(self._service, endpoint, {"credentialID": self._key.credential, **body})

    def __repr__(self) -> str:
        return "RemoteSigner(key at the provider)"


def _credential(answer: JsonObject, key: RemoteKey) -> _Credential:
    leaf, others = _certificates(_part(answer, "cert"))
    held = _part(answer, "key")
    if held.get("status") != "enabled":
        raise SignerRefused(SignerProblem.CREDENTIAL_UNUSABLE, credential=key.credential)
    public = signing_key_of(leaf)
    at_once = answer.get("multisign", 1)
    if not isinstance(at_once, int) or at_once < 1:
        raise _not_understood("multisign")
    wanted = _wanted(answer, key.version)
    return _Credential(
        certificate=leaf,
        chain=between(leaf, others),
        algorithm=_algorithm(held, rsa=isinstance(public, RSAPublicKey)),
        at_once=at_once,
        wants_pin="PIN" in wanted,
        wants_code="OTP" in wanted,
    )


def _certificates(part: JsonObject) -> tuple[x509.Certificate, list[x509.Certificate]]:
    """The signer's certificate, which comes first, and whatever else was sent."""
    listed = part.get("certificates")
    if not isinstance(listed, list) or not listed:
        raise _not_understood("certificates")
    read = [load(_decoded(each, "certificates")) for each in listed]
    if read[0] is None:
        raise _not_understood("certificates")
    return read[0], [each for each in read[1:] if each is not None]


def _algorithm(held: JsonObject, *, rsa: bool) -> str:
    offered = held.get("algo")
    if not isinstance(offered, list):
        raise _not_understood("algo")
    for ours in (_SHA256_RSA_OID, _RSA_OID) if rsa else (_SHA256_ECDSA_OID,):
        if ours in offered:
            return ours
    raise SignerRefused(SignerProblem.KEY_UNSUITABLE)


def _wanted(answer: JsonObject, version: Version) -> set[str]:
    """What `credentials/authorize` wants of the person: PIN, OTP."""
    if version == "v1":
        mode = answer.get("authMode")
        wanted = {name for name in ("PIN", "OTP") if _presence(answer.get(name)) in ("true", "True", True)}
    else:
        auth = _part(answer, "auth")
        mode = auth.get("mode")
        objects = auth.get("objects", [])
        if not isinstance(objects, list):
            raise _not_understood("auth")
        wanted = {str(each.get("id")) for each in objects if isinstance(each, dict)}
    if mode == "implicit":
        return set()
    if mode != "explicit" or not wanted <= {"PIN", "OTP"}:
        raise SignerRefused(SignerProblem.AUTHORISATION_ELSEWHERE, mode=f"{mode}"[:40])
    return wanted


def _presence(value: object) -> object:
    return value.get("presence") if isinstance(value, dict) else None


def _part(answer: JsonObject, name: str) -> JsonObject:
    value = answer.get(name)
    if not isinstance(value, dict):
        raise _not_understood(name)
    return value


def _decoded(value: object, name: str) -> bytes:
    if not isinstance(value, str):
        raise _not_understood(name)
    try:
        return base64.b64decode(value, validate=True)
    except ValueError as error:
        raise _not_understood(name) from error


def _not_understood(what: str) -> SignerRefused:
    return SignerRefused(SignerProblem.SERVICE_NOT_UNDERSTOOD, error=what)
