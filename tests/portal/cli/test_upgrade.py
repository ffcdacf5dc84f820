"""An instance whose database an earlier version of the software left, and one that a later version has had."""

from importlib import import_module
from pathlib import Path

import pytest
import sqlalchemy as sa

from portal.database import open_engine
from portal.encryption import masters
from portal.encryption.data_keys import KEYS
from portal.migrations import upgrade_within
from portal.settings import database_url, load
from tests.portal.cli.test_commands import Hocba

BEFORE: str = import_module("portal.migrations.versions.0038_encryption").down_revision


@pytest.fixture
def former(tmp_path: Path) -> Hocba:
    """As before encryption at rest: a database of that time with one unit, and no key of its data."""
    made = Hocba(tmp_path / "instance")
    assert made("init", "--demo").status == 0
    url = database_url(load(made.data))
    Path(str(sa.make_url(url).database)).unlink()
    for path in masters.all_paths(made.data / KEYS):
        path.unlink()
    engine = open_engine(url, made.data)
    with engine.begin() as connection:
        upgrade_within(connection, BEFORE)
        connection.exec_driver_sql(
            "INSERT INTO unit (id, code, kind, name, valid_from) VALUES (1, 'S', 'department', 'Sở mẫu', '2025-07-01')"
        )
    engine.dispose()
    return made


@pytest.mark.parametrize("command", ["serve", "work"])
def test_nothing_is_served_from_an_older_schema(former: Hocba, command: str) -> None:
    ran = former(command)
    assert ran.status == 1
    assert "hocba upgrade" in ran.err
    assert "vẫn còn nguyên" in ran.err
    assert "chạy hocba upgrade" in former("doctor").out


def test_an_upgrade_makes_the_keys_and_is_done_once(former: Hocba) -> None:
    first, again = former("upgrade"), former("upgrade")
    assert (first.status, again.status) == (0, 0), first.err + again.err
    assert first.out == "Đã nâng cơ sở dữ liệu.\n"
    assert "không có gì phải nâng" in again.out
    assert len(masters.all_paths(former.data / KEYS)) == 1
    assert "hocba upgrade" not in former("doctor").out


def test_what_was_there_is_there_afterwards(former: Hocba) -> None:
    url = database_url(load(former.data))
    assert former("upgrade").status == 0
    engine = open_engine(url, former.data)
    with engine.begin() as connection:
        assert connection.exec_driver_sql("SELECT name FROM unit").scalar() == "Sở mẫu"
    engine.dispose()


@pytest.mark.parametrize("command", ["serve", "work", "upgrade"])
def test_data_of_a_later_software_are_left_alone(tmp_path: Path, command: str) -> None:
    made = Hocba(tmp_path / "instance")
    assert made("init", "--demo").status == 0
    engine = open_engine(database_url(load(made.data)), made.data)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    engine.dispose()
    ran = made(command)
    assert ran.status == 1
    assert "phiên bản phần mềm mới hơn" in ran.err
