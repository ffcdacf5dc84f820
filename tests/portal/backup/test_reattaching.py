"""An old backup restored, the log replayed: records come back under their leaves, from what others hold of them."""

import io
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pikepdf
import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session

from portal.api import presenting
from portal.backup.continuing import resume, seen_by_mirror
from portal.backup.sources import FolderSource
from portal.database import open_engine
from portal.identity import SYSTEM
from portal.models import Blob, KeyAuthorisation, LogHead, RecordVersion, StateChange, Transcript, YearRecordRow
from portal.runtime import demo_signer
from portal.services import locked_records, organisation, registry
from portal.services.audit import audit
from portal.services.evidence import stored_year
from portal.services.prints import printed_pdf
from portal.services.reattaching import Reattached, Why, reattach
from portal.services.signing import sign_packet
from tests.databases import Backend
from tests.instances import NOW, SCHOOL, WORKBOOKS, DemoInstance
from tests.portal.backup.places import (
    LATER,
    back_up,
    empty_place,
    every_row,
    key_file,
    lock_another,
    mirrored,
    restored_at,
)
from tests.portal.services.test_xml_packets import packet as xml_packet
from tests.portal.services.test_xml_packets import taken as taken_xml
from tests.portal.xml_packets import contents, register_teachers
from tests.sabotage import silently
from verify.evidence import StoredYear
from verify.pdf.carried import carried_files
from verify.report import attached
from verify.report.lines import ReportedRecord
from verify.signing import Role

DECISION = "15/QĐ-MAU"
Back = Callable[[], DemoInstance]


@pytest.fixture
def restored(instance: DemoInstance, backend: Backend, tmp_path: Path) -> Iterator[Back]:
    """Call it after the disaster: the instance as it was at the start of the test, its log replayed from a mirror."""
    key, public = key_file(tmp_path)
    file = back_up(instance, tmp_path, public)
    with empty_place(backend, tmp_path) as settings, restored_at(settings, instance, file, key) as back:

        def replayed() -> DemoInstance:
            mirror = mirrored(instance, tmp_path / "mirror")
            seen = seen_by_mirror(FolderSource(mirror.folder), [instance.runtime.log_signer.verifier])
            with back.transaction() as session:
                resume(session, [seen], LATER)
            return back

        yield replayed


def size_of(instance: DemoInstance) -> int:
    with instance.reading() as session:
        return session.get_one(LogHead, 1).size


def records_of(instance: DemoInstance, first: int) -> list[ReportedRecord]:
    """What an outsider keeps of the records from a leaf on."""
    with instance.reading() as session:
        held = locked_records.records(session, lambda _leaf: True)
        return [each.record for each in held if each.record.log_index >= first]


def put_back(instance: DemoInstance, records: list[ReportedRecord]) -> Reattached:
    with instance.transaction() as session:
        return reattach(session, records, instance.runtime.trust(LATER), DECISION, LATER)


def problems(instance: DemoInstance) -> list[str]:
    with instance.reading() as session:
        return [each.defect.value for each in audit(session, instance.runtime.log_signer.verifier).problems]


def refused(instance: DemoInstance, record: ReportedRecord) -> Why:
    """Why it is not put back; and nothing of it stays."""
    before = every_row(instance.engine)
    (left,) = put_back(instance, [record]).left
    assert every_row(instance.engine) == before
    return left.why


def test_every_lost_record_comes_back_from_an_audit_copy(instance: DemoInstance, restored: Back) -> None:
    first = size_of(instance)
    lost = lock_another(instance) - first
    held = records_of(instance, first)
    back = restored()
    assert problems(back) == ["record_gone"] * lost
    assert put_back(back, held[::-1]) == Reattached(lost, 0, 0, ())
    assert problems(back) == []
    for index in (first, first + lost - 1):
        years = [_stored(each, index) for each in (instance, back)]
        assert len({(each.record, each.leaf, each.opening, each.receipt) for each in years}) == 1
        assert years[0].signatures == years[1].signatures
    again = every_row(back.engine)
    assert put_back(back, held) == Reattached(0, lost, 0, ())
    assert every_row(back.engine) == again
    with back.reading() as session:
        version = session.scalars(sa.select(RecordVersion).where(RecordVersion.log_index == first)).one()
        rows = session.scalars(sa.select(StateChange).where(StateChange.version_id == version.id))
        told = [(each.to_state, each.reason) for each in rows]
    reason = f"đưa lại sau khôi phục theo {DECISION}, dòng {first} của sổ minh bạch"
    assert told == [(state, reason) for state in ("draft", "submitted", "accepted", "locked")]
    lock_another(back, "lop-5D.xlsx")
    assert problems(back) == []


