"""The bundle: one RFC 8785 object, its content under the seal of the department that hands the pupil over.

    {"schema": "hocba/exchange/1", "content": {…}, "signature": CMS over the bytes of the content, base64}

The content names both logs by their keys, so that a bundle is of one sender and for one receiver. Each record stands
as a line of the report (docs/formats/bao-cao.md) beside its leaf, the leaf's receipt, and a proof that this version
was the current one. `keys` are the leaves that let its signers sign, with their receipts.
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from verify import canonical, limits
from verify.canonical import Json
from verify.containers.jcs_cades import sign
from verify.errors import LimitExceeded, MalformedRecord, Refusal
from verify.log import fields
from verify.report import lines
from verify.report.lines import ReportedRecord
from verify.signing import Signer

SCHEMA: Final = "hocba/exchange/1"
LIFE: Final = timedelta(days=30)
# Five years of 8 kB with signatures, receipts and ways through the map take 150 kB; post-quantum receipts triple it.
LARGEST_BYTES: Final = 4 * 1024 * 1024
MOST_RECORDS: Final = 12
MOST_KEYS: Final = 120
MOST_LISTS: Final = 40
NAME_CHARACTERS: Final = 100
APPLICANTS: Final = frozenset({"parent", "guardian"})
_FILE: Final = frozenset({"schema", "content", "signature"})
_CONTENT: Final = frozenset(
    {"case", "made_at", "expires_at", "sample", "sender", "recipient", "application", "lists", "keys", "records"}
)
_SENDER: Final = frozenset({"log", "unit", "name", "school"})
_RECIPIENT: Final = frozenset({"log", "school"})
_APPLICATION: Final = frozenset({"applicant", "applied_on", "starts_on"})
_LEAF: Final = frozenset({"leaf", "receipt"})
_ENTRY: Final = frozenset({"record", "leaf", "receipt", "current"})


@dataclass(frozen=True, slots=True)
class LoggedLeaf:
    """A leaf of the sender's log with its receipt, as bytes."""

    leaf: bytes
    receipt: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """A record with its leaf, receipt, and the proof that its version was current."""

    record: ReportedRecord
    logged: LoggedLeaf
    current: bytes


@dataclass(frozen=True, slots=True)
class Header:
    """Who hands over what to whom. case: 32 hex, one for each departure. *_log: vkey of the log's first key.

    sender_unit: code of the department there. sender_name: of the department. *_school: as on the application.
    """

    case: str
    made_at: datetime
    expires_at: datetime
    sample: bool
    sender_log: str
    sender_unit: str
    sender_name: str
    sender_school: str
    recipient_log: str
    recipient_school: str
    applicant: str
    applied_on: date
    starts_on: date


@dataclass(frozen=True, slots=True)
class Content:
    """lists: revocation lists (DER) that the sender holds. keys: of the records' signers and of the seal."""

    header: Header
    lists: tuple[bytes, ...]
    keys: tuple[LoggedLeaf, ...]
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Bundle:
    """A file as it reads. signed: the bytes under the signature."""

    content: Content
    signed: bytes
    signature: bytes


def build(content: Content, seal: Signer) -> bytes:
    """The file, sealed at its `made_at`; raises VerifyError for what `read` would not give back."""
    value = _content_json(content)
    signed = canonical.canonicalise(value)
    held: dict[str, Json] = {
        "schema": SCHEMA,
        "content": value,
        "signature": _text(sign(signed, seal, content.header.made_at)),
    }
    data = canonical.canonicalise(held)
    if read(data).content != content:
        raise MalformedRecord(Refusal.BAD_SHAPE, "bundle")
    return data


def read(data: bytes) -> Bundle:
    """Read a file strictly, nothing of it verified; raises MalformedRecord or LimitExceeded."""
    value = canonical.parse_canonical(data, LARGEST_BYTES)
    if value.get("schema") != SCHEMA:
        raise MalformedRecord(Refusal.UNKNOWN_FORMAT_VERSION, "schema")
    fields.exactly(value, _FILE)
    content = _object(value["content"])
    return Bundle(_content(content), canonical.canonicalise(content), _bytes(value["signature"], "signature"))


def _content_json(content: Content) -> dict[str, Json]:
    held = content.header
    lists: list[Json] = [_text(each) for each in content.lists]
    keys: list[Json] = [_logged_json(each) for each in content.keys]
    records: list[Json] = [_entry_json(each) for each in content.entries]
    return {
        "case": held.case,
        "made_at": fields.time_text(held.made_at),
        "expires_at": fields.time_text(held.expires_at),
        "sample": held.sample,
        "sender": {
            "log": held.sender_log,
            "unit": held.sender_unit,
            "name": held.sender_name,
            "school": held.sender_school,
        },
        "recipient": {"log": held.recipient_log, "school": held.recipient_school},
        "application": {
            "applicant": held.applicant,
            "applied_on": held.applied_on.isoformat(),
            "starts_on": held.starts_on.isoformat(),
        },
        "lists": lists,
        "keys": keys,
        "records": records,
    }


