"""`hocba timestamps`: an operator asks, looks and checks; the exit status is for a monitor."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from portal.cli.main import main
from tests.databases import Backend
from tests.fixtures import sandbox, templates
from tests.instances import DemoInstance, Templates
from tests.timestamping import Authorities, served

__all__ = ["sandbox", "templates"]


@pytest.fixture(scope="module")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authorities]:
    with served(tmp_path_factory.mktemp("tsa")) as made:
        made.go_on(timedelta(0))
        yield made


@pytest.fixture
def instance(templates: Templates, tmp_path: Path, authorities: Authorities) -> Iterator[DemoInstance]:
    """A class locked long ago, and an authority that answers."""
    with templates.instance(Backend.SQLITE, tmp_path, locked=True) as made:
        write(made, authorities, authorities("good").url)
        yield made


def write(made: DemoInstance, authorities: Authorities, url: str) -> None:
    folder = made.settings.data / "trust" / "timestamps"
    folder.mkdir(exist_ok=True)
    (folder / "root.pem").write_bytes(authorities.root.pem)
    text = f'[[authority]]\nname = "good"\nurl = "{url}"\nroots = ["root.pem"]\npolicy = "1.2.3.4.1"\n'
    (folder.parent / "timestamps.toml").write_text(text)


def run(made: DemoInstance, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["--data", str(made.settings.data), "timestamps", *arguments])


def told(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_asked_looked_at_and_checked(instance: DemoInstance) -> None:
    before = run(instance, "status")
    assert before.exit_code == 1
    assert "Chờ dấu thời gian quá 2 ngày" in before.output
    asked = run(instance, "ask", "--json")
    assert asked.exit_code == 0
    (answer,) = told(asked)
    assert (answer["authority"], answer["fault"]) == ("good", None)
    assert run(instance, "ask").output == "Không có dấu nào đến hạn.\n"
    status = run(instance, "status", "--json")
    assert status.exit_code == 0
    assert told(status)[0]["size"] == answer["size"]
    checked = run(instance, "check", "--json")
    assert checked.exit_code == 0
    assert [each["fault"] for each in told(checked)] == [None]


def test_nobody_answers(instance: DemoInstance, authorities: Authorities) -> None:
    write(instance, authorities, "http://127.0.0.1:9/")
    asked = run(instance, "ask")
    assert asked.exit_code == 1
    assert "Không trả lời" in asked.output
    doctor = CliRunner().invoke(main, ["--data", str(instance.settings.data), "doctor"])
    assert "✗ sổ minh bạch được đóng dấu thời gian đúng hạn" in doctor.output
    assert "✗ đơn vị cấp dấu thời gian good: Không trả lời." in doctor.output


def test_a_line_that_is_taken_out_of_the_file(instance: DemoInstance) -> None:
    """What it stamped proves nothing here any more, and that is said."""
    assert run(instance, "ask").exit_code == 0
    (instance.settings.data / "trust" / "timestamps.toml").unlink()
    checked = run(instance, "check")
    assert checked.exit_code == 1
    assert "1 dấu, 1 vấn đề." in checked.output
