"""A restore that must not happen does not happen: nothing is overwritten, nothing damaged is taken for whole."""

import base64
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.backup import archive, envelope, key_bundle, tables
from portal.backup.refusals import BackupProblem, BackupRefused
from portal.backup.restoring import restore
from portal.database import reading
from portal.encryption.columns import Encrypted, EncryptedBytes, EncryptedJson
from portal.encryption.ring import KeyRing, ring_of
from portal.migrations import is_current, upgrade_within
from portal.models import Base
from portal.services.audit import audit
from portal.services.log_audit import missing_guards
from portal.settings import Settings
from tests.databases import Backend
from tests.instances import NOW, DemoInstance
from tests.portal.backup.places import back_up, empty_place, engine_of, key_file

Members = dict[str, bytes]


def refusal(settings: Settings, file: Path, key: Path) -> BackupProblem:
    """Why it is refused; the place is as empty as before."""
    with engine_of(settings) as engine:
        with pytest.raises(BackupRefused) as refused:
            restore(engine, settings.data, file, envelope.identities(key), NOW)
        with engine.connect() as connection:
            assert sa.inspect(connection).get_table_names() == []
        assert not (settings.data / "hocba.toml").exists()
    assert refused.value.message.endswith(".")
    return refused.value.problem


@pytest.fixture
def backed_up(instance: DemoInstance, tmp_path: Path) -> tuple[Path, Path]:
    """A backup of the instance with a locked class, and who opens it."""
    key, public = key_file(tmp_path)
    return back_up(instance, tmp_path, public), key


@pytest.mark.parametrize("share", [0.001, 0.1, 0.5, 0.999])
def test_cut_off(backed_up: tuple[Path, Path], backend: Backend, tmp_path: Path, share: float) -> None:
    file, key = backed_up
    data = file.read_bytes()
    file.write_bytes(data[: int(len(data) * share)])
    with empty_place(backend, tmp_path) as settings:
        assert refusal(settings, file, key) in (BackupProblem.DAMAGED, BackupProblem.NOT_A_BACKUP)


@pytest.mark.parametrize("place", [0.3, 0.9, -1])
def test_one_bit_flipped(backed_up: tuple[Path, Path], backend: Backend, tmp_path: Path, place: float) -> None:
    file, key = backed_up
    data = bytearray(file.read_bytes())
    data[int(len(data) * place) if place > 0 else -1] ^= 1
    file.write_bytes(data)
    with empty_place(backend, tmp_path) as settings:
        assert refusal(settings, file, key) is BackupProblem.DAMAGED


def test_bytes_behind_the_end(backed_up: tuple[Path, Path], backend: Backend, tmp_path: Path) -> None:
    file, key = backed_up
    file.write_bytes(file.read_bytes() + b"more")
    with empty_place(backend, tmp_path) as settings:
        assert refusal(settings, file, key) is BackupProblem.DAMAGED


def test_the_key_of_somebody_else(backed_up: tuple[Path, Path], backend: Backend, tmp_path: Path) -> None:
    file, _key = backed_up
    other, _public = key_file(tmp_path, "other.txt")
    with empty_place(backend, tmp_path) as settings:
        assert refusal(settings, file, other) is BackupProblem.WRONG_KEY


def test_not_a_backup(backend: Backend, tmp_path: Path) -> None:
    key, public = key_file(tmp_path)
    plain, other = tmp_path / "plain.age", tmp_path / "other.age"
    plain.write_bytes(b"SQLite format 3\0" * 100)
    with other.open("wb") as file:
        pieces = [*archive.Parts().member("notes.txt", b"hello"), bytes(1024)]
        envelope.encrypt(pieces, file, envelope.recipients([public]))
    with empty_place(backend, tmp_path) as settings:
        assert refusal(settings, plain, key) is BackupProblem.NOT_A_BACKUP
        assert refusal(settings, other, key) is BackupProblem.NOT_A_BACKUP


def _lose_the_manifest(members: Members) -> None:
    del members["manifest.json"]


def _lose_a_part(members: Members) -> None:
    del members["tables/state_change/000001.jsonl.gz"]


def _change_a_row(members: Members) -> None:
    name = "tables/transcript/000001.jsonl.gz"
    members[name] = gzip.compress(gzip.decompress(members[name]).replace(b"Nguy", b"Ngai", 1))


def _lose_a_row_and_its_traces(members: Members) -> None:
    """As a forger would who knows the format: part, digest and count agree; the foreign keys do not."""
    name = "tables/blob/000001.jsonl.gz"
    rows = gzip.decompress(members[name]).splitlines()
    _write_part(members, "blob", name, rows[1:])


def _set_the_log_back(members: Members) -> None:
    name = "tables/log_head/000001.jsonl.gz"
    (row,) = gzip.decompress(members[name]).splitlines()
    number, size, root = json.loads(row)
    _write_part(members, "log_head", name, [json.dumps([number, size - 1, root]).encode()])


