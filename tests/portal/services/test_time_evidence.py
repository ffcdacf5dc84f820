"""Since when a record exists: told with each verdict, from an outsider's stamp, and from nothing else."""

import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from portal.identity import SYSTEM
from portal.jobs.timestamping import StampDesk, stamp_due
from portal.models import RecordVersion, Transcript
from portal.services.checking import check_document
from portal.services.evidence import stored_year
from portal.services.prints import printed_pdf
from tests.instances import DemoInstance
from tests.timestamping import DAY, Authorities, served
from verify.evidence import StoredYear
from verify.existence import TimeEvidence, existed
from verify.log import receipt
from verify.log.receipt import Policy
from verify.timestamps import NO_AUTHORITY, Kept, StampPolicy
from verify.verdict import Check, Question, Reason, Status, Verdict


@pytest.fixture(scope="module")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authorities]:
    with served(tmp_path_factory.mktemp("tsa")) as made:
        yield made


@pytest.fixture
def stamped(instance: DemoInstance, authorities: Authorities) -> DemoInstance:
    """The class is locked, and an authority has stamped the log since."""
    authorities.go_on(timedelta(0))
    desk = StampDesk(instance.engine, lambda: policy(authorities), now, lambda: secrets.randbits(64))
    assert [each.fault for each in stamp_due(desk)] == [None]
    return instance


def policy(authorities: Authorities) -> StampPolicy:
    return StampPolicy((authorities("passing"),))


def now() -> datetime:
    return datetime.now(UTC)


def year_of(instance: DemoInstance) -> StoredYear:
    with instance.reading() as session:
        return stored_year(session, session.scalars(sa.select(RecordVersion).limit(1)).one())


def asked(instance: DemoInstance, year: StoredYear, stamps: StampPolicy, at: datetime | None = None) -> Check:
    return existed(year.time, year.leaf, instance.runtime.policy, stamps, at or now())


def test_told_with_the_verdict(stamped: DemoInstance, authorities: Authorities) -> None:
    with stamped.transaction() as session:
        code = session.scalars(sa.select(Transcript.lookup_code).limit(1)).one()
        press = stamped.runtime.press
        made = printed_pdf(session, press, SYSTEM, code, None, whole=False, now=now(), network="local")
    desk = replace(stamped.runtime.desk(now()), stamps=policy(authorities))
    conclusion = check_document(desk, stamped.reading, made.pdf, now() + timedelta(seconds=1)).conclusion
    assert conclusion.verdict is Verdict.AUTHENTIC
    (time,) = (check for check in conclusion.checks if check.question is Question.TIME_PROVEN)
    assert (time.status, time.facts["stamped_by"]) == (Status.PASSED, "Dấu thời gian passing")
    assert abs(datetime.fromisoformat(time.facts["before"]) - now()) < timedelta(minutes=5)


def test_without_a_stamp_it_is_unknown(instance: DemoInstance, authorities: Authorities) -> None:
    found = asked(instance, year_of(instance), policy(authorities))
    assert (found.status, found.reason) == (Status.UNKNOWN, Reason.NOT_STAMPED)


def test_where_nobody_stamps_it_is_not_asked(stamped: DemoInstance) -> None:
    found = asked(stamped, year_of(stamped), NO_AUTHORITY)
    assert (found.status, found.reason) == (Status.NOT_APPLICABLE, Reason.NO_STAMP_REQUIRED)


def test_a_stamp_of_somebody_else(stamped: DemoInstance, authorities: Authorities) -> None:
    found = asked(stamped, year_of(stamped), StampPolicy((authorities("second"),)))
    assert (found.status, found.reason) == (Status.FAILED, Reason.STAMP_INVALID)


def test_a_stamp_that_ended_without_a_renewal(stamped: DemoInstance, authorities: Authorities) -> None:
    found = asked(stamped, year_of(stamped), policy(authorities), now() + 2500 * DAY)
    assert (found.status, found.facts["stamp"]) == (Status.FAILED, "expired")


def broken(held: TimeEvidence) -> dict[str, TimeEvidence]:
    read = receipt.parse(held.receipt)
    other = receipt.build(replace(read, index=read.index + 1))
    return {
        "no receipt": replace(held, receipt=b""),
        "the receipt of another leaf": replace(held, receipt=other),
        "another checkpoint under the stamp": replace(held, stamp=replace(held.stamp, subject=b"x\n1\nAA==\n")),
        "no stamp": replace(held, stamp=replace(held.stamp, reply=b"")),
        "a renewal that is none": replace(
            held, stamp=replace(held.stamp, reply=b""), renewals=(Kept(9, b"", b"", "x"),)
        ),
    }


def test_evidence_that_does_not_hold_together(stamped: DemoInstance, authorities: Authorities) -> None:
    year = year_of(stamped)
    assert year.time is not None
    assert asked(stamped, year, policy(authorities)).status is Status.PASSED
    for name, evidence in broken(year.time).items():
        found = asked(stamped, replace(year, time=evidence), policy(authorities))
        assert found.status is Status.FAILED, name


def test_another_log_proves_nothing(stamped: DemoInstance, authorities: Authorities) -> None:
    year = year_of(stamped)
    nobody = Policy((), (), 0)
    assert existed(year.time, year.leaf, nobody, policy(authorities), now()).status is Status.FAILED
