"""A guardian for tests: invited by the school through its page, in an account of their own."""

from typing import Final

from tests.client import Browser, Page
from tests.portal.worlds import CLERK, World

NAME: Final = "Nguyễn Văn Phụ (mẫu)"
USERNAME: Final = "phu.huynh"
PASSWORD: Final = "một câu dài dễ nhớ"


def shown(page: Page, mark: str) -> str:
    """What a page shows once: the element that bears this mark."""
    found = [element for element in page.tree.iter() if mark in element.attrib]
    assert len(found) == 1, f"{len(found)} of {mark}"
    return "".join(found[0].itertext())


def invitation(world: World, code: str) -> str:
    """The secret of an invitation that the school's clerk makes."""
    clerk = world.signed_in(CLERK)
    page = clerk.get(f"/giam-ho/{code}")
    fields = {"display_name": NAME, "kinship": "father", "papers": "birth"}
    return shown(Page(clerk.submit(page, f"/giam-ho/{code}", fields, 200)), "data-secret")


def guardian(world: World, code: str, username: str = USERNAME) -> Browser:
    """A browser in which a guardian of this pupil has signed in."""
    browser = world.browser(address="198.51.100.9")
    fields = {"secret": invitation(world, code), "username": username, "password": PASSWORD}
    browser.submit(browser.get("/nhan-con-em"), "/nhan-con-em", fields)
    page = browser.get("/dang-nhap?next=/con-em")
    assert browser.submit(page, "/dang-nhap", {"username": username, "password": PASSWORD}).location == "/con-em"
    return browser
