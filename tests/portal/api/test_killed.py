"""`kill -9` anywhere in a push leaves neither a packet without its answer nor an answer without its packet."""

import json
import subprocess
import sys
from pathlib import Path

from tests.databases import Backend
from tests.portal.api.machines import make
from tests.portal.worlds import World

ROOT = Path(__file__).parents[3]
# Statements of a push: 20 on PostgreSQL, 125 on SQLite, which is told each row by itself. The last keeps the answer.
MOMENTS = {
    Backend.POSTGRESQL: (3, 5, 7, 12, 14, 17, 19, 20),
    Backend.SQLITE: (5, 8, 15, 60, 85, 110, 124, 125),
}


def test_a_push_killed_anywhere_is_all_or_nothing(world: World) -> None:
    token = make(world).token
    world.engine.dispose()
    settings = world.runtime.settings
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tests.portal.api.killing"),
            *(str(settings.data), settings.database_url, token),
            *map(str, MOMENTS[world.backend]),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    *killed, whole, again = [json.loads(line) for line in done.stdout.splitlines()]
    before = {name: value for name, value in killed[0].items() if name not in ("moment", "killed")}
    assert before["kept_answer"] == 0
    for found in killed:
        assert found["killed"], f"nothing left to kill at {found['moment']}: {done.stderr}"
        assert {name: found[name] for name in before} == before
    assert (whole["packet"], whole["transcript"]) == (before["packet"] + 1, before["transcript"] + 34)
    assert (whole["record_version"], whole["kept_answer"]) == (before["record_version"] + 34, 1)
    assert {name: again[name] for name in before} == {name: whole[name] for name in before}
