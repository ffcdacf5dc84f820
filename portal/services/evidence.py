"""What the store holds of a locked version, as the trust core wants it: signed bytes, signatures, leaf, receipt."""

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import Fault, Problem
from portal.models import LogOpening, RecordSignature, RecordVersion
from portal.services import blobs, log, registry
from portal.services.packets import code_and_year
from portal.services.standing import replacement_by, standing_of
from portal.services.time_evidence import time_evidence
from verify.anchors import authorised_earlier
from verify.containers.roots import certificate_in
from verify.errors import VerifyError
from verify.evidence import StoredYear
from verify.log import leaves
from verify.log.leaves import EarlierRecordLeaf, ForeignRecordLeaf
from verify.signing import Role
from verify.verdict import Check, Question, Reason, Status


def stored_year(session: Session, version: RecordVersion) -> StoredYear:
    """A locked version with everything that proves it; raises Fault when a part of it is gone or changed."""
    if version.log_index is None:
        raise Fault(Problem.STORE_DAMAGED, what="log_index")
    opening = session.get(LogOpening, version.log_index)
    if opening is None:
        raise Fault(Problem.STORE_DAMAGED, what="opening")
    code, school_year = code_and_year(session, version)
    held = signatures(session, version)
    leaf = log.leaf(session, version.log_index)
    received = tuple(check for row in held for check in checks_from_json(row.report))
    return StoredYear(
        lookup_code=code,
        school_year=school_year,
        version=version.version,
        record=blobs.get(session, version.root_sha256),
        signatures={row.role: blobs.get(session, row.cms_sha256) for row in held},
        received=(*received, *_recognised(session, held, leaf)),
        leaf=leaf,
        receipt=log.receipt_of(session, version.log_index),
        opening=opening.opening,
        standing=standing_of(session, version.id),
        replaces=replacement_by(session, version, school_year),
        time=time_evidence(session, version.log_index),
    )


def _recognised(session: Session, held: Sequence[RecordSignature], leaf: bytes) -> Iterator[Check]:
    """Of a year of the system before this one: whether its keys are recognised still, or were so by mistake (0033)."""
    try:
        read = leaves.from_bytes(leaf)
    except VerifyError:
        return  # told by the check of the leaf
    if isinstance(read, EarlierRecordLeaf) and not isinstance(read, ForeignRecordLeaf):
        recognised = registry.earlier_registry(session)
        for row in held:
            certificate = certificate_in(blobs.get(session, row.cms_sha256))
            yield authorised_earlier(certificate, read.unit, Role(row.role), read.original_effective_at, recognised)


def signatures(session: Session, version: RecordVersion) -> Sequence[RecordSignature]:
    """The signatures of a version, in the order in which they came."""
    return session.scalars(
        sa.select(RecordSignature).where(RecordSignature.version_id == version.id).order_by(RecordSignature.id)
    ).all()


def checks_to_json(checks: Sequence[Check]) -> list[dict[str, Any]]:
    """A validation report as it is stored."""
    return [
        {
            "question": check.question.value,
            "status": check.status.value,
            "reason": check.reason.value,
            "facts": dict(check.facts),
        }
        for check in checks
    ]


def checks_from_json(report: Sequence[dict[str, Any]]) -> tuple[Check, ...]:
    """A stored validation report."""
    return tuple(
        Check(Question(held["question"]), Status(held["status"]), Reason(held["reason"]), held["facts"])
        for held in report
    )
