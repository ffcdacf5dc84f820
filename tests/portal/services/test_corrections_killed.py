"""`kill -9` at every statement of the effect of a supersession leaves all or nothing; then it takes effect once."""

import json
import subprocess
import sys
from pathlib import Path

from portal.services.audit import audit
from tests.correction_killing import counts
from tests.instances import DemoInstance
from tests.portal.correcting import code_of, supersession, switch

ROOT = Path(__file__).parents[3]
# More than the effect has statements on either database: the run that was not killed shows it.
STATEMENTS = 40


def test_a_supersession_killed_anywhere_is_all_or_nothing(instance: DemoInstance) -> None:
    switch(instance)
    supersession(instance, code_of(instance))
    before = counts(instance.settings.database_url)
    instance.engine.dispose()
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tests.correction_killing", str(instance.settings.data)),
            *(instance.settings.database_url, *map(str, range(1, STATEMENTS + 1))),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=500,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    killed = [line for line in lines if line.pop("killed")]
    assert 15 < len(killed) < STATEMENTS, "moments must cover every statement, and one run must go through"
    for line in killed:
        assert {name: line[name] for name in before} == before, line
    after = {name: lines[-1][name] for name in before}
    assert (after["effective"], after["standing"], after["second"], after["dated"]) == (1, 1, 1, 1)
    assert after["entries"] == after["head"] == before["head"] + 2
    assert (after["openings"], after["told"]) == (before["openings"] + 1, before["told"] + 1)
    with instance.reading() as session:
        assert audit(session, instance.runtime.log_signer.verifier).problems == ()
