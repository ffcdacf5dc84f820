"""Making a new instance: keys, schema, the empty log, the department; in demo mode also invented schools and people.

`hocba.toml` is written last: as long as it is missing, nothing serves, and `init` may be run again.
"""

import os
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.database import open_engine
from portal.demo.authority import DemoAuthority
from portal.demo.units import DEPARTMENT, SYSTEM_NAME, UNITS
from portal.demo.world import make_world, write_logins
from portal.errors import Problem, Refused
from portal.migrations import upgrade
from portal.models import UnitKind
from portal.runtime import DEMO_AUTHORITY, LOG_KEY, TRUST, write_log_key
from portal.services import log
from portal.services.organisation import add_unit
from portal.settings import Settings, database_url, instance_file
from verify.log import notes

DEMO_URL: Final = "https://hocba.example"
_HOST = re.compile(r"[a-z0-9.-]+(?::\d{1,5})?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Founding:
    """What is fixed for good. url: public address, scheme and host. names as prints say them."""

    url: str
    system_name: str
    owner_name: str
    department_code: str
    demo: bool


def demo_founding(url: str = DEMO_URL) -> Founding:
    """The demo's names, invented and marked as such."""
    department = next(unit for unit in UNITS if unit.code == DEPARTMENT)
    return Founding(url, SYSTEM_NAME, department.name, DEPARTMENT, demo=True)


def create_instance(settings: Settings, founding: Founding, now: datetime) -> None:
    """Make the instance in the folder of `settings`.

    Raises Refused(ALREADY_INITIALISED), and Refused(BAD_ADDRESS) for an address that cannot stand on paper.
    """
    if instance_file(settings).exists():
        raise Refused(Problem.ALREADY_INITIALISED, path=str(settings.data))
    host = _host(founding.url)
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    _discard_unfinished(settings)
    signer = write_log_key(settings.data, f"{host}/log")
    for name in ("roots", "intermediates", "crls"):
        (settings.data / TRUST / name).mkdir(parents=True, exist_ok=True)
    engine = open_engine(database_url(settings))
    try:
        upgrade(engine)
        with Session(engine) as session, session.begin():
            _fill(session, settings, founding, signer, now)
    finally:
        engine.dispose()
    _write_instance(settings, founding, signer.verifier.name)


def _host(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http") or not _HOST.fullmatch(parts.netloc) or parts.path.strip("/"):
        raise Refused(Problem.BAD_ADDRESS, url=url)
    return parts.netloc.lower()


def _discard_unfinished(settings: Settings) -> None:
    """Remove what an interrupted `init` left; nothing of it was ever served."""
    (settings.data / LOG_KEY).unlink(missing_ok=True)
    if not settings.database_url:
        for suffix in ("", "-wal", "-shm"):
            (settings.data / f"hocba.sqlite3{suffix}").unlink(missing_ok=True)


def _fill(session: Session, settings: Settings, founding: Founding, signer: notes.Signer, now: datetime) -> None:
    if log.exists(session):
        raise Refused(Problem.ALREADY_INITIALISED, path=sa.make_url(database_url(settings)).render_as_string())
    log.create(session)
    if founding.demo:
        authority = DemoAuthority(settings.data / DEMO_AUTHORITY, now)
        # For whoever verifies without us: the same root as `openssl cms -verify -CAfile` takes it.
        (settings.data / TRUST / "roots" / "demo-root.pem").write_bytes(authority.root_pem())
        write_logins(settings.data, make_world(session, authority, signer, now))
        return
    add_unit(session, founding.department_code, UnitKind.DEPARTMENT, founding.owner_name, now.date(), None)


def _write_instance(settings: Settings, founding: Founding, origin: str) -> None:
    values = {
        "url": founding.url.rstrip("/"),
        "system_name": founding.system_name,
        "owner_name": founding.owner_name,
        "department_code": founding.department_code,
        "log_origin": origin,
        "secret_key": secrets.token_hex(32),
    }
    lines = [f"{name} = {_toml(value)}" for name, value in values.items()]
    lines.append(f"demo = {'true' if founding.demo else 'false'}")
    _write_private(instance_file(settings), "\n".join(lines) + "\n")


def _toml(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _write_private(path: Path, text: str) -> None:
    draft = path.with_suffix(".part")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)
