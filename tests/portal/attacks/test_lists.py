"""One rule, two uses, for whatever roles a person holds: what a list shows is exactly what opens."""

from collections.abc import Callable, Collection, Iterable
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from portal.errors import NotFound
from portal.identity import Appointment, Identity, StaffRole
from portal.models import AccessGrant, Correction, CustodyRequest, KeyAuthorisation
from portal.services import certificates, correction_cases, custody_pages, grant_pages
from portal.services.custody_days import DayLimits
from portal.web import clock
from tests.portal.attacks.ground import Ground
from tests.portal.attacks.people import DEPARTMENT, EAST, MINISTRY, OTHER, OWN, SECONDARY, WEST

UNITS = (OWN, OTHER, SECONDARY, EAST, WEST, DEPARTMENT, MINISTRY)
DAYS = DayLimits(5, 5)
APPOINTMENTS = st.builds(
    Appointment, st.sampled_from(UNITS), st.sampled_from(StaffRole), st.frozensets(st.sampled_from(UNITS), max_size=2)
)
PEOPLE = st.builds(
    Identity,
    st.integers(1, 40),
    st.just("Ai đó (mẫu)"),
    st.lists(APPOINTMENTS, max_size=3).map(tuple),
    st.frozensets(st.integers(1, 6), max_size=2),
)


def listed(asked: Callable[[], Iterable[int]]) -> set[int]:
    """What a list shows; nothing to whom the page is refused."""
    try:
        return set(asked())
    except NotFound:
        return set()


def opened(numbers: Collection[int], ask: Callable[[int], object]) -> set[int]:
    """Which of them open."""
    found = set()
    for number in numbers:
        try:
            ask(number)
        except NotFound:
            continue
        found.add(number)
    return found


@pytest.mark.parametrize("kind", ["corrections", "custody", "grants", "keys"])
def test_what_is_listed_is_what_opens(held: Ground, kind: str) -> None:
    now, seen = clock.read(), 0
    trust = held.world.runtime.trust(now)
    tables: dict[str, Any] = {
        "corrections": Correction,
        "custody": CustodyRequest,
        "grants": AccessGrant,
        "keys": KeyAuthorisation,
    }
    with Session(held.world.engine) as session:
        everything = session.scalars(sa.select(tables[kind].id)).all()

        def of_list(who: Identity) -> Iterable[int]:
            if kind == "corrections":
                return [row.id for row in correction_cases.cases(session, who, 1, now).rows]
            if kind == "custody":
                return [row.id for row in custody_pages.cases(session, who, 1, DAYS, now).rows]
            if kind == "grants":
                return [row.id for row in grant_pages.listing(session, who, 1, now).grants]
            return [row.id for row in certificates.keys(session, who, trust, now)]

        def one(who: Identity, number: int) -> object:
            if kind == "corrections":
                return correction_cases.case(session, who, number, now)
            if kind == "custody":
                return custody_pages.case(session, who, number, DAYS, now, "192.0.2.0/24")
            if kind == "grants":
                return grant_pages.case(session, who, number, 1, now)
            return certificates.key(session, who, number, trust, now)

        @settings(max_examples=40, deadline=None, derandomize=True)
        @given(PEOPLE)
        def agree(who: Identity) -> None:
            nonlocal seen
            shown = listed(lambda: of_list(who))
            assert shown == opened(everything, lambda number: one(who, number)), who
            seen += len(shown)

        agree()
        session.rollback()
    assert seen, "nobody saw anything"
