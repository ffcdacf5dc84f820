"""A secondary school takes 200 pupils in with the keyboard: 180 good, 20 exceptions of 8 kinds, all of them found."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Page
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from bench.seeding import Plan, seed
from portal.app import assemble
from portal.database import open_engine
from portal.demo.world import read_logins
from portal.identity import SYSTEM
from portal.instance import create_instance, demo_founding
from portal.models import RecordVersion, State, Transcript, YearRecordRow
from portal.runtime import Runtime, open_runtime
from portal.services import blobs
from portal.services.prints import printed_pdf
from portal.settings import Settings, database_url
from tests.browser.conftest import DESK, PHONE, chooser_by_keys, keep
from tests.portal.views.hand_overs import photo, zipped
from tests.portal.worlds import NEIGHBOUR, URL
from verify.code import new_code
from verify.form.render import render
from verify.record.codec import from_bytes
from verify.record.model import YearRecord

MINUTE: Final = 60_000
GOOD_FILES, GOOD_CODES = 170, 10
KINDS: Final = {
    "Không khớp": 3,
    "Không tìm thấy": 3,
    "Chưa đủ căn cứ": 3,
    "Ảnh: chỉ đọc được mã": 2,
    "Trùng với dòng": 3,
    "Loại tệp chưa kiểm tra được": 2,
    "Không phải mã số": 2,
    "Ngày sinh không khớp": 2,
}


@dataclass(frozen=True)
class Desk:
    """A portal with jobs beside it. archive, typed: what the clerk has."""

    address: str
    password: str
    archive: bytes
    typed: str


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("transfers")
    settings = Settings(data=folder, sandbox_workers=3)
    now = datetime.now(UTC)
    create_instance(settings, demo_founding(URL), now)
    seed(settings, Plan(records=GOOD_FILES + GOOD_CODES + 12, state=State.LOCKED, schools=0), now)
    runtime = open_runtime(settings, now)
    archive, typed = _prepared(runtime, now)
    password = next(login.password for login in read_logins(folder) if login.username == NEIGHBOUR)
    with _served(runtime) as address:
        yield Desk(address, password, archive, typed)


@contextmanager
def _served(runtime: Runtime) -> Iterator[str]:
    app = assemble(runtime)
    jobs = app.extensions["hocba.jobs"]
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, name="desk")
    thread.start()
    jobs.start(1)
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        jobs.stop()
        server.shutdown()
        thread.join()
        server.server_close()
        runtime.close()
        app.extensions["hocba"].engine.dispose()


def _prepared(runtime: Runtime, now: datetime) -> tuple[bytes, str]:
    engine = open_engine(database_url(runtime.settings), runtime.settings.data)
    with Session(engine) as session, session.begin():
        held = session.execute(
            sa.select(Transcript.lookup_code, Transcript.birth_date, RecordVersion.root_sha256)
            .join(YearRecordRow, YearRecordRow.transcript_id == Transcript.id)
            .join(RecordVersion, RecordVersion.year_record_id == YearRecordRow.id)
            .order_by(Transcript.id)
        ).all()
        pupils = {code: (born, digest) for code, born, digest in held}
        codes = list(pupils)
        files = {
            f"hoc-ba-{number:03}.pdf": printed_pdf(
                session, runtime.press, SYSTEM, code, None, whole=False, now=now, network="local"
            ).pdf
            for number, code in enumerate(codes[:GOOD_FILES])
        }
        rest = codes[GOOD_FILES:]
        records = [from_bytes(blobs.get(session, pupils[code][1])) for code in rest[GOOD_CODES:]]
    engine.dispose()
    lines = [f"{code};{pupils[code][0]:%d/%m/%Y}" for code in rest[:GOOD_CODES]]
    return zipped(files | _exceptions(runtime, files, records)), "\n".join([*lines, *_bad_lines(records)])


def _exceptions(runtime: Runtime, good: dict[str, bytes], records: list[YearRecord]) -> dict[str, bytes]:
    whole = list(good.values())
    made = {f"sua-{n}.pdf": _print(runtime, _altered(records[n])) for n in range(3)}
    made |= {f"la-{n}.pdf": _print(runtime, replace(records[3 + n], lookup_code=_code(n))) for n in range(3)}
    made |= {f"hong-{n}.pdf": whole[n][: 20_000 + n] for n in range(3)}
    made |= {f"anh-{n}.png": photo(records[6 + n].lookup_code) for n in range(2)}
    made |= {f"ban-sao-{n}.pdf": whole[10 + n] for n in range(3)}
    return made | {f"don-{n}.docx": b"don xin chuyen truong" for n in range(2)}


def _bad_lines(records: list[YearRecord]) -> list[str]:
    wrong = [f"{record.lookup_code};{date(2001, 1, 1):%d/%m/%Y}" for record in records[8:10]]
    return [*wrong, *(f"{record.lookup_code[:-1]};01/01/2015" for record in records[10:12])]


def _print(runtime: Runtime, record: YearRecord) -> bytes:
    return render([record], runtime.print_context).pdf


def _altered(record: YearRecord) -> YearRecord:
    subjects = dict(record.subjects)
    code, held = next((code, each) for code, each in subjects.items() if each.level is not None)
    subjects[code] = replace(held, comment="Đã sửa nhận xét của môn này")
    return replace(record, subjects=subjects)


def _code(number: int) -> str:
    return new_code(bytes([number]) * 16)


class Keys:
    """A keyboard that counts. Pasting and choosing a file in the dialog are two each."""

    def __init__(self, page: Page) -> None:
        self.page, self.count = page, 0

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.count += 1

    def paste(self, text: str) -> None:
        self.page.keyboard.insert_text(text)
        self.count += 2

    def tab_to(self, selector: str) -> None:
        while not self.page.evaluate("s => document.activeElement.matches(s)", selector):
            self.press("Tab")
            assert self.count < 500, f"{selector} is out of the keyboard's reach"

    def choose(self, selector: str, file: Path) -> None:
        chooser_by_keys(self.page, lambda: self.tab_to(selector)).set_files(file)
        self.count += 3


@pytest.fixture
def page(chromium: Browser, desk: Desk) -> Iterator[Page]:
    context = chromium.new_context(base_url=desk.address, viewport={"width": DESK, "height": 900})
    made = context.new_page()
    made.goto("/dang-nhap")
    made.fill("#username", NEIGHBOUR)
    made.fill("#password", desk.password)
    made.keyboard.press("Enter")
    made.wait_for_url("**/")
    yield made
    context.close()


def test_two_hundred_transfers_with_the_keyboard(
    page: Page, desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = tmp_path / "ho-so.zip"
    archive.write_bytes(desk.archive)
    begun, keys = time.monotonic(), Keys(page)
    page.goto("/tiep-nhan")
    keep(page, "transfers-form")
    keys.choose("#files", archive)
    keys.tab_to("#typed")
    keys.paste(desk.typed)
    keys.tab_to("button[data-busy]")
    keys.press("Enter")
    page.wait_for_url("**/tiep-nhan/*", timeout=3 * MINUTE)
    keep(page, "transfers-progress")
    page.wait_for_selector("h1:has-text('Kết quả tiếp nhận')", timeout=10 * MINUTE)
    checked = time.monotonic()
    assert page.locator("ul.tiles").inner_text().split()[0] == str(GOOD_FILES + GOOD_CODES), page.inner_text("main")
    rows = page.locator("[data-desk] tbody tr").all_inner_texts()
    found = {kind: sum(kind in row for row in rows) for kind in KINDS}
    assert found == KINDS
    keep(page, "transfers-result")
    _looked_at(page, keys, sum(KINDS.values()))
    done = time.monotonic()
    with capsys.disabled():
        print(  # noqa: T201 - the measure that issue 5 asks for
            f"\n200 transfers: {keys.count} keystrokes; {checked - begun:.0f} s until checked, "
            f"{done - checked:.0f} s to look at 20 exceptions"
        )
    assert keys.count < 200
    page.set_viewport_size({"width": PHONE, "height": 740})
    keep(page, "transfers-result")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE


def _looked_at(page: Page, keys: Keys, exceptions: int) -> None:
    """Down and up once, then x on each: the keyboard always stands on the next one."""
    first = _row(page)
    keys.press("j")
    assert _row(page) != first
    keys.press("k")
    assert _row(page) == first
    seen: list[str] = []
    for left in range(exceptions - 1, -1, -1):
        seen.append(_row(page))
        keys.press("x")
        page.wait_for_selector(f"li:has-text('dòng còn chưa xem') strong:text-is('{left}')", timeout=MINUTE)
    assert len(set(seen)) == exceptions, "each once"


def _row(page: Page) -> str:
    """The row on which the keyboard stands."""
    page.wait_for_function("document.activeElement.closest('tr') !== null", timeout=MINUTE)
    return str(page.evaluate("document.activeElement.closest('tr').id"))
