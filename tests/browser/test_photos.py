"""Photos of the paper as people send them and see them answered, at 360 and 1280 px and without scripts."""

from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import DESK, PHONE, Portal, keep
from tests.browser.test_each_verdict import answered, own_day, the_record
from tests.browser.test_journeys import Contexts, sign_in
from tests.photos.alterations import Alteration, Picture, Sheet, alter, drawn
from tests.photos.simulating import Condition, photograph
from verify.form.render import Rendered, render

__all__ = ["own_day"]

_PAGES: Final = 4
# Four photos take five seconds of a processor that other tests want, too.
_PATIENCE_MS: Final = 90_000


@pytest.fixture
def print_of_it(portal: Portal) -> Rendered:
    return render([the_record(portal)], portal.world.runtime.print_context)


def photos(folder: Path, rendered: Rendered, changed: dict[int, Picture]) -> list[Path]:
    made = []
    for page in range(_PAGES):
        picture = changed.get(page, drawn(rendered, page))
        file = folder / f"IMG_{page + 1}.jpg"
        file.write_bytes(photograph(picture, Condition.STRAIGHT, page, shorter=1800).data)
        made.append(file)
    return made


def sent(page: Page, files: list[Path], name: str) -> str:
    """Send photos and look at the answer at both widths; its heading."""
    page.set_default_timeout(_PATIENCE_MS)
    return answered(page, files, f"photo-{name}")


def test_photos_are_answered_cell_by_cell(
    contexts: Contexts, portal: Portal, print_of_it: Rendered, tmp_path: Path
) -> None:
    page = contexts(PHONE).new_page()
    page.goto("/kiem-tra")
    keep(page, "photo-form")
    files = photos(tmp_path, print_of_it, {})
    assert sent(page, files, "matches") == "Nội dung khớp, không còn là tệp gốc"
    assert "ô khớp" in page.inner_text("main")
    assert page.locator(".box").count() == 0

    assert sent(page, files[2:3], "one-page") == "Chưa đủ căn cứ"
    assert "Trang chưa được chụp: 1, 2, 4." in page.inner_text("main")

    original = Sheet(the_record(portal), print_of_it, 2, drawn(print_of_it, 2))
    altered = alter(original, Alteration.RETYPED, 3)
    assert altered is not None
    files = photos(tmp_path, print_of_it, {2: altered.picture})
    assert sent(page, files, "mismatch-holder") == "Không khớp"
    assert page.locator(".box-differs").count() == len(altered.fields)
    assert page.locator(".cells-shown img").count() == len(altered.fields), "theirs alone"

    clerk = contexts(DESK).new_page()
    sign_in(clerk, portal)
    sent(clerk, files, "mismatch-reader")
    assert clerk.locator(".stack img").count() == 2 * len(altered.fields), "theirs beside the expected"
