"""Words of rounds and locks: each closed code has its own, and none accuses anybody."""

from portal.models import LockState
from portal.presenters import locks, rounds
from portal.services.rehearsal import Fate


def test_each_fate_has_its_own_words_and_advice() -> None:
    assert set(rounds.FATES) == set(Fate)
    labels = [words.label for words in rounds.FATES.values()]
    assert len(set(labels)) == len(labels)
    for words in rounds.FATES.values():
        assert words.why.endswith(".")
        assert rounds.fates_of("stopped")


def test_a_link_names_a_fate_or_nothing() -> None:
    for fate in Fate:
        assert rounds.fates_of(fate.value) == (fate,)
    assert rounds.fates_of("x") is None


def test_each_state_of_a_proposal_has_its_own_words() -> None:
    assert set(locks.STATES) == set(LockState)
    assert len(set(locks.STATES.values())) == len(LockState)


def test_numbers_are_written_as_here() -> None:
    assert [rounds.number(each) for each in (0, 1250, 260_000)] == ["0", "1.250", "260.000"]
