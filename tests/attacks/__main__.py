"""`python -m tests.attacks [--only WORD …] [--database sqlite|postgresql]`: attack → outcome, with what operators read.

Everything is real: databases, processes, keys, kills. Exit status 1 when an attack was neither detected nor survived.
"""

import argparse
import io
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path

from portal.sandbox import Sandbox
from tests.attacks.ground import Attack, Ground
from tests.attacks.table import ATTACKS
from tests.conftest import answers
from tests.databases import POSTGRES_HOST, POSTGRES_PORT, Backend
from tests.instances import Templates


def main(words: Sequence[str] | None = None) -> int:
    options = argparse.ArgumentParser(prog="python -m tests.attacks", description=__doc__)
    options.add_argument("--only", action="append", default=[], metavar="WORD", help="attacks whose name holds it")
    options.add_argument("--database", type=Backend, choices=list(Backend), action="append", help="all that answer")
    given = options.parse_args(words)
    chosen = [each for each in ATTACKS if not given.only or any(word in each.name for word in given.only)]
    failed = 0
    with tempfile.TemporaryDirectory(prefix="hocba-attacks-") as name:
        folder, sandbox = Path(name), Sandbox(1)
        templates = Templates(folder, sandbox)
        try:
            for backend in given.database or _backends():
                _say(f"\n{backend.value}: {len(chosen)} attacks\n")
                for number, attack in enumerate(chosen):
                    place = folder / f"{backend.value}-{number}"
                    place.mkdir()
                    failed += not _told(attack, Ground(backend, templates, place))
        finally:
            templates.close()
            sandbox.close()
    _say(f"\n{failed} of the attacks were neither detected nor survived." if failed else "\nAll detected or survived.")
    return 1 if failed else 0


def _backends() -> list[Backend]:
    if answers(POSTGRES_HOST, POSTGRES_PORT):
        return list(Backend)
    _say(f"no PostgreSQL answers at {POSTGRES_HOST}:{POSTGRES_PORT}: SQLite alone")
    return [Backend.SQLITE]


def _told(attack: Attack, ground: Ground) -> bool:
    """Run an attack and print its lines; False when it went through unseen."""
    start = time.monotonic()
    try:
        with redirect_stdout(io.StringIO()):  # the portal's own log
            outcome = attack.run(ground)
    except Exception:  # noqa: BLE001 - whatever goes wrong, the attack did not end as it has to
        _say(f"{attack.name}\n    → NEITHER\n{traceback.format_exc()}")
        return False
    _say(f"{attack.name}\n    → {outcome.end.value}: {outcome.seen}  ({time.monotonic() - start:.1f} s)")
    for message in outcome.messages:
        _say(f"      “{message}”")
    return True


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