def _stored(instance: DemoInstance, index: int) -> StoredYear:
    with instance.reading() as session:
        row = session.scalars(sa.select(RecordVersion).where(RecordVersion.log_index == index)).one()
        return stored_year(session, row)


def print_of(instance: DemoInstance, first: int) -> bytes:
    """A sealed print of the record under a leaf."""
    with instance.transaction() as session:
        code, year = session.execute(
            sa.select(Transcript.lookup_code, YearRecordRow.school_year)
            .join(YearRecordRow, YearRecordRow.transcript_id == Transcript.id)
            .join(RecordVersion, RecordVersion.year_record_id == YearRecordRow.id)
            .where(RecordVersion.log_index == first)
        ).one()
        press = instance.runtime.press
        return printed_pdf(session, press, SYSTEM, code, year, whole=False, now=NOW, network="local").pdf


def test_a_print_or_an_answer_is_enough_whatever_the_container(instance: DemoInstance, restored: Back) -> None:
    with instance.transaction() as session:
        register_teachers(session, instance.runtime, NOW)
    xml = taken_xml(instance, xml_packet(instance, contents())).packet
    assert xml is not None
    first = instance.lock(xml).log_size - 2
    native = lock_another(instance) - 1
    prints = [print_of(instance, index) for index in (first, native)]
    answers = [presenting.evidence(_stored(instance, index)).text() for index in (first + 1, native - 1)]
    back = restored()
    for made in prints:
        assert put_back(back, list(attached.of_files(carried_files(made)))) == Reattached(1, 0, 0, ())
    for answer in answers:
        assert put_back(back, [attached.of_answer(answer.encode())]) == Reattached(1, 0, 0, ())
    with pikepdf.open(io.BytesIO(print_of(back, first))) as pdf:
        assert "record.xml" in pdf.attachments
    with pikepdf.open(io.BytesIO(print_of(back, native))) as pdf:
        assert "record.json" in pdf.attachments


def test_what_the_backup_had_goes_on_from_where_it_was(
    instance: DemoInstance, backend: Backend, tmp_path: Path
) -> None:
    """The class was brought in and not yet signed before the backup, and locked after it."""
    packet = instance.take_in(WORKBOOKS / "lop-1B.xlsx").packet
    assert packet is not None
    key, public = key_file(tmp_path, "second.txt")
    file = back_up(instance, tmp_path, public, "second.age")
    first = size_of(instance)
    instance.sign(packet)
    instance.lock(packet)
    held = records_of(instance, first)
    mirror = mirrored(instance, tmp_path / "mirror")
    with empty_place(backend, tmp_path, "again") as settings, restored_at(settings, instance, file, key) as back:
        with back.transaction() as session:
            seen = seen_by_mirror(FolderSource(mirror.folder), [back.runtime.log_signer.verifier])
            resume(session, [seen], LATER)
        assert put_back(back, held).attached == len(held)
        assert problems(back) == []
        with back.reading() as session:
            assert session.scalar(sa.select(sa.func.count()).select_from(RecordVersion)) == 34 + len(held)


def test_nothing_but_what_the_leaf_commits_to(instance: DemoInstance, restored: Back) -> None:
    first = size_of(instance)
    lock_another(instance)
    good, other = records_of(instance, first)[:2]
    back = restored()
    assert refused(back, replace(good, root=good.root.replace(b'"grade":1', b'"grade":2'))) is Why.LEAF_DIFFERS
    assert refused(back, replace(good, salt=bytes(32))) is Why.LEAF_DIFFERS
    assert refused(back, replace(good, version=2)) is Why.LEAF_DIFFERS
    assert refused(back, replace(good, lookup_code=other.lookup_code)) is Why.LEAF_DIFFERS
    assert refused(back, replace(good, signatures=other.signatures)) is Why.LEAF_DIFFERS
    assert refused(back, replace(good, signatures={"head": good.signatures["head"]})) is Why.LEAF_DIFFERS
    assert refused(back, replace(good, log_index=other.log_index)) is Why.LEAF_DIFFERS
    assert refused(back, replace(good, log_index=0)) is Why.NO_LEAF
    assert refused(back, replace(good, log_index=10**6)) is Why.NO_LEAF
    assert put_back(back, [good]).attached == 1


