"""A database administrator who takes the guards off and edits rows: each attack of `tests.sabotage`."""

from functools import partial

from portal.services.audit import Defect
from tests.attacks.ground import Attack, Ground, Outcome, detected, problems_of
from tests.sabotage import ATTACKS as EDITS
from tests.sabotage import Attack as Edit
from tests.sabotage import without_guards


def _edited(edit: Edit, ground: Ground) -> Outcome:
    with ground.instance() as instance:
        code = without_guards(instance.settings, edit)
        problems = problems_of(instance)
    assert not edit.names_record or code in {problem.lookup_code for problem in problems}
    assert Defect.GUARD_MISSING in {problem.defect for problem in problems}
    return detected(problems, edit.defect)


_HELD_BY = "tests/portal/services/test_immutability.py::test_with_the_guards_removed_the_audit_names_the_record"
ATTACKS = tuple(Attack(f"by SQL, guards off: {edit.name}", partial(_edited, edit), _HELD_BY) for edit in EDITS)
