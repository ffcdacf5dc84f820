"""`hocba keys` and what `hocba doctor` says about revocation lists."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from portal.cli.main import main
from tests.pki import Pki, pki


def run(data: Path, *arguments: str) -> tuple[int, list[Any]]:
    done = CliRunner(env={"HOCBA_SANDBOX_WORKERS": "1"}).invoke(main, ["--data", str(data), *arguments, "--json"])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("keys") / "instance"
    assert CliRunner().invoke(main, ["--data", str(data), "init", "--demo"]).exit_code == 0
    return data


@pytest.fixture
def real(tmp_path: Path) -> Path:
    """An instance that is no demo: what is trusted lies in its folder."""
    data = tmp_path / "instance"
    names = ("--system-name", "Hệ thống", "--owner-name", "Sở", "--department-code", "S1")
    done = CliRunner().invoke(main, ["--data", str(data), "init", "--url", "https://hocba.example.vn", *names])
    assert done.exit_code == 0, done.output
    return data


def put_trust(data: Path, cast: Pki, *, lists: tuple[bytes, ...]) -> None:
    (data / "trust" / "roots" / "a.pem").write_bytes(cast.root.pem)
    (data / "trust" / "intermediates" / "b.cer").write_bytes(cast.issuing.der)
    for number, each in enumerate(lists):
        (data / "trust" / "crls" / f"{number}.crl").write_bytes(each)


def test_the_demos_keys_are_listed(demo: Path) -> None:
    status, lines = run(demo, "keys", "list")
    assert status == 0
    assert {line["role"] for line in lines} == {"head", "school_seal", "department_seal"}
    assert {line["state"] for line in lines} == {"in_force"}
    assert all(line["days_left"] > 1000 and len(line["certificate_sha256"]) == 64 for line in lines)
    assert {line["unit"] for line in run(demo, "keys", "list", "--unit", "mau-th-01")[1]} == {"MAU-TH-01"}
    assert {line["unit"] for line in run(demo, "keys", "list", "--unit", "so 2")[1]} == {"MAU-TH-02"}


def test_what_ends(demo: Path) -> None:
    assert run(demo, "keys", "ending") == (0, [])
    status, lines = run(demo, "keys", "ending", "--days", "1200")
    assert status == 0
    assert len(lines) == 7
    assert [line["ends_at"] for line in lines] == sorted(line["ends_at"] for line in lines)


def test_words_for_people(demo: Path) -> None:
    done = CliRunner().invoke(main, ["--data", str(demo), "keys", "list", "--unit", "MAU-SO"])
    assert "Con dấu số của Sở" in done.stdout
    assert done.stdout.splitlines()[-1] == "1 chứng thư."
    trust = CliRunner().invoke(main, ["--data", str(demo), "keys", "trust"])
    assert trust.exit_code == 0
    assert "gốc: Chứng thực gốc (DỮ LIỆU MẪU)" in trust.stdout


def test_the_demos_trust_is_whole(demo: Path) -> None:
    status, (seen,) = run(demo, "keys", "trust")
    assert status == 0
    assert seen["faults"] == []
    assert seen["fresh_until"]
    assert [each["fresh"] for each in seen["lists"]] == [True, True]


def doctor(data: Path) -> dict[str, str]:
    """Advice by failed check."""
    return {line["check"]: line["advice"] for line in run(data, "doctor")[1] if not line["ok"]}


def test_a_stale_list_is_a_problem(real: Path) -> None:
    """The lists of the tests' authority ended months ago by the machine's clock."""
    cast = pki()
    put_trust(real, cast, lists=cast.trust_with_stale_lists.crls)
    status, (seen,) = run(real, "keys", "trust")
    assert status == 1
    assert [fault["problem"] for fault in seen["faults"]] == ["list_stale", "list_stale"]
    assert [each["fresh"] for each in seen["lists"]] == [False, False]
    advice = doctor(real)["danh sách thu hồi còn hạn và đủ cho mọi tổ chức"]
    assert "Danh sách thu hồi của “Cấp phát thử nghiệm” đã quá hạn" in advice


def test_missing_lists_and_roots_are_problems(real: Path) -> None:
    assert [fault["problem"] for fault in run(real, "keys", "trust")[1][0]["faults"]] == ["no_root"]
    put_trust(real, pki(), lists=())
    assert [fault["problem"] for fault in run(real, "keys", "trust")[1][0]["faults"]] == ["list_missing"] * 2
    assert "Thiếu danh sách thu hồi" in doctor(real)["danh sách thu hồi còn hạn và đủ cho mọi tổ chức"]