def _content(value: Mapping[str, Json]) -> Content:
    fields.exactly(value, _CONTENT)
    lists, keys, records = _list(value["lists"]), _list(value["keys"]), _list(value["records"])
    if len(lists) > MOST_LISTS or len(keys) > MOST_KEYS or len(records) > MOST_RECORDS:
        raise LimitExceeded(Refusal.TOO_LARGE, "bundle")
    return Content(
        header=_header(value),
        lists=tuple(_bytes(each, "lists") for each in lists),
        keys=tuple(read_logged(each) for each in keys),
        entries=tuple(_entry(each) for each in records),
    )


def _header(value: Mapping[str, Json]) -> Header:
    sender, recipient = _object(value["sender"]), _object(value["recipient"])
    application = _object(value["application"])
    fields.exactly(sender, _SENDER)
    fields.exactly(recipient, _RECIPIENT)
    fields.exactly(application, _APPLICATION)
    sample, applicant = value["sample"], application["applicant"]
    if not isinstance(sample, bool) or applicant not in APPLICANTS or not isinstance(applicant, str):
        raise MalformedRecord(Refusal.BAD_SHAPE, "header")
    return Header(
        case=fields.text(value["case"], fields.LOOKUP_CODE, "case"),
        made_at=fields.time(value["made_at"], "made_at"),
        expires_at=fields.time(value["expires_at"], "expires_at"),
        sample=sample,
        sender_log=_key(sender["log"]),
        sender_unit=fields.unit(sender["unit"]),
        sender_name=_name(sender["name"]),
        sender_school=_name(sender["school"]),
        recipient_log=_key(recipient["log"]),
        recipient_school=_name(recipient["school"]),
        applicant=applicant,
        applied_on=fields.day(application["applied_on"], "applied_on"),
        starts_on=fields.day(application["starts_on"], "starts_on"),
    )


def _entry_json(entry: Entry) -> dict[str, Json]:
    line = canonical.parse_canonical(lines.to_line(entry.record)[:-1], LARGEST_BYTES)
    current = canonical.parse_canonical(entry.current, LARGEST_BYTES)
    return {"record": line, "current": current, **_logged_json(entry.logged)}


def _entry(value: Json) -> Entry:
    held = _object(value)
    fields.exactly(held, _ENTRY)
    record = lines.from_line(canonical.canonicalise(_object(held["record"])) + b"\n")
    logged = LoggedLeaf(_utf8(held["leaf"]), _utf8(held["receipt"]))
    return Entry(record, logged, canonical.canonicalise(_object(held["current"])))


def _logged_json(held: LoggedLeaf) -> dict[str, Json]:
    return {"leaf": held.leaf.decode(), "receipt": held.receipt.decode()}


def read_logged(value: Json) -> LoggedLeaf:
    """A leaf with its receipt; raises MalformedRecord."""
    held = _object(value)
    fields.exactly(held, _LEAF)
    return LoggedLeaf(_utf8(held["leaf"]), _utf8(held["receipt"]))


def _key(value: Json) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= 2 * limits.NAME_CHARACTERS:
        raise MalformedRecord(Refusal.BAD_SHAPE, "log")
    return value


def _name(value: Json) -> str:
    name = fields.name(value, "name")
    if len(name) > NAME_CHARACTERS:
        raise LimitExceeded(Refusal.TOO_LARGE, "name")
    return name


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(value: Json, path: str) -> bytes:
    try:
        data = base64.b64decode(value, validate=True) if isinstance(value, str) else b""
    except (binascii.Error, ValueError) as error:
        raise MalformedRecord(Refusal.BAD_SHAPE, path) from error
    if not data or _text(data) != value:
        raise MalformedRecord(Refusal.BAD_SHAPE, path)
    return data


def _utf8(value: Json) -> bytes:
    if not isinstance(value, str):
        raise MalformedRecord(Refusal.BAD_SHAPE, "text")
    return value.encode()


def _object(value: Json) -> Mapping[str, Json]:
    if not isinstance(value, Mapping):
        raise MalformedRecord(Refusal.BAD_SHAPE, "object")
    return value


def _list(value: Json) -> Sequence[Json]:
    if not isinstance(value, list):
        raise MalformedRecord(Refusal.BAD_SHAPE, "list")
    return value
