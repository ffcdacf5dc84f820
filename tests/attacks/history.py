"""Attacks on the log's history, by who has the database and the log's own key: what outsiders hold against them."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Final

import pytest
import sqlalchemy as sa

from portal.backup.continuing import resume, seen_by_mirror
from portal.backup.mirror import Mirror
from portal.backup.refusals import BackupProblem, BackupRefused
from portal.backup.sources import DatabaseSource, FolderSource
from portal.errors import Problem
from portal.models import Blob, LogCheckpoint, LogEntry, LogHead, LogOpening, RecordVersion, RestoreOutcome
from portal.presenters import reasons
from portal.services import log
from portal.services.audit import Defect
from tests.attacks.ground import Attack, End, Ground, Outcome, detected, problems_of, refusal
from tests.attacks.rewriting import backdate
from tests.databases import copy_database, fresh_database
from tests.instances import WORKBOOKS, DemoInstance
from tests.portal.backup.places import LATER, back_up, empty_place, key_file, lock_another, mirrored, restored_at
from tests.sabotage import silently
from verify.log import checkpoint, merkle, notes, receipt, tiles
from verify.verdict import Reason

ROOT: Final = Path(__file__).parents[2]
_SEQUENCERS, _BATCHES, _LEAVES = 4, 6, 50


def size_of(instance: DemoInstance) -> int:
    with instance.reading() as session:
        return session.get_one(LogHead, 1).size


def _refused(problem: BackupProblem, mirror: Mirror, instance: DemoInstance) -> str:
    """What an outsider's mirror says, and that it still holds what it held."""
    held = mirror.held()
    with pytest.raises(BackupRefused) as refused:
        mirror.update(DatabaseSource(instance.engine))
    assert refused.value.problem is problem
    assert mirror.held() == held
    return refused.value.message


def _rewritten(ground: Ground) -> Outcome:
    """The audit of the database alone must find nothing: this is what witnesses and mirrors are for."""
    with ground.instance() as instance:
        mirror = mirrored(instance, ground.folder / "mirror")
        with instance.reading() as session:
            index = session.scalars(sa.select(sa.func.max(RecordVersion.log_index))).one()
            assert index is not None
            kept, leaf = log.receipt_of(session, index), log.leaf(session, index)
        assert backdate(instance) == index
        assert problems_of(instance) == ()
        message = _refused(BackupProblem.FORKED, mirror, instance)
        asked = receipt.Policy(instance.runtime.log_signer.verifiers, (), 0)
        with instance.reading() as session:
            changed = log.leaf(session, index)
        assert receipt.verify(kept, leaf, asked)[0].reason is Reason.OK
        logged, _witnessed = receipt.verify(kept, changed, asked)
        assert logged.reason is Reason.NOT_IN_LOG
    seen = "a mirror refuses; the school's receipt of before contradicts; the database alone shows nothing"
    return Outcome(End.DETECTED, seen, (message, reasons.sentence(logged)))


def _restored_by_us(ground: Ground) -> Outcome:
    with ground.instance() as instance:
        key, public = key_file(ground.folder)
        file = back_up(instance, ground.folder, public)
        lock_another(instance)
        mirror = mirrored(instance, ground.folder / "mirror")
        with empty_place(ground.backend, ground.folder) as settings, restored_at(settings, instance, file, key) as back:
            packet = _signed(back)
            message = refusal(Problem.LOG_HELD, lambda: back.lock(packet))
            shown = seen_by_mirror(FolderSource(mirror.folder), [back.runtime.log_signer.verifier])
            with back.transaction() as session:
                done = resume(session, [shown], LATER)
            assert done.outcome is RestoreOutcome.REPLAYED
            assert done.after == size_of(instance)
            back.lock(packet)
            grown = mirror.update(DatabaseSource(back.engine))
    seen = f"held until compared, {done.after - done.before} leaves replayed, a mirror follows to {grown.after} leaves"
    return Outcome(End.SURVIVED, seen, (message,))


def _signed(instance: DemoInstance) -> int:
    packet = instance.take_in(WORKBOOKS / "lop-1B.xlsx").packet
    assert packet is not None
    instance.sign(packet)
    return packet


def _copied_back(ground: Ground) -> Outcome:
    """Past `hocba restore`: the database's own files or a dump, so nothing within it knows."""
    with ground.instance() as instance, _copy(ground, instance) as old:
        lock_another(instance)
        mirror = mirrored(instance, ground.folder / "mirror")
        instance.engine.dispose()
        copy_database(instance.settings.database_url, old)
        rolled_back = _refused(BackupProblem.ROLLED_BACK, mirror, instance)
        lock_another(instance, "lop-5D.xlsx")
        lock_another(instance)
        assert problems_of(instance) == ()
        forked = _refused(BackupProblem.FORKED, mirror, instance)
    return Outcome(End.DETECTED, "a mirror refuses the shorter log, then the fork", (rolled_back, forked))


@contextmanager
def _copy(ground: Ground, instance: DemoInstance) -> Iterator[str]:
    place = ground.folder / "old"
    place.mkdir()
    with fresh_database(ground.backend, place) as url:
        instance.engine.dispose()
        copy_database(url, instance.settings.database_url)
        yield url


