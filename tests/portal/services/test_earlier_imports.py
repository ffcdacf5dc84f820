"""Years of the system before this one: two officials, each record for itself, once; what is not known is kept."""

import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from portal.errors import NotFound, Problem, Refused
from portal.identity import SYSTEM, Appointment, Identity, StaffRole
from portal.models import (
    Account,
    EarlierCode,
    EarlierImport,
    EarlierKey,
    EarlierYear,
    ImportState,
    KeyAuthorisation,
    LogEntry,
    RecordSignature,
    RecordVersion,
    State,
    Transcript,
)
from portal.services import blobs, earlier_imports, earlier_keys, key_proposals, registry
from portal.services.audit import Defect, audit
from portal.services.earlier_imports import Desk, ImportLine
from portal.services.earlier_matching import Outcome
from portal.services.examinations import examine, examine_for_period
from portal.services.signing import submit_signatures
from tests import earlier
from tests.earlier import EFFECTIVE, OLD_CODE, bundle, entry, old_keys, old_record, old_trust
from tests.instances import NOW, SCHOOL, WORKBOOKS, DemoInstance, fresh_code
from tests.sabotage import _remove_guards as drop_guards
from verify.canonical import sha256
from verify.containers.jcs_cades import sign
from verify.log import leaves
from verify.log.leaves import EarlierKeyLeaf, EarlierRecordLeaf
from verify.record.codec import to_bytes
from verify.signing import Role

DECISION = "12/QĐ-SGDĐT"
ONE, TWO = old_record("2023-2024", 3), old_record("2024-2025", 4)


def official(instance: DemoInstance, username: str) -> Identity:
    with instance.reading() as session:
        account = session.scalars(sa.select(Account).where(Account.username == username)).one()
        return Identity(account.id, account.display_name, (Appointment("MAU-SO", StaffRole.DEPARTMENT_ADMIN),))


def first(instance: DemoInstance) -> Identity:
    return official(instance, "so.quantri")


def second(instance: DemoInstance) -> Identity:
    return official(instance, "so.canbo")


def recognise(instance: DemoInstance, role: Role, certificate: bytes, now: datetime = NOW) -> int:
    """Two officials recognise a key for the years of the old system."""
    start, end = earlier_keys.period_of(earlier.FIRST_DAY, earlier.LAST_DAY)
    seen = examine_for_period(certificate, old_trust(now), start, end, now)
    with instance.transaction() as session:
        number = earlier_keys.propose_earlier_key(
            session, first(instance), SCHOOL, role, seen, earlier.FIRST_DAY, earlier.LAST_DAY, DECISION, now
        )
    with instance.transaction() as session:
        signer = instance.runtime.log_signer
        key_proposals.confirm(session, second(instance), number, seen, old_trust(now), signer, now)
    return number


def opened(instance: DemoInstance, data: bytes, now: datetime = NOW) -> Any:
    with instance.reading() as session:
        gate = earlier_imports.gate(session, old_trust(now), now)
    return earlier_imports.open_bundle(instance.runtime.sandbox, data, gate)


def seen_lines(instance: DemoInstance, data: bytes, now: datetime = NOW) -> tuple[ImportLine, ...]:
    examined = opened(instance, data, now)
    with instance.reading() as session:
        return earlier_imports.lines(session, first(instance), examined, now, demo=True)


def outcomes(instance: DemoInstance, *entries: dict[str, Any]) -> list[Outcome]:
    return [line.outcome for line in seen_lines(instance, bundle(*entries))]


def proposed(instance: DemoInstance, data: bytes, by: Identity | None = None, now: datetime = NOW) -> int:
    examined = opened(instance, data, now)
    with instance.transaction() as session:
        return earlier_imports.propose(session, by or first(instance), data, examined, DECISION, now)


def confirmed(instance: DemoInstance, number: int, by: Identity | None = None, now: datetime = NOW) -> None:
    with instance.reading() as session:
        data = earlier_imports.bundle_of(session, number)
    examined = opened(instance, data, now) if data is not None else None
    desk = Desk(old_trust(now), instance.runtime.log_signer, lambda: secrets.token_bytes(32), fresh_code, True)
    with instance.transaction() as session:
        earlier_imports.confirm(session, by or second(instance), number, examined, desk, now)