def _write_part(members: Members, table: str, name: str, rows: list[bytes]) -> None:
    members[name] = gzip.compress(b"\n".join(rows) + b"\n")
    manifest = json.loads(members["manifest.json"])
    manifest["parts"][name], manifest["rows"][table] = archive.digest(members[name]), len(rows)
    members["manifest.json"] = json.dumps(manifest).encode()


def _a_table_of_its_own(members: Members) -> None:
    about = json.loads(members["about.json"])
    about["tables"]['blob"; DROP TABLE unit; --'] = [["id", "number"]]
    members["about.json"] = json.dumps(about).encode()


def _a_bomb(members: Members) -> None:
    members["tables/unit/000001.jsonl.gz"] = gzip.compress(bytes(200 * 1024 * 1024))


def _a_file_outside(members: Members) -> None:
    members["files/../keys/log.key"] = b"x"


def _a_key(members: Members) -> None:
    members["files/keys/log.key"] = b"x"


def _an_absolute_file(members: Members) -> None:
    members["files//etc/passwd"] = b"x"


@pytest.mark.parametrize(
    "change",
    [
        _lose_the_manifest,
        _lose_a_part,
        _change_a_row,
        _lose_a_row_and_its_traces,
        _set_the_log_back,
        _a_table_of_its_own,
        _a_bomb,
        _a_file_outside,
        _a_key,
        _an_absolute_file,
    ],
    ids=lambda change: change.__name__.strip("_"),
)
def test_changed_inside_by_who_knows_the_public_key(
    backed_up: tuple[Path, Path], backend: Backend, tmp_path: Path, change: Callable[[Members], None]
) -> None:
    """Encryption to a public key says nothing about who encrypted: what is inside is checked as well."""
    file, key = backed_up
    members = unpacked(file, key)
    change(members)
    forged = packed(members, tmp_path / "forged.age", key)
    with empty_place(backend, tmp_path) as settings:
        assert refusal(settings, forged, key) is BackupProblem.DAMAGED


def test_of_a_later_version(backed_up: tuple[Path, Path], backend: Backend, tmp_path: Path) -> None:
    file, key = backed_up
    members = unpacked(file, key)
    about = json.loads(members["about.json"])
    members["about.json"] = json.dumps({**about, "schema": "9999"}).encode()
    forged = packed(members, tmp_path / "forged.age", key)
    with empty_place(backend, tmp_path) as settings:
        assert refusal(settings, forged, key) is BackupProblem.SCHEMA_UNKNOWN


def test_of_an_earlier_version_it_is_brought_up(
    backed_up: tuple[Path, Path], instance: DemoInstance, backend: Backend, tmp_path: Path
) -> None:
    """As the version before backups would have written it, had it known how."""
    file, key = backed_up
    members = unpacked(file, key)
    about, manifest = json.loads(members["about.json"]), json.loads(members["manifest.json"])
    then = columns_at("0010")
    for table in set(about["tables"]) - then.keys():
        del about["tables"][table]
        del manifest["rows"][table]
    for name in [name for name in members if name.startswith("tables/")]:
        table = name.split("/")[1]
        if table not in then:
            del members[name]
            del manifest["parts"][name]
            continue
        columns = [column for column, _kind in about["tables"][table]]
        kept = [place for place, column in enumerate(columns) if column in then[table]]
        rows = [opened(instance, table, columns, json.loads(line)) for line in lines_of(members[name])]
        members[name] = gzip.compress(b"".join(json.dumps([row[at] for at in kept]).encode() + b"\n" for row in rows))
        manifest["parts"][name] = archive.digest(members[name])
    for table, columns in about["tables"].items():
        about["tables"][table] = [each for each in columns if each[0] in then[table]]
    members["about.json"] = json.dumps({**about, "schema": "0010"}).encode()
    manifest["parts"]["about.json"] = archive.digest(members["about.json"])
    members["manifest.json"] = json.dumps(manifest).encode()
    older = packed(members, tmp_path / "older.age", key)
    with empty_place(backend, tmp_path) as settings, engine_of(settings) as engine:
        restore(engine, settings.data, older, envelope.identities(key), NOW)
        with engine.connect() as connection:
            assert is_current(connection)
            assert tables.count(connection, "restoration") == 1
            units = tables.count(connection, "unit")
            assert tables.count(connection, "unit_name") == tables.count(connection, "unit_parent") == units > 0
        with Session(reading(engine)) as session:
            assert missing_guards(session) == []
            assert audit(session, instance.runtime.log_signer.verifier).problems == ()


def lines_of(member: bytes) -> list[bytes]:
    return gzip.decompress(member).splitlines()


def opened(instance: DemoInstance, table: str, columns: list[str], row: list[Any]) -> list[Any]:
    """A row as it stood before anything was encrypted."""
    ring = ring_of(instance.engine.dialect)
    kinds = [Base.metadata.tables[table].c[column].type for column in columns]
    return [
        plain(ring, kind, value) if isinstance(kind, Encrypted) and value is not None else value
        for kind, value in zip(kinds, row, strict=True)
    ]


