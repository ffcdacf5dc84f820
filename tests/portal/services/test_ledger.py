"""The ledger's chain: what was changed, taken away or put in between is named; closed months may go, nothing else."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.database import open_engine
from portal.identity import SYSTEM, Appointment, Identity, StaffRole
from portal.migrations import upgrade
from portal.models import AccessEvent, LedgerMonth
from portal.services import ledger
from portal.services.access import Action, Outcome, record_access
from portal.services.ledger import Broken, Verified, verify
from tests.databases import Backend, copy_database, fresh_database

CLERK = Identity(7, "Văn thư mẫu", (Appointment("TH-1", StaffRole.CLERK), Appointment("TH-1", StaffRole.HEAD)))
MAY = datetime(2026, 5, 3, 2, 0, tzinfo=UTC)


@pytest.fixture(scope="module", params=list(Backend))
def template(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Backend, str]]:
    """An empty ledger, made once for each database."""
    with fresh_database(request.param, tmp_path_factory.mktemp("ledger")) as url:
        made = open_engine(url)
        upgrade(made)
        made.dispose()
        yield request.param, url


@pytest.fixture
def engine(template: tuple[Backend, str], tmp_path: Path) -> Iterator[sa.Engine]:
    backend, source = template
    with fresh_database(backend, tmp_path) as url:
        copy_database(url, source)
        made = open_engine(url)
        yield made
        made.dispose()


def look(session: Session, at: datetime, identity: Identity | None = CLERK) -> None:
    record_access(
        session,
        identity=identity,
        action=Action.RECORD_READ,
        transcript_id=None,
        outcome=Outcome.ALLOWED,
        network="192.0.2.0/24",
        now=at,
        fields="2024-2025",
        purpose="xếp lớp",
    )


def looks(engine: sa.Engine, *moments: datetime) -> None:
    with Session(engine) as session, session.begin():
        for at in moments:
            look(session, at)


def verified(engine: sa.Engine) -> Verified:
    with Session(engine) as session:
        return verify(session)


def unguarded(engine: sa.Engine, table: str, event: str, *statements: str) -> None:
    """As somebody with the rights of the database's owner."""
    with engine.begin() as connection:
        on = "" if engine.dialect.name == "sqlite" else f" ON {table}"
        connection.execute(sa.text(f"DROP TRIGGER guard_{table}_{event}{on}"))
        for statement in statements:
            connection.execute(sa.text(statement))


def test_a_row_says_under_which_roles_which_part_and_why(engine: sa.Engine) -> None:
    with Session(engine) as session, session.begin():
        look(session, MAY)
        look(session, MAY, SYSTEM)
        look(session, MAY, None)
        rows = session.scalars(sa.select(AccessEvent).order_by(AccessEvent.id)).all()
        assert [row.basis for row in rows] == ["clerk@TH-1, head@TH-1", "operator", None]
        assert {(row.fields, row.purpose) for row in rows} == {("2024-2025", "xếp lớp")}


def test_rows_of_before_still_hold_beside_new_ones(engine: sa.Engine) -> None:
    # Written by the version before this one, digest and all.
    digest = "25d6c2a3bd834d6a361099eeadd52ef86a3d6cdc53a43ae92784a7f53097ea29"
    old = AccessEvent(
        at=MAY, account_id=7, action="record.read", outcome="allowed", network="192.0.2.0/24", previous="0" * 64,
        digest=digest, format=1, transcript_id=None,
    )  # fmt: skip
    with Session(engine) as session, session.begin():
        session.add(old)
    looks(engine, MAY)
    assert verified(engine).first_broken is None


