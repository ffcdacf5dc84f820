"""Master keys: changed without touching a record, cut at any moment; lost, wrong or late, and what is then said."""

import os
import signal
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from sqlalchemy import event

from portal.app import create_app
from portal.cli.main import main
from portal.database import open_engine
from portal.encryption import masters
from portal.encryption.data_keys import KEYS
from portal.encryption.faults import KeyFault
from portal.encryption.rotation import Rotated, rotate
from portal.errors import Problem
from portal.models import DataKey, Transcript
from portal.presenters import problems
from portal.services import audit, lookup
from tests.instances import NOW, WORKBOOKS, DemoInstance

_STORED = ("SELECT sha256, data FROM blob ORDER BY 1", "SELECT * FROM transcript ORDER BY 1")


def rotated(instance: DemoInstance) -> Rotated:
    with instance.engine.begin() as connection:
        return rotate(connection, instance.settings.data / KEYS, NOW)


def stored(instance: DemoInstance) -> list[object]:
    """What is in the tables, as it is in them."""
    with instance.engine.connect() as connection:
        return [tuple(row) for query in _STORED for row in connection.execute(sa.text(query))]


def numbers(instance: DemoInstance) -> list[str | None]:
    """Read by an engine that holds no key yet, as a process that begins."""
    engine = open_engine(instance.settings.database_url, instance.settings.data)
    try:
        with engine.connect() as connection:
            return list(connection.scalars(sa.select(Transcript.personal_id).order_by(Transcript.id)))
    finally:
        engine.dispose()


def test_a_new_master_key_changes_no_record(instance: DemoInstance) -> None:
    before, held = stored(instance), numbers(instance)
    done = rotated(instance)
    (former,) = done.former
    assert former != done.made
    assert done.made.stat().st_mode & 0o777 == 0o600
    former.unlink()
    assert stored(instance) == before
    assert numbers(instance) == held
    with instance.transaction() as session:
        assert [key.id for key in session.scalars(sa.select(DataKey))] == [1, 2, 3]
        report = audit.audit(session, instance.runtime.log_signer.verifier)
    assert (report.records, report.problems) == (len(held), ())


def test_what_comes_after_is_encrypted_with_the_new_data_key_and_read_by_who_runs(instance: DemoInstance) -> None:
    """The engine of the instance goes on with the keys that it read; it looks again for a number it does not know."""
    held = numbers(instance)
    rotated(instance)
    engine = open_engine(instance.settings.database_url, instance.settings.data)
    with instance.reading() as session:
        assert list(session.scalars(sa.select(Transcript.personal_id).order_by(Transcript.id))) == held
    with engine.begin() as connection:
        first = sa.update(Transcript).where(Transcript.id == 1)
        connection.execute(first.values(personal_id="079316999999", personal_id_index="079316999999"))
    engine.dispose()
    with instance.reading() as session:
        found = session.scalars(sa.select(Transcript).where(Transcript.personal_id_index == "079316999999")).one()
        assert (found.id, found.personal_id) == (1, "079316999999")
        stays = session.scalars(sa.select(Transcript).where(Transcript.personal_id_index == held[1])).one()
        assert stays.personal_id == held[1]


@pytest.mark.parametrize("moment", range(1, 6))
def test_a_rotation_that_is_cut_leaves_the_former_key_in_use(instance: DemoInstance, moment: int) -> None:
    """After the rows were read the file is written; each statement that follows may be the last."""
    before, held = stored(instance), numbers(instance)
    instance.engine.dispose()
    child = os.fork()
    if child == 0:
        _killed(instance, moment)
        os._exit(3)
    _pid, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), "it ended before it was killed"
    assert stored(instance) == before
    assert numbers(instance) == held
    rotated(instance)
    assert numbers(instance) == held


def _killed(instance: DemoInstance, moment: int) -> None:
    engine, done = open_engine(instance.settings.database_url, instance.settings.data), 0

    def count(*_arguments: object) -> None:
        nonlocal done
        done += 1
        if done == moment:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(engine, "after_cursor_execute", count)
    with engine.begin() as connection:
        rotate(connection, instance.settings.data / KEYS, NOW)


def test_a_lost_key_is_named_and_nothing_looks_like_a_missing_record(instance: DemoInstance) -> None:
    (path,) = masters.all_paths(instance.settings.data / KEYS)
    kept = path.read_bytes()
    path.unlink()
    _refuses(instance, Problem.KEY_FILE_MISSING, path)
    path.write_bytes(os.urandom(32).hex().encode())
    _refuses(instance, Problem.KEY_FILE_WRONG, path)
    path.write_bytes(b"\xff not a key")
    _refuses(instance, Problem.KEY_FILE_WRONG, path)
    path.write_bytes(kept)
    assert len(numbers(instance)) == 34


def _refuses(instance: DemoInstance, problem: Problem, path: Path) -> None:
    with pytest.raises(KeyFault) as told:
        numbers(instance)
    assert told.value.problem is problem
    assert f"keys/{path.name}" in problems.sentence(told.value.problem, told.value.detail)
    engine = open_engine(instance.settings.database_url, instance.settings.data)
    with pytest.raises(KeyFault), engine.connect() as connection:
        connection.execute(sa.select(Transcript.id).where(Transcript.personal_id_index == "079316000001"))
    engine.dispose()
    with pytest.raises(KeyFault):
        create_app(instance.settings)


def test_the_command_line_says_it_in_a_sentence(instance: DemoInstance) -> None:
    place = ["--data", str(instance.settings.data)]
    run = CliRunner(env={"HOCBA_DATABASE_URL": instance.settings.database_url})
    done = run.invoke(main, [*place, "keys", "rotate-identity"])
    assert done.exit_code == 0, done.output
    assert done.output.count("identity-") == 2
    for path in masters.all_paths(instance.settings.data / KEYS):
        path.rename(path.with_suffix(".away"))
    for command in ("audit", "serve"):
        lost = run.invoke(main, [*place, command])
        assert (lost.exit_code, "Traceback" in lost.output) == (1, False)
        assert "identity-" in lost.stderr
    assert "mã hóa mở được: " in run.invoke(main, [*place, "doctor"]).output


def test_the_status_card_needs_no_key(instance: DemoInstance) -> None:
    """The one read behind every printed QR touches nothing that is encrypted, so it costs what it did."""
    engine = open_engine(instance.settings.database_url)
    with instance.reading() as session:
        code = session.scalars(sa.select(Transcript.lookup_code)).first()
    assert code is not None
    with engine.connect() as connection:
        card = lookup.card(connection, code)
        assert card is not None
        assert card.years
        with pytest.raises(KeyFault):
            connection.execute(sa.select(Transcript.birth_date)).all()
    engine.dispose()


def test_a_class_cannot_be_taken_in_without_keys(empty_instance: DemoInstance) -> None:
    for path in masters.all_paths(empty_instance.settings.data / KEYS):
        path.unlink()
    with pytest.raises(KeyFault):
        empty_instance.take_in(WORKBOOKS / "lop-4A1.xlsx")
