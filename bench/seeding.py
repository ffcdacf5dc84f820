"""Many records in a demo instance, fast: `python -m bench.seeding DIR --records 100000 --state locked`.

Every record is real: a class read and judged gives the forms, each pupil stands in one with names, numbers and code of
their own, is signed by both keys of the school, and its lock is a leaf, so that `hocba audit` holds. What is spared
is the way: one validation of a signature speaks for those made beside it, and rows are written in bulk.
"""

import argparse
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bench.bulk import insert, next_id
from bench.forms import Forms, words_of
from portal.database import open_engine
from portal.demo.authority import DemoAuthority
from portal.demo.units import DECISION, DEPARTMENT, PROVINCE, SCHOOL
from portal.instance import create_instance, demo_founding
from portal.models import (
    Blob,
    LogOpening,
    Packet,
    RecordSignature,
    RecordVersion,
    State,
    StateChange,
    Transcript,
    Unit,
    UnitKind,
    YearRecordRow,
)
from portal.runtime import DEMO_AUTHORITY, read_log_key
from portal.services import log, organisation, registry
from portal.services.evidence import checks_to_json
from portal.settings import Settings, database_url, instance_file
from portal.signers.file import FileSigner
from portal.vietnamese import fold, sort_key
from verify.canonical import sha256
from verify.containers.jcs_cades import SignatureReport, examine, sign
from verify.log import commitments, leaves
from verify.record.codec import from_bytes
from verify.record.model import IssuingSchool
from verify.record.vocabulary import GRADES
from verify.signing import Role

ROLES: Final = (Role.HEAD, Role.SCHOOL_SEAL)
_AT_ONCE: Final = 60  # classes in a transaction
_NUMBERS: Final = ("personal_id", "moet_student_code")
_ACTOR: Final = "hệ thống"


@dataclass(frozen=True, slots=True)
class Plan:
    """records: how many, each of a pupil of its own. state: DRAFT, ACCEPTED or LOCKED. schools: how many share them,
    made beside the demo's; 0: all stand in the demo's first school. pupils: in a class, which is a packet.
    """

    records: int
    state: State = State.LOCKED
    schools: int = 0
    pupils: int = 35
    school_year: str = "2025-2026"


@dataclass(frozen=True, slots=True)
class Seeded:
    """packets: ids. code: of the last record."""

    records: int
    packets: range
    code: str


def seed(settings: Settings, plan: Plan, now: datetime) -> Seeded:
    """Put the records of a plan into a demo instance that exists; several transactions."""
    engine = open_engine(database_url(settings), settings.data)
    try:
        with Session(engine) as session, session.begin():
            first, sites = next_id(session, Packet), _sites(session, settings, plan, now)
        forms, code = Forms(plan.school_year), ""
        groups = list(_groups(plan, sites, first))
        for start in range(0, len(groups), _AT_ONCE):
            with Session(engine) as session, session.begin():
                code = _Batch(session, settings, plan, forms, now).write(groups[start : start + _AT_ONCE])
        _count_rows(engine)
        return Seeded(plan.records, range(first, first + len(groups)), code)
    finally:
        engine.dispose()


def _count_rows(engine: sa.Engine) -> None:
    """Let PostgreSQL know how large the tables are, as its autovacuum would have by the time that they are used."""
    if engine.dialect.name == "postgresql":
        with engine.begin() as connection:
            connection.exec_driver_sql("ANALYZE")


@dataclass(frozen=True, slots=True)
class _Site:
    """A school with its keys, and what validating one signature of each role says."""

    unit_id: int
    school: IssuingSchool
    signers: Mapping[Role, FileSigner]
    reports: Mapping[Role, tuple[SignatureReport, list[dict[str, Any]]]]


@dataclass(frozen=True, slots=True)
class _Group:
    """A class to be written. number: counts the classes of the plan."""

    packet: int
    number: int
    site: _Site
    pupils: int

    @property
    def grade(self) -> int:
        return GRADES[self.number % len(GRADES)]

    @property
    def class_name(self) -> str:
        return f"{self.grade}A{self.number + 1}"


