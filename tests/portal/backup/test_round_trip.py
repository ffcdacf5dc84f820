"""What is backed up comes back: every table equal, the audit clean, on both databases and from one to the other."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from portal.backup import archive, envelope, tables
from portal.backup.restoring import restore
from portal.models import BackupTaken, Base, LogHead
from portal.services.audit import audit
from portal.services.log_audit import missing_guards
from portal.settings import load_instance
from tests.databases import Backend
from tests.instances import NOW, WORKBOOKS, DemoInstance
from tests.portal.backup.places import (
    back_up,
    empty_place,
    engine_of,
    every_row,
    key_file,
    lock_another,
    restored_at,
)

ROOT = Path(__file__).parents[3]


def clean(instance: DemoInstance) -> bool:
    with instance.reading() as session:
        return audit(session, instance.runtime.log_signer.verifier).problems == ()


def test_every_table_comes_back_and_the_audit_is_clean(
    instance: DemoInstance, backend: Backend, tmp_path: Path
) -> None:
    key, public = key_file(tmp_path)
    before = every_row(instance.engine)
    file = back_up(instance, tmp_path, public)
    with empty_place(backend, tmp_path) as settings, restored_at(settings, instance, file, key) as back:
        assert every_row(back.engine) == before
        assert clean(back)
        with back.reading() as session:
            assert missing_guards(session) == []
        # New rows are numbered after those that came back.
        assert back.take_in(WORKBOOKS / "lop-1B.xlsx", school="MAU-TH-02").accepted > 0


@pytest.mark.parametrize(("start", "end"), [(Backend.SQLITE, Backend.POSTGRESQL), (Backend.POSTGRESQL, Backend.SQLITE)])
def test_a_backup_of_one_database_restores_into_the_other(
    start: Backend, end: Backend, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    templates = request.getfixturevalue("templates")
    with templates.instance(start, tmp_path, locked=True) as instance:
        key, public = key_file(tmp_path)
        file = back_up(instance, tmp_path, public)
        with empty_place(end, tmp_path) as settings, restored_at(settings, instance, file, key) as back:
            assert clean(back)
            # What was brought over is backed up again to the same bytes of rows.
            again = back_up(back, tmp_path, public, "again.age")
            assert table_parts(file, key) == table_parts(again, key)


def table_parts(file: Path, key: Path) -> dict[str, str]:
    """SHA-256 of each part with rows, from the manifest."""
    with file.open("rb") as source, envelope.decrypted(source, envelope.identities(key)) as plain:
        manifest = [member.json() for member in archive.members(plain) if member.name == archive.MANIFEST]
    ours = ("tables/restoration/", "tables/backup_taken/")
    return {
        name: digest
        for name, digest in manifest[0]["parts"].items()
        if name.startswith("tables/") and not name.startswith(ours)
    }


def test_what_is_written_meanwhile_is_in_the_backup_whole_or_not_at_all(
    instance: DemoInstance, backend: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process locks a class when half of the tables are read: its leaves are neither seen nor held up."""
    key, public = key_file(tmp_path)
    before = every_row(instance.engine)
    read, written = tables.rows_of, []

    def rows_of(connection: sa.Connection, table: sa.Table) -> Iterator[bytes]:
        if table.name == "record_version":
            written.append(lock_another(instance))
        yield from read(connection, table)

    monkeypatch.setattr(tables, "rows_of", rows_of)
    file = back_up(instance, tmp_path, public)
    monkeypatch.undo()
    assert len(written) == 1
    with empty_place(backend, tmp_path) as settings, restored_at(settings, instance, file, key) as back:
        assert every_row(back.engine) == before
        assert clean(back)
    with instance.reading() as session:
        assert session.get_one(LogHead, 1).size == written[0]


def test_keys_and_the_cookie_secret_are_not_in_it(instance: DemoInstance, tmp_path: Path) -> None:
    key, public = key_file(tmp_path)
    file = back_up(instance, tmp_path, public)
    secrets = [path.read_bytes() for path in (instance.settings.data / "keys").iterdir()]
    secrets.append(instance.runtime.instance.secret_key.encode())
    with file.open("rb") as source, envelope.decrypted(source, envelope.identities(key)) as plain:
        everything = plain.read()
    assert b"record_version" in everything
    assert not [secret for secret in secrets if secret.strip() in everything]
    with empty_place(Backend.SQLITE, tmp_path) as settings, restored_at(settings, instance, file, key) as back:
        fresh = load_instance(back.settings)
        assert fresh.model_copy(update={"secret_key": ""}) == instance.runtime.instance.model_copy(
            update={"secret_key": ""}
        )
        assert len(fresh.secret_key) == 64
        assert fresh.secret_key != instance.runtime.instance.secret_key


