"""What a claimed signing time is worth: it must be possible, but nobody vouches for it but the signer."""

from datetime import datetime, timedelta
from typing import Final

from verify.cms.certificates import facts_of
from verify.verdict import Check, Question, Reason, Status

# Clocks of honest machines differ by less.
LEEWAY: Final = timedelta(minutes=5)


def claimed_time(certificate: bytes, claimed: datetime | None, at: datetime) -> Check:
    """SIGNING_TIME for a time that the signature itself claims: inside the certificate's life and not after `at`.

    Both times carry a zone. Raises MalformedRecord(BAD_CERTIFICATE) or LimitExceeded for an unreadable certificate.
    """
    question = Question.SIGNING_TIME
    if claimed is None:
        return Check(question, Status.FAILED, Reason.SIGNATURE_MALFORMED)
    certified = facts_of(certificate)
    # Not turned to UTC: the year 1 east of Greenwich has none.
    facts = {"claimed": claimed.isoformat()}
    if claimed > at + LEEWAY:
        return Check(question, Status.FAILED, Reason.SIGNED_IN_FUTURE, facts)
    if claimed < certified.not_before:
        return Check(question, Status.FAILED, Reason.CERTIFICATE_NOT_YET_VALID, facts)
    if claimed > certified.not_after:
        return Check(question, Status.FAILED, Reason.CERTIFICATE_EXPIRED, facts)
    return Check(question, Status.PASSED, Reason.CLAIMED_TIME_ONLY, facts)
