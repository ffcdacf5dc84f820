"""Bundles of a system before this one: an authority that was at work years ago, its keys, and what they signed."""

import base64
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from portal.services.earlier_bundle import SCHEMA
from portal.signers.file import FileSigner
from tests.factories import year_record
from tests.instances import NOW
from tests.pki import DAY, Authority, _leaf, _list, pki
from verify.anchors import TrustStore
from verify.canonical import canonicalise, parse, sha256
from verify.containers.jcs_cades import sign
from verify.record.codec import to_bytes
from verify.record.model import YearRecord
from verify.signing import Role, Signer

SOURCE = "Học bạ số thí điểm 2023"
OWNER = "Sở Giáo dục và Đào tạo Mẫu (cũ)"
OLD_CODE = "7a1b2c3d4e5f4a6b8c7d0e1f2a3b4c5d"
EFFECTIVE = {
    "2023-2024": datetime(2024, 6, 30, 16, 59, 59, tzinfo=UTC),
    "2024-2025": datetime(2025, 6, 30, 16, 59, 59, tzinfo=UTC),
}
FIRST_DAY, LAST_DAY = date(2023, 11, 1), date(2025, 8, 31)


@dataclass(frozen=True)
class OldKeys:
    """head, seal: still in their dates today. short_head: expired since. revoked_*: revoked before or after signing."""

    head: FileSigner
    seal: FileSigner
    short_head: FileSigner
    revoked_before: FileSigner
    revoked_after: FileSigner

    @property
    def signers(self) -> dict[Role, Signer]:
        return {Role.HEAD: self.head, Role.SCHOOL_SEAL: self.seal}


@cache
def old_keys() -> OldKeys:
    issuing, starts = pki().issuing, NOW - 980 * DAY

    def made(name: str, ends: datetime = NOW + 300 * DAY) -> FileSigner:
        return _leaf(issuing, name, starts=starts, ends=ends)

    return OldKeys(
        made("Lê Quốc Đĩnh (2023)"),
        made("Trường Tiểu học Mẫu số 1 (2023)"),
        made("Lê Quốc Đĩnh (2023, hết hạn)", NOW - 200 * DAY),
        made("Khóa thu hồi trước"),
        made("Khóa thu hồi sau"),
    )


def old_trust(at: datetime = NOW) -> TrustStore:
    """What an instance trusts today of the old authority: its roots, and today's lists."""
    cast, keys = pki(), old_keys()
    revoked = {keys.revoked_before: datetime(2024, 1, 5, tzinfo=UTC), keys.revoked_after: NOW - 10 * DAY}
    return TrustStore(
        (cast.root.der,), (cast.issuing.der,), (_list(cast.root, (), at - DAY), _dated(cast.issuing, revoked, at - DAY))
    )


def lists_of(moment: datetime) -> tuple[bytes, ...]:
    """The lists as they were made at a moment, naming nobody."""
    cast = pki()
    return (_list(cast.root, (), moment), _list(cast.issuing, (), moment))


def _dated(authority: Authority, revoked: Mapping[FileSigner, datetime], made: datetime) -> bytes:
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.certificate.subject)
        .last_update(made)
        .next_update(made + 30 * DAY)
        .add_extension(x509.CRLNumber(2), critical=False)
    )
    for signer, since in revoked.items():
        serial = x509.load_der_x509_certificate(signer.certificate).serial_number
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(since).build()
        builder = builder.add_revoked_certificate(entry)
    return builder.sign(authority.key, SHA256()).public_bytes(Encoding.DER)


def old_record(year: str, grade: int, **changes: Any) -> YearRecord:
    """A year of the invented pupil as the old system signed it, under a code of its own."""
    return replace(year_record(grade, lookup_code=OLD_CODE, school_year=year), **changes)


def entry(
    record: YearRecord | bytes,
    signers: Mapping[Role, Signer] | None = None,
    effective_at: datetime | None = None,
    **changes: Any,
) -> dict[str, Any]:
    """One record of a bundle. changes: fields of the entry that are replaced."""
    root = record if isinstance(record, bytes) else to_bytes(record)
    year = record.school_year if isinstance(record, YearRecord) else "2024-2025"
    moment = effective_at or EFFECTIVE[year]
    made = {} if isinstance(record, bytes) else (signers if signers is not None else old_keys().signers)
    signatures = {role.value: encoded(sign(root, key, moment - timedelta(days=3))) for role, key in made.items()}
    value = {
        "sha256": sha256(root),
        "record": encoded(root),
        "effective_at": moment.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "signatures": signatures,
    }
    return {**value, **changes}


def bundle(*entries: dict[str, Any], lists: Sequence[bytes] = (), **changes: Any) -> bytes:
    """The file. changes: fields of the bundle that are replaced."""
    years = Counter(_year_of(each) for each in entries)
    return canonicalise(
        {
            "schema": SCHEMA,
            "source": SOURCE,
            "owner": OWNER,
            "decision": "88/QĐ-SGDĐT",
            "counts": dict(years),
            "lists": [encoded(each) for each in lists],
            "records": list(entries),
            **changes,
        }
    )


def _year_of(value: dict[str, Any]) -> str:
    root = base64.b64decode(value["record"])
    return str(parse(root).get("school_year", "2024-2025")) if root[:1] == b"{" else "2024-2025"


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()
