"""The demo's earlier year: a class that an invented system locked before this one, taken in by two demo officials."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.demo.units import DECISION, SCHOOL
from portal.identity import Appointment, Identity, StaffRole
from portal.models import Account, AppointmentRow, RecordVersion, Unit, YearRecordRow
from portal.runtime import Runtime
from portal.services import blobs, earlier_imports, earlier_keys, key_proposals
from portal.services.earlier_bundle import SCHEMA
from portal.services.earlier_imports import Desk, ImportLine
from portal.services.examinations import examine_for_period
from portal.signers.file import FileSigner
from verify.canonical import Json, canonicalise, sha256
from verify.containers.jcs_cades import sign
from verify.record.codec import from_bytes, to_bytes
from verify.record.model import YearRecord
from verify.record.vocabulary import COMPETENCES, SUBJECT_BY_CODE, Presence
from verify.signing import Role

SOURCE: Final = "Học bạ số thí điểm (dữ liệu mẫu)"
OWNER: Final = "Sở Giáo dục và Đào tạo Tỉnh Mẫu"
SCHOOL_YEAR, NEXT_YEAR, GRADE, CLASS = "2023-2024", "2024-2025", 2, "2A"
_EFFECTIVE: Final = datetime(2024, 6, 30, 16, 59, 59, tzinfo=UTC)
_KEYS_MADE: Final = datetime(2023, 9, 5, tzinfo=UTC)
_PERIOD: Final = (date(2023, 10, 1), date(2024, 8, 31))


def make_earlier_year(
    session: Session,
    runtime: Runtime,
    new_code: Callable[[], str],
    new_salt: Callable[[], bytes],
    now: datetime,
) -> int:
    """Give the pupils of the first demo class the year before; returns how many records were taken in."""
    signers = _old_signers(runtime)
    _recognise(session, runtime, signers, now)
    records = [_earlier(record, new_code()) for record in _records(session)]
    lines = take_bundle(session, runtime, _bundle(runtime, records, signers), new_code, new_salt, now)
    return sum(not line.outcome.refused for line in lines)


def take_bundle(
    session: Session,
    runtime: Runtime,
    data: bytes,
    new_code: Callable[[], str],
    new_salt: Callable[[], bytes],
    now: datetime,
) -> tuple[ImportLine, ...]:
    """Propose and confirm a bundle as two demo officials; the same bundle again changes nothing."""
    one, two = _officials(session)
    trust = runtime.trust(now)
    opened = earlier_imports.open_bundle(runtime.sandbox, data, earlier_imports.gate(session, trust, now))
    number = earlier_imports.propose(session, one, data, opened, DECISION, now)
    desk = Desk(trust, runtime.log_signer, new_salt, new_code, demo=True)
    earlier_imports.confirm(session, two, number, opened, desk, now)
    return earlier_imports.report_of(session, number)


def _officials(session: Session) -> tuple[Identity, Identity]:
    rows = session.execute(
        sa.select(Account, Unit.code)
        .join(AppointmentRow, AppointmentRow.account_id == Account.id)
        .join(Unit, Unit.id == AppointmentRow.unit_id)
        .where(AppointmentRow.role == StaffRole.DEPARTMENT_ADMIN.value)
        .order_by(Account.id)
        .limit(2)
    ).all()
    role = StaffRole.DEPARTMENT_ADMIN
    one, two = (Identity(account.id, account.display_name, (Appointment(unit, role),)) for account, unit in rows)
    return one, two


def _old_signers(runtime: Runtime) -> dict[Role, FileSigner]:
    if runtime.authority is None:
        raise RuntimeError("only a demo instance has an authority of its own")
    unit, name = f"{SCHOOL}.truoc", "Trường Tiểu học Mẫu số 1"
    return {
        Role.HEAD: runtime.authority.demo_signer(unit, name, Role.HEAD, "Trần Thị Mẫu Đơn", _KEYS_MADE),
        Role.SCHOOL_SEAL: runtime.authority.demo_signer(unit, name, Role.SCHOOL_SEAL, None, _KEYS_MADE),
    }


def _recognise(session: Session, runtime: Runtime, signers: Mapping[Role, FileSigner], now: datetime) -> None:
    one, two = _officials(session)
    trust = runtime.trust(now)
    for role, signer in signers.items():
        seen = examine_for_period(signer.certificate, trust, *earlier_keys.period_of(*_PERIOD), now)
        number = earlier_keys.propose_earlier_key(session, one, SCHOOL, role, seen, *_PERIOD, DECISION, now)
        key_proposals.confirm(session, two, number, seen, trust, runtime.log_signer, now)


def _records(session: Session) -> list[YearRecord]:
    """The signed records of the year after."""
    roots = session.scalars(
        sa.select(RecordVersion.root_sha256)
        .join(YearRecordRow, YearRecordRow.id == RecordVersion.year_record_id)
        .where(YearRecordRow.school_year == NEXT_YEAR)
        .order_by(RecordVersion.id)
    )
    return [from_bytes(blobs.get(session, root)) for root in roots]


def _earlier(record: YearRecord, code: str) -> YearRecord:
    """The same pupil a year and a grade before, under a code of the old system."""
    taught = {
        name: replace(result, score=result.score if name in ("tieng_viet", "toan") else None)
        for name, result in record.subjects.items()
        if name in SUBJECT_BY_CODE and SUBJECT_BY_CODE[name].presence_in(GRADE) is Presence.REQUIRED
    }
    known = {trait.code for trait in COMPETENCES if trait.first_grade <= GRADE}
    return replace(
        record,
        lookup_code=code,
        school_year=SCHOOL_YEAR,
        grade=GRADE,
        class_name=CLASS,
        subjects=taught,
        competences={name: result for name, result in record.competences.items() if name in known},
        study_history=tuple(row for row in record.study_history if row.school_year <= SCHOOL_YEAR),
        programme_completed_text=None,
        promoted_text=None,
        issue_date=date(2024, 5, 28),
        height_cm=None,
        weight_kg=None,
    )


def _bundle(runtime: Runtime, records: list[YearRecord], signers: Mapping[Role, FileSigner]) -> bytes:
    if runtime.authority is None:
        raise RuntimeError("only a demo instance has an authority of its own")
    lists: list[Json] = [_encoded(each) for each in runtime.authority.crls(_EFFECTIVE - timedelta(days=1))]
    return canonicalise(
        {
            "schema": SCHEMA,
            "source": SOURCE,
            "owner": OWNER,
            "decision": DECISION,
            "counts": {SCHOOL_YEAR: len(records)},
            "lists": lists,
            "records": [_entry(to_bytes(record), signers) for record in records],
        }
    )


def _entry(root: bytes, signers: Mapping[Role, FileSigner]) -> dict[str, Json]:
    moment = _EFFECTIVE - timedelta(days=20)
    return {
        "sha256": sha256(root),
        "record": _encoded(root),
        "effective_at": _EFFECTIVE.isoformat().replace("+00:00", "Z"),
        "signatures": {role.value: _encoded(sign(root, signer, moment)) for role, signer in signers.items()},
    }


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
