"""One-page guides: for everybody, with the days that hold today, one's own role first."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.models import Round
from portal.presenters.guides import GUIDES
from portal.services.rounds import due_year, end_of_day, rounds_of
from tests.portal.worlds import CLERK, DEPARTMENT, World


@pytest.mark.parametrize("role", GUIDES)
def test_each_guide_is_a_public_page_without_gaps(small_world: World, role: str) -> None:
    page = small_world.browser().get(f"/huong-dan/{role}")
    assert "…" not in page.text
    assert "%(" not in page.text
    assert all(picture.get("alt") and picture.get("loading") == "lazy" for picture in page.tree.iter("img"))


def test_an_unknown_role_is_no_page(small_world: World) -> None:
    small_world.browser().get("/huong-dan/khong-co", 404)


def test_ones_own_guide_comes_first(small_world: World) -> None:
    for username, name in ((CLERK, "van-thu"), (DEPARTMENT, "so")):
        page = small_world.signed_in(username).get("/huong-dan")
        guides = [link for link in page.links() if link.startswith("/huong-dan/")]
        assert guides[0] == f"/huong-dan/{name}"
        assert page.text.count("Dành cho bạn") == 1
    assert "Dành cho bạn" not in small_world.browser().get("/huong-dan").text


def test_a_day_that_is_moved_is_moved_in_the_guide(small_world: World) -> None:
    with Session(small_world.engine) as session, session.begin():
        year = due_year(datetime.now(UTC))
        held = rounds_of(session, year).first
        moved = held.last_day.replace(month=7, day=3)
        session.add(
            Round(
                school_year=year,
                number=1,
                revision=1,
                cut_off=end_of_day(moved),
                report_day=held.report_day,
                decision="12/QĐ-MAU",
                set_by=session.scalars(sa.text("SELECT id FROM account LIMIT 1")).one(),
                set_at=end_of_day(held.last_day.replace(month=6, day=1)),
            )
        )
    page = small_world.browser().get("/huong-dan/van-thu")
    assert f"{moved:%d/%m/%Y}" in page.text
