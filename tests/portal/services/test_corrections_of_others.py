"""After the lock, also for what came otherwise: signed XML packets, and years of the system before this one."""

import pytest
import sqlalchemy as sa

from portal.demo.units import SCHOOL
from portal.identity import SYSTEM
from portal.models import CorrectionKind, RecordVersion, Transcript, YearRecordRow
from portal.services import organisation
from portal.services.audit import audit
from portal.services.checking import check_document
from portal.services.intake import take_in
from portal.services.standing import standing_of
from portal.services.xml_packets import gate_of, import_packet
from portal.workbooks.judging import JudgedClass, JudgedPupil
from tests.earlier import OLD_CODE
from tests.factories import year_record
from tests.instances import NOW, DemoInstance, fresh_code
from tests.portal.correcting import LATER, begin, confirm, effect, propose, switch
from tests.portal.services.test_earlier_booklet import booklet, import_old_years
from tests.portal.xml_packets import CHAIN, YEAR, contents, register_teachers, signed, with_changed_marks
from verify.record.model import YearContent
from verify.standing import StandingState
from verify.verdict import Verdict


def take_xml(held: DemoInstance, records: list[YearContent]) -> int | None:
    data = signed(held.runtime, NOW, records, CHAIN)
    with held.reading() as session:
        gate = gate_of(session, SCHOOL, held.runtime.trust(NOW), NOW)
    with held.transaction() as session:
        return import_packet(
            session, SYSTEM, held.runtime.sandbox, data, gate=gate, school_year=YEAR, sample=True, new_code=fresh_code
        ).packet


def verdict_of(held: DemoInstance, pdf: bytes) -> Verdict:
    return check_document(held.runtime.desk(LATER), held.reading, pdf, LATER).conclusion.verdict


def standings(held: DemoInstance, code: str, year: str) -> list[StandingState]:
    with held.reading() as session:
        found = session.scalars(
            sa.select(RecordVersion.id)
            .join(YearRecordRow, YearRecordRow.id == RecordVersion.year_record_id)
            .join(Transcript, Transcript.id == YearRecordRow.transcript_id)
            .where(Transcript.lookup_code == code, YearRecordRow.school_year == year)
            .order_by(RecordVersion.version)
        )
        return [standing_of(session, each).state for each in found]


def assert_whole(held: DemoInstance) -> None:
    with held.reading() as session:
        assert audit(session, held.runtime.log_signer.verifier).problems == ()


def test_an_xml_record_is_superseded_by_an_xml_record(empty_instance: DemoInstance) -> None:
    held, records = empty_instance, contents()
    with held.transaction() as session:
        register_teachers(session, held.runtime, NOW)
    packet = take_xml(held, records)
    assert packet is not None
    held.lock(packet)
    with held.reading() as session:
        code = session.scalars(sa.select(Transcript.lookup_code).order_by(Transcript.id)).all()[0]
    old = booklet(held, code, YEAR)
    switch(held)
    assert take_xml(held, with_changed_marks(records[:1])) is None
    made = begin(held, code, CorrectionKind.SUPERSEDE, year=YEAR)
    assert take_xml(held, with_changed_marks(records[:1])) is not None
    propose(held, made)
    confirm(held, made)
    assert effect(held) == 1
    assert standings(held, code, YEAR) == [StandingState.SUPERSEDED, StandingState.IN_FORCE]
    assert verdict_of(held, old) is Verdict.NOT_IN_FORCE
    assert verdict_of(held, booklet(held, code, YEAR)) is Verdict.AUTHENTIC
    assert_whole(held)


@pytest.mark.parametrize("kind", [CorrectionKind.SUPERSEDE, CorrectionKind.REVOKE])
def test_a_year_of_the_system_before(empty_instance: DemoInstance, kind: CorrectionKind) -> None:
    held, old_year = empty_instance, year_record(3)
    import_old_years(held, with_lists=True)
    old = booklet(held, OLD_CODE, old_year.school_year)
    assert verdict_of(held, old) is Verdict.AUTHENTIC
    switch(held)
    made = begin(held, OLD_CODE, kind, year=old_year.school_year)
    if kind is CorrectionKind.SUPERSEDE:
        corrected = year_record(3, awards=())
        judged = JudgedClass(corrected.class_name, 3, (JudgedPupil(5, 1, corrected, ()),), ())
        with held.transaction() as session:
            school = organisation.unit(session, SCHOOL)
            packet = take_in(session, SYSTEM, school, old_year.school_year, judged, "9" * 64, fresh_code, NOW).packet
        assert packet is not None
        held.sign(packet)
        propose(held, made)
    confirm(held, made)
    assert effect(held) == 1
    assert verdict_of(held, old) is Verdict.NOT_IN_FORCE
    if kind is CorrectionKind.SUPERSEDE:
        assert standings(held, OLD_CODE, old_year.school_year) == [StandingState.SUPERSEDED, StandingState.IN_FORCE]
        assert verdict_of(held, booklet(held, OLD_CODE, old_year.school_year)) is Verdict.AUTHENTIC
        assert verdict_of(held, booklet(held, OLD_CODE)) is Verdict.AUTHENTIC
    else:
        assert standings(held, OLD_CODE, old_year.school_year) == [StandingState.REVOKED]
    assert_whole(held)
