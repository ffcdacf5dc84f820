"""The rule of two for the registry of keys: who may, once only, what the log says, and an end never reaches back."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from portal.errors import NotFound, Problem, Refused
from portal.identity import SYSTEM, Appointment, Identity, StaffRole
from portal.models import Account, Blob, KeyAuthorisation, KeyProposal, LogEntry, ProposalState
from portal.services import certificates, key_proposals, log, registry
from portal.services.audit import Defect, audit
from portal.services.examinations import Examination, examine
from portal.services.key_proposals import LIFE, confirm, decline, propose_end, propose_key
from tests.instances import NOW, SCHOOL, WORKBOOKS, DemoInstance
from tests.pki import pki
from tests.sabotage import _remove_guards as drop_guards
from verify.anchors import TrustStore
from verify.canonical import sha256
from verify.log import leaves
from verify.log.leaves import RegisterKeyLeaf
from verify.signing import Role

TODAY = date(2026, 6, 20)
DECISION = "12/QĐ-SGDĐT"
REASON = "Sai số quyết định"


def person(instance: DemoInstance, username: str, role: StaffRole, unit: str = "MAU-SO") -> Identity:
    with instance.reading() as session:
        account = session.scalars(sa.select(Account).where(Account.username == username)).one()
        return Identity(account.id, account.display_name, (Appointment(unit, role),))


def first(instance: DemoInstance) -> Identity:
    return person(instance, "so.quantri", StaffRole.DEPARTMENT_ADMIN)


def second(instance: DemoInstance) -> Identity:
    return person(instance, "so.canbo", StaffRole.DEPARTMENT_ADMIN)


def outsiders(instance: DemoInstance) -> tuple[Identity, ...]:
    return (
        person(instance, "th01.hieutruong", StaffRole.HEAD, SCHOOL),
        person(instance, "th01.vanthu", StaffRole.CLERK, SCHOOL),
        person(instance, "th02.vanthu", StaffRole.CLERK, "MAU-TH-02"),
        Identity(999, "không ai"),
        SYSTEM,
    )


def trust(instance: DemoInstance, at: datetime = NOW) -> TrustStore:
    return instance.runtime.trust(at)


def fresh_certificate(instance: DemoInstance, name: str = "Người mới", made: datetime = NOW) -> bytes:
    assert instance.runtime.authority is not None
    return instance.runtime.authority.demo_signer(f"KEY-{name}", "Trường", Role.HEAD, name, made).certificate


def examined(instance: DemoInstance, certificate: bytes, at: datetime = NOW) -> Examination:
    return examine(certificate, trust(instance, at), at)


def proposed(
    instance: DemoInstance,
    certificate: bytes | None = None,
    *,
    by: Identity | None = None,
    unit: str = SCHOOL,
    role: Role = Role.HOMEROOM_TEACHER,
    first_day: date = TODAY,
    last_day: date | None = None,
    now: datetime = NOW,
) -> int:
    seen = examined(instance, certificate or fresh_certificate(instance), now)
    with instance.transaction() as session:
        return propose_key(session, by or first(instance), unit, role, seen, first_day, last_day, DECISION, now)


def confirmed(instance: DemoInstance, number: int, by: Identity, now: datetime = NOW) -> int | None:
    with instance.reading() as session:
        certificate = session.get_one(KeyProposal, number).certificate
    seen = examined(instance, certificate, now)
    with instance.transaction() as session:
        return confirm(session, by, number, seen, trust(instance, now), instance.runtime.log_signer, now)


def ended(instance: DemoInstance, key: int, last_day: date | None = None, now: datetime = NOW) -> int:
    with instance.transaction() as session:
        return propose_end(session, first(instance), key, last_day, DECISION, now)


def count(instance: DemoInstance, model: type[LogEntry | KeyAuthorisation | KeyProposal]) -> int:
    with instance.reading() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def refused(problem: Problem, act: Callable[[], object]) -> None:
    with pytest.raises(Refused) as caught:
        act()
    assert caught.value.problem is problem


def defects(instance: DemoInstance) -> list[Defect]:
    with instance.reading() as session:
        return [each.defect for each in audit(session, instance.runtime.log_signer.verifier).problems]


def state(instance: DemoInstance, number: int) -> str:
    with instance.reading() as session:
        return session.get_one(KeyProposal, number).state


def test_two_officials_register_a_key_and_the_log_says_it(empty_instance: DemoInstance) -> None:
    entries = count(empty_instance, LogEntry)
    certificate = fresh_certificate(empty_instance)
    number = proposed(empty_instance, certificate, last_day=date(2027, 5, 31))
    assert count(empty_instance, LogEntry) == entries
    with empty_instance.reading() as session:
        assert sha256(certificate) not in {each.certificate_sha256 for each in registry.authorisations(session)}
    key = confirmed(empty_instance, number, second(empty_instance))
    with empty_instance.reading() as session:
        entry = session.get_one(KeyAuthorisation, key)
        held = session.get_one(KeyProposal, number)
        leaf = leaves.from_bytes(session.get_one(LogEntry, entry.log_index).leaf)
        assert isinstance(leaf, RegisterKeyLeaf)
        assert (leaf.unit, leaf.role, leaf.certificate_sha256) == (SCHOOL, "homeroom_teacher", sha256(certificate))
        assert leaf.valid_from == entry.valid_from == NOW, "never before the confirmation"
        assert leaf.valid_to == entry.valid_to == datetime(2027, 5, 31, 17, tzinfo=UTC), "the last day counts whole"
        assert (held.state, held.authorisation_id, held.log_index) == ("confirmed", key, entry.log_index)
        assert (held.decided_by, held.decided_at) == (second(empty_instance).account_id, NOW)
    assert count(empty_instance, LogEntry) == entries + 1
    assert defects(empty_instance) == []


def test_the_path_and_the_lists_are_kept(empty_instance: DemoInstance) -> None:
    number = proposed(empty_instance)
    confirmed(empty_instance, number, second(empty_instance))
    with empty_instance.reading() as session:
        evidence = session.get_one(KeyProposal, number).evidence
        assert evidence is not None
        assert set(evidence["answers"].values()) == {"passed"}
        assert len(evidence["lists"]) == 2
        assert len(evidence["path"]) == 3
        for digest in evidence["lists"]:
            assert session.get(Blob, digest) is not None


def test_a_registration_that_begins_later_begins_with_its_day(empty_instance: DemoInstance) -> None:
    key = confirmed(empty_instance, proposed(empty_instance, first_day=date(2026, 9, 1)), second(empty_instance))
    with empty_instance.reading() as session:
        assert session.get_one(KeyAuthorisation, key).valid_from == datetime(2026, 8, 31, 17, tzinfo=UTC)


def test_who_proposed_and_who_may_not_get_one_answer(empty_instance: DemoInstance) -> None:
    number = proposed(empty_instance)
    seen = examined(empty_instance, fresh_certificate(empty_instance))
    for identity in (first(empty_instance), *outsiders(empty_instance)):
        for wanted in (number, 10**6):
            with pytest.raises(NotFound), empty_instance.transaction() as session:
                confirm(session, identity, wanted, seen, trust(empty_instance), empty_instance.runtime.log_signer, NOW)
    for identity in outsiders(empty_instance):
        with pytest.raises(NotFound), empty_instance.transaction() as session:
            decline(session, identity, number, REASON, NOW)
        with pytest.raises(NotFound):
            proposed(empty_instance, fresh_certificate(empty_instance, "X"), by=identity)
        with pytest.raises(NotFound), empty_instance.transaction() as session:
            propose_end(session, identity, 1, None, DECISION, NOW)
        with empty_instance.reading() as session:
            assert key_proposals.waiting(session, identity, NOW) == ()
            assert key_proposals.of_key(session, identity, 1, NOW) == ()
            with pytest.raises(NotFound):
                key_proposals.proposal(session, identity, number, NOW)
    assert state(empty_instance, number) == "waiting"
    assert count(empty_instance, KeyProposal) == 1


def test_a_double_click_registers_once(empty_instance: DemoInstance) -> None:
    number, entries = proposed(empty_instance), count(empty_instance, LogEntry)
    keys = {confirmed(empty_instance, number, second(empty_instance)) for _ in range(3)}
    assert len(keys) == 1
    assert count(empty_instance, LogEntry) == entries + 1


def test_confirmations_at_the_same_time_register_once(empty_instance: DemoInstance) -> None:
    number, entries = proposed(empty_instance), count(empty_instance, LogEntry)
    by, barrier, found = second(empty_instance), threading.Barrier(4), []

    def click() -> None:
        barrier.wait()
        found.append(confirmed(empty_instance, number, by))

    threads = [threading.Thread(target=click) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1
    assert count(empty_instance, LogEntry) == entries + 1
    assert defects(empty_instance) == []


def test_one_proposal_waits_at_a_time(empty_instance: DemoInstance) -> None:
    proposed(empty_instance)
    refused(Problem.PROPOSAL_WAITS, lambda: proposed(empty_instance))
    refused(Problem.PROPOSAL_WAITS, lambda: proposed(empty_instance, by=second(empty_instance)))
    proposed(empty_instance, role=Role.SUBJECT_TEACHER)
    proposed(empty_instance, unit="MAU-TH-02")


def test_what_is_registered_is_not_proposed_again(empty_instance: DemoInstance) -> None:
    confirmed(empty_instance, proposed(empty_instance), second(empty_instance))
    refused(Problem.KEY_REGISTERED, lambda: proposed(empty_instance))


def test_roles_belong_to_kinds_of_units(empty_instance: DemoInstance) -> None:
    refused(Problem.WRONG_ROLE, lambda: proposed(empty_instance, role=Role.DEPARTMENT_SEAL))
    refused(Problem.WRONG_ROLE, lambda: proposed(empty_instance, unit="MAU-SO", role=Role.HEAD))
    refused(Problem.UNKNOWN_UNIT, lambda: proposed(empty_instance, unit="KHONG-CO"))
    proposed(empty_instance, unit="MAU-SO", role=Role.DEPARTMENT_SEAL)


def test_a_period_that_is_over_is_refused(empty_instance: DemoInstance) -> None:
    for last_day in (date(2026, 6, 19), date(2020, 1, 1)):
        refused(Problem.KEY_PERIOD_OVER, partial(proposed, empty_instance, last_day=last_day))
    refused(
        Problem.KEY_PERIOD_OVER,
        lambda: proposed(empty_instance, first_day=date(2026, 9, 1), last_day=date(2026, 8, 31)),
    )
    number = proposed(empty_instance, last_day=TODAY)
    later = NOW + timedelta(days=2)
    refused(Problem.KEY_PERIOD_OVER, lambda: confirmed(empty_instance, number, second(empty_instance), later))


@pytest.mark.parametrize("defect", ["other_authority", "expired", "not_yet_valid", "revoked", "without_key_usage"])
def test_what_does_not_validate_is_not_proposed(empty_instance: DemoInstance, defect: str) -> None:
    cast = pki()
    seen = examine(getattr(cast, defect).certificate, cast.trust, datetime(2026, 6, 1, 3, tzinfo=UTC))
    assert not seen.holds

    def act() -> None:
        with empty_instance.transaction() as session:
            propose_key(session, first(empty_instance), SCHOOL, Role.HEAD, seen, TODAY, None, DECISION, NOW)

    refused(Problem.CERTIFICATE_REFUSED, act)
    assert count(empty_instance, KeyProposal) == 0


def test_a_certificate_revoked_meanwhile_is_not_confirmed(empty_instance: DemoInstance) -> None:
    certificate = fresh_certificate(empty_instance, "Sẽ thu hồi")
    number, entries = proposed(empty_instance, certificate), count(empty_instance, LogEntry)
    assert empty_instance.runtime.authority is not None
    later = NOW + timedelta(hours=2)
    empty_instance.runtime.authority.revoke_demo(certificate, NOW + timedelta(hours=1))
    refused(Problem.CERTIFICATE_REFUSED, lambda: confirmed(empty_instance, number, second(empty_instance), later))
    assert count(empty_instance, LogEntry) == entries
    assert state(empty_instance, number) == "waiting"


def test_the_certificate_confirmed_is_the_one_proposed(empty_instance: DemoInstance) -> None:
    number = proposed(empty_instance)
    other = examined(empty_instance, fresh_certificate(empty_instance, "Người khác"))

    def act() -> None:
        with empty_instance.transaction() as session:
            confirm(
                session,
                second(empty_instance),
                number,
                other,
                trust(empty_instance),
                empty_instance.runtime.log_signer,
                NOW,
            )

    refused(Problem.CERTIFICATE_REFUSED, act)


def test_another_rejects_and_who_proposed_withdraws(empty_instance: DemoInstance) -> None:
    mine = proposed(empty_instance)
    with empty_instance.transaction() as session:
        decline(session, first(empty_instance), mine, REASON, NOW)
    assert state(empty_instance, mine) == "withdrawn"
    other = proposed(empty_instance)
    for _ in range(2):
        with empty_instance.transaction() as session:
            decline(session, second(empty_instance), other, REASON, NOW)
    assert state(empty_instance, other) == "rejected"
    for number in (mine, other):
        refused(Problem.PROPOSAL_CLOSED, partial(confirmed, empty_instance, number, second(empty_instance)))
    number = proposed(empty_instance)
    confirmed(empty_instance, number, second(empty_instance))

    def act() -> None:
        with empty_instance.transaction() as session:
            decline(session, second(empty_instance), number, REASON, NOW)

    refused(Problem.PROPOSAL_CLOSED, act)


def test_a_proposal_expires_after_fourteen_days(empty_instance: DemoInstance) -> None:
    number = proposed(empty_instance)
    last, over = NOW + LIFE - timedelta(seconds=1), NOW + LIFE
    with empty_instance.reading() as session:
        assert [each.id for each in key_proposals.waiting(session, second(empty_instance), last)] == [number]
        assert key_proposals.waiting(session, second(empty_instance), over) == ()
        view = key_proposals.proposal(session, second(empty_instance), number, over)
    assert (view.state, view.may_confirm) == (ProposalState.EXPIRED, False)
    refused(Problem.PROPOSAL_CLOSED, lambda: confirmed(empty_instance, number, second(empty_instance), over))
    again = proposed(empty_instance, now=over)
    assert state(empty_instance, number) == "expired"
    assert confirmed(empty_instance, again, second(empty_instance), over) is not None


def registered(instance: DemoInstance, role: Role = Role.HEAD) -> int:
    """A key of the demo's school."""
    with instance.reading() as session:
        return session.scalars(
            sa.select(KeyAuthorisation.id)
            .where(KeyAuthorisation.role == role.value)
            .order_by(KeyAuthorisation.id)
            .limit(1)
        ).one()


