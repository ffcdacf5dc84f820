"""Locked means locked: the database refuses, on SQLite and PostgreSQL; with the guard removed, the audit tells."""

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError

from portal.services.audit import Defect, audit
from tests.instances import DemoInstance
from tests.sabotage import ATTACKS, Attack, without_guards

REFUSED = (
    "UPDATE record_version SET full_name = 'Ai khác' WHERE state = 'locked'",
    "UPDATE record_version SET state = 'draft' WHERE state = 'locked'",
    "UPDATE record_version SET effective_at = NULL WHERE state = 'locked'",
    "DELETE FROM record_version WHERE state = 'locked'",
    "UPDATE blob SET data = data",
    "DELETE FROM blob",
    "DELETE FROM record_signature",
    "UPDATE record_signature SET signer_name = 'Ai khác'",
    "UPDATE year_record SET school_year = '1999-2000'",
    "DELETE FROM transcript",
    "UPDATE transcript SET lookup_code = 'x' || lookup_code",
    "DELETE FROM log_entry",
    "UPDATE log_tile SET hashes = hashes",
    "DELETE FROM log_checkpoint",
    "DELETE FROM log_opening",
    "DELETE FROM state_change",
    "DELETE FROM key_authorisation",
)


@pytest.mark.parametrize("statement", REFUSED)
def test_the_database_refuses(instance: DemoInstance, statement: str) -> None:
    with pytest.raises(DatabaseError, match="is locked"), instance.transaction() as session:
        session.execute(sa.text(statement))


def test_an_untouched_instance_has_no_problem(instance: DemoInstance) -> None:
    with instance.reading() as session:
        report = audit(session, instance.runtime.log_signer.verifier)
    assert report.problems == ()
    assert report.records == 34
    # 34 records and the demo's keys
    assert report.entries > 34


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_with_the_guards_removed_the_audit_names_the_record(instance: DemoInstance, attack: Attack) -> None:
    code = without_guards(instance.settings, attack)
    with instance.reading() as session:
        report = audit(session, instance.runtime.log_signer.verifier)
    defects = {problem.defect for problem in report.problems}
    assert attack.defect in defects
    assert Defect.GUARD_MISSING in defects
    if attack.names_record:
        assert code in {problem.lookup_code for problem in report.problems}
    assert len({problem.lookup_code for problem in report.problems if problem.lookup_code}) <= 1
