"""What a database administrator could do with the guards removed by hand; each attack is named by its defect."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.database import give_keys
from portal.encryption.ring import ring_of
from portal.models import (
    Base,
    Blob,
    LogEntry,
    LogOpening,
    RecordSignature,
    RecordVersion,
    Transcript,
    YearRecordRow,
)
from portal.services.audit import Defect
from portal.settings import Settings
from verify.canonical import sha256


@dataclass(frozen=True, slots=True)
class Attack:
    """statement: SQL, with :id of the victim where it needs one, or a name in `_CODED`."""

    name: str
    defect: Defect
    statement: str
    names_record: bool = True


ATTACKS = (
    Attack("a column is edited", Defect.COLUMNS_DIFFER, "UPDATE record_version SET full_name = 'X' WHERE id = :id"),
    Attack("the class is edited", Defect.COLUMNS_DIFFER, "UPDATE record_version SET class_name = '9Z' WHERE id = :id"),
    Attack(
        "the state is taken back", Defect.COLUMNS_DIFFER, "UPDATE record_version SET state = 'draft' WHERE id = :id"
    ),
    Attack(
        "the effective date is moved",
        Defect.EFFECTIVE_DATE_DIFFERS,
        "UPDATE record_version SET effective_at = '2020-01-01 00:00:00' WHERE id = :id",
    ),
    Attack("the signed bytes are edited", Defect.BYTES_CHANGED, "bytes"),
    Attack("the signed bytes are swapped whole", Defect.SIGNATURE_BROKEN, "swap"),
    Attack("the signed bytes are gone", Defect.BYTES_GONE, "gone"),
    Attack(
        "a signature is gone",
        Defect.SIGNATURE_MISSING,
        "DELETE FROM record_signature WHERE version_id = :id AND role = 'head'",
    ),
    Attack(
        "the log index points elsewhere",
        Defect.NOT_LOGGED,
        "UPDATE record_version SET log_index = 100000 WHERE id = :id",
    ),
    Attack("the record is deleted", Defect.RECORD_GONE, "delete", names_record=False),
    Attack("the pupil is deleted", Defect.RECORD_GONE, "pupil", names_record=False),
    Attack("a record is inserted as locked", Defect.NOT_LOGGED, "insert", names_record=False),
    Attack("the lock is undone whole", Defect.COLUMNS_DIFFER, "unlock"),
    Attack("a log entry is inserted", Defect.LOG_ROOT_DIFFERS, "entry added", names_record=False),
    Attack("a log entry is edited", Defect.LOG_ROOT_DIFFERS, "entry", names_record=False),
    Attack(
        "a log entry is deleted",
        Defect.LOG_GAP,
        "entry gone",
        names_record=False,
    ),
    Attack("a byte of a tile is flipped", Defect.LOG_TILE_DIFFERS, "tile", names_record=False),
    Attack(
        "a checkpoint is edited",
        Defect.CHECKPOINT_INVALID,
        "checkpoint",
        names_record=False,
    ),
    Attack(
        "a key gets another role",
        Defect.KEY_DIFFERS,
        "UPDATE key_authorisation SET role = 'homeroom_teacher' "
        "WHERE id = (SELECT MIN(id) FROM key_authorisation) AND :id > 0",
        names_record=False,
    ),
)


def without_guards(settings: Settings, attack: Attack) -> str:
    """Remove every guard and foreign key check, then attack the record whose lookup code is returned."""
    engine = _bare_engine(settings)
    try:
        with Session(engine) as session, session.begin():
            _remove_guards(session)
            version, code = _victim(session)
            coded = _CODED.get(attack.statement)
            if coded is not None:
                coded(session, version)
            else:
                session.execute(sa.text(attack.statement), {"id": version.id})
            session.flush()
        return code
    finally:
        engine.dispose()


def _bare_engine(settings: Settings) -> sa.Engine:
    """Without any rule of ours, but with the keys, read before the tables are held: a forger within the process."""
    engine = sa.create_engine(settings.database_url)
    give_keys(engine, settings.data)
    ring_of(engine.dialect).keys()
    return engine


@contextmanager
def silently(settings: Settings) -> Iterator[Session]:
    """A transaction past every guard and foreign key check that leaves all guards standing: nothing shows it."""
    engine = _bare_engine(settings)
    try:
        with Session(engine) as session, session.begin():
            triggers = [] if _postgres(session) else _triggers(session)
            for name, _made in triggers:
                session.execute(sa.text(f"DROP TRIGGER {name}"))
            if _postgres(session):
                session.execute(sa.text("SET LOCAL session_replication_role = replica"))
            yield session
            session.flush()
            for _name, made in triggers:
                session.connection().exec_driver_sql(made)
    finally:
        engine.dispose()


def _triggers(session: Session) -> list[tuple[str, str]]:
    rows = session.execute(sa.text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
    return [(name, made) for name, made in rows]


@contextmanager
def unguarded(settings: Settings) -> Iterator[Session]:
    """A transaction without any guard or foreign key check; they are gone for good afterwards."""
    engine = _bare_engine(settings)
    try:
        with Session(engine) as session, session.begin():
            _remove_guards(session)
            yield session
    finally:
        engine.dispose()


def _remove_guards(session: Session) -> None:
    if not _postgres(session):
        for name, _made in _triggers(session):
            session.execute(sa.text(f"DROP TRIGGER {name}"))
        return
    rows = session.execute(
        sa.text("SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE 'guard_%'")
    ).all()
    for name, table in rows:
        session.execute(sa.text(f"DROP TRIGGER {name} ON {table}"))
    session.execute(sa.text("SET LOCAL session_replication_role = replica"))


def _victim(session: Session) -> tuple[RecordVersion, str]:
    row = session.execute(
        sa.select(RecordVersion, Transcript.lookup_code)
        .join(YearRecordRow, YearRecordRow.id == RecordVersion.year_record_id)
        .join(Transcript, Transcript.id == YearRecordRow.transcript_id)
        .where(RecordVersion.state == "locked")
        .order_by(RecordVersion.id.desc())
        .limit(1)
    ).one()
    return row[0], row[1]


def _forged(root: bytes) -> bytes:
    """Another mark in mathematics, in signed bytes of either container that still read as a record."""
    if root.startswith(b"<"):
        changed, count = re.subn(rb"(<Toan>.*?<DiemKTDK>)\d+", rb"\g<1>2", root, count=1)
        assert (count, changed != root) == (1, True)
        return changed
    record = json.loads(root)
    record["subjects"]["toan"]["score"] = 1 if record["subjects"]["toan"]["score"] != 1 else 2
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def _edit_bytes(session: Session, version: RecordVersion) -> None:
    data = _forged(session.get_one(Blob, version.root_sha256).data)
    session.execute(sa.update(Blob).where(Blob.sha256 == version.root_sha256).values(data=data))


def _swap_bytes(session: Session, version: RecordVersion) -> None:
    """As a careful forger: new bytes under their own right hash."""
    data = _forged(session.get_one(Blob, version.root_sha256).data)
    session.execute(sa.insert(Blob).values(sha256=sha256(data), data=data))
    session.execute(sa.update(RecordVersion).where(RecordVersion.id == version.id).values(root_sha256=sha256(data)))


def _lose_bytes(session: Session, version: RecordVersion) -> None:
    session.execute(sa.delete(Blob).where(Blob.sha256 == version.root_sha256))


def _delete_record(session: Session, version: RecordVersion) -> None:
    number = version.id
    session.execute(sa.text("DELETE FROM state_change WHERE version_id = :id"), {"id": number})
    session.execute(sa.delete(RecordSignature).where(RecordSignature.version_id == number))
    session.execute(sa.delete(LogOpening).where(LogOpening.version_id == number))
    session.execute(sa.delete(RecordVersion).where(RecordVersion.id == number))


def _delete_pupil(session: Session, version: RecordVersion) -> None:
    """The record stays, but nothing leads to it."""
    pupil = session.get_one(YearRecordRow, version.year_record_id).transcript_id
    session.execute(sa.delete(Transcript).where(Transcript.id == pupil))


def _insert_record(session: Session, version: RecordVersion) -> None:
    """The same signed bytes once more, under another pupil's code, said to be locked."""
    year = session.get_one(YearRecordRow, version.year_record_id)
    pupil = session.get_one(Transcript, year.transcript_id)
    twin = Transcript(**_values(pupil, lookup_code="f" * 32, **_NOBODY))
    session.add(twin)
    session.flush()
    again = YearRecordRow(transcript_id=twin.id, school_year=year.school_year)
    session.add(again)
    session.flush()
    session.add(RecordVersion(**_values(version, year_record_id=again.id, log_index=None)))


