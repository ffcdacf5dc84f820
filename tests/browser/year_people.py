"""People of the year's journey: each act of theirs is counted, as a screen that opened, a click or a keystroke."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.conftest import DESK, PHONE, Portal, keep
from tests.browser.test_looks import OVERFLOWS, SMALL_TARGETS
from tests.portal.conftest import set_limits


@dataclass
class Effort:
    """What the year costs a role. keys: characters typed; choosing in a list or a file dialog is two clicks."""

    screens: int = 0
    clicks: int = 0
    keys: int = 0


@dataclass
class Year:
    """One portal whose days go by. clock: the one moment that the portal reads."""

    portal: Portal
    browser: Browser
    folder: Path
    clock: list[datetime]
    efforts: dict[str, Effort] = field(default_factory=dict)
    shots: int = 0
    _open: list[BrowserContext] = field(default_factory=list)

    @property
    def moment(self) -> datetime:
        return self.clock[0]

    def on(self, moment: datetime) -> None:
        """Another day: yesterday's browsers are closed."""
        self.clock[0] = moment
        while self._open:
            self._open.pop().close()

    def person(self, role: str, username: str = "", password: str = "") -> "Person":
        """Somebody at a desk, signed in from the front door; without a name a stranger."""
        set_limits(self.portal.world)
        context = self.browser.new_context(
            base_url=self.portal.address, viewport={"width": DESK, "height": 740}, java_script_enabled=False
        )
        self._open.append(context)
        person = Person(self, context.new_page(), self.efforts.setdefault(role, Effort()))
        person.open("/")
        if username:
            person.click("text=Đăng nhập >> nth=0")
            person.sign_in(username, password or self.portal.world.logins[username].password)
        return person


class Person:
    """A browser without JavaScript at 1280 px. page: what stands on the screen."""

    def __init__(self, year: Year, page: Page, effort: Effort) -> None:
        self.year, self.page, self.effort = year, page, effort

    def open(self, path: str) -> None:
        """By an address: a bookmark, a link in a message, a scanned code."""
        self.page.goto(path)
        self.effort.screens += 1

    def click(self, what: str) -> None:
        shown = self._screen()
        self.page.click(what)
        self.page.wait_for_load_state()
        self.effort.clicks += 1
        self.effort.screens += self._screen() != shown

    def type(self, field: str, text: str) -> None:
        self.page.fill(field, text)
        self.effort.clicks += 1
        self.effort.keys += len(text)

    def paste(self, field: str, text: str) -> None:
        """What stands in another window: a code, a list."""
        self.page.fill(field, text)
        self.effort.clicks += 1
        self.effort.keys += 2

    def choose(self, field: str, value: str) -> None:
        self.page.select_option(field, value)
        self.effort.clicks += 2

    def attach(self, field: str, name: str, data: bytes) -> None:
        file = self.year.folder / name
        file.write_bytes(data)
        self.page.set_input_files(field, file)
        self.effort.clicks += 2

    def take(self, what: str) -> bytes:
        """A file that a click gives."""
        with self.page.expect_download() as download:
            self.page.click(what)
        self.effort.clicks += 1
        return Path(download.value.path()).read_bytes()

    def sign_in(self, username: str, password: str) -> None:
        self.type("#username", username)
        self.type("#password", password)
        self.click("main button")

    def sees(self, words: str) -> None:
        assert words in self.page.inner_text("main"), self.page.inner_text("main")

    def shot(self, name: str, *, public: bool = False) -> None:
        """A picture of the step, at 360 px too where everybody may look."""
        self.year.shots += 1
        for width in (PHONE, DESK) if public else (DESK,):
            self.page.set_viewport_size({"width": width, "height": 740})
            assert not self.page.evaluate(OVERFLOWS), f"{name} at {width}"
            assert self.page.evaluate(SMALL_TARGETS) == []
            keep(self.page, f"year-{self.year.shots:02}-{name}")

    def _screen(self) -> float:
        """What tells one document from the next."""
        return float(self.page.evaluate("performance.timeOrigin"))
