"""A school year from the class list to the audit, with all roles, in the distribution's Chromium without JavaScript.

The portal's clock is turned from day to day. What no screen does is done as the portal's own jobs do it: reading
files, locking, the end of the correction's delay, the report and the audit. Everything else is clicked.
"""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser import year_steps as steps
from tests.browser.year_people import Year
from tests.browser.year_steps import AGAIN, AGAIN_ROW, LATE, LATE_ROW, LEAVES, WRONG, day, only_rows
from tests.browser.year_world import GRADE_FIVE, Tokens, pupils, year_begun
from tests.portal.signers.tokens import softhsm

ON_TIME = 28
# Screens, clicks, keystrokes of a role in the whole year: one step more is noticed here.
BOUNDS = {
    steps.CLERKS: (38, 66, 146),
    steps.HEADS: (22, 35, 108),
    steps.DEPARTMENTS: (90, 132, 498),
    steps.RECEIVERS: (25, 36, 133),
    steps.ANYBODY: (4, 0, 0),
    steps.FAMILY: (5, 8, 52),
    steps.AUDITORS: (5, 6, 20),
}


def test_a_whole_year(
    chromium: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hsm = softhsm(tmp_path, monkeypatch)
    with year_begun(chromium, tmp_path, monkeypatch) as year:
        tokens = Tokens.of_school(year, hsm)
        before_summer(year, tokens)
        after_summer(year, tokens)
        after_the_lock(year, tokens)
        table = [f"{role:12} {e.screens:8} {e.clicks:7} {e.keys:7}" for role, e in year.efforts.items()]
        with capsys.disabled():
            print("", f"{'vai':12} {'màn hình':>8} {'bấm':>7} {'phím':>7}", *table, sep="\n")  # noqa: T201 - issue 7 asks
        found = {role: (e.screens, e.clicks, e.keys) for role, e in year.efforts.items()}
        assert found.keys() == BOUNDS.keys()
        assert {role: each for role, each in found.items() if any(map(int.__gt__, each, BOUNDS[role]))} == {}


def before_summer(year: Year, tokens: Tokens) -> None:
    year.on(day(6, 2))
    steps.bring_in(year)
    year.on(day(6, 3))
    steps.sign(year, tokens, "class")
    year.on(day(6, 25))
    steps.remind(year)
    year.on(day(7, 1))
    steps.lock(year, "đợt 1", ON_TIME + GRADE_FIVE, shot="first")
    year.on(day(7, 6))
    steps.report(year)


def after_summer(year: Year, tokens: Tokens) -> None:
    year.on(day(7, 20))
    steps.bring_in_again(year, only_rows(AGAIN_ROW, LATE_ROW), "lop-3A2-he.xlsx")
    steps.sign(year, tokens, "summer")
    year.on(day(8, 17))
    assert {AGAIN, LATE} <= pupils(year).keys()
    steps.lock(year, "đợt 2", 1, shot="second")
    steps.lock(year, "học bạ muộn", 1, shot="late")


def after_the_lock(year: Year, tokens: Tokens) -> None:
    held = pupils(year)
    year.on(day(8, 18))
    steps.move(year, held[LEAVES])
    steps.claim(year, [each for each in held.values() if each.born.year == 2015])
    year.on(day(8, 19))
    steps.look_old(year, held[WRONG], "Đang hiệu lực")
    steps.allow_corrections(year)
    steps.open_correction(year, held[WRONG])
    steps.bring_in_again(year, only_rows(steps.FIRST_ROW) | {"K9": 7}, "lop-3A2-sua-diem.xlsx")
    steps.sign(year, tokens, "corrected")
    year.on(day(8, 20))
    steps.decide_correction(year)
    year.on(day(8, 28))
    steps.come_due(year)
    steps.look_old(year, held[WRONG], "Đã được thay thế")
    steps.family_looks(year, steps.invite(year, WRONG))
    steps.audit(year)
