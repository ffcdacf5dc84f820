"""What a witness signs, and what it refuses (c2sp.org/tlog-witness): state and request in, one decision out.

A witness signs a checkpoint only when it extends the newest one that it signed. So whoever steals the key of a log can
show outsiders one history only. The caller reads the state, asks here and stores the new state in one transaction,
and answers after that.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from verify import limits
from verify.errors import LimitExceeded, MalformedRecord, Refusal, VerifyError
from verify.log import checkpoint, merkle, notes
from verify.log.checkpoint import Checkpoint
from verify.verdict import Status

# More would lead beyond sizes of 63 bits (c2sp.org/tlog-witness).
PROOF_LINES: Final = 63
_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})")


class Decline(StrEnum):
    """Why a witness did not sign. Closed; `STATUSES` gives the answer of the protocol."""

    MALFORMED = "malformed"
    TOO_LARGE = "too_large"
    UNKNOWN_LOG = "unknown_log"
    NOT_SIGNED = "not_signed"
    SIZES_OUT_OF_ORDER = "sizes_out_of_order"
    OTHER_SIZE = "other_size"
    OTHER_ROOT = "other_root"
    INCONSISTENT = "inconsistent"
    CLOCK_BEHIND = "clock_behind"


STATUSES: Final[Mapping[Decline, int]] = {
    Decline.MALFORMED: 400,
    Decline.TOO_LARGE: 413,
    Decline.UNKNOWN_LOG: 404,
    Decline.NOT_SIGNED: 403,
    Decline.SIZES_OUT_OF_ORDER: 400,
    Decline.OTHER_SIZE: 409,
    Decline.OTHER_ROOT: 409,
    Decline.INCONSISTENT: 422,
    Decline.CLOCK_BEHIND: 503,
}
# A log that tries these with its own signature misbehaves, or was robbed of its key: worth keeping.
EVIDENCE: Final = frozenset({Decline.OTHER_ROOT, Decline.INCONSISTENT})


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it reads, nothing of it verified. note: the checkpoint with its signatures."""

    old_size: int
    proof: merkle.Proof
    note: bytes


@dataclass(frozen=True, slots=True)
class Seen:
    """The newest checkpoint that this witness signed for a log. time: what it stated, seconds since 1970."""

    size: int
    root: bytes
    time: int


NOTHING: Final = Seen(0, merkle.EMPTY_ROOT, 0)


@dataclass(frozen=True, slots=True)
class Signed:
    """Store `seen`, then answer with `lines`."""

    seen: Seen
    lines: bytes


@dataclass(frozen=True, slots=True)
class Declined:
    """reason: why. size: of the newest checkpoint signed, for the two answers 409. claimed: what the log had signed."""

    reason: Decline
    size: int | None = None
    claimed: Checkpoint | None = None


def build(request: Request) -> bytes:
    """The body of a request; raises VerifyError for what `parse` would not give back."""
    lines = [f"old {request.old_size}", *(notes.to_base64(item) for item in request.proof)]
    data = "".join(f"{line}\n" for line in lines).encode() + b"\n" + request.note
    if parse(data) != request:
        raise MalformedRecord(Refusal.BAD_PROOF, "request")
    return data


def parse(data: bytes) -> Request:
    """Read a request strictly; raises MalformedRecord or LimitExceeded."""
    if len(data) > limits.WITNESS_REQUEST_BYTES:
        raise LimitExceeded(Refusal.TOO_LARGE, "request")
    head, blank, note = data.partition(b"\n\n")
    try:
        first, *lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise MalformedRecord(Refusal.BAD_PROOF, "not text") from error
    match = _OLD.fullmatch(first)
    if match is None or not blank or len(lines) > PROOF_LINES:
        raise MalformedRecord(Refusal.BAD_PROOF, "request")
    proof = tuple(notes.from_base64(line, Refusal.BAD_PROOF) for line in lines)
    if any(len(item) != merkle.HASH_BYTES for item in proof):
        raise MalformedRecord(Refusal.BAD_PROOF, "hash")
    return Request(int(match[1]), proof, note)


def origin_of(request: Request) -> str:
    """Of which log a checkpoint claims to be: says which state and keys to read. Raises VerifyError."""
    return checkpoint.parse(notes.read_unverified(request.note)).origin


def decide(
    request: Request, log_keys: Sequence[notes.Verifier], seen: Seen, signer: notes.Signer, time: int
) -> Signed | Declined:
    """One request against what was seen, in the order of the protocol.

    log_keys: that the witness trusts for the origin of this request; empty for an unknown log. time: now, seconds
    since 1970; never behind one that was stated, or two statements of "the newest" would contradict each other.
    """
    if not log_keys:
        return Declined(Decline.UNKNOWN_LOG)
    try:
        head = checkpoint.open_signed(request.note, log_keys).checkpoint
    except VerifyError:
        return Declined(Decline.NOT_SIGNED)
    declined = _declined(request, head, seen)
    if declined is not None:
        return declined
    if time < seen.time:
        return Declined(Decline.CLOCK_BEHIND, claimed=head)
    line = notes.cosignature(notes.read_unverified(request.note), signer, time)
    return Signed(Seen(head.size, head.root, time), line)


def _declined(request: Request, head: Checkpoint, seen: Seen) -> Declined | None:
    if request.old_size > head.size:
        return Declined(Decline.SIZES_OUT_OF_ORDER, claimed=head)
    if request.old_size != seen.size:
        return Declined(Decline.OTHER_SIZE, seen.size, head)
    if head.size == seen.size and head.root != seen.root:
        return Declined(Decline.OTHER_ROOT, seen.size, head)
    grown = merkle.check_consistency(seen.size, seen.root, head.size, head.root, request.proof)
    if grown.status is not Status.PASSED:
        return Declined(Decline.INCONSISTENT, claimed=head)
    return None
