"""Two officials who act after the lock, and the school that brings a corrected version in: steps shared by tests."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.identity import SYSTEM, Identity, StaffRole
from portal.jobs.correcting import correct
from portal.jobs.work import Bench
from portal.models import Correction, CorrectionKind, RecordVersion, Transcript, YearRecordRow
from portal.services import blobs, correction_cases, correction_policy, corrections, organisation
from portal.services.correction_cases import CaseView
from portal.services.corrections import Wanted
from portal.services.intake import take_in
from portal.services.papers import Paper
from portal.workbooks.judging import JudgedClass, JudgedPupil
from tests.instances import SCHOOL, DemoInstance, fresh_code
from tests.portal.officials import FIRST, SECOND, YEAR, person
from verify.canonical import sha256
from verify.containers.roots import read_root
from verify.record.model import YearContent

# Well after the lock of `tests.instances`; whole days, so that a delay is easy to count.
LATER: Final = datetime(2026, 7, 20, 2, 0, tzinfo=UTC)
DELAY: Final = timedelta(days=3)
DUE: Final = LATER + DELAY + timedelta(minutes=1)
REGULATION: Final = Paper("88/QĐ-SGDĐT", date(2026, 7, 1), "quy-che.pdf", b"%PDF-1.7 regulation of the department")
DECISION: Final = Paper("412/QĐ-SGDĐT", date(2026, 7, 18), "quyet-dinh-412.pdf", b"%PDF-1.7 decision 412")
REASON: Final = "trường nhập nhầm điểm kiểm tra lại"
NOTE: Final = "Điểm môn Toán ghi theo bài kiểm tra lại ngày 15/8."


def switch(instance: DemoInstance, *, allowed: bool = True, at: datetime = LATER - timedelta(days=1)) -> int:
    """The regulation proposed by one official and confirmed by the other."""
    with instance.transaction() as session:
        made = correction_policy.propose_policy(
            session, person(session, FIRST), allowed=allowed, delay_days=DELAY.days, paper=REGULATION, now=at
        )
    with instance.transaction() as session:
        official = person(session, SECOND)
        correction_policy.confirm_policy(session, official, made, instance.runtime.log_signer, at)
    return made


def code_of(instance: DemoInstance, place: int = 0) -> str:
    """The lookup code of a pupil of the locked class, by the order of intake."""
    with instance.reading() as session:
        return session.scalars(sa.select(Transcript.lookup_code).order_by(Transcript.id)).all()[place]


def wanted(
    code: str, kind: CorrectionKind, paper: Paper = DECISION, school: str | None = None, year: str = YEAR
) -> Wanted:
    note = NOTE if kind is CorrectionKind.ANNOTATE else None
    return Wanted(kind, code, year, paper, REASON, note, school)


def begin(
    instance: DemoInstance, code: str, kind: CorrectionKind, by: str = FIRST, at: datetime = LATER, **more: str
) -> int:
    with instance.transaction() as session:
        return corrections.begin(session, person(session, by), wanted(code, kind, **more), at)  # type: ignore[arg-type]


def seen_by(instance: DemoInstance, correction_id: int, at: datetime = LATER) -> str:
    with instance.reading() as session:
        return correction_cases.look(session, person(session, SECOND), correction_id, at).digest


def propose(instance: DemoInstance, correction_id: int, by: str = FIRST, at: datetime = LATER) -> None:
    digest = seen_by(instance, correction_id, at)
    with instance.transaction() as session:
        corrections.propose(session, person(session, by), correction_id, digest, at)


def confirm(instance: DemoInstance, correction_id: int, by: str = SECOND, at: datetime = LATER) -> None:
    digest = seen_by(instance, correction_id, at)
    with instance.transaction() as session:
        corrections.confirm(session, person(session, by), correction_id, digest, at)


def close(instance: DemoInstance, correction_id: int, by: str = FIRST, at: datetime = LATER) -> None:
    with instance.transaction() as session:
        corrections.close(session, person(session, by), correction_id, "ghi nhầm học sinh", at)


def bench_of(instance: DemoInstance, at: datetime = DUE) -> Bench:
    held = instance.runtime
    return Bench(instance.engine, held.sandbox, True, fresh_code, lambda: at, held.log_signer)


def effect(instance: DemoInstance, at: datetime = DUE) -> int:
    """What the keeper does in each of its rounds."""
    return correct(bench_of(instance, at))


def corrected(instance: DemoInstance, code: str, score: int = 7, *, school: str = SCHOOL) -> int | None:
    """The school sends the pupil's year with another mark for Toán, and signs it; None where it is refused."""
    with instance.transaction() as session:
        content = content_of(session, code)
        toan = replace(content.subjects["toan"], score=score)
        content = replace(content, subjects={**content.subjects, "toan": toan})
        rows = (JudgedPupil(row=5, pupil=1, content=content, findings=()),)
        judged = JudgedClass(content.class_name, content.grade, rows, ())
        digest = sha256(f"{code} {score}".encode())
        unit = organisation.unit(session, school)
        packet = take_in(session, SYSTEM, unit, YEAR, judged, digest, fresh_code, LATER).packet
    if packet is not None:
        instance.sign(packet, school)
    return packet


def content_of(session: Session, code: str) -> YearContent:
    return read_root(blobs.get(session, versions(session, code)[0].root_sha256)).content


def versions(session: Session, code: str) -> Sequence[RecordVersion]:
    """Every version of the pupil's year, the oldest first."""
    return session.scalars(
        sa.select(RecordVersion)
        .join(YearRecordRow, YearRecordRow.id == RecordVersion.year_record_id)
        .join(Transcript, Transcript.id == YearRecordRow.transcript_id)
        .where(Transcript.lookup_code == code, YearRecordRow.school_year == YEAR)
        .order_by(RecordVersion.version)
    ).all()


def supersession(instance: DemoInstance, code: str, score: int = 7) -> int:
    """Opened, brought in, proposed and confirmed; it waits for its day."""
    made = begin(instance, code, CorrectionKind.SUPERSEDE)
    assert corrected(instance, code, score) is not None
    propose(instance, made)
    confirm(instance, made)
    return made


def act(instance: DemoInstance, code: str, kind: CorrectionKind) -> int:
    """An annotation or a revocation, confirmed; it waits for its day."""
    made = begin(instance, code, kind)
    confirm(instance, made)
    return made


def view(instance: DemoInstance, correction_id: int, by: Identity | None = None, at: datetime = LATER) -> CaseView:
    with instance.reading() as session:
        return correction_cases.case(session, by or person(session, FIRST), correction_id, at)


def clerk(session: Session, username: str = "th01.vanthu", school: str = SCHOOL) -> Identity:
    return person(session, username, StaffRole.CLERK, school)


def held(session: Session, correction_id: int) -> Correction:
    return session.get_one(Correction, correction_id)
