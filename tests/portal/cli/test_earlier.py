"""`hocba earlier`: an operator tries a bundle anywhere, and takes one in where every person is invented."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from portal.cli.main import main
from portal.demo.authority import DemoAuthority
from portal.demo.earlier import GRADE, SCHOOL_YEAR, SOURCE
from portal.runtime import DEMO_AUTHORITY
from tests.earlier import bundle, entry, old_record
from verify.signing import Role, Signer


def run(data: Path, *arguments: str) -> tuple[int, list[Any]]:
    done = CliRunner(env={"HOCBA_SANDBOX_WORKERS": "1"}).invoke(main, ["--data", str(data), *arguments, "--json"])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole demo: it has a class with an earlier year."""
    data = tmp_path_factory.mktemp("earlier") / "instance"
    done = CliRunner(env={"HOCBA_SANDBOX_WORKERS": "1"}).invoke(main, ["--data", str(data), "demo", "--no-serve"])
    assert done.exit_code == 0, done.output
    return data


def test_the_demo_has_a_class_with_an_earlier_year(demo: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{demo / 'hocba.sqlite3'}")
    with engine.connect() as connection:
        rows = connection.execute(
            sa.text(
                "SELECT y.source, v.state, v.grade, r.school_year FROM earlier_year y"
                " JOIN record_version v ON v.id = y.version_id JOIN year_record r ON r.id = v.year_record_id"
            )
        ).all()
        several = connection.execute(
            sa.text("SELECT COUNT(*) FROM (SELECT transcript_id FROM year_record GROUP BY 1 HAVING COUNT(*) = 3)")
        ).scalar_one()
    engine.dispose()
    assert set(rows) == {(SOURCE, "locked", GRADE, SCHOOL_YEAR)}
    assert len(rows) == several == 24, "each stands beside the pupil's other years"
    status, (report,) = run(demo, "audit")
    assert (status, report["problems"]) == (0, [])


def test_a_bundle_is_tried_and_taken_once(demo: Path, tmp_path: Path) -> None:
    authority, made = DemoAuthority(demo / DEMO_AUTHORITY, datetime.now(UTC)), datetime(2023, 9, 5, tzinfo=UTC)
    keys: dict[Role, Signer] = {
        role: authority.demo_signer("MAU-TH-01.truoc", "Trường", role, None, made)
        for role in (Role.HEAD, Role.SCHOOL_SEAL)
    }
    school = old_record("2023-2024", 3)
    file = tmp_path / "goi.json"
    file.write_bytes(bundle(entry(school, keys)))
    status, (line,) = run(demo, "earlier", "check", str(file))
    assert (status, line["outcome"], line["code"]) == (0, "taken", None), "trying takes nothing in"
    status, (line,) = run(demo, "earlier", "take", str(file))
    assert (status, line["outcome"], line["code"]) == (0, "taken", school.lookup_code)
    assert run(demo, "earlier", "check", str(file))[1][0]["outcome"] == "unchanged"
    assert run(demo, "earlier", "take", str(file))[0] == 0, "the same bundle again changes nothing"
    changed = tmp_path / "khac.json"
    changed.write_bytes(bundle(entry(old_record("2023-2024", 3, height_cm="140"), keys)))
    status, (line,) = run(demo, "earlier", "check", str(changed))
    assert (status, line["outcome"]) == (1, "year_present")


def test_a_real_instance_takes_nothing_in_by_command(tmp_path: Path) -> None:
    data = tmp_path / "instance"
    names = ("--system-name", "Hệ thống", "--owner-name", "Sở", "--department-code", "S1")
    assert (
        CliRunner().invoke(main, ["--data", str(data), "init", "--url", "https://hocba.example.vn", *names]).exit_code
        == 0
    )
    file = tmp_path / "goi.json"
    file.write_bytes(bundle(entry(old_record("2023-2024", 3))))
    done = CliRunner(env={"HOCBA_SANDBOX_WORKERS": "1"}).invoke(
        main, ["--data", str(data), "earlier", "take", str(file)]
    )
    assert done.exit_code == 1
    assert "mẫu" in done.output
    file.write_bytes(b"{}")
    done = CliRunner(env={"HOCBA_SANDBOX_WORKERS": "1"}).invoke(
        main, ["--data", str(data), "earlier", "check", str(file)]
    )
    assert done.exit_code == 1
    assert done.output.strip().endswith(".")
