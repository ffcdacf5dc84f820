"""One locked record with everything that proves it: a line of `data/records.jsonl`, an RFC 8785 object.

    schema, log_index, lookup_code, school_year, version, unit, effective_at, salt, container, record, root, signatures

`record` is the canonical record. For `jcs+cades` its bytes are what the school signed, and `root` is null; for
`xmldsig` `root` is the signed XML in base64. `signatures`: base64 by role. `salt`: opens the commitments of the leaf,
which need not stand here itself: it follows from the line and is found in the log at `log_index`.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from verify import canonical, limits
from verify.canonical import Json
from verify.containers.roots import Container, container_of, locked_record
from verify.errors import MalformedRecord, Refusal
from verify.log import fields
from verify.log.commitments import Committed
from verify.record.codec import to_json

SCHEMA: Final = "hocba/report-record/1"
_KEYS: Final = frozenset(
    {
        "schema",
        "log_index",
        "lookup_code",
        "school_year",
        "version",
        "unit",
        "effective_at",
        "salt",
        "container",
        "record",
        "root",
        "signatures",
    }
)


@dataclass(frozen=True, slots=True)
class ReportedRecord:
    """A locked version. effective_at: UTC, whole seconds. root: the signed bytes. signatures: by role.

    salt: 32 bytes, of the commitments of its leaf.
    """

    log_index: int
    lookup_code: str
    school_year: str
    version: int
    unit: str
    effective_at: datetime
    root: bytes
    signatures: Mapping[str, bytes]
    salt: bytes = field(repr=False)

    @property
    def committed(self) -> Committed:
        """What its leaf must commit to."""
        return Committed(self.root, self.lookup_code, self.school_year, self.version, self.signatures)


def to_line(record: ReportedRecord) -> bytes:
    """The line, with its newline; raises MalformedRecord or LimitExceeded for a root that cannot be read."""
    inside = container_of(record.root) is Container.XMLDSIG
    content = to_json(locked_record(record.root, record.lookup_code, record.version)) if inside else None
    value: dict[str, Json] = {
        "schema": SCHEMA,
        "log_index": record.log_index,
        "lookup_code": record.lookup_code,
        "school_year": record.school_year,
        "version": record.version,
        "unit": record.unit,
        "effective_at": fields.time_text(record.effective_at),
        "salt": record.salt.hex(),
        "container": container_of(record.root).value,
        "record": canonical.parse_canonical(record.root) if content is None else content,
        "root": _encoded(record.root) if inside else None,
        "signatures": {role: _encoded(data) for role, data in record.signatures.items()},
    }
    return canonical.canonicalise(value) + b"\n"


def from_line(line: bytes) -> ReportedRecord:
    """Read a line strictly, the newline with it; the signed bytes are not opened but for an XML root's record.

    Raises MalformedRecord or LimitExceeded.
    """
    if not line.endswith(b"\n"):
        raise MalformedRecord(Refusal.BAD_SHAPE, "line")
    value = canonical.parse_canonical(line[:-1], limits.REPORT_LINE_BYTES)
    fields.exactly(value, _KEYS)
    signatures, content = value["signatures"], value["record"]
    if value["schema"] != SCHEMA or not isinstance(signatures, Mapping) or not isinstance(content, Mapping):
        raise MalformedRecord(Refusal.BAD_SHAPE, "schema")
    record = ReportedRecord(
        log_index=fields.index(value["log_index"], "log_index"),
        lookup_code=fields.text(value["lookup_code"], fields.LOOKUP_CODE, "lookup_code"),
        school_year=fields.text(value["school_year"], fields.SCHOOL_YEAR, "school_year"),
        version=fields.positive(value["version"], "version"),
        unit=fields.unit(value["unit"]),
        effective_at=fields.time(value["effective_at"], "effective_at"),
        root=canonical.canonicalise(content) if value["root"] is None else _decoded(value["root"], "root"),
        signatures={
            fields.text(role, fields.ROLE, "role"): _decoded(data, "signatures") for role, data in signatures.items()
        },
        salt=bytes.fromhex(fields.text(value["salt"], fields.HASH, "salt")),
    )
    _require_same(record, value)
    return record


def _require_same(record: ReportedRecord, value: Mapping[str, Json]) -> None:
    """Container and readable record must be those of the signed bytes."""
    container = container_of(record.root)
    if value["container"] != container.value or (value["root"] is None) is not (container is Container.JCS_CADES):
        raise MalformedRecord(Refusal.BAD_SHAPE, "container")
    if container is Container.XMLDSIG:
        derived = to_json(locked_record(record.root, record.lookup_code, record.version))
        if canonical.canonicalise(derived) != canonical.canonicalise(value["record"]):
            raise MalformedRecord(Refusal.BAD_SHAPE, "record")


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _decoded(value: object, path: str) -> bytes:
    try:
        data = base64.b64decode(value, validate=True) if isinstance(value, str) else b""
    except (binascii.Error, ValueError) as error:
        raise MalformedRecord(Refusal.BAD_SHAPE, path) from error
    if not data or _encoded(data) != value:
        raise MalformedRecord(Refusal.BAD_SHAPE, path)
    return data
