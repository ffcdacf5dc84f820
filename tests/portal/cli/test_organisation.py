"""`hocba unit`, `account` and `packets`: a province without the demo gets schools and people, and finds its packets."""

from pathlib import Path

import pytest

from portal.cli.context import now, transaction
from portal.services.account_acts import activity
from portal.services.accounts import account_named
from portal.settings import load
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


def test_a_forgotten_password_is_renewed_and_a_person_who_left_gets_in_no_more(province: Hocba) -> None:
    province("unit", "add", "TH-07", "--kind", "primary", "--name", "Trường Tiểu học Số 7", "--parent", "S1")
    added = province("account", "add", "th07.vanthu", "--name", "Người Mẫu", "--unit", "TH-07", "--role", "clerk")
    renewed = province("account", "password", "TH07.vanthu")
    assert (renewed.status, renewed.out.split()[0]) == (0, "th07.vanthu")
    assert renewed.out != added.out
    assert province("account", "close", "th07.vanthu").status == 0
    for verb in ("password", "close"):
        ran = province("account", verb, "th07.vanthu")
        assert (ran.status, ran.out) == (1, "")
        assert "th07.vanthu" in ran.err


def test_who_lost_the_second_step_is_helped_and_it_stands_in_the_ledger(province: Hocba) -> None:
    added = province(
        "account", "add", "so.quantri", "--name", "Người Mẫu", "--unit", "S1", "--role", "department_admin"
    )
    assert added.status == 0
    reset = ("account", "reset-second-step", "so.quantri")
    assert province(*reset).status == 2, "nobody does it without saying why"
    assert province(*reset, "--reason", "mất điện thoại, đã gặp mặt").status == 0
    settings = load(province.data)
    with transaction(settings) as session:
        account = account_named(session, "so.quantri")
        found = activity(session, account.id, "", now()).acts
        told = [(act.action, act.by, act.detail) for act in found]
    assert told == [
        ("account.reset", None, "mất điện thoại, đã gặp mặt"),
        ("account.role_given", None, "department_admin@S1"),
    ]
    assert province("ledger", "verify").status == 0


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
