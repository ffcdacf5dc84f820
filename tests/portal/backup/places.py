"""Backups of test instances, and empty places to restore them into."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from portal.backup import envelope
from portal.backup.mirror import Mirror
from portal.backup.restoring import restore
from portal.backup.sources import DatabaseSource
from portal.backup.taking import take
from portal.database import open_engine
from portal.models import Base
from portal.runtime import Runtime, open_runtime
from portal.settings import Settings
from tests.databases import Backend, fresh_database
from tests.instances import NOW, WORKBOOKS, DemoInstance
from verify.log.notes import format_vkey

LATER = NOW + timedelta(hours=3)
OF_RESTORES = {"restoration", "backup_taken"}
Rows = dict[str, list[tuple[object, ...]]]


def key_file(folder: Path, name: str = "key.txt") -> tuple[Path, str]:
    """A fresh identity in a file, and its public key."""
    secret, public = envelope.new_identity()
    path = folder / name
    path.write_text(f"# public key: {public}\n{secret}\n", encoding="utf-8")
    return path, public


def back_up(instance: DemoInstance, folder: Path, public: str, name: str = "backup.age") -> Path:
    log_key = format_vkey(instance.runtime.log_signer.verifier)
    to = envelope.recipients([public])
    return take(instance.engine, instance.settings.data, to, folder / name, log_key, NOW).path


@contextmanager
def empty_place(backend: Backend, folder: Path, name: str = "place") -> Iterator[Settings]:
    """A folder that is not there and a database without tables."""
    with fresh_database(backend, folder / name) as url:
        (folder / name).mkdir(exist_ok=True)
        yield Settings(data=folder / name, database_url=url)


@contextmanager
def engine_of(settings: Settings) -> Iterator[sa.Engine]:
    """What a place's database is reached with; no connection outlives a test that fails within."""
    engine = open_engine(settings.database_url, settings.data)
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def restored_at(settings: Settings, instance: DemoInstance, file: Path, key: Path) -> Iterator[DemoInstance]:
    """The instance come back there, its keys copied from the one that was backed up."""
    with engine_of(settings) as engine:
        restore(engine, settings.data, file, envelope.identities(key), LATER)
        for name in ("keys", "demo-authority"):
            shutil.copytree(instance.settings.data / name, settings.data / name)
        opened = open_runtime(settings, NOW)
        runtime = Runtime(
            settings, opened.instance, opened.log_signer, opened.seal, opened.authority, instance.runtime.sandbox
        )
        yield DemoInstance(settings, engine, runtime)


def mirrored(instance: DemoInstance, folder: Path) -> Mirror:
    """A mirror of the instance's log, brought up to date."""
    mirror = Mirror(folder)
    mirror.begin([instance.runtime.log_signer.verifier])
    mirror.update(DatabaseSource(instance.engine))
    return mirror


def lock_another(instance: DemoInstance, workbook: str = "lop-1B.xlsx") -> int:
    """One more locked class; returns the size of the log."""
    packet = instance.take_in(WORKBOOKS / workbook, school="MAU-TH-02").packet
    assert packet is not None
    instance.sign(packet, "MAU-TH-02")
    return instance.lock(packet).log_size


def every_row(engine: sa.Engine) -> Rows:
    """All tables but those that a restore writes to, as the database gives them."""
    with engine.connect() as connection:
        return {
            table.name: sorted(tuple(row) for row in connection.execute(sa.select(*_plain(table))))
            for table in Base.metadata.sorted_tables
            if table.name not in OF_RESTORES
        }


def _plain(table: sa.Table) -> list[sa.ColumnElement[object]]:
    """Text of everything, so that rows can be sorted and nothing is interpreted on the way."""
    columns: list[sa.ColumnElement[object]] = []
    for column in table.columns:
        held = column.type.impl_instance if isinstance(column.type, sa.types.TypeDecorator) else column.type
        if isinstance(held, sa.LargeBinary):
            columns.append(sa.func.coalesce(sa.type_coerce(column, sa.LargeBinary), b"-"))
        else:
            columns.append(sa.func.coalesce(sa.cast(column, sa.Text), "-"))
    return columns
