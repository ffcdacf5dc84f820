"""`hocba api-key`: the operator makes, lists, replaces and revokes; the key is shown once."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from portal.permissions import ApiScope
from tests.portal.cli.test_commands import Hocba, Ran

ALL = [part for scope in ApiScope for part in ("--scope", scope.value)]


@pytest.fixture(scope="module")
def hocba(tmp_path_factory: pytest.TempPathFactory) -> Hocba:
    made = Hocba(tmp_path_factory.mktemp("cli") / "instance")
    assert made("init", "--demo").status == 0
    return made


def create(hocba: Hocba, *more: object, school: str = "MAU-TH-01") -> Ran:
    return hocba("api-key", "create", "--school", school, "--label", "Phần mềm ABC", *ALL, "--json", *more)


def test_a_key_from_its_making_to_its_end(hocba: Hocba) -> None:
    made = create(hocba, "--days", 30).json
    assert made["token"].startswith(f"hb_{made['key_id']}_")
    assert made["scopes"] == [scope.value for scope in ApiScope]
    listed = hocba("api-key", "list", "--json")
    assert made["token"].rpartition("_")[2] not in listed.out
    (row,) = [each for each in listed.lines if each["key_id"] == made["key_id"]]
    assert (row["state"], row["last_used_at"]) == ("active", None)
    assert (row["school"], row["label"]) == ("MAU-TH-01", "Phần mềm ABC")
    new = hocba("api-key", "create", "--replace", made["key_id"], "--overlap-days", 2, "--json").json
    assert (new["school"], new["scopes"]) == (made["school"], made["scopes"])
    assert hocba("api-key", "revoke", new["key_id"]).status == 0
    by_id = {each["key_id"]: each for each in hocba("api-key", "list", "--school", "MAU-TH-01", "--json").lines}
    assert by_id[new["key_id"]]["state"] == "revoked"
    left = datetime.fromisoformat(by_id[made["key_id"]]["expires_at"]) - datetime.fromisoformat(row["created_at"])
    assert timedelta(days=2) <= left < timedelta(days=2, hours=1)
    assert hocba("api-key", "list", "--school", "MAU-TH-02", "--json").lines == []


def test_a_person_reads_the_list_and_the_new_key(hocba: Hocba) -> None:
    ran = hocba("api-key", "create", "--school", "MAU-TH-02", "--label", "ABC", "--scope", "packets:read")
    token, words = ran.out.splitlines()
    assert token.startswith("hb_")
    assert "khóa không hiện lại" in words
    line = hocba("api-key", "list", "--school", "MAU-TH-02").out.strip()
    assert "packets:read" in line
    assert "chưa dùng" in line
    assert "đang dùng được" in line


@pytest.mark.parametrize(
    "given",
    [
        [],
        ["--school", "MAU-TH-01"],
        ["--school", "MAU-TH-01", "--label", "x"],
        ["--school", "MAU-TH-01", "--label", " ", "--scope", "packets:read"],
        ["--school", "MAU-TH-01", "--label", "x", "--scope", "everything"],
        ["--school", "MAU-TH-01", "--replace", "0" * 12],
        ["--replace", "0" * 12, "--days", "100000"],
    ],
)
def test_what_is_missing_or_too_much(hocba: Hocba, given: list[str]) -> None:
    assert hocba("api-key", "create", *given).status == 2


def test_refusals(hocba: Hocba) -> None:
    assert "Không có khóa API nào như vậy" in hocba("api-key", "revoke", "0" * 12).err
    assert "Không có khóa API nào như vậy" in hocba("api-key", "create", "--replace", "0" * 12).err
    assert "KHONG-CO" in create(hocba, school="KHONG-CO").err
    assert create(hocba, school="MAU-SO").status == 1


def test_a_revoked_key_has_no_successor(hocba: Hocba) -> None:
    made = create(hocba).json
    hocba("api-key", "revoke", made["key_id"])
    assert hocba("api-key", "create", "--replace", made["key_id"]).status == 1


def test_the_key_is_nowhere_in_the_instance(hocba: Hocba) -> None:
    secret = create(hocba).json["token"].rpartition("_")[2].encode()
    files = [path for path in Path(hocba.data).rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if secret in path.read_bytes()]