_NOBODY = dict.fromkeys(("personal_id", "personal_id_index", "moet_student_code", "moet_student_code_index"))


def _values(row: Base, **changed: object) -> dict[str, object]:
    names = [column.name for column in row.__table__.columns if column.name != "id"]
    return {name: getattr(row, name) for name in names} | changed


def _unlock(session: Session, version: RecordVersion) -> None:
    """As if it had never been locked: state, date and opening are of before; only the log remembers."""
    session.execute(sa.delete(LogOpening).where(LogOpening.version_id == version.id))
    session.execute(
        sa.update(RecordVersion).where(RecordVersion.id == version.id).values(state="accepted", effective_at=None)
    )


def _add_entry(session: Session, version: RecordVersion) -> None:
    size = session.scalar(sa.select(sa.func.count()).select_from(LogEntry)) or 0
    leaf = session.get_one(LogEntry, version.log_index).leaf
    session.execute(sa.insert(LogEntry).values(index=size, leaf=leaf))


def _edit_entry(session: Session, version: RecordVersion) -> None:
    entry = session.get_one(LogEntry, version.log_index)
    changed = entry.leaf.replace(b"2025-2026", b"2024-2025")
    session.execute(sa.update(LogEntry).where(LogEntry.index == version.log_index).values(leaf=changed))


def _delete_entry(session: Session, _version: RecordVersion) -> None:
    session.execute(sa.text('DELETE FROM log_entry WHERE "index" = 2'))


def _postgres(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"


def _edit_tile(session: Session, _version: RecordVersion) -> None:
    row = session.execute(
        sa.text('SELECT level, "index", width, hashes FROM log_tile ORDER BY width DESC LIMIT 1')
    ).one()
    hashes = bytes(row.hashes)
    changed = bytes([hashes[0] ^ 1]) + hashes[1:]
    session.execute(
        sa.text('UPDATE log_tile SET hashes = :changed WHERE level = :level AND "index" = :index AND width = :width'),
        {"changed": changed, "level": row.level, "index": row.index, "width": row.width},
    )


def _edit_checkpoint(session: Session, _version: RecordVersion) -> None:
    session.execute(
        sa.text("UPDATE log_checkpoint SET note = :note WHERE size = (SELECT MAX(size) FROM log_checkpoint)"),
        {"note": b"hocba.example/log\n1\nAAAA\n"},
    )


_CODED = {
    "bytes": _edit_bytes,
    "swap": _swap_bytes,
    "gone": _lose_bytes,
    "delete": _delete_record,
    "pupil": _delete_pupil,
    "insert": _insert_record,
    "unlock": _unlock,
    "entry added": _add_entry,
    "entry": _edit_entry,
    "entry gone": _delete_entry,
    "tile": _edit_tile,
    "checkpoint": _edit_checkpoint,
}
