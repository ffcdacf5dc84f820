"""`hocba examine` on XML packets signed with the demo's real keys."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from portal.demo.units import SCHOOL
from portal.runtime import Runtime, demo_signer, open_runtime
from portal.settings import Settings
from tests.factories import content_of, issuing_school, year_record
from tests.portal.cli.test_commands import Hocba
from verify.containers.xmldsig.signing import sign_packet
from verify.containers.xmldsig.writing import packet
from verify.signing import Role


@pytest.fixture(scope="module")
def hocba(tmp_path_factory: pytest.TempPathFactory) -> Hocba:
    made = Hocba(tmp_path_factory.mktemp("xml") / "instance")
    assert made("init", "--demo").status == 0
    return made


def signed(hocba: Hocba, path: Path, school: str, *roles: Role, coded: bool = True) -> Path:
    """coded: the records say under which lookup code they stand."""
    now = datetime.now(UTC)
    runtime: Runtime = open_runtime(Settings(data=hocba.data), now)
    records = [
        year_record(4),
        year_record(
            4,
            lookup_code="9d8c7b6a5f4e4d3c9b2a1f0e9d8c7b6a",
            moet_student_code="8712345679",
            personal_id="087315001235",
            full_name="Trần Thị Ẩn",
        ),
    ]
    data = packet(records if coded else [content_of(record) for record in records])
    assert runtime.authority is not None
    for role in roles:
        signer = demo_signer(runtime.authority, school, role, now)
        data = sign_packet(data, signer, role, now.replace(microsecond=0) - timedelta(minutes=1))
    runtime.close()
    path.write_bytes(data)
    return path


def test_a_packet_signed_by_head_and_seal_is_ready(hocba: Hocba, tmp_path: Path) -> None:
    assert issuing_school().code == SCHOOL
    path = signed(hocba, tmp_path / "goi.xml", SCHOOL, Role.HEAD, Role.SCHOOL_SEAL)
    ran = hocba("examine", path, "--school", SCHOOL, "--json")
    assert ran.status == 0, ran.out + ran.err
    assert [line["accepted"] for line in ran.lines] == [True, True]
    assert {held["role"] for held in ran.lines[0]["signatures"]} == {"head", "school_seal"}


def test_who_has_not_signed_yet_is_told(hocba: Hocba, tmp_path: Path) -> None:
    path = signed(hocba, tmp_path / "goi.xml", SCHOOL, Role.HEAD)
    ran = hocba("examine", path, "--school", SCHOOL, "--json")
    assert ran.status == 1
    assert [line["missing"] for line in ran.lines] == [["school_seal"], ["school_seal"]]
    assert "Con dấu số của nhà trường" in hocba("examine", path, "--school", SCHOOL).out


def test_another_schools_keys_are_refused_with_the_reason(hocba: Hocba, tmp_path: Path) -> None:
    path = signed(hocba, tmp_path / "goi.xml", "MAU-TH-02", Role.HEAD, Role.SCHOOL_SEAL)
    ran = hocba("examine", path, "--school", SCHOOL, "--json")
    assert ran.status == 1
    assert "other_school" in ran.lines[0]["reasons"]


def test_what_is_no_packet_is_one_sentence(hocba: Hocba, tmp_path: Path) -> None:
    path = tmp_path / "goi.xml"
    path.write_bytes(b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>")
    ran = hocba("examine", path, "--school", SCHOOL)
    assert (ran.status, ran.out) == (1, "")
    assert ran.err.strip()


def test_the_same_packet_is_taken_in(hocba: Hocba, tmp_path: Path) -> None:
    path = signed(hocba, tmp_path / "goi.xml", SCHOOL, Role.HEAD, Role.SCHOOL_SEAL, coded=False)
    command = ("import", path, "--school", SCHOOL, "--year", "2024-2025", "--json")
    ran = hocba(*command)
    assert ran.status == 0, ran.out + ran.err
    (told,) = ran.lines
    assert (told["accepted"], told["refused"]) == (2, 0)
    assert hocba(*command).lines == ran.lines, "the same file has the same receipt"
    locked = hocba("lock", told["packet"])
    assert locked.status == 0, locked.out + locked.err
    audited = hocba("audit", "--json")
    assert (audited.status, audited.lines[0]["problems"]) == (0, [])


def test_why_a_packet_is_not_taken_in_is_told(hocba: Hocba, tmp_path: Path) -> None:
    path = signed(hocba, tmp_path / "goi.xml", "MAU-TH-02", Role.HEAD, Role.SCHOOL_SEAL, coded=False)
    ran = hocba("import", path, "--school", SCHOOL, "--year", "2024-2025")
    assert ran.status == 1
    assert "đã đăng ký cho một đơn vị khác" in ran.out
    path.write_bytes(b"<!DOCTYPE a><a/>")
    ran = hocba("import", path, "--school", SCHOOL, "--year", "2024-2025", "--json")
    assert (ran.status, ran.lines[0]["error"]["code"]) == (1, "xml_dtd")
