"""Steps of two officials who lock records on the web, on a day that the tests choose."""

from datetime import UTC, datetime
from typing import Final

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from portal.models import RecordVersion
from portal.web import clock
from tests.client import Browser, Page
from tests.portal.worlds import World

# The records that wait in the world are of 2024-2025, and came long after its cut-offs.
YEAR: Final = "2024-2025"
DAY: Final = datetime(2026, 8, 21, 3, 0, tzinfo=UTC)
IN_TIME: Final = datetime(2025, 6, 20, 3, 0, tzinfo=UTC)
OFFICIAL: Final = "so.canbo"
ROUNDS: Final = "/chot-du-lieu"
LOCKS: Final = "/chot-du-lieu/de-nghi"
DECISION: Final = "310/QĐ-SGDĐT"
REASON: Final = "Trường mất điện ba ngày cuối tháng"


def turn_clock(monkeypatch: pytest.MonkeyPatch, moment: datetime = DAY) -> None:
    monkeypatch.setattr(clock, "read", lambda: moment)


def came_in_time(world: World) -> None:
    """Let the accepted record have come before the cut-off of its round."""
    with Session(world.engine) as session, session.begin():
        session.execute(sa.update(RecordVersion).where(RecordVersion.state == "accepted").values(accepted_at=IN_TIME))


def asked(what: str = "muon", year: str = YEAR, scope: str = "tat-ca", units: str = "") -> str:
    reason = REASON.replace(" ", "+")
    chosen = f"&units={units}" if units else ""
    return f"{LOCKS}/xem?school_year={year}&what={what}&scope={scope}{chosen}&decision={DECISION}&reason={reason}"


def propose(browser: Browser, address: str, typed: str = "1", status: int = 303) -> TestResponse:
    return browser.submit(browser.get(address), LOCKS, {"typed": typed}, status)


def confirm(browser: Browser, world: World, address: str, username: str = OFFICIAL, status: int = 303) -> TestResponse:
    fields = {"password": world.logins[username].password}
    return browser.submit(browser.get(address), f"{address}/xac-nhan", fields, status)


def token_of(page: Page) -> str:
    return page.form("/dang-xuat")[0].get("value") or ""
