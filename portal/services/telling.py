"""Who is told what: one line of a use case for each happening, in its transaction (decision 0047)."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.identity import StaffRole
from portal.models import Correction, LockItem, NoticeKind, RecordVersion, Transcript, YearRecordRow
from portal.services import notices
from portal.services.notices import News
from portal.services.organisation import day_of

_SCHOOL: Final = (StaffRole.CLERK, StaffRole.HEAD)


def packet_taken(
    session: Session, unit_id: int, packet_id: int, *, drafts: bool, faulty: int, by: int, now: datetime
) -> None:
    """A class has come: the head signs what is a draft, the clerk mends what was refused."""
    if drafts:
        heads = notices.staff_of(session, [unit_id], now, StaffRole.HEAD)
        notices.tell(session, News(NoticeKind.PACKET_TO_SIGN, packet_id), heads, now, but=by)
    if faulty:
        news = News(NoticeKind.PACKET_FAULTY, packet_id, "rows", f"rows {faulty}")
        clerks = notices.staff_of(session, [unit_id], now, StaffRole.CLERK)
        notices.tell(session, news, clerks, now, but=by)


def packet_signed(
    session: Session, unit_id: int, packet_id: int, *, waiting: int, refused: int, by: int, now: datetime
) -> None:
    """Signatures have come: what is complete waits for nobody; what was refused goes back."""
    if not waiting:
        notices.settle(session, NoticeKind.PACKET_TO_SIGN, packet_id, now)
    if refused:
        news = News(NoticeKind.PACKET_FAULTY, packet_id, now.isoformat(), f"signatures {refused}")
        notices.tell(session, news, notices.staff_of(session, [unit_id], now, *_SCHOOL), now, but=by)


def packet_emptied(session: Session, packet_id: int, now: datetime) -> None:
    """Nothing of a packet is left to sign."""
    notices.settle(session, NoticeKind.PACKET_TO_SIGN, packet_id, now)


def upload_refused(session: Session, upload_id: int, account_id: int, now: datetime) -> None:
    """A whole file was refused, perhaps after its person went away."""
    notices.tell(session, News(NoticeKind.UPLOAD_REFUSED, upload_id, now.isoformat()), [account_id], now)


def custody_turn(session: Session, request_id: int, unit_id: int, by: int, now: datetime) -> None:
    """It is a head's turn to answer a request for custody: of the unit, or for what the department keeps its own."""
    custody_over(session, request_id, now)
    deciding = notices.staff_of(session, [unit_id], now, StaffRole.HEAD, StaffRole.DEPARTMENT_ADMIN)
    news = News(NoticeKind.CUSTODY_WAITS, request_id, str(unit_id))
    notices.tell(session, news, deciding, now, but=by)


def custody_ended(
    session: Session, request_id: int, state: str, unit_ids: Collection[int], by: int, now: datetime
) -> None:
    """A request has ended, however: both schools know."""
    custody_over(session, request_id, now)
    news = News(NoticeKind.CUSTODY_ENDED, request_id, detail=state)
    notices.tell(session, news, notices.staff_of(session, unit_ids, now, *_SCHOOL), now, but=by)


def custody_over(session: Session, request_id: int, now: datetime) -> None:
    """Whoever's turn it was, it no longer is."""
    for kind in (NoticeKind.CUSTODY_WAITS, NoticeKind.CUSTODY_LATE):
        notices.settle(session, kind, request_id, now)


def second_official_needed(
    session: Session, kind: NoticeKind, subject: int, by: int, now: datetime, happening: str = ""
) -> None:
    """A proposal waits for another administrator. kind: LOCK_WAITS, KEY_WAITS or CORRECTION_WAITS."""
    notices.tell(session, News(kind, subject, happening), notices.officials(session, now), now, but=by)


