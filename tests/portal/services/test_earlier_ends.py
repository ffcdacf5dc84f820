"""A key of the system before this one that was recognised by mistake: two officials take it back, and it shows."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from portal.errors import NotFound, Problem, Refused
from portal.identity import Identity
from portal.models import EarlierKey, KeyProposal, ProposalKind, RecordVersion, State
from portal.services import earlier_keys, key_proposals, leaf_search, registry
from portal.services.audit import audit
from portal.services.earlier_matching import Outcome
from portal.services.examinations import examine
from portal.services.school_log import school_log
from tests.earlier import entry, old_keys
from tests.instances import NOW, SCHOOL, DemoInstance
from tests.portal.services.test_earlier_booklet import (
    OLD_GRADES,
    booklet,
    checked,
    import_old_years,
    lock_new_years,
)
from tests.portal.services.test_earlier_imports import ONE, first, outcomes, recognise, second
from tests.sabotage import silently
from verify.log.leaves import EarlierKeyLeaf, Kind
from verify.signing import Role
from verify.verdict import Question, Reason, Verdict

LATER = NOW + timedelta(days=30)


@pytest.fixture
def imported(empty_instance: DemoInstance) -> tuple[DemoInstance, str]:
    """Three years of the old system behind two of this one; everything could be asked, so all of it is authentic."""
    code = lock_new_years(empty_instance)
    import_old_years(empty_instance, with_lists=True)
    return empty_instance, code


def of_role(instance: DemoInstance, role: Role) -> EarlierKey:
    with instance.reading() as session:
        found = session.scalars(sa.select(EarlierKey).where(EarlierKey.role == role.value)).one()
        session.expunge(found)
        return found


def proposed(instance: DemoInstance, last_day: date | None = None, role: Role = Role.HEAD) -> int:
    with instance.transaction() as session:
        entry = of_role(instance, role).id
        return earlier_keys.propose_earlier_end(session, first(instance), entry, last_day, "9/QĐ-SGDĐT", LATER)


def confirmed(instance: DemoInstance, number: int, by: Identity | None = None) -> None:
    trust = instance.runtime.trust(LATER)
    with instance.transaction() as session:
        certificate = session.get_one(KeyProposal, number).certificate
        seen = examine(certificate, trust, LATER)
        signer = instance.runtime.log_signer
        key_proposals.confirm(session, by or second(instance), number, seen, trust, signer, LATER)


def problems(instance: DemoInstance) -> list[tuple[str, str | None]]:
    with instance.reading() as session:
        found = audit(session, instance.runtime.log_signer.verifier).problems
        return sorted((each.defect.value, each.school_year) for each in found)


def verdict_of(instance: DemoInstance, code: str, year: str) -> Verdict:
    return checked(instance, booklet(instance, code, year)).conclusion.verdict


def test_what_rests_on_it_is_judged_anew(imported: tuple[DemoInstance, str]) -> None:
    instance, code = imported
    assert problems(instance) == []
    assert verdict_of(instance, code, "2021-2022") is Verdict.AUTHENTIC
    confirmed(instance, proposed(instance))
    assert problems(instance) == [
        ("signer_not_authorised", year) for year in ("2021-2022", "2022-2023", "2023-2024")
    ], "the audit names each record, and nothing else"
    found = checked(instance, booklet(instance, code, "2021-2022")).conclusion
    assert found.verdict is Verdict.INSUFFICIENT
    assert (found.deciding.question, found.deciding.reason) == (Question.RECORD_SIGNED, Reason.OUTSIDE_PERIOD)
    assert verdict_of(instance, code, "2025-2026") is Verdict.AUTHENTIC, "years of this system stand for themselves"
    with instance.reading() as session:
        locked = sa.select(sa.func.count()).where(RecordVersion.state == State.LOCKED.value)
        assert session.scalar(locked) == 5, "nothing that is locked changes"


def test_a_shorter_period_touches_only_what_lies_beyond(imported: tuple[DemoInstance, str]) -> None:
    instance, code = imported
    confirmed(instance, proposed(instance, date(2023, 12, 31)))
    assert problems(instance) == [("signer_not_authorised", "2023-2024")]
    assert verdict_of(instance, code, "2022-2023") is Verdict.AUTHENTIC
    confirmed(instance, proposed(instance))
    assert len(problems(instance)) == len(OLD_GRADES)
    for last_day in (None, date(2023, 12, 31)):
        with pytest.raises(Refused) as refused:
            proposed(instance, last_day)
        assert refused.value.problem is Problem.KEY_ENDED


def test_it_takes_two_and_is_a_leaf(imported: tuple[DemoInstance, str]) -> None:
    instance, _code = imported
    number = proposed(instance)
    with pytest.raises(NotFound):
        confirmed(instance, number, first(instance))
    assert problems(instance) == [], "a proposal ends nothing"
    confirmed(instance, number)
    confirmed(instance, number)  # pressed twice
    entry = of_role(instance, Role.HEAD)
    with instance.reading() as session:
        leaves = [
            leaf
            for _index, leaf in leaf_search.of_kinds(session, Kind.EARLIER_KEY)
            if isinstance(leaf, EarlierKeyLeaf) and leaf.role == Role.HEAD.value
        ]
        assert [(leaf.valid_from, leaf.valid_to) for leaf in leaves] == [
            (entry.valid_from, entry.valid_to),
            (entry.valid_from, entry.valid_from),
        ]
        held = next(each for each in earlier_keys.earlier_keys(session, first(instance)) if each.id == entry.id)
        assert (held.counts, held.records) == (False, len(OLD_GRADES))
        seal = session.scalars(sa.select(EarlierKey).where(EarlierKey.role == Role.SCHOOL_SEAL.value)).one()
        assert registry.earlier_end(session, seal) == seal.valid_to, "the other key of the school goes on"
        assert school_log(session, first(instance), SCHOOL, 1).unknown == (), "a school's page knows the leaf"


def test_nothing_more_comes_in_with_it(empty_instance: DemoInstance) -> None:
    signers = old_keys().signers
    for role, signer in signers.items():
        recognise(empty_instance, role, signer.certificate)
    assert outcomes(empty_instance, entry(ONE, signers)) == [Outcome.TAKEN]
    confirmed(empty_instance, proposed(empty_instance))
    assert outcomes(empty_instance, entry(ONE, signers)) == [Outcome.SIGNATURE_REFUSED]


def test_an_end_that_was_undone_in_the_database_is_named(imported: tuple[DemoInstance, str]) -> None:
    instance, _code = imported
    confirmed(instance, proposed(instance))
    with silently(instance.settings) as session:
        session.execute(sa.delete(KeyProposal).where(KeyProposal.kind == ProposalKind.END_EARLIER.value))
    assert problems(instance) == [("key_differs", None)]
