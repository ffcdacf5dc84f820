"""Words of the organisation: every kind, act, fault and number has its own."""

from dataclasses import fields

import pytest

from portal.models import ActKind, UnitKind
from portal.presenters import organisation, unit_imports
from portal.services.unit_handover import Consequences
from portal.services.unit_rows import CellFault, FaultAt
from portal.vietnamese import title_key
from tests.contracts.test_words import assert_sentence


def test_every_code_has_words_of_its_own() -> None:
    for words, codes in (
        (organisation.KINDS, UnitKind),
        (organisation.ACTS, ActKind),
        (unit_imports.FAULTS, CellFault),
    ):
        assert set(words) == set(codes)
        assert len(set(words.values())) == len(words)


@pytest.mark.parametrize("fault", CellFault)
def test_a_fault_is_a_sentence(fault: CellFault) -> None:
    assert_sentence(unit_imports.fault_words(FaultAt(2, "to", fault, {"limit": "40", "day": "30/06/2025"})))


def test_every_consequence_is_told_in_its_number() -> None:
    names = [field.name for field in fields(Consequences)]
    counts = Consequences(**{name: number for number, name in enumerate(names, 1)})
    told = organisation.moved(counts.as_json())
    assert [each.count for each in told] == list(range(1, len(names) + 1))
    assert len({each.words for each in told}) == len(names)


def test_every_act_but_founding_has_an_address() -> None:
    assert set(organisation.ADDRESSES.values()) == set(ActKind) - {ActKind.FOUND}


def test_schools_stand_in_the_order_of_their_names_and_numbers() -> None:
    names = ["Trường Tiểu học Mẫu số 2", "Trường Tiểu học Mẫu số 10", "Trường Tiểu học Đồng", "Xã An", "Xã Ân", "Xã Ấn"]
    assert sorted(set(names), key=title_key) == [names[2], *names[:2], *names[3:]]
