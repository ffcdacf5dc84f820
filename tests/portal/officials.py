"""Two officials of the demo who lock records: steps shared by the tests of services, jobs and killed processes."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.demo.units import DEPARTMENT
from portal.identity import Appointment, Identity, StaffRole
from portal.jobs.work import Bench, perform
from portal.models import Account
from portal.services import lock_proposals
from portal.services.lock_proposals import LockView, Wanted
from tests.instances import WORKBOOKS, DemoInstance, fresh_code

YEAR: Final = "2025-2026"
FIRST, SECOND = "so.quantri", "so.canbo"
DECISION: Final = "310/QĐ-SGDĐT"
# After the first cut-off, before the second; records of `tests.instances` are accepted ten days before it.
AFTER: Final = datetime(2026, 7, 2, 3, 0, 0, 250_000, tzinfo=UTC)
ROUND_ONE: Final = Wanted(YEAR, 1, None, DECISION, None)
ROUND_TWO: Final = replace(ROUND_ONE, number=2)
LATE: Final = Wanted(YEAR, None, None, "311/QĐ-SGDĐT", "mất điện ba ngày cuối tháng")


def person(session: Session, username: str, role: StaffRole = StaffRole.DEPARTMENT_ADMIN, unit: str = "") -> Identity:
    account = session.scalars(sa.select(Account).where(Account.username == username)).one()
    return Identity(account.id, account.display_name, (Appointment(unit or DEPARTMENT, role),))


def accepted_class(instance: DemoInstance, workbook: str = "lop-1B.xlsx") -> int:
    packet = instance.take_in(WORKBOOKS / workbook).packet
    assert packet is not None
    instance.sign(packet)
    return packet


def propose(
    instance: DemoInstance,
    wanted: Wanted = ROUND_ONE,
    by: str = FIRST,
    at: datetime = AFTER,
    replaces: int | None = None,
) -> int:
    with instance.reading() as session:
        seen = lock_proposals.preview(session, person(session, by), wanted, at).set
    with instance.transaction() as session:
        official = person(session, by)
        return lock_proposals.propose(
            session, official, wanted, seen=seen.digest, typed=seen.count, now=at, replaces=replaces
        )


def confirm(instance: DemoInstance, proposal_id: int, by: str = SECOND, at: datetime = AFTER) -> int:
    """The job that the confirmation began."""
    with instance.transaction() as session:
        official = person(session, by)
        digest = lock_proposals.proposal(session, official, proposal_id, at).digest
        job = lock_proposals.confirm(session, official, proposal_id, digest, at)
    assert job is not None
    return job


def view(instance: DemoInstance, proposal_id: int, by: str = SECOND, at: datetime = AFTER) -> LockView:
    with instance.reading() as session:
        return lock_proposals.proposal(session, person(session, by), proposal_id, at)


def bench_of(instance: DemoInstance, at: datetime = AFTER) -> Bench:
    held = instance.runtime
    return Bench(instance.engine, held.sandbox, True, fresh_code, lambda: at, held.log_signer)


def lock(instance: DemoInstance, wanted: Wanted = ROUND_ONE, at: datetime = AFTER) -> int:
    """Proposed, confirmed and done; returns the proposal."""
    proposal_id = propose(instance, wanted, at=at)
    perform(bench_of(instance, at), confirm(instance, proposal_id, at=at))
    return proposal_id