def test_an_end_needs_two_and_is_a_leaf_of_its_own(instance: DemoInstance) -> None:
    key, later = registered(instance), NOW + timedelta(days=30)
    entries = count(instance, LogEntry)
    number = ended(instance, key, now=later)
    with pytest.raises(NotFound):
        confirmed(instance, number, first(instance), later)
    assert count(instance, LogEntry) == entries
    assert confirmed(instance, number, second(instance), later) == key
    assert confirmed(instance, number, second(instance), later) == key
    assert count(instance, LogEntry) == entries + 1
    with instance.reading() as session:
        entry = session.get_one(KeyAuthorisation, key)
        leaf = leaves.from_bytes(session.get_one(LogEntry, session.get_one(KeyProposal, number).log_index).leaf)
        opening = leaves.from_bytes(session.get_one(LogEntry, entry.log_index).leaf)
        valid_to = entry.valid_to
    assert isinstance(leaf, RegisterKeyLeaf)
    assert isinstance(opening, RegisterKeyLeaf)
    assert leaf == replace(opening, valid_to=valid_to, effective_at=later)
    assert opening.valid_to is None
    assert valid_to is not None
    assert later < valid_to <= later + timedelta(minutes=1)
    # 34 records that this head signed before are as good as ever
    assert defects(instance) == []