def _sequencers(ground: Ground) -> Outcome:
    with ground.instance() as instance:
        before = size_of(instance)
        instance.engine.dispose()
        firsts = _appended(instance)
        added = _SEQUENCERS * _BATCHES * _LEAVES
        every = sorted(first for each in firsts for first in each)
        assert every == list(range(before, before + added, _LEAVES))
        assert all(each == sorted(each) for each in firsts)
        assert problems_of(instance) == ()
        with instance.reading() as session:
            leaves = session.scalars(sa.select(LogEntry.leaf).where(LogEntry.index >= before)).all()
        assert len(set(leaves)) == len(leaves) == added
    turns = sum(second - first > _LEAVES for each in firsts for first, second in pairwise(each))
    assert turns, "they never met: nothing was tried"
    return Outcome(
        End.SURVIVED, f"{_SEQUENCERS} processes, {added} leaves, {turns} turns: no gap, no fork, audit clean"
    )


def _appended(instance: DemoInstance) -> list[list[int]]:
    """Let processes append at once; the first index of each batch, by process."""
    place = (str(instance.settings.data), instance.settings.database_url)
    command = [sys.executable, "-m", "tests.attacks.sequencing", *place]
    pipe = subprocess.PIPE
    with ExitStack() as running:
        begun = [
            running.enter_context(
                subprocess.Popen([*command, name, str(_BATCHES), str(_LEAVES)], cwd=ROOT, stdin=pipe, stdout=pipe)
            )
            for name in (f"p{n}" for n in range(_SEQUENCERS))
        ]
        for each in begun:
            assert each.stdout is not None
            assert each.stdout.readline() == b"ready\n"
        for each in begun:
            assert each.stdin is not None
            each.stdin.close()
        found = [[int(line) for line in each.stdout or ()] for each in begun]
    assert [each.returncode for each in begun] == [0] * _SEQUENCERS
    return found


def _other_origin(ground: Ground) -> Outcome:
    """The same tree under another log's name and key, put in the place of the newest checkpoint."""
    with ground.instance() as instance:
        mirror = mirrored(instance, ground.folder / "mirror")
        other = notes.parse_skey(notes.format_skey("elsewhere.example/log", bytes(range(32))))
        with silently(instance.settings) as session:
            head = session.get_one(LogHead, 1)
            same = checkpoint.Checkpoint(other.verifier.name, head.size, bytes.fromhex(head.root))
            note = checkpoint.sign(same, other)
            session.execute(sa.update(LogCheckpoint).where(LogCheckpoint.size == head.size).values(note=note))
        found = detected(problems_of(instance), Defect.CHECKPOINT_INVALID)
        message = _refused(BackupProblem.CHECKPOINT_REFUSED, mirror, instance)
    return Outcome(End.DETECTED, f"{found.seen}; a mirror refuses", (*found.messages, message))


def _other_size(ground: Ground) -> Outcome:
    """A true proof of the same leaf, but in the tree of another size, under the newest checkpoint."""
    with ground.instance() as instance:
        asked = receipt.Policy(instance.runtime.log_signer.verifiers, (), 0)
        with instance.reading() as session:
            version = session.scalars(sa.select(RecordVersion).order_by(RecordVersion.log_index).limit(1)).one()
            assert version.log_index is not None
            index, size = version.log_index, session.get_one(LogHead, 1).size
            true = receipt.parse(log.receipt_of(session, index))
            proof = merkle.inclusion_proof(index, size - 9, tiles.TileHashes(log.StoredTiles(session), size - 9))
            wrong = receipt.build(receipt.Receipt(index, proof, true.note))
            leaf = log.leaf(session, index)
            files = {
                "record.json": session.get_one(Blob, version.root_sha256).data,
                "log-leaf.json": leaf,
                "log-receipt.tlog-proof": wrong,
                "log-opening.json": session.get_one(LogOpening, index).opening,
            }
        logged, _witnessed = receipt.verify(wrong, leaf, asked)
        assert receipt.verify(receipt.build(true), leaf, asked)[0].reason is Reason.OK
        assert logged.reason is Reason.NOT_IN_LOG
        said = _script(ground.folder, notes.format_vkey(asked.log_keys[0]), files)
    return Outcome(End.DETECTED, "the verifier and the 60-line script", (reasons.sentence(logged), said))


def _script(folder: Path, vkey: str, files: dict[str, bytes]) -> str:
    for name, data in files.items():
        (folder / name).write_bytes(data)
    command = [sys.executable, "-I", str(ROOT / "docs" / "verify_receipt.py"), vkey, *files]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    return done.stderr.strip().splitlines()[-1]


ATTACKS = (
    Attack("an entry replaced, the tree rebuilt with the stolen log key: a mirror", _rewritten),
    Attack("an old backup restored with hocba restore, and continued", _restored_by_us),
    Attack("an old copy of the database put back by other means, and continued", _copied_back),
    Attack("several sequencers at once", _sequencers),
    Attack("a checkpoint of another origin", _other_origin),
    Attack("a proof for another size", _other_size),
)
