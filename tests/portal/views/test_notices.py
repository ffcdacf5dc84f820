"""Notices: whoever must act is told in the moment it happens, reads it once, and nobody reads another's."""

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.models import Account, GuardianLink, Notice, NoticeKind, Transcript
from portal.presenters import notices as presenter
from portal.services import notices, telling
from portal.services.notice_pages import PAGE_ROWS, NoticeView
from portal.services.notices import News
from tests.client import Page
from tests.portal.families import USERNAME, guardian
from tests.portal.views.lock_journeys import turn_clock
from tests.portal.worlds import CLERK, DEPARTMENT, HEAD, LOCKED_NAME, NEIGHBOUR, NOW, World

NOTICES = "/thong-bao"
DETAILS = {
    NoticeKind.PACKET_FAULTY: ("rows 3", "signatures 1"),
    NoticeKind.CUSTODY_ENDED: ("moved", "refused", "withdrawn", "closed"),
    NoticeKind.CORRECTION_TOLD: ("open", "confirmed", "effective", "stopped", "withdrawn", "rejected"),
    NoticeKind.GRANT_DECIDED: ("given", "refused"),
    NoticeKind.AMENDMENT_ANSWERED: ("accepted", "correcting", "refused", "done", "withdrawn"),
    NoticeKind.ROUND_CLOSES: ("2025-2026 1 2026-06-30 1234", "2025-2026 2 2026-08-15 silent"),
    NoticeKind.ROUND_REMINDER: tuple(
        f"{text} 2025-2026 1 2026-06-30" for text in ("deadline", "late", "silent", "signatures")
    ),
    NoticeKind.RECORDS_LOCKED: ("2025-2026",),
    NoticeKind.CHILD_SEEN: ("", "department"),
    NoticeKind.CUSTODY_LATE: ("2026-07-20",),
    NoticeKind.KEY_ENDS: ("2026-07-20",),
}


@pytest.fixture(autouse=True)
def _day(monkeypatch: pytest.MonkeyPatch) -> None:
    turn_clock(monkeypatch, NOW)


def account(session: Session, username: str) -> int:
    return session.scalars(sa.select(Account.id).where(Account.username == username)).one()


def told(world: World, username: str) -> list[NoticeKind]:
    with Session(world.engine) as session:
        own = sa.select(Notice.kind).where(Notice.account_id == account(session, username)).order_by(Notice.id)
        return [NoticeKind(kind) for kind in session.scalars(own)]


def badge(page: Page) -> str:
    return "".join(
        element.text or "" for element in page.tree.iter("strong") if "unread-count" in element.get("class", "").split()
    )


def tell(world: World, username: str, *news: News) -> None:
    with Session(world.engine) as session, session.begin():
        for each in news:
            notices.tell(session, each, [account(session, username)], NOW)


def unread(world: World, username: str) -> list[str]:
    """Where the forms of the unread ones send."""
    with Session(world.engine) as session:
        own = sa.select(Notice.id).where(Notice.account_id == account(session, username), Notice.read_at.is_(None))
        return [f"{NOTICES}/{each}" for each in session.scalars(own.order_by(Notice.id))]


def test_whoever_signs_is_told_and_nobody_else(world: World) -> None:
    """The operator filled the world: the head has a notice of each class, and those of the signed ones are settled."""
    assert set(told(world, HEAD)) == {NoticeKind.PACKET_TO_SIGN}
    assert told(world, NEIGHBOUR) == told(world, DEPARTMENT) == []
    head = world.signed_in(HEAD)
    page = head.get(NOTICES)
    assert badge(page) == badge(head.get("/")) == "1"  # one class is still a draft
    assert "1 thông báo chưa đọc." in page.text
    (action,) = unread(world, HEAD)
    there = head.submit(page, action, {}).location
    assert there.startswith("/goi-hoc-ba/")
    head.get(there)
    assert badge(head.get(NOTICES)) == ""


def test_what_is_rolled_back_was_told_to_nobody(world: World) -> None:
    with Session(world.engine) as session:
        telling.grant_asked(session, 1, 0, NOW)
        assert session.scalar(sa.select(sa.func.count()).select_from(Notice).where(Notice.kind == "grant.asked"))
        session.rollback()
    assert told(world, DEPARTMENT) == []


