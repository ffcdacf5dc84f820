"""One rule, two uses: "may I?" about one record or grant, and "which may I?" as a filter, never disagree."""

from datetime import timedelta
from itertools import product

import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from portal.identity import Appointment, Identity, StaffRole
from portal.models import AccessGrant, Account, GrantState, Transcript, Unit
from portal.permissions import GrantReach
from portal.services import lookup, records
from portal.services.grants import terms_of, usable
from portal.services.organisation import day_of
from tests.portal.worlds import NOW, World

UNITS = ("MAU-SO", "MAU-TH-01", "MAU-TH-02", "MAU-THCS-01")
APPOINTMENTS = st.builds(
    Appointment, st.sampled_from(UNITS), st.sampled_from(StaffRole), st.frozensets(st.sampled_from(UNITS), max_size=2)
)


def test_lists_hold_exactly_what_may_be_read(world: World) -> None:
    with Session(world.engine) as session:
        living = {row.lookup_code: row.id for row in session.scalars(sa.select(Transcript))}
        living.pop(world.codes.withdrawn)
        people = st.builds(
            Identity,
            st.just(9),
            st.just("Ai đó (mẫu)"),
            st.lists(APPOINTMENTS, max_size=3).map(tuple),
            st.frozensets(st.sampled_from(sorted(living.values()))),
        )

        @settings(max_examples=60, deadline=None)
        @given(people)
        def agree(identity: Identity) -> None:
            listed = {row.code for row in records.search(session, identity, "", None, None, 1).rows}
            assert listed == {code for code in living if lookup.can_read(session, identity, code)}

        agree()


def test_the_filter_of_grants_is_their_rule(world: World) -> None:
    today = day_of(NOW)
    with Session(world.engine) as session:
        _grants(session)
        rows = session.scalars(sa.select(AccessGrant)).all()
        accounts = [row.account_id for row in rows if row.account_id is not None]

        @settings(max_examples=60, deadline=None)
        @given(
            st.sampled_from([*accounts, 10_000]),
            st.frozensets(st.sampled_from(UNITS)),
            st.integers(-12, 12).map(lambda days: today + timedelta(days=days)),
        )
        def agree(account: int, units: frozenset[str], day: object) -> None:
            assert isinstance(day, type(today))
            reach = GrantReach(account, units, day)
            filtered = set(session.scalars(sa.select(AccessGrant.id).where(usable(reach))))
            assert filtered == {row.id for row in rows if reach.covers(terms_of(session, row))}

        agree()
        everything = GrantReach(accounts[0], frozenset(UNITS), today)
        found = session.scalars(sa.select(AccessGrant.id).where(usable(everything))).all()
        assert 0 < len(found) < len(rows)


def _grants(session: Session) -> None:
    """Every state, every grantee, days around today, with and without looks left."""
    today = day_of(NOW)
    accounts = session.scalars(sa.select(Account.id).order_by(Account.id).limit(2)).all()
    units = session.scalars(sa.select(Unit.id).where(Unit.code.in_(UNITS[1:3])).order_by(Unit.id)).all()
    whom = [(None, account) for account in accounts] + [(unit, None) for unit in units]
    for (unit, account), state, (first, last), (used, allowed) in product(
        whom, GrantState, ((-9, -5), (-5, 5), (0, 0), (3, 9)), ((0, None), (1, 2), (2, 2))
    ):
        session.add(
            AccessGrant(
                kind="unit" if unit else "person",
                unit_id=unit,
                account_id=account,
                scope="marks",
                purpose="other",
                reference="mẫu",
                valid_from=today + timedelta(days=first),
                valid_to=today + timedelta(days=last),
                views_used=used,
                views_allowed=allowed,
                state=state.value,
                by_guardian=False,
                asked_by=accounts[0],
                asked_at=NOW,
                decided_by=None if state is GrantState.REQUESTED else accounts[1],
                decided_at=None if state is GrantState.REQUESTED else NOW,
                ended_by=accounts[1] if state is GrantState.ENDED else None,
                ended_at=NOW if state is GrantState.ENDED else None,
            )
        )
    session.flush()