def test_a_changed_row_is_named(engine: sa.Engine) -> None:
    looks(engine, MAY, MAY, MAY)
    unguarded(engine, "access_event", "update")
    values: dict[str, object] = {"at": MAY + timedelta(days=1), "account_id": 8, "network": "198.51.100.0/24"}
    values |= dict.fromkeys(("action", "outcome", "basis", "fields", "purpose"), "khác")
    for column, value in values.items():
        with Session(engine) as session:
            session.execute(sa.update(AccessEvent).where(AccessEvent.id == 2).values({column: value}))
            found = verify(session)
            assert (found.first_broken, found.how) == (2, Broken.CHANGED), column


def test_a_row_that_was_taken_away_is_missed_at_the_next(engine: sa.Engine) -> None:
    looks(engine, MAY, MAY, MAY)
    with pytest.raises(sa.exc.DBAPIError, match="is locked"), engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM access_event WHERE id = 2"))
    unguarded(engine, "access_event", "delete", "DELETE FROM access_event WHERE id = 2")
    assert (verified(engine).first_broken, verified(engine).how) == (3, Broken.LINK)


def test_writers_at_once_make_one_chain(engine: sa.Engine) -> None:
    def write() -> None:
        for _ in range(5):
            looks(engine, MAY)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert verified(engine) == Verified(20, 0, verified(engine).head)


def test_closed_months_go_and_the_chain_goes_on(engine: sa.Engine) -> None:
    # Midnight in the province is 17:00 UTC: the third row belongs to June.
    june = datetime(2026, 5, 31, 17, 30, tzinfo=UTC)
    looks(
        engine, MAY, MAY + timedelta(days=1), june, datetime(2026, 7, 9, tzinfo=UTC), datetime(2026, 9, 1, tzinfo=UTC)
    )
    head = verified(engine).head
    now = datetime(2026, 9, 20, tzinfo=UTC)
    with Session(engine) as session, session.begin():
        assert ledger.close_months(session, now) == 3
        assert ledger.close_months(session, now) == 0
        months = session.scalars(sa.select(LedgerMonth).order_by(LedgerMonth.month)).all()
        assert [(held.month.month, held.count) for held in months] == [(5, 2), (6, 1), (7, 1)]
    assert verified(engine) == Verified(5, 0, head)
    with Session(engine) as session, session.begin():
        assert ledger.forget_months(session, now, kept_months=2) == 3
    assert verified(engine) == Verified(2, 3, head)
    with Session(engine) as session, session.begin():
        assert ledger.forget_months(session, now, kept_months=0) == 0, "the newest closed month stays"
    looks(engine, now)
    assert verified(engine).first_broken is None


def test_a_month_in_which_a_row_is_missing_is_named(engine: sa.Engine) -> None:
    looks(engine, MAY, MAY, MAY, datetime(2026, 6, 9, tzinfo=UTC))
    with Session(engine) as session, session.begin():
        ledger.close_months(session, datetime(2026, 6, 20, tzinfo=UTC))
    with engine.begin() as connection:  # allowed by the guard: the month is closed
        connection.execute(sa.text("DELETE FROM access_event WHERE id = 3"))
    assert (verified(engine).first_broken, verified(engine).how) == (1, Broken.MONTH)


@pytest.mark.parametrize(
    "values",
    [
        "1, 2, 2, 'x', 'y'",
        "1, 1, 1, (SELECT previous FROM access_event WHERE id = 1), 'y'",
        "2, 2, 1, (SELECT previous FROM access_event WHERE id = 2), (SELECT digest FROM access_event WHERE id = 2)",
    ],
    ids=["invented", "other digest", "leaves rows out"],
)
def test_no_month_is_closed_that_does_not_fit_its_rows(engine: sa.Engine, values: str) -> None:
    looks(engine, MAY, MAY)
    statement = (
        "INSERT INTO ledger_month (month, first_id, last_id, count, previous, digest, closed_at)"  # noqa: S608
        f" VALUES ('2026-05-01', {values}, '2026-06-01 00:00:00')"
    )
    with pytest.raises(sa.exc.DBAPIError, match="is locked"), engine.begin() as connection:
        connection.execute(sa.text(statement))