def imported(instance: DemoInstance, data: bytes) -> int:
    number = proposed(instance, data)
    confirmed(instance, number)
    return number


def count(instance: DemoInstance, model: type[Any]) -> int:
    with instance.reading() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def defects(instance: DemoInstance) -> list[Defect]:
    with instance.reading() as session:
        return [each.defect for each in audit(session, instance.runtime.log_signer.verifier).problems]


@pytest.fixture
def ready(empty_instance: DemoInstance) -> DemoInstance:
    """An instance in which two officials have recognised the old head and the old seal."""
    recognise(empty_instance, Role.HEAD, old_keys().head.certificate)
    recognise(empty_instance, Role.SCHOOL_SEAL, old_keys().seal.certificate)
    return empty_instance


def test_two_officials_recognise_an_old_key_and_the_log_says_it(empty_instance: DemoInstance) -> None:
    entries, keys = count(empty_instance, LogEntry), count(empty_instance, KeyAuthorisation)
    recognise(empty_instance, Role.HEAD, old_keys().head.certificate)
    assert (count(empty_instance, LogEntry), count(empty_instance, KeyAuthorisation)) == (entries + 1, keys)
    with empty_instance.reading() as session:
        held = session.scalars(sa.select(EarlierKey)).one()
        leaf = leaves.from_bytes(session.get_one(LogEntry, held.log_index).leaf)
        assert isinstance(leaf, EarlierKeyLeaf)
        assert (leaf.unit, leaf.role, leaf.effective_at) == (SCHOOL, "head", NOW)
        assert (leaf.valid_from, leaf.valid_to) == (held.valid_from, held.valid_to)
        assert leaf.certificate_sha256 == sha256(old_keys().head.certificate)
        (view,) = earlier_keys.earlier_keys(session, first(empty_instance))
        assert (view.holder, view.role) == ("Lê Quốc Đĩnh (2023)", Role.HEAD)
        assert view.proposal_id is not None
    assert defects(empty_instance) == []


def test_an_old_key_authorises_nothing_new(ready: DemoInstance) -> None:
    with ready.reading() as session:
        today = {each.certificate_sha256 for each in registry.authorisations(session)}
        old = {each.certificate_sha256 for each in registry.earlier_registry(session).entries}
    assert old
    assert not today & old


def test_a_key_for_a_period_that_is_not_over_is_refused(empty_instance: DemoInstance) -> None:
    certificate, today = old_keys().head.certificate, NOW.date()
    start, end = earlier_keys.period_of(earlier.FIRST_DAY, today)
    seen = examine_for_period(certificate, old_trust(), start, end, NOW)
    with pytest.raises(Refused) as caught, empty_instance.transaction() as session:
        earlier_keys.propose_earlier_key(
            session, first(empty_instance), SCHOOL, Role.HEAD, seen, earlier.FIRST_DAY, today, DECISION, NOW
        )
    assert caught.value.problem is Problem.PERIOD_NOT_PAST


def test_an_examination_of_today_recognises_no_old_key(empty_instance: DemoInstance) -> None:
    """And one of the past registers nobody: the two ways never cross."""
    seen = examine(old_keys().head.certificate, old_trust(), NOW)
    assert seen.holds
    with pytest.raises(Refused), empty_instance.transaction() as session:
        earlier_keys.propose_earlier_key(
            session, first(empty_instance), SCHOOL, Role.HEAD, seen, earlier.FIRST_DAY, earlier.LAST_DAY, DECISION, NOW
        )
    start, end = earlier_keys.period_of(earlier.FIRST_DAY, earlier.LAST_DAY)
    past = examine_for_period(old_keys().head.certificate, old_trust(), start, end, NOW)
    assert past.holds
    with pytest.raises(Refused), empty_instance.transaction() as session:
        key_proposals.propose_key(
            session, first(empty_instance), SCHOOL, Role.HEAD, past, NOW.date(), None, DECISION, NOW
        )


def test_a_key_revoked_in_its_period_is_refused(empty_instance: DemoInstance) -> None:
    with pytest.raises(Refused) as caught:
        recognise(empty_instance, Role.HEAD, old_keys().revoked_before.certificate)
    assert caught.value.problem is Problem.CERTIFICATE_REFUSED


