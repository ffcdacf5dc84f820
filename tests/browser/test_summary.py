"""The page behind a summary's QR in a real browser: verified without a network, and each way in which it refuses."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import cbor2
import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy.orm import Session

from portal.jobs.inventories import InventoryDesk, make_inventory
from portal.models import RecordVersion, State, Transcript, YearRecordRow
from portal.services.day_kit import make_kit
from tests.browser.conftest import DESK, PHONE, Portal, keep
from tests.browser.test_journeys import Contexts
from tests.browser.test_looks import look
from tests.factories import year_record
from tests.pki import pki
from tests.verify.summary.hostile import HOSTILE
from verify import status_list
from verify.code import PrintTarget, qr_text
from verify.record.model import SubjectResult
from verify.record.vocabulary import COMPETENCES, QUALITIES, SUBJECTS, SubjectLevel
from verify.standing import StandingState
from verify.status_list import StatusList
from verify.summary import payload, signed
from verify.summary.letters import LETTERS
from verify.summary.payload import Summary, summary_of
from verify.summary.signed import from_digits, open_summary, to_digits

# Spelled otherwise and the same in meaning; only the department's own key could write them.
ACCEPTED_BY_BROWSERS = {"a name in UTF-8 that has bytes", "a name that is not NFC"}
SCREEN = "#ket-qua [data-verdict]"
STATIC = Path(__file__).parents[2] / "static"


@dataclass(frozen=True)
class Scanned:
    """index: of the leaf. path: as the QR says it, behind the host."""

    index: int
    target: PrintTarget
    digits: str

    @property
    def path(self) -> str:
        return qr_text("", self.target, self.digits)


def clock() -> datetime:
    return datetime.now(UTC)


@pytest.fixture(scope="module")
def scanned(portal: Portal) -> Scanned:
    """The summary of a locked year, signed by the demo's key; the status list of today lies ready."""
    runtime = portal.world.runtime
    make_inventory(InventoryDesk(portal.world.engine, runtime.log_signer, clock))
    code, year = portal.world.codes.locked, "2025-2026"
    with Session(portal.world.engine) as session:
        index = session.scalars(
            sa.select(RecordVersion.log_index)
            .join(YearRecordRow, YearRecordRow.id == RecordVersion.year_record_id)
            .join(Transcript, Transcript.id == YearRecordRow.transcript_id)
            .where(Transcript.lookup_code == code, YearRecordRow.school_year == year)
            .where(RecordVersion.state == State.LOCKED.value)
        ).one()
        assert index is not None
        assert runtime.press.summaries is not None
        digits = runtime.press.summaries.sign(session, index, clock())
    return Scanned(index, PrintTarget(code, year, 1), digits)


@pytest.fixture
def context(contexts: Contexts) -> Iterator[BrowserContext]:
    """A phone with scripts that refuses what its policy refuses, loudly."""
    made = contexts(PHONE, scripts=True)
    said: list[str] = []
    made.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    made.on("weberror", lambda error: said.append(str(error.error)))
    yield made
    assert not [text for text in said if "Failed to load resource" not in text]


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def plain(page: Page) -> Page:
    """A browser without service workers, whose requests a test can answer itself."""
    page.add_init_script("delete Navigator.prototype.serviceWorker")
    return page


def verdict(page: Page) -> str:
    return page.locator(SCREEN).get_attribute("data-verdict") or ""


def test_it_is_verified_and_compared_and_leaves_the_address(page: Page, scanned: Scanned) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(scanned.path)
    assert verdict(page) == "in_force"
    assert "#" not in page.url
    assert page.evaluate("history.length") == 2
    assert not [url for url in asked if scanned.digits[:12] in url.partition("#")[0]]
    for text in ("Nguyễn Thị Ngọc Uyên", "T – điểm 10", "để trống", "phút trước", "DỮ LIỆU MẪU, khóa dùng thử"):
        expect(page.locator("#ket-qua")).to_contain_text(text)
    boxes = page.locator(".tick input")
    expect(page.locator("#ket-qua [role=status]")).to_have_text(f"Đã so 0/{boxes.count()} ô.")
    for place in range(boxes.count()):
        boxes.nth(place).check()
    expect(page.locator("#ket-qua [role=status]")).to_have_text(f"Đã so đủ {boxes.count()} ô trên giấy.")


