"""An old backup restored and continued: refused until compared; replayed from a mirror; never a fork."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from portal.backup.continuing import Continued, Seen, resume, resume_unseen, seen_alone, seen_by_mirror
from portal.backup.mirror import Mirror
from portal.backup.refusals import BackupProblem, BackupRefused
from portal.backup.sources import DatabaseSource, FolderSource
from portal.errors import Problem, Refused
from portal.models import LogCheckpoint, LogEntry, LogHead, Restoration, RestoreOutcome
from portal.services import log, restoration
from portal.services.audit import Defect, audit
from tests.databases import Backend
from tests.instances import NOW, WORKBOOKS, DemoInstance
from tests.portal.backup.places import (
    LATER,
    back_up,
    empty_place,
    key_file,
    lock_another,
    mirrored,
    restored_at,
)


@pytest.fixture
def file_and_key(instance: DemoInstance, tmp_path: Path) -> tuple[Path, Path]:
    key, public = key_file(tmp_path)
    return back_up(instance, tmp_path, public), key


@pytest.fixture
def back(
    instance: DemoInstance, backend: Backend, file_and_key: tuple[Path, Path], tmp_path: Path
) -> Iterator[DemoInstance]:
    """The instance as it was at the backup, restored elsewhere; `instance` itself goes on in the tests."""
    file, key = file_and_key
    with empty_place(backend, tmp_path) as settings, restored_at(settings, instance, file, key) as made:
        yield made


def size_of(instance: DemoInstance) -> int:
    with instance.reading() as session:
        return session.get_one(LogHead, 1).size


def held(instance: DemoInstance) -> bool:
    with instance.reading() as session:
        try:
            restoration.require_settled(session)
        except Refused as refused:
            return refused.problem is Problem.LOG_HELD
        return False


def seen(instance: DemoInstance, mirror: Mirror) -> Seen:
    return seen_by_mirror(FolderSource(mirror.folder), [instance.runtime.log_signer.verifier])


def resumed(instance: DemoInstance, *shown: Seen) -> Continued:
    with instance.transaction() as session:
        return resume(session, shown, LATER)


def refusal(instance: DemoInstance, *shown: Seen) -> BackupProblem:
    """Why the log may not go on; it still waits, as long as before."""
    before = size_of(instance)
    with pytest.raises(BackupRefused) as refused:
        resumed(instance, *shown)
    assert held(instance)
    assert size_of(instance) == before
    return refused.value.problem


def test_nothing_is_appended_before_it_is_compared(back: DemoInstance) -> None:
    packet = back.take_in(WORKBOOKS / "lop-1B.xlsx").packet
    assert packet is not None
    back.sign(packet)
    before = size_of(back)
    with pytest.raises(Refused) as refused:
        back.lock(packet)
    assert refused.value.problem is Problem.LOG_HELD
    assert size_of(back) == before


def test_level_with_its_mirror_it_goes_on(instance: DemoInstance, back: DemoInstance, tmp_path: Path) -> None:
    mirror = mirrored(instance, tmp_path / "mirror")
    done = resumed(back, seen(back, mirror))
    assert (done.outcome, done.before, done.gone) == (RestoreOutcome.LEVEL, done.after, ())
    lock_another(back)
    assert mirror.update(DatabaseSource(back.engine)).after == size_of(back)


def test_what_is_missing_is_replayed_and_no_fork_begins(
    instance: DemoInstance, back: DemoInstance, tmp_path: Path
) -> None:
    backed_up, mirror = size_of(back), Mirror(tmp_path / "mirror")
    lost = lock_another(instance)
    mirror = mirrored(instance, tmp_path / "mirror")
    done = resumed(back, seen(back, mirror))
    assert (done.before, done.after, done.outcome) == (backed_up, lost, RestoreOutcome.REPLAYED)
    assert [(each.unit, each.kind, each.count) for each in done.gone] == [("MAU-TH-02", "lock", lost - backed_up)]
    with instance.reading() as ours, back.reading() as theirs:
        for table in (LogEntry.leaf, LogHead.root):
            assert ours.scalars(sa.select(table)).all() == theirs.scalars(sa.select(table)).all()
        # The checkpoint is the one that outsiders know, signed before the disaster.
        assert log.newest_checkpoint(theirs) == log.newest_checkpoint(ours)
        report = audit(theirs, back.runtime.log_signer.verifier)
    assert {problem.defect for problem in report.problems} == {Defect.RECORD_GONE}
    assert [problem.log_index for problem in report.problems] == list(range(backed_up, lost))
    # The log goes on, and who mirrored it before follows without complaint.
    lock_another(back)
    assert mirror.update(DatabaseSource(back.engine)).before == lost


def test_a_restored_log_that_went_on_by_itself_is_refused_by_the_mirror(
    instance: DemoInstance, back: DemoInstance, tmp_path: Path
) -> None:
    """Somebody forces it: what follows is a fork, and outsiders see it."""
    lock_another(instance)
    mirror = mirrored(instance, tmp_path / "mirror")
    with back.transaction() as session:
        resume_unseen(session, "12/QĐ-MAU", LATER)
    lock_another(back)
    with pytest.raises(BackupRefused) as refused:
        mirror.update(DatabaseSource(back.engine))
    assert refused.value.problem is BackupProblem.FORKED
    with back.reading() as session:
        row = session.scalars(sa.select(Restoration)).one()
        assert (row.outcome, row.decision, row.seen_size) == ("forced", "12/QĐ-MAU", None)


def test_a_fork_is_not_joined(instance: DemoInstance, back: DemoInstance, tmp_path: Path) -> None:
    """The mirror holds another continuation of the log than the restored database: both stay as they are."""
    lock_another(instance)
    mirror = mirrored(instance, tmp_path / "mirror")
    with back.transaction() as session:
        resume_unseen(session, "12/QĐ-MAU", LATER)
    lock_another(back)
    with back.transaction() as session:
        restoration.hold(session, session.get_one(LogHead, 1), NOW, LATER)
    assert refusal(back, seen(back, mirror)) is BackupProblem.FORKED
    lock_another(instance, "lop-5D.xlsx")
    mirror.update(DatabaseSource(instance.engine))
    assert refusal(back, seen(back, mirror)) is BackupProblem.FORKED


def test_somebody_saw_more_than_any_mirror_has(instance: DemoInstance, back: DemoInstance, tmp_path: Path) -> None:
    keys = [back.runtime.log_signer.verifier]
    mirror = mirrored(instance, tmp_path / "mirror")
    lock_another(instance)
    with instance.reading() as session:
        note = log.newest_checkpoint(session)
    assert note is not None
    witness = seen_alone("nhân chứng", note, keys)
    assert refusal(back, seen(back, mirror), witness) is BackupProblem.MIRROR_BEHIND
    assert refusal(back, witness) is BackupProblem.MIRROR_BEHIND
    mirror.update(DatabaseSource(instance.engine))
    assert resumed(back, seen(back, mirror), witness).after == size_of(instance)


def test_an_entry_changed_in_the_mirror(instance: DemoInstance, back: DemoInstance, tmp_path: Path) -> None:
    lock_another(instance)
    mirror = mirrored(instance, tmp_path / "mirror")
    for path in mirror.folder.glob("tile/entries/**/*"):
        if path.is_file():
            path.write_bytes(path.read_bytes().replace(b"MAU-TH-02", b"MAU-TH-03"))
    assert refusal(back, seen(back, mirror)) is BackupProblem.FORKED


def test_nobody_asked(back: DemoInstance) -> None:
    assert refusal(back) is BackupProblem.NOTHING_SEEN


def test_resuming_twice(instance: DemoInstance, back: DemoInstance, tmp_path: Path) -> None:
    shown = seen(back, mirrored(instance, tmp_path / "mirror"))
    resumed(back, shown)
    with pytest.raises(Refused) as refused:
        resumed(back, shown)
    assert refused.value.problem is Problem.LOG_NOT_HELD


def test_how_it_went_on_is_history(instance: DemoInstance, back: DemoInstance, tmp_path: Path) -> None:
    """The database refuses to change or lose it."""
    resumed(back, seen(back, mirrored(instance, tmp_path / "mirror")))
    for statement in ("UPDATE restoration SET decision = 'x'", "DELETE FROM restoration"):
        with pytest.raises(sa.exc.DBAPIError), back.transaction() as session:
            session.execute(sa.text(statement))


def test_a_backup_of_a_log_that_waits_waits_too(
    back: DemoInstance, instance: DemoInstance, backend: Backend, tmp_path: Path
) -> None:
    key, public = key_file(tmp_path, "second.txt")
    file = back_up(back, tmp_path, public, "second.age")
    mirror = mirrored(instance, tmp_path / "mirror")
    with empty_place(backend, tmp_path, "again") as settings, restored_at(settings, back, file, key) as again:
        resumed(again, seen(again, mirror))
        assert not held(again)
        with again.reading() as session:
            rows = session.scalars(sa.select(Restoration).order_by(Restoration.id)).all()
            assert [row.outcome for row in rows] == ["level", "level"]


def test_receipts_of_before_and_after_verify(instance: DemoInstance, back: DemoInstance, tmp_path: Path) -> None:
    lost = lock_another(instance)
    resumed(back, seen(back, mirrored(instance, tmp_path / "mirror")))
    with back.reading() as session:
        assert session.scalars(sa.select(LogCheckpoint.size).order_by(LogCheckpoint.size)).all()[-1] == lost
        for index in (0, lost - 1):
            assert log.receipt_of(session, index)
    assert timedelta(0) < LATER - NOW
