"""The log stamped by real authorities: daily, in order, through a week of silence, renewed, and verified by openssl."""

import secrets
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from portal.app import assemble
from portal.jobs.timestamping import StampDesk, keep_stamping, stamp_due
from portal.models import LogTimestamp
from portal.presenters.timestamps import present_time
from portal.services import log, timestamps
from portal.services.audit import Defect, audit
from portal.services.timestamp_overview import TimeOverview, time_overview
from tests.client import Browser
from tests.instances import DemoInstance
from tests.timestamping import DAY, Authorities, served
from verify.log import leaves
from verify.log.kinds.witness_policy import WitnessPolicyLeaf
from verify.timestamps import Authority, StampFault, StampPolicy, covered, proven, query

HOUR = timedelta(hours=1)
NOBODY = "http://127.0.0.1:9/"


@pytest.fixture(scope="module")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authorities]:
    with served(tmp_path_factory.mktemp("tsa")) as made:
        yield made


@dataclass
class Portal:
    """A portal with a locked class, and time as it passes for it and for the authorities."""

    made: DemoInstance
    authorities: Authorities
    policy: StampPolicy
    passed: timedelta = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.passed

    def go_on(self, passed: timedelta) -> None:
        self.passed += passed
        self.authorities.go_on(self.passed)

    @property
    def desk(self) -> StampDesk:
        return StampDesk(self.made.engine, lambda: self.policy, self.now, lambda: secrets.randbits(64))

    def asks(self, *cast: str | Authority, needed: int = 1) -> None:
        chosen = tuple(self.authorities(each) if isinstance(each, str) else each for each in cast)
        self.policy = StampPolicy(chosen, needed)

    def down(self, name: str) -> Authority:
        return self.authorities(name, url=NOBODY)

    def round(self, *, at_once: bool = True) -> list[tuple[str, StampFault | None]]:
        return [(each.name, each.fault) for each in stamp_due(self.desk, at_once=at_once)]

    def grow(self) -> int:
        """One more leaf; the size of the log."""
        with self.made.transaction() as session:
            leaf = WitnessPolicyLeaf(secrets.token_hex(32), 1, 2, self.now().replace(microsecond=0))
            return log.append(session, [leaves.to_bytes(leaf)], self.made.runtime.log_signer, self.now()) + 1

    def overview(self) -> TimeOverview:
        with self.made.reading() as session:
            return time_overview(session, self.policy, self.now())

    def headline(self) -> str:
        return present_time(self.overview()).headline.title

    def defects(self) -> set[Defect]:
        with self.made.reading() as session:
            key, *beside = self.made.runtime.log_signer.verifiers
            # The leaves of these tests name policies that nobody wrote.
            told = {each.defect for each in audit(session, key, beside).problems}
        return told - {Defect.WITNESS_POLICY_DIFFERS}

    def sizes(self) -> list[int | None]:
        with self.made.reading() as session:
            return list(session.scalars(sa.select(LogTimestamp.size).order_by(LogTimestamp.id)))

    def worth(self) -> list[object]:
        with self.made.reading() as session:
            judged = proven(timestamps.kept_stamps(session), self.policy, self.now())
        return [found if isinstance(found, StampFault) else "holds" for _number, found in sorted(judged.items())]


@pytest.fixture
def browser(portal: "Portal") -> Iterator[Browser]:
    app = assemble(portal.made.runtime)
    yield Browser(app)
    app.extensions["hocba"].engine.dispose()


@pytest.fixture
def portal(instance: DemoInstance, authorities: Authorities) -> Portal:
    authorities.go_on(timedelta(0))
    return Portal(instance, authorities, StampPolicy((authorities("passing"),)))


def test_once_a_day_when_the_log_has_grown(portal: Portal) -> None:
    first = portal.grow()
    assert portal.round() == [("passing", None)]
    assert portal.round() == []
    second = portal.grow()
    assert portal.round() == []
    portal.go_on(DAY)
    assert portal.round() == [("passing", None)]
    portal.go_on(DAY)
    assert portal.round() == []
    assert portal.sizes() == [first, second]
    assert portal.headline().startswith(f"{second} dòng đầu đã có trước")


def test_each_week_although_nothing_is_new(portal: Portal) -> None:
    size = portal.grow()
    portal.round()
    portal.go_on(6 * DAY)
    assert portal.round() == []
    portal.go_on(DAY + HOUR)
    assert portal.round() == [("passing", None)]
    assert portal.sizes() == [size, size]


def test_nobody_is_asked_where_nobody_is_named(portal: Portal) -> None:
    portal.policy = StampPolicy(())
    assert portal.round() == []
    assert portal.headline() == "Chưa đặt đơn vị cấp dấu thời gian"


