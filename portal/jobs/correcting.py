"""Acts after the lock take effect when their delay is over: each in a transaction of its own, whoever looks first."""

import structlog
from sqlalchemy.orm import Session

from portal.errors import PortalError
from portal.jobs.work import Bench
from portal.services import correction_effect, corrections


def correct(bench: Bench) -> int:
    """Close what nobody decided in its days, and let every act that is due take effect; returns how many did.

    One that fails is told to the operator, tried again in the next round, and holds no other one up.
    """
    signer, done = bench.log_signer, 0
    if signer is None:
        return 0
    with Session(bench.engine) as session, session.begin():
        corrections.expire(session, bench.clock())
        waiting = correction_effect.due(session, bench.clock())
    for correction_id in waiting:
        try:
            with Session(bench.engine) as session, session.begin():
                done += correction_effect.take_effect(session, correction_id, signer, bench.salt, bench.clock())
        except Exception as error:  # noqa: BLE001 - the next act must not wait for this one
            problem = error.problem.value if isinstance(error, PortalError) else None
            structlog.get_logger().error(
                "correction.failed", correction=correction_id, error=type(error).__name__, problem=problem
            )
    if done:
        structlog.get_logger().info("corrections.effective", count=done)
    return done
