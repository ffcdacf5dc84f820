"""A whole province for the demo: 102 communes with 390 schools, invented, and named so that everybody sees it.

The same names and codes each time. A few classes go through the school's own services: read, judged, signed by both
keys of the school and locked, as far as each school has come; some schools have sent nothing.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.demo.authority import DemoAuthority
from portal.demo.classes import class_workbook, demo_pupils
from portal.demo.units import DECISION, DEPARTMENT, PROVINCE
from portal.demo.world import SINCE, Login, add_person
from portal.identity import SYSTEM, StaffRole
from portal.models import Unit, UnitKind
from portal.runtime import Runtime
from portal.services import organisation
from portal.services.intake import take_in
from portal.services.locking import lock_packet
from portal.services.registry import register_key
from portal.services.signing import sign_packet
from portal.signers.file import FileSigner
from portal.workbooks.judging import judge
from portal.workbooks.lessons import NO_LESSONS
from portal.workbooks.reading import ReadClass, read_class
from verify.canonical import sha256
from verify.signing import Role

MINISTRY: Final = "MAU-BO"
COMMUNES: Final = 102
SCHOOLS: Final = 390
SCHOOL_YEAR: Final = "2025-2026"
_ROLES: Final = (Role.HEAD, Role.SCHOOL_SEAL)
_SEED: Final = 20250701
_FIRST: Final = ("Sông", "Bến", "Cồn", "Rạch", "Gò", "Vàm", "Giồng", "Đồng", "Kinh", "Bàu", "Hòn", "Láng")
_SECOND: Final = ("Sen", "Tràm", "Sậy", "Bông", "Ngọt", "Xoài", "Mận", "Dừa", "Lúa")
_HEADS: Final = ("Nguyễn Thị Ánh", "Trần Văn Bình", "Lê Thị Cúc", "Phạm Minh Đạt", "Huỳnh Thị Én", "Võ Hoàng Giang")
_GRADE: Final = 4
# The numbers of the invented children hold three digits of it; the plain demo has those below 100.
_FIRST_SEED: Final = 300


@dataclass(frozen=True, slots=True)
class Site:
    """A place of the invented province."""

    code: str
    kind: UnitKind
    name: str
    parent: str
    commune: str


def communes() -> tuple[Site, ...]:
    """102 communes; each name is there once."""
    places = [f"{first} {second}" for first in _FIRST for second in _SECOND][:COMMUNES]
    made = []
    for number, place in enumerate(places, 1):
        sort = "Phường" if number % 5 == 0 else "Xã"
        printed = f"{sort} {place} (mẫu)"
        made.append(Site(f"MAU-XA-{number:03d}", UnitKind.COMMUNE, f"UBND {printed}", DEPARTMENT, printed))
    return tuple(made)


def schools() -> tuple[Site, ...]:
    """390 schools with primary classes, three or four in a commune; every twentieth has lower-secondary ones, too."""
    places = communes()
    made = []
    for number in range(1, SCHOOLS + 1):
        place = places[(number - 1) % COMMUNES]
        kind = UnitKind.COMBINED if number % 20 == 0 else UnitKind.PRIMARY
        sort = "Trường Tiểu học và THCS" if kind is UnitKind.COMBINED else "Trường Tiểu học"
        name = f"{sort} {place.commune.split(' ', 1)[1].removesuffix(' (mẫu)')} {(number - 1) // COMMUNES + 1} (mẫu)"
        made.append(Site(f"MAU-T-{number:03d}", kind, name, place.code, place.commune))
    return tuple(made)


def has_province(session: Session) -> bool:
    """Whether it was made before."""
    return session.scalar(sa.select(Unit.id).where(Unit.code == communes()[0].code)) is not None


def make_province(
    session: Session,
    runtime: Runtime,
    wanted: Sequence[Site],
    records: int,
    new_code: Callable[[], str],
    new_salt: Callable[[], bytes],
    now: datetime,
) -> tuple[Login, ...]:
    """Put the communes and some schools into a demo instance; returns the logins of two people who watch.

    records: in each school that has sent any; 0: none at all.
    """
    authority = runtime.authority
    if authority is None:
        raise RuntimeError("a province of invented schools outside a demo instance")
    units = {DEPARTMENT: organisation.unit(session, DEPARTMENT)}
    for site in (*communes(), *wanted):
        units[site.code] = _unit(session, site, units[site.parent])
    maker = _Maker(session, runtime, authority, new_code, new_salt, now)
    for number, site in enumerate(wanted):
        maker.keys(units[site.code])
        if records and number % 10 != 9:
            maker.records(units[site.code], number, records)
    ministry = organisation.add_unit(session, MINISTRY, UnitKind.MINISTRY, "Bộ Giáo dục và Đào tạo (mẫu)", SINCE, None)
    return (
        add_person(session, "xa001.canbo", "Đặng Thị Mẫu Xã (mẫu)", units[communes()[0].code], StaffRole.MONITOR, now),
        add_person(session, "bo.theodoi", "Bùi Văn Mẫu Bộ (mẫu)", ministry, StaffRole.MINISTRY, now),
    )


def _unit(session: Session, site: Site, parent: Unit) -> Unit:
    chance = random.Random(f"{_SEED} {site.code}")  # noqa: S311 - invented data # nosec B311
    is_school = site.kind is not UnitKind.COMMUNE
    return organisation.add_unit(
        session,
        site.code,
        site.kind,
        site.name,
        SINCE,
        parent,
        commune=site.commune,
        province=PROVINCE,
        head_name=f"{chance.choice(_HEADS)} (mẫu)" if is_school else None,
        head_title="HIỆU TRƯỞNG" if is_school else None,
        issue_place=site.commune,
    )


class _Maker:
    """Keys and records of one school after the other."""

    def __init__(
        self,
        session: Session,
        runtime: Runtime,
        authority: DemoAuthority,
        new_code: Callable[[], str],
        new_salt: Callable[[], bytes],
        now: datetime,
    ) -> None:
        self._session = session
        self._runtime = runtime
        self._authority = authority
        self._new_code = new_code
        self._new_salt = new_salt
        self._now = now

    def keys(self, school: Unit) -> None:
        """Both keys of a school, in the registry and in the log."""
        for role, signer in self._signers(school):
            register_key(
                self._session, school, role, signer.certificate, self._now, None, self._runtime.log_signer, self._now
            )

    def records(self, school: Unit, number: int, count: int) -> None:
        """A class, of which the record is a draft, signed or locked: the schools have come differently far."""
        packet = self._taken(school, number, count)
        if number % 10 >= 2:
            trust = self._runtime.trust(self._now)
            sign_packet(self._session, SYSTEM, packet, dict(self._signers(school)), trust, self._now)
        if number % 10 >= 5:
            lock_packet(
                self._session,
                SYSTEM,
                packet,
                decision=DECISION,
                log_signer=self._runtime.log_signer,
                salt=self._new_salt,
                now=self._now,
            )

    def _taken(self, school: Unit, number: int, count: int) -> int:
        data = class_workbook(f"{_GRADE}A", _GRADE, demo_pupils(count, 2016, _FIRST_SEED + number), number)
        judged = judge(
            _read(data),
            school=organisation.issuing_school(school),
            school_year=SCHOOL_YEAR,
            grade=_GRADE,
            homeroom_teacher=None,
            issue_place=school.issue_place,
            issue_date=None,
            sample=True,
        )
        taken = take_in(self._session, SYSTEM, school, SCHOOL_YEAR, judged, sha256(data), self._new_code, self._now)
        if taken.packet is None:
            raise RuntimeError(f"the class of {school.code} was refused")
        return taken.packet

    def _signers(self, school: Unit) -> Iterator[tuple[Role, FileSigner]]:
        for role in _ROLES:
            person = school.head_name if role is Role.HEAD else None
            yield role, self._authority.demo_signer(school.code, school.name, role, person, self._now)


def _read(data: bytes) -> ReadClass:
    """Our own bytes of a moment ago: no child is needed to open them."""
    return read_class(data, NO_LESSONS)
