"""Looking up who looked: for administrators and auditors, with a reason, and the search is a row itself."""

import csv
import io
from datetime import timedelta

import pytest
import python_calamine
import sqlalchemy as sa
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from portal.models import AccessEvent, Transcript
from portal.presenters.ledger import ACTIONS, present_looks
from portal.services import ledger
from portal.services.access import Action
from portal.services.ledger_file import harmless
from tests.client import Browser, Page
from tests.portal.worlds import CLERK, DEPARTMENT, HEAD, NEIGHBOUR, NOW, World

REASON = "theo đơn của gia đình số 34"
COMPUTES = '=HYPERLINK("http://x.invalid";"bấm vào đây")'
WHOLE = {"first": "2026-08-01", "last": (NOW.date() + timedelta(days=300)).isoformat()}


def asked_of(browser: Browser, path: str, fields: dict[str, str], status: int = 200) -> TestResponse:
    """Send a form's fields to one of its buttons' addresses."""
    token = browser.get("/tra-cuu").form("/dang-xuat").find("input")
    assert token is not None
    return browser.post(path, {"csrf_token": token.get("value", ""), **fields}, status)


def newest(world: World) -> AccessEvent:
    with Session(world.engine) as session:
        return session.scalars(sa.select(AccessEvent).order_by(AccessEvent.id.desc()).limit(1)).one()


def test_a_search_shows_who_looked_and_is_a_look_itself(world: World) -> None:
    code = world.codes.locked
    world.signed_in(CLERK).get(f"/hoc-ba/{code}")
    world.signed_in(NEIGHBOUR).get(f"/hoc-ba/{code}", 404)
    official = world.signed_in(DEPARTMENT)
    asked = {**WHOLE, "purpose": REASON, "code": code.upper()}
    page = Page(official.submit(official.get("/nhat-ky-xem"), "/nhat-ky-xem", asked, 200))
    for shown in ("Xem học bạ", "Đã cho xem", "Bị từ chối", "văn thư", "192.0.2.0/24", "2024-2025"):
        assert shown in page.text, shown
    row = newest(world)
    assert (row.action, row.outcome, row.purpose) == ("ledger.search", "allowed", REASON)
    with Session(world.engine) as session:
        assert row.transcript_id == session.scalar(sa.select(Transcript.id).where(Transcript.lookup_code == code))
        assert ledger.verify(session).first_broken is None
    refused = Page(official.submit(page, "/nhat-ky-xem", {**asked, "refused": "1"}, 200))
    assert "Bị từ chối" in refused.text
    assert "Đã cho xem" not in refused.text
    assert code not in page.response.request.url


@pytest.mark.parametrize("username", [CLERK, HEAD, NEIGHBOUR])
def test_schools_do_not_search_and_who_tries_is_written(small_world: World, username: str) -> None:
    browser = small_world.signed_in(username)
    for path in ("/nhat-ky-xem", "/canh-bao"):
        browser.get(path, 404)
    for path in ("/nhat-ky-xem", "/nhat-ky-xem/tep.csv"):
        asked_of(browser, path, {**WHOLE, "purpose": REASON}, 404)
        assert newest(small_world).outcome == "refused"


@pytest.mark.parametrize(
    "wrong",
    [
        {"purpose": ""},
        {"purpose": "vì cần"},
        {"code": "abc"},
        {"last": "2020-01-01"},
        {"last": "9999-12-31"},
        {"first": "x"},
    ],
)
def test_without_a_reason_or_with_a_mistake_nothing_is_shown(small_world: World, wrong: dict[str, str]) -> None:
    official = small_world.signed_in(DEPARTMENT)
    asked_of(official, "/nhat-ky-xem", {**WHOLE, "purpose": REASON})
    before = newest(small_world).id
    page = Page(asked_of(official, "/nhat-ky-xem", {**WHOLE, "purpose": REASON, **wrong}, 422))
    assert "Tìm thấy" not in page.text
    assert newest(small_world).id == before


def test_a_reason_that_computes_is_a_text_in_both_files(small_world: World) -> None:
    official = small_world.signed_in(DEPARTMENT)
    asked_of(official, "/nhat-ky-xem", {**WHOLE, "purpose": COMPUTES})
    files = {
        kind: asked_of(official, f"/nhat-ky-xem/tep.{kind}", {**WHOLE, "purpose": COMPUTES}).data
        for kind in ("csv", "xlsx")
    }
    rows = list(csv.reader(io.StringIO(files["csv"].decode("utf-8-sig"))))
    assert [row[-1] for row in rows[1:]] == ["'" + COMPUTES, ""], "the search, and the sign-in before it"
    sheet = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(files["xlsx"])).get_sheet_by_index(0)
    reasons = [row[-1] for row in sheet.to_python()[1:]]
    assert reasons == [COMPUTES, COMPUTES, ""], "a cell of the kind text, with what was written"
    assert newest(small_world).action == "ledger.export"


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1", " =1", "\u00a0=1", "\ufeff@x"])
def test_no_cell_of_the_csv_begins_like_a_formula(cell: str) -> None:
    assert harmless(cell) == "'" + cell
    assert harmless("xếp lớp = 1") == "xếp lớp = 1"


def test_the_family_reads_the_same_rows_in_plain_words(small_world: World) -> None:
    code = small_world.codes.locked
    small_world.signed_in(HEAD).get(f"/hoc-ba/{code}")
    with Session(small_world.engine) as session:
        record = session.scalars(sa.select(Transcript.id).where(Transcript.lookup_code == code)).one()
        page = present_looks(ledger.looks_at(session, record))
    assert [look.action for look in page.looks] == ["Xem học bạ"]
    assert page.looks[0].basis.startswith("hiệu trưởng (")
    assert "@" not in page.looks[0].basis


def test_each_act_has_its_words() -> None:
    assert set(ACTIONS) == set(Action)
