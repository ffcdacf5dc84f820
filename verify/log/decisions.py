"""Salted commitment of a `supersede`, `revoke` or `annotate` leaf, and the opening that stays with the record.

With a 32-byte random salt, fresh for each leaf and kept beside the act:

    commitment = HMAC-SHA256(salt, JCS({"schema": "hocba/log-decision/1", "act": …, "lookup_code": …, "school_year": …,
                                        "version": …, "record_sha256": …, "decision": …, "decided_on": "2026-07-10",
                                        "file_sha256": …, "note": …, "by_version": …, "by_record_sha256": …}))

So a leaf binds the version that is acted upon, the number and day of the decision, the exact file of that decision, the
words of an annotation, and the version that takes the place of a superseded one; and it shows none of them.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import date
from typing import Final

from verify import canonical, limits
from verify.canonical import Json
from verify.errors import MalformedRecord, Refusal
from verify.log import fields
from verify.log.commitments import SALT_BYTES

SCHEMA: Final = "hocba/log-decision/1"
OPENING_SCHEMA: Final = "hocba/log-decision-opening/1"
NOTE_CHARACTERS: Final = 2000
_VALUES: Final = frozenset(
    {
        "act",
        "lookup_code",
        "school_year",
        "version",
        "record_sha256",
        "decision",
        "decided_on",
        "file_sha256",
        "note",
        "by_version",
        "by_record_sha256",
    }
)


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided about one locked version.

    act: value of `verify.log.leaves.Kind`. record_sha256: of its signed bytes. decision, decided_on, file_sha256: of
    the paper decision. note: words of an annotation, else empty. by_version, by_record_sha256: what takes its place,
    None unless superseded.
    """

    act: str
    lookup_code: str
    school_year: str
    version: int
    record_sha256: str
    decision: str
    decided_on: date
    file_sha256: str
    note: str = ""
    by_version: int | None = None
    by_record_sha256: str | None = None


def commitment(decided: Decided, salt: bytes) -> str:
    """The commitment, 64 hex; raises MalformedRecord."""
    if len(salt) != SALT_BYTES:
        raise MalformedRecord(Refusal.BAD_SHAPE, "salt")
    message = canonical.canonicalise({"schema": SCHEMA, **_values(decided)})
    return hmac.new(salt, message, hashlib.sha256).hexdigest()


def opening_bytes(decided: Decided, salt: bytes) -> bytes:
    """What opens the commitment, canonical: personal data, never in the log."""
    return canonical.canonicalise({"schema": OPENING_SCHEMA, "salt": salt.hex(), **_values(decided)})


def read_opening(data: bytes) -> tuple[Decided, bytes]:
    """What was decided, and the salt; raises MalformedRecord or LimitExceeded."""
    value = canonical.parse_canonical(data, limits.LEAF_BYTES)
    fields.exactly(value, _VALUES | {"schema", "salt"})
    if value["schema"] != OPENING_SCHEMA:
        raise MalformedRecord(Refusal.BAD_SHAPE, "opening")
    by_record = value["by_record_sha256"]
    decided = Decided(
        act=fields.text(value["act"], fields.ROLE, "act"),
        lookup_code=fields.text(value["lookup_code"], fields.LOOKUP_CODE, "lookup_code"),
        school_year=fields.text(value["school_year"], fields.SCHOOL_YEAR, "school_year"),
        version=fields.positive(value["version"], "version"),
        record_sha256=fields.text(value["record_sha256"], fields.HASH, "record_sha256"),
        decision=fields.name(value["decision"], "decision"),
        decided_on=_day(value["decided_on"]),
        file_sha256=fields.text(value["file_sha256"], fields.HASH, "file_sha256"),
        note=_note(value["note"]),
        by_version=None if value["by_version"] is None else fields.positive(value["by_version"], "by_version"),
        by_record_sha256=None if by_record is None else fields.text(by_record, fields.HASH, "by_record_sha256"),
    )
    return decided, bytes.fromhex(fields.text(value["salt"], fields.HASH, "salt"))


def _values(decided: Decided) -> dict[str, Json]:
    if (decided.by_version is None) != (decided.by_record_sha256 is None):
        raise MalformedRecord(Refusal.BAD_SHAPE, "by_version")
    return {
        "act": fields.text(decided.act, fields.ROLE, "act"),
        "lookup_code": fields.text(decided.lookup_code, fields.LOOKUP_CODE, "lookup_code"),
        "school_year": fields.text(decided.school_year, fields.SCHOOL_YEAR, "school_year"),
        "version": fields.positive(decided.version, "version"),
        "record_sha256": fields.text(decided.record_sha256, fields.HASH, "record_sha256"),
        "decision": fields.name(decided.decision, "decision"),
        "decided_on": decided.decided_on.isoformat(),
        "file_sha256": fields.text(decided.file_sha256, fields.HASH, "file_sha256"),
        "note": _note(decided.note),
        "by_version": decided.by_version,
        "by_record_sha256": decided.by_record_sha256,
    }


def _note(value: object) -> str:
    if not isinstance(value, str) or len(value) > NOTE_CHARACTERS:
        raise MalformedRecord(Refusal.BAD_SHAPE, "note")
    return value


def _day(value: object) -> date:
    try:
        day = date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError as error:
        raise MalformedRecord(Refusal.BAD_SHAPE, "decided_on") from error
    if day.isoformat() != value:  # other spellings of ISO 8601
        raise MalformedRecord(Refusal.BAD_SHAPE, "decided_on")
    return day
