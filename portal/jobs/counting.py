"""Results are counted in step with the log: some leaves in each round of the keeper, each batch in its transaction."""

from typing import Final

import structlog
from sqlalchemy.orm import Session

from portal.jobs.work import Bench
from portal.services.result_counting import count_some

# 5,000 records take about two seconds: what else the keeper does must not wait for a whole province.
BATCHES: Final = 10


def count_results(bench: Bench) -> int:
    """Count what is next; returns how many leaves were left. A record that cannot be read is told to the operator."""
    left = 0
    try:
        for _ in range(BATCHES):
            with Session(bench.engine) as session, session.begin():
                left = count_some(session)
            if not left:
                break
    except Exception as error:  # noqa: BLE001 - the keeper's other work must not wait for this
        structlog.get_logger().error("results.not_counted", error=type(error).__name__)
    return left
