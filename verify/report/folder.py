"""Records as single blobs: `index.jsonl`, a line for each leaf that binds a record, and `blobs/<SHA-256>` beside it.

{"effective_at", "log_index", "lookup_code", "record": SHA-256, "salt", "school_year",
 "schema": "hocba/record-blobs/1", "signatures": {role: SHA-256}, "unit", "version"}
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from verify import canonical, limits
from verify.canonical import Json
from verify.errors import MalformedRecord, Refusal, VerifyError
from verify.log import fields
from verify.report.differences import Found
from verify.report.judging import unreadable
from verify.report.lines import ReportedRecord

SCHEMA: Final = "hocba/record-blobs/1"
INDEX: Final = "index.jsonl"
BLOBS: Final = "blobs"
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
        "record",
        "signatures",
    }
)


def to_line(record: ReportedRecord) -> bytes:
    """The line of a record, with its newline; its blobs are written by the caller."""
    value: dict[str, Json] = {
        "schema": SCHEMA,
        "log_index": record.log_index,
        "lookup_code": record.lookup_code,
        "school_year": record.school_year,
        "version": record.version,
        "unit": record.unit,
        "effective_at": fields.time_text(record.effective_at),
        "salt": record.salt.hex(),
        "record": canonical.sha256(record.root),
        "signatures": {role: canonical.sha256(data) for role, data in record.signatures.items()},
    }
    return canonical.canonicalise(value) + b"\n"


def records(folder: Path) -> Iterator[ReportedRecord | Found]:
    """Every record of a folder in the order of its index; what cannot be read in its place. Raises OSError."""
    with (folder / INDEX).open("rb") as file:
        number = 0
        while line := file.readline(limits.REPORT_LINE_BYTES + 1):
            number += 1
            try:
                yield _record(folder, line)
            except VerifyError as error:
                yield unreadable(number, error)


def _record(folder: Path, line: bytes) -> ReportedRecord:
    value = canonical.parse_canonical(line.removesuffix(b"\n"), limits.REPORT_LINE_BYTES)
    fields.exactly(value, _KEYS)
    signatures = value["signatures"]
    if value["schema"] != SCHEMA or not isinstance(signatures, Mapping):
        raise MalformedRecord(Refusal.BAD_SHAPE, "schema")
    return ReportedRecord(
        log_index=fields.index(value["log_index"], "log_index"),
        lookup_code=fields.text(value["lookup_code"], fields.LOOKUP_CODE, "lookup_code"),
        school_year=fields.text(value["school_year"], fields.SCHOOL_YEAR, "school_year"),
        version=fields.positive(value["version"], "version"),
        unit=fields.unit(value["unit"]),
        effective_at=fields.time(value["effective_at"], "effective_at"),
        root=_blob(folder, value["record"]),
        signatures={fields.text(role, fields.ROLE, "role"): _blob(folder, held) for role, held in signatures.items()},
        salt=bytes.fromhex(fields.text(value["salt"], fields.HASH, "salt")),
    )


def _blob(folder: Path, digest: object) -> bytes:
    """Bytes that have the hash which is their name."""
    name = fields.text(digest, fields.HASH, "blob")
    try:
        with (folder / BLOBS / name).open("rb") as file:
            data = file.read(limits.REPORT_LINE_BYTES + 1)
    except OSError as error:
        raise MalformedRecord(Refusal.BAD_SHAPE, "blob gone") from error
    if canonical.sha256(data) != name:
        raise MalformedRecord(Refusal.BAD_SHAPE, "blob changed")
    return data
