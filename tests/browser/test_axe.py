"""axe-core on every page of the portal, in Chromium at 360 px: each route as the first person who may come to it.

The world is that of the rights matrix, in which every address has its thing. Pages must not overflow either, at both
widths: the texts there are as long and strange as people type.
"""

import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from portal.web import pace
from tests.browser.conftest import DESK, PHONE
from tests.browser.test_looks import OVERFLOWS
from tests.portal.attacks.asking import Question, questions, routes
from tests.portal.attacks.conftest import LIMITS, NO_LIMIT
from tests.portal.attacks.ground import Ground, ground
from tests.portal.attacks.knocking import COOKIE, Knocker
from tests.portal.attacks.rules import LINES
from tests.portal.conftest import set_limits

RULES: Final = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
# Pages with a person behind them; fewer would mean that the world no longer opens them.
PAGES: Final = 100


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with pytest.MonkeyPatch.context() as patch, ground(tmp_path_factory.mktemp("axe")) as made:
        patch.setattr(pace, "INSIDE_SECONDS", 1e-6)
        patch.setattr(pace, "CARD_SECONDS", 1e-6)
        made.world.renew()
        set_limits(made.world, **dict.fromkeys(LIMITS, NO_LIMIT))
        yield made
        made.world.engine.dispose()


@pytest.fixture(scope="module")
def address(held: Ground) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, held.world.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, name="axe")
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def open_pages(held: Ground) -> dict[str, list[str]]:
    """Addresses of pages by the person who opens them: one page for each route."""
    knockers = {name: Knocker(held.world.app, person) for name, person in held.people.items()}
    found: dict[str, list[str]] = {}
    for rule, method in routes(held.world.app):
        line = LINES.get(rule.endpoint)
        if line is None or method != "GET":
            continue
        mine = [each for each in questions(held, rule, method, line.of, line.query) if each.there]
        opened = next(((name, each) for each in mine for name in knockers if _opens(knockers[name], each)), None)
        if opened is not None:
            found.setdefault(opened[0], []).append(opened[1].address)
    return found


def _opens(knocker: Knocker, question: Question) -> bool:
    answer = knocker.raw("GET", question.address)
    return answer.status_code == 200 and answer.mimetype == "text/html"


def faults(page: Page, path: str) -> list[str]:
    page.set_viewport_size({"width": PHONE, "height": 740})
    page.goto(path)
    found = Axe().run(page, options=RULES).response["violations"]
    told = [f"{path}: {each['id']} – {each['help']}: {each['nodes'][0]['html'][:160]}" for each in found]
    told += [f"{path} overflows at {PHONE}"] if page.evaluate(OVERFLOWS) else []
    page.set_viewport_size({"width": DESK, "height": 900})
    return told + ([f"{path} overflows at {DESK}"] if page.evaluate(OVERFLOWS) else [])


def test_axe_finds_nothing_on_any_page(
    held: Ground, address: str, chromium: Browser, capsys: pytest.CaptureFixture[str]
) -> None:
    pages, wrong = open_pages(held), list[str]()
    for name, paths in pages.items():
        context = chromium.new_context(base_url=address)
        token = held.people[name].token
        if token is not None:
            context.add_cookies([{"name": COOKIE, "value": token, "url": address}])
        page = context.new_page()
        for path in paths:
            wrong += faults(page, path)
        context.close()
    count = sum(map(len, pages.values()))
    with capsys.disabled():
        sys.stdout.write(f"\n    axe: {count} pages as {len(pages)} people\n")
    assert not wrong, "\n".join(wrong)
    assert count >= PAGES


def test_axe_finds_what_is_wrong(chromium: Browser, tmp_path: Path) -> None:
    """That the test above can fail."""
    bad = tmp_path / "bad.html"
    bad.write_text("<title>x</title><img src=x><p style='color:#ccc;background:#fff'>mờ</p>", encoding="utf-8")
    context = chromium.new_context()
    found = faults(context.new_page(), bad.as_uri())
    context.close()
    assert {each.partition(": ")[2].partition(" ")[0] for each in found} >= {"html-has-lang", "image-alt"}
