"""What the store holds of a locked version, as the trust core wants it: signed bytes, signatures, leaf, receipt."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.errors import Fault, Problem
from portal.models import LogOpening, RecordSignature, RecordVersion
from portal.services import blobs, log
from portal.services.packets import code_and_year
from verify.evidence import StoredYear
from verify.standing import IN_FORCE
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
    return StoredYear(
        lookup_code=code,
        school_year=school_year,
        version=version.version,
        record=blobs.get(session, version.root_sha256),
        signatures={row.role: blobs.get(session, row.cms_sha256) for row in held},
        received=tuple(check for row in held for check in checks_from_json(row.report)),
        leaf=log.leaf(session, version.log_index),
        receipt=log.receipt_of(session, version.log_index),
        opening=opening.opening,
        standing=IN_FORCE,
    )


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
