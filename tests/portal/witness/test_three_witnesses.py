"""Three witness processes, quorum two, and a portal: a normal run, one down, and what a stolen log key cannot do.

The portal's own database is what gets forked or rolled back: the attacker has it, and the key of the log.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from portal.app import assemble
from portal.models import LogCheckpoint, LogCosignature, LogPolicy, LogWitnessed, WitnessTrouble
from portal.services import log
from portal.services.audit import Defect
from tests.databases import Backend
from tests.instances import DemoInstance
from tests.portal.witness.portals import ALL_SIGNED, LATER, Portal
from tests.portal.witness.processes import WitnessProcess, three_witnesses
from verify.log import notes, policy
from verify.log.algorithms import has_ml_dsa
from verify.verdict import Reason, Status

Three = tuple[WitnessProcess, ...]
Threes = Callable[[Backend, DemoInstance], Three]


@pytest.fixture(scope="session")
def threes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Threes]:
    """Three processes for each backend, whose instances all have one log key; started once."""
    made: dict[Backend, Three] = {}
    with ExitStack() as stack:

        def three_of(backend: Backend, instance: DemoInstance) -> Three:
            if backend not in made:
                folder, keys = tmp_path_factory.mktemp(f"w-{backend.value}"), instance.runtime.log_signer.verifiers
                second = "ml-dsa-44" if has_ml_dsa() else "ed25519"
                made[backend] = stack.enter_context(three_witnesses(folder, keys, ("ed25519", second, "ed25519")))
            return made[backend]

        yield three_of


@pytest.fixture
def portal(
    empty_instance: DemoInstance, backend: Backend, threes: Callable[[Backend, DemoInstance], Three]
) -> Iterator[Portal]:
    witnesses = threes(backend, empty_instance)
    for each in witnesses:
        each.renew()
    made = Portal(empty_instance, backend, witnesses, assemble(empty_instance.runtime))
    yield made
    made.let_go()


def test_normal_run_and_one_down(portal: Portal) -> None:
    """Every checkpoint is witnessed; with one of three away two are enough; it catches up when it is back."""
    first, before = portal.receipt(0)
    assert (before.status, before.reason) == (Status.FAILED, Reason.NO_QUORUM)
    assert portal.round() == ALL_SIGNED
    assert "đủ bên chứng kiến" in portal.text()
    assert "3 bên đã xác nhận, cần 2" in portal.text()
    assert portal.witnesses_of(portal.served("/log/checkpoint")) == {f"{name}.example/w" for name in ALL_SIGNED}
    assert len(portal.witnesses_of(portal.served("/log/witnessed"))) == 2
    witnessed, check = portal.receipt(0)
    assert check.status is Status.PASSED
    assert witnessed != first
    assert portal.round() == {}, "nothing is new, nobody is asked"

    bo, _dc, dh = portal.witnesses
    dh.stop()
    size = portal.append(3)
    assert portal.round() == {"bo": None, "dc": None, "dh": WitnessTrouble.DOWN}
    assert "2 bên đã xác nhận, cần 2" in portal.text()
    assert "Không trả lời" in portal.text()
    assert portal.round() == {}, "who is down is left alone for a while"
    assert portal.receipt(size - 1)[1].status is Status.PASSED
    assert portal.receipt(0)[0] == witnessed, "a receipt under a witnessed checkpoint stays for ever"

    bo.stop()
    size = portal.append(2)
    assert portal.round() == {"bo": WitnessTrouble.DOWN, "dc": None}
    assert "chưa đủ bên chứng kiến" in portal.text()
    assert portal.receipt(size - 1)[1].reason is Reason.NO_QUORUM
    assert portal.defects() == {Defect.QUORUM_MISSING}

    for each in (bo, dh):
        each.start()
    assert portal.later_round() == ALL_SIGNED, "the backlog is one request from the size that it knew"
    assert portal.receipt(size - 1)[1].status is Status.PASSED
    assert portal.defects() == set()
    assert f"example/log: {portal.size()} dòng" in bo.page()


def test_a_rollback_and_a_fork_with_the_stolen_key(portal: Portal, tmp_path: Path) -> None:
    """The database is put back to an older state, then continued otherwise, all signed with the true key."""
    portal.round()
    with portal.backup(tmp_path / "backup") as old:
        true_size = portal.append(5)
        assert portal.round() == ALL_SIGNED
        portal.restore(old)
    assert portal.size() == true_size - 5

    assert portal.later_round() == dict.fromkeys(ALL_SIGNED, WitnessTrouble.ROLLBACK)
    text = portal.text()
    assert "Có bên chứng kiến đã thấy một lịch sử khác" in text
    assert f"bo từ chối điểm kiểm {true_size - 5} dòng vì đã xác nhận sổ có {true_size} dòng" in text

    forked = portal.append(8, mark="forged")
    assert forked > true_size
    assert portal.later_round() == dict.fromkeys(ALL_SIGNED, WitnessTrouble.FORK)
    text = portal.text()
    assert f"dh từ chối điểm kiểm {forked} dòng vì {true_size} dòng đầu không giống sổ đã xác nhận" in text
    assert "Điểm kiểm mới nhất chưa đủ" not in text, "the worse news is the headline"
    assert portal.receipt(forked - 1)[1].reason is Reason.NO_QUORUM, "nothing of the fork is ever witnessed"
    with portal.made.reading() as session:
        assert session.scalar(sa.select(sa.func.max(LogCosignature.size))) == true_size - 5
    assert portal.defects() >= {Defect.WITNESS_CONTRADICTS, Defect.QUORUM_MISSING}
    for each in portal.witnesses:
        assert each.shown().returncode == 1
        assert f"RẼ NHÁNH: không nối tiếp điểm kiểm đã xác nhận; đưa ra {forked} dòng" in each.page()
        assert f": {true_size} dòng, gốc" in each.page(), "what was witnessed stands"


def test_a_rollback_that_is_mended(portal: Portal, tmp_path: Path) -> None:
    """An old backup was put back by mistake; with the true database back, everybody signs and the page says so."""
    portal.round()
    with portal.backup(tmp_path / "old") as old:
        size = portal.append(3)
        portal.round()
        with portal.backup(tmp_path / "true") as true:
            portal.restore(old)
            assert set(portal.later_round().values()) == {WitnessTrouble.ROLLBACK}
            portal.restore(true)
    assert portal.size() == size
    assert portal.later_round() == ALL_SIGNED
    assert "Điểm kiểm mới nhất đủ bên chứng kiến" in portal.text()
    assert portal.defects() == set()


def test_the_same_size_with_another_root(portal: Portal, tmp_path: Path) -> None:
    portal.round()
    with portal.backup(tmp_path / "backup") as old:
        size = portal.append(2)
        portal.round()
        portal.restore(old)
    assert portal.append(2, mark="forged") == size
    assert set(portal.round().values()) == {WitnessTrouble.FORK}
    assert "Sổ đã rẽ nhánh" in portal.text()
    assert all("cùng số dòng nhưng gốc khác" in each.page() for each in portal.witnesses)


def test_a_history_that_witnesses_saw_first_from_the_thief(portal: Portal, tmp_path: Path) -> None:
    """The thief is quicker: then it is the true log that contradicts, and the page says that too."""
    portal.round()
    with portal.backup(tmp_path / "true") as true:
        portal.append(4, mark="forged")
        assert portal.round() == ALL_SIGNED
        portal.restore(true)
    true_size = portal.append(9)
    assert set(portal.later_round().values()) == {WitnessTrouble.FORK}
    assert f"từ chối điểm kiểm {true_size} dòng" in portal.text()


def test_a_witness_with_another_key_or_for_another_log_or_with_another_clock(portal: Portal, tmp_path: Path) -> None:
    bo, _dc, dh = portal.witnesses
    stranger = WitnessProcess(tmp_path / "other", "other", portal.keys[:1], "ed25519")
    strangers_log = notes.parse_skey(notes.format_skey("elsewhere.example/log", bytes(32))).verifier
    elsewhere = WitnessProcess(tmp_path / "elsewhere", "elsewhere", (strangers_log,), "ed25519")
    namesake = notes.parse_skey(notes.format_skey(portal.keys[0].name, bytes(32))).verifier
    mistaken = WitnessProcess(tmp_path / "mistaken", "mistaken", (namesake,), "ed25519")
    elsewhere.start()
    mistaken.start()
    try:
        path = portal.made.settings.data / "trust" / "witnesses.policy"
        swapped = stranger.line.replace(stranger.url, bo.url)  # answers, but signs with bo's key
        text = f"{swapped}{elsewhere.line}{mistaken.line}{dh.line}quorum dh\n"
        path.write_text(text, encoding="utf-8")
        assert portal.round() == {
            "other": WitnessTrouble.WRONG_KEY,
            "elsewhere": WitnessTrouble.UNKNOWN_LOG,
            "mistaken": WitnessTrouble.LOG_KEY_REFUSED,
            "dh": None,
        }
        portal.append(1)
        portal.ahead = LATER  # the portal's clock is wrong, or the witness's: the same from here
        assert portal.later_round()["dh"] is WitnessTrouble.BAD_CLOCK
        assert "lệch nhau quá 10 phút" in portal.text()
        portal.ahead = timedelta(0)
        assert portal.later_round()["dh"] is None
    finally:
        elsewhere.stop()
        mistaken.stop()


def test_several_processes_ask_at_once(portal: Portal) -> None:
    """Each witness is asked by one of them, and no line is lost for the quorum."""
    portal.round()
    size = portal.append(4)
    with ThreadPoolExecutor(4) as pool:
        heard = [pair for each in pool.map(lambda _n: portal.round(), range(4)) for pair in each.items()]
    assert sorted(heard) == [("bo", None), ("dc", None), ("dh", None)]
    with portal.made.reading() as session:
        reached = session.scalars(sa.select(LogWitnessed.size).order_by(LogWitnessed.size)).all()
        lines = session.scalar(sa.select(sa.func.count()).select_from(LogCosignature))
    assert (reached, lines) == ([size - 4, size], 6)


def test_a_change_of_policy_stands_in_the_log(portal: Portal) -> None:
    portal.round()
    size, (old, _check) = portal.size(), portal.receipt(0)
    bo = portal.witnesses[0]
    portal.write_policy(1, bo)
    assert portal.round() == {"bo": None}
    assert portal.size() == size + 1
    with portal.made.reading() as session:
        leaf = log.leaf(session, size)
    assert b'"kind":"witness_policy"' in leaf
    assert b'"quorum":1' in leaf
    assert "Cần ít nhất 1 trong 1 bên." in portal.text()
    new, check = portal.receipt(0)
    assert check.status is Status.PASSED
    assert new != old
    told = policy.parse(portal.served("/log/policy").decode())
    assert (told.quorum, told.logs, len(told.witnesses)) == (1, portal.keys, 1)
    assert portal.receipt(0, told.for_log(told.logs))[1].status is Status.PASSED
    (portal.made.settings.data / "trust" / "witnesses.policy").unlink()
    assert portal.round() == {}
    assert "Chưa đặt bên chứng kiến" in portal.text()
    assert portal.size() == size + 2, "taking the witnesses away is a leaf too"
    assert portal.defects() == set()


KEPT = {"log_policy": "text", "log_cosignature": "line", "log_witnessed": "note"}


def test_what_witnesses_said_stays(portal: Portal) -> None:
    portal.round()
    for table, column in KEPT.items():
        for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET {column} = {column}"):  # noqa: S608
            with pytest.raises(sa.exc.DBAPIError, match="is locked"), portal.made.transaction() as session:
                session.execute(sa.text(statement))


def test_what_witnesses_said_cannot_be_changed_unseen(portal: Portal) -> None:
    portal.round()
    assert portal.defects() == set()
    with portal.made.transaction() as session:
        for table in KEPT:
            on = f" ON {table}" if portal.backend is Backend.POSTGRESQL else ""
            session.execute(sa.text(f"DROP TRIGGER guard_{table}_update{on}"))
        line = session.scalars(sa.select(LogCosignature).limit(1)).one()
        line.line = flipped(line.line)
        session.scalars(sa.select(LogPolicy)).one().text = policy.NO_WITNESS
        reached = session.scalars(sa.select(LogWitnessed)).one()
        reached.note = session.get_one(LogCheckpoint, reached.size).note
    assert portal.defects() >= {
        Defect.COSIGNATURE_INVALID,
        Defect.WITNESS_POLICY_DIFFERS,
        Defect.GUARD_MISSING,
    }


def flipped(line: bytes) -> bytes:
    """The same line, one bit of its signature otherwise."""
    name, encoded = line.decode().rsplit(" ", 1)
    data = bytearray(notes.from_base64(encoded.strip()))
    data[-1] ^= 1
    return f"{name} {notes.to_base64(bytes(data))}\n".encode()