def test_the_public_age_tool_opens_it(
    instance: DemoInstance, tmp_path: Path, need_command: Callable[[str], str]
) -> None:
    key, public = key_file(tmp_path)
    file = back_up(instance, tmp_path, public)
    plain = subprocess.run([need_command("age"), "-d", "-i", key, file], capture_output=True, check=True).stdout
    names = subprocess.run(["tar", "-t"], input=plain, capture_output=True, check=True).stdout.decode().split()
    assert names[0] == "about.json"
    assert names[-1] == "manifest.json"
    assert "files/hocba.toml" in names


def test_two_people_can_each_open_it(instance: DemoInstance, tmp_path: Path) -> None:
    first, one = key_file(tmp_path, "1.txt")
    second, two = key_file(tmp_path, "2.txt")
    file = back_up(instance, tmp_path, f"# hai người\n{one}\n\n{two}\n")
    for number, key in enumerate((first, second)):
        with (
            empty_place(Backend.SQLITE, tmp_path, f"place{number}") as settings,
            restored_at(settings, instance, file, key) as back,
        ):
            assert clean(back)


def test_taking_one_is_written_down(instance: DemoInstance, tmp_path: Path) -> None:
    _key, public = key_file(tmp_path)
    file = back_up(instance, tmp_path, public)
    with instance.reading() as session:
        row = session.scalars(sa.select(BackupTaken)).one()
        assert (row.taken_at, row.size) == (NOW, file.stat().st_size)
        assert row.log_size == session.get_one(LogHead, 1).size


def test_every_kind_of_column_is_known() -> None:
    for table in Base.metadata.sorted_tables:
        assert {kind for _name, kind in tables.columns_of(table)} <= tables.KINDS
    with pytest.raises(TypeError):
        tables.columns_of(sa.Table("odd", sa.MetaData(), sa.Column("share", sa.Float())))


_HUNGRY = """
import resource, sys
from datetime import UTC, datetime
from pathlib import Path
import sqlalchemy as sa
from portal.backup import envelope
from portal.backup.restoring import restore
from portal.backup.taking import take
from portal.database import open_engine
from portal.models import Blob
folder, url, empty, public, key = Path(sys.argv[1]), *sys.argv[2:]
engine = open_engine(url)
with engine.connect() as connection:
    connection.execute(sa.select(Blob.sha256).limit(1)).all()
now, to = datetime.now(UTC), envelope.recipients([public])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
take(engine, folder / "instance", to, folder / "large.age", "none", now)
restore(open_engine(empty), folder / "back", folder / "large.age", envelope.identities(Path(key)), now)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_memory_does_not_grow_with_the_database(instance: DemoInstance, backend: Backend, tmp_path: Path) -> None:
    """200 MiB of blobs pass through less than 100 MiB, there and back."""
    key, public = key_file(tmp_path)
    with instance.transaction() as session:
        for number in range(200):
            session.execute(
                sa.text("INSERT INTO blob (sha256, data) VALUES (:name, :data)"),
                {"name": f"{number:064x}", "data": number.to_bytes(4, "big") * (256 * 1024)},
            )
    instance.engine.dispose()
    with empty_place(backend, tmp_path) as settings:
        arguments = [tmp_path, instance.settings.database_url, settings.database_url, public, key]
        done = subprocess.run(
            [sys.executable, "-c", _HUNGRY, *map(str, arguments)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        assert int(done.stdout) < 100 * 1024
        with engine_of(settings) as engine, engine.connect() as connection:
            total = connection.scalar(sa.text("SELECT SUM(LENGTH(data)) FROM blob"))
    assert total is not None
    assert total > 200 * 1024 * 1024


def test_restoring_leaves_no_record_behind(empty_instance: DemoInstance, backend: Backend, tmp_path: Path) -> None:
    """An instance without records is backed up and restored as well."""
    key, public = key_file(tmp_path)
    file = back_up(empty_instance, tmp_path, public)
    with empty_place(backend, tmp_path) as settings, engine_of(settings) as engine:
        back = restore(engine, settings.data, file, envelope.identities(key), NOW)
        with engine.connect() as connection:
            assert tables.count(connection, "record_version") == tables.count(connection, "transcript") == 0
    assert back.log_size > 0
