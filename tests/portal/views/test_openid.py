"""OpenID Connect: with a certified provider on this machine, and with one that lies. No identity makes an account."""

import itertools
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from portal.errors import Problem, Refused
from portal.models import Account, LinkedIdentity, TotpKey
from portal.openid.calls import Origin, ProviderFailed, Trouble
from portal.openid.provider import Client, Provider
from portal.settings import Settings
from portal.web import clock, openid
from portal.web.openid import BACK
from tests.client import Browser, Page
from tests.openid.hostile import DEFECTS, Hostile, hostile
from tests.openid.running import CLIENT_ID, SECRET, Person, installed, running
from tests.portal.worlds import CLERK, HEAD, URL, World

GO, OWN = "/dang-nhap/danh-tinh", "/tai-khoan/danh-tinh"
CITIZEN = "079123456789"
NAME = "Danh tính thử"
_used: list[Flask] = []
_networks = itertools.count(1)


def stranger_at(world: World) -> Browser:
    """Each from a network of its own: how often one may ask is not what is asked here."""
    return world.browser(address=f"198.51.{next(_networks) % 250}.7")


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory, need_command: Callable[[str], str]) -> Iterator[str]:
    folder = installed(tmp_path_factory.mktemp("openid"), need_command("npm"))
    with running(folder, need_command("node"), URL + BACK) as found:
        yield found


@pytest.fixture
def liar() -> Iterator[Hostile]:
    with hostile() as held:
        yield held


def use(world: World, issuer: str) -> None:
    _used.append(world.app)
    openid.install(world.app, Provider(Client(issuer, CLIENT_ID, SECRET, "sub", URL + BACK)), NAME)


@pytest.fixture(autouse=True)
def _off_again() -> Iterator[None]:
    """The next test finds the application as it is configured: without a provider."""
    yield
    while _used:
        openid.install(_used.pop(), None, "")


def sent_away(browser: Browser, path: str = GO) -> str:
    """The address at the provider to which the browser is sent, as the raw client sees it."""
    answer = browser._client.get(path, base_url=browser._base, environ_base=browser._environ)
    assert answer.status_code == 303, answer.text
    assert answer.location
    return str(answer.location)


def linking(browser: Browser) -> str:
    """The same for a signed-in person who links an identity."""
    page = Page(browser.submit(browser.get(OWN), f"{OWN}/gan", {}, 200))
    return next(link for link in page.links() if link.startswith("http"))


def refused(browser: Browser, back: str, words: str = "Chưa xác minh được danh tính") -> None:
    assert words in browser.fetch(back, 422).text
    browser.fetch("/tai-khoan", 303)


def test_nothing_of_it_is_there_until_it_is_configured(small_world: World) -> None:
    stranger, clerk = stranger_at(small_world), small_world.signed_in(CLERK)
    assert "/danh-tinh" not in stranger.get("/dang-nhap").response.text + clerk.get("/tai-khoan").response.text
    stranger.get(GO, 404)
    stranger.get(f"{BACK}?state=a&code=b", 404)
    clerk.get(OWN, 404)


def test_an_identity_is_linked_opens_the_account_and_is_given_up(world: World, issuer: str) -> None:
    use(world, issuer)
    clerk, person = world.signed_in(CLERK), Person(CITIZEN)
    assert NAME in stranger_at(world).get("/dang-nhap").text
    with Session(world.engine) as session:
        before = session.scalar(sa.select(sa.func.count()).select_from(Account))
    stranger = stranger_at(world)
    refused(stranger, person.approve(sent_away(stranger)), "chưa gắn với tài khoản nào")
    address = linking(clerk)
    assert parse_qs(urlsplit(address).query)["prompt"] == ["login"]
    assert clerk.fetch(Person(CITIZEN).approve(address), 303).location == OWN
    assert "Đã gắn từ" in clerk.get(OWN).text
    signed = stranger_at(world)
    assert signed.fetch(person.approve(sent_away(signed)), 303).location == "/"
    assert world.logins[CLERK].username in signed.get("/tai-khoan").text
    with Session(world.engine) as session:
        held = session.scalars(sa.select(LinkedIdentity)).one()
        assert CITIZEN not in str(vars(held))
        assert session.scalar(sa.select(sa.func.count()).select_from(Account)) == before
    clerk.submit(clerk.get(OWN), f"{OWN}/bo", {})
    again = stranger_at(world)
    refused(again, person.approve(sent_away(again)), "chưa gắn với tài khoản nào")


def test_the_second_step_is_asked_for_all_the_same(small_world: World, issuer: str) -> None:
    use(small_world, issuer)
    clerk = small_world.signed_in(CLERK)
    clerk.fetch(Person(CITIZEN).approve(linking(clerk)), 303)
    with Session(small_world.engine) as session, session.begin():
        account = session.scalars(sa.select(Account.id).where(Account.username == CLERK)).one()
        session.add(TotpKey(account_id=account, sealed=b"", last_step=0, made_at=clock.read()))
    browser = stranger_at(small_world)
    back = Person(CITIZEN).approve(sent_away(browser))
    assert str(browser.fetch(back, 303).location).startswith("/dang-nhap/buoc-hai")
    browser.fetch("/tai-khoan", 303)


