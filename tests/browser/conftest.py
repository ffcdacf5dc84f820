"""A portal on a loopback port and the distribution's Chromium: once per session, a fresh context per test."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, BrowserContext, FileChooser, Page, TimeoutError, sync_playwright
from werkzeug.serving import make_server

from tests.databases import Backend
from tests.portal.conftest import set_limits
from tests.portal.worlds import World, made_world

OUTPUT: Final = Path(__file__).parents[1] / "output"
PHONE, DESK = 360, 1280


@dataclass(frozen=True)
class Portal:
    """A running portal. address: scheme, host and port."""

    address: str
    world: World


@pytest.fixture(scope="session")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with made_world(Backend.SQLITE, tmp_path_factory.mktemp("browser")) as world:
        world.renew()
        server = make_server("127.0.0.1", 0, world.app, threaded=True)
        thread = threading.Thread(target=server.serve_forever, name="portal")
        thread.start()
        try:
            yield Portal(f"http://127.0.0.1:{server.server_port}", world)
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
            world.engine.dispose()


@pytest.fixture(autouse=True)
def _counted_anew(portal: Portal) -> None:
    """All tests come from one address: each may ask as much as a person."""
    set_limits(portal.world)


@pytest.fixture(scope="session")
def chromium(need_command: Callable[[str], str]) -> Iterator[Browser]:
    path = need_command("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def contexts(chromium: Browser, portal: Portal) -> Iterator[Callable[..., BrowserContext]]:
    """Makes a browser with nothing in it: `contexts(width, scripts=False)`."""
    made: list[BrowserContext] = []

    def make(width: int = PHONE, *, scripts: bool = False) -> BrowserContext:
        made.append(
            chromium.new_context(
                base_url=portal.address, viewport={"width": width, "height": 740}, java_script_enabled=scripts
            )
        )
        return made[-1]

    yield make
    for context in made:
        context.close()


@pytest.fixture
def phone(contexts: Callable[..., BrowserContext]) -> Page:
    """A cheap phone without JavaScript."""
    return contexts(PHONE).new_page()


def keep(page: Page, name: str) -> None:
    """A picture of the whole page, to be looked at."""
    OUTPUT.mkdir(exist_ok=True)
    width = page.viewport_size["width"] if page.viewport_size else 0
    page.screenshot(path=str(OUTPUT / f"{name}-{width}.png"), full_page=True)


def chooser_by_keys(page: Page, lead_there: Callable[[], None]) -> FileChooser:
    """Space on the file field opens the dialog. A loaded machine may swallow a press: a person presses again."""
    for _ in range(3):
        page.bring_to_front()
        lead_there()
        try:
            with page.expect_file_chooser(timeout=15_000) as chooser:
                page.keyboard.press("Space")
            return chooser.value
        except TimeoutError:
            continue
    raise AssertionError("the keyboard does not open the file dialog")
