"""A certificate authority for the demo and for training: never for a real school.

Every name carries "DỮ LIỆU MẪU". A root, an issuing authority under it, and one key for each role of each demo unit
lie as PEM files (mode 0600) in one folder; a file is written whole or not at all, and what exists is never made
again. Threads and processes share the folder: who makes or changes a file holds its lock. Times come from the caller.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from portal.signers.file import FileSigner
from verify.anchors import TrustStore
from verify.errors import MalformedRecord, Refusal
from verify.signing import Role

SAMPLE: Final = "DỮ LIỆU MẪU"
# RFC 2606 §2: a name that never resolves; nothing fetches it.
_LIST_ADDRESS: Final = "http://mau.invalid/thu-hoi/{name}.crl"
_ROOT, _ISSUING, _REVOKED = "root", "issuing", "revoked.json"
_LIFE: Final = {_ROOT: timedelta(days=20 * 365), _ISSUING: timedelta(days=10 * 365)}
# The demo's authorities were at work before the demo began: earlier years have signatures too.
_AGE: Final = timedelta(days=5 * 365)
_LEAF_LIFE: Final = timedelta(days=3 * 365)
# Upper bound of a name's part (RFC 5280 appendix A) in octets: what the library writes, and what everybody reads.
_NAME_OCTETS: Final = 64
# Clocks differ: what is made now is valid since yesterday.
_LEEWAY: Final = timedelta(days=1)
_LIST_LIFE: Final = timedelta(days=7)
_ROLE_NAMES: Final = {
    Role.HOMEROOM_TEACHER: "Giáo viên chủ nhiệm",
    Role.HEAD: "Người đứng đầu",
    Role.SCHOOL_SEAL: "Con dấu số",
    Role.DEPARTMENT_SEAL: "Con dấu số",
}

_Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True, slots=True)
class _Authority:
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)


class DemoAuthority:
    """The demo's root and issuing authority, opened from a folder or made there."""

    __slots__ = ("_folder", "_issuing", "_root")

    def __init__(self, folder: Path, now: datetime) -> None:
        """Open the authority in a folder; makes what is missing. now: with time zone."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        with _alone(folder):
            self._root = _authority(folder, _ROOT, f"Chứng thực gốc ({SAMPLE})", None, now)
            self._issuing = _authority(folder, _ISSUING, f"Chứng thực chữ ký số ({SAMPLE})", self._root, now)

    def demo_signer(
        self, unit_code: str, unit_name: str, role: Role, person: str | None, now: datetime, *, use_rsa: bool = False
    ) -> FileSigner:
        """The demo key of a unit in a role; made at the first call. person: whose name it bears, None for a seal."""
        path = self._folder / f"{unit_code}.{role.value}.pem"
        with _alone(self._folder):
            if not path.exists():
                key = _new_rsa_key() if use_rsa else _new_key()
                name = _name(_marked(person or _ROLE_NAMES[role]), unit_name, _ROLE_NAMES[role])
                certificate = self._issue_demo(key, name, now)
                _write_private(path, _pem(key), _pem(certificate), _pem(self._issuing.certificate))
        return FileSigner.from_pem(path.read_bytes())

    def _issue_demo(self, key: _Key, name: x509.Name, now: datetime) -> x509.Certificate:
        usage = _usage(digital_signature=True, content_commitment=True)
        builder = _builder(key, name, self._issuing.certificate.subject, now, _LEAF_LIFE)
        builder = (
            builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(_issuer_key(self._issuing.key), critical=False)
            .add_extension(_list_address(_ISSUING), critical=False)
        )
        return builder.sign(self._issuing.key, SHA256())

    def demo_trust(self, now: datetime) -> TrustStore:
        """Roots, intermediates and revocation lists that are fresh at `now`."""
        return TrustStore((self._root.der,), (self._issuing.der,), self.crls(now))

    def crls(self, now: datetime) -> tuple[bytes, ...]:
        """Both revocation lists (DER); one that has less than half of its life left is made anew."""
        with _alone(self._folder):
            return tuple(self._list(name, now) for name in (_ROOT, _ISSUING))

    def root_pem(self) -> bytes:
        """The root certificate, as `openssl cms -verify -CAfile` takes it."""
        return _pem(self._root.certificate)

    def revoke_demo(self, certificate: bytes, now: datetime) -> None:
        """Put a certificate (DER) of the issuing authority on its list, from `now` on; twice changes nothing.

        Raises MalformedRecord(BAD_CERTIFICATE) for a certificate of anybody else.
        """
        serial = f"{self._issued(certificate).serial_number:x}"
        with _alone(self._folder):
            revoked = self._revoked()
            if serial not in revoked:
                revoked[serial] = now.isoformat()
                _write_private(self._folder / _REVOKED, json.dumps(revoked, indent=1).encode())
                self._write_list(_ISSUING, now)

    def _issued(self, certificate: bytes) -> x509.Certificate:
        try:
            read = x509.load_der_x509_certificate(certificate)
            read.verify_directly_issued_by(self._issuing.certificate)
        except (ValueError, TypeError, InvalidSignature) as error:
            raise MalformedRecord(Refusal.BAD_CERTIFICATE, "of another authority") from error
        return read

    def _revoked(self) -> dict[str, str]:
        try:
            held = json.loads((self._folder / _REVOKED).read_bytes())
        except FileNotFoundError:
            return {}
        return {str(serial): str(at) for serial, at in held.items()}

    def _list(self, name: str, now: datetime) -> bytes:
        try:
            held = x509.load_der_x509_crl((self._folder / f"{name}.crl").read_bytes())
        except FileNotFoundError:
            return self._write_list(name, now)
        ends = held.next_update_utc
        fresh = ends is not None and held.last_update_utc <= now <= ends - _LIST_LIFE / 2
        return held.public_bytes(Encoding.DER) if fresh else self._write_list(name, now)

    def _write_list(self, name: str, now: datetime) -> bytes:
        authority = self._root if name == _ROOT else self._issuing
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(authority.certificate.subject)
            .last_update(now)
            .next_update(now + _LIST_LIFE)
            .add_extension(x509.CRLNumber(int(now.timestamp() * 1000)), critical=False)
            .add_extension(_issuer_key(authority.key), critical=False)
        )
        for serial, at in self._revoked().items() if name == _ISSUING else ():
            entry = x509.RevokedCertificateBuilder().serial_number(int(serial, 16))
            builder = builder.add_revoked_certificate(entry.revocation_date(datetime.fromisoformat(at)).build())
        data = builder.sign(authority.key, SHA256()).public_bytes(Encoding.DER)
        _write_private(self._folder / f"{name}.crl", data)
        return data


def _authority(folder: Path, name: str, shown: str, issuer: _Authority | None, now: datetime) -> _Authority:
    path = folder / f"{name}.pem"
    if not path.exists():
        key = _new_key()
        subject = _name(shown, SAMPLE, "Cơ quan chứng thực mẫu")
        certificate = _authority_certificate(key, subject, issuer, now - _AGE, _AGE + _LIFE[name])
        _write_private(path, _pem(key), _pem(certificate))
    data = path.read_bytes()
    held = load_pem_private_key(data, None)
    if not isinstance(held, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{path.name} holds no EC key")
    return _Authority(held, x509.load_pem_x509_certificate(data))


def _authority_certificate(
    key: ec.EllipticCurvePrivateKey,
    subject: x509.Name,
    issuer: _Authority | None,
    now: datetime,
    life: timedelta,
) -> x509.Certificate:
    issuer_name = subject if issuer is None else issuer.certificate.subject
    issuer_key = key if issuer is None else issuer.key
    depth = 1 if issuer is None else 0
    builder = _builder(key, subject, issuer_name, now, life)
    builder = (
        builder.add_extension(x509.BasicConstraints(ca=True, path_length=depth), critical=True)
        .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
        .add_extension(_issuer_key(issuer_key), critical=False)
    )
    if issuer is not None:
        builder = builder.add_extension(_list_address(_ROOT), critical=False)
    return builder.sign(issuer_key, SHA256())


def _builder(
    key: _Key, subject: x509.Name, issuer: x509.Name, now: datetime, life: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _LEEWAY)
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _marked(person: str) -> str:
    """A name that says that it is a sample, however long it is."""
    mark = f" ({SAMPLE})"
    return _cut(person, _NAME_OCTETS - len(mark.encode())) + mark


def _cut(text: str, octets: int) -> str:
    return text.encode()[:octets].decode(errors="ignore")


def _name(shown: str, organisation: str, unit: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, _cut(organisation, _NAME_OCTETS)),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, _cut(unit, _NAME_OCTETS)),
            x509.NameAttribute(NameOID.COMMON_NAME, _cut(shown, _NAME_OCTETS)),
        ]
    )


def _usage(
    *,
    digital_signature: bool = False,
    content_commitment: bool = False,
    key_cert_sign: bool = False,
    crl_sign: bool = False,
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=content_commitment,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )


def _issuer_key(key: ec.EllipticCurvePrivateKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())


def _list_address(name: str) -> x509.CRLDistributionPoints:
    where = x509.UniformResourceIdentifier(_LIST_ADDRESS.format(name=name))
    return x509.CRLDistributionPoints([x509.DistributionPoint([where], None, None, None)])


def _new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _new_rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _pem(value: _Key | x509.Certificate) -> bytes:
    if isinstance(value, x509.Certificate):
        return value.public_bytes(Encoding.PEM)
    return value.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the folder against other threads and processes; the lock ends with its holder."""
    descriptor = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _write_private(path: Path, *pieces: bytes) -> None:
    """Write whole or not at all, readable by the owner only."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.writelines(pieces)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