def test_after_the_end_nothing_is_accepted(empty_instance: DemoInstance) -> None:
    key = registered(empty_instance)
    confirmed(
        empty_instance,
        ended(empty_instance, key, now=NOW - timedelta(hours=1)),
        second(empty_instance),
        NOW - timedelta(hours=1),
    )
    packet = empty_instance.take_in(WORKBOOKS / "lop-1B.xlsx").packet
    assert packet is not None
    signed = empty_instance.sign(packet)
    assert signed.accepted == 0
    assert {check.reason.value for held in signed.refused for check in held.failed} == {"outside_period"}


def test_an_end_only_comes_nearer(empty_instance: DemoInstance) -> None:
    key = registered(empty_instance)
    confirmed(empty_instance, ended(empty_instance, key, date(2027, 5, 31)), second(empty_instance))
    refused(Problem.KEY_ENDED, lambda: ended(empty_instance, key, date(2027, 5, 31)))
    refused(Problem.KEY_ENDED, lambda: ended(empty_instance, key, date(2028, 1, 1)))
    refused(Problem.KEY_PERIOD_OVER, lambda: ended(empty_instance, key, date(2026, 6, 19)))
    confirmed(empty_instance, ended(empty_instance, key, date(2026, 12, 31)), second(empty_instance))
    confirmed(empty_instance, ended(empty_instance, key), second(empty_instance))
    refused(Problem.KEY_ENDED, lambda: ended(empty_instance, key))
    assert defects(empty_instance) == []
    with pytest.raises(NotFound):
        ended(empty_instance, 10**6)


