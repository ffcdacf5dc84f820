"""Real tokens for tests: SoftHSM2 with keys and certificates of the fake PKI. Nothing stands in for a token."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pkcs11
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from pkcs11 import Attribute, CertificateType, ObjectClass, TokenFlag
from pkcs11.util.ec import decode_ec_private_key, decode_ec_public_key
from pkcs11.util.rsa import decode_rsa_private_key, decode_rsa_public_key

from portal.signers.file import FileSigner
from tests.conftest import lacking

PIN: Final = "24681357"
WRONG_PIN: Final = "11111111"
_SO_PIN: Final = "12345678"
_LIBRARIES: Final = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
)
# CKA_OS_TOKENFLAGS in a token's file: type, kind "unsigned long", then the value; 8 octets each, big-endian.
_FLAGS_BEFORE: Final = bytes.fromhex("000000008000534b0000000000000002")

# CKA_OS_USERPIN, its kind "octets" and its length; the last attribute of a token's file.
_PIN_BEFORE: Final = bytes.fromhex("000000008000534d0000000000000003")

Template = dict[Attribute, Any]


@dataclass(frozen=True)
class SoftHsm:
    """A folder of tokens. library: path of the PKCS#11 library, which finds the folder through SOFTHSM2_CONF."""

    library: str
    folder: Path

    def configure(self, *lines: str) -> None:
        """Write the configuration that holds from the next opening on."""
        tokens = self.folder / "tokens"
        tokens.mkdir(exist_ok=True)
        held = [f"directories.tokendir = {tokens}", "objectstore.backend = file", "log.level = ERROR", *lines]
        (self.folder / "softhsm2.conf").write_text("\n".join(held) + "\n", encoding="utf-8")

    def token(self, label: str, *objects: Template) -> None:
        """Make a token that holds these."""
        given = ["--label", label, "--so-pin", _SO_PIN, "--pin", PIN]
        subprocess.run(["softhsm2-util", "--init-token", "--free", *given], check=True, capture_output=True)
        self.put(label, *objects)

    def put(self, label: str, *objects: Template) -> None:
        with self._opened() as loaded:
            token = next(token for token in loaded.get_tokens() if token.label == label)
            with token.open(rw=True, user_pin=PIN) as session:
                for held in objects:
                    session.create_object({Attribute.TOKEN: True, **held})

    def unplug(self, label: str) -> None:
        """Take the token away, as far as that can be done to software: nothing it held is there any more."""
        shutil.rmtree(self._folder_of(label))

    def set_flags(self, label: str, *, on: int = 0, off: int = 0) -> None:
        """Change bits of what the token says about its PIN, in the file where it keeps that."""
        path = self._folder_of(label) / "token.object"
        data = bytearray(path.read_bytes())
        start = data.index(_FLAGS_BEFORE) + len(_FLAGS_BEFORE)
        held = int.from_bytes(data[start : start + 8], "big") & ~off | on
        data[start : start + 8] = held.to_bytes(8, "big")
        path.write_bytes(data)

    def forget_pin(self, label: str) -> None:
        """As delivered, before anybody chose a PIN."""
        path = self._folder_of(label) / "token.object"
        data = path.read_bytes()
        path.write_bytes(data[: data.index(_PIN_BEFORE)])
        self.set_flags(label, off=TokenFlag.USER_PIN_INITIALIZED)

    def _folder_of(self, label: str) -> Path:
        files = (self.folder / "tokens").glob("*/token.object")
        (found,) = (path.parent for path in files if label.encode() + b" " in path.read_bytes())
        return found

    @contextmanager
    def _opened(self) -> Iterator[Any]:
        loaded = pkcs11.lib(self.library)
        try:
            yield loaded
        finally:
            loaded.finalize()


def softhsm(folder: Path, patch: pytest.MonkeyPatch) -> SoftHsm:
    """An empty SoftHSM2 in a folder, or a skip."""
    library = next((path for path in _LIBRARIES if Path(path).exists()), None)
    if library is None or shutil.which("softhsm2-util") is None:
        lacking("SoftHSM2 is not installed (apt-get install softhsm2)")
    patch.setenv("SOFTHSM2_CONF", str(folder / "softhsm2.conf"))
    made = SoftHsm(str(library), folder)
    made.configure()
    return made


def key_pair(signer: FileSigner, ident: bytes = b"\x01", label: str = "khoa", **further: Any) -> tuple[Template, ...]:
    """The private and the public key of a signer; `further` are attributes of the private one."""
    der = signer._key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    public = signer._key.public_key()
    if isinstance(signer._key, ec.EllipticCurvePrivateKey):
        private = decode_ec_private_key(der)
        shown = decode_ec_public_key(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    else:
        private = decode_rsa_private_key(der)
        shown = decode_rsa_public_key(public.public_bytes(Encoding.DER, PublicFormat.PKCS1))
    named = {Attribute.ID: ident, Attribute.LABEL: label}
    hidden = {Attribute.PRIVATE: True, Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False, Attribute.SIGN: True}
    more = {Attribute[name.upper()]: value for name, value in further.items()}
    return {**private, **named, **hidden, **more}, {**shown, **named, Attribute.PRIVATE: False}


def certificate(der: bytes, ident: bytes = b"\x01", label: str = "chung thu") -> Template:
    read = x509.load_der_x509_certificate(der)
    return {
        Attribute.CLASS: ObjectClass.CERTIFICATE,
        Attribute.CERTIFICATE_TYPE: CertificateType.X_509,
        Attribute.VALUE: der,
        Attribute.SUBJECT: read.subject.public_bytes(),
        Attribute.ISSUER: read.issuer.public_bytes(),
        Attribute.ID: ident,
        Attribute.LABEL: label,
        Attribute.PRIVATE: False,
    }


def all_of(signer: FileSigner, ident: bytes = b"\x01", label: str = "khoa", **further: Any) -> tuple[Template, ...]:
    """Key pair, certificate and chain, as a provider hands out a token."""
    chain = (certificate(der, bytes((0xCA, number))) for number, der in enumerate(signer.chain))
    return (*key_pair(signer, ident, label, **further), certificate(signer.certificate, ident), *chain)