def _groups(plan: Plan, sites: Sequence[_Site], first: int) -> Iterator[_Group]:
    for number, start in enumerate(range(0, plan.records, plan.pupils)):
        site = sites[number * len(sites) * plan.pupils // (plan.records + plan.pupils)]
        yield _Group(first + number, number, site, min(plan.pupils, plan.records - start))


def _sites(session: Session, settings: Settings, plan: Plan, now: datetime) -> list[_Site]:
    authority = DemoAuthority(settings.data / DEMO_AUTHORITY, now)
    codes = [f"MAU-DO-{number:03d}" for number in range(1, plan.schools + 1)] or [SCHOOL]
    units = [_unit(session, settings, authority, code, now) for code in codes]
    trust, known = authority.demo_trust(now), registry.authorisations(session)
    sites = []
    for unit in units:
        signers = {role: _signer(authority, unit, role, now) for role in ROLES}
        moment = now.replace(microsecond=0)
        reports = {}
        for role, signer in signers.items():
            signature = sign(b"{}", signer, moment)
            report = examine(b"{}", signature, role=role, unit_code=unit.code, trust=trust, registry=known, at=now)
            if not report.holds:
                raise RuntimeError(f"a signature of {unit.code} does not hold")
            reports[role] = (report, checks_to_json(report.checks))
        sites.append(_Site(unit.id, organisation.issuing_school(unit), signers, reports))
    return sites


def _signer(authority: DemoAuthority, unit: Unit, role: Role, now: datetime) -> FileSigner:
    return authority.demo_signer(unit.code, unit.name, role, unit.head_name if role is Role.HEAD else None, now)


def _unit(session: Session, settings: Settings, authority: DemoAuthority, code: str, now: datetime) -> Unit:
    """The school with this code; a new one gets both keys registered."""
    found = session.scalar(sa.select(Unit).where(Unit.code == code))
    if found is not None:
        return found
    made = organisation.add_unit(
        session,
        code,
        UnitKind.PRIMARY,
        f"Trường Tiểu học Mẫu {code[-3:]}",
        date(2025, 7, 1),
        organisation.unit(session, DEPARTMENT),
        commune=f"Xã Mẫu {code[-3:]}",
        district=None,
        province=PROVINCE,
        head_name="Lê Thị Mẫu",
        head_title="HIỆU TRƯỞNG",
        issue_place=f"Xã Mẫu {code[-3:]}",
    )
    signer = read_log_key(settings.data)
    for role in ROLES:
        certificate = _signer(authority, made, role, now).certificate
        registry.register_key(session, made, role, certificate, now, None, signer, now)
    return made


@dataclass(frozen=True, slots=True)
class _Record:
    """A record to be written. number: counts upwards for ever."""

    number: int
    group: _Group
    words: Mapping[str, str]
    birth_date: date
    data: bytes
    signatures: Mapping[Role, bytes]


class _Batch:
    """Some classes in one transaction."""

    def __init__(self, session: Session, settings: Settings, plan: Plan, forms: Forms, now: datetime) -> None:
        self._session = session
        self._settings = settings
        self._plan = plan
        self._forms = forms
        self._now = now
        self._first = {model: next_id(session, model) for model in (Transcript, YearRecordRow, RecordVersion)}

    def write(self, groups: Sequence[_Group]) -> str:
        """Write the classes; returns the code of the last record."""
        records = list(self._records(groups))
        self._check(records[-1])
        codes: dict[int, list[str]] = {group.packet: [] for group in groups}
        for record in records:
            codes[record.group.packet].append(record.words["lookup_code"])
        insert(self._session, Packet, [self._packet(group, codes[group.packet]) for group in groups])
        insert(self._session, Blob, [{"sha256": sha256(data), "data": data} for data in _pieces(records)])
        insert(self._session, Transcript, [self._transcript(place, each) for place, each in enumerate(records)])
        insert(self._session, YearRecordRow, [self._year(place) for place in range(len(records))])
        insert(self._session, RecordVersion, [self._version(place, each) for place, each in enumerate(records)])
        if self._plan.state is not State.DRAFT:
            insert(self._session, RecordSignature, list(self._signatures(records)))
        if self._plan.state is State.LOCKED:
            self._lock(records)
        insert(self._session, StateChange, list(self._history(len(records))))
        return records[-1].words["lookup_code"]

    def _records(self, groups: Sequence[_Group]) -> Iterator[_Record]:
        number, moment = self._first[Transcript], self._now.replace(microsecond=0)
        for group in groups:
            forms = self._forms.of(group.site.school, group.grade)
            for place in range(group.pupils):
                form = forms[place % len(forms)]
                words = words_of(number, group.class_name)
                data = form.filled(words)
                signers = group.site.signers if self._plan.state is not State.DRAFT else {}
                signatures = {role: sign(data, signer, moment) for role, signer in signers.items()}
                yield _Record(number, group, words, form.birth_date, data, signatures)
                number += 1

    def _check(self, record: _Record) -> None:
        """Filled bytes are canonical, and say what the columns say."""
        read = from_bytes(record.data)
        if any(getattr(read, name) != word for name, word in record.words.items()):
            raise RuntimeError("a form was filled wrongly")

    def _packet(self, group: _Group, codes: Sequence[str]) -> dict[str, Any]:
        rows = [{"row": n + 1, "pupil": n, "lookup_code": code, "findings": []} for n, code in enumerate(codes, 1)]
        return {
            "id": group.packet,
            "unit_id": group.site.unit_id,
            "school_year": self._plan.school_year,
            "class_name": group.class_name,
            "grade": group.grade,
            "file_sha256": sha256(f"bench {group.packet}".encode()),
            "report": {"rows": rows, "findings": []},
            "created_at": self._now,
        }

    def _transcript(self, place: int, record: _Record) -> dict[str, Any]:
        return {
            "id": self._first[Transcript] + place,
            "lookup_code": record.words["lookup_code"],
            **{name: record.words[word] for word in _NUMBERS for name in (word, f"{word}_index")},
            "full_name": record.words["full_name"],
            "birth_date": record.birth_date,
            "managing_unit_id": record.group.site.unit_id,
            "created_at": self._now,
        }

    def _year(self, place: int) -> dict[str, Any]:
        return {
            "id": self._first[YearRecordRow] + place,
            "transcript_id": self._first[Transcript] + place,
            "school_year": self._plan.school_year,
        }

    def _version(self, place: int, record: _Record) -> dict[str, Any]:
        full_name = record.words["full_name"]
        state = State.DRAFT if self._plan.state is State.DRAFT else State.ACCEPTED
        return {
            "id": self._first[RecordVersion] + place,
            "year_record_id": self._first[YearRecordRow] + place,
            "version": 1,
            "state": state.value,
            "packet_id": record.group.packet,
            "issuing_unit_id": record.group.site.unit_id,
            "issuing_unit_name": record.group.site.school.name,
            "grade": record.group.grade,
            "class_name": record.group.class_name,
            "full_name": full_name,
            "search_name": fold(full_name),
            "sort_name": sort_key(full_name),
            "root_sha256": sha256(record.data),
            "created_at": self._now,
            "accepted_at": self._now if state is State.ACCEPTED else None,
        }

    def _signatures(self, records: Sequence[_Record]) -> Iterator[dict[str, Any]]:
        for place, record in enumerate(records):
            for role, cms in record.signatures.items():
                report, checks = record.group.site.reports[role]
                yield {
                    "version_id": self._first[RecordVersion] + place,
                    "role": role.value,
                    "cms_sha256": sha256(cms),
                    "certificate_sha256": sha256(report.certificate or b""),
                    "signer_name": report.signer_name,
                    "signed_at": report.signing_time,
                    "received_at": self._now,
                    "report": checks,
                }

    def _lock(self, records: Sequence[_Record]) -> None:
        """Leaves, openings and states, as `portal.services.locking` writes them."""
        effective_at = self._now.replace(microsecond=0)
        made, openings = [], []
        for record in records:
            salt, bound = secrets.token_bytes(32), self._committed(record)
            made.append(leaves.to_bytes(leaves.lock_leaf(bound, salt, record.group.site.school.code, effective_at)))
            openings.append(commitments.opening_bytes(bound, salt))
        first, version = log.append(self._session, made, read_log_key(self._settings.data), self._now), RecordVersion
        start = self._first[version]
        insert(
            self._session,
            LogOpening,
            [{"index": first + n, "version_id": start + n, "opening": data} for n, data in enumerate(openings)],
        )
        self._session.execute(
            sa.update(version)
            .where(version.id >= start, version.id < start + len(records))
            .values(state=State.LOCKED.value, effective_at=effective_at, log_index=version.id + (first - start))
            .execution_options(synchronize_session=False)
        )

    def _committed(self, record: _Record) -> commitments.Committed:
        signatures = {role.value: cms for role, cms in record.signatures.items()}
        code = record.words["lookup_code"]
        return commitments.Committed(record.data, code, self._plan.school_year, 1, signatures)

    def _history(self, count: int) -> Iterator[dict[str, Any]]:
        steps = [
            (None, State.DRAFT, "đưa vào từ tệp của trường"),
            (State.DRAFT, State.SUBMITTED, "trường gửi kèm chữ ký số"),
            (State.SUBMITTED, State.ACCEPTED, "đủ chữ ký, đúng thẩm quyền"),
            (State.ACCEPTED, State.LOCKED, f"chốt theo {DECISION}"),
        ]
        wanted = {State.DRAFT: 1, State.ACCEPTED: 3, State.LOCKED: 4}[self._plan.state]
        for before, after, reason in steps[:wanted]:
            for place in range(count):
                yield {
                    "version_id": self._first[RecordVersion] + place,
                    "from_state": before.value if before is not None else None,
                    "to_state": after.value,
                    "actor": _ACTOR,
                    "reason": reason,
                    "at": self._now,
                }


def _pieces(records: Sequence[_Record]) -> Iterator[bytes]:
    for record in records:
        yield record.data
        yield from record.signatures.values()


def main(words: Sequence[str] | None = None) -> None:
    """The command: makes the instance if there is none, and tells what it did."""
    options = argparse.ArgumentParser(prog="python -m bench.seeding", description=__doc__)
    options.add_argument("data", type=Path)
    options.add_argument("--records", type=int, default=10_000)
    options.add_argument("--state", type=State, choices=[State.DRAFT, State.ACCEPTED, State.LOCKED], default="locked")
    options.add_argument("--schools", type=int, default=0)
    options.add_argument("--database-url", default="")
    given = options.parse_args(words)
    settings, now = Settings(data=given.data, database_url=given.database_url), datetime.now(UTC)
    if not instance_file(settings).exists():
        create_instance(settings, demo_founding(), now)
    start = time.monotonic()
    seeded = seed(settings, Plan(given.records, given.state, given.schools), datetime.now(UTC))
    print(
        f"{seeded.records} records, packets {seeded.packets.start}..{seeded.packets.stop - 1}, code {seeded.code}, "
        f"{time.monotonic() - start:.1f} s"
    )


if __name__ == "__main__":
    main()
