"""A fake public-key infrastructure for tests: two authorities, and certificates named after what is wrong with them.

Made with real cryptography, once per run. Moments hang on `NOW`, so that nothing expires while people sleep.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from portal.signers.file import FileSigner
from verify.anchors import Authorisation, TrustStore
from verify.canonical import sha256
from verify.signing import Role

NOW = datetime(2026, 6, 1, 3, 0, tzinfo=UTC)
DAY = timedelta(days=1)
SCHOOL, OTHER_SCHOOL, DEPARTMENT = "MAU-TH-01", "MAU-TH-02", "MAU-SO"

_Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True, slots=True)
class Authority:
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)


@dataclass(frozen=True, slots=True)
class Pki:
    """The cast. Each signer is good but for what its name says."""

    root: Authority
    issuing: Authority
    foreign_root: Authority
    head: FileSigner
    head_rsa: FileSigner
    school_seal: FileSigner
    homeroom_teacher: FileSigner
    department_seal: FileSigner
    department_seal_rsa: FileSigner
    other_school_head: FileSigner
    unregistered: FileSigner
    expired: FileSigner
    not_yet_valid: FileSigner
    revoked: FileSigner
    revoked_without_list_address: FileSigner
    without_list_address: FileSigner
    key_for_encryption_only: FileSigner
    without_key_usage: FileSigner
    weak_hash: FileSigner
    other_authority: FileSigner
    trust: TrustStore
    trust_with_stale_lists: TrustStore
    trust_without_lists: TrustStore

    @property
    def registry(self) -> tuple[Authorisation, ...]:
        return registry(self)


@cache
def pki() -> Pki:
    """The one infrastructure of a test run."""
    root = _authority("Gốc thử nghiệm", None)
    issuing = _authority("Cấp phát thử nghiệm", root)
    foreign = _authority("Gốc lạ", None)
    revoked, silent = (
        _leaf(issuing, "Khóa đã thu hồi"),
        _leaf(issuing, "Khóa thu hồi không địa chỉ", address=False),
    )
    lists = _lists(root, issuing, (revoked, silent), NOW - DAY)
    return Pki(
        root=root,
        issuing=issuing,
        foreign_root=foreign,
        head=_leaf(issuing, "Lê Quốc Đĩnh"),
        head_rsa=_leaf(issuing, "Lê Quốc Đĩnh RSA", key=_rsa_key()),
        school_seal=_leaf(issuing, "Trường Tiểu học Mẫu số 1"),
        homeroom_teacher=_leaf(issuing, "Trần Thị Bích Vẹn"),
        department_seal=_leaf(issuing, "Sở Giáo dục và Đào tạo Mẫu"),
        department_seal_rsa=_leaf(issuing, "Sở Giáo dục và Đào tạo Mẫu RSA", key=_rsa_key()),
        other_school_head=_leaf(issuing, "Hiệu trưởng trường khác"),
        unregistered=_leaf(issuing, "Người chưa đăng ký"),
        expired=_leaf(issuing, "Khóa hết hạn", starts=NOW - 400 * DAY, ends=NOW - 10 * DAY),
        not_yet_valid=_leaf(issuing, "Khóa chưa đến hạn", starts=NOW + 10 * DAY),
        revoked=revoked,
        revoked_without_list_address=silent,
        without_list_address=_leaf(issuing, "Khóa không địa chỉ thu hồi", address=False),
        key_for_encryption_only=_leaf(issuing, "Khóa mã hóa", usage="encryption"),
        without_key_usage=_leaf(issuing, "Khóa không mục đích", usage="none"),
        weak_hash=_with_weak_hash(issuing, _leaf(issuing, "Chứng thư SHA-1")),
        other_authority=_leaf(foreign, "Người lạ"),
        trust=TrustStore((root.der,), (issuing.der,), lists),
        trust_with_stale_lists=TrustStore((root.der,), (issuing.der,), _lists(root, issuing, (), NOW - 40 * DAY)),
        trust_without_lists=TrustStore((root.der,), (issuing.der,), ()),
    )


def authorisation(
    signer: FileSigner,
    unit_code: str,
    role: Role,
    valid_from: datetime = NOW - 30 * DAY,
    valid_to: datetime | None = None,
) -> Authorisation:
    return Authorisation(sha256(signer.certificate), unit_code, role, valid_from, valid_to)


def registry(cast: Pki) -> tuple[Authorisation, ...]:
    """Everybody is registered for the school as its head, but for the strangers and where the name says otherwise."""
    heads = (
        cast.head,
        cast.head_rsa,
        cast.expired,
        cast.not_yet_valid,
        cast.revoked,
        cast.revoked_without_list_address,
        cast.without_list_address,
        cast.key_for_encryption_only,
        cast.without_key_usage,
        cast.weak_hash,
        cast.other_authority,
    )
    return (
        *(authorisation(signer, SCHOOL, Role.HEAD) for signer in heads),
        *(
            authorisation(signer, DEPARTMENT, Role.DEPARTMENT_SEAL)
            for signer in (cast.department_seal, cast.department_seal_rsa, *heads[2:])
        ),
        authorisation(cast.school_seal, SCHOOL, Role.SCHOOL_SEAL),
        authorisation(cast.homeroom_teacher, SCHOOL, Role.HOMEROOM_TEACHER),
        authorisation(cast.other_school_head, OTHER_SCHOOL, Role.HEAD),
    )


def _rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _authority(name: str, issuer: Authority | None) -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    signing_key = key if issuer is None else issuer.key
    issuer_name = _name(name) if issuer is None else issuer.certificate.subject
    builder = _builder(key, name, issuer_name, NOW - 1000 * DAY, NOW + 5000 * DAY)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    builder = builder.add_extension(_usage("authority"), critical=True)
    builder = builder.add_extension(_key_id(signing_key), critical=False)
    return Authority(key, builder.sign(signing_key, SHA256()))


def _leaf(
    issuer: Authority,
    name: str,
    *,
    key: _Key | None = None,
    starts: datetime = NOW - 60 * DAY,
    ends: datetime = NOW + 600 * DAY,
    usage: str = "signing",
    address: bool = True,
) -> FileSigner:
    held = key or ec.generate_private_key(ec.SECP256R1())
    builder = _builder(held, name, issuer.certificate.subject, starts, ends)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_key_id(issuer.key), critical=False)
    if usage != "none":
        builder = builder.add_extension(_usage(usage), critical=True)
    if address:
        where = x509.DistributionPoint([x509.UniformResourceIdentifier("http://thu.invalid/a.crl")], None, None, None)
        builder = builder.add_extension(x509.CRLDistributionPoints([where]), critical=False)
    certificate = builder.sign(issuer.key, SHA256())
    return FileSigner(held, certificate.public_bytes(Encoding.DER), (issuer.der,))


def _with_weak_hash(issuer: Authority, signer: FileSigner) -> FileSigner:
    """The same certificate signed with SHA-1, which today's libraries read and no longer write."""
    certificate = asn1_x509.Certificate.load(signer.certificate)
    certificate["tbs_certificate"]["signature"] = certificate["signature_algorithm"] = {"algorithm": "sha1_ecdsa"}
    tbs = certificate["tbs_certificate"].dump(force=True)
    certificate["signature_value"] = issuer.key.sign(tbs, ec.ECDSA(SHA1()))  # noqa: S303 - the defect under test
    return FileSigner(signer._key, certificate.dump(force=True), signer.chain)


def _builder(key: _Key, name: str, issuer: x509.Name, starts: datetime, ends: datetime) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(starts)
        .not_valid_after(ends)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"), x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _usage(kind: str) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=kind == "signing",
        content_commitment=kind == "signing",
        key_encipherment=kind == "encryption",
        data_encipherment=kind == "encryption",
        key_agreement=False,
        key_cert_sign=kind == "authority",
        crl_sign=kind == "authority",
        encipher_only=False,
        decipher_only=False,
    )


def _key_id(key: ec.EllipticCurvePrivateKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())


def _lists(root: Authority, issuing: Authority, revoked: Sequence[FileSigner], made: datetime) -> tuple[bytes, ...]:
    return (_list(root, (), made), _list(issuing, revoked, made))


def _list(authority: Authority, revoked: Sequence[FileSigner], made: datetime) -> bytes:
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.certificate.subject)
        .last_update(made)
        .next_update(made + 30 * DAY)
        .add_extension(x509.CRLNumber(1), critical=False)
        .add_extension(_key_id(authority.key), critical=False)
    )
    for signer in revoked:
        serial = x509.load_der_x509_certificate(signer.certificate).serial_number
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(made - DAY)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(authority.key, SHA256()).public_bytes(Encoding.DER)