def test_without_a_network_it_still_verifies(context: BrowserContext, page: Page, scanned: Scanned) -> None:
    page.goto("/S/")
    page.evaluate("navigator.serviceWorker.ready")
    page.wait_for_function("navigator.serviceWorker.controller !== null")
    context.set_offline(True)
    page.goto(scanned.path)
    assert verdict(page) == "in_force"
    page.goto(scanned.path[:-5] + "00000")  # the fragment alone changes
    expect(page.locator(SCREEN)).to_have_attribute("data-verdict", "signature")
    assert "#" not in page.url
    kept = page.evaluate(
        "caches.keys().then(names => Promise.all(names.map(name => caches.open(name).then(held => held.keys()))))"
        ".then(found => found.flat().map(request => request.url))"
    )
    assert kept
    assert not [url for url in kept if scanned.target.code.upper() in url.upper()]


def forged(scanned: Scanned, change: str, portal: Portal) -> str:
    if change in ("a digit", "the last digit"):
        place = 150 if change == "a digit" else len(scanned.digits) - 1
        digit = str((int(scanned.digits[place]) + 1) % 10)
        return qr_text("", scanned.target, scanned.digits[:place] + digit + scanned.digits[place + 1 :])
    if change == "another code":
        return qr_text("", PrintTarget(portal.world.codes.accepted, "2025-2026", 1), scanned.digits)
    if change == "another version":
        return qr_text("", PrintTarget(scanned.target.code, "2025-2026", 2), scanned.digits)
    if change == "another key":
        held = portal.world.runtime.summary_key
        assert held is not None
        key = signed.key_of(held.certificate)
        assert key is not None
        summary = open_summary(from_digits(scanned.digits), scanned.target, [key])
        return qr_text("", scanned.target, to_digits(signed.sign(summary, scanned.target, pki().department_seal)))
    return scanned.path[:-300]


REFUSED = {
    "a digit": "malformed",
    "the last digit": "signature",
    "another code": "signature",
    "another version": "signature",
    "another key": "key_unknown",
    "cut short": "malformed",
}


def test_it_refuses(page: Page, scanned: Scanned, portal: Portal) -> None:
    """One page, as at a counter with a hand-held scanner: what was shown before never stays beside a refusal."""
    page.goto("/S/")
    for change, expected in REFUSED.items():
        judged(page, scanned.path, "in_force")
        judged(page, forged(scanned, change, portal), expected)
        assert page.locator(".compare").count() == 0, change
        assert "Nguyễn" not in page.inner_text("main"), change


def judged(page: Page, text: str, expected: str) -> None:
    page.fill("textarea", text)
    page.click("main button[type=submit]")
    expect(page.locator(SCREEN)).to_have_attribute("data-verdict", expected)


def test_a_key_whose_time_is_over_is_refused(page: Page, scanned: Scanned) -> None:
    page.clock.set_fixed_time(clock() + timedelta(days=4 * 365))
    page.goto(scanned.path)
    assert verdict(page) == "key_over"
    assert page.locator(".compare").count() == 0


def test_what_no_longer_stands(plain: Page, scanned: Scanned, portal: Portal) -> None:
    states = {
        "revoked": StandingState.REVOKED,
        "superseded": StandingState.SUPERSEDED,
        "annotated": StandingState.ANNOTATED,
    }
    plain.goto("/S/")
    for expected, state in states.items():
        with_list(plain, listed(portal, scanned.index + 1, {scanned.index: state}))
        judged(plain, scanned.path, expected)
        assert plain.locator(".compare").count() == (5 if expected == "annotated" else 0)


