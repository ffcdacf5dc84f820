"""Passkeys: registered and used as the second step; what another address, another person and a copy get with them."""

import json
from typing import Final

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.models import Passkey
from tests.client import Browser, Page
from tests.portal.conftest import set_limits
from tests.portal.second_steps import (
    SECOND,
    Device,
    first_step,
    options_on,
    recovery_on,
    second_step,
    staff_must,
)
from tests.portal.worlds import CLERK, HEAD, URL, World

OWN: Final = "/tai-khoan/khoa-truy-cap"
ELSEWHERE: Final = "https://hocba-mau.invalid"


def add(browser: Browser, device: Device, status: int = 200, origin: str = URL, name: str = "Khóa USB") -> Page:
    page = browser.get(OWN)
    answer = device.create(options_on(page), origin)
    fields = {"name": name, "passkey": answer}
    return Page(browser.submit(page, OWN, fields, status))


def registered(world: World, username: str = CLERK) -> Device:
    device = Device()
    add(world.signed_in(username), device)
    return device


def sign(browser: Browser, device: Device, status: int = 303, origin: str = URL) -> str:
    page = browser.get(SECOND)
    answer = device.get(options_on(page), origin)
    browser.submit(page, SECOND, {"passkey": answer}, status)
    return answer


def test_a_passkey_is_registered_used_and_ended(world: World) -> None:
    own, device = world.signed_in(CLERK), Device()
    codes = recovery_on(add(own, device))
    assert len(codes) == 10
    assert "Khóa USB" in own.get(OWN).text
    browser, led = first_step(world, CLERK)
    assert led == f"{SECOND}?next=/"
    sign(browser, device)
    browser.get("/hoc-ba")
    second, _led = first_step(world, CLERK)
    assert second_step(second, codes[0]) == "/"
    page = browser.get(OWN)
    (action,) = {str(form.get("action")) for form in page.tree.iter("form") if "ket-thuc" in str(form.get("action"))}
    browser.submit(page, action, {})
    assert first_step(world, CLERK)[1] == "/", "with the last one the second step ends"
    text = browser.get("/tai-khoan").text
    assert "Thêm khóa truy cập: Khóa USB" in text
    assert "Kết thúc khóa truy cập: Khóa USB" in text


def test_what_was_signed_for_another_address_is_refused(small_world: World) -> None:
    """A page that imitates the portal passes on what it is given, and gets nowhere."""
    own = small_world.signed_in(CLERK)
    assert "của địa chỉ khác" in add(own, Device(), 422, origin=ELSEWHERE).text
    device = registered(small_world)
    browser, _led = first_step(small_world, CLERK)
    sign(browser, device, 422, origin=ELSEWHERE)
    page = browser.get(SECOND)
    elsewhere = device.get({**options_on(page), "rpId": "hocba-mau.invalid"}, URL)
    browser.submit(page, SECOND, {"passkey": elsewhere}, 422)
    browser.fetch("/hoc-ba", 303)
    sign(browser, device)


def test_another_persons_passkey_opens_nothing(small_world: World) -> None:
    theirs, own = registered(small_world, HEAD), small_world.signed_in(CLERK)
    add(own, Device())
    browser, _led = first_step(small_world, CLERK)
    sign(browser, theirs, 422)
    forged = Device(id=theirs.id)
    sign(browser, forged, 422)
    browser.fetch("/hoc-ba", 303)
    assert "không khớp" in add(own, theirs, 422).text, "one key, one person"


def test_an_answer_is_good_once_and_a_copy_is_found_by_its_counter(world: World) -> None:
    device = registered(world)
    copy = Device(device.key, device.id, device.count)
    browser, _led = first_step(world, CLERK)
    answer = sign(browser, device)
    again, _led = first_step(world, CLERK)
    again.submit(again.get(SECOND), SECOND, {"passkey": answer}, 422)
    sign(again, device)
    late, _led = first_step(world, CLERK)
    sign(late, copy, 422)
    late.fetch("/hoc-ba", 303)


@pytest.mark.parametrize(
    "answer",
    ["x", "[]", "{}", '{"id": 1}', '{"id":"AA","rawId":"AA","type":"public-key","response":{}}', "{" * 20_001],
)
def test_what_is_no_answer_is_refused(small_world: World, answer: str) -> None:
    device = registered(small_world)
    browser, _led = first_step(small_world, CLERK)
    browser.submit(browser.get(SECOND), SECOND, {"passkey": answer}, 422)
    sign(browser, device)


def test_spoiled_answers_are_refused_and_never_a_fault(small_world: World) -> None:
    own, device = small_world.signed_in(CLERK), Device()
    add(own, device)
    set_limits(small_world, codes_limit="100 per minute", sign_in_limit="100 per minute")
    browser, _led = first_step(small_world, CLERK)
    for name in ("authenticatorData", "clientDataJSON", "signature"):
        for spoiled in ("", "AA", "!", None, 7):
            page = browser.get(SECOND)
            answer = json.loads(device.get(options_on(page), URL))
            answer["response"][name] = spoiled
            browser.submit(page, SECOND, {"passkey": json.dumps(answer)}, 422)
    for spoiled in ("", "oA", "v2NmbXQ", None):
        page = own.get(OWN)
        answer = json.loads(Device().create(options_on(page), URL))
        answer["response"]["attestationObject"] = spoiled
        own.submit(page, OWN, {"name": "Hỏng", "passkey": json.dumps(answer)}, 422)


def test_staff_keep_one_second_step_and_end_only_their_own(small_world: World) -> None:
    registered(small_world, HEAD)
    own, device = small_world.signed_in(CLERK), Device()
    add(own, device)
    with Session(small_world.engine) as session:
        theirs, mine = session.scalars(sa.select(Passkey.id).order_by(Passkey.id)).all()
    page = own.get(OWN)
    token = page.form(OWN).find(".//input[@name='csrf_token']")
    assert token is not None
    fields = {"csrf_token": token.get("value", "")}
    own.post(f"{OWN}/{theirs}/ket-thuc", fields, 404)
    with staff_must(small_world):
        own.post(f"{OWN}/{mine}/ket-thuc", fields, 422)
        add(own, Device(), 303, name="Điện thoại")
        own.post(f"{OWN}/{mine}/ket-thuc", fields)
