"""`manifest.json`: what a report holds, counted and hashed; one RFC 8785 object, signed in `manifest.p7s`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from verify import canonical, limits
from verify.canonical import Json
from verify.errors import MalformedRecord, Refusal
from verify.log import fields
from verify.report import lines, xml

SCHEMA: Final = "hocba/report/1"
ROUNDS: Final = (1, 2)
_SCHEMAS: Final[Mapping[str, Json]] = {"records.jsonl": lines.SCHEMA, "records.xml": xml.NAMESPACE}
_KEYS: Final = frozenset(
    {
        "schema",
        "schemas",
        "department",
        "sample",
        "school_year",
        "round",
        "decisions",
        "checkpoint",
        "records",
        "counts",
        "files",
    }
)


@dataclass(frozen=True, slots=True)
class HeldFile:
    """size: bytes. sha256: 64 hex."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class LogHead:
    """The head of the log under which everything is proven. root: 64 hex."""

    origin: str
    size: int
    root: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """department: code of the unit that reports. round: 1 or 2, None for records locked late by decisions.

    decisions: under which they were locked, sorted. counts: records by school and grade. files: by name, all but the
    manifest and its signature.
    """

    department: str
    sample: bool
    school_year: str
    round: int | None
    decisions: tuple[str, ...]
    head: LogHead
    counts: Mapping[tuple[str, int], int]
    files: Mapping[str, HeldFile]

    @property
    def records(self) -> int:
        return sum(self.counts.values())


def to_bytes(manifest: Manifest) -> bytes:
    """The file; raises MalformedRecord for what `from_bytes` would not give back."""
    counts: list[Json] = [
        {"unit": unit, "grade": grade, "records": number} for (unit, grade), number in sorted(manifest.counts.items())
    ]
    value: dict[str, Json] = {
        "schema": SCHEMA,
        "schemas": _SCHEMAS,
        "department": manifest.department,
        "sample": manifest.sample,
        "school_year": manifest.school_year,
        "round": manifest.round,
        "decisions": list(manifest.decisions),
        "checkpoint": {"origin": manifest.head.origin, "size": manifest.head.size, "root": manifest.head.root},
        "records": manifest.records,
        "counts": counts,
        "files": {name: {"bytes": held.size, "sha256": held.sha256} for name, held in manifest.files.items()},
    }
    data = canonical.canonicalise(value)
    if from_bytes(data) != manifest:
        raise MalformedRecord(Refusal.BAD_SHAPE, "manifest")
    return data


def from_bytes(data: bytes) -> Manifest:
    """Read strictly; raises MalformedRecord or LimitExceeded."""
    value = canonical.parse_canonical(data, limits.REPORT_MANIFEST_BYTES)
    fields.exactly(value, _KEYS)
    if value["schema"] != SCHEMA or value["schemas"] != _SCHEMAS or value["round"] not in (*ROUNDS, None):
        raise MalformedRecord(Refusal.BAD_SHAPE, "schema")
    if not isinstance(value["sample"], bool) or isinstance(value["round"], bool):
        raise MalformedRecord(Refusal.BAD_SHAPE, "sample")
    number = None if value["round"] is None else fields.positive(value["round"], "round")
    manifest = Manifest(
        department=fields.unit(value["department"]),
        sample=value["sample"],
        school_year=fields.text(value["school_year"], fields.SCHOOL_YEAR, "school_year"),
        round=number,
        decisions=tuple(fields.name(each, "decisions") for each in _list(value["decisions"], "decisions")),
        head=_head(value["checkpoint"]),
        counts=_counts(value["counts"]),
        files=_files(value["files"]),
    )
    if fields.index(value["records"], "records") != manifest.records:
        raise MalformedRecord(Refusal.BAD_SHAPE, "records")
    return manifest


def _head(value: Json) -> LogHead:
    held = _object(value, frozenset({"origin", "size", "root"}), "checkpoint")
    return LogHead(
        fields.name(held["origin"], "origin"),
        fields.positive(held["size"], "size"),
        fields.text(held["root"], fields.HASH, "root"),
    )


def _counts(value: Json) -> dict[tuple[str, int], int]:
    rows = [_object(each, frozenset({"unit", "grade", "records"}), "counts") for each in _list(value, "counts")]
    found = {
        (fields.unit(row["unit"]), fields.positive(row["grade"], "grade")): fields.positive(row["records"], "records")
        for row in rows
    }
    if list(found) != sorted(found) or len(found) != len(rows):
        raise MalformedRecord(Refusal.BAD_SHAPE, "counts")
    return found


def _files(value: Json) -> dict[str, HeldFile]:
    if not isinstance(value, Mapping):
        raise MalformedRecord(Refusal.BAD_SHAPE, "files")
    keys = frozenset({"bytes", "sha256"})
    rows = {name: _object(each, keys, "files") for name, each in value.items()}
    return {
        name: HeldFile(fields.index(row["bytes"], "bytes"), fields.text(row["sha256"], fields.HASH, "sha256"))
        for name, row in rows.items()
    }


def _object(value: Json, keys: frozenset[str], path: str) -> Mapping[str, Json]:
    if not isinstance(value, Mapping):
        raise MalformedRecord(Refusal.BAD_SHAPE, path)
    fields.exactly(value, keys)
    return value


def _list(value: Json, path: str) -> list[Json]:
    if not isinstance(value, list):
        raise MalformedRecord(Refusal.BAD_SHAPE, path)
    return value
