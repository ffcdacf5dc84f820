"""Attacks that outsiders see: witnesses with keys of their own, and timestamp authorities, all real processes."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from portal.app import assemble
from portal.jobs.timestamping import StampDesk, stamp_due
from portal.models import WitnessTrouble
from portal.presenters.timestamps import TimePart, present_time
from portal.services.audit import Defect
from portal.services.timestamp_overview import TimeOverview, time_overview
from tests.attacks.ground import Attack, End, Ground, Outcome, detected, passage, problems_of
from tests.attacks.rewriting import backdate
from tests.instances import DemoInstance
from tests.portal.witness.portals import ALL_SIGNED, Portal
from tests.portal.witness.processes import WitnessProcess, three_witnesses
from tests.timestamping import DAY, Authorities, served
from verify.timestamps import StampFault, StampPolicy

_NOBODY = "http://127.0.0.1:9/"


@contextmanager
def _witnessed(ground: Ground) -> Iterator[Portal]:
    """A portal whose log three witnesses have signed, two of which are needed."""
    with ground.instance() as instance:
        keys = instance.runtime.log_signer.verifiers
        with three_witnesses(ground.folder / "w", keys, ("ed25519", "ed25519", "ed25519")) as witnesses:
            portal = Portal(instance, ground.backend, witnesses, assemble(instance.runtime))
            try:
                assert portal.round() == ALL_SIGNED
                yield portal
            finally:
                portal.let_go()


def _rewritten(ground: Ground) -> Outcome:
    with _witnessed(ground) as portal:
        size = portal.size()
        backdate(portal.made)
        assert set(portal.later_round().values()) == {WitnessTrouble.FORK}
        told = passage(portal.text(), "bo từ chối điểm kiểm", "cùng một khóa.")
        assert portal.size() == size
        found = detected(problems_of(portal.made), Defect.WITNESS_CONTRADICTS, Defect.QUORUM_MISSING)
    return Outcome(End.DETECTED, f"three witnesses refuse; {found.seen}", (told, *found.messages))


def _rolled_back_and_forked(ground: Ground) -> Outcome:
    with _witnessed(ground) as portal:
        with portal.backup(ground.folder / "backup") as old:
            portal.append(5)
            assert portal.round() == ALL_SIGNED
            portal.restore(old)
        assert set(portal.later_round().values()) == {WitnessTrouble.ROLLBACK}
        shorter = passage(portal.text(), "bo từ chối điểm kiểm", "ở nơi khác.")
        portal.append(8, mark="forged")
        assert set(portal.later_round().values()) == {WitnessTrouble.FORK}
        other = passage(portal.text(), "bo từ chối điểm kiểm", "cùng một khóa.")
        assert {Defect.WITNESS_CONTRADICTS, Defect.QUORUM_MISSING} <= portal.defects()
    return Outcome(End.DETECTED, "three witnesses refuse the rollback, then the fork", (shorter, other))


def _wrong_key(ground: Ground) -> Outcome:
    with _witnessed(ground) as portal:
        bo, dc, _dh = portal.witnesses
        stranger = WitnessProcess(ground.folder / "other", "other", portal.keys, "ed25519")
        swapped = stranger.line.replace(stranger.url, bo.url)
        path = portal.made.settings.data / "trust" / "witnesses.policy"
        path.write_text(f"{swapped}{dc.line}group both 2 other dc\nquorum both\n", encoding="utf-8")
        assert portal.round()["other"] is WitnessTrouble.WRONG_KEY
        told = passage(portal.text(), "Chữ ký trả về không phải", "với đơn vị chứng kiến.")
        found = detected(problems_of(portal.made), Defect.QUORUM_MISSING)
    return Outcome(End.DETECTED, f"its line is not kept, no quorum; {found.seen}", (told, *found.messages))


class Stamped:
    """An instance whose checkpoints are stamped, and time as it passes for it and for the authorities."""

    def __init__(self, instance: DemoInstance, authorities: Authorities) -> None:
        self._instance, self._authorities = instance, authorities
        self.policy = StampPolicy((authorities("passing"),))
        self.passed = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.passed

    def go_on(self, passed: timedelta) -> None:
        self.passed += passed
        self._authorities.go_on(self.passed)

    def all_down(self, *, down: bool) -> None:
        changed = {"url": _NOBODY} if down else {}
        self.policy = StampPolicy(tuple(self._authorities(name, **changed) for name in ("passing", "following")))

    def round(self, *, at_once: bool = False) -> set[StampFault | None]:
        numbers = iter(range(1, 1000))
        desk = StampDesk(self._instance.engine, lambda: self.policy, self.now, lambda: next(numbers))
        return {each.fault for each in stamp_due(desk, at_once=at_once)}

    def overview(self) -> TimeOverview:
        with self._instance.reading() as session:
            return time_overview(session, self.policy, self.now())

    def told(self) -> TimePart:
        return present_time(self.overview())


@contextmanager
def stamped(ground: Ground, instance: DemoInstance) -> Iterator[Stamped]:
    """With one stamp on the newest checkpoint."""
    place = ground.folder / "tsa"
    place.mkdir()
    with served(place) as authorities:
        made = Stamped(instance, authorities)
        assert made.round() == {None}
        yield made


def _silence(ground: Ground) -> Outcome:
    with ground.instance(locked=False) as instance, stamped(ground, instance) as made:
        made.all_down(down=True)
        instance.locked_class()
        for _day in range(7):
            made.go_on(DAY)
            assert made.round() == {StampFault.NO_ANSWER}
        during = made.told()
        assert made.overview().overdue
        made.all_down(down=False)
        made.go_on(timedelta(hours=4))
        assert made.round() == {None}
        after = made.overview()
        assert (after.overdue, after.waiting) == (False, 0)
    words = (f"{during.headline.title}: {during.headline.text}", during.authorities[0].detail)
    return Outcome(End.SURVIVED, "told on the log's page and by doctor; one stamp catches up", words)


ATTACKS = (
    Attack("an entry replaced, the tree rebuilt with the stolen log key: witnesses", _rewritten),
    Attack(
        "the log rolled back, then forked with the stolen log key: witnesses",
        _rolled_back_and_forked,
        "tests/portal/witness/test_three_witnesses.py::test_a_rollback_and_a_fork_with_the_stolen_key",
    ),
    Attack("a witness with a wrong key", _wrong_key),
    Attack("the timestamp authorities down for a week", _silence),
)