def test_a_way_back_is_taken_once_by_the_browser_that_was_sent(small_world: World, issuer: str) -> None:
    use(small_world, issuer)
    clerk = small_world.signed_in(CLERK)
    clerk.fetch(Person(CITIZEN).approve(linking(clerk)), 303)
    thief, owner = stranger_at(small_world), stranger_at(small_world)
    stolen = Person(CITIZEN).approve(sent_away(owner))
    refused(thief, stolen)
    sent_away(thief)
    refused(thief, stolen)
    assert owner.fetch(stolen, 303).location == "/"
    again = stranger_at(small_world)
    address = sent_away(again)
    spent, state = parse_qs(urlsplit(stolen).query)["code"][0], parse_qs(urlsplit(address).query)["state"][0]
    refused(again, f"{BACK}?state={state}&code={spent}&iss={issuer}")
    fresh = stranger_at(small_world)
    good = Person(CITIZEN).approve(sent_away(fresh))
    refused(fresh, good.replace("state=", "state=x"))
    refused(fresh, good)
    other = stranger_at(small_world)
    good = Person(CITIZEN).approve(sent_away(other))
    refused(other, good.split("&iss=")[0] + "&iss=https%3A%2F%2Fanother.invalid")


def test_nobody_links_an_identity_to_somebody_else(small_world: World, issuer: str) -> None:
    use(small_world, issuer)
    clerk, head = small_world.signed_in(CLERK), small_world.signed_in(HEAD)
    clerk.fetch(Person(CITIZEN).approve(linking(clerk)), 303)
    taken = head.fetch(Person(CITIZEN).approve(linking(head)), 422)
    assert "đang gắn với một tài khoản khác" in taken.text
    # The head's browser is led to the address at which the clerk began to link.
    head.fetch(Person("another").approve(linking(clerk)), 422)
    left = small_world.signed_in(CLERK)
    back = Person("another").approve(linking(left))
    left.submit(left.get(OWN), "/dang-xuat", {})
    signing = {"username": HEAD, "password": small_world.logins[HEAD].password}
    left.submit(left.get("/dang-nhap"), "/dang-nhap", signing)
    left.fetch(back, 404)
    with Session(small_world.engine) as session:
        assert len(session.scalars(sa.select(LinkedIdentity)).all()) == 1


def came(browser: Browser, liar: Hostile) -> str:
    """Let the lying provider answer the request on which a browser was sent."""
    asked = parse_qs(urlsplit(sent_away(browser)).query)
    liar.nonce, liar.at = asked["nonce"][0], int(clock.read().timestamp())
    return f"{BACK}?state={asked['state'][0]}&code=c"


def test_no_token_with_a_defect_is_believed(small_world: World, liar: Hostile) -> None:
    use(small_world, liar.issuer)
    honest = stranger_at(small_world)
    refused(honest, came(honest, liar), "chưa gắn với tài khoản nào")
    for defect in DEFECTS:
        liar.defect, browser = defect, stranger_at(small_world)
        refused(browser, came(browser, liar))


def test_only_the_issuer_is_ever_asked(small_world: World, liar: Hostile) -> None:
    with hostile() as elsewhere:
        for name in ("token_endpoint", "jwks_uri", "authorization_endpoint"):
            for address in (f"{elsewhere.issuer}/x", "http://127.0.0.1/x", "file:///etc/passwd", "http://[", "//x"):
                use(small_world, liar.issuer)
                liar.told = {name: address}
                answer = stranger_at(small_world).fetch(GO, 422)
                assert "đang không trả lời" in answer.text
        liar.told = {"issuer": elsewhere.issuer}
        use(small_world, liar.issuer)
        stranger_at(small_world).fetch(GO, 422)
        liar.told, liar.moved = {}, f"{elsewhere.issuer}/token"
        use(small_world, liar.issuer)
        browser = stranger_at(small_world)
        refused(browser, came(browser, liar))
        assert elsewhere.asked == []
    assert {path for path in liar.asked if path != "/.well-known/openid-configuration"} <= {"/jwks", "/token"}


def test_a_provider_that_is_gone_is_not_waited_for_twice(small_world: World, liar: Hostile) -> None:
    use(small_world, liar.issuer)
    liar.told = {"issuer": "https://another.invalid"}
    for _ in range(3):
        stranger_at(small_world).fetch(GO, 422)
    assert len(liar.asked) == 1


def test_mistakes_in_the_settings_stop_the_start(small_world: World) -> None:
    for wrong in ("http://id.tinh.invalid", "ftp://id.tinh.invalid", "id.tinh.invalid", "https://a:b@id.tinh.invalid"):
        with pytest.raises(ProviderFailed) as failed:
            Origin.of(wrong)
        assert failed.value.trouble is Trouble.ADDRESS
    settings = Settings(data=small_world.runtime.settings.data, openid_issuer="https://id.tinh.invalid")
    with pytest.raises(Refused) as refusal:
        openid._configured(settings, URL)
    assert refusal.value.problem is Problem.OPENID_SETTINGS
