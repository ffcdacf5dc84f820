"""`hocba unit`, `account` and `packets`: a province without the demo gets schools and people, and finds its packets."""

from pathlib import Path

import pytest

from tests.instances import WORKBOOKS
from tests.portal.cli.test_commands import Hocba

NAMES = (
    "--url",
    "https://hocba.example.vn",
    "--system-name",
    "Hệ thống",
    "--owner-name",
    "Sở",
    "--department-code",
    "S1",
)


@pytest.fixture
def province(tmp_path: Path) -> Hocba:
    made = Hocba(tmp_path / "instance")
    assert made("init", *NAMES).status == 0
    return made


def test_a_school_and_its_clerk_are_added_once(province: Hocba) -> None:
    school = ("unit", "add", "TH-07", "--kind", "primary", "--name", "Trường Tiểu học Số 7", "--parent", "S1")
    person = ("account", "add", "Th07.VanThu", "--name", "Người Mẫu", "--unit", "TH-07", "--role", "clerk")
    assert province(*school).status == 0
    added = province(*person)
    assert added.status == 0
    name, password = added.out.split()
    assert (name, len(password) >= 16) == ("th07.vanthu", True)
    for again in (school, person):
        ran = province(*again)
        assert (ran.status, ran.out) == (1, "")
        assert ran.err.strip()


@pytest.mark.parametrize(
    "arguments",
    [
        ("account", "add", "a.b", "--name", "A", "--unit", "KHONG-CO", "--role", "head"),
        ("unit", "add", "TH-08", "--kind", "primary", "--name", "T", "--parent", "KHONG-CO"),
    ],
)
def test_an_unknown_unit_is_said_so(province: Hocba, arguments: tuple[str, ...]) -> None:
    assert province(*arguments).status == 1


def test_packets_are_listed_with_their_counts(province: Hocba) -> None:
    assert province("packets", "--json").out == ""
    province("unit", "add", "TH-07", "--kind", "primary", "--name", "Trường Tiểu học Mẫu số 1")
    imported = province("import", WORKBOOKS / "lop-4A1.xlsx", "--school", "TH-07", "--year", "2025-2026")
    assert imported.status == 0, imported.err
    (line,) = province("packets", "--json").lines
    assert line == {
        "packet": 1,
        "school": "TH-07",
        "school_year": "2025-2026",
        "class_name": "4A1",
        "counts": {"draft": 34},
    }
    assert "4A1" in province("packets").out
