"""Years of the system before this one in a real browser without JavaScript: two officials, on a phone and at a desk."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page

from portal.signers.file import FileSigner
from tests.browser.conftest import DESK, PHONE, Portal, keep
from tests.browser.test_certificates import OFFICIAL, sign_in
from tests.browser.test_looks import look
from tests.earlier import SOURCE, bundle, entry, old_record
from tests.portal.worlds import DEPARTMENT
from verify.signing import Role, Signer

Contexts = Callable[..., BrowserContext]
CODES = {PHONE: "aaaa2c3d4e5f4a6b8c7d0e1f2a3b4c5d", DESK: "bbbb2c3d4e5f4a6b8c7d0e1f2a3b4c5d"}
ROLES = (Role.HEAD, Role.SCHOOL_SEAL)


def old_signer(portal: Portal, role: Role, width: int) -> FileSigner:
    """Of a key whose certificate has expired since: whether it was revoked cannot be known."""
    assert portal.world.runtime.authority is not None
    made = datetime(2023, 9, 1, tzinfo=UTC)
    return portal.world.runtime.authority.demo_signer(f"CU-{width}", "Trường cũ", role, f"Người cũ {width}", made)


def propose_key(page: Page, folder: Path, signer: FileSigner, role: Role) -> str:
    file = folder / "chung-thu.cer"
    file.write_bytes(signer.certificate)
    page.goto("/nam-truoc/khoa")
    page.set_input_files("input[type=file]", file)
    page.select_option("#unit", "MAU-TH-01")
    page.select_option("#role", role.value)
    page.fill("#first_day", "2023-10-01")
    page.fill("#last_day", "2025-08-31")
    page.fill("#decision", "125/QĐ-SGDĐT")
    keep(page, "earlier-key-form")
    page.click("main button")
    assert "Công nhận khóa" in page.inner_text("h1")
    return page.url


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_two_officials_bring_years_in(contexts: Contexts, portal: Portal, tmp_path: Path, width: int) -> None:
    first = sign_in(contexts(width).new_page(), portal, DEPARTMENT)
    second = sign_in(contexts(width).new_page(), portal, OFFICIAL)
    signers = {role: old_signer(portal, role, width) for role in ROLES}
    for role, signer in signers.items():
        second.goto(propose_key(first, tmp_path, signer, role))
        keep(second, "earlier-key")
        look(second, second.url)
        second.click("text=Xác nhận công nhận")
        assert "Đã xác nhận" in second.inner_text("main")
    keys: dict[Role, Signer] = dict(signers)
    pupil = {
        "lookup_code": CODES[width],
        "personal_id": f"08731500{width:04}",
        "moet_student_code": f"871234{width:04}",
    }
    records = [old_record("2023-2024", 3, **pupil), old_record("2024-2025", 4, **pupil)]
    file = tmp_path / "goi.json"
    file.write_bytes(bundle(entry(records[0], keys), entry(records[1], keys) | {"sha256": "0" * 64}))
    first.goto("/nam-truoc")
    first.click("text=Gửi gói học bạ")
    first.set_input_files("input[type=file]", file)
    first.fill("#decision", "126/QĐ-SGDĐT")
    keep(first, "earlier-form")
    first.click("main button")
    assert SOURCE in first.inner_text("h1")
    keep(first, "earlier-proposed")
    second.goto(first.url)
    keep(second, "earlier-to-confirm")
    look(second, second.url)
    second.click("button:has-text('Xác nhận nhập')")
    assert "Đã nhập và ghi vào sổ minh bạch" in second.inner_text("main")
    keep(second, "earlier-confirmed")
    second.goto("/nam-truoc")
    keep(second, "earlier-list")
    look(second, second.url)
    second.goto(f"/t/{CODES[width]}")
    assert "Nhập từ hệ thống trước" in second.inner_text("main")
    keep(second, "earlier-card")
    second.goto(f"/hoc-ba/{CODES[width]}")
    assert "không biết chứng thư" in second.inner_text("main")
    keep(second, "earlier-record")
    look(second, second.url)
