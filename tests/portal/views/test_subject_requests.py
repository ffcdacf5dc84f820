"""What families ask about a child's data: answered by the school, in force at once, and nobody else's business."""

import json
from datetime import timedelta
from typing import Final

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from portal.errors import NotFound
from portal.models import AccessEvent, SubjectKind, SubjectRequest, SubjectState, Transcript
from portal.services import extracts
from portal.services.custody_days import after, between
from portal.services.organisation import day_of
from portal.services.subject_copy import tables_of_a_pupil
from portal.services.subject_requests import STEPS, Step
from portal.web import clock
from tests.client import Browser, Page
from tests.portal.families import guardian
from tests.portal.views.test_admissions import SECONDARY, born, line, sent, table
from tests.portal.views.test_checking import AUTHENTIC, checked
from tests.portal.views.test_extracts import issued
from tests.portal.views.test_family import opened, share
from tests.portal.views.test_grants import written
from tests.portal.worlds import CLERK, DEPARTMENT, HEAD, LOCKED_NAME, NEIGHBOUR, NOW, World

REQUESTS: Final = "/yeu-cau-du-lieu"
ANSWER: Final = "Đã làm như gia đình yêu cầu."


def ask(browser: Browser, code: str, kind: str = "han-che", status: int = 303, **fields: str) -> str:
    """Address of the new request, or what the refused page says."""
    path = f"{REQUESTS}/moi/{code}"
    typed = {"kind": kind, "wish": "vì sự an toàn của con", **fields}
    answer = browser.submit(browser.get(path), path, typed, status)
    return answer.location if status == 303 else Page(answer).text


def posted(browser: Browser, page: Page, path: str, fields: dict[str, str], status: int | None) -> TestResponse:
    """Send what no form on the page offers, with its token."""
    token = next(each.get("value", "") for each in page.tree.iter("input") if each.get("name") == "csrf_token")
    return browser.post(path, {"csrf_token": token, **fields}, status)


def answered(world: World, address: str, step: str = "thuc-hien", username: str = HEAD) -> Browser:
    browser = world.signed_in(username)
    browser.submit(browser.get(address), f"{address}/tra-loi", {"step": step, "text": ANSWER})
    return browser


def state_of(world: World, address: str) -> str:
    with Session(world.engine) as session:
        return session.get_one(SubjectRequest, int(address.rpartition("/")[2])).state


def ledger(world: World, action: str) -> list[tuple[str, str | None]]:
    """How each act ended, and what it names."""
    with Session(world.engine) as session:
        rows = session.execute(
            sa.select(AccessEvent.outcome, AccessEvent.purpose)
            .where(AccessEvent.action == action)
            .order_by(AccessEvent.id)
        )
        return [(outcome, purpose) for outcome, purpose in rows]


def test_the_copy_holds_everything_and_each_fetch_is_written(world: World) -> None:
    parent = guardian(world, world.codes.locked)
    secret, pin = share(world, parent)
    opened(world, secret, pin)
    address = ask(parent, world.codes.locked, "ban-sao", wish="")
    parent.fetch(f"{address}/du-lieu.json", 404)
    assert "chờ bạn trả lời" in world.signed_in(HEAD).get(REQUESTS).text
    assert "1 yêu cầu của gia đình về dữ liệu cá nhân" in world.signed_in(DEPARTMENT).get("/").text
    answered(world, address)
    shown = parent.get(address)
    assert ANSWER in shown.text
    told = parent.get(f"/con-em/{world.codes.locked}").text
    assert "Lý do: yêu cầu số 1" in told
    file = parent.fetch(f"{address}/du-lieu.json")
    assert file.headers["Cache-Control"] == "no-store"
    held = json.loads(file.data)
    assert held["pupil"]["full_name"] == LOCKED_NAME
    assert [each["school_year"] for each in held["records"]] == ["2024-2025", "2025-2026"]
    assert {each["record"]["ethnicity"] for each in held["records"]} == {"Kinh"}
    assert {"share_link", "guardian_link", "subject_request", "record_version"} <= set(held["rows"])
    assert {"subject.answer", "record.read"} <= {look["action"] for look in held["looks"]}
    told = file.data.decode()
    assert secret not in told
    for left_out in ("pin_hash", "secret_sha256", "invite_sha256", "argon2"):
        assert left_out not in told
    assert ledger(world, "subject.copy") == [("refused", "request 1"), ("allowed", "request 1")]
    stranger = guardian(world, world.codes.accepted, "phu.huynh.khac")
    for path in (address, f"{address}/du-lieu.json", f"{REQUESTS}/99999"):
        stranger.fetch(path, 404)


def test_every_table_of_a_pupil_is_found_by_its_keys() -> None:
    """A table that hangs on a pupil without a foreign key would be missing from the copy."""
    found = {table.name for table in tables_of_a_pupil()}
    named = {table.name for table in SubjectRequest.metadata.sorted_tables if "transcript_id" in table.columns}
    assert named <= found
    assert {"record_version", "record_signature", "state_change", "custody_move"} <= found


