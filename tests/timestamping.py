"""Timestamp authorities as what they are: a process that answers over HTTP, with a root and certificates of its own."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from http.client import HTTPConnection
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.conftest import lacking
from tests.timestamp_server import Served
from verify.anchors import TrustStore
from verify.timestamps import Authority

ROOT = Path(__file__).parents[1]
POLICY, OTHER_POLICY = "1.2.3.4.1", "1.2.3.4.2"
DAY = timedelta(days=1)
# Authorities stamp with the machine's clock.
BEGAN = datetime.now(UTC).replace(microsecond=0)
STAMPING = (ExtendedKeyUsageOID.TIME_STAMPING,)


@dataclass(frozen=True, slots=True)
class Issuer:
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    def crl(self, *revoked: tuple[x509.Certificate, datetime], made: datetime = BEGAN - DAY) -> bytes:
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(made)
            .next_update(made + 300 * DAY)
            .add_extension(x509.CRLNumber(1), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
        )
        for certificate, at in revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(certificate.serial_number).revocation_date(at)
            builder = builder.add_revoked_certificate(entry.build())
        return builder.sign(self.key, SHA256()).public_bytes(Encoding.DER)


@dataclass
class Authorities:
    """The cast: authorities by their paths, each good but for what its name says."""

    root: Issuer
    foreign: Issuer
    certificates: dict[str, x509.Certificate] = field(default_factory=dict)
    port: int = 0
    clock: Path = Path()

    def go_on(self, passed: timedelta) -> None:
        """Let time pass for `passing`, `following` and `ending`."""
        self.clock.write_text(str(passed.total_seconds()))

    def __call__(self, name: str, **changed: object) -> Authority:
        """One of the cast, as an operator would configure it."""
        values: dict[str, object] = {
            "name": name,
            "url": f"http://127.0.0.1:{self.port}/{name}",
            "trust": TrustStore((self.root.der,), (), (self.root.crl(),)),
            "policy": POLICY,
        }
        return Authority(**(values | changed))  # type: ignore[arg-type]

    def reply(self, name: str, query: bytes) -> bytes:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("POST", f"/{name}", query, {"Content-Type": "application/timestamp-query"})
            return connection.getresponse().read()
        finally:
            connection.close()


@cache
def issuers() -> tuple[Issuer, Issuer]:
    return _issuer("Gốc dấu thời gian thử nghiệm"), _issuer("Gốc dấu thời gian lạ")


@contextmanager
def served(folder: Path) -> Iterator[Authorities]:
    """The cast, listening."""
    if shutil.which("openssl") is None:
        lacking("no openssl, which stamps here")
    made = Authorities(*issuers())
    root, foreign = made.root, made.foreign
    made.clock = folder / "clock"
    made.go_on(timedelta(0))
    clock = str(made.clock)
    cast = {
        "good": Served("openssl", _credentials(folder, made, "good", root), POLICY),
        "second": Served("openssl", _credentials(folder, made, "second", root), POLICY),
        "certomancer": Served("certomancer", _credentials(folder, made, "certomancer", root), POLICY),
        "passing": Served("certomancer", _credentials(folder, made, "passing", root), POLICY, clock=clock),
        "following": Served("certomancer", _credentials(folder, made, "following", root), POLICY, clock=clock),
        "ending": Served(
            "certomancer", _credentials(folder, made, "ending", root, ends=BEGAN + 100 * DAY), POLICY, clock=clock
        ),
        "short": Served("openssl", _credentials(folder, made, "short", root, ends=BEGAN + 100 * DAY), POLICY),
        "other-policy": Served("openssl", _credentials(folder, made, "other-policy", root), OTHER_POLICY),
        "coarse": Served("openssl", _credentials(folder, made, "coarse", root), POLICY, accuracy=90),
        "foreign": Served("openssl", _credentials(folder, made, "foreign", foreign), POLICY),
        "replays": Served("openssl", _credentials(folder, made, "replays", root), POLICY, replays=True),
        "ahead": Served("certomancer", _credentials(folder, made, "ahead", root), POLICY, ahead=900),
        "behind": Served("certomancer", _credentials(folder, made, "behind", root), POLICY, ahead=-900),
        "expired": Served("certomancer", _credentials(folder, made, "expired", root, ends=BEGAN - DAY), POLICY),
        "signing": Served("certomancer", _credentials(folder, made, "signing", root, purposes=()), POLICY),
        "both": Served(
            "certomancer",
            _credentials(folder, made, "both", root, purposes=(*STAMPING, ExtendedKeyUsageOID.CODE_SIGNING)),
            POLICY,
        ),
        "not-critical": Served("certomancer", _credentials(folder, made, "not-critical", root, critical=False), POLICY),
    }
    asked = json.dumps({f"/{name}": asdict(each) for name, each in cast.items()})
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.timestamp_server", asked], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        with process.stdout as told:
            made.port = int(told.readline())
        yield made
    finally:
        process.terminate()
        process.wait(20)


def _issuer(name: str) -> Issuer:
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder(name, key, name, BEGAN - 1000 * DAY, BEGAN + 5000 * DAY)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    builder = builder.add_extension(_usage(authority=True), critical=True)
    return Issuer(key, builder.sign(key, SHA256()))


def _credentials(
    folder: Path,
    made: Authorities,
    name: str,
    issuer: Issuer,
    *,
    ends: datetime = BEGAN + 2000 * DAY,
    purposes: tuple[x509.ObjectIdentifier, ...] = STAMPING,
    critical: bool = True,
) -> str:
    place = folder / name
    place.mkdir(parents=True)
    key = ec.generate_private_key(ec.SECP256R1())
    shown = f"Dấu thời gian {name}"
    issuer_name = issuer.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value
    builder = _builder(shown, key, str(issuer_name), BEGAN - 400 * DAY, ends)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(authority=False), critical=True)
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), critical=False
    )
    if purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=critical)
    certificate = builder.sign(issuer.key, SHA256())
    made.certificates[name] = certificate
    (place / "certificate.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (place / "chain.pem").write_bytes(issuer.pem)
    (place / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return str(place)


def _builder(
    name: str, key: ec.EllipticCurvePrivateKey, issuer: str, starts: datetime, ends: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(starts)
        .not_valid_after(ends)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"), x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=not authority,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )
