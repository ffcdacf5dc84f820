"""The audit finds a standing that was invented, changed or removed with the database's guards off, and by its name."""

import pytest
import sqlalchemy as sa

from portal.models import Correction, CorrectionKind, RecordStanding, RecordVersion
from portal.services.audit import audit
from tests.instances import DemoInstance
from tests.portal.correcting import act, code_of, effect, supersession, switch, versions
from tests.sabotage import silently
from verify.log import decisions


@pytest.fixture
def acted(instance: DemoInstance) -> DemoInstance:
    """One record superseded, one revoked, one annotated."""
    switch(instance)
    supersession(instance, code_of(instance, 0))
    act(instance, code_of(instance, 1), CorrectionKind.REVOKE)
    act(instance, code_of(instance, 2), CorrectionKind.ANNOTATE)
    assert effect(instance) == 3
    return instance


def found(instance: DemoInstance) -> set[tuple[str, str]]:
    with instance.reading() as session:
        problems = audit(session, instance.runtime.log_signer.verifier).problems
    return {(each.defect.value, each.detail) for each in problems}


ATTACKS = {
    "revocation removed": ("DELETE FROM record_standing WHERE state = 'revoked'", "MAU-TH-01 2025-2026"),
    "revocation softened": ("UPDATE record_standing SET state = 'annotated' WHERE state = 'revoked'", "state"),
    "decision changed": ("UPDATE record_standing SET decision = '1/QĐ' WHERE state = 'revoked'", "decision"),
    "day changed": ("UPDATE record_standing SET since = '2026-07-01 00:00:00.000000' WHERE state = 'revoked'", "since"),
    "other version": ("UPDATE record_standing SET by_version = 3 WHERE state = 'superseded'", "by_version"),
    "moved to another record": (
        "UPDATE record_standing SET version_id = version_id + 1 WHERE state = 'annotated'",
        "record",
    ),
    "words of the note changed": ("UPDATE correction SET note = 'khác' WHERE kind = 'annotate'", "correction"),
    "second official forged away": (
        "UPDATE correction SET due_at = '2027-01-01 00:00:00.000000' WHERE kind = 'revoke'",
        "correction",
    ),
    "opening of another": (
        "UPDATE record_standing SET opening = (SELECT o.opening FROM record_standing o WHERE o.state = 'superseded')"
        " WHERE state = 'revoked'",
        "commitment",
    ),
    "no opening": ("UPDATE record_standing SET opening = '' WHERE state = 'revoked'", "opening"),
    "decision's file changed": (
        "UPDATE blob SET data = '' WHERE sha256 = (SELECT file_sha256 FROM correction WHERE kind = 'revoke')",
        "file",
    ),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_a_standing_that_is_not_what_its_leaf_says(acted: DemoInstance, name: str) -> None:
    statement, detail = ATTACKS[name]
    assert found(acted) == set()
    with silently(acted.settings) as session:
        session.execute(sa.text(statement))
    assert ("standing_differs", detail) in found(acted)


def test_a_standing_that_was_invented(acted: DemoInstance) -> None:
    """All columns in order, the act of two officials too: only the leaf is missing."""
    with silently(acted.settings) as session:
        victim = versions(session, code_of(acted, 3))[0]
        model = session.scalars(sa.select(RecordStanding).where(RecordStanding.state == "revoked")).one()
        forged = _copy(session.get_one(Correction, model.correction_id), id=900, version_id=victim.id)
        session.execute(sa.insert(Correction), [forged])
        row = _copy(model, id=900, version_id=victim.id, correction_id=900, log_index=model.log_index + 100)
        session.execute(sa.insert(RecordStanding), [row])
    assert ("standing_differs", "MAU-TH-01 2025-2026") in found(acted)


def test_a_second_version_that_was_locked_without_a_decision(acted: DemoInstance) -> None:
    """The supersession is taken away, row and all: the two locked versions contradict each other."""
    with silently(acted.settings) as session:
        session.execute(sa.text("DELETE FROM record_standing WHERE state = 'superseded'"))
    assert ("standing_differs", "two versions in force") in found(acted)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE correction_policy SET delay_days = 1",
        "DELETE FROM correction_policy",
        "UPDATE correction_policy SET decided_at = '2026-07-01 00:00:00.000000'",
    ],
)
def test_a_regulation_that_is_not_what_its_leaf_says(acted: DemoInstance, statement: str) -> None:
    with silently(acted.settings) as session:
        session.execute(sa.text(statement))
    assert ("policy_differs", "corrections") in found(acted)


def _copy(row: object, **changed: object) -> dict[str, object]:
    columns = sa.inspect(type(row)).column_attrs.keys()
    return {name: getattr(row, name) for name in columns} | changed


def test_an_opening_reads_back(acted: DemoInstance) -> None:
    with acted.reading() as session:
        for row in session.scalars(sa.select(RecordStanding)):
            decided, salt = decisions.read_opening(row.opening)
            assert decisions.opening_bytes(decided, salt) == row.opening
            version = session.get_one(RecordVersion, row.version_id)
            assert (decided.version, decided.record_sha256) == (version.version, version.root_sha256)