def test_a_restriction_closes_the_record_to_all_but_school_department_and_family(world: World) -> None:
    code = world.codes.locked
    parent = guardian(world, code)
    secret, pin = share(world, parent)
    stranger = world.browser(address="203.0.113.7")
    stranger.get(f"/t/{code}")
    opened(world, secret, pin)
    address = ask(parent, code)
    answered(world, address, username=DEPARTMENT)
    silent, unknown = stranger.get(f"/t/{code}", 404), stranger.get(f"/t/{world.codes.unknown}", 404)
    assert silent.text == unknown.text
    opened(world, secret, pin, 404)
    path = f"/con-em/{code}/chia-se"
    wanted = {"scope": "marks", "year": "2025-2026", "days": "7", "download": "khong"}
    assert "hạn chế xử lý" in Page(parent.submit(parent.get(path), path, wanted, 422)).text
    for username in (CLERK, HEAD, DEPARTMENT):
        assert LOCKED_NAME in world.signed_in(username).get(f"/hoc-ba/{code}").text
    assert LOCKED_NAME in parent.get(f"/hoc-ba/{code}").text
    assert "Đang hạn chế" in parent.get(f"/con-em/{code}").text
    assert "cùng loại" in ask(parent, code, status=422)
    parent.submit(parent.get(address), f"{address}/dung", {"reason": "không cần nữa"})
    assert state_of(world, address) == "lifted"
    stranger.get(f"/t/{code}")
    opened(world, secret, pin)


def test_every_door_of_others_closes_and_opens_again(small_world: World) -> None:
    """Leave, a print with the birth date, a file, a claim of grade 6, an extract's number."""
    world, code = small_world, small_world.codes.locked
    parent, neighbour, secondary = guardian(world, code), world.signed_in(NEIGHBOUR), world.signed_in(SECONDARY)
    data = parent.fetch(f"/hoc-ba/{code}/2025-2026.pdf").get_data()
    number, grant = issued(world, parent), written(world, world.signed_in(DEPARTMENT))
    sent(secondary, line(world, code))

    def doors() -> dict[str, bool]:
        stranger, path = world.browser(address="203.0.113.8"), f"/t/{code}/2025-2026.1/noi-dung"
        day = {"birth_date": born(world, code).isoformat()}
        by_print = posted(stranger, stranger.get(path), path, day, None)
        by_grant = posted(neighbour, neighbour.get(grant), f"{grant}/hoc-ba/{code}", {"case": ""}, None)
        return {
            "print": by_print.status_code == 200,
            "grant": by_grant.status_code == 200,
            "file": AUTHENTIC in checked(world, data).heading,
            "claim": LOCKED_NAME in table(secondary),
            "extract": _told(world, number),
        }

    assert set(doors().values()) == {True}
    assert LOCKED_NAME in neighbour.get(grant).text
    address = ask(parent, code)
    answered(world, address)
    assert set(doors().values()) == {False}
    assert LOCKED_NAME not in neighbour.get(grant).text
    parent.submit(parent.get(address), f"{address}/dung", {"reason": "không cần nữa"})
    assert set(doors().values()) == {True}


def _told(world: World, number: str) -> bool:
    """Whether an extract's number tells anybody what it covers."""
    with Session(world.engine) as session:
        try:
            return bool(extracts.told(session, number, clock.read()))
        except NotFound:
            return False


def test_an_objection_ends_what_goes_beyond_the_record(world: World) -> None:
    parent = guardian(world, world.codes.locked)
    secret, pin = share(world, parent)
    parent.fetch(f"/hoc-ba/{world.codes.locked}/ca-cuon.pdf")
    answered(world, ask(parent, world.codes.locked, "phan-doi"))
    opened(world, secret, pin, 404)
    told = parent.get(f"/con-em/{world.codes.locked}").text
    assert "Kết thúc ngay" not in told
    world.browser().get(f"/t/{world.codes.locked}")


def test_a_refusal_needs_a_reason_and_changes_nothing(world: World) -> None:
    parent = guardian(world, world.codes.locked)
    address = ask(parent, world.codes.locked)
    head = world.signed_in(HEAD)
    page = head.get(address)
    for typed in ({"step": "tu-choi", "text": ""}, {"step": "khác", "text": ANSWER}, {"text": ANSWER}):
        head.submit(page, f"{address}/tra-loi", typed, 422)
    answered(world, address, "tu-choi")
    assert ANSWER in parent.get(address).text
    world.browser().get(f"/t/{world.codes.locked}")
    assert ask(parent, world.codes.locked) != address, "a new one may follow"