def test_two_officials_take_a_bundle_in(ready: DemoInstance) -> None:
    entries = count(ready, LogEntry)
    number = proposed(ready, bundle(entry(ONE), entry(TWO)))
    assert (count(ready, LogEntry), count(ready, RecordVersion)) == (entries, 0), "a proposal takes nothing in"
    confirmed(ready, number)
    assert count(ready, LogEntry) == entries + 2
    with ready.reading() as session:
        versions = session.scalars(sa.select(RecordVersion).order_by(RecordVersion.id)).all()
        assert [version.state for version in versions] == [State.LOCKED.value] * 2
        assert [version.effective_at for version in versions] == [EFFECTIVE["2023-2024"], EFFECTIVE["2024-2025"]]
        transcript = session.scalars(sa.select(Transcript)).one()
        assert transcript.lookup_code == OLD_CODE, "papers of the old system keep answering"
        for version in versions:
            held = session.get_one(EarlierYear, version.id)
            leaf = leaves.from_bytes(session.get_one(LogEntry, version.log_index).leaf)
            assert isinstance(leaf, EarlierRecordLeaf)
            assert (leaf.source, held.source) == (earlier.SOURCE, earlier.SOURCE)
            assert (leaf.original_effective_at, leaf.effective_at) == (version.effective_at, NOW)
            assert held.imported_at == NOW
        roles = session.scalars(sa.select(RecordSignature.role)).all()
        assert sorted(roles) == ["head", "head", "school_seal", "school_seal"]
        view = earlier_imports.proposal(session, second(ready), number, NOW)
        assert (view.state, view.decider) == (ImportState.CONFIRMED, second(ready).display_name)
        assert [line.outcome for line in earlier_imports.report_of(session, number)] == [Outcome.TAKEN] * 2
        assert earlier_imports.bundle_of(session, number) is None, "the file is gone once it is decided"
    assert defects(ready) == []


def test_the_same_bundle_twice_changes_nothing(ready: DemoInstance) -> None:
    data = bundle(entry(ONE), entry(TWO))
    number = imported(ready, data)
    before = {model: count(ready, model) for model in (LogEntry, RecordVersion, EarlierImport, Transcript)}
    assert proposed(ready, data) == number
    confirmed(ready, number)
    assert {model: count(ready, model) for model in before} == before
    assert outcomes(ready, entry(TWO), entry(ONE)) == [Outcome.UNCHANGED] * 2, "also in another bundle"


def test_who_proposed_cannot_confirm_and_nobody_else_can(ready: DemoInstance) -> None:
    number = proposed(ready, bundle(entry(ONE)))
    head = Identity(3, "hiệu trưởng", (Appointment(SCHOOL, StaffRole.HEAD),))
    for nobody in (first(ready), head, SYSTEM, Identity(999, "không ai")):
        with pytest.raises(NotFound):
            confirmed(ready, number, nobody)
    for nobody in (head, SYSTEM):
        with pytest.raises(NotFound):
            proposed(ready, bundle(entry(ONE)), nobody)
        with pytest.raises(NotFound), ready.reading() as session:
            earlier_imports.proposals(session, nobody, NOW)
    assert count(ready, RecordVersion) == 0


def test_the_database_holds_the_rule_of_two_as_well(ready: DemoInstance) -> None:
    number = proposed(ready, bundle(entry(ONE)))
    by = first(ready).account_id
    for change in (
        f"state = 'confirmed', decided_by = {by}",
        "state = 'confirmed'",
        "decision = 'khác'",
        "source = 'khác'",
        "bundle_sha256 = 'khác'",
    ):
        with pytest.raises(DatabaseError), ready.transaction() as session:
            session.execute(sa.text(f"UPDATE earlier_import SET {change} WHERE id = {number}"))  # noqa: S608
    confirmed(ready, number)
    for statement in (
        f"UPDATE earlier_import SET reason = 'x' WHERE id = {number}",  # noqa: S608
        "DELETE FROM earlier_import",
        "UPDATE earlier_key SET role = 'school_seal'",
        "DELETE FROM earlier_key",
        "UPDATE earlier_year SET source = 'khác'",
        "DELETE FROM earlier_year",
    ):
        with pytest.raises(DatabaseError), ready.transaction() as session:
            session.execute(sa.text(statement))


