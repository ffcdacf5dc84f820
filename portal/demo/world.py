"""The demo's world: units, people with fresh passwords, keys of the demo authority in the registry."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

from sqlalchemy.orm import Session

from portal.demo.authority import DemoAuthority
from portal.demo.units import DEPARTMENT, PEOPLE, PROVINCE, UNITS, DemoUnit
from portal.identity import StaffRole
from portal.models import Unit, UnitKind
from portal.services.accounts import appoint, create_account
from portal.services.organisation import add_unit
from portal.services.registry import register_key
from verify.log import notes
from verify.signing import Role

LOGINS_FILE = "demo-logins.json"
SINCE = date(2025, 7, 1)
_NONE: Final[Mapping[str, str]] = {}
_SCHOOL_ROLES = (Role.HEAD, Role.SCHOOL_SEAL)


@dataclass(frozen=True, slots=True)
class Login:
    """A person of the demo and the password made for this instance."""

    username: str
    password: str
    display_name: str


def make_world(
    session: Session,
    authority: DemoAuthority,
    log_signer: notes.Signer,
    now: datetime,
    kept: Mapping[str, str] = _NONE,
) -> tuple[Login, ...]:
    """Fill an empty instance; returns the logins, each with a password of its own. kept: passwords by user name."""
    units: dict[str, Unit] = {}
    for planned in UNITS:
        units[planned.code] = _unit(session, planned, units.get(DEPARTMENT))
        _keys(session, units[planned.code], authority, log_signer, now)
    logins = []
    for person in PEOPLE:
        unit, password = units[person.unit], kept.get(person.username)
        logins.append(add_person(session, person.username, person.display_name, unit, person.role, now, password))
    return tuple(logins)


def add_person(
    session: Session,
    username: str,
    display_name: str,
    unit: Unit,
    role: StaffRole,
    now: datetime,
    password: str | None = None,
) -> Login:
    """A person of the demo with a role in a unit and a password of its own, fresh where none is given."""
    login = Login(username, password or secrets.token_urlsafe(9), display_name)
    account = create_account(session, login.username, login.display_name, login.password, now)
    appoint(session, account, unit, role, SINCE)
    return login


def write_logins(folder: Path, logins: tuple[Login, ...]) -> None:
    """Keep the logins of the demo for the next start; readable by the owner only."""
    path = folder / LOGINS_FILE
    path.touch(mode=0o600)
    path.write_text(
        json.dumps([[one.username, one.password, one.display_name] for one in logins], ensure_ascii=False),
        encoding="utf-8",
    )


def read_logins(folder: Path) -> tuple[Login, ...]:
    """The logins made at the first start."""
    path = folder / LOGINS_FILE
    if not path.exists():
        return ()
    return tuple(Login(*row) for row in json.loads(path.read_text(encoding="utf-8")))


def _unit(session: Session, planned: DemoUnit, department: Unit | None) -> Unit:
    return add_unit(
        session,
        planned.code,
        planned.kind,
        planned.name,
        SINCE,
        department,
        commune=planned.commune,
        district=None,
        province=PROVINCE,
        head_name=planned.head_name,
        head_title=planned.head_title,
        issue_place=planned.commune,
    )


def _keys(session: Session, unit: Unit, authority: DemoAuthority, log_signer: notes.Signer, now: datetime) -> None:
    roles = (Role.DEPARTMENT_SEAL,) if unit.kind == UnitKind.DEPARTMENT.value else _SCHOOL_ROLES
    for role in roles:
        person = unit.head_name if role is Role.HEAD else None
        signer = authority.demo_signer(unit.code, unit.name, role, person, now)
        register_key(session, unit, role, signer.certificate, now, None, log_signer, now)
