"""Forty photos through the bench of paper (issue 6): no clean page accused, every altered cell found."""

from bench.paper import is_met, results, table

PAGES = 40


def test_forty_photos_of_every_condition() -> None:
    found = list(results(PAGES, processes=1, ocr=0, minutes=30, records=8))
    told = "\n".join(table(found))
    assert len(found) == PAGES
    assert len({each.asked.condition for each in found}) == 27
    assert is_met(found), told
    clean = [each for each in found if not each.asked.changes]
    altered = [each for each in found if each.asked.changes]
    assert len(altered) >= 10
    assert not [each for each in clean if each.outcome == "mismatch"], told
    assert not [kind for each in altered for kind in each.missed], told
    assert sum(each.outcome == "equal" for each in clean) > len(clean) / 2, told