def test_an_end_of_what_has_not_begun_leaves_nothing(empty_instance: DemoInstance) -> None:
    key = confirmed(empty_instance, proposed(empty_instance, first_day=date(2026, 9, 1)), second(empty_instance))
    assert key is not None
    confirmed(empty_instance, ended(empty_instance, key), second(empty_instance))
    with empty_instance.reading() as session:
        entry = session.get_one(KeyAuthorisation, key)
        assert entry.valid_to == entry.valid_from
        held = certificates.key(session, first(empty_instance), key, trust(empty_instance), NOW)
    assert held.valid_to == held.ends_at
    assert defects(empty_instance) == []


def test_an_interrupted_confirmation_leaves_nothing(empty_instance: DemoInstance) -> None:
    number, entries = proposed(empty_instance), count(empty_instance, LogEntry)
    seen = examined(empty_instance, fresh_certificate(empty_instance))
    with Session(empty_instance.engine) as session:
        confirm(
            session, second(empty_instance), number, seen, trust(empty_instance), empty_instance.runtime.log_signer, NOW
        )
        session.rollback()
    assert state(empty_instance, number) == "waiting"
    assert count(empty_instance, LogEntry) == entries
    assert defects(empty_instance) == []


GUARDED = (
    "UPDATE key_authorisation SET role = 'head' WHERE role <> 'head'",
    "UPDATE key_authorisation SET unit_id = unit_id + 1",
    "UPDATE key_authorisation SET certificate = certificate || certificate",
    "UPDATE key_authorisation SET valid_from = '2020-01-01 00:00:00'",
    "UPDATE key_authorisation SET log_index = NULL",
    "UPDATE key_authorisation SET valid_to = NULL WHERE valid_to IS NOT NULL",
    "UPDATE key_authorisation SET valid_to = '2099-01-01 00:00:00' WHERE valid_to IS NOT NULL",
    "UPDATE key_proposal SET decision = 'x'",
    "UPDATE key_proposal SET decided_by = proposed_by",
    "UPDATE key_proposal SET state = 'waiting'",
    "DELETE FROM key_proposal",
)


