"""Since when does a locked record exist, at the latest? An outsider's stamp on a checkpoint above its leaf says so.

The lock's own dates are the department's claim. A stamp at T on a signed checkpoint proves that every leaf below was
there before T, and a leaf commits to record and signatures: so both are older than T, whoever runs the portal.
"""

from dataclasses import dataclass
from datetime import datetime

from verify.errors import VerifyError
from verify.log import receipt
from verify.log.receipt import Policy
from verify.timestamps import Kept, Stamp, StampPolicy, proven
from verify.verdict import Check, Question, Reason, Status


@dataclass(frozen=True, slots=True)
class TimeEvidence:
    """receipt: of the leaf under the stamped checkpoint. stamp: on that one. renewals: every stamp on older stamps."""

    receipt: bytes
    stamp: Kept
    renewals: tuple[Kept, ...] = ()


def existed(evidence: TimeEvidence | None, leaf: bytes, policy: Policy, stamps: StampPolicy, at: datetime) -> Check:
    """TIME_PROVEN: passed with the time before which the leaf existed; not asked of an instance without authorities.

    leaf: the exact bytes of the log entry. at: moment of the check. Never raises for bad input.
    """
    question = Question.TIME_PROVEN
    if not stamps.authorities:
        return Check(question, Status.NOT_APPLICABLE, Reason.NO_STAMP_REQUIRED)
    if evidence is None:
        return Check(question, Status.UNKNOWN, Reason.NOT_STAMPED)
    if not _is_covered(evidence, leaf, policy):
        return Check(question, Status.FAILED, Reason.STAMP_INVALID)
    worth = proven((evidence.stamp, *evidence.renewals), stamps, at)[evidence.stamp.number]
    if not isinstance(worth, Stamp):
        return Check(question, Status.FAILED, Reason.STAMP_INVALID, {"stamp": worth.value})
    return Check(question, Status.PASSED, Reason.OK, {"before": worth.at.isoformat(), "stamped_by": worth.signer})


def _is_covered(evidence: TimeEvidence, leaf: bytes, policy: Policy) -> bool:
    """Whether the checkpoint under the stamp is the one of the receipt, of our log, and holds the leaf."""
    try:
        read = receipt.parse(evidence.receipt)
    except VerifyError:
        return False
    included, _witnessed = receipt.verify(evidence.receipt, leaf, policy)
    return read.note == evidence.stamp.subject and included.status is Status.PASSED
