"""Encrypted values that somebody moved or cut in the database: never shown as something else; the audit names them."""

import pytest
import sqlalchemy as sa

from portal.encryption.faults import KeyFault
from portal.errors import Fault, Problem
from portal.models import RecordVersion, Transcript
from portal.services import audit, blobs
from portal.services.audit import AuditProblem, Defect
from tests.instances import DemoInstance
from tests.sabotage import silently

_OTHER = "(SELECT o.{0} FROM transcript o WHERE o.id = 2)"


def problems(instance: DemoInstance) -> tuple[AuditProblem, ...]:
    with instance.reading() as session:
        return audit.audit(session, instance.runtime.log_signer.verifier).problems


def damage(instance: DemoInstance, statement: str) -> None:
    instance.engine.dispose()
    with silently(instance.settings) as session:
        session.execute(sa.text(statement))


def code_of(instance: DemoInstance, number: int) -> str:
    with instance.reading() as session:
        return session.get_one(RecordVersion, number).root_sha256


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("birth_date", "personal_id"),
        ("moet_student_code", "personal_id"),
        ("personal_id", "substr(personal_id, 1, 40)"),
        ("personal_id", "'079316000001'"),
        ("birth_date", "'2016-01-02'"),
        ("birth_date", "''"),
    ],
)
def test_a_value_that_was_moved_cut_or_written_plain_is_refused_and_named(
    instance: DemoInstance, column: str, value: str
) -> None:
    damage(instance, f"UPDATE transcript SET {column} = {value} WHERE id = 1")  # noqa: S608
    with pytest.raises(KeyFault) as told, instance.reading() as session:
        session.get(Transcript, 1)
    assert (told.value.problem, told.value.detail) == (Problem.VALUE_BROKEN, {"place": f"transcript.{column}"})
    with instance.reading() as session:
        code = session.scalars(sa.select(Transcript.lookup_code).where(Transcript.id == 1)).one()
    assert [(each.defect, each.lookup_code, each.detail) for each in problems(instance)] == [
        (Defect.COLUMNS_DIFFER, code, column)
    ]


def test_a_number_of_another_pupil_does_not_match_the_index(instance: DemoInstance) -> None:
    damage(instance, f"UPDATE transcript SET personal_id = {_OTHER.format('personal_id')} WHERE id = 1")  # noqa: S608
    assert [(each.defect, each.detail) for each in problems(instance)] == [(Defect.COLUMNS_DIFFER, "personal_id")]


@pytest.mark.parametrize(
    "value", ["substr(data, 1, 30)", "(SELECT o.data FROM blob o WHERE o.sha256 <> blob.sha256 ORDER BY 1 LIMIT 1)"]
)
def test_signed_bytes_that_were_cut_or_exchanged_are_named_by_the_audit(instance: DemoInstance, value: str) -> None:
    digest = code_of(instance, 1)
    damage(instance, f"UPDATE blob SET data = {value} WHERE sha256 = '{digest}'")  # noqa: S608
    with instance.reading() as session, pytest.raises(Fault) as told:
        blobs.get(session, digest)
    assert told.value.problem is Problem.STORE_DAMAGED
    assert Defect.BYTES_CHANGED in {each.defect for each in problems(instance)}
