"""Making a new instance: keys, schema, the empty log, the department; in demo mode also invented schools and people.
And whether the data of one can be served.

`hocba.toml` is written last: as long as it is missing, nothing serves, and `init` may be run again.
"""

import os
import re
import secrets
import shutil
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.database import open_engine, reading
from portal.demo.authority import DemoAuthority
from portal.demo.units import DEPARTMENT, SYSTEM_NAME, UNITS
from portal.demo.world import LOGINS_FILE, make_world, read_logins, write_logins
from portal.encryption import data_keys
from portal.encryption.ring import ring_of
from portal.errors import Problem, Refused
from portal.migrations import is_current, is_known, revision_of, upgrade
from portal.models import UnitKind
from portal.runtime import DEMO_AUTHORITY, LOG_KEY, LOG_KEY_BESIDE, TRUST, write_log_key
from portal.services import log
from portal.services.organisation import add_unit
from portal.settings import Settings, database_url, instance_file, load_instance
from verify.log import notes

DEMO_URL: Final = "https://hocba.example"
TRAINING_URL: Final = "https://tap-huan.hocba.example"
TRAINING_NAME: Final = "BẢN TẬP HUẤN"
_HOST = re.compile(r"[a-z0-9.-]+(?::\d{1,5})?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Founding:
    """What is fixed for good. url: public address, scheme and host. names as prints say them."""

    url: str
    system_name: str
    owner_name: str
    department_code: str
    demo: bool
    training: bool = False


def demo_founding(url: str = DEMO_URL) -> Founding:
    """The demo's names, invented and marked as such."""
    department = next(unit for unit in UNITS if unit.code == DEPARTMENT)
    return Founding(url, SYSTEM_NAME, department.name, DEPARTMENT, demo=True)


def training_founding(url: str = TRAINING_URL) -> Founding:
    """The demo's world for people who learn: its name says so on every page and every print."""
    sample = demo_founding(url)
    return replace(sample, system_name=f"{TRAINING_NAME} – {sample.system_name}", training=True)


def create_instance(settings: Settings, founding: Founding, now: datetime) -> None:
    """Make the instance in the folder of `settings`.

    Raises Refused: ALREADY_INITIALISED; BAD_ADDRESS for an address that cannot stand on paper; REAL_DATA where a
    training would be founded with real names, TRAINING_DATA where one would be founded outside of training.
    """
    if founding.training is not settings.training:
        raise Refused(Problem.REAL_DATA if settings.training else Problem.TRAINING_DATA, path=str(settings.data))
    if instance_file(settings).exists():
        raise Refused(Problem.ALREADY_INITIALISED, path=str(settings.data))
    host = _host(founding.url)
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    _discard_unfinished(settings)
    # Whatever address a training is given, no checkpoint of its log is one of a real portal's.
    signer = write_log_key(settings.data, f"{host}/tap-huan/log" if founding.training else f"{host}/log")
    for name in ("roots", "intermediates", "crls"):
        (settings.data / TRUST / name).mkdir(parents=True, exist_ok=True)
    engine = open_engine(database_url(settings), settings.data)
    try:
        upgrade(engine)
        with engine.begin() as connection:
            if not data_keys.exist(connection):
                data_keys.begin(connection, settings.data / data_keys.KEYS, now)
        with Session(engine) as session, session.begin():
            _fill(session, settings, founding, signer, now)
    finally:
        engine.dispose()
    _write_instance(settings, founding, signer.verifier.name)


def is_up_to_date(engine: sa.Engine) -> bool:
    """Whether the database stands at this software's schema. Raises Refused(SCHEMA_NEWER) for a later software's."""
    with reading(engine).connect() as connection:
        held = revision_of(connection)
        if held is not None and not is_known(held):
            raise Refused(Problem.SCHEMA_NEWER)
        return is_current(connection)


def require_data(engine: sa.Engine) -> None:
    """Before anything is served: the schema is this software's, and the keys of the data are there.

    What cannot be read is not served as if it were not there. Raises Refused(SCHEMA_OLDER, SCHEMA_NEWER), KeyFault.
    """
    if not is_up_to_date(engine):
        raise Refused(Problem.SCHEMA_OLDER)
    ring_of(engine.dialect).keys()


def wipe_training(settings: Settings) -> None:
    """Throw the data of a training away, all but its logins: people go on with the passwords that they were given.

    Raises Refused: REAL_DATA for what is no training, TRAINING_DATABASE for one that is not in its folder.
    """
    if not load_instance(settings).training:
        raise Refused(Problem.REAL_DATA, path=str(settings.data))
    if settings.database_url:
        raise Refused(Problem.TRAINING_DATABASE)
    instance_file(settings).unlink()  # from here on nothing is served from what is left
    for held in settings.data.iterdir():
        if held.is_dir():
            shutil.rmtree(held)
        elif held.name != LOGINS_FILE:
            held.unlink()


def _host(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http") or not _HOST.fullmatch(parts.netloc) or parts.path.strip("/"):
        raise Refused(Problem.BAD_ADDRESS, url=url)
    return parts.netloc.lower()


def _discard_unfinished(settings: Settings) -> None:
    """Remove what an interrupted `init` left; nothing of it was ever served."""
    for key in (LOG_KEY, LOG_KEY_BESIDE):
        (settings.data / key).unlink(missing_ok=True)
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
        kept = {login.username: login.password for login in read_logins(settings.data)}
        write_logins(settings.data, make_world(session, authority, signer, now, kept))
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
    if founding.training:
        lines.append("training = true")
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
