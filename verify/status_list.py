"""The status list: what holds of every locked record of the province, in one small file that is fetched whole.

Two bits for each leaf of the log, by its index, four to a byte, the lowest bits first (as in the IETF's Token Status
List): 0 in force, 1 superseded, 2 revoked, 3 annotated. Only leaves that lock a record mean something; whoever holds a
record's receipt holds its index, and so learns the standing without asking anybody about that pupil. The file is

    a signed note (c2sp.org/signed-note) of seven lines, by the log's Ed25519 key:
        hocba/status-list/1
        <origin of the log>
        <day in the province, 2026-06-30>
        <leaves that are covered>
        <made at, 2026-06-30T17:05:00Z>
        <valid until, the same form>
        <SHA-256 of the list, 64 hex>
    an empty line
    the list, compressed with zlib (RFC 1950)

An `inventory` leaf of the log holds the same SHA-256, so the list is bound by everything that binds the log.
"""

import hashlib
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from verify import limits
from verify.errors import LimitExceeded, MalformedRecord, Refusal
from verify.log import fields, notes
from verify.log.leaves import AnnotateLeaf, Leaf, RevokeLeaf, SupersedeLeaf
from verify.standing import StandingState
from verify.verdict import Check, Question, Reason, Status

MAGIC: Final = "hocba/status-list/1"
# A list is made every day; a portal that is down over a weekend must not turn every check away from the network grey.
LIFETIME: Final = timedelta(days=3)
STATES: Final = (
    StandingState.IN_FORCE,
    StandingState.SUPERSEDED,
    StandingState.REVOKED,
    StandingState.ANNOTATED,
)
CODES: Final[Mapping[StandingState, int]] = {state: code for code, state in enumerate(STATES)}

# A clock that is so far behind the portal's still believes a list that was made just now.
_CLOCK_SLACK: Final = timedelta(minutes=5)
_PER_BYTE: Final = 4
_DECIMAL: Final = re.compile(r"0|[1-9][0-9]{0,9}")
_FINAL: Final = (StandingState.SUPERSEDED, StandingState.REVOKED)


@dataclass(frozen=True, slots=True)
class StatusList:
    """origin: of the log. size: leaves that are covered. packed: two bits each.

    made_at, valid_until: UTC, whole seconds.
    """

    origin: str
    day: date
    size: int
    made_at: datetime
    valid_until: datetime
    packed: bytes = field(repr=False)

    @property
    def sha256(self) -> str:
        """Of the list itself, as the log holds it."""
        return hashlib.sha256(self.packed).hexdigest()

    def state(self, index: int) -> StandingState | None:
        """What the list says of a leaf; None for one that it does not cover."""
        if not 0 <= index < self.size:
            return None
        place, shift = divmod(index, _PER_BYTE)
        return STATES[self.packed[place] >> 2 * shift & 3]


def states_of(entries: Iterable[tuple[int, Leaf]]) -> dict[int, StandingState]:
    """What leaves in log order say of the records that they name; the others are in force."""
    states: dict[int, StandingState] = {}
    for _index, leaf in entries:
        if isinstance(leaf, SupersedeLeaf):
            states[leaf.record_index] = StandingState.SUPERSEDED
        elif isinstance(leaf, RevokeLeaf):
            states[leaf.record_index] = StandingState.REVOKED
        elif isinstance(leaf, AnnotateLeaf) and states.get(leaf.record_index) not in _FINAL:
            states[leaf.record_index] = StandingState.ANNOTATED
    return states


def pack(size: int, states: Mapping[int, StandingState]) -> bytes:
    """The list of so many leaves; raises MalformedRecord for a state of a leaf beyond."""
    if any(not 0 <= index < size for index in states):
        raise MalformedRecord(Refusal.BAD_SHAPE, "index")
    packed = bytearray(_length(size))
    for index, state in states.items():
        place, shift = divmod(index, _PER_BYTE)
        packed[place] |= CODES[state] << 2 * shift
    return bytes(packed)


def build(held: StatusList, signer: notes.Signer) -> bytes:
    """The signed file; raises VerifyError for what `open_list` would not give back."""
    data = notes.sign(_text(held), signer) + b"\n" + zlib.compress(held.packed, 9)
    if open_list(data, (signer.verifier,)) != held:
        raise MalformedRecord(Refusal.BAD_SHAPE, "status list")
    return data


