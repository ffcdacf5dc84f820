"""One sequencer of several: appends batches to the log of an instance, in a process of its own.

    python -m tests.attacks.sequencing FOLDER URL NAME BATCHES LEAVES

It says "ready" and begins when its input ends, so that several begin together. Each leaf names its process and number.
"""

import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sqlalchemy.orm import Session

from portal.database import open_engine
from portal.runtime import read_log_key
from portal.services import log

# Seconds: SQLite has one writer and no queue; who waits looks at least ten times a second.
_OTHERS_TURN: Final = 0.12


def main(folder: Path, url: str, name: str, batches: int, count: int) -> None:
    engine, signer = open_engine(url), read_log_key(folder)
    with Session(engine) as session:
        log.exists(session)
    _say("ready")
    sys.stdin.read()
    for batch in range(batches):
        made = [f'{{"by":"{name}","n":{batch * count + n}}}'.encode() for n in range(count)]
        with Session(engine) as session, session.begin():
            first = log.append(session, made, signer, datetime.now(UTC))
        _say(str(first))
        time.sleep(_OTHERS_TURN)
    engine.dispose()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
