"""Cells of photographed pages: as printed, altered in every way, and spoiled without being altered."""

from functools import cache
from typing import Final

import cv2
import numpy as np
import pytest

from tests.photos.alterations import DPI, VALUES, Alteration, Picture, Sheet, alter, alter_some, sheets
from tests.photos.records import CONTEXT, sample_years
from tests.photos.simulating import Condition, photograph
from verify.paper.content import PaperReport, compare
from verify.paper.opening import open_photo
from verify.paper.readings import Cause, State
from verify.verdict import Reason, Status

# 5 MP; the bench takes 12 MP and every condition.
_SHORTER: Final = 1900
_CLEAN: Final = (Condition.SCAN_150, Condition.STRAIGHT, Condition.CURLED, Condition.SHADOW, Condition.CHAT)
_TAKEN: Final = (Condition.SCAN_200, Condition.TILTED, Condition.WOOD, Condition.PHOTOCOPY)


@cache
def _sheet(number: int, page: int = 2) -> Sheet:
    return sheets(sample_years(3, seed=31)[number], (page,))[0]


def _report(sheet: Sheet, picture: Picture, condition: Condition, seed: int = 4) -> PaperReport:
    taken = open_photo(photograph(picture, condition, seed, shorter=_SHORTER).data)
    return compare([taken], sheet.rendered, CONTEXT.template)


def _states(report: PaperReport) -> dict[str, State]:
    return {cell.field: cell.state for cell in report.reading.cells}


@pytest.mark.parametrize("condition", _CLEAN)
def test_a_clean_page_is_never_accused(condition: Condition) -> None:
    sheet = _sheet(_CLEAN.index(condition) % 2)
    report = _report(sheet, sheet.picture, condition)
    assert report.differences == ()
    assert report.reading.equal > 0.8 * len(report.reading.cells) > 40


@pytest.mark.parametrize("page", [2, 3])
@pytest.mark.parametrize("seed", [1, 4])
def test_every_cell_of_a_photocopy_is_read(page: int, seed: int) -> None:
    sheet = _sheet(seed % 2, page)
    report = _report(sheet, sheet.picture, Condition.PHOTOCOPY, seed)
    assert report.differences == ()
    assert [(cell.field, cell.cause) for cell in report.reading.unread] == []


@pytest.mark.parametrize("kind", VALUES)
def test_an_altered_mark_or_level_is_never_equal(kind: Alteration) -> None:
    order = VALUES.index(kind)
    sheet = _sheet(order % 2)
    altered = alter(sheet, kind, 11 + order)
    assert altered is not None
    report = _report(sheet, altered.picture, _TAKEN[order % len(_TAKEN)])
    states = _states(report)
    assert [states[field] for field in altered.fields if states[field] is State.EQUAL] == []
    assert {each.field for each in report.differences} <= set(altered.fields)
    if kind in {Alteration.RETYPED, Alteration.PASTED}:
        assert [states[field] for field in altered.fields] == [State.DIFFERS]


def test_a_difference_says_what_stands_there() -> None:
    sheet = _sheet(0)
    altered = alter(sheet, Alteration.RETYPED, 2)
    assert altered is not None
    (difference,) = _report(sheet, altered.picture, Condition.SCAN_200).differences
    assert difference.field == altered.fields[0]
    assert difference.found not in {"", difference.expected}


@pytest.mark.parametrize("kind", [Alteration.NAME_WORD, Alteration.OTHER_PUPIL])
@pytest.mark.parametrize("condition", [Condition.SCAN_200, Condition.STRAIGHT])
def test_another_name_differs(kind: Alteration, condition: Condition) -> None:
    sheet = _sheet(1)
    altered = alter(sheet, kind, 5)
    assert altered is not None
    report = _report(sheet, altered.picture, condition)
    assert _states(report)["full_name"] is State.DIFFERS
    assert {each.field for each in report.differences} == {"full_name"}
    assert report.checks[0].status is Status.FAILED


def test_a_sticker_over_a_name_is_unread_and_no_difference() -> None:
    """What was lost was not replaced by other words."""
    sheet = _sheet(1)
    box = next(each for each in sheet.boxes if each.field == "full_name")
    x0, y0, x1, y1 = (round(side * DPI / 72) for side in box.box)
    picture = sheet.picture.copy()
    picture[y0:y1, x0:x1] = 255
    report = _report(sheet, picture, Condition.SCAN_200)
    assert _states(report)["full_name"] is State.UNREAD
    assert report.differences == ()


def test_a_genuine_code_on_a_page_of_another_year_differs() -> None:
    sheet = _sheet(1)
    altered = alter(sheet, Alteration.OTHER_YEAR, 5)
    assert altered is not None
    report = _report(sheet, altered.picture, Condition.STRAIGHT)
    assert {each.field for each in report.differences} & set(altered.fields)
    assert report.checks[0].status is Status.FAILED


def test_a_tone_mark_is_equal_only_by_eye() -> None:
    sheet = _sheet(0)
    altered = alter(sheet, Alteration.TONE_MARK, 1)
    assert altered is not None
    for condition in (Condition.SCAN_200, Condition.CHAT):
        cells = [cell for cell in _report(sheet, altered.picture, condition).reading.cells if cell.field == "full_name"]
        assert cells
        assert all(cell.state is not State.EQUAL or cell.by_eye for cell in cells)


def test_a_blot_over_a_mark_is_unread_and_no_difference() -> None:
    sheet = _sheet(0)
    box = next(each for each in sheet.boxes if each.field == "subjects.toan.score" and each.text)
    picture, scale = sheet.picture.copy(), DPI / 72
    middle = (round((box.box[0] + box.box[2]) / 2 * scale), round((box.box[1] + box.box[3]) / 2 * scale))
    cv2.circle(picture, middle, 24, (70, 70, 75), -1)
    report = _report(sheet, picture, Condition.SCAN_200)
    (cell,) = [each for each in report.reading.cells if each.field == box.field]
    assert (cell.state, cell.cause) == (State.UNREAD, Cause.COVERED)
    assert report.differences == ()
    assert report.checks[0].reason is Reason.CELLS_UNREAD


def test_a_page_on_which_much_differs_is_asked_for_again() -> None:
    """Another pupil's page under this pupil's code: another paper, not a forgery that names cells."""
    sheet, other = _sheet(0), _sheet(2)
    report = _report(sheet, other.picture, Condition.SCAN_200)
    assert report.reading.too_many_differ
    assert report.differences == ()
    assert report.checks[0].reason is Reason.TOO_MANY_DIFFER


def test_two_photos_of_a_page_answer_for_each_other() -> None:
    """A half that one photo lacks is on the other one; a difference on either is told."""
    sheet = _sheet(0)
    altered = alter_some(sheet, (Alteration.RETYPED,), 8)
    whole = open_photo(photograph(altered.picture, Condition.SCAN_200, 1).data)
    middle = whole.shape[0] * 55 // 100
    parts = [np.ascontiguousarray(whole[:middle]), np.ascontiguousarray(whole[-middle:])]
    alone = [compare([part], sheet.rendered, CONTEXT.template) for part in parts]
    both = compare(parts, sheet.rendered, CONTEXT.template)
    assert all(report.reading.unread for report in alone)
    assert not both.reading.unread
    assert {each.field for each in both.differences} == set(altered.fields)
    assert both.checks[1].facts["missing"] == "1, 2, 4"
