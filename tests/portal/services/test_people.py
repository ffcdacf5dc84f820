"""People: lists hold exactly who may be opened; nobody gives beyond the own office; two at once come one by one."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from portal.errors import NotFound, PortalError, Problem
from portal.identity import Appointment, Identity, StaffRole
from portal.models import Account, AccountInvitation, AppointmentRow, Unit
from portal.permissions import may_give_role
from portal.services import accounts, invitations, people, people_pages, people_reach
from portal.services.appointments import Period
from portal.services.organisation import day_of
from portal.services.people import Wanted
from portal.web import clock
from tests.portal.worlds import World

UNITS = ("MAU-SO", "MAU-TH-01", "MAU-TH-02", "MAU-THCS-01")
PEOPLE = st.builds(
    Identity,
    st.just(10_000),
    st.just("Ai đó (mẫu)"),
    st.lists(st.builds(Appointment, st.sampled_from(UNITS), st.sampled_from(StaffRole)), max_size=3).map(tuple),
)
PASSWORD = "mưa rào trên mái tôn nhà ngoại"


def listed(session: Session, identity: Identity, unit: str = "") -> set[int]:
    try:
        return {each.id for each in people_pages.listing(session, identity, "", unit, 1, clock.read()).people}
    except NotFound:
        return set()


def opens(session: Session, identity: Identity, account_id: int) -> bool:
    try:
        people_reach.person(session, identity, account_id)
    except NotFound:
        return False
    return True


def test_the_list_holds_exactly_who_may_be_opened(small_world: World) -> None:
    with Session(small_world.engine) as session:
        everybody = session.scalars(sa.select(Account.id)).all()

        @settings(max_examples=30, deadline=None)
        @given(PEOPLE)
        def agree(identity: Identity) -> None:
            found = listed(session, identity)
            assert found == {each for each in everybody if opens(session, identity, each)}
            assert found == set[int]().union(*(listed(session, identity, unit) for unit in UNITS))

        agree()


def test_what_is_given_is_never_more_than_the_office_or_elsewhere(small_world: World) -> None:
    now = clock.read()
    with Session(small_world.engine) as session:
        ids = {row.username: row.id for row in session.scalars(sa.select(Account))}
        newcomer = ids["th02.vanthu"]

        @settings(max_examples=80, deadline=None)
        @given(PEOPLE, st.sampled_from(StaffRole), st.sampled_from([*UNITS, "KHONG-CO"]))
        def held(identity: Identity, role: StaffRole, unit: str) -> None:
            roles = {(each.role, each.unit_code) for each in identity.appointments}
            administers = any(each is StaffRole.DEPARTMENT_ADMIN for each, _unit in roles)
            allowed = administers or (role is StaffRole.CLERK and (StaffRole.HEAD, unit) in roles)
            assert may_give_role(identity, role, unit) is allowed
            before = session.scalar(sa.select(sa.func.count()).select_from(AppointmentRow))
            wanted = Wanted(unit, role, Period(day_of(now), None))
            nested = session.begin_nested()
            outcome: PortalError | None = None
            try:
                giver = replace(identity, account_id=ids["kiemtoan"])
                people.give_role(session, giver, newcomer, wanted, "", now)
            except PortalError as refused:
                outcome = refused
            assert isinstance(outcome, NotFound) or allowed
            given_now = session.scalar(sa.select(sa.func.count()).select_from(AppointmentRow)) != before
            assert not given_now or (allowed and role not in (StaffRole.HEAD, StaffRole.DEPARTMENT_ADMIN))
            nested.rollback()

        held()


def at_once(world: World, *acts: Callable[[Session], object]) -> list[str]:
    """Do some things in transactions of their own at the same time; returns what became of each."""
    barrier, outcomes = threading.Barrier(len(acts)), ["done"] * len(acts)

    def one(number: int, act: Callable[[Session], object]) -> None:
        barrier.wait()
        try:
            with Session(world.engine) as session, session.begin():
                act(session)
        except PortalError as refused:
            outcomes[number] = refused.problem.value

    threads = [threading.Thread(target=one, args=each) for each in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(outcomes)


@pytest.mark.parametrize("close", [True, False], ids=["accounts", "roles"])
def test_two_administrators_who_end_each_other_leave_one(world: World, close: bool) -> None:
    now = clock.read()
    with Session(world.engine) as session:
        rows = session.execute(
            sa.select(AppointmentRow.id, AppointmentRow.account_id).where(AppointmentRow.role == "department_admin")
        ).all()
        both = [accounts.identity_behind(session, account_id, now) for _role, account_id in rows]
    assert len(both) == 2

    def end(number: int) -> Callable[[Session], None]:
        identity, (role_id, other) = both[number], rows[1 - number]
        assert identity is not None
        if close:
            return lambda session: people.close(session, identity, other, "", now)
        return lambda session: people.end_role(session, identity, other, role_id, None, "", now)

    assert at_once(world, end(0), end(1)) == ["done", Problem.LAST_ADMINISTRATOR.value]


def test_two_who_hold_the_same_invitation_make_one_account(world: World) -> None:
    now, secret = clock.read(), "a secret of the test"
    with Session(world.engine) as session, session.begin():
        official = accounts.identity_behind(
            session, session.scalars(sa.select(Account.id).where(Account.username == "so.quantri")).one(), now
        )
        assert official is not None
        wanted = Wanted("MAU-TH-02", StaffRole.CLERK, Period(date(2026, 1, 1), None))
        people.invite(session, official, "Người Mới (mẫu)", wanted, secret, now)

    def accept(name: str) -> Callable[[Session], object]:
        return lambda session: invitations.accept(session, secret, name, PASSWORD, "", now)

    assert at_once(world, accept("nguoi.mot"), accept("nguoi.hai")) == ["done", Problem.NOT_FOUND.value]
    with Session(world.engine) as session:
        held = session.scalars(sa.select(AccountInvitation)).one()
        made = session.scalars(sa.select(Account.username).where(Account.username.startswith("nguoi."))).all()
        unit = session.scalars(
            sa.select(Unit.code).join(AppointmentRow).where(AppointmentRow.account_id == held.account_id)
        ).one()
    assert (len(made), unit) == (1, "MAU-TH-02")
