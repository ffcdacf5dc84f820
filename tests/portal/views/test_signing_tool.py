"""Where the signing tool is had: from the head's guide and the page of a packet, with its SHA-256."""

import hashlib

from tests.portal.worlds import World


def test_anybody_takes_it_and_checks_it_by_the_page(small_world: World) -> None:
    stranger = small_world.browser()
    page = stranger.get("/huong-dan/cong-cu-ky")
    (link,) = (each for each in page.links() if each.endswith(".zip"))
    answer = stranger.fetch(link)
    assert answer.mimetype == "application/zip"
    assert hashlib.sha256(answer.get_data()).hexdigest() in page.text
    assert "hocba-sign.zip" in answer.headers["Content-Disposition"]
    assert "/huong-dan/cong-cu-ky" in stranger.get("/huong-dan/hieu-truong").links()