def open_list(data: bytes, log_keys: Sequence[notes.Verifier]) -> StatusList:
    """Open a list that a key of its log signed; raises MalformedRecord or LimitExceeded.

    log_keys: trusted keys, each named like its log.
    """
    if len(data) > limits.STATUS_LIST_BYTES:
        raise LimitExceeded(Refusal.TOO_LARGE, "status list")
    parts = data.split(b"\n\n", 2)
    if len(parts) != 3:
        raise MalformedRecord(Refusal.BAD_SHAPE, "status list")
    note = notes.open_note(b"\n\n".join(parts[:2]) + b"\n", log_keys)
    held = _read(note.text, parts[2])
    if not any(signature.verifier.name == held.origin for signature in note.signatures):
        raise MalformedRecord(Refusal.BAD_NOTE, "not signed by its log")
    return held


def check(held: StatusList, index: int, now: datetime) -> Check:
    """Question IN_FORCE for a leaf that locks a record, as this list knows it; facts: `as_of`, `size`, `valid_until`.

    What has been superseded or revoked stays so: that is believed of a list of any age. That a record *is* in force
    is believed only while the list is valid. A list from the future, or one that ends before the leaf, says nothing.
    """
    facts = {
        "as_of": held.made_at.isoformat(),
        "valid_until": held.valid_until.isoformat(),
        "size": str(held.size),
    }
    state = held.state(index)
    if state is None:
        return Check(Question.IN_FORCE, Status.UNKNOWN, Reason.STANDING_NOT_COVERED, facts)
    if state is StandingState.SUPERSEDED:
        return Check(Question.IN_FORCE, Status.FAILED, Reason.SUPERSEDED, facts)
    if state is StandingState.REVOKED:
        return Check(Question.IN_FORCE, Status.FAILED, Reason.RECORD_REVOKED, facts)
    if not held.made_at - _CLOCK_SLACK <= now < held.valid_until:
        return Check(Question.IN_FORCE, Status.UNKNOWN, Reason.STANDING_TOO_OLD, facts)
    reason = Reason.ANNOTATED if state is StandingState.ANNOTATED else Reason.OK
    return Check(Question.IN_FORCE, Status.PASSED, reason, facts)


def _text(held: StatusList) -> str:
    lines = (
        MAGIC,
        held.origin,
        held.day.isoformat(),
        str(held.size),
        fields.time_text(held.made_at),
        fields.time_text(held.valid_until),
        held.sha256,
    )
    return "".join(f"{line}\n" for line in lines)


def _read(text: str, body: bytes) -> StatusList:
    lines = text.split("\n")
    if len(lines) != 8 or lines[0] != MAGIC or lines[7] != "":
        raise MalformedRecord(Refusal.BAD_SHAPE, "status list")
    size = int(fields.text(lines[3], _DECIMAL, "size"))
    held = StatusList(
        origin=fields.name(lines[1], "origin"),
        day=fields.day(lines[2], "day"),
        size=size,
        made_at=fields.time(lines[4], "made_at"),
        valid_until=fields.time(lines[5], "valid_until"),
        packed=_unpacked(body, size),
    )
    if held.sha256 != lines[6] or held.made_at >= held.valid_until or _text(held) != text:
        raise MalformedRecord(Refusal.BAD_SHAPE, "status list")
    return held


def _unpacked(body: bytes, size: int) -> bytes:
    """The list, exactly as long as it must be, with nothing behind it and no bit set beyond its last leaf."""
    if size > limits.STATUS_LIST_LEAVES:
        raise LimitExceeded(Refusal.TOO_LARGE, "status list")
    reader = zlib.decompressobj()
    try:
        packed = reader.decompress(body, _length(size) + 1)
    except zlib.error as error:
        raise MalformedRecord(Refusal.BAD_SHAPE, "zlib") from error
    if not reader.eof or reader.unused_data or len(packed) != _length(size):
        raise MalformedRecord(Refusal.BAD_SHAPE, "length")
    if size % _PER_BYTE and packed[-1] >> 2 * (size % _PER_BYTE):
        raise MalformedRecord(Refusal.BAD_SHAPE, "behind the last leaf")
    return packed


def _length(size: int) -> int:
    return -(-size // _PER_BYTE)