def test_a_pupil_who_was_brought_in_anew_waits_for_a_person(instance: DemoInstance, restored: Back) -> None:
    first = size_of(instance)
    lock_another(instance)
    held = records_of(instance, first)
    back = restored()
    assert back.take_in(WORKBOOKS / "lop-1B.xlsx", school="MAU-TH-02").accepted == len(held)
    assert refused(back, held[0]) is Why.OTHER_PUPIL


def test_a_blob_that_was_lost_comes_back(instance: DemoInstance, restored: Back) -> None:
    held = records_of(instance, 0)
    back = restored()
    with silently(back.settings) as session:
        root = (
            sa.select(RecordVersion.root_sha256).where(RecordVersion.log_index == held[0].log_index).scalar_subquery()
        )
        session.execute(sa.delete(Blob).where(Blob.sha256 == root))
    assert problems(back) == ["bytes_gone"]
    assert put_back(back, held) == Reattached(0, len(held), 0, ())
    assert problems(back) == []


def test_keys_come_back_with_what_they_signed_and_ended_ones_stay_ended(instance: DemoInstance, restored: Back) -> None:
    """A new head signs a class after the backup, and the key of the one before is ended."""
    authority, first = instance.runtime.authority, size_of(instance)
    assert authority is not None
    with instance.transaction() as session:
        school = organisation.unit(session, SCHOOL)
        of_head = sa.select(KeyAuthorisation).where(
            KeyAuthorisation.unit_id == school.id, KeyAuthorisation.role == Role.HEAD.value
        )
        ended_at = LATER + timedelta(days=1)
        old = session.scalars(of_head).one()
        head = authority.demo_signer(f"{SCHOOL}-moi", school.code, Role.HEAD, "Nguyễn Văn Mới", NOW)
        registry.register_key(session, school, Role.HEAD, head.certificate, NOW, None, instance.runtime.log_signer, NOW)
        registry.end_key(session, old, ended_at, instance.runtime.log_signer, NOW)
    packet = instance.take_in(WORKBOOKS / "lop-1B.xlsx").packet
    assert packet is not None
    seal = demo_signer(authority, SCHOOL, Role.SCHOOL_SEAL, NOW)
    with instance.transaction() as session:
        signers = {Role.HEAD: head, Role.SCHOOL_SEAL: seal}
        sign_packet(session, SYSTEM, packet, signers, instance.runtime.trust(NOW), NOW)
    instance.lock(packet)
    held = records_of(instance, first)
    back = restored()
    with back.reading() as session:
        assert session.scalars(of_head).one().valid_to == ended_at, "an ended key is ended as soon as the log is back"
    assert problems(back) == ["record_gone"] * len(held) + ["key_differs"]
    assert put_back(back, held) == Reattached(len(held), 0, 1, ())
    assert problems(back) == []


@pytest.mark.parametrize("moment", [9, 55])
def test_killed_anywhere_it_is_whole_or_not_at_all(instance: DemoInstance, restored: Back, moment: int) -> None:
    first = size_of(instance)
    lock_another(instance)
    held = records_of(instance, first)[:3]
    back = restored()
    back.engine.dispose()
    before = every_row(back.engine)
    back.engine.dispose()
    child = os.fork()
    if child == 0:
        try:
            _killed(back, held, moment)
        finally:
            os._exit(3)
    _pid, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), "it ended before it was killed"
    assert every_row(back.engine) == before
    assert put_back(back, held).attached == 3


def _killed(back: DemoInstance, held: list[ReportedRecord], moment: int) -> None:
    engine, done = open_engine(back.settings.database_url, back.settings.data), 0

    def count(*_arguments: object) -> None:
        nonlocal done
        done += 1
        if done == moment:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(engine, "after_cursor_execute", count)
    with Session(engine) as session, session.begin():
        reattach(session, held, back.runtime.trust(LATER), DECISION, LATER)
