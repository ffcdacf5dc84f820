"""A bundle of earlier years: the file that the operator of the system before this one exports (docs/formats).

One JSON object `hocba/earlier-years/1`: who locked the records, counts by school year, the revocation lists of that
time, and for each record the exact signed bytes under their SHA-256, with the original effective date and the detached
signatures by role. Opened, and its signatures examined, in a child process.
"""

import base64
import binascii
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from verify.canonical import Json, parse, sha256
from verify.cms.past import trusted_lists
from verify.containers.earlier import EarlierGate, EarlierSignature, examine_earlier
from verify.containers.roots import Root, read_root
from verify.errors import LimitExceeded, MalformedRecord, Refusal, VerifyError
from verify.log import fields
from verify.record.model import YearContent
from verify.signing import Role

SCHEMA: Final = "hocba/earlier-years/1"
# 600 records of 8 kB with two signatures, in base64; a school's grades 1 to 4 of a year. Larger exports are parted.
LARGEST_BYTES: Final = 16 * 1024 * 1024
MOST_RECORDS: Final = 2_000
MOST_LISTS: Final = 40
# More does not fit into the foot of a printed page beside what stands there already.
SOURCE_CHARACTERS: Final = 80
_DECISION: Final = re.compile(r"[^\x00-\x1f\x7f]{3,100}")
_KEYS: Final = frozenset({"schema", "source", "owner", "decision", "counts", "lists", "records"})
_RECORD_KEYS: Final = frozenset({"sha256", "record", "effective_at", "signatures"})


class EntryFault(StrEnum):
    """Why a record of a bundle cannot be looked at further. Closed: each has a sentence."""

    BYTES_DIFFER = "bytes_differ"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class BundleEntry:
    """A record of a bundle as it reads. number: from 1. digest: as the bundle names it."""

    number: int
    digest: str
    root: bytes
    effective_at: datetime
    signatures: Mapping[Role, bytes]


@dataclass(frozen=True, slots=True)
class Bundle:
    """source, owner: names of the system and of who ran it. decision: under which they were handed over.

    lists: revocation lists of that time (DER); they count only under the signature of an authority that we trust.
    counts: records by school year.
    """

    source: str
    owner: str
    decision: str
    lists: tuple[bytes, ...]
    counts: Mapping[str, int]
    entries: tuple[BundleEntry, ...]


@dataclass(frozen=True, slots=True)
class ExaminedEntry:
    """A record with all that was asked of it alone. content, code, version: None with a fault.

    code, version: as the signed bytes say, None where they say nothing. signatures: also those that are missing.
    """

    number: int
    root: bytes
    effective_at: datetime
    fault: EntryFault | None = None
    content: YearContent | None = None
    code: str | None = None
    version: int | None = None
    signatures: tuple[EarlierSignature, ...] = ()


@dataclass(frozen=True, slots=True)
class ExaminedBundle:
    """lists: those that came with it and that an authority of ours signed."""

    sha256: str
    source: str
    owner: str
    decision: str
    lists: tuple[bytes, ...]
    entries: tuple[ExaminedEntry, ...]


def examine_bundle(data: bytes, gate: EarlierGate) -> ExaminedBundle:
    """Open a bundle and examine every signature; runs in a child. Raises MalformedRecord or LimitExceeded.

    A record that does not hold never sinks the others: it carries its fault or its refused signature.
    """
    bundle = read_bundle(data)
    lists = trusted_lists(bundle.lists, gate.trust)
    trust = replace(gate.trust, crls=(*gate.trust.crls, *lists))
    judged = replace(gate, trust=trust)
    entries = tuple(_examined(entry, judged) for entry in bundle.entries)
    _require_counted(bundle, entries)
    return ExaminedBundle(
        sha256=sha256(data),
        source=bundle.source,
        owner=bundle.owner,
        decision=bundle.decision,
        lists=lists,
        entries=entries,
    )


