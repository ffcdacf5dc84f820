"""Salted commitments of `lock` and `ledger` leaves, and the opening that a holder of the record keeps.

With a 32-byte random salt, fresh for each leaf and kept beside the record:

    commitment            = HMAC-SHA256(salt, JCS({"schema": "hocba/log-record/1", "lookup_code": …,
                                                   "record_sha256": …, "school_year": …, "version": …}))
    signatures_commitment = HMAC-SHA256(salt, JCS({"schema": "hocba/log-signatures/1", "record_sha256": …,
                                                   "signatures": {role: SHA-256 of that role's CMS bytes}}))
    ledger's commitment   = HMAC-SHA256(salt, JCS({"schema": "hocba/log-ledger/1", "row": …, "digest": …}))

`record_sha256` is over the exact bytes that the school signed (for `jcs+cades` the canonical record). So a
leaf binds the bytes of the record, the lookup code and version it stands under, and who signed it, each
signature by its own bytes. The messages differ in their schema, so one salt serves both. Whoever holds
record, signatures and opening can recompute both; whoever holds only the log cannot guess what is behind.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from verify import canonical, limits
from verify.canonical import Json
from verify.errors import MalformedRecord, Refusal
from verify.log import fields

OPENING_SCHEMA: Final = "hocba/log-opening/1"
RECORD_SCHEMA: Final = "hocba/log-record/1"
SIGNATURES_SCHEMA: Final = "hocba/log-signatures/1"
LEDGER_SCHEMA: Final = "hocba/log-ledger/1"
SALT_BYTES: Final = 32

_OPENING_KEYS = frozenset({"schema", "lookup_code", "salt", "school_year", "signatures", "version"})


@dataclass(frozen=True, slots=True)
class Committed:
    """What a lock leaf commits to, from the verifier's own sources.

    record: the signed bytes. version: 1, 2, …; signatures: CMS bytes by role.
    """

    record: bytes
    lookup_code: str
    school_year: str
    version: int
    signatures: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Opening:
    """An opening file as it reads, nothing of it verified. signatures: SHA-256 of the CMS bytes by role, 64
    hex.
    """

    lookup_code: str
    school_year: str
    version: int
    signatures: Mapping[str, str]
    salt: bytes = field(repr=False)


def record_commitment(committed: Committed, salt: bytes) -> str:
    """The commitment to record, lookup code, school year and version, 64 hex; raises MalformedRecord."""
    message = {"schema": RECORD_SCHEMA, "record_sha256": canonical.sha256(committed.record)}
    return _commit(salt, message | _identity(committed))


def signatures_commitment(committed: Committed, salt: bytes) -> str:
    """The commitment to the signature of each role over this record, 64 hex; raises MalformedRecord."""
    message = {"schema": SIGNATURES_SCHEMA, "record_sha256": canonical.sha256(committed.record)}
    return _commit(salt, message | {"signatures": _signature_hashes(committed)})


def ledger_commitment(row: int, digest: str, salt: bytes) -> str:
    """The commitment to a row of the ledger of looks and its digest, 64 hex; raises MalformedRecord."""
    return _commit(
        salt,
        {
            "schema": LEDGER_SCHEMA,
            "row": fields.positive(row, "row"),
            "digest": fields.text(digest, fields.HASH, "digest"),
        },
    )


def of_opening(opening: Opening, record_sha256: str) -> tuple[str, str]:
    """The commitments to a record and to its signatures, from an opening and the hash of the record alone."""
    identity: dict[str, Json] = {
        "lookup_code": opening.lookup_code,
        "school_year": opening.school_year,
        "version": opening.version,
    }
    record: dict[str, Json] = {"schema": RECORD_SCHEMA, "record_sha256": record_sha256}
    signed: dict[str, Json] = {"schema": SIGNATURES_SCHEMA, "record_sha256": record_sha256}
    return (
        _commit(opening.salt, record | identity),
        _commit(opening.salt, signed | {"signatures": dict(opening.signatures)}),
    )


def opening_bytes(committed: Committed, salt: bytes) -> bytes:
    """The file, canonical, that lets a holder of the record open its leaf without us."""
    _require_salt(salt)
    value: dict[str, Json] = {"schema": OPENING_SCHEMA, "salt": salt.hex()}
    return canonical.canonicalise(value | {"signatures": _signature_hashes(committed)} | _identity(committed))


def read_opening(data: bytes) -> Opening:
    """Read an opening file strictly; raises MalformedRecord or LimitExceeded."""
    value = canonical.parse_canonical(data, limits.LEAF_BYTES)
    fields.exactly(value, _OPENING_KEYS)
    signatures = value["signatures"]
    if value["schema"] != OPENING_SCHEMA or not isinstance(signatures, Mapping):
        raise MalformedRecord(Refusal.BAD_SHAPE, "opening")
    return Opening(
        lookup_code=fields.text(value["lookup_code"], fields.LOOKUP_CODE, "lookup_code"),
        school_year=fields.text(value["school_year"], fields.SCHOOL_YEAR, "school_year"),
        version=fields.positive(value["version"], "version"),
        signatures={_role(role): fields.text(item, fields.HASH, "hash") for role, item in signatures.items()},
        salt=bytes.fromhex(fields.text(value["salt"], fields.HASH, "salt")),
    )


def _identity(committed: Committed) -> dict[str, Json]:
    return {
        "lookup_code": fields.text(committed.lookup_code, fields.LOOKUP_CODE, "lookup_code"),
        "school_year": fields.text(committed.school_year, fields.SCHOOL_YEAR, "school_year"),
        "version": fields.positive(committed.version, "version"),
    }


def _signature_hashes(committed: Committed) -> dict[str, Json]:
    return {_role(role): canonical.sha256(cms) for role, cms in committed.signatures.items()}


def _role(value: str) -> str:
    return fields.text(value, fields.ROLE, "role")


def _commit(salt: bytes, message: Mapping[str, Json]) -> str:
    _require_salt(salt)
    return hmac.new(salt, canonical.canonicalise(message), hashlib.sha256).hexdigest()


def _require_salt(salt: bytes) -> None:
    # HMAC pads short keys with zeros and hashes long ones: only one length binds
    if len(salt) != SALT_BYTES:
        raise MalformedRecord(Refusal.BAD_SHAPE, "salt")
