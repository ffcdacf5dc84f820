"""The table of attacks: on rows, the ledger of looks, the log's history, what outsiders hold, time, the work itself."""

from tests.attacks import clock, guards_off, history, interrupted, ledger, outsiders

ATTACKS = (
    *guards_off.ATTACKS,
    *ledger.ATTACKS,
    *history.ATTACKS,
    *outsiders.ATTACKS,
    *clock.ATTACKS,
    *interrupted.ATTACKS,
)