def test_lists_that_cannot_say_that_it_stands(plain: Page, scanned: Scanned, portal: Portal) -> None:
    fresh = listed(portal, scanned.index + 1, {})
    faulty = {
        "old": listed(portal, scanned.index + 1, {}, age=timedelta(days=4)),
        "does not cover it": listed(portal, scanned.index, {}),
        "of another log": fresh.replace("— hocba".encode(), "— xocba".encode()),
        "altered": fresh.replace(b"hocba/status-list/1", b"hocba/status-list/2"),
        "signature altered": fresh.replace(signature_of(fresh), signature_of(fresh)[::-1]),
        "no list": b"",
    }
    plain.goto("/S/")
    for fault, body in faulty.items():
        with_list(plain, fresh)
        judged(plain, scanned.path, "in_force")
        with_list(plain, body)
        judged(plain, scanned.path, "unknown")
        assert plain.locator(".compare").count() == 5, fault


def signature_of(note: bytes) -> bytes:
    """Letters in the middle of the log's signature."""
    line = next(line for line in note.split(b"\n") if line.startswith("— ".encode()))
    return line[-40:-20]


def with_list(page: Page, body: bytes) -> None:
    page.unroute_all()
    page.route("**/log/status", lambda route: route.fulfill(body=body, content_type="application/octet-stream"))


def listed(portal: Portal, size: int, states: dict[int, StandingState], age: timedelta = timedelta(0)) -> bytes:
    """A list under the real key of the world's log."""
    signer, made = portal.world.runtime.log_signer, clock().replace(microsecond=0) - age
    held = StatusList(
        signer.verifier.name, made.date(), size, made, made + status_list.LIFETIME, status_list.pack(size, states)
    )
    return status_list.build(held, signer)


def variants() -> dict[str, Summary]:
    """Records of every shape: what Python packed, the browser must read alike."""
    made = {f"grade {grade}": summary_of(year_record(grade), "ab" * 32, 7, date(2026, 7, 1)) for grade in range(1, 6)}
    odd = year_record(4, full_name="Łukasz Nguyễn Ỵ", promoted=None)
    subjects = {**odd.subjects, "Cờ vua": SubjectResult(SubjectLevel.COMPLETED, 7)}
    made["rows beyond the form"] = summary_of(replace(odd, subjects=subjects), "cd" * 32, 70_000, date(2026, 7, 1))
    made["every letter"] = replace(made["grade 1"], full_name=LETTERS, log_index=2**32 - 1, birth_date=date(1969, 1, 1))
    return made


def test_the_browser_reads_what_python_packed(page: Page, scanned: Scanned, portal: Portal) -> None:
    signer = portal.world.runtime.summary_key
    assert signer is not None
    page.goto("/S/")
    for name, summary in variants().items():
        read = opened(page, qr_text("", scanned.target, to_digits(signed.sign(summary, scanned.target, signer))))
        assert read["summary"]["name"] == summary.full_name, name
        assert read["summary"]["school"] == summary.school_name
        assert (read["summary"]["index"], read["summary"]["content"]) == (summary.log_index, summary.content.hex())
        assert str(read["summary"]["birth"]).startswith(summary.birth_date.isoformat())
        assert read["summary"]["promoted"] is summary.marks.promoted
        assert read["summary"]["overall"] == summary.marks.overall_result.value
        rows = {row["label"]: (row["level"], row["score"]) for row in read["summary"]["subjects"]}
        for subject in SUBJECTS:
            held = summary.marks.subjects.get(subject.code)
            assert rows[subject.label] == ((held.level.value, held.score or 0) if held else ("", 0)), name
        levels = [row["level"] for row in read["summary"]["qualities"] + read["summary"]["competences"]]
        expected = [summary.marks.qualities.get(trait.code, "") for trait in QUALITIES]
        assert levels == [*expected, *(summary.marks.competences.get(trait.code, "") for trait in COMPETENCES)]
        extras = [(row["kind"], row["label"], row["level"], row["score"]) for row in read["summary"]["extras"]]
        assert extras == [(each.kind, each.label, each.level.value, each.score or 0) for each in summary.extras]


