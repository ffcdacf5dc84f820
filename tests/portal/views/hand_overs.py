"""What a clerk hands over in tests, and what became of it."""

import io
import zipfile
from collections.abc import Mapping

import qrcode

from tests.client import Browser, Page
from tests.portal.jobs.running import run_jobs
from tests.portal.worlds import CLERK, URL, World

ZIP = "application/zip"


def sealed(world: World, year: str = "2025-2026") -> bytes:
    """The official print of a year, as its owner downloads it."""
    return world.signed_in(CLERK).fetch(f"/hoc-ba/{world.codes.locked}/{year}.pdf").get_data()


def photo(code: str) -> bytes:
    """A picture of a QR that leads to a record."""
    made = io.BytesIO()
    qrcode.make(f"{URL}/T/{code}".upper()).save(made, "PNG")
    return made.getvalue()


def zipped(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return made.getvalue()


def hand_over(
    browser: Browser, files: Mapping[str, bytes], *, typed: str = "", grade: str = "", status: int = 303
) -> str | Page:
    """The address of the hand-over, or the page that refuses it."""
    form = browser.get("/tiep-nhan")
    sent = [(data, name, "application/octet-stream") for name, data in files.items()] or [(b"", "", "text/plain")]
    answer = browser.submit(form, "/tiep-nhan", {"files": sent, "typed": typed, "grade": grade}, status)
    return answer.location if status == 303 else Page(answer)


def checked(world: World, browser: Browser, files: Mapping[str, bytes], *, typed: str = "", grade: str = "") -> Page:
    """The result page of a hand-over."""
    address = hand_over(browser, files, typed=typed, grade=grade)
    assert isinstance(address, str)
    run_jobs(world)
    return browser.get(address)


def refused(browser: Browser, files: Mapping[str, bytes], typed: str = "") -> str:
    """The words with which a hand-over is refused."""
    page = hand_over(browser, files, typed=typed, status=422)
    assert isinstance(page, Page)
    return page.text


def rows_of(page: Page) -> dict[str, str]:
    """The text of each row by its anchor."""
    return {
        str(row.get("id")): " ".join("".join(row.itertext()).split())
        for row in page.tree.iter("tr")
        if str(row.get("id", "")).startswith("dong-")
    }
