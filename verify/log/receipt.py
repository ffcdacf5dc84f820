"""Receipts (c2sp.org/tlog-proof@v1): checkpoint, index and inclusion proof in one text that verifies offline.

The trust is in `Policy`: which keys may speak for the log, which witnesses count, and how many must have
signed. Verification, in order: 1 the text, 2 the log's signature and origin, 3 the inclusion of the leaf, 4
the quorum.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from verify import limits
from verify.errors import LimitExceeded, MalformedRecord, Refusal, VerifyError
from verify.log import checkpoint, merkle, notes
from verify.verdict import Check, Question, Reason, Status

MAGIC = "c2sp.org/tlog-proof@v1"
# header, index and proof lines are below 4 kB; the extra line is ours to bound
_EXTRA_BYTES = 64 * 1024
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})")


@dataclass(frozen=True, slots=True)
class Policy:
    """Whom to believe. log_keys: named like their log. quorum: how many witnesses must have signed."""

    log_keys: tuple[notes.Verifier, ...]
    witnesses: tuple[notes.Verifier, ...]
    quorum: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt as it reads, nothing of it verified.

    index: zero-based. proof: from the leaf upwards. note: the signed checkpoint verbatim. extra: bytes that
    nothing authenticates.
    """

    index: int
    proof: merkle.Proof
    note: bytes
    extra: bytes | None = None


def build(receipt: Receipt) -> bytes:
    """The text of a receipt; raises VerifyError for what `parse` would not give back."""
    lines = [MAGIC]
    if receipt.extra is not None:
        lines.append(f"extra {notes.to_base64(receipt.extra)}")
    lines.append(f"index {receipt.index}")
    lines += [notes.to_base64(item) for item in receipt.proof]
    data = "\n".join(lines).encode() + b"\n\n" + receipt.note
    if parse(data) != receipt:
        raise MalformedRecord(Refusal.BAD_PROOF, "receipt")
    return data


def parse(data: bytes) -> Receipt:
    """Read a receipt strictly; raises MalformedRecord(BAD_PROOF) or LimitExceeded."""
    if len(data) > limits.NOTE_BYTES + 2 * _EXTRA_BYTES:
        raise LimitExceeded(Refusal.TOO_LARGE, "receipt")
    head, blank, note = data.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise MalformedRecord(Refusal.BAD_PROOF, "not text") from error
    if not blank or not note or lines[0] != MAGIC:
        raise MalformedRecord(Refusal.BAD_PROOF, "not a receipt")
    extra, lines = _take_extra(lines[1:])
    index, proof = _take_proof(lines)
    return Receipt(index, proof, note, extra)


def _take_extra(lines: list[str]) -> tuple[bytes | None, list[str]]:
    if not lines or not lines[0].startswith("extra "):
        return None, lines
    return notes.from_base64(lines[0].removeprefix("extra "), Refusal.BAD_PROOF), lines[1:]


def _take_proof(lines: list[str]) -> tuple[int, merkle.Proof]:
    match = _INDEX.fullmatch(lines[0]) if lines else None
    if match is None or len(lines) - 1 > limits.PROOF_HASHES:
        raise MalformedRecord(Refusal.BAD_PROOF, "index")
    proof = tuple(notes.from_base64(line, Refusal.BAD_PROOF) for line in lines[1:])
    if any(len(item) != merkle.HASH_BYTES for item in proof):
        raise MalformedRecord(Refusal.BAD_PROOF, "hash")
    return int(match[1]), proof


def verify(data: bytes, leaf: bytes, policy: Policy) -> tuple[Check, Check]:
    """Whether the log holds this leaf, and whether enough witnesses saw that log: LOGGED and WITNESSED.

    data: a receipt. leaf: the exact bytes of the log entry. Never raises for bad input: a receipt that cannot
    be read, or that the log did not sign, is LOG_INCONSISTENT; a leaf that the proof does not lead to the
    root is NOT_IN_LOG.
    """
    try:
        receipt = parse(data)  # 1
        signed = checkpoint.open_signed(receipt.note, policy.log_keys, policy.witnesses)  # 2
    except VerifyError:
        failed = Check(Question.LOGGED, Status.FAILED, Reason.LOG_INCONSISTENT)
        return failed, quorum_of(None, policy)
    return _included(receipt, leaf, signed.checkpoint), quorum_of(signed.note, policy)  # 3, 4


def _included(receipt: Receipt, leaf: bytes, head: checkpoint.Checkpoint) -> Check:
    facts = {"log": head.origin, "index": str(receipt.index), "size": str(head.size)}
    hashed = merkle.leaf_hash(leaf)
    check = merkle.check_inclusion(hashed, receipt.index, head.size, receipt.proof, head.root)
    return Check(check.question, check.status, check.reason, facts)


def quorum_of(note: notes.Note | None, policy: Policy) -> Check:
    """Whether enough witnesses signed (WITNESSED). note: opened with the policy's keys; None: it could not be read."""
    if policy.quorum <= 0:
        return Check(Question.WITNESSED, Status.NOT_APPLICABLE, Reason.NO_WITNESS_REQUIRED)
    if note is None:
        return Check(Question.WITNESSED, Status.UNKNOWN, Reason.NOT_ASKED)
    seen = _different_witnesses(note.signatures, policy)
    facts = {"needed": str(policy.quorum), "found": str(len(seen))}
    if len(seen) >= policy.quorum:
        return Check(Question.WITNESSED, Status.PASSED, Reason.OK, facts)
    return Check(Question.WITNESSED, Status.FAILED, Reason.NO_QUORUM, facts)


def _different_witnesses(signatures: Sequence[notes.Verified], policy: Policy) -> set[bytes]:
    """By public key: a cosignature does not cover its name, so one key under two names is one witness.

    The log's own key never counts as a witness of itself, and a line without a time says nothing of "the newest".
    """
    own = {key.public for key in policy.log_keys}
    return {held.verifier.public for held in signatures if held.time} - own
