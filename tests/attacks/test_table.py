"""Every attack of the table is detected or survived, on both databases; those that a test holds already run there."""

from pathlib import Path

import pytest

from tests.attacks.ground import Attack, End, Ground
from tests.attacks.table import ATTACKS
from tests.databases import Backend
from tests.instances import Templates

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("attack", [each for each in ATTACKS if not each.held_by], ids=lambda attack: attack.name)
def test_detected_or_survived(attack: Attack, backend: Backend, templates: Templates, tmp_path: Path) -> None:
    outcome = attack.run(Ground(backend, templates, tmp_path))
    assert outcome.messages or outcome.end is End.SURVIVED
    assert all(message.strip() for message in outcome.messages)


def test_the_table_is_whole() -> None:
    """Names are different, and each test that a line relies on is there."""
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS)
    for path, _, name in {attack.held_by.partition("::") for attack in ATTACKS if attack.held_by}:
        assert f"def {name}(" in (ROOT / path).read_text(encoding="utf-8")
