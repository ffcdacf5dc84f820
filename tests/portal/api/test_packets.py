"""Packets through the machine interface: what goes in, what is told of it, and who is told nothing."""

import pytest
import sqlalchemy as sa

from portal.models import Packet, StateChange
from portal.permissions import ApiScope
from tests.portal.api.machines import (
    CLEAN,
    FAULTY,
    NEIGHBOUR_SCHOOL,
    SMALL,
    XLSX,
    Machine,
    code_of,
    machine,
    part,
    signed_file,
)
from tests.portal.worlds import World
from verify.signing import Role


def packets_in(world: World) -> int:
    with world.engine.connect() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(Packet)) or 0


def test_from_the_file_to_the_signatures(world: World) -> None:
    school = machine(world)
    made = school.push(CLEAN, "lan-gui-0001")
    receipt = made.get_json()
    assert (receipt["accepted"], receipt["refused"], len(receipt["rows"])) == (34, 0, 34)
    assert made.headers["Location"] == f"/api/v1/packets/{receipt['packet']}"
    number = receipt["packet"]
    state = school.get(f"/packets/{number}").get_json()
    assert (state["states"], state["accepted"], state["class_name"]) == ({"draft": 34}, 34, "4A1")
    file = school.get(f"/packets/{number}/file").data
    done = school.send(
        "POST", f"/packets/{number}/signatures", 200, data=signed_file(world, file), content_type="application/json"
    ).get_json()
    assert done == {"packet": number, "accepted": 34, "waiting": 0, "refused": []}
    assert school.get(f"/packets/{number}").get_json()["states"] == {"accepted": 34}
    assert code_of(school.get(f"/packets/{number}/file", 409)) == "nothing_to_do"


def test_history_names_the_software(small_world: World) -> None:
    machine(small_world).push(CLEAN, "lan-gui-0001")
    with small_world.engine.connect() as connection:
        actors = set(connection.scalars(sa.select(StateChange.actor)))
    assert any(actor.startswith("Phần mềm mẫu (khóa API ") for actor in actors)


