"""A signer whose key lies in a USB token or HSM and is asked through PKCS#11; the key never leaves it.

One session is held open for a batch, after one PIN entry. Certificate and chain are read from the token; which
certificate belongs to which key is told by CKA_ID, and checked against the key where the token shows its public half.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

import pkcs11
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass, TokenFlag, exceptions

from portal.signers.certificates import PublicKey, between, encoded, load, signing_key_of, suits_signing
from portal.signers.ecdsa import ecdsa_der
from portal.signers.refusals import SignerProblem, SignerRefused

# DigestInfo of SHA-256 (RFC 8017 §9.2, note 1), for tokens that only pad and exponentiate.
_SHA256_INFO: Final = bytes.fromhex("3031300d060960864801650304020105000420")
_OF_KEY_TYPE: Final = {KeyType.RSA: RSAPublicKey, KeyType.EC: EllipticCurvePublicKey}
_PIN_PROBLEMS: Final = {
    exceptions.PinIncorrect: SignerProblem.WRONG_PIN,
    exceptions.PinInvalid: SignerProblem.WRONG_PIN,
    exceptions.PinLenRange: SignerProblem.WRONG_PIN,
    exceptions.PinLocked: SignerProblem.PIN_LOCKED,
    exceptions.PinExpired: SignerProblem.PIN_NOT_SET,
    exceptions.UserPinNotInitialized: SignerProblem.PIN_NOT_SET,
}
_LOST: Final = (
    exceptions.DeviceRemoved,
    exceptions.DeviceError,
    exceptions.TokenNotPresent,
    exceptions.TokenNotRecognised,
    exceptions.SessionClosed,
    exceptions.SessionHandleInvalid,
    exceptions.ObjectHandleInvalid,
    exceptions.KeyHandleInvalid,
    exceptions.SlotIDInvalid,
    exceptions.UserNotLoggedIn,
)


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """What a person is told of a token before the PIN.

    few_tries: a wrong PIN was given since the last right one. last_try: one more locks the token.
    """

    label: str
    serial: str
    few_tries: bool
    last_try: bool


@dataclass(frozen=True, slots=True)
class _Pair:
    """A private key and its certificate. name: as the token calls it; ident: CKA_ID in hexadecimal."""

    key: Any
    certificate: x509.Certificate
    name: str
    ident: str

    @property
    def shown(self) -> str:
        return f"“{self.name or self.ident}”"

    def is_called(self, wanted: str) -> bool:
        return wanted in (self.name, self.ident)


class TokenSigner:
    """A `verify.signing.Signer` over a key in a token; usable while its session is open."""

    __slots__ = ("_certificate", "_chain", "_key", "_kind", "_mechanisms", "_pin")

    def __init__(self, pair: _Pair, chain: tuple[bytes, ...], mechanisms: set[Mechanism], pin: str | None) -> None:
        self._key = pair.key
        self._kind = pair.key.key_type
        self._certificate = encoded(pair.certificate)
        self._chain = chain
        self._mechanisms = mechanisms
        # Kept only for a key that wants its PIN again at each signature (CKA_ALWAYS_AUTHENTICATE).
        self._pin = pin

    @property
    def certificate(self) -> bytes:
        return self._certificate

    @property
    def chain(self) -> tuple[bytes, ...]:
        return self._chain

    def sign(self, data: bytes) -> bytes:
        """PKCS#1 v1.5 or ECDSA (DER) with SHA-256; raises SignerRefused when the token fails or is gone."""
        with _reported():
            if self._kind is KeyType.EC:
                return ecdsa_der(self._ask(hashlib.sha256(data).digest(), Mechanism.ECDSA))
            if Mechanism.SHA256_RSA_PKCS in self._mechanisms:
                return self._ask(data, Mechanism.SHA256_RSA_PKCS)
            return self._ask(_SHA256_INFO + hashlib.sha256(data).digest(), Mechanism.RSA_PKCS)

    def _ask(self, data: bytes, mechanism: Mechanism) -> bytes:
        return bytes(self._key.sign(data, mechanism=mechanism, pin=self._pin))

    def __repr__(self) -> str:
        return "TokenSigner(key in the token)"


@contextmanager
def open_token(
    library: str, token: str | None, key: str | None, ask_pin: Callable[[TokenFacts], str]
) -> Iterator[TokenSigner]:
    """Log in once and hold the session until the block ends; raises SignerRefused.

    library: path of the PKCS#11 library. token: label or serial number; key: label or CKA_ID in hexadecimal; None where
    there is one only. ask_pin: called once, and not at all for a token with its own PIN pad.
    """
    loaded = _loaded(library)
    try:
        with _reported():
            chosen = _token(loaded, token)
            pin = _pin(chosen, ask_pin)
            session = chosen.open(user_pin=pin)
        try:
            with _reported():
                signer = _signer(session, chosen, key, pin)
            yield signer
        finally:
            with suppress(exceptions.PKCS11Error):
                session.close()
    finally:
        # Finalised, so that the next opening sees a token that was plugged in meanwhile.
        with suppress(exceptions.PKCS11Error):
            loaded.finalize()


def problem_of(error: exceptions.PKCS11Error) -> SignerRefused:
    """What an error of a token means for a person."""
    for kind, problem in _PIN_PROBLEMS.items():
        if isinstance(error, kind):
            return SignerRefused(problem)
    if isinstance(error, _LOST):
        return SignerRefused(SignerProblem.DEVICE_LOST)
    return SignerRefused(SignerProblem.DEVICE_FAILED, error=type(error).__name__)


@contextmanager
def _reported() -> Iterator[None]:
    try:
        yield
    except exceptions.PKCS11Error as error:
        raise problem_of(error) from error