def plain(ring: KeyRing, kind: Encrypted[Any], value: str) -> str:
    if isinstance(kind, EncryptedBytes):
        return base64.b64encode(ring.open(kind.place, base64.b64decode(value))).decode()
    return ring.open_text(kind.place, json.loads(value) if isinstance(kind, EncryptedJson) else value)


def columns_at(revision: str) -> dict[str, set[str]]:
    """Tables and their columns, as the schema had them then."""
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        upgrade_within(connection, revision)
        held = sa.inspect(connection)
        return {name: {column["name"] for column in held.get_columns(name)} for name in held.get_table_names()}


def unpacked(file: Path, key: Path) -> Members:
    with file.open("rb") as source, envelope.decrypted(source, envelope.identities(key)) as plain:
        return {member.name: member.data for member in archive.members(plain)}


def packed(members: Members, path: Path, key: Path) -> Path:
    """Encrypted again to the same person, manifest last."""
    manifest = members.pop("manifest.json", None)
    parts = archive.Parts()
    pieces = [piece for name, data in members.items() for piece in parts.member(name, data)]
    if manifest is not None:
        pieces += parts.member("manifest.json", manifest)
    public = [str(identity.to_public()) for identity in envelope.identities(key)]
    with path.open("wb") as file:
        envelope.encrypt([*pieces, bytes(1024)], file, envelope.recipients(public))
    return path


def test_nothing_is_overwritten(backed_up: tuple[Path, Path], instance: DemoInstance, tmp_path: Path) -> None:
    file, key = backed_up
    keys = envelope.identities(key)
    with pytest.raises(BackupRefused) as refused:
        restore(instance.engine, instance.settings.data, file, keys, NOW)
    assert refused.value.problem is BackupProblem.INSTANCE_EXISTS
    with pytest.raises(BackupRefused) as refused:
        restore(instance.engine, tmp_path / "elsewhere", file, keys, NOW)
    assert refused.value.problem is BackupProblem.DATABASE_NOT_EMPTY


def test_a_backup_is_not_written_over_another_file(instance: DemoInstance, tmp_path: Path) -> None:
    _key, public = key_file(tmp_path)
    there = tmp_path / "backup.age"
    there.write_bytes(b"the only good one")
    with pytest.raises(BackupRefused) as refused:
        back_up(instance, tmp_path, public)
    assert refused.value.problem is BackupProblem.FILE_EXISTS
    assert there.read_bytes() == b"the only good one"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", BackupProblem.NO_RECIPIENT),
        ("# nobody", BackupProblem.NO_RECIPIENT),
        ("age1nonsense", BackupProblem.BAD_RECIPIENT),
        ("AGE-SECRET-KEY-1", BackupProblem.BAD_RECIPIENT),
    ],
)
def test_recipients_that_are_none(text: str, problem: BackupProblem) -> None:
    with pytest.raises(BackupRefused) as refused:
        envelope.recipients([text])
    assert refused.value.problem is problem


def test_keys_travel_apart_under_a_passphrase(tmp_path: Path) -> None:
    data, file, phrase = tmp_path / "instance", tmp_path / "keys.age", "sáu từ chọn ngẫu nhiên nhé"
    (data / "keys").mkdir(parents=True)
    (data / "keys" / "log.key").write_bytes(b"secret")
    (data / "hocba.toml").write_bytes(b"no key")
    with pytest.raises(BackupRefused) as refused:
        key_bundle.save(data, file, "ngắn quá")
    assert refused.value.problem is BackupProblem.PASSPHRASE_SHORT
    assert key_bundle.save(data, file, phrase) == 1
    assert b"secret" not in file.read_bytes()
    with pytest.raises(BackupRefused) as refused:
        key_bundle.bring_back(tmp_path / "there", file, phrase + "!")
    assert refused.value.problem is BackupProblem.PASSPHRASE_WRONG
    assert key_bundle.bring_back(tmp_path / "there", file, phrase) == 1
    key = tmp_path / "there" / "keys" / "log.key"
    assert key.read_bytes() == b"secret"
    assert key.stat().st_mode & 0o077 == 0
    with pytest.raises(BackupRefused) as refused:
        key_bundle.bring_back(tmp_path / "there", file, phrase)
    assert refused.value.problem is BackupProblem.KEYS_EXIST


def test_a_bundle_that_asks_for_more_work_than_the_machine_has_is_not_a_wrong_passphrase() -> None:
    phrase = "sáu từ chọn ngẫu nhiên nhé"
    head, stanza, rest = envelope.encrypt_secret(b"secret", phrase).split(b"\n", 2)
    heavy = stanza.rsplit(b" ", 1)[0] + b" 40"
    with pytest.raises(BackupRefused) as refused:
        envelope.decrypt_secret(b"\n".join([head, heavy, rest]), phrase)
    assert refused.value.problem is BackupProblem.MACHINE_TOO_SLOW


@pytest.mark.parametrize("problem", BackupProblem)
def test_each_refusal_says_what_to_do(problem: BackupProblem) -> None:
    text = BackupRefused(problem, path="x", place="x", size="7", held="7", seen="7", least="7", text="x").message
    assert text[0].isupper() or text[0] == "“"
    assert text.endswith(".")
    assert "{" not in text