def test_the_database_holds_what_was_decided(empty_instance: DemoInstance) -> None:
    confirmed(empty_instance, ended(empty_instance, registered(empty_instance)), second(empty_instance))
    for statement in GUARDED:
        with pytest.raises(DatabaseError, match="is locked"), empty_instance.transaction() as session:
            session.execute(sa.text(statement))


def test_the_database_knows_the_rule_of_two(empty_instance: DemoInstance) -> None:
    number = proposed(empty_instance)
    for statement in (
        "UPDATE key_proposal SET state = 'confirmed', decided_by = proposed_by WHERE id = :id",
        "UPDATE key_proposal SET state = 'confirmed' WHERE id = :id",
    ):
        with pytest.raises(DatabaseError, match="two_officials"), empty_instance.transaction() as session:
            session.execute(sa.text(statement), {"id": number})
    for statement in (
        "UPDATE key_proposal SET unit_id = unit_id + 1 WHERE id = :id",
        "UPDATE key_proposal SET proposed_by = proposed_by + 1 WHERE id = :id",
    ):
        with pytest.raises(DatabaseError, match="is locked"), empty_instance.transaction() as session:
            session.execute(sa.text(statement), {"id": number})


SABOTAGE = {
    "an end is moved": "UPDATE key_authorisation SET valid_to = '2099-01-01 00:00:00'",
    "an end is taken back": "UPDATE key_authorisation SET valid_to = NULL",
    "a beginning is moved": "UPDATE key_authorisation SET valid_from = '2020-01-01 00:00:00'",
    "the entry points at the end's leaf": "UPDATE key_authorisation SET log_index = "
    '(SELECT MAX("index") FROM log_entry)',
    "the certificate is swapped": "UPDATE key_authorisation SET certificate = "
    "(SELECT certificate FROM key_authorisation WHERE id <> :id LIMIT 1)",
}