def _loaded(library: str) -> Any:
    try:
        return pkcs11.lib(library)
    except (RuntimeError, OSError) as error:  # PKCS11Error is a RuntimeError
        raise SignerRefused(SignerProblem.LIBRARY_UNUSABLE, library=library) from error


def _token(loaded: Any, wanted: str | None) -> pkcs11.Token:
    found = [token for token in _tokens(loaded) if wanted in (None, token.label, _serial(token))]
    if not found:
        raise SignerRefused(SignerProblem.NO_DEVICE, wanted=f" “{wanted}”" if wanted else "")
    if len(found) > 1:
        names = ", ".join(f"“{token.label}” (số {_serial(token)})" for token in found)
        raise SignerRefused(SignerProblem.SEVERAL_DEVICES, found=names)
    return found[0]


def _tokens(loaded: Any) -> Iterator[pkcs11.Token]:
    for slot in loaded.get_slots(token_present=True):
        with suppress(exceptions.TokenNotPresent, exceptions.TokenNotRecognised):
            token = slot.get_token()
            if token.label or TokenFlag.TOKEN_INITIALIZED in token.flags:
                yield token


def _serial(token: pkcs11.Token) -> str:
    return token.serial.decode("ascii", "replace").strip("\0 ")


def _pin(token: pkcs11.Token, ask_pin: Callable[[TokenFacts], str]) -> Any:
    flags = token.flags
    if TokenFlag.USER_PIN_LOCKED in flags:
        raise SignerRefused(SignerProblem.PIN_LOCKED)
    if TokenFlag.USER_PIN_INITIALIZED not in flags:
        raise SignerRefused(SignerProblem.PIN_NOT_SET)
    if TokenFlag.PROTECTED_AUTHENTICATION_PATH in flags:
        return pkcs11.PROTECTED_AUTH
    last_try = TokenFlag.USER_PIN_FINAL_TRY in flags
    return ask_pin(TokenFacts(token.label, _serial(token), TokenFlag.USER_PIN_COUNT_LOW in flags, last_try))


def _signer(session: pkcs11.Session, token: pkcs11.Token, key: str | None, pin: Any) -> TokenSigner:
    certificates = list(_certificates(session))
    pair = _chosen(list(_pairs(session, certificates)), key)
    public = signing_key_of(pair.certificate)
    _require_same_key(session, pair, public)
    chain = between(pair.certificate, [held for _ident, held in certificates])
    again = pin if isinstance(pin, str) and _attribute(pair.key, Attribute.ALWAYS_AUTHENTICATE) else None
    return TokenSigner(pair, chain, token.slot.get_mechanisms(), again)


def _certificates(session: pkcs11.Session) -> Iterator[tuple[bytes, x509.Certificate]]:
    for held in session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE}):
        read = load(_attribute(held, Attribute.VALUE) or b"")
        if read is not None:
            yield _attribute(held, Attribute.ID) or b"", read


def _pairs(session: pkcs11.Session, certificates: Sequence[tuple[bytes, x509.Certificate]]) -> Iterator[_Pair]:
    """Each private key that signs, with the newest certificate under its CKA_ID."""
    keys = [
        held
        for held in session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY})
        if _attribute(held, Attribute.SIGN) is not False and _attribute(held, Attribute.KEY_TYPE) in _OF_KEY_TYPE
    ]
    if not keys:
        raise SignerRefused(SignerProblem.NO_KEY)
    for key in keys:
        ident = _attribute(key, Attribute.ID) or b""
        own = [read for held, read in certificates if held == ident]
        if own:
            newest = max(own, key=lambda read: read.not_valid_before_utc)
            yield _Pair(key, newest, _attribute(key, Attribute.LABEL) or "", ident.hex())


def _chosen(pairs: list[_Pair], wanted: str | None) -> _Pair:
    if not pairs:
        raise SignerRefused(SignerProblem.NO_CERTIFICATE)
    if wanted is not None:
        found = [pair for pair in pairs if pair.is_called(wanted)]
    else:
        found = [pair for pair in pairs if suits_signing(pair.certificate)] or pairs
    if not found:
        raise SignerRefused(SignerProblem.NO_KEY, wanted=f" tên “{wanted}”")
    if len(found) > 1:
        raise SignerRefused(SignerProblem.SEVERAL_KEYS, found=", ".join(pair.shown for pair in found))
    return found[0]


def _require_same_key(session: pkcs11.Session, pair: _Pair, public: PublicKey) -> None:
    """Refuse before the first signature where the token shows enough; the first signature is checked anyway."""
    held: bytes | None
    if not isinstance(public, _OF_KEY_TYPE[pair.key.key_type]):
        raise SignerRefused(SignerProblem.KEY_NOT_OF_CERTIFICATE)
    if isinstance(public, RSAPublicKey):
        held = _attribute(pair.key, Attribute.MODULUS)
        same = held is None or int.from_bytes(held, "big") == public.public_numbers().n
    else:
        held = _public_point(session, pair)
        same = held is None or held.endswith(public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))
    if not same:
        raise SignerRefused(SignerProblem.KEY_NOT_OF_CERTIFICATE)


def _public_point(session: pkcs11.Session, pair: _Pair) -> bytes | None:
    template = {Attribute.CLASS: ObjectClass.PUBLIC_KEY, Attribute.ID: bytes.fromhex(pair.ident)}
    points = [_attribute(held, Attribute.EC_POINT) for held in session.get_objects(template)]
    return points[0] if points else None


def _attribute(held: Any, name: Attribute) -> Any:
    """An attribute, or None where the token does not have or not show it."""
    try:
        return held[name]
    except exceptions.PKCS11Error:
        return None