def test_the_browser_refuses_what_python_never_packs(page: Page, scanned: Scanned, portal: Portal) -> None:
    """Under a signature that holds: a key in the wrong hands must not reach further than the form."""
    page.goto("/S/")
    assert "summary" in opened(page, enveloped(portal, scanned, payload.pack(variants()["grade 4"])))
    for defect, packed in HOSTILE.items():
        if defect not in ACCEPTED_BY_BROWSERS:
            assert opened(page, enveloped(portal, scanned, packed)) == {"refused": "malformed"}, defect


def enveloped(portal: Portal, scanned: Scanned, packed: bytes) -> str:
    """Any bytes as the payload of a summary that the demo's key signed for this address."""
    signer = portal.world.runtime.summary_key
    assert signer is not None
    key = signed.key_of(signer.certificate)
    assert key is not None
    protected = cbor2.dumps({1: -7, 4: key.kid}, canonical=True)
    address = f"{scanned.target.code}/{scanned.target.school_year}.{scanned.target.version}".encode()
    der = signer.sign(cbor2.dumps(["Signature1", protected, address, packed], canonical=True))
    raw = b"".join(part.to_bytes(32, "big") for part in decode_dss_signature(der))
    data = b"\xd2" + cbor2.dumps([protected, {}, packed, raw], canonical=True)
    return qr_text("", scanned.target, to_digits(data))


def opened(page: Page, text: str) -> dict[str, Any]:
    """What the module says of a text, with the keys of this host."""
    found: dict[str, Any] = page.evaluate(
        """async (text) => {
            const script = document.querySelector("script[type=module]").src.replace("summary.js", "summary-core.js");
            const { openSummary, readText } = await import(script);
            const keys = await (await fetch("/S/khoa.json")).json();
            return JSON.parse(JSON.stringify(await openSummary(readText(text), keys, Date.now())));
        }""",
        text,
    )
    return found


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_how_it_looks(contexts: Contexts, scanned: Scanned, width: int) -> None:
    page = contexts(width, scripts=True).new_page()
    page.goto(scanned.path)
    assert verdict(page) == "in_force"
    keep(page, "summary")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    silent = contexts(width).new_page()
    look(silent, f"/S/{scanned.target.code.upper()}/2025-2026.1")
    assert "đang tắt JavaScript" in silent.inner_text("main")
    assert silent.locator("textarea").is_hidden()
    keep(silent, "summary-silent")
    silent.click(f'main a[href="/t/{scanned.target.code}/2025-2026.1"]')
    assert silent.inner_text("h1") == "Đang hiệu lực"


@pytest.mark.parametrize("when", ["its day", "a day later"])
def test_a_day_kit_checks_from_a_disk(
    contexts: Contexts, scanned: Scanned, portal: Portal, tmp_path: Path, when: str
) -> None:
    local = clock() + timedelta(hours=7)
    day: date = local.date() - timedelta(days=0 if when == "its day" else 1)
    with Session(portal.world.engine) as session:
        desk = portal.world.runtime.kit_desk(STATIC, clock())
        kit = make_kit(session, desk, "MAU-TH-01", "Trường Tiểu học Mẫu", day, clock())
    file = tmp_path / f"{kit.name}.html"
    file.write_bytes(kit.page)
    held = contexts(DESK, scripts=True)
    held.set_offline(True)
    said: list[str] = []
    held.on("console", lambda message: said.append(message.text))
    page = held.new_page()
    page.goto(file.as_uri())
    expect(page.locator("#lap-cho")).to_contain_text("Trường Tiểu học Mẫu")
    assert ("Hôm nay không phải ngày đó" in page.inner_text("#lap-cho")) is (when != "its day")
    for text, expected in (
        (f"https://hocba.example{scanned.path}", "in_force" if when == "its day" else "unknown"),
        (scanned.path[:-5] + "00000", "signature"),
        (forged(scanned, "another code", portal), "signature"),
    ):
        judged(page, text, expected)
    assert page.input_value("textarea") == ""
    keep(page, f"day-kit-{re.sub(' ', '-', when)}")
    assert not said
