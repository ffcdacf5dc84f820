"""`python -m tests.pictures [NAME …]`: the pictures of the guides, taken from a running demo portal by Chromium.

A picture is worth taking again when its page has changed. The manifest beside the pictures says of which page each
is, so that a test finds pictures of pages that are gone.
"""

import hashlib
import json
import logging
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Final

import time_machine
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from portal.app import assemble
from portal.cli.context import fresh_code, fresh_salt, now, running, transaction
from portal.demo.province import make_province, schools
from portal.demo.world import read_logins
from portal.demo.year import make_classes
from portal.instance import create_instance, demo_founding
from portal.settings import Settings

FOLDER: Final = Path(__file__).parents[1] / "static" / "guides"
MANIFEST: Final = "manifest.json"
SIGN_IN: Final = "/dang-nhap"
BYTES: Final = 14_000
# Ten days before the first cut-off: the day on which the guides are read most.
_DAY: Final = datetime(2026, 6, 20, 2, 0, tzinfo=UTC)
_WIDTH, _HEIGHT = 720, 450
_ABOVE: Final = 12
_PROVINCE_SCHOOLS: Final = 12


@dataclass(frozen=True, slots=True)
class Shot:
    """person: who looks, None for a stranger. path: `{code}` is a locked record's. page: its line in urls.txt."""

    name: str
    person: str | None
    path: str
    page: str


SHOTS: Final = (
    Shot("phu-huynh-the", None, "/t/{code}", "/t/<code>"),
    Shot("phu-huynh-kiem-tra", None, "/kiem-tra", "/kiem-tra"),
    Shot("van-thu-nhap", "th01.vanthu", "/goi-hoc-ba/nhap", "/goi-hoc-ba/nhap"),
    Shot("van-thu-cac-lop", "th01.vanthu", "/goi-hoc-ba", "/goi-hoc-ba"),
    Shot("van-thu-chot", "th01.vanthu", "/chot-du-lieu", "/chot-du-lieu"),
    Shot("hieu-truong-chung-thu", "th01.hieutruong", "/chung-thu", "/chung-thu"),
    Shot("hieu-truong-viec", "th01.hieutruong", "/", "/"),
    Shot("xa-tien-do", "xa001.canbo", "/tien-do", "/tien-do"),
    Shot("so-chot", "so.quantri", "/chot-du-lieu", "/chot-du-lieu"),
    Shot("so-tien-do", "so.quantri", "/tien-do", "/tien-do"),
    Shot("thcs-tuyen-sinh", "thcs01.vanthu", "/tuyen-sinh-6", "/tuyen-sinh-6"),
    Shot("thcs-tiep-nhan", "thcs01.vanthu", "/tiep-nhan", "/tiep-nhan"),
    Shot("kiem-toan", "kiemtoan", "/kiem-toan", "/kiem-toan"),
    Shot("so-minh-bach", None, "/so-minh-bach", "/so-minh-bach"),
)


def main(names: Sequence[str]) -> int:
    """Take the pictures; 0 when each is small enough."""
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.stderr.write("chromium is not on this machine\n")
        return 2
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name, time_machine.travel(_DAY, tick=True), sync_playwright() as playwright:
        settings = Settings(data=Path(name) / "instance", sandbox_workers=1, log_level="error")
        code = _filled(settings)
        with _served(settings) as address:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            for shot in SHOTS:
                if not names or shot.name in names:
                    _take(browser, address, shot, code)
            browser.close()
    _write_manifest()
    return int(any((FOLDER / f"{shot.name}.webp").stat().st_size > BYTES for shot in SHOTS))


def _filled(settings: Settings) -> str:
    create_instance(settings, demo_founding(), now())
    with running(settings) as runtime, transaction(settings) as session:
        code = make_classes(session, runtime, fresh_code, fresh_salt, now())
        some = schools()[:_PROVINCE_SCHOOLS]
        made = make_province(session, runtime, some, 2, fresh_code, fresh_salt, now())
    _logins.update({login.username: login.password for login in (*read_logins(settings.data), *made)})
    return code


_logins: dict[str, str] = {}


@contextmanager
def _served(settings: Settings) -> Iterator[str]:
    with running(settings) as runtime:
        server = make_server("127.0.0.1", 0, assemble(runtime), threaded=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


def _take(browser: Browser, address: str, shot: Shot, code: str) -> None:
    context = browser.new_context(base_url=address, viewport={"width": _WIDTH, "height": 2 * _HEIGHT})
    page = context.new_page()
    if shot.person is not None:
        _sign_in(page, shot.person)
    answer = page.goto(shot.path.format(code=code))
    if answer is None or not answer.ok or page.url.startswith(address + SIGN_IN):
        raise RuntimeError(f"{shot.name}: {shot.path} does not open")
    main = page.locator("main").bounding_box()
    if main is None:
        raise RuntimeError(f"{shot.name}: no content")
    clip = {"x": 0.0, "y": main["y"] + _ABOVE, "width": float(_WIDTH), "height": float(_HEIGHT)}
    picture = page.screenshot(full_page=True, clip=clip)  # type: ignore[arg-type]
    context.close()
    _save(picture, FOLDER / f"{shot.name}.webp")


def _save(picture: bytes, path: Path) -> None:
    """As good as the room allows."""
    image = Image.open(BytesIO(picture)).convert("RGB")
    for quality in (45, 35, 25, 15):
        image.save(path, quality=quality, method=6)
        if path.stat().st_size <= BYTES:
            break
    sys.stdout.write(f"{path.name}: {path.stat().st_size} bytes\n")


def _sign_in(page: Page, person: str) -> None:
    page.goto(SIGN_IN)
    page.fill("[name=username]", person)
    page.fill("[name=password]", _logins[person])
    page.click("main button[type=submit]")


def _write_manifest() -> None:
    rows = {
        shot.name: {
            "page": shot.page,
            "sha256": hashlib.sha256((FOLDER / f"{shot.name}.webp").read_bytes()).hexdigest(),
        }
        for shot in SHOTS
    }
    (FOLDER / MANIFEST).write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
