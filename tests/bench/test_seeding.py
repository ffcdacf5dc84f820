"""Seeded records are real ones: the audit finds nothing, services go on from where they stand."""

import pytest
import sqlalchemy as sa

from bench.forms import letters_of, words_of
from bench.seeding import Plan, seed
from portal.models import RecordVersion, State
from portal.services.audit import audit
from portal.services.evidence import stored_year
from tests.instances import NOW, DemoInstance
from verify.record.codec import from_bytes
from verify.record.model import YearRecord


def states(instance: DemoInstance) -> dict[str, int]:
    with instance.reading() as session:
        rows = session.execute(sa.select(RecordVersion.state, sa.func.count()).group_by(RecordVersion.state))
        return dict(rows.all())


def test_locked_records_hold_the_audit(empty_instance: DemoInstance) -> None:
    seeded = seed(empty_instance.settings, Plan(records=75, schools=2), NOW)
    assert (seeded.records, len(seeded.packets)) == (75, 3)
    with empty_instance.reading() as session:
        report = audit(session, empty_instance.runtime.log_signer.verifier)
    assert (report.records, report.problems) == (75, ())


def test_what_is_accepted_can_be_locked_beside_what_was_seeded_before(empty_instance: DemoInstance) -> None:
    seed(empty_instance.settings, Plan(records=3, pupils=3), NOW)
    seeded = seed(empty_instance.settings, Plan(records=5, state=State.ACCEPTED), NOW)
    assert states(empty_instance) == {"locked": 3, "accepted": 5}
    empty_instance.lock(seeded.packets.start)
    assert states(empty_instance) == {"locked": 8}
    with empty_instance.reading() as session:
        assert audit(session, empty_instance.runtime.log_signer.verifier).problems == ()


def test_drafts_are_signed_and_locked_like_any_other(empty_instance: DemoInstance) -> None:
    (packet,) = seed(empty_instance.settings, Plan(records=4, state=State.DRAFT), NOW).packets
    assert empty_instance.sign(packet).accepted == 4
    empty_instance.lock(packet)
    with empty_instance.reading() as session:
        versions = session.scalars(sa.select(RecordVersion)).all()
        years: list[YearRecord] = [from_bytes(stored_year(session, version).record) for version in versions]
    assert len({(year.lookup_code, year.full_name, year.personal_id) for year in years}) == 4


@pytest.mark.parametrize("number", [0, 74, 75, 5_625, 999_999, 1_000_000])
def test_numbers_of_pupils_are_unlike(number: int) -> None:
    assert len({letters_of(number), letters_of(number + 1)}) == 2
    assert len(words_of(number, "4A1")["personal_id"]) == 12
    assert len(words_of(number, "4A1")["moet_student_code"]) == 10
