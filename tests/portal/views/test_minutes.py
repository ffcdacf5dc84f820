"""Minutes of a lock on the web: the department makes and takes them once a round is locked; nobody else finds them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
import sqlalchemy as sa
from pyhanko.pdf_utils.reader import PdfFileReader
from sqlalchemy.orm import Session

from portal.models import LockMinutes
from tests.client import Browser
from tests.portal.jobs.running import run_jobs
from tests.portal.views.lock_journeys import (
    DAY,
    OFFICIAL,
    YEAR,
    asked,
    came_in_time,
    confirm,
    propose,
    turn_clock,
)
from tests.portal.worlds import CLERK, DEPARTMENT, HEAD, NEIGHBOUR, World
from tests.timestamping import Authorities, served

MINUTES = f"/chot-du-lieu/bien-ban/{YEAR}/1"
FIELDS = {"number": "45/BB-SGDĐT", "place": "Tỉnh Mẫu"}


@pytest.fixture(autouse=True)
def _day(monkeypatch: pytest.MonkeyPatch) -> None:
    turn_clock(monkeypatch)


def locked(world: World) -> Browser:
    """A round locked by two; the browser of the first."""
    came_in_time(world)
    first, second = world.signed_in(DEPARTMENT), world.signed_in(OFFICIAL)
    address = str(propose(first, asked("1")).location)
    confirm(second, world, address)
    run_jobs(world)
    return first


def signatures(pdf: bytes) -> list[str]:
    found = PdfFileReader(BytesIO(pdf), strict=True).embedded_signatures
    return [str(each.sig_object["/SubFilter"]) for each in found]


def test_made_seen_and_taken(world: World) -> None:
    browser = locked(world)
    assert MINUTES in browser.get(f"/chot-du-lieu/dot/{YEAR}/1").links()
    page = browser.get(MINUTES)
    assert page.heading == f"Biên bản chốt đợt 1, năm học {YEAR}"
    for shown in ("Trường Tiểu học Mẫu số 1", "Chưa ai ký: 1", "Chưa đặt đơn vị cấp dấu thời gian"):
        assert shown in page.text, shown
    assert browser.submit(page, MINUTES, FIELDS).status_code == 303
    again = browser.get(MINUTES)
    assert "chỉ kiểm được khi chứng thư của con dấu còn hạn" in again.text
    (link,) = [each for each in again.links() if each.startswith("/chot-du-lieu/bien-ban/tep/")]
    taken = browser.fetch(link)
    assert taken.mimetype == "application/pdf"
    assert "attachment" in taken.headers["Content-Disposition"]
    assert signatures(taken.data) == ["/ETSI.CAdES.detached"]


def test_without_number_or_place(small_world: World) -> None:
    browser = locked(small_world)
    browser.submit(browser.get(MINUTES), MINUTES, {"number": "", "place": " "}, 422)
    browser.submit(browser.get(MINUTES), MINUTES, {"number": "x" * 61, "place": "Tỉnh Mẫu"}, 422)
    with Session(small_world.engine) as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(LockMinutes)) == 0


def test_before_the_lock_there_is_nothing_to_tell(small_world: World) -> None:
    browser = small_world.signed_in(DEPARTMENT)
    page = browser.get(MINUTES, 422)
    assert "Đợt này chưa chốt xong" in page.text


@pytest.mark.parametrize("username", [CLERK, HEAD, NEIGHBOUR])
def test_who_is_not_the_department_finds_nothing(small_world: World, username: str) -> None:
    browser = locked(small_world)
    browser.submit(browser.get(MINUTES), MINUTES, FIELDS)
    other = small_world.signed_in(username)
    other.get(MINUTES, 404)
    other.get("/chot-du-lieu/bien-ban/tep/1", 404)
    assert small_world.browser().fetch(MINUTES, 303).location.startswith("/dang-nhap")
    assert small_world.browser().fetch("/chot-du-lieu/bien-ban/tep/1", 303).location.startswith("/dang-nhap")


def test_what_is_not_there(small_world: World) -> None:
    browser = locked(small_world)
    for path in (
        f"/chot-du-lieu/bien-ban/{YEAR}/3",
        "/chot-du-lieu/bien-ban/tep/9",
        f"/chot-du-lieu/bien-ban/tep/{9**30}",
    ):
        browser.get(path, 404)


# --- with the time of an outsider ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authorities]:
    with served(tmp_path_factory.mktemp("tsa")) as made:
        yield made


@pytest.fixture
def stamped_world(small_world: World, authorities: Authorities) -> Iterator[World]:
    """The world with an authority, whose clock goes as ours."""
    trust = small_world.runtime.settings.data / "trust"
    (trust / "timestamps").mkdir(exist_ok=True)
    (trust / "timestamps" / "root.pem").write_bytes(authorities.root.pem)
    authorities.go_on(DAY - datetime.now(UTC))
    write(trust, authorities("passing").url)
    yield small_world
    (trust / "timestamps.toml").unlink()


def write(trust: Path, url: str) -> None:
    text = f'[[authority]]\nname = "passing"\nurl = "{url}"\nroots = ["root.pem"]\n'
    (trust / "timestamps.toml").write_text(text)


def test_minutes_that_last(stamped_world: World) -> None:
    browser = locked(stamped_world)
    page = browser.get(MINUTES)
    assert "Chưa đặt đơn vị cấp dấu thời gian" not in page.text
    browser.submit(page, MINUTES, FIELDS)
    assert "Kiểm được lâu dài (PAdES-B-LTA)" in browser.get(MINUTES).text
    taken = browser.fetch("/chot-du-lieu/bien-ban/tep/1").data
    assert signatures(taken) == ["/ETSI.CAdES.detached", "/ETSI.RFC3161"]


def test_nobody_answers(stamped_world: World) -> None:
    """The minutes are made all the same, and say what they lack."""
    write(stamped_world.runtime.settings.data / "trust", "http://127.0.0.1:9/")
    browser = locked(stamped_world)
    browser.submit(browser.get(MINUTES), MINUTES, FIELDS)
    assert "Chưa có dấu thời gian" in browser.get(MINUTES).text
    assert signatures(browser.fetch("/chot-du-lieu/bien-ban/tep/1").data) == ["/ETSI.CAdES.detached"]
