"""A signed XML packet pushed by a school's software: taken at once, told by record, kept byte for byte."""

from sqlalchemy.orm import Session

from portal.web import clock
from tests.portal.api.machines import code_of, machine
from tests.portal.worlds import World
from tests.portal.xml_packets import CHAIN, XML, YEAR, contents, register_teachers, signed
from verify.canonical import sha256
from verify.containers.roots import read_root


def with_teachers(held: World) -> World:
    with Session(held.engine) as session, session.begin():
        register_teachers(session, held.runtime, clock.read())
    return held


def test_a_signed_packet_is_accepted_at_once(world: World) -> None:
    with_teachers(world)
    school = machine(world)
    data = signed(world.runtime, clock.read(), contents())
    made = school.push(data, "goi-xml-0001", year=YEAR, content_type=XML)
    receipt = made.get_json()
    assert (receipt["accepted"], receipt["refused"]) == (2, 0)
    assert [row["warnings"] for row in receipt["rows"]] == [receipt["rows"][0]["warnings"]] * 2
    assert school.get(f"/packets/{receipt['packet']}").get_json()["states"] == {"accepted": 2}
    again = school.push(data, "goi-xml-0002", 200, year=YEAR, content_type=XML).get_json()
    assert again == receipt
    code = receipt["rows"][0]["lookup_code"]
    answer = school.get(f"/records/{code}/{YEAR}/record")
    assert answer.mimetype == XML
    assert answer.headers["ETag"] == f'"{sha256(answer.data)}"'
    assert read_root(answer.data).content == contents()[0]


def test_who_has_not_signed_yet_and_what_fails_is_told_by_record(small_world: World) -> None:
    school = machine(small_world)
    begun = signed(small_world.runtime, clock.read(), contents(), CHAIN[2:3])
    receipt = school.push(begun, "goi-xml-0001", year=YEAR, content_type=XML).get_json()
    found = {(each["field"], each["code"]) for row in receipt["rows"] for each in row["warnings"]}
    assert ("signatures", "role_missing") in found
    assert school.get(f"/packets/{receipt['packet']}").get_json()["states"] == {"submitted": 2}
    whole = signed(small_world.runtime, clock.read(), contents())
    refused = school.push(whole, "goi-xml-0002", 422, year=YEAR, content_type=XML)
    assert code_of(refused) == "no_good_rows"
    errors = refused.get_json()["rows"][0]["errors"]
    assert {(each["field"], each["code"]) for each in errors} == {("signatures", "not_registered")}
    assert "Giáo viên bộ môn" in errors[0]["message"]


def test_what_is_no_packet_is_refused_with_its_reason_and_kept_with_the_token(small_world: World) -> None:
    school = machine(small_world)
    data = b"<!DOCTYPE GoiHocBa><GoiHocBa/>"
    first = school.push(data, "goi-xml-0001", 422, year=YEAR, content_type=XML)
    assert code_of(first) == "xml_dtd"
    assert school.push(data, "goi-xml-0001", 422, year=YEAR, content_type=XML).get_json() == first.get_json()
