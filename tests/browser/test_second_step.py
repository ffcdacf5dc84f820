"""Two steps at sign-in in a real browser: an authenticator without JavaScript, and a passkey of Chromium's own."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Final

import pytest
from playwright.sync_api import Page
from sqlalchemy.orm import Session

from portal.identity import SYSTEM
from portal.services import accounts, second_step
from tests.browser.conftest import DESK, PHONE, Portal, keep
from tests.browser.test_journeys import Contexts
from tests.browser.test_looks import OVERFLOWS, SMALL_TARGETS, TIGHT_LINES
from tests.portal.second_steps import Authenticator

# Nobody else's journey signs in as this person.
WHO: Final = "thcs01.hieutruong"
# Another page of this machine that asks the device with the portal's own challenge, as an imitation would.
SIGN_ELSEWHERE: Final = """async (options) => {
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (s) => s.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\\+/g, '-').replace(/\\//g, '_').replace(/=+$/, '');
  const got = await navigator.credentials.get({ publicKey: { ...options, challenge: bytes(options.challenge),
    allowCredentials: options.allowCredentials.map((each) => ({ ...each, id: bytes(each.id) })) } });
  const response = {};
  for (const name of ['clientDataJSON', 'authenticatorData', 'signature']) response[name] = text(got.response[name]);
  return JSON.stringify({ id: got.id, rawId: text(got.rawId), type: got.type, response });
}"""


@pytest.fixture
def address(portal: Portal) -> Iterator[str]:
    """The portal under a name for which browsers take passkeys; the person has no second step before and after."""
    world = portal.world
    held = world.app.extensions["hocba"]
    url = portal.address.replace("127.0.0.1", "localhost")
    instance = held.runtime.instance.model_copy(update={"url": url})
    world.app.extensions["hocba"] = replace(held, runtime=replace(held.runtime, instance=instance))
    try:
        yield url
    finally:
        world.app.extensions["hocba"] = held
        with Session(world.engine) as session, session.begin():
            account = accounts.account_named(session, WHO)
            second_step.reset(session, SYSTEM, account, "local", datetime.now(UTC), "sau khi thử")


@pytest.fixture
def imitation() -> Iterator[str]:
    """A page on another port: another origin, although the host is the same."""

    class Blank(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>x</title>")

        def log_message(self, *_args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Blank)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://localhost:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


def with_a_device(page: Page) -> None:
    """Chromium's own authenticator, whose person always agrees."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "usb",
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def first_step(page: Page, portal: Portal, address: str) -> None:
    page.goto(f"{address}/dang-nhap")
    page.fill("#username", WHO)
    page.fill("#password", portal.world.logins[WHO].password)
    page.click("main button")
    page.wait_for_load_state()


def look(page: Page, name: str) -> None:
    assert not page.evaluate(OVERFLOWS), f"{page.url} overflows"
    assert page.evaluate(SMALL_TARGETS) == []
    assert page.evaluate(TIGHT_LINES) == []
    keep(page, name)


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_an_authenticator_from_enrolment_to_recovery(
    contexts: Contexts, portal: Portal, address: str, width: int
) -> None:
    page = contexts(width).new_page()
    first_step(page, portal, address)
    page.goto(f"{address}/tai-khoan")
    page.click("text=Bật bước thứ hai")
    authenticator = Authenticator.typed(page.inner_text("[data-key]"))
    look(page, "second-step-own")
    page.fill("#code", authenticator.code(-1))
    page.click("text=Dùng ứng dụng này")
    page.wait_for_selector("[data-recovery]")
    recovery = page.locator("[data-recovery]").all_inner_texts()
    look(page, "second-step-codes")
    page.click("text=Đã cất xong")
    look(page, "second-step-on")
    page.goto(f"{address}/tai-khoan/khoa-truy-cap")
    assert "đang tắt JavaScript" in page.inner_text("main")
    look(page, "passkeys-plain")
    page.click("text=Đăng xuất")
    first_step(page, portal, address)
    look(page, "second-step-code")
    page.fill("#code", "000000")
    page.press("#code", "Enter")
    page.wait_for_selector(".summary")
    look(page, "second-step-refused")
    page.fill("#code", recovery[3])
    page.press("#code", "Enter")
    page.wait_for_url(f"{address}/")
    page.goto(f"{address}/tai-khoan")
    assert "Dùng một mã khôi phục" in page.inner_text("main")
    look(page, "second-step-account")
    page.goto(f"{address}/dang-nhap/xac-nhan?next=/tai-khoan")
    look(page, "second-step-proof")


def test_a_passkey_signs_in_here_and_not_for_an_imitation(
    contexts: Contexts, portal: Portal, address: str, imitation: str
) -> None:
    page = contexts(DESK, scripts=True).new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    with_a_device(page)
    first_step(page, portal, address)
    page.goto(f"{address}/tai-khoan/khoa-truy-cap")
    page.fill("#name", "Khóa USB ở cơ quan")
    page.click("text=Thêm khóa của thiết bị này")
    page.wait_for_selector("[data-recovery]")
    page.click("text=Đã cất xong")
    assert "Khóa USB ở cơ quan" in page.inner_text("main table")
    look(page, "passkeys")
    page.click("text=Đăng xuất")
    first_step(page, portal, address)
    look(page, "passkeys-code")

    options = page.evaluate("JSON.parse(document.querySelector('[data-passkey]').dataset.options)")
    token = page.input_value("main [name=csrf_token]")
    page.goto(imitation)
    signed = page.evaluate(SIGN_ELSEWHERE, options)
    fields = {"csrf_token": token, "next": "/", "passkey": signed}
    headers = {"Referer": f"{address}/dang-nhap/buoc-hai"}
    answer = page.context.request.post(f"{address}/dang-nhap/buoc-hai", form=fields, headers=headers, max_redirects=0)
    assert answer.status == 422
    assert "của địa chỉ khác" in answer.text()

    page.goto(f"{address}/dang-nhap/buoc-hai")
    page.get_by_role("button", name="Dùng khóa truy cập").click()
    page.wait_for_url(f"{address}/")
    page.goto(f"{address}/tai-khoan/khoa-truy-cap")
    assert "Chưa dùng" not in page.inner_text("main table")
    assert not [text for text in said if "Content Security Policy" in text]