def test_each_fault_is_told_by_row(world: World) -> None:
    school = machine(world)
    receipt = school.push(FAULTY, "lan-gui-0001").get_json()
    assert receipt["refused"] > 0
    assert receipt["accepted"] > 0
    bad = [row for row in receipt["rows"] if not row["accepted"]]
    assert len(bad) == receipt["refused"]
    for row in bad:
        assert row["lookup_code"] is None
        assert row["errors"]
        for error in row["errors"]:
            assert error["field"]
            assert error["message"]
    first = school.get(f"/packets/{receipt['packet']}/rows", page=1, per_page=20).get_json()
    second = school.get(f"/packets/{receipt['packet']}/rows", page=2, per_page=20).get_json()
    assert [*first["rows"], *second["rows"]] == receipt["rows"][:40]
    assert (first["pages"], first["total"]) == (-(-len(receipt["rows"]) // 20), len(receipt["rows"]))
    assert school.get(f"/packets/{receipt['packet']}/rows", page=99).get_json()["rows"] == []


def test_a_part_of_a_form_is_the_same_file(small_world: World) -> None:
    school = machine(small_world)
    first = school.push(CLEAN, "lan-gui-0001").get_json()
    again = school.send(
        "POST",
        "/packets",
        200,
        query={"school_year": "2025-2026"},
        data=part(CLEAN),
        content_type="multipart/form-data",
        word="lan-gui-0002",
    )
    assert again.get_json() == first
    assert "Idempotency-Replayed" not in again.headers


def test_the_list_is_of_this_school_newest_first(world: World) -> None:
    school = machine(world)
    before = [each["packet"] for each in school.get("/packets").get_json()["packets"]]
    one = school.push(CLEAN, "lan-gui-0001").get_json()["packet"]
    two = school.push(SMALL, "lan-gui-0002").get_json()["packet"]
    page = school.get("/packets", per_page=2).get_json()
    assert [each["packet"] for each in page["packets"]] == [two, one]
    assert page["next"] == one
    seen = [two, one]
    while page["next"] is not None:
        school.push(FAULTY, "lan-gui-0003")  # what comes meanwhile shifts nothing
        page = school.get("/packets", per_page=2, before=page["next"]).get_json()
        seen += [each["packet"] for each in page["packets"]]
    assert seen == [two, one, *before]
    years = school.get("/packets", school_year="1999-2000").get_json()
    assert years == {"packets": [], "next": None}
    assert code_of(school.get("/packets", 400, page=2)) == "invalid_parameters"
    assert machine(world, NEIGHBOUR_SCHOOL).get("/packets").get_json()["packets"] == []


@pytest.mark.parametrize("below", ["", "/rows", "/file"])
def test_a_packet_of_others_is_a_packet_that_does_not_exist(world: World, below: str) -> None:
    number = machine(world).push(CLEAN, "lan-gui-0001").get_json()["packet"]
    neighbour = machine(world, NEIGHBOUR_SCHOOL)
    foreign, unknown = neighbour.get(f"/packets/{number}{below}", 404), neighbour.get(f"/packets/987654{below}", 404)
    assert foreign.data == unknown.data
    assert dict(foreign.headers) == dict(unknown.headers)
    neighbour.get(f"/packets/{10**30}{below}", 404)
    neighbour.get(f"/packets/0{below}", 404)


def test_signatures_for_a_packet_of_others(world: World) -> None:
    school = machine(world)
    number = school.push(SMALL, "lan-gui-0001").get_json()["packet"]
    data = signed_file(world, school.get(f"/packets/{number}/file").data)
    neighbour = machine(world, NEIGHBOUR_SCHOOL)
    answers = [
        neighbour.send("POST", f"/packets/{each}/signatures", 404, data=data, content_type="application/json")
        for each in (number, 987654)
    ]
    assert answers[0].data == answers[1].data
    assert school.get(f"/packets/{number}").get_json()["states"] == {"draft": 31}


def test_signatures_that_do_not_count_are_named_with_their_reason(small_world: World) -> None:
    school = machine(small_world)
    one = school.push(SMALL, "lan-gui-0001").get_json()["packet"]
    two = school.push(CLEAN, "lan-gui-0002").get_json()["packet"]
    file = school.get(f"/packets/{one}/file").data

    def bring(number: int, data: bytes, status: int) -> dict[str, object]:
        answer = school.send(
            "POST", f"/packets/{number}/signatures", status, data=data, content_type="application/json"
        )
        return dict(answer.get_json())

    assert bring(one, file, 422)["code"] == "not_signed"
    assert bring(two, signed_file(small_world, file), 422)["code"] == "packet_changed"
    assert bring(one, b"{}", 422)["code"] == "packet_changed"
    assert bring(one, b"", 422)["code"] == "packet_changed"
    seal_only = bring(one, signed_file(small_world, file, (Role.SCHOOL_SEAL,)), 200)
    assert (seal_only["accepted"], seal_only["waiting"]) == (0, 31)
    exchanged = signed_file(small_world, file).replace(b'"head":', b'"homeroom_teacher":')
    refused = bring(one, exchanged, 200)["refused"]
    assert isinstance(refused, list)
    assert len(refused) == 31
    assert refused[0]["role"] == "homeroom_teacher"
    assert [reason["code"] for reason in refused[0]["reasons"]] == ["other_role"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"khong phai bang tinh", "not_a_workbook"),
        (CLEAN[:4000], "damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, None),
    ],
    ids=["empty", "text", "cut off", "old format"],
)
def test_a_refused_file(small_world: World, data: bytes, code: str | None) -> None:
    school = machine(small_world)
    before = packets_in(small_world)
    refused = school.push(data, "lan-gui-0001", 422)
    assert code in (None, code_of(refused))
    assert packets_in(small_world) == before
    again = school.push(data, "lan-gui-0001", 422)
    assert again.data == refused.data
    assert again.headers["Idempotency-Replayed"] == "true"


def test_a_file_of_another_year_or_grade(small_world: World) -> None:
    school = machine(small_world)
    assert code_of(school.push(CLEAN, "lan-gui-0001", 422, year="2024-2025")) == "other_school_year"
    assert code_of(school.push(CLEAN, "lan-gui-0002", 422, grade=2)) == "wrong_grade"
    school.push(CLEAN, "lan-gui-0003", 201, grade=4)


def test_when_no_row_is_good_nothing_is_stored(small_world: World) -> None:
    machine(small_world).push(CLEAN, "lan-gui-0001")
    before = packets_in(small_world)
    neighbour = machine(small_world, NEIGHBOUR_SCHOOL)
    refused = neighbour.push(CLEAN, "lan-gui-0001", 422).get_json()
    assert refused["code"] == "no_good_rows"
    assert len(refused["rows"]) == 34
    assert {row["errors"][0]["code"] for row in refused["rows"]} == {"other_schools_year"}
    assert packets_in(small_world) == before


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, "school_year"),
        ({"school_year": "2025"}, "school_year"),
        ({"school_year": "2025-2026", "grade": "6"}, "grade"),
        ({"school_year": "2025-2026", "grade": "bốn"}, "grade"),
        ({"school_year": "2025-2026", "lop": "4A1"}, "lop"),
        ({"school_year": ["2025-2026", "2024-2025"]}, "school_year"),
    ],
)
def test_a_wrong_parameter_is_named(small_world: World, query: dict[str, object], field: str) -> None:
    answer = machine(small_world).send(
        "POST", "/packets", 400, query=query, data=CLEAN, content_type=XLSX, word="lan-gui-0001"
    )
    assert code_of(answer) == "invalid_parameters"
    (error,) = answer.get_json()["errors"]
    assert error["field"] == field
    assert error["message"].endswith(".")


