"""The native container: canonical bytes of a record, and beside them one detached CAdES-BES signature for each role.

Any tool that reads CMS verifies it: `openssl cms -verify -binary -inform DER -in signature-head.p7s -content
record.json -CAfile root.pem -purpose any`. What is accepted here is narrower: exactly the layout of
`verify.cms.writing`, with no certificate beside the path, so that nobody can alter a signature that stands in the log.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from verify.anchors import Authorisation, TrustStore, authorised
from verify.cms import reading
from verify.cms.certificates import facts_of
from verify.cms.paths import examine_path
from verify.cms.reading import Message
from verify.cms.times import claimed_time
from verify.cms.writing import sign_digest
from verify.errors import VerifyError
from verify.signing import Role, Signer
from verify.verdict import Check, Question, Reason, Status


@dataclass(frozen=True, slots=True)
class SignatureReport:
    """What one signature proves.

    role: in which it was examined. certificate: DER of the signer, None if the signature cannot be read; signer_name:
    as people know it, or empty. signing_time: claimed, None if missing.
    """

    role: Role
    checks: tuple[Check, ...]
    certificate: bytes | None
    signer_name: str
    signing_time: datetime | None

    @property
    def holds(self) -> bool:
        """Whether every check passed."""
        return all(check.status is Status.PASSED for check in self.checks)


_UNASKED = (Question.TRUSTED_PATH, Question.SIGNER_AUTHORISED, Question.NOT_REVOKED, Question.SIGNING_TIME)


def sign(record_bytes: bytes, signer: Signer, signing_time: datetime) -> bytes:
    """A detached signature over the bytes of a record, DER. signing_time: with zone; kept in whole seconds.

    Raises MalformedRecord(BAD_CERTIFICATE) for a signer that cannot be used, BAD_SHAPE for a time without zone.
    """
    return sign_digest(hashlib.sha256(record_bytes).digest(), signer, signing_time)


def examine(
    record_bytes: bytes,
    signature: bytes,
    *,
    role: Role,
    unit_code: str,
    trust: TrustStore,
    registry: Sequence[Authorisation],
    at: datetime,
) -> SignatureReport:
    """Everything that is asked of a signature when it is received. Never raises for hostile bytes.

    unit_code, role: for whom and as what it must stand. at: moment of receipt, with zone; path, revocation and
    registry are asked at it, because the claimed time is the signer's word alone.
    """
    try:
        message = reading.read(signature)
        signer_name = facts_of(message.certificate).subject
        time = claimed_time(message.certificate, message.signing_time, at)
    except VerifyError:
        unasked = tuple(Check(question, Status.UNKNOWN, Reason.NOT_ASKED) for question in _UNASKED)
        return SignatureReport(role, (*reading.malformed(), *unasked), None, "", None)
    path = examine_path(message.certificate, message.others, trust, at)
    checks = (
        *_integrity(message, record_bytes, path.certificates),
        path.trusted,
        authorised(message.certificate, unit_code, role, at, registry),
        path.not_revoked,
        time,
    )
    return SignatureReport(role, checks, message.certificate, signer_name, message.signing_time)


def _integrity(message: Message, record_bytes: bytes, path: frozenset[bytes]) -> tuple[Check, Check]:
    intact, value = reading.integrity(message, message.digest(record_bytes))
    timed = message.signing_time is not None
    if value.status is Status.PASSED and not (timed and message.is_ours(path)):
        return intact, Check(Question.SIGNATURE_VALUE, Status.FAILED, Reason.SIGNATURE_MALFORMED)
    return intact, value
