"""`kill -9` in the middle of an import or a lock leaves either all or nothing, and the next run goes through."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from portal.services.audit import audit
from tests.instances import WORKBOOKS, DemoInstance

ROOT = Path(__file__).parents[3]


def run(instance: DemoInstance, what: str, *moments: int) -> list[dict[str, Any]]:
    """Counts after each killed run, then after one that went through."""
    instance.engine.dispose()
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tests.killing", what),
            *(str(instance.settings.data), instance.settings.database_url),
            *map(str, moments),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_an_import_killed_anywhere_is_all_or_nothing(empty_instance: DemoInstance) -> None:
    *killed, whole = run(empty_instance, "import", *range(1, 11))
    for found in killed:
        assert {found[name] for name in ("packet", "transcript", "record_version", "records", "state_change")} == {0}, (
            found
        )
    assert (whole["packet"], whole["transcript"], whole["records"], whole["state_change"]) == (1, 34, 34, 34)


def test_a_lock_killed_anywhere_is_all_or_nothing(empty_instance: DemoInstance) -> None:
    packet = empty_instance.take_in(WORKBOOKS / "lop-1B.xlsx").packet
    assert packet == 1
    empty_instance.sign(packet)
    *killed, whole = run(empty_instance, "lock", *range(1, 12))
    before = killed[0]["head"]
    for found in killed:
        assert (found["locked"], found["head"], found["log_entry"]) == (0, before, before), found
    assert (whole["locked"], whole["head"], whole["log_entry"]) == (31, before + 31, before + 31)
    with empty_instance.reading() as session:
        assert audit(session, empty_instance.runtime.log_signer.verifier).problems == ()