def test_each_person_is_told_once_of_each_happening(world: World) -> None:
    with Session(world.engine) as session, session.begin():
        for _ in range(2):
            telling.share_opened(session, 1, 1, account(session, CLERK), NOW)
    tell(world, CLERK, News(NoticeKind.SHARE_OPENED, 1, "another"))
    assert told(world, CLERK) == [NoticeKind.SHARE_OPENED] * 2


def test_nobody_reads_anothers(small_world: World) -> None:
    (action,) = unread(small_world, HEAD)
    neighbour = small_world.signed_in(NEIGHBOUR)
    tell(small_world, NEIGHBOUR, News(NoticeKind.GRANT_ASKED, 1))
    fields = {"csrf_token": token(neighbour.get(NOTICES))}
    neighbour.post(action, fields, 404)
    neighbour.post(f"{NOTICES}/{2**40}", fields, 404)
    neighbour.post(f"{NOTICES}/da-doc", {**fields, "up_to": "999999"})
    assert unread(small_world, HEAD) == [action]
    assert unread(small_world, NEIGHBOUR) == []
    assert small_world.browser().fetch(NOTICES, 303).location.startswith("/dang-nhap")


def test_all_are_read_up_to_the_newest_that_was_shown(small_world: World) -> None:
    tell(small_world, CLERK, *(News(NoticeKind.GRANT_DECIDED, each, detail="given") for each in range(PAGE_ROWS + 1)))
    clerk = small_world.signed_in(CLERK)
    first = clerk.get(NOTICES)
    assert badge(first) == str(PAGE_ROWS + 1)
    assert f"{NOTICES}?trang=2" in first.links()
    assert len(list(clerk.get(f"{NOTICES}?trang=2").tree.iter("ul"))) > 0
    tell(small_world, CLERK, News(NoticeKind.GRANT_DECIDED, 99, detail="refused"))
    clerk.submit(first, f"{NOTICES}/da-doc", {})
    assert badge(clerk.get(NOTICES)) == "1"


def test_the_family_learns_who_looked_and_sees_the_name_only_while_it_is_the_family(small_world: World) -> None:
    parent = guardian(small_world, small_world.codes.locked)
    with Session(small_world.engine) as session, session.begin():
        child = session.scalars(
            sa.select(Transcript.id).where(Transcript.lookup_code == small_world.codes.locked)
        ).one()
        telling.child_seen(session, child, 7, NOW)
        telling.share_opened(session, 3, child, account(session, USERNAME), NOW)
    for name in (CLERK, DEPARTMENT, DEPARTMENT):
        small_world.signed_in(name).get(f"/hoc-ba/{small_world.codes.locked}")
    page = parent.get(NOTICES)
    assert page.text.count(LOCKED_NAME) == 3  # the school that keeps it looks without that
    assert "đã được cán bộ Sở mở xem" in page.text
    (seen, *_others) = unread(small_world, USERNAME)
    assert parent.submit(page, seen, {}).location == f"/con-em/{small_world.codes.locked}"
    with Session(small_world.engine) as session, session.begin():
        session.execute(sa.update(GuardianLink).values(ended_by=1, ended_at=NOW))
    page = parent.get(NOTICES)
    assert LOCKED_NAME not in page.text
    assert parent.submit(page, seen, {}).location == "/con-em"


def test_each_kind_has_its_sentence_and_a_page(small_world: World) -> None:
    adapter = small_world.app.url_map.bind("localhost")
    for kind in NoticeKind:
        for detail in DETAILS.get(kind, ("",)):
            held = NoticeView(1, kind, 41, detail, NOW, False, None, None)
            with small_world.app.test_request_context():
                words = presenter.sentence(held)
            assert words[0].isupper()
            assert words[-1] == "."
            assert not {"%", "…"} & set(words), kind
            assert adapter.match(presenter.href_of(held), method="GET")


def token(page: Page) -> str:
    (found, *_more) = [field.get("value", "") for field in page.tree.iter("input") if field.get("name") == "csrf_token"]
    return found