def correction_told(session: Session, held: Correction, by: int, now: datetime) -> None:
    """An act after the lock concerns records that these schools issued, keep or are to bring in anew."""
    correction_over(session, held.id, now)
    issuer, keeper = session.execute(
        sa.select(RecordVersion.issuing_unit_id, Transcript.managing_unit_id)
        .join(YearRecordRow, YearRecordRow.id == RecordVersion.year_record_id)
        .join(Transcript, Transcript.id == YearRecordRow.transcript_id)
        .where(RecordVersion.id == held.version_id)
    ).one()
    near = notices.staff_of(session, {issuer, keeper, held.school_id}, now, *_SCHOOL)
    news = News(NoticeKind.CORRECTION_TOLD, held.id, held.state, held.state)
    notices.tell(session, news, near, now, but=by)


def correction_over(session: Session, correction_id: int, now: datetime) -> None:
    """No second official is needed any more."""
    notices.settle(session, NoticeKind.CORRECTION_WAITS, correction_id, now)


def records_locked(session: Session, proposal_id: int, school_year: str, now: datetime) -> None:
    """A lock has ended: every school with records in it knows that they are in force."""
    units = session.scalars(
        sa.select(RecordVersion.issuing_unit_id)
        .join(LockItem, LockItem.version_id == RecordVersion.id)
        .where(LockItem.proposal_id == proposal_id)
        .distinct()
    ).all()
    news = News(NoticeKind.RECORDS_LOCKED, proposal_id, detail=school_year)
    notices.tell(session, news, notices.staff_of(session, units, now, *_SCHOOL), now)


def grant_asked(session: Session, grant_id: int, by: int, now: datetime) -> None:
    """Somebody asks for leave to open records: the department decides."""
    notices.tell(session, News(NoticeKind.GRANT_ASKED, grant_id), notices.officials(session, now), now, but=by)


def grant_decided(session: Session, grant_id: int, state: str, asked_by: int, now: datetime) -> None:
    """A request for leave was decided: who asked learns it."""
    notices.settle(session, NoticeKind.GRANT_ASKED, grant_id, now)
    notices.tell(session, News(NoticeKind.GRANT_DECIDED, grant_id, state, state), [asked_by], now)


def share_opened(session: Session, share_id: int, transcript_id: int, made_by: int, now: datetime) -> None:
    """A shared link was opened: the guardian who made it learns it, once a day."""
    happening = f"{share_id} {day_of(now).isoformat()}"
    notices.tell(session, News(NoticeKind.SHARE_OPENED, transcript_id, happening), [made_by], now)


def share_taken(session: Session, share_id: int, transcript_id: int, made_by: int, now: datetime) -> None:
    """The official print was taken through a shared link: the guardian who made it learns it, once a day."""
    happening = f"{share_id} {day_of(now).isoformat()}"
    notices.tell(session, News(NoticeKind.SHARE_TAKEN, transcript_id, happening), [made_by], now)


def amendment_answered(
    session: Session, amendment_id: int, state: str, asked_by: int, by: int | None, now: datetime
) -> None:
    """A request to put a record right has come a step further, or has ended: who asked learns it. by: None for the
    portal.
    """
    notices.tell(session, News(NoticeKind.AMENDMENT_ANSWERED, amendment_id, state, state), [asked_by], now, but=by)


def child_seen(session: Session, transcript_id: int, grant_id: int, now: datetime) -> None:
    """A pupil's record was opened under a grant: the guardians learn it, once a day for each grant."""
    news = News(NoticeKind.CHILD_SEEN, transcript_id, f"{grant_id} {day_of(now).isoformat()}")
    notices.tell(session, news, notices.guardians_of(session, transcript_id), now)


def child_inspected(session: Session, transcript_id: int, now: datetime) -> None:
    """An official of the department opened a pupil's record: the guardians learn it, once a day."""
    news = News(NoticeKind.CHILD_SEEN, transcript_id, f"department {day_of(now).isoformat()}", "department")
    notices.tell(session, news, notices.guardians_of(session, transcript_id), now)
