"""Grade 6 for software: a school gets what it is entitled to and not more; who has no grade 6 gets nothing."""

from typing import Final

import schemathesis
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.models import AccessEvent, Account, Transcript
from tests.factories import year_record
from tests.portal.api.machines import code_of, machine
from tests.portal.worlds import LOCKED_NAME, World

SECONDARY: Final = "MAU-THCS-01"
PAGE: Final = "/tuyen-sinh-6"


def claimed(world: World) -> None:
    """The clerk puts a locked and an unlocked pupil on the list."""
    with Session(world.engine) as session:
        rows = session.execute(sa.select(Transcript.lookup_code, Transcript.birth_date))
        born = {row.lookup_code: row.birth_date for row in rows}
    typed = "\n".join(f"{code}, {born[code]:%d/%m/%Y}" for code in (world.codes.locked, world.codes.accepted))
    browser = world.signed_in("thcs01.vanthu")
    browser.submit(browser.get(PAGE), PAGE, {"typed": typed}, 303)


def looks(world: World) -> list[tuple[str, str]]:
    """Whose results software took, and under which name."""
    with Session(world.engine) as session:
        rows = session.execute(
            sa.select(Transcript.lookup_code, Account.display_name)
            .select_from(AccessEvent)
            .join(Transcript, Transcript.id == AccessEvent.transcript_id)
            .join(Account, Account.id == AccessEvent.account_id)
            .where(AccessEvent.action == "records.export")
        )
        return [(code, name) for code, name in rows]


def test_results_are_told_for_what_is_locked_and_for_nothing_else(world: World) -> None:
    claimed(world)
    software = machine(world, SECONDARY)
    listed = {each["lookup_code"]: each for each in software.get("/admissions").get_json()["pupils"]}
    assert {code: each["state"] for code, each in listed.items()} == {
        world.codes.locked: "locked",
        world.codes.accepted: "not_locked",
    }
    assert listed[world.codes.accepted]["message"] == "Chưa chốt"
    assert looks(world) == []  # the list says nothing of results
    answer = software.get("/admissions/results")
    found = {each["lookup_code"]: each for each in answer.get_json()["pupils"]}
    locked, waiting = found[world.codes.locked], found[world.codes.accepted]
    record = year_record(5)
    assert (locked["full_name"], locked["school_year"], locked["grade"]) == (LOCKED_NAME, record.school_year, 5)
    assert {each["subject"]: (each["level"], each["score"]) for each in locked["subjects"]} == {
        code: (result.level.value, result.score) for code, result in record.subjects.items()
    }
    assert locked["overall_result"] == record.overall_result.value
    assert (waiting["subjects"], waiting["overall_result"], waiting["awards"]) == (None, None, None)
    for secret in (record.ethnicity, record.height_cm, record.address):
        assert str(secret) not in answer.get_data(as_text=True)
    assert sorted(code for code, _name in looks(world)) == sorted((world.codes.locked, world.codes.accepted))
    assert all("khóa API" in name for _code, name in looks(world))


def test_a_list_is_of_the_own_school_and_needs_a_grade_six(world: World) -> None:
    claimed(world)
    for path in ("/admissions", "/admissions/results"):
        assert code_of(machine(world).get(path, 404)) == "not_found"
    other = machine(world, SECONDARY)
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", world.app)
    for path in ("/admissions", "/admissions/results"):
        case = schema[f"/api/v1{path}"]["GET"].Case()
        case.call_and_validate(headers={"Authorization": f"Bearer {other.token}"})