def test_a_declined_bundle_is_deleted_and_may_come_again(ready: DemoInstance) -> None:
    data = bundle(entry(ONE))
    number = proposed(ready, data)
    with ready.transaction() as session:
        earlier_imports.decline(session, second(ready), number, "Sai số quyết định", NOW)
    with ready.reading() as session:
        assert earlier_imports.bundle_of(session, number) is None
        assert earlier_imports.proposal(session, first(ready), number, NOW).state is ImportState.REJECTED
    with pytest.raises(Refused) as caught:
        confirmed(ready, number)
    assert caught.value.problem is Problem.IMPORT_CLOSED
    assert proposed(ready, data) != number


def test_a_bundle_that_nobody_confirmed_is_deleted(ready: DemoInstance) -> None:
    number, late = proposed(ready, bundle(entry(ONE))), NOW + earlier_imports.LIFE
    with pytest.raises(Refused) as caught:
        confirmed(ready, number, now=late)
    assert caught.value.problem is Problem.IMPORT_CLOSED
    with ready.transaction() as session:
        assert earlier_imports.expire(session, late - timedelta(seconds=1)) == 0
        assert earlier_imports.expire(session, late) == 1
    proposed(ready, bundle(entry(TWO)), now=late)
    with ready.reading() as session:
        assert session.get_one(EarlierImport, number).state == ImportState.EXPIRED.value
        assert earlier_imports.bundle_of(session, number) is None


def test_one_bad_record_never_sinks_the_others(ready: DemoInstance) -> None:
    bad = entry(TWO, sha256="0" * 64)
    number = imported(ready, bundle(entry(ONE), bad))
    with ready.reading() as session:
        lines = earlier_imports.report_of(session, number)
    assert [line.outcome for line in lines] == [Outcome.TAKEN, Outcome.BYTES_DIFFER]
    assert count(ready, RecordVersion) == 1


def test_a_bundle_with_nothing_to_take_cannot_be_confirmed(ready: DemoInstance) -> None:
    number = proposed(ready, bundle(entry(ONE, sha256="0" * 64)))
    with pytest.raises(Refused) as caught:
        confirmed(ready, number)
    assert caught.value.problem is Problem.NOTHING_TO_IMPORT
    with ready.reading() as session:
        assert session.get_one(EarlierImport, number).state == ImportState.WAITING.value


def forged() -> Mapping[str, dict[str, Any]]:
    """Entries that must be refused, by what is wrong with them."""
    keys, head = old_keys(), Role.HEAD
    other = old_record("2024-2025", 4, height_cm="99")
    foreign = replace(TWO, issuing_school=replace(TWO.issuing_school, code="KHONG-CO"))
    neighbour = replace(TWO, issuing_school=replace(TWO.issuing_school, code="MAU-TH-02"))
    swapped = {**entry(TWO), "signatures": entry(other)["signatures"]}
    return {
        "another record's signatures": swapped,
        "no seal": entry(TWO, {head: keys.head}),
        "no signature": entry(TWO, {}),
        "an unknown key": entry(TWO, keys.signers | {head: keys.short_head}),
        "a revoked key": entry(TWO, keys.signers | {head: keys.revoked_before}),
        "roles exchanged": entry(TWO, {head: keys.seal, Role.SCHOOL_SEAL: keys.head}),
        "another school": entry(neighbour),
        "an unknown school": entry(foreign),
        "a date to come": entry(TWO, effective_at=EFFECTIVE["2024-2025"])
        | {"effective_at": (NOW + timedelta(days=1)).isoformat().replace("+00:00", "Z")},
        "a date before the year": entry(TWO) | {"effective_at": "2024-12-31T23:59:59Z"},
        "a date before the signature": entry(TWO) | {"effective_at": "2025-06-20T00:00:00Z"},
        "no sample": entry(replace(TWO, sample=False)),
        "not a record": entry(b"{}"),
        "other bytes": entry(TWO) | {"record": earlier.encoded(to_bytes(other))},
    }


