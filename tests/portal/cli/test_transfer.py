"""`hocba transfer`: the operator takes a file out, tries one anywhere, takes one in where everybody is invented."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from portal.cli import transfer
from portal.cli.main import main
from portal.models import AccessEvent
from portal.sandbox import Sandbox
from tests.instances import SCHOOL, Templates
from tests.portal.provinces import DAY, LATER, Province, two_provinces

Pair = tuple[Province, Province]


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    sandbox = Sandbox(1)
    templates = Templates(tmp_path, sandbox)
    with two_provinces(templates, sandbox, tmp_path) as made:
        yield made
    templates.close()
    sandbox.close()


def run(province: Province, *arguments: str) -> tuple[int, str]:
    data = str(province.instance.settings.data)
    done = CliRunner(env={"HOCBA_SANDBOX_WORKERS": "1"}).invoke(main, ["--data", data, "transfer", *arguments])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


def told(output: str) -> Any:
    return json.loads(output.strip().splitlines()[-1])


def test_a_file_goes_and_an_answer_comes(pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sender, receiver = pair
    monkeypatch.setattr(transfer, "now", lambda: LATER)
    file, answer = tmp_path / "ban-giao.json", tmp_path / "bao-nhan.json"
    number = sender.asked(0)
    status, output = run(sender, "export", str(number), "-o", str(file))
    assert (status, file.exists()) == (1, False)
    assert "chưa có tệp" in output
    sender.release(number, DAY)
    assert run(sender, "export", str(number), "-o", str(file))[0] == 0
    with sender.instance.reading() as session:
        newest = session.query(AccessEvent).order_by(AccessEvent.id.desc()).first()
        assert newest is not None
        assert (newest.action, newest.basis) == ("records.export", "operator")
    status, output = run(receiver, "import", str(file), "--json")
    assert (status, told(output)["fault"], told(output)["years"]) == (0, None, ["2025-2026"])
    status, output = run(sender, "import", str(file))
    assert status == 1
    assert "chưa được Sở công nhận" in output
    spoiled = tmp_path / "hong.json"
    spoiled.write_bytes(file.read_bytes().replace(b'"level":"T"', b'"level":"H"', 1))
    status, output = run(receiver, "import", str(spoiled), "--json")
    assert (status, told(output)["fault"]) == (1, "seal_broken")
    # Without its witness the receiver's log is not enough for an answer: nothing is taken in.
    assert run(receiver, "import", str(file), "--school", SCHOOL, "-o", str(answer))[0] == 1
    (receiver.instance.settings.data / "trust" / "witnesses.policy").write_text("quorum none\n", encoding="utf-8")
    assert run(receiver, "import", str(file), "--school", SCHOOL, "-o", str(answer))[0] == 0
    assert answer.exists()
