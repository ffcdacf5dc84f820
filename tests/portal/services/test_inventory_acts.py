"""Real acts after the lock, by two officials: the next round's inventory, list and a school's lines say so."""

import pytest

from portal.models import CorrectionKind
from portal.services import inventory
from portal.services.audit import audit
from portal.services.school_log import SchoolLog, school_log
from tests.instances import SCHOOL, DemoInstance
from tests.portal import correcting
from tests.portal.correcting import DUE, LATER, code_of
from tests.portal.officials import FIRST, person
from tests.portal.services.test_inventory import made, make, proven
from verify import status_list
from verify.log.leaves import Kind
from verify.standing import StandingState


@pytest.fixture
def acted(instance: DemoInstance) -> DemoInstance:
    """One pupil's year superseded, one revoked, one annotated, an hour after the day's inventory."""
    correcting.switch(instance)
    correcting.supersession(instance, code_of(instance, 0))
    correcting.act(instance, code_of(instance, 1), CorrectionKind.REVOKE)
    correcting.act(instance, code_of(instance, 2), CorrectionKind.ANNOTATE)
    made(instance, LATER)
    made(instance, DUE)
    assert make(instance, DUE) is None
    assert correcting.effect(instance) == 3
    return instance


def lines(instance: DemoInstance) -> SchoolLog:
    with instance.reading() as session:
        return school_log(session, person(session, FIRST), SCHOOL, 1)


def test_each_act_is_in_the_next_inventory_the_same_day(acted: DemoInstance) -> None:
    kept = made(acted, DUE)
    assert make(acted, DUE) is None, "and only once"
    new, gone, noted, same = (proven(acted, code_of(acted, place)).current for place in range(4))
    assert new is not None
    assert gone is not None
    assert noted is not None
    assert same is not None
    assert [(each.version, status_list.STATES[each.standing]) for each in (new, gone, noted, same)] == [
        (2, StandingState.IN_FORCE),
        (1, StandingState.REVOKED),
        (1, StandingState.ANNOTATED),
        (1, StandingState.IN_FORCE),
    ]
    with acted.reading() as session:
        old, newer = correcting.versions(session, code_of(acted, 0))
        data = inventory.newest_list(session)
        assert data is not None
        assert old.log_index is not None
        assert newer.log_index is not None
        held = status_list.open_list(data, acted.runtime.log_signer.verifiers)
        of_day = inventory.list_of(session, kept.day)
        assert of_day is not None
        assert of_day != data, "the list of the day is its first, and does not change"
        states = (held.state(old.log_index), held.state(newer.log_index))
    assert states == (StandingState.SUPERSEDED, StandingState.IN_FORCE)
    assert (held.state(gone.index), held.state(noted.index)) == (StandingState.REVOKED, StandingState.ANNOTATED)


def test_the_audit_agrees(acted: DemoInstance) -> None:
    made(acted, DUE)
    key, *beside = acted.runtime.log_signer.verifiers
    with acted.reading() as session:
        assert audit(session, key, beside).problems == ()


def test_the_school_sees_the_acts_and_accounts_for_them(acted: DemoInstance) -> None:
    seen = lines(acted)
    assert seen.unknown == ()
    kinds = [group.kind for group in seen.groups]
    assert {Kind.SUPERSEDE, Kind.REVOKE, Kind.ANNOTATE, Kind.LOCK} <= set(kinds)
    assert kinds.index(Kind.SUPERSEDE) < kinds.index(Kind.REGISTER_KEY), "the newest first"
    (locked,) = [group for group in seen.groups if group.kind is Kind.LOCK and group.count > 1]
    assert (locked.count, locked.detail, locked.last - locked.first) == (34, "4A1", 33)