REFUSED = {
    "another record's signatures": (Outcome.SIGNATURE_REFUSED, "digest_differs"),
    "no seal": (Outcome.SIGNATURE_REFUSED, "role_missing"),
    "no signature": (Outcome.SIGNATURE_REFUSED, "role_missing"),
    "an unknown key": (Outcome.SIGNATURE_REFUSED, "not_registered"),
    "a revoked key": (Outcome.SIGNATURE_REFUSED, "not_registered"),
    "roles exchanged": (Outcome.SIGNATURE_REFUSED, "other_role"),
    "another school": (Outcome.SIGNATURE_REFUSED, "other_school"),
    "an unknown school": (Outcome.UNKNOWN_SCHOOL, None),
    "a date to come": (Outcome.BAD_DATE, None),
    "a date before the year": (Outcome.BAD_DATE, None),
    "a date before the signature": (Outcome.SIGNATURE_REFUSED, "signed_in_future"),
    "no sample": (Outcome.SAMPLE_DIFFERS, None),
    "not a record": (Outcome.UNREADABLE, None),
    "other bytes": (Outcome.BYTES_DIFFER, None),
}


def test_records_that_do_not_hold_are_refused_each_for_its_reason(ready: DemoInstance) -> None:
    made = forged()
    data = bundle(*made.values(), counts={"2024-2025": len(made)})
    found = {name: (line.outcome, line.reason) for name, line in zip(made, seen_lines(ready, data), strict=True)}
    assert found == REFUSED


def test_what_cannot_be_known_is_kept_and_shown(ready: DemoInstance) -> None:
    keys = old_keys()
    recognise(ready, Role.HEAD, keys.short_head.certificate)
    signers = keys.signers | {Role.HEAD: keys.short_head}
    data = bundle(entry(ONE, signers))
    (line,) = seen_lines(ready, data)
    assert (line.outcome, line.unknown) == (Outcome.TAKEN, ("revocation_not_kept",))
    number = imported(ready, data)
    with ready.reading() as session:
        (kept,) = earlier_imports.report_of(session, number)
        assert kept.unknown == ("revocation_not_kept",)
        report = session.scalars(sa.select(RecordSignature).where(RecordSignature.role == "head")).one().report
    assert {"question": "not_revoked", "status": "unknown", "reason": "revocation_not_kept", "facts": {}} in report


def test_lists_of_that_time_in_the_bundle_answer(ready: DemoInstance) -> None:
    keys = old_keys()
    recognise(ready, Role.HEAD, keys.short_head.certificate)
    signers = keys.signers | {Role.HEAD: keys.short_head}
    lists = earlier.lists_of(EFFECTIVE["2023-2024"] - timedelta(days=2))
    (line,) = seen_lines(ready, bundle(entry(ONE, signers), lists=lists))
    assert (line.outcome, line.unknown) == (Outcome.TAKEN, ())


def test_a_pupil_who_is_here_already_gets_the_earlier_years(ready: DemoInstance) -> None:
    """Under the code of this system; the old one leads here."""
    taken = ready.locked_class()
    with ready.reading() as session:
        held = session.scalars(sa.select(Transcript).order_by(Transcript.id).limit(1)).one()
        number, code, people = held.id, held.lookup_code, count(ready, Transcript)
        changes = {
            "personal_id": held.personal_id,
            "moet_student_code": held.moet_student_code,
            "full_name": held.full_name,
            "birth_date": held.birth_date,
        }
    assert taken.packet is not None
    old = old_record("2024-2025", 3, **changes)
    (line,) = seen_lines(ready, bundle(entry(old)))
    assert (line.outcome, line.code) == (Outcome.TAKEN, code)
    imported(ready, bundle(entry(old)))
    assert count(ready, Transcript) == people
    with ready.reading() as session:
        alias = session.scalars(sa.select(EarlierCode)).one()
        assert (alias.code, alias.transcript_id) == (OLD_CODE, number)
    assert defects(ready) == []
    assert outcomes(ready, entry(replace(old, school_year="2025-2026"), effective_at=NOW - timedelta(days=1))) == [
        Outcome.SIGNATURE_REFUSED
    ], "an old key says nothing of this year"
    corrected = replace(old, height_cm="140")
    assert outcomes(ready, entry(corrected)) == [Outcome.YEAR_PRESENT]


