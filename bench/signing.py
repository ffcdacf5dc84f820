"""A record's CAdES signature, made and checked, against the raw operation of `cryptography` with the same key."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from bench.measure import Row, in_turn, shown
from portal.signers.file import FileSigner
from tests.factories import year_record
from tests.pki import NOW, SCHOOL, Pki, authorisation, pki
from verify.containers.jcs_cades import examine, sign
from verify.record.codec import to_bytes
from verify.signing import Role

RECORDS: Final = 40
MOMENT: Final = datetime(2026, 6, 1, 2, 0, tzinfo=UTC)


def rows() -> list[Row]:
    cast = pki()
    record = to_bytes(year_record(4))
    signers = {"RSA-2048": cast.head_rsa, "EC P-256": cast.head}
    made = [_signing(name, signer, record) for name, signer in signers.items()]
    for name, signer in signers.items():
        made += _checking(cast, name, signer, record)
    return made


def _checking(cast: Pki, name: str, signer: FileSigner, record: bytes) -> list[Row]:
    """Everything that intake asks of a signature; a batch asks for path and revocation of a certificate once."""
    signature = sign(record, signer, MOMENT)
    allowed = (*cast.registry, authorisation(signer, SCHOOL, Role.HEAD))

    def check(at: datetime = NOW) -> None:
        report = examine(record, signature, role=Role.HEAD, unit_code=SCHOOL, trust=cast.trust, registry=allowed, at=at)
        if not report.holds:
            raise RuntimeError("the signature does not hold")

    moments = (NOW + timedelta(seconds=number) for number in count(1))
    floor = _raw_check(signer, record)
    held = in_turn(lambda: _times(check), lambda: _times(floor), items=RECORDS)
    first = in_turn(lambda: _times(lambda: check(next(moments))), lambda: _times(floor), items=RECORDS)
    return [
        shown(f"signing: check a signature, {name}, path held", "raw verify", held),
        shown(f"signing: the first of a signer in a batch, {name}", "raw verify", first),
    ]


def _raw_check(signer: FileSigner, record: bytes) -> Callable[[], None]:
    key, value = signer._key, signer.sign(record)
    public = key.public_key()

    def check() -> None:
        if isinstance(public, RSAPublicKey):
            public.verify(value, record, padding.PKCS1v15(), SHA256())
        else:
            public.verify(value, record, ec.ECDSA(SHA256()))

    return check


def _signing(name: str, signer: FileSigner, record: bytes) -> Row:
    key = signer._key

    def raw() -> None:
        if isinstance(key, RSAPrivateKey):
            key.sign(record, padding.PKCS1v15(), SHA256())
        else:
            key.sign(record, ec.ECDSA(SHA256()))

    pair = in_turn(lambda: _times(lambda: sign(record, signer, MOMENT)), lambda: _times(raw), items=RECORDS)
    return shown(f"signing: CAdES of a record, {name}, key held", "raw sign", pair)


def _times(action: Callable[[], object]) -> None:
    for _ in range(RECORDS):
        action()