def read_bundle(data: bytes) -> Bundle:
    """Read a bundle strictly, nothing of its records; raises MalformedRecord or LimitExceeded."""
    value = parse(data, LARGEST_BYTES)
    fields.exactly(value, _KEYS)
    if value["schema"] != SCHEMA:
        raise MalformedRecord(Refusal.UNKNOWN_FORMAT_VERSION, "schema")
    lists, records = _list(value["lists"]), _list(value["records"])
    if len(records) > MOST_RECORDS or len(lists) > MOST_LISTS:
        raise LimitExceeded(Refusal.TOO_LARGE, "bundle")
    entries = tuple(_entry(number, item) for number, item in enumerate(records, 1))
    counts = _counts(value["counts"])
    if not entries or sum(counts.values()) != len(entries):
        raise MalformedRecord(Refusal.BAD_SHAPE, "counts")
    return Bundle(
        source=_source(value["source"]),
        owner=fields.name(value["owner"], "owner"),
        decision=fields.text(value["decision"], _DECISION, "decision"),
        lists=tuple(_bytes(each) for each in lists),
        counts=counts,
        entries=entries,
    )


def _examined(entry: BundleEntry, gate: EarlierGate) -> ExaminedEntry:
    if sha256(entry.root) != entry.digest:
        return ExaminedEntry(entry.number, entry.root, entry.effective_at, EntryFault.BYTES_DIFFER)
    try:
        root: Root = read_root(entry.root)
        unit = root.content.issuing_school.code
        signatures = examine_earlier(entry.root, entry.signatures, unit, entry.effective_at, gate)
    except VerifyError:
        return ExaminedEntry(entry.number, entry.root, entry.effective_at, EntryFault.UNREADABLE)
    return ExaminedEntry(
        number=entry.number,
        root=entry.root,
        effective_at=entry.effective_at,
        content=root.content,
        code=root.lookup_code,
        version=root.version,
        signatures=signatures,
    )


def _require_counted(bundle: Bundle, entries: Sequence[ExaminedEntry]) -> None:
    """No school year has more records than the bundle counts: a changed or mixed export is refused as a whole."""
    found = Counter(entry.content.school_year for entry in entries if entry.content is not None)
    if any(count > bundle.counts.get(year, 0) for year, count in found.items()):
        raise MalformedRecord(Refusal.BAD_SHAPE, "counts")


def _entry(number: int, item: Json) -> BundleEntry:
    value = _object(item)
    fields.exactly(value, _RECORD_KEYS)
    return BundleEntry(
        number=number,
        digest=fields.text(value["sha256"], fields.HASH, "sha256"),
        root=_bytes(value["record"]),
        effective_at=fields.time(value["effective_at"], "effective_at"),
        signatures={_role(role): _bytes(cms) for role, cms in _object(value["signatures"]).items()},
    )


def _source(value: Json) -> str:
    name = fields.name(value, "source")
    if len(name) > SOURCE_CHARACTERS:
        raise LimitExceeded(Refusal.TOO_LARGE, "source")
    return name


def _counts(value: Json) -> Counter[str]:
    found: Counter[str] = Counter()
    for year, count in _object(value).items():
        found[fields.text(year, fields.SCHOOL_YEAR, "counts")] = fields.positive(count, "counts")
    return found


def _role(text: str) -> Role:
    try:
        return Role(text)
    except ValueError as error:
        raise MalformedRecord(Refusal.BAD_SHAPE, "role") from error


def _bytes(value: Json) -> bytes:
    if not isinstance(value, str):
        raise MalformedRecord(Refusal.BAD_SHAPE, "base64")
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedRecord(Refusal.BAD_SHAPE, "base64") from error


def _object(value: Json) -> Mapping[str, Json]:
    if not isinstance(value, Mapping):
        raise MalformedRecord(Refusal.BAD_SHAPE, "object")
    return value


def _list(value: Json) -> Sequence[Json]:
    if not isinstance(value, list):
        raise MalformedRecord(Refusal.BAD_SHAPE, "list")
    return value
