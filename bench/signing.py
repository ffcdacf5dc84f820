"""A record's CAdES signature, made and checked, against the raw operation of `cryptography` with the same key."""

from collections.abc import Callable
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from bench.measure import Row, in_turn, shown
from portal.signers.file import FileSigner
from tests.factories import year_record
from tests.pki import NOW, SCHOOL, pki
from verify.containers.jcs_cades import examine, sign
from verify.record.codec import to_bytes
from verify.signing import Role

RECORDS = 40


def rows() -> list[Row]:
    cast = pki()
    record = to_bytes(year_record(4))
    moment = datetime(2026, 6, 1, 2, 0, tzinfo=UTC)
    made = []
    for name, signer in (("RSA-2048", cast.head_rsa), ("EC P-256", cast.head)):
        made.append(_signing(name, signer, record, moment))
    signature = sign(record, cast.head, moment)

    def check() -> None:
        report = examine(
            record, signature, role=Role.HEAD, unit_code=SCHOOL, trust=cast.trust, registry=cast.registry, at=NOW
        )
        if not report.holds:
            raise RuntimeError("the signature does not hold")

    key = cast.head._key
    raw = key.sign(record, ec.ECDSA(SHA256())) if isinstance(key, ec.EllipticCurvePrivateKey) else b""

    def raw_check() -> None:
        if isinstance(key, ec.EllipticCurvePrivateKey):
            key.public_key().verify(raw, record, ec.ECDSA(SHA256()))

    pair = in_turn(lambda: _times(check), lambda: _times(raw_check), items=RECORDS)
    made.append(shown("signing: check a signature, EC P-256, path held", "raw verify", pair))
    return made


def _signing(name: str, signer: FileSigner, record: bytes, moment: datetime) -> Row:
    key = signer._key

    def raw() -> None:
        if isinstance(key, RSAPrivateKey):
            key.sign(record, padding.PKCS1v15(), SHA256())
        else:
            key.sign(record, ec.ECDSA(SHA256()))

    pair = in_turn(lambda: _times(lambda: sign(record, signer, moment)), lambda: _times(raw), items=RECORDS)
    return shown(f"signing: CAdES of a record, {name}, key held", "raw sign", pair)


def _times(action: Callable[[], object]) -> None:
    for _ in range(RECORDS):
        action()