@pytest.mark.parametrize("attack", SABOTAGE)
def test_with_the_guards_removed_the_audit_tells(empty_instance: DemoInstance, attack: str) -> None:
    key = registered(empty_instance)
    confirmed(empty_instance, ended(empty_instance, key), second(empty_instance))
    assert defects(empty_instance) == []
    with empty_instance.transaction() as session:
        drop_guards(session)
        session.execute(sa.text(f"{SABOTAGE[attack]} WHERE id = :id"), {"id": key})
    assert Defect.KEY_DIFFERS in defects(empty_instance)


@pytest.mark.parametrize("attack", ["later", "open", "other beginning"])
def test_a_leaf_that_does_not_end_is_told(empty_instance: DemoInstance, attack: str) -> None:
    """Whoever holds the log key cannot lengthen an authorisation without the audit saying so."""
    key = registered(empty_instance)
    confirmed(empty_instance, ended(empty_instance, key, date(2026, 12, 31)), second(empty_instance))
    with empty_instance.transaction() as session:
        drop_guards(session)
        entry = session.get_one(KeyAuthorisation, key)
        ends = {"later": datetime(2030, 1, 1, tzinfo=UTC), "open": None}.get(attack, entry.valid_to)
        leaf = RegisterKeyLeaf(
            unit=SCHOOL,
            role=entry.role,
            certificate_sha256=entry.certificate_sha256,
            valid_from=entry.valid_from - timedelta(days=1) if attack == "other beginning" else entry.valid_from,
            valid_to=ends,
            effective_at=NOW,
        )
        log.append(session, [leaves.to_bytes(leaf)], empty_instance.runtime.log_signer, NOW)
        entry.valid_to = ends
    assert Defect.KEY_DIFFERS in defects(empty_instance)
