"""docs/api.md is true: its commands are run by a shell against a server, and it names every code."""

import os
import re
import secrets
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from portal.api.words import CODES, STATUS, WORDS
from portal.demo.units import DECISION, SCHOOL
from portal.identity import SYSTEM
from portal.runtime import DEMO_AUTHORITY
from portal.services.locking import lock_packet
from portal.web import clock
from portal.workbooks.refusals import WorkbookProblem
from tests.portal.api.machines import WORKBOOKS, make
from tests.portal.worlds import World

TEXT = (Path(__file__).parents[3] / "docs" / "api.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```bash\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


@pytest.fixture
def server(small_world: World) -> Iterator[str]:
    made = make_server("127.0.0.1", 0, small_world.app, threaded=True)
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{made.server_port}"
    made.shutdown()
    thread.join()
    made.server_close()


def test_the_commands_do_what_they_say(
    small_world: World, server: str, tmp_path: Path, need_command: Callable[[str], str]
) -> None:
    for command in ("curl", "jq"):
        need_command(command)
    keys = small_world.runtime.settings.data / DEMO_AUTHORITY
    shutil.copyfile(keys / f"{SCHOOL}.head.pem", tmp_path / "hieu-truong.pem")
    shutil.copyfile(keys / f"{SCHOOL}.school_seal.pem", tmp_path / "con-dau.pem")
    shutil.copyfile(WORKBOOKS / "lop-4A1.xlsx", tmp_path / "lop-4A1.xlsx")
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOCBA": server,
        "KEY": make(small_world).token,
    }

    def run(block: str) -> str:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    push, look, sign, record, receipt = BLOCKS
    assert '"accepted": 34' in run(push)
    assert "34" in run(look).split()
    assert '"waiting": 0' in run(sign)
    assert run(record) == "4A1\n"
    packet = int((tmp_path / "goi.txt").read_text().rsplit("/", 1)[1])
    _lock(small_world, packet)
    assert run(receipt) == "c2sp.org/tlog-proof@v1\n"


def _lock(world: World, packet: int) -> None:
    with Session(world.engine) as session, session.begin():
        lock_packet(
            session,
            SYSTEM,
            packet,
            decision=DECISION,
            log_signer=world.runtime.log_signer,
            salt=lambda: secrets.token_bytes(32),
            now=clock.read(),
        )


def test_every_code_that_is_met_is_named() -> None:
    lines = dict(re.findall(r"^\| (\d{3}) \| (.*) \|$", TEXT, re.MULTILINE))
    by_code = {**{code.value: words.status for code, words in WORDS.items()}}
    by_code |= {problem.value: status for problem, status in STATUS.items()}
    # The organisation's own workbook does not come in here.
    by_code |= {problem.value: 422 for problem in WorkbookProblem if problem is not WorkbookProblem.NO_UNIT_HEADER}
    for code, status in by_code.items():
        assert f"`{code}`" in lines[str(status)], code
    named = {code for line in lines.values() for code in re.findall(r"`([a-z_]+)`", line)}
    assert named <= set(CODES)


def test_the_addresses_exist(small_world: World) -> None:
    rules = {rule.rule for rule in small_world.app.url_map.iter_rules()}
    assert "/api/v1/openapi.json" in rules
    assert "/api/v1/openapi.json" in TEXT
