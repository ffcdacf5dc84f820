"""A pupil goes to another portal, in a real browser: at 360 px without JavaScript and at 1280 px with it."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from portal.models import Transcript
from tests.browser.conftest import DESK, PHONE, Portal, keep
from tests.browser.test_certificates import sign_in
from tests.browser.test_journeys import Contexts
from tests.browser.test_looks import look
from tests.portal.conftest import set_limits
from tests.portal.provinces import DAY, LATER, Province, two_portals
from tests.portal.views.lock_journeys import turn_clock
from tests.portal.worlds import World

AWAY: Final = "/chuyen-truong/tinh-khac"
Pair = tuple[tuple[Province, Portal], tuple[Province, Portal]]


@contextmanager
def served(world: World) -> Iterator[Portal]:
    server = make_server("127.0.0.1", 0, world.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield Portal(f"http://127.0.0.1:{server.server_port}", world)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with two_portals(tmp_path_factory.mktemp("portals")) as ((here, a), (there, b)), ExitStack() as stack:
        yield (here, stack.enter_context(served(a))), (there, stack.enter_context(served(b)))


class Desk:
    """A person's browser at one of the two portals."""

    def __init__(self, contexts: Contexts, portal: Portal, who: str, width: int, *, scripts: bool) -> None:
        set_limits(portal.world)
        made = contexts(width, scripts=scripts)
        self._base = portal.address
        self.page: Page = made.new_page()
        # The fixture's contexts know one address; here there are two.
        goto = self.page.goto
        self.page.goto = lambda path, **more: goto(path if "://" in path else self._base + path, **more)  # type: ignore[method-assign]
        sign_in(self.page, portal, who)

    def see(self, path: str, shot: str) -> None:
        look(self.page, path)
        keep(self.page, f"exchange-{shot}")

    def path(self) -> str:
        return self.page.url.removeprefix(self._base)

    def file(self, button: str) -> bytes:
        with self.page.expect_download() as download:
            self.page.click(f"text={button}")
        return Path(download.value.path()).read_bytes()

    def upload(self, field: str, data: bytes, folder: Path, button: str) -> None:
        path = folder / "tep.json"
        path.write_bytes(data)
        self.page.set_input_files(field, str(path))
        self.page.click(f"button:has-text('{button}')")
        self.page.wait_for_load_state()


@pytest.mark.parametrize(("width", "scripts"), [(PHONE, False), (DESK, True)])
def test_from_portal_to_portal(
    contexts: Contexts, pair: Pair, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, width: int, scripts: bool
) -> None:
    (_sender, from_), (receiver, to) = pair
    turn_clock(monkeypatch, DAY)
    with Session(from_.world.engine) as session:
        codes = session.scalars(sa.select(Transcript.lookup_code).order_by(Transcript.id)).all()
    clerk = Desk(contexts, from_, "th01.vanthu", width, scripts=scripts)
    clerk.see(AWAY, "list")
    clerk.see(f"{AWAY}/di", "departure-form")
    clerk.page.click("button:has-text('Lập đơn')")
    assert "Cần sửa lại" in clerk.page.inner_text("main")
    clerk.page.fill("#code", codes[width % 7])
    clerk.page.fill("#school", "Trường Tiểu học Bạn")
    clerk.page.select_option("#applicant", "cha-me")
    clerk.page.fill("#reason", "gia đình chuyển nơi ở")
    clerk.page.click("button:has-text('Lập đơn')")
    clerk.page.wait_for_load_state()
    case = clerk.path()
    head = Desk(contexts, from_, "th01.hieutruong", width, scripts=scripts)
    head.see(case, "to-release")
    head.page.click("button:has-text('Đồng ý và lập tệp')")
    head.page.wait_for_load_state()
    head.see(case, "released")
    data = head.file("Tải tệp bàn giao")

    turn_clock(monkeypatch, LATER)
    other = Desk(contexts, to, "th01.vanthu", width, scripts=scripts)
    other.see(f"{AWAY}/den", "arrival-form")
    other.upload("#file", data.replace(b'"level":"T"', b'"level":"H"', 1), tmp_path, "Kiểm tra")
    other.page.wait_for_selector(".summary")
    keep(other.page, "exchange-arrival-refused")
    other.page.goto(f"{AWAY}/den")
    other.upload("#file", data, tmp_path, "Kiểm tra")
    other.page.wait_for_url("**/den/*")
    arrival = other.path()
    chief = Desk(contexts, to, "th01.hieutruong", width, scripts=scripts)
    chief.see(arrival, "to-take-in")
    chief.page.click("button:has-text('Tiếp nhận học sinh')")
    chief.page.wait_for_load_state()
    receiver.witnessed(LATER)
    chief.see(arrival, "taken-in")
    answer = chief.file("Tải giấy báo nhận")
    chief.see(AWAY, "arrivals")

    clerk = Desk(contexts, from_, "th01.vanthu", width, scripts=scripts)
    clerk.see(case, "to-settle")
    clerk.upload("#answer", answer, tmp_path, "Kiểm tra và khép lại")
    clerk.see(case, "settled")
    assert "Đã chuyển" in clerk.page.inner_text("main")
    official = Desk(contexts, from_, "so.canbo", width, scripts=scripts)
    official.see(f"{AWAY}/he-thong", "peers")
    card = Desk(contexts, to, "th01.vanthu", width, scripts=scripts)
    card.see(f"/t/{codes[width % 7]}", "card")