def test_years_that_do_not_follow_each_other(small_world: World) -> None:
    assert code_of(machine(small_world).push(CLEAN, "lan-gui-0001", 400, year="2025-2027")) == "bad_school_year"


@pytest.mark.parametrize("content_type", ["text/csv", "application/json", "application/x-www-form-urlencoded", ""])
def test_another_kind_of_body(small_world: World, content_type: str) -> None:
    machine(small_world).push(CLEAN, "lan-gui-0001", 415, content_type=content_type)


def test_too_large(small_world: World) -> None:
    school = machine(small_world)
    large = b"PK" + b"\0" * (10 * 1024 * 1024)
    school.push(large, "lan-gui-0001", 413)
    school.send(
        "POST",
        "/packets",
        413,
        query={"school_year": "2025-2026"},
        data=part(large),
        content_type="multipart/form-data",
        word="lan-gui-0001",
    )


@pytest.mark.parametrize(
    "data", [{}, part(b"x", "tep"), {**part(b"x"), "note": "x"}, {**part(b"x"), **part(b"y", "tep")}]
)
def test_a_form_with_other_parts(small_world: World, data: dict[str, object]) -> None:
    answer = machine(small_world).send(
        "POST",
        "/packets",
        400,
        query={"school_year": "2025-2026"},
        data=data,
        content_type="multipart/form-data; boundary=x" if not data else "multipart/form-data",
        word="lan-gui-0001",
    )
    assert answer.get_json()["errors"][0]["field"] == "file"


def test_a_form_that_breaks_off(small_world: World) -> None:
    broken = "multipart/form-data; boundary=x"
    machine(small_world).push(b"--x\r\nContent-Disp", "lan-gui-0001", 400, content_type=broken)


def test_a_key_that_may_only_read_writes_nothing(small_world: World) -> None:
    school = machine(small_world, scopes=(ApiScope.PACKETS_READ,))
    before = packets_in(small_world)
    school.get("/packets")
    assert code_of(school.push(CLEAN, "lan-gui-0001", 403)) == "api_scope_missing"
    assert packets_in(small_world) == before


def test_methods(small_world: World) -> None:
    school: Machine = machine(small_world)
    answer = school.send("DELETE", "/packets", 405)
    assert set(answer.headers["Allow"].replace(" ", "").split(",")) == {"GET", "HEAD", "OPTIONS", "POST"}
    assert code_of(school.send("GET", "/khong-co", 404)) == "no_such_address"
    assert code_of(school.send("GET", "/packets/abc", 404)) == "no_such_address"