def test_a_name_or_birth_date_that_differs_is_a_conflict(ready: DemoInstance) -> None:
    imported(ready, bundle(entry(ONE)))
    assert outcomes(ready, entry(replace(TWO, full_name="Người khác"))) == [Outcome.PUPIL_CONFLICT]
    assert outcomes(ready, entry(replace(TWO, personal_id="087315009999"))) == [Outcome.PUPIL_CONFLICT]
    third = replace(TWO, personal_id=None, moet_student_code=None)
    assert outcomes(ready, entry(third)) == [Outcome.TAKEN], "found by the code that the old system signed"


def test_two_records_of_a_pupil_and_year_are_both_refused(ready: DemoInstance) -> None:
    twin = replace(TWO, height_cm="140")
    assert outcomes(ready, entry(TWO), entry(twin), entry(ONE)) == [
        Outcome.DUPLICATE,
        Outcome.DUPLICATE,
        Outcome.TAKEN,
    ]


def test_new_signatures_by_an_old_key_are_refused(ready: DemoInstance) -> None:
    """The old head signs a packet of this year."""
    packet = ready.take_in(WORKBOOKS / "lop-1B.xlsx").packet
    assert packet is not None
    with ready.reading() as session:
        version = session.scalars(sa.select(RecordVersion).limit(1)).one()
        root = version.root_sha256
        record = blobs.get(session, root)
    brought = {root: {role: sign(record, key, NOW) for role, key in old_keys().signers.items()}}
    with ready.transaction() as session:
        done = submit_signatures(session, SYSTEM, packet, brought, old_trust(), NOW)
    assert done.accepted == 0
    assert {check.reason.value for refused in done.refused for check in refused.failed} == {"not_registered"}


ATTACKS = {
    "the source is rewritten": ("UPDATE earlier_year SET source = 'Hệ thống khác'", Defect.EARLIER_YEAR_DIFFERS),
    "the day of the import is moved": (
        "UPDATE earlier_year SET imported_at = '2020-01-01 00:00:00'",
        Defect.EARLIER_YEAR_DIFFERS,
    ),
    "it is passed off as locked here": ("DELETE FROM earlier_year", Defect.EARLIER_YEAR_DIFFERS),
    "the original date is moved": (
        "UPDATE record_version SET effective_at = '2020-01-01 00:00:00'",
        Defect.EFFECTIVE_DATE_DIFFERS,
    ),
    "an old key is gone": ("DELETE FROM earlier_key WHERE role = 'head'", Defect.KEY_DIFFERS),
    "an old key's period is stretched": (
        "UPDATE earlier_key SET valid_to = '2030-01-01 00:00:00' WHERE role = 'head'",
        Defect.KEY_DIFFERS,
    ),
    "an old key is invented": (
        "INSERT INTO earlier_key (id, certificate_sha256, certificate, unit_id, role, valid_from, valid_to, added_at,"
        " log_index) SELECT 900, certificate_sha256, certificate, unit_id, 'homeroom_teacher', valid_from, valid_to,"
        " added_at, 90000 FROM earlier_key WHERE role = 'head'",
        Defect.KEY_DIFFERS,
    ),
    "the old code leads elsewhere": ("UPDATE earlier_code SET code = 'khac'", Defect.EARLIER_YEAR_DIFFERS),
    "a signature is gone": ("DELETE FROM record_signature WHERE role = 'head'", Defect.SIGNATURE_MISSING),
    "the record is deleted": ("delete", Defect.RECORD_GONE),
}


DELETIONS = (
    "DELETE FROM state_change WHERE version_id = 1",
    "DELETE FROM record_signature WHERE version_id = 1",
    "DELETE FROM log_opening WHERE version_id = 1",
    "DELETE FROM earlier_year WHERE version_id = 1",
    "DELETE FROM record_version WHERE id = 1",
)


def test_the_audit_finds_what_was_changed(ready: DemoInstance) -> None:
    imported(ready, bundle(entry(ONE)))
    imported(ready, bundle(entry(replace(TWO, lookup_code="11112222333344448888999900001111"))))
    assert defects(ready) == []
    for name, (statement, defect) in ATTACKS.items():
        with Session(ready.engine) as session:
            drop_guards(session)
            for each in DELETIONS if statement == "delete" else (statement,):
                session.execute(sa.text(each))
            session.expire_all()
            found = audit(session, ready.runtime.log_signer.verifier).problems
            session.rollback()
        assert defect in {each.defect for each in found}, name
    assert defects(ready) == []