def test_the_next_one_is_asked_when_one_is_down(portal: Portal) -> None:
    portal.asks(portal.down("good"), "passing")
    assert portal.round() == [("good", StampFault.NO_ANSWER), ("passing", None)]
    assert portal.round() == []
    (line, other) = present_time(portal.overview()).authorities
    assert line.detail.startswith("Không trả lời.")
    assert other.detail == ""


def test_as_many_stamp_as_are_needed(portal: Portal) -> None:
    size = portal.grow()
    portal.asks("passing", portal.down("following"), "good", needed=2)
    assert portal.round() == [("passing", None), ("following", StampFault.NO_ANSWER), ("good", None)]
    assert portal.sizes() == [size, size]
    assert portal.round() == []


def test_what_is_missing_is_asked_for_later_the_same_day(portal: Portal) -> None:
    size = portal.grow()
    portal.asks("passing", portal.down("good"), needed=2)
    assert portal.round() == [("passing", None), ("good", StampFault.NO_ANSWER)]
    portal.grow()
    portal.asks("passing", "good", needed=2)
    assert portal.round() == [("good", None)]
    assert portal.sizes() == [size, size]


def test_who_failed_is_left_alone_for_a_while(portal: Portal) -> None:
    portal.asks(portal.down("passing"))
    assert portal.round(at_once=False) == [("passing", StampFault.NO_ANSWER)]
    assert portal.round(at_once=False) == []
    portal.go_on(timedelta(minutes=1, seconds=5))
    assert portal.round(at_once=False) == [("passing", StampFault.NO_ANSWER)]
    portal.go_on(timedelta(minutes=1, seconds=5))
    assert portal.round(at_once=False) == []


def test_a_week_of_silence_is_told_and_caught_up_with_one_stamp(portal: Portal) -> None:
    portal.round()
    portal.asks(portal.down("passing"), portal.down("following"))
    for _day in range(7):
        portal.go_on(DAY)
        newest = portal.grow()
        assert [fault for _name, fault in portal.round(at_once=False)] == [StampFault.NO_ANSWER] * 2
    seen = portal.overview()
    assert (seen.overdue, seen.waiting) == (True, 7)
    assert portal.headline() == "Chờ dấu thời gian quá 2 ngày"
    portal.asks("passing", "following")
    portal.go_on(4 * HOUR)
    assert portal.round(at_once=False) == [("passing", None)]
    seen = portal.overview()
    assert (seen.overdue, seen.waiting, portal.sizes()[-1]) == (False, 0, newest)


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("replays", StampFault.OTHER_CONTENT),
        ("foreign", StampFault.UNKNOWN_AUTHORITY),
        ("expired", StampFault.EXPIRED),
        ("ahead", StampFault.CLOCK),
        ("nowhere", StampFault.NO_ANSWER),
    ],
)
def test_what_is_no_stamp_is_not_kept(portal: Portal, name: str, fault: StampFault) -> None:
    if name == "replays":
        portal.authorities.reply(name, query(bytes(64), 7, None))
    portal.asks(name)
    assert portal.round() == [(name, fault)]
    assert portal.sizes() == []


def test_our_clock_set_back(portal: Portal) -> None:
    """The authority answers with the true time: nothing is kept, and the page says whose clock it is."""
    portal.grow()
    portal.round()
    portal.passed = -30 * DAY
    portal.grow()
    assert portal.round() == [("passing", StampFault.CLOCK)]
    assert portal.overview().clock_behind
    assert portal.headline() == "Đồng hồ của hệ thống đang chậm"
    assert len(portal.sizes()) == 1


def test_processes_that_ask_at_once_get_one_stamp(portal: Portal) -> None:
    portal.grow()
    with ThreadPoolExecutor(4) as pool:
        rounds = list(pool.map(lambda _number: portal.round(at_once=False), range(4)))
    assert sorted(map(len, rounds)) == [0, 0, 0, 1]
    assert len(portal.sizes()) == 1


def test_a_round_never_raises(portal: Portal) -> None:
    def broken() -> StampPolicy:
        raise OSError

    keep_stamping(replace(portal.desk, policy=broken))


# --- renewal ------------------------------------------------------------------------------------------------------


def test_renewed_before_the_certificate_ends(portal: Portal) -> None:
    """`ending` lives for 100 days: after half of them one stamp is put on the old ones, by whoever comes next."""
    portal.asks("ending", "passing")
    portal.round()
    portal.go_on(DAY)
    portal.grow()
    portal.round()
    portal.asks("passing", "ending")
    portal.go_on(50 * DAY)
    assert portal.round() == [("passing", None)]  # of this week
    assert portal.round() == [("passing", None)]
    assert portal.round() == []
    assert portal.sizes()[-1] is None
    with portal.made.reading() as session:
        renewal = session.scalars(sa.select(LogTimestamp).order_by(LogTimestamp.id.desc()).limit(1)).one()
        assert renewal.renewed is not None
        assert list(covered(renewal.renewed)) == [1, 2, 3]
    portal.go_on(60 * DAY)
    assert portal.worth() == ["holds"] * 4


