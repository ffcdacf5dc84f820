"""Fields and refusals of a mapping in words: each its own, none in code."""

import pytest

from portal.presenters.aliases import choices
from portal.presenters.fields import GROUP_TITLES, field_groups, field_words
from portal.presenters.mappings import FAULTS
from portal.services.mappings import GROUPS, ChoiceProblem
from portal.workbooks.headings import HEADINGS


def test_every_field_has_words_of_its_own() -> None:
    words = [option.words for group in field_groups(GROUPS) for option in group.options]
    assert len(words) == len(set(words))
    assert not [each for each in words if "_" in each or "." in each.replace("…", "") or each != each.strip()]
    assert set(GROUP_TITLES) == set(GROUPS)


def test_what_a_heading_can_be_taught_has_words() -> None:
    options = [option for group in choices() for option in group.options]
    assert len({option.words for option in options}) == len({option.path for option in options})
    assert "subjects.toan" in {option.path for option in options}
    assert not [option.words for option in options if "_" in option.words]


@pytest.mark.parametrize("name", sorted(set(HEADINGS.fields.values())))
def test_every_built_in_field_has_words(name: str) -> None:
    assert "_" not in field_words(name)


def test_every_refusal_of_a_choice_has_its_sentence() -> None:
    assert set(FAULTS) == set(ChoiceProblem)
    assert len(set(FAULTS.values())) == len(FAULTS)
    assert all(words.endswith(".") for words in FAULTS.values())