def test_from_paper_the_one_who_wrote_it_down_does_not_answer(world: World) -> None:
    clerk, head = world.signed_in(CLERK), world.signed_in(HEAD)
    assert "Ghi ngày dạng" in ask(clerk, world.codes.locked, status=422, received_on="")
    assert "Ghi vì sao" in ask(clerk, world.codes.locked, status=422, wish="")
    assert "ở tương lai" in ask(clerk, world.codes.locked, status=422, received_on="2099-01-01")
    today = day_of(clock.read())
    days = [today - timedelta(days=back) for back in range(10)]
    received = next(day for day in days if between(after(day, 2), today) == 1)
    address = ask(clerk, world.codes.locked, received_on=f"{received:%d/%m/%Y}")
    assert "quá hạn 1 ngày làm việc" in clerk.get(address).text
    posted(clerk, clerk.get(address), f"{address}/tra-loi", {"step": "thuc-hien", "text": ANSWER}, 404)
    own = ask(head, world.codes.locked, "phan-doi", received_on=today.isoformat())
    assert f"trả lời đến hết ngày {after(today, 2):%d/%m/%Y}" in head.get(own).text
    refused = posted(head, head.get(own), f"{own}/tra-loi", {"step": "thuc-hien", "text": ANSWER}, 422)
    assert "không tự trả lời" in Page(refused).text


def test_twice_and_on_a_stale_page(world: World) -> None:
    parent = guardian(world, world.codes.locked)
    address = ask(parent, world.codes.locked)
    head, other = world.signed_in(HEAD), world.signed_in(DEPARTMENT)
    first, stale = head.get(address), other.get(address)
    typed = {"step": "thuc-hien", "text": ANSWER}
    for _ in range(2):
        head.submit(first, f"{address}/tra-loi", typed)
    late = other.submit(stale, f"{address}/tra-loi", {"step": "tu-choi", "text": "Không có căn cứ."}, 422)
    assert "đã được trả lời" in Page(late).text
    assert (state_of(world, address), ledger(world, "subject.answer")) == ("granted", [("allowed", "request 1")])
    page = head.get(address)
    head.submit(page, f"{address}/dung", {"reason": "gia đình đã đồng ý"})
    assert "đã hết hiệu lực" in Page(head.submit(page, f"{address}/dung", {"reason": "gia đình đồng ý"}, 422)).text


def test_others_neither_ask_nor_see_nor_answer(world: World) -> None:
    parent = guardian(world, world.codes.locked)
    address = ask(parent, world.codes.locked)
    for path in (f"{REQUESTS}/moi/{world.codes.accepted}", f"{REQUESTS}/moi/{world.codes.unknown}"):
        parent.get(path, 404)
    for username in (NEIGHBOUR, "th02.hieutruong"):
        browser = world.signed_in(username)
        assert "Chưa có yêu cầu nào" in browser.get(REQUESTS).text
        browser.get(address, 404)
        browser.get(f"{REQUESTS}/moi/{world.codes.locked}", 404)
        for act, fields in (("tra-loi", {"step": "thuc-hien", "text": ANSWER}), ("dung", {"reason": "không cần"})):
            posted(browser, browser.get(REQUESTS), f"{address}/{act}", fields, 404)
    posted(parent, parent.get(address), f"{address}/tra-loi", {"step": "thuc-hien", "text": ANSWER}, 404)
    world.signed_in("kiemtoan").get(REQUESTS, 404)
    world.browser().fetch(address, 303)
    assert state_of(world, address) == "waiting"


@pytest.mark.parametrize("kind", list(SubjectKind))
def test_no_other_step_than_those_of_the_table(small_world: World, kind: SubjectKind) -> None:
    """The database holds the same table: what is for good stays so, and only a restriction is lifted."""
    allowed = {(state, becomes) for (state, step), becomes in STEPS.items() if step is not Step.LIFT}
    allowed |= {(SubjectState.GRANTED, SubjectState.LIFTED)} if kind is SubjectKind.RESTRICT else set()
    for state in SubjectState:
        for becomes in set(SubjectState) - {state}:
            took = _moves(small_world, kind, state, becomes)
            assert took == ((state, becomes) in allowed), (kind, state, becomes)


def _moves(world: World, kind: SubjectKind, state: SubjectState, becomes: SubjectState) -> bool:
    with Session(world.engine) as session:
        try:
            pupil = session.scalars(sa.select(Transcript.id).limit(1)).one()
            row = _row(pupil, kind, state)
            session.add(row)
            session.flush()
            wanted = _row(pupil, kind, becomes)
            row.state = wanted.state
            for name in ("answered_by", "answered_at", "answer", "ended_by", "ended_at", "ending"):
                if getattr(wanted, name) is not None:
                    setattr(row, name, getattr(wanted, name))
            session.flush()
        except sa.exc.DBAPIError:
            return False
        finally:
            session.rollback()
        return True


def _row(pupil: int, kind: SubjectKind, state: SubjectState) -> SubjectRequest:
    row = SubjectRequest(
        transcript_id=pupil, kind=kind.value, state=state.value, on_paper=False, received_on=NOW.date(), wish="",
        asked_by=1, asked_at=NOW,
    )  # fmt: skip
    if state not in (SubjectState.WAITING, SubjectState.WITHDRAWN):
        row.answered_by, row.answered_at, row.answer = 1, NOW, "trả lời"
    if state in (SubjectState.WITHDRAWN, SubjectState.LIFTED):
        row.ended_by, row.ended_at, row.ending = 1, NOW, "lý do"
    return row
