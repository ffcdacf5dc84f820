"""After the lock: off by default, two officials, a delay, notice; the old version answers for what took its place."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError, IntegrityError

from portal.errors import NotFound, Problem, Refused
from portal.identity import StaffRole
from portal.models import (
    CorrectionKind,
    CorrectionState,
    RecordStanding,
    RecordVersion,
    State,
    StateChange,
)
from portal.services import correction_cases, correction_policy, corrections, log, lookup, records, rounds, unit_acts
from portal.services.audit import audit
from portal.services.evidence import stored_year
from portal.services.rehearsal import Fate, rehearse
from portal.services.standing import changed_cells, standing_of
from portal.services.withdrawal import withdraw
from tests.instances import SCHOOL, DemoInstance
from tests.portal.correcting import (
    DECISION,
    DELAY,
    DUE,
    LATER,
    NOTE,
    REGULATION,
    act,
    begin,
    clerk,
    close,
    code_of,
    confirm,
    corrected,
    effect,
    propose,
    seen_by,
    supersession,
    switch,
    versions,
    view,
)
from tests.portal.officials import FIRST, SECOND, YEAR, person
from tests.portal.organisation import acting, on
from verify.log import leaves
from verify.log.leaves import AnnotateLeaf, PolicyLeaf, RevokeLeaf, SupersedeLeaf
from verify.standing import IN_FORCE, StandingState

ALL = list(CorrectionKind)


def refused(problem: Problem, call: object) -> None:
    with pytest.raises(Refused) as found:
        call()  # type: ignore[operator]
    assert found.value.problem is problem


def problems(instance: DemoInstance) -> list[tuple[str, str]]:
    with instance.reading() as session:
        found = audit(session, instance.runtime.log_signer.verifier).problems
    return [(each.defect.value, each.detail) for each in found]


@pytest.mark.parametrize("kind", ALL)
def test_off_until_a_regulation_allows_it(instance: DemoInstance, kind: CorrectionKind) -> None:
    code = code_of(instance)
    refused(Problem.CORRECTIONS_OFF, lambda: begin(instance, code, kind))
    switch(instance)
    begin(instance, code, kind)
    switch(instance, allowed=False)
    refused(Problem.CORRECTIONS_OFF, lambda: begin(instance, code_of(instance, 1), kind))


def test_the_regulation_is_a_leaf_and_needs_two(instance: DemoInstance) -> None:
    with instance.transaction() as session:
        made = correction_policy.propose_policy(
            session, person(session, FIRST), allowed=True, delay_days=5, paper=REGULATION, now=LATER
        )
    with pytest.raises(NotFound), instance.transaction() as session:
        correction_policy.confirm_policy(session, person(session, FIRST), made, instance.runtime.log_signer, LATER)
    with instance.reading() as session:
        assert correction_policy.in_force(session) is None
    for _again in range(2):
        with instance.transaction() as session:
            correction_policy.confirm_policy(session, person(session, SECOND), made, instance.runtime.log_signer, LATER)
    with instance.reading() as session:
        held = correction_policy.in_force(session)
        assert held is not None
        assert held.log_index is not None
        leaf = leaves.from_bytes(log.leaf(session, held.log_index))
        assert isinstance(leaf, PolicyLeaf)
        assert dict(leaf.settings) == {"allowed": 1, "delay_days": 5}
        assert b"88/Q" not in log.leaf(session, held.log_index)
    assert problems(instance) == []


@pytest.mark.parametrize(
    ("paper", "problem"),
    [
        (replace(DECISION, decision="theo ý kiến chỉ đạo"), Problem.BAD_DECISION),
        (replace(DECISION, decision="41\N{RIGHT-TO-LEFT OVERRIDE}2/QĐ"), Problem.BAD_DECISION),
        (replace(DECISION, decided_on=date(2026, 7, 21)), Problem.DECISION_DAY),
        (replace(DECISION, data=b""), Problem.DECISION_FILE),
        (replace(DECISION, data=bytes(20 * 1024 * 1024 + 1)), Problem.DECISION_FILE),
    ],
)
def test_a_decision_has_a_number_a_day_and_a_file(instance: DemoInstance, paper: object, problem: Problem) -> None:
    switch(instance)
    code = code_of(instance)
    refused(problem, lambda: begin(instance, code, CorrectionKind.REVOKE, paper=paper))  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", [CorrectionKind.ANNOTATE, CorrectionKind.REVOKE])
def test_an_act_takes_effect_after_its_delay(instance: DemoInstance, kind: CorrectionKind) -> None:
    switch(instance)
    code = code_of(instance)
    made = begin(instance, code, kind)
    with pytest.raises(NotFound):
        confirm(instance, made, by=FIRST)
    confirm(instance, made)
    confirm(instance, made)  # pressed twice
    assert effect(instance, LATER + DELAY - timedelta(seconds=1)) == 0
    with instance.reading() as session:
        assert standing_of(session, versions(session, code)[0].id) == IN_FORCE
    assert effect(instance) == 1
    assert effect(instance) == 0
    with instance.reading() as session:
        version = versions(session, code)[0]
        standing = standing_of(session, version.id)
        row = session.scalars(sa.select(RecordStanding)).one()
        leaf, index = leaves.from_bytes(log.leaf(session, row.log_index)), version.log_index
    expected = StandingState.ANNOTATED if kind is CorrectionKind.ANNOTATE else StandingState.REVOKED
    assert (standing.state, standing.since, standing.decision) == (expected, DUE, DECISION.decision)
    assert isinstance(leaf, AnnotateLeaf if kind is CorrectionKind.ANNOTATE else RevokeLeaf)
    assert (leaf.unit, leaf.record_index, leaf.effective_at) == (SCHOOL, index, DUE)
    assert view(instance, made).state is CorrectionState.EFFECTIVE
    assert problems(instance) == []


def test_a_supersession_from_decision_to_card(instance: DemoInstance) -> None:
    switch(instance)
    code = code_of(instance)
    assert corrected(instance, code) is None  # a locked year takes nothing in
    made = begin(instance, code, CorrectionKind.SUPERSEDE)
    refused(Problem.CORRECTION_NOT_READY, lambda: propose(instance, made))
    assert corrected(instance, code) is not None
    propose(instance, made)
    confirm(instance, made)
    with instance.reading() as session:
        card = lookup.card(session.connection(), code)
        assert card is not None
        assert (card.years[0].version, card.years[0].standing) == (1, StandingState.IN_FORCE)
    assert effect(instance) == 1
    with instance.reading() as session:
        old, new = versions(session, code)
        assert (old.state, new.state) == (State.LOCKED.value, State.LOCKED.value)
        assert new.effective_at == DUE
        standing = standing_of(session, old.id)
        assert (standing.state, standing.by_version) == (StandingState.SUPERSEDED, 2)
        assert standing_of(session, new.id) == IN_FORCE
        row = session.scalars(sa.select(RecordStanding)).one()
        leaf = leaves.from_bytes(log.leaf(session, row.log_index))
        assert isinstance(leaf, SupersedeLeaf)
        assert (leaf.record_index, leaf.by_index) == (old.log_index, new.log_index)
        card = lookup.card(session.connection(), code)
        assert card is not None
        assert (card.years[0].version, card.years[0].standing) == (2, StandingState.IN_FORCE)
        listed = records.search(session, person(session, FIRST), new.full_name, YEAR, None, 1).rows
        assert [row.version for row in listed if row.code == code] == [2]
        assert sum(records.classes(session, person(session, FIRST))[0].counts.values()) == 34
        assert card.years[0].older[1].decision == DECISION.decision
        stored = stored_year(session, new)
        assert stored.replaces is not None
        assert (stored.replaces.version, stored.replaces.decision) == (1, DECISION.decision)
        assert stored_year(session, old).standing.state is StandingState.SUPERSEDED
        (change,) = changed_cells(session, transcript_of(instance, code), YEAR, 1)
        assert (change.path, change.after) == ("subjects.toan.score", "7")
        last = session.scalars(sa.select(StateChange).order_by(StateChange.id.desc()).limit(1)).one()
        assert last.reason == "thay thế theo 412/QĐ-SGDĐT"
    assert problems(instance) == []


def transcript_of(instance: DemoInstance, code: str) -> int:
    with instance.reading() as session:
        found, _versions = lookup.readable_versions(session, person(session, FIRST), code)
        assert found is not None
        return found.id


def test_a_superseded_version_is_superseded_again(instance: DemoInstance) -> None:
    """The chain of decisions goes on from the version in force, never from an old one."""
    switch(instance)
    code = code_of(instance)
    supersession(instance, code, 7)
    effect(instance)
    supersession(instance, code, 6)
    effect(instance)
    with instance.reading() as session:
        found = versions(session, code)
        assert [standing_of(session, each.id).by_version for each in found] == [2, 3, None]
        assert [change.after for change in changed_cells(session, transcript_of(instance, code), YEAR, 1)] == ["6"]
    assert problems(instance) == []


def test_several_keepers_let_it_happen_once(instance: DemoInstance) -> None:
    switch(instance)
    code = code_of(instance)
    supersession(instance, code)
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _each: effect(instance), range(4)))
    assert sum(done) == 1
    with instance.reading() as session:
        assert [each.state for each in versions(session, code)] == ["locked", "locked"]
    assert problems(instance) == []


@pytest.mark.parametrize("kind", ALL)
def test_nothing_follows_a_revocation(instance: DemoInstance, kind: CorrectionKind) -> None:
    switch(instance)
    code = code_of(instance)
    act(instance, code, CorrectionKind.REVOKE)
    refused(Problem.CORRECTION_LIVES, lambda: begin(instance, code, kind))
    effect(instance)
    refused(Problem.STANDING_FINAL, lambda: begin(instance, code, kind))


def test_an_annotated_record_can_be_revoked(instance: DemoInstance) -> None:
    switch(instance)
    code = code_of(instance)
    act(instance, code, CorrectionKind.ANNOTATE)
    effect(instance)
    act(instance, code, CorrectionKind.REVOKE)
    effect(instance)
    with instance.reading() as session:
        assert standing_of(session, versions(session, code)[0].id).state is StandingState.REVOKED
    assert problems(instance) == []


def test_the_note_is_for_readers_only(instance: DemoInstance) -> None:
    switch(instance)
    code = code_of(instance)
    act(instance, code, CorrectionKind.ANNOTATE)
    effect(instance)
    with instance.transaction() as session:
        (year,) = lookup.transcript(session, clerk(session), code, DUE, "192.0.2.0/24").years
        assert [note.text for note in year.notes] == [NOTE]
        card = lookup.card(session.connection(), code)
        assert NOTE not in repr(card)
        row = session.scalars(sa.select(RecordStanding)).one()
        assert NOTE.encode() not in log.leaf(session, row.log_index)
        assert code.encode() not in log.leaf(session, row.log_index)


@pytest.mark.parametrize("by", [FIRST, SECOND])
def test_either_official_stops_it(instance: DemoInstance, by: str) -> None:
    switch(instance)
    code = code_of(instance)
    made = supersession(instance, code)
    close(instance, made, by)
    assert view(instance, made).state is CorrectionState.STOPPED
    assert effect(instance) == 0
    with instance.reading() as session:
        assert [each.state for each in versions(session, code)] == ["locked", "withdrawn"]
    refused(Problem.CORRECTION_CLOSED, lambda: close(instance, made, by))
    assert corrected(instance, code, 6) is None
    assert problems(instance) == []


def test_the_head_of_the_department_stops_it_and_nobody_else(instance: DemoInstance) -> None:
    switch(instance)
    made = act(instance, code_of(instance), CorrectionKind.REVOKE)
    with instance.transaction() as session:
        stranger = clerk(session)
        with pytest.raises(NotFound):
            corrections.close(session, stranger, made, "không đồng ý", LATER)
        third = replace(person(session, FIRST), account_id=stranger.account_id)
        with pytest.raises(NotFound):
            corrections.close(session, third, made, "không đồng ý", LATER)
        head = person(session, "th01.hieutruong", StaffRole.HEAD)
        corrections.close(session, head, made, "chờ thanh tra", LATER)
    assert view(instance, made).state is CorrectionState.STOPPED


def test_while_the_regulation_is_off_nothing_takes_effect(instance: DemoInstance) -> None:
    switch(instance)
    act(instance, code_of(instance), CorrectionKind.REVOKE)
    switch(instance, allowed=False)
    assert effect(instance) == 0
    switch(instance)
    assert effect(instance) == 1


def test_the_second_official_confirms_what_both_saw(instance: DemoInstance) -> None:
    switch(instance)
    code = code_of(instance)
    made = begin(instance, code, CorrectionKind.SUPERSEDE)
    packet = corrected(instance, code)
    assert packet is not None
    propose(instance, made)
    seen = seen_by(instance, made)
    assert corrected(instance, code, 6) is None  # the officials are looking at it
    with instance.transaction() as session:
        withdraw(session, clerk(session), packet, None, "chữa lại", LATER)
    with instance.transaction() as session:
        official = person(session, SECOND)
        refused(Problem.CORRECTION_CHANGED, lambda: corrections.confirm(session, official, made, seen, LATER))


def test_a_confirmed_version_is_frozen(instance: DemoInstance) -> None:
    switch(instance)
    code = code_of(instance)
    made = begin(instance, code, CorrectionKind.SUPERSEDE)
    packet = corrected(instance, code)
    assert packet is not None
    propose(instance, made)
    confirm(instance, made)
    with instance.transaction() as session:
        official = clerk(session)
        refused(Problem.BEING_LOCKED, lambda: withdraw(session, official, packet, None, "chữa lại", LATER))
    for state in ("withdrawn", "replaced"):
        with pytest.raises(DatabaseError, match="is locked"), instance.transaction() as session:
            session.execute(sa.update(RecordVersion).where(RecordVersion.version == 2).values(state=state))


def test_no_round_locks_what_stands_beside_a_locked_year(instance: DemoInstance) -> None:
    switch(instance)
    code = code_of(instance)
    begin(instance, code, CorrectionKind.SUPERSEDE)
    packet = corrected(instance, code)
    assert packet is not None
    refused(Problem.NOTHING_TO_DO, lambda: instance.lock(packet))
    with instance.reading() as session:
        held = rounds.rounds_of(session, YEAR)
        (school,) = [each for each in rehearse(session, person(session, FIRST), held, LATER) if each.code == SCHOOL]
        assert school.counts == {Fate.LOCKED: 34}
    with pytest.raises(DatabaseError, match="is locked"), instance.transaction() as session:
        session.execute(sa.text("UPDATE record_version SET state = 'locked' WHERE version = 2"))


def test_the_reader_keeps_the_version_in_force(instance: DemoInstance) -> None:
    """Whatever the school prepares beside it, the record and its print are those that were locked."""
    switch(instance)
    code = code_of(instance)
    begin(instance, code, CorrectionKind.SUPERSEDE)
    corrected(instance, code)
    with instance.reading() as session:
        _found, readable = lookup.readable_versions(session, person(session, FIRST), code)
        assert (readable[YEAR].version, readable[YEAR].state) == (1, "locked")


def test_a_closed_school_has_a_successor(instance: DemoInstance) -> None:
    switch(instance)
    code = code_of(instance)
    refused(Problem.SCHOOL_STILL_OPEN, lambda: begin(instance, code, CorrectionKind.SUPERSEDE, school="MAU-TH-02"))
    with instance.transaction() as session:
        unit_acts.merge(session, acting(instance), [SCHOOL], "MAU-TH-02", on())
    made = begin(instance, code, CorrectionKind.SUPERSEDE, school="MAU-TH-02")
    refused(Problem.UNIT_CLOSED, lambda: corrected(instance, code))
    with instance.reading() as session:
        assert correction_cases.case(session, clerk(session, "th02.vanthu", "MAU-TH-02"), made, LATER).id == made


def test_a_case_that_nobody_proposes_closes(instance: DemoInstance) -> None:
    switch(instance)
    code = code_of(instance)
    made = begin(instance, code, CorrectionKind.SUPERSEDE)
    corrected(instance, code)
    assert effect(instance, LATER + corrections.LIFE_OPEN) == 0
    assert view(instance, made).state is CorrectionState.EXPIRED
    with instance.reading() as session:
        assert [each.state for each in versions(session, code)] == ["locked", "withdrawn"]


def test_schools_are_told_and_neighbours_are_not(instance: DemoInstance) -> None:
    switch(instance)
    code = code_of(instance)
    made = begin(instance, code, CorrectionKind.REVOKE)
    with instance.reading() as session:
        own, neighbour = clerk(session), clerk(session, "th02.vanthu", "MAU-TH-02")
        assert correction_cases.news(session, own, LATER) == 0
        with pytest.raises(NotFound):
            correction_cases.case(session, own, made, LATER)
    confirm(instance, made)
    with instance.reading() as session:
        assert correction_cases.news(session, own, LATER) == 1
        assert correction_cases.case(session, own, made, LATER).closes_as is None
        assert correction_cases.cases(session, neighbour, 1, LATER).rows == ()
        with pytest.raises(NotFound):
            correction_cases.case(session, neighbour, made, LATER)


CONFIRMED = "UPDATE correction SET state = 'confirmed', decided_at = proposed_at, due_at = '2027-01-01 00:00:00.000000'"


@pytest.mark.parametrize("statement", [CONFIRMED, CONFIRMED + ", decided_by = proposed_by"])
def test_the_database_refuses_one_official(instance: DemoInstance, statement: str) -> None:
    switch(instance)
    begin(instance, code_of(instance), CorrectionKind.REVOKE)
    with pytest.raises(IntegrityError, match="two_officials"), instance.transaction() as session:
        session.execute(sa.text(statement))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE correction SET decision = '1/QĐ'",
        "UPDATE correction SET note = 'khác'",
        "UPDATE correction SET state = 'effective'",
        "UPDATE correction SET due_at = decided_at",
        "UPDATE correction SET decided_by = opened_by",
        "UPDATE correction SET closing = 'khác'",
        "DELETE FROM correction",
        "INSERT INTO record_standing (id, version_id, correction_id, state, since, decision, log_index, opening)"
        " SELECT 1, version_id, id, 'revoked', opened_at, decision, 1, '' FROM correction",
        "UPDATE correction_policy SET delay_days = 1",
        "DELETE FROM correction_policy",
    ],
)
def test_what_was_written_stays(instance: DemoInstance, statement: str) -> None:
    switch(instance)
    begin(instance, code_of(instance), CorrectionKind.ANNOTATE)
    with pytest.raises(DatabaseError), instance.transaction() as session:
        session.execute(sa.text(statement))


@pytest.mark.parametrize("statement", ["UPDATE record_standing SET state = 'annotated'", "DELETE FROM record_standing"])
def test_a_standing_stays(instance: DemoInstance, statement: str) -> None:
    switch(instance)
    act(instance, code_of(instance), CorrectionKind.REVOKE)
    effect(instance)
    with pytest.raises(DatabaseError, match="is locked"), instance.transaction() as session:
        session.execute(sa.text(statement))
