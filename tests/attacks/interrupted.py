"""A lock that is killed (SIGKILL) at twenty moments, one run after the other, and then left to finish."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from portal.models import LogHead
from tests.attacks.ground import Attack, End, Ground, Outcome, problems_of
from tests.instances import DemoInstance
from tests.portal.officials import accepted_class, confirm, propose

ROOT: Final = Path(__file__).parents[2]
# One record a batch: about eleven statements each, and a handful before the first.
MOMENTS: Final = range(1, 40, 2)
_RECORDS: Final = 31


def _killed(ground: Ground) -> Outcome:
    with ground.instance(locked=False) as instance:
        killed, whole = kill_at_each_moment(instance)
        assert problems_of(instance) == ()
    told = f"{len(killed)} kills, never half a record, {whole['locked']} of {_RECORDS} locked, audit clean"
    return Outcome(End.SURVIVED, told)


def kill_at_each_moment(instance: DemoInstance) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Counts after each kill, and after the run that nobody kills; each of them is held to be whole."""
    accepted_class(instance)
    with instance.reading() as session:
        before = session.scalars(sa.select(LogHead.size)).one()
    proposal_id = propose(instance)
    confirm(instance, proposal_id)
    instance.engine.dispose()
    settings = instance.settings
    arguments = (str(settings.data), settings.database_url, str(proposal_id), *map(str, MOMENTS))
    done = subprocess.run(
        [sys.executable, "-m", "tests.lock_killing", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    # Other lines are the log.
    *killed, whole = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert len(killed) == 20
    _require_whole_records(killed, before, done.stdout)
    assert whole["jobs"] > 1, "a job that was killed too often is given up, and an official goes on"
    assert (whole["locked"], whole["half"], whole["finished"]) == (_RECORDS, 0, 1), done.stdout
    assert whole["entries"] == whole["head"] == before + _RECORDS
    return killed, whole


def _require_whole_records(killed: list[dict[str, Any]], before: int, said: str) -> None:
    last = 0
    for found in killed:
        assert found["killed"], f"nothing left to kill at {found['moment']}: {said}"
        assert found["half"] == 0, found
        assert found["told"] == found["openings"] == found["locked"] == _RECORDS - found["accepted"], found
        assert found["entries"] == found["head"] == before + found["locked"], found
        assert found["locked"] >= last, "a locked record came undone"
        assert found["dates"] <= 1
        last = found["locked"]
    assert 0 < last < _RECORDS, "the moments lie before and between batches"


ATTACKS = (
    Attack(
        "a lock interrupted by kill -9 at 20 moments",
        _killed,
        "tests/portal/jobs/test_locking.py::test_killed_at_twenty_moments_it_goes_on",
    ),
)
