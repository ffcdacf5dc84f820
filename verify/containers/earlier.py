"""The signatures of a record of the system before this one, of either container, judged as of the old effective date.

Other software signed, so any layout of CMS is taken that names its signer by hash and says when it was made; the log
binds the very bytes. The keys are those of `anchors.EarlierRegistry`, never today's. Of an XML root the whole chain
must verify; who signed is asked of the needed roles only: teachers' keys of that time are nobody's to know today.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from verify.anchors import EarlierRegistry, TrustStore, authorised_earlier
from verify.cms import reading
from verify.cms.certificates import facts_of
from verify.cms.past import examine_past
from verify.cms.times import claimed_time
from verify.containers.roots import Container, container_of
from verify.containers.xmldsig.chain import Link, links
from verify.containers.xmldsig.opening import opened
from verify.containers.xmldsig.packets import record_and_signatures
from verify.errors import VerifyError
from verify.signing import Role
from verify.verdict import Check, Question, Reason, Status

# The lists of that time are often gone. Everything else must hold.
MAY_STAY_UNKNOWN = frozenset({Question.NOT_REVOKED})
_UNASKED = (Question.TRUSTED_PATH, Question.SIGNER_AUTHORISED, Question.NOT_REVOKED, Question.SIGNING_TIME)


@dataclass(frozen=True, slots=True)
class EarlierGate:
    """By what signatures of earlier years are judged.

    trust: also with lists of that time. needed: roles without which a record is not taken. now: of the import.
    """

    trust: TrustStore
    registry: EarlierRegistry
    needed: tuple[Role, ...]
    now: datetime


@dataclass(frozen=True, slots=True)
class EarlierSignature:
    """What one signature proves. signature: its bytes, CMS or `ds:Signature`. certificate: DER, None if unreadable.

    signing_time: claimed, None if missing.
    """

    role: Role
    signature: bytes
    checks: tuple[Check, ...]
    certificate: bytes | None = None
    signer_name: str = ""
    signing_time: datetime | None = None

    @property
    def refused(self) -> Check | None:
        """The check for which it is not taken, a failed one before an unknown one; None where it is taken.

        What may stay unknown is then still unknown.
        """
        for status in (Status.FAILED, Status.UNKNOWN, Status.NOT_APPLICABLE):
            for check in self.checks:
                allowed = check.status is Status.UNKNOWN and check.question in MAY_STAY_UNKNOWN
                if check.status is status and not allowed:
                    return check
        return None


def examine_earlier(
    root: bytes, detached: Mapping[Role, bytes], unit_code: str, effective_at: datetime, gate: EarlierGate
) -> tuple[EarlierSignature, ...]:
    """Everything that can still be asked of the signatures of a root that `roots.read_root` could read.

    detached: CMS by role; empty for an XML root, which holds its signatures. effective_at: as the old system states it,
    with zone. A needed role in which nobody signed is a refused signature without bytes. Raises MalformedRecord or
    LimitExceeded for an XML root that is none.
    """
    if container_of(root) is Container.XMLDSIG:
        found = _inside(root, unit_code, effective_at, gate)
    else:
        found = {role: _detached(root, role, cms, unit_code, effective_at, gate) for role, cms in detached.items()}
    lacking = Check(Question.SIGNATURE_FOUND, Status.FAILED, Reason.ROLE_MISSING)
    absent = {role: EarlierSignature(role, b"", (lacking,)) for role in gate.needed if role not in found}
    return tuple({**found, **absent}.values())


def _detached(
    root: bytes, role: Role, cms: bytes, unit_code: str, effective_at: datetime, gate: EarlierGate
) -> EarlierSignature:
    try:
        message = reading.read(cms)
        facts_of(message.certificate)
    except VerifyError:
        unasked = tuple(Check(question, Status.UNKNOWN, Reason.NOT_ASKED) for question in _UNASKED)
        return EarlierSignature(role, cms, (*reading.malformed(), *unasked))
    intact, value = reading.integrity(message, message.digest(root))
    if value.status is Status.PASSED and not (message.bound and message.signing_time is not None):
        value = Check(Question.SIGNATURE_VALUE, Status.FAILED, Reason.SIGNATURE_MALFORMED)
    signer = _signer(message.certificate, message.others, role, message.signing_time, unit_code, effective_at, gate)
    name = facts_of(message.certificate).subject
    return EarlierSignature(role, cms, (intact, value, *signer), message.certificate, name, message.signing_time)


def _inside(root: bytes, unit_code: str, effective_at: datetime, gate: EarlierGate) -> dict[Role, EarlierSignature]:
    file = opened(root)
    record_and_signatures(file)
    chain = links(file)
    broken = next((link.defect for link in chain if link.defect is not None), None)
    if broken is not None:
        failed = Check(broken.question, Status.FAILED, broken.reason)
        return {role: EarlierSignature(role, b"", (failed,)) for role in gate.needed}
    return {
        link.role: _link(link, link.role, unit_code, effective_at, gate) for link in chain if link.role in gate.needed
    }


def _link(link: Link, role: Role, unit_code: str, effective_at: datetime, gate: EarlierGate) -> EarlierSignature:
    if link.proof is None:
        return EarlierSignature(role, link.element, reading.malformed())
    certificate, *others = link.proof.shape.certificates
    time = link.proof.properties.signing_time
    checks = (
        Check(Question.DIGEST_INTACT, Status.PASSED),
        Check(Question.SIGNATURE_VALUE, Status.PASSED),
        *_signer(certificate, tuple(others), role, time, unit_code, effective_at, gate),
    )
    return EarlierSignature(role, link.element, checks, certificate, link.proof.signer_name, time)


def _signer(
    certificate: bytes,
    others: tuple[bytes, ...],
    role: Role,
    signing_time: datetime | None,
    unit_code: str,
    effective_at: datetime,
    gate: EarlierGate,
) -> tuple[Check, ...]:
    path = examine_past(certificate, others, gate.trust, effective_at, gate.now)
    return (
        path.trusted,
        authorised_earlier(certificate, unit_code, role, effective_at, gate.registry),
        path.not_revoked,
        claimed_time(certificate, signing_time, effective_at),
    )
