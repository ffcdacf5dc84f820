"""After the lock, for the school's software: which version holds, by which decision, and the receipt of each one."""

from base64 import b64decode
from datetime import datetime
from typing import Any

import pytest

from tests.portal.api.machines import NEIGHBOUR_SCHOOL, Machine, code_of, machine, years_of
from tests.portal.views.correction_journeys import (
    DAY,
    DECISION,
    DUE,
    NOTE,
    YEAR,
    begin,
    come_due,
    confirm,
    supersede,
    switch_on,
)
from tests.portal.views.lock_journeys import OFFICIAL, turn_clock
from tests.portal.worlds import DEPARTMENT, World
from verify.canonical import sha256
from verify.log import receipt as receipts
from verify.log.commitments import read_opening
from verify.log.leaves import LockLeaf, from_bytes


@pytest.fixture(autouse=True)
def _day(monkeypatch: pytest.MonkeyPatch) -> None:
    turn_clock(monkeypatch, DAY)


def versions(school: Machine, code: str, year: str = YEAR) -> list[dict[str, Any]]:
    held = school.get(f"/records/{code}/{year}").get_json()
    assert (held["lookup_code"], held["school_year"]) == (code, year)
    return list(held["versions"])


def test_each_version_of_a_superseded_year_is_told_and_proven(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    code = world.codes.locked
    (before,) = versions(machine(world), code)
    assert (before["version"], before["state"], before["standing"], before["decision"]) == (
        1,
        "locked",
        "in_force",
        None,
    )
    switch_on(world)
    supersede(world, code)
    school = machine(world)
    new, old = versions(school, code)
    assert (new["version"], new["state"], new["standing"], new["effective_at"]) == (2, "accepted", None, None)
    assert old == before, "nothing has happened until the day"
    assert (
        school.get(f"/records/{code}/{YEAR}/record").data
        == school.get(f"/records/{code}/{YEAR}/record", version=1).data
    )
    turn_clock(monkeypatch, DUE)
    assert come_due(world) == 1
    new, old = versions(school, code)
    assert (new["version"], new["state"], new["standing"], new["since"]) == (2, "locked", "in_force", None)
    assert (old["version"], old["state"], old["standing"]) == (1, "locked", "superseded")
    assert (old["decision"], old["by_version"]) == (DECISION, 2)
    assert datetime.fromisoformat(str(old["since"])) == DUE
    for held in (new, old):
        proven(school, code, held)
    assert (
        school.get(f"/records/{code}/{YEAR}/receipt").data
        == school.get(f"/records/{code}/{YEAR}/receipt", version=2).data
    )


def proven(school: Machine, code: str, held: dict[str, Any]) -> None:
    """Record, receipt and evidence are of that version."""
    number = held["version"]
    record = school.get(f"/records/{code}/{YEAR}/record", version=number)
    proof = receipts.parse(school.get(f"/records/{code}/{YEAR}/receipt", version=number).data)
    evidence = school.get(f"/records/{code}/{YEAR}/evidence", version=number).get_json()
    assert record.headers["ETag"] == f'"{sha256(b64decode(evidence["record"]))}"'
    assert proof.index == held["log_index"]
    assert evidence["version"] == number == read_opening(evidence["opening"].encode()).version
    assert isinstance(from_bytes(evidence["leaf"].encode()), LockLeaf)


def test_an_annotation_comes_with_its_words_and_a_revocation_ends(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = world.codes.locked
    earlier = next(year for year in years_of(world, code) if year != YEAR)
    switch_on(world)
    first, second = world.signed_in(DEPARTMENT), world.signed_in(OFFICIAL)
    confirm(second, world, begin(first, code, "ghi-chu"))
    confirm(second, world, begin(first, code, "thu-hoi", school_year=earlier))
    turn_clock(monkeypatch, DUE)
    assert come_due(world) == 2
    school = machine(world)
    (annotated,), (revoked,) = versions(school, code), versions(school, code, earlier)
    assert annotated["standing"] == "annotated"
    (note,) = annotated["notes"]
    assert (note["note"], note["decision"]) == (NOTE, DECISION)
    assert (revoked["standing"], revoked["by_version"], revoked["notes"]) == ("revoked", None, [])
    receipts.parse(school.get(f"/records/{code}/{earlier}/receipt").data)


def test_before_the_lock_a_version_has_no_standing_and_others_learn_nothing(world: World) -> None:
    school, neighbour = machine(world), machine(world, NEIGHBOUR_SCHOOL)
    (year,) = years_of(world, world.codes.draft)
    (draft,) = versions(school, world.codes.draft, year)
    assert (draft["state"], draft["standing"], draft["log_index"]) == ("draft", None, None)
    locked = world.codes.locked
    answers = [
        neighbour.get(f"/records/{locked}/{YEAR}", 404),
        school.get(f"/records/{world.codes.unknown}/{YEAR}", 404),
        school.get(f"/records/{world.codes.withdrawn}/{YEAR}", 404),
        school.get(f"/records/{locked}/{YEAR}/receipt", 404, version=2),
        school.get(f"/records/{locked}/{YEAR}/evidence", 404, version=2),
        school.get(f"/records/{locked}/{YEAR}/record", 404, version=2),
        neighbour.get(f"/records/{locked}/{YEAR}/record", 404, version=1),
    ]
    assert len({answer.data for answer in answers}) == 1
    for wrong in ("0", "-1", "mot", str(2**31)):
        answer = school.get(f"/records/{locked}/{YEAR}/record", 400, version=wrong)
        assert code_of(answer) == "invalid_parameters"
