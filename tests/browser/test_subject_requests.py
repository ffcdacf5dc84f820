"""A family asks about its child's data and the school answers, at 360 and 1280 px, with JavaScript and without."""

from collections.abc import Iterator

import pytest

from tests.browser.conftest import DESK, PHONE, Portal, keep
from tests.browser.test_certificates import sign_in
from tests.browser.test_grants import sign_in as sign_in_as
from tests.browser.test_journeys import Contexts
from tests.browser.test_looks import look
from tests.portal.families import PASSWORD, guardian
from tests.portal.worlds import CLERK, HEAD


@pytest.fixture(autouse=True)
def _fresh(portal: Portal) -> Iterator[None]:
    """These journeys add a guardian and close a record; the next test finds the world as it was."""
    portal.world.renew()
    yield
    portal.world.renew()


@pytest.mark.parametrize(("width", "scripts"), [(PHONE, False), (DESK, True)])
def test_a_family_has_its_childs_record_restricted(
    contexts: Contexts, portal: Portal, width: int, scripts: bool
) -> None:
    code = portal.world.codes.locked
    guardian(portal.world, code)
    parent = contexts(width, scripts=scripts).new_page()
    sign_in_as(parent, "phu.huynh", PASSWORD)
    look(parent, f"/con-em/{code}")
    parent.click("text=Gửi yêu cầu về dữ liệu")
    look(parent, f"/yeu-cau-du-lieu/moi/{code}")
    keep(parent, "data-ask")
    parent.select_option("#kind", "han-che")
    parent.click("main button:has-text('Gửi yêu cầu')")
    assert "Ghi vì sao" in parent.inner_text("main")
    keep(parent, "data-ask-refused")
    parent.select_option("#kind", "han-che")
    parent.fill("#wish", "gia đình cần yên tĩnh một thời gian")
    parent.click("main button:has-text('Gửi yêu cầu')")
    path = parent.url
    look(parent, path)
    keep(parent, "data-waiting")
    head = sign_in(contexts(width, scripts=scripts).new_page(), portal, HEAD)
    head.goto("/")
    keep(head, "data-home")
    look(head, "/yeu-cau-du-lieu")
    keep(head, "data-list")
    head.goto(path)
    look(head, path)
    keep(head, "data-to-answer")
    head.check("input[value=thuc-hien]")
    head.fill("#text", "Đã hạn chế từ hôm nay; gia đình bỏ hạn chế được bất cứ lúc nào.")
    head.click("main button:has-text('Gửi trả lời')")
    assert "Đang hạn chế" in head.inner_text("main")
    parent.goto(path)
    look(parent, path)
    keep(parent, "data-restricted")
    look(parent, f"/con-em/{code}")
    keep(parent, "data-child")
    clerk = sign_in(contexts(width, scripts=scripts).new_page(), portal, CLERK)
    look(clerk, f"/yeu-cau-du-lieu/moi/{code}")
    keep(clerk, "data-paper")