def test_without_a_renewal_nothing_is_proven_any_more(portal: Portal) -> None:
    portal.asks("ending")
    portal.round()
    assert portal.worth() == ["holds"]
    portal.go_on(101 * DAY)
    assert portal.worth() == [StampFault.EXPIRED]


def test_renewed_each_year(portal: Portal) -> None:
    portal.round()
    for _year in range(3):
        portal.go_on(365 * DAY + HOUR)
        assert portal.round() == [("passing", None)]
        assert portal.round() == [("passing", None)]
        assert portal.round() == []
    first, *_others = portal.sizes()
    assert portal.sizes() == [first, *[first, None] * 3]
    with portal.made.reading() as session:
        lists = session.scalars(sa.select(LogTimestamp.renewed).where(LogTimestamp.renewed.is_not(None))).all()
    assert [list(covered(each or b"")) for each in lists] == [[1, 2], [3, 4], [5, 6]]
    assert portal.worth() == ["holds"] * 7


# --- what is kept -------------------------------------------------------------------------------------------------


def test_what_was_stamped_stays(portal: Portal) -> None:
    portal.round()
    for statement in ("DELETE FROM log_timestamp", "UPDATE log_timestamp SET authority = authority"):
        with pytest.raises(sa.exc.DBAPIError, match="is locked"), portal.made.transaction() as session:
            session.execute(sa.text(statement))


TAMPERED = {
    "another time": "UPDATE log_timestamp SET stamped_at = received_at",
    "another checkpoint": "UPDATE log_timestamp SET size = (SELECT min(size) FROM log_checkpoint)",
}


@pytest.mark.parametrize("statement", TAMPERED.values(), ids=TAMPERED.keys())
def test_a_stamp_that_was_changed_is_found_by_the_audit(portal: Portal, statement: str) -> None:
    portal.grow()
    portal.round()
    assert portal.defects() == set()
    with portal.made.transaction() as session:
        on = " ON log_timestamp" if session.get_bind().dialect.name == "postgresql" else ""
        session.execute(sa.text(f"DROP TRIGGER guard_log_timestamp_update{on}"))
        session.execute(sa.text(statement))
    assert portal.defects() == {Defect.GUARD_MISSING, Defect.TIMESTAMP_DIFFERS}


def test_everybody_can_verify_with_openssl(portal: Portal, browser: Browser, tmp_path: Path) -> None:
    """From the files that the portal serves, and the root of the authority alone."""
    portal.asks("good")
    size = portal.grow()
    portal.round()
    listed = browser.fetch("/log/timestamps").data.decode().split()
    assert (listed[0], listed[1], listed[4]) == ("1", str(size), "good")
    stamp, data, root = tmp_path / "1.tsr", tmp_path / "1.data", tmp_path / "root.pem"
    fetched = browser.fetch("/log/timestamps/1.tsr")
    assert fetched.mimetype == "application/timestamp-reply"
    stamp.write_bytes(fetched.data)
    data.write_bytes(browser.fetch("/log/timestamps/1.data").data)
    root.write_bytes(portal.authorities.root.pem)
    assert data.read_bytes().split(b"\n")[1] == str(size).encode()

    def verified() -> bool:
        command = ["openssl", "ts", "-verify", "-in", str(stamp), "-data", str(data), "-CAfile", str(root)]
        return subprocess.run(command, check=False, capture_output=True).returncode == 0

    assert verified()
    data.write_bytes(data.read_bytes() + b"\n")
    assert not verified()


def test_what_is_not_there(browser: Browser) -> None:
    for path in ("1.tsr", "1.data", "0.tsr", f"{10**30}.tsr", "x.tsr"):
        browser.get(f"/log/timestamps/{path}", 404)


def test_the_page_tells(portal: Portal, browser: Browser) -> None:
    portal.round()
    trust = portal.made.settings.data / "trust"
    (trust / "timestamps").mkdir()
    (trust / "timestamps" / "root.pem").write_bytes(portal.authorities.root.pem)
    (trust / "timestamps.toml").write_text(
        f'[[authority]]\nname = "passing"\nurl = "{portal.authorities("passing").url}"\nroots = ["root.pem"]\n'
    )
    page = browser.get("/so-minh-bach")
    assert "dòng đầu đã có trước" in page.text
    assert "Đã đóng dấu" in page.text
    assert "/log/timestamps/1.tsr" in page.links()
