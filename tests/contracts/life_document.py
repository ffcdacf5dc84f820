"""docs/life.md, made from the table: `python -m tests.contracts.life_document > docs/life.md`."""

import sys

from portal.models import State
from portal.services.life import STEPS, Act

_HEAD = """# The life of a record

Made from `portal/services/life.py`, from which the portal acts; `tests/contracts/test_life.py` holds it. A step that
stands in no row is refused as `wrong_state`, and nothing is written. Each step writes one row of the history beside the
state, in the same transaction.

"""
_MIDDLE = """
## From each state

"""


def document() -> str:
    return _HEAD + "\n".join(_rows()) + "\n" + _MIDDLE + "\n".join(_states()) + "\n"


def _rows() -> list[str]:
    lines = ["| act | from | to | who may | when | needs | writes |", "|---|---|---|---|---|---|---|"]
    for act, step in STEPS.items():
        before = ", ".join(sorted(state.value if state is not None else "–" for state in step.before))
        cells = (act.value, before, step.after.value, step.who.value, step.when, step.needs, step.writes)
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _states() -> list[str]:
    lines = ["| state | possible | refused |", "|---|---|---|"]
    for state in State:
        possible = [act.value for act in Act if state in STEPS[act].before]
        refused = [act.value for act in Act if state not in STEPS[act].before]
        lines.append(f"| {state.value} | {', '.join(possible) or 'nothing, for ever'} | {', '.join(refused)} |")
    return lines


if __name__ == "__main__":
    sys.stdout.write(document())
