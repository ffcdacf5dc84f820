"""A training: nothing of it is ever taken for real, nothing real ever runs in it, and its trainer can begin again."""

import io
import os
import re
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import pytest
from click.testing import CliRunner
from flask import Flask
from pypdfium2 import PdfDocument
from sqlalchemy.orm import Session

from portal.app import assemble
from portal.cli.main import main
from portal.demo.units import DECISION, SCHOOL
from portal.demo.world import read_logins
from portal.errors import Problem, Refused
from portal.identity import SYSTEM
from portal.instance import create_instance, demo_founding, training_founding, wipe_training
from portal.runtime import LOG_KEY, Runtime, demo_signer, open_runtime
from portal.services import organisation, training
from portal.services.intake import take_in
from portal.services.locking import lock_packet
from portal.services.signing import sign_packet
from portal.settings import Settings, for_training, load_instance
from portal.workbooks.judging import JudgedClass, JudgedPupil
from tests.client import Browser, Page
from tests.factories import year_record
from verify.log import notes
from verify.signing import Role

NOW = datetime(2026, 8, 20, 3, 0, tzinfo=UTC)
INSTALLED = Path(sys.executable).with_name("hocba")
# Founding the demo takes seconds on an idle machine.
_PATIENCE_SECONDS = 180
CODE = "5b1f0c5ad3f04a6f9d2e7c3b8a914e60"
# One record, to the letter the same in both: nothing but whose instance it is tells the two apart.
RECORD = year_record(4)


@dataclass(frozen=True)
class Half:
    """An instance that holds the record, and the print that it makes of it."""

    app: Flask
    runtime: Runtime

    def browser(self, username: str | None = None) -> Browser:
        browser = Browser(self.app)
        if username is not None:
            login = next(each for each in read_logins(self.runtime.settings.data) if each.username == username)
            page = browser.get("/dang-nhap")
            browser.submit(page, "/dang-nhap", {"username": login.username, "password": login.password})
        return browser

    def print(self) -> bytes:
        return self.browser("th01.vanthu").fetch(f"/hoc-ba/{CODE}/{RECORD.school_year}.pdf").get_data()

    def verdict(self, data: bytes) -> Page:
        browser = self.browser()
        fields = {"file": (data, "hoc-ba.pdf", "application/pdf")}
        return Page(browser.submit(browser.get("/kiem-tra"), "/kiem-tra", fields, 200))


@contextmanager
def half(folder: Path, *, is_training: bool) -> Iterator[Half]:
    settings = Settings(data=folder, sandbox_workers=1, training=is_training)
    create_instance(settings, training_founding() if is_training else demo_founding(), NOW)
    runtime = open_runtime(settings, NOW)
    app = assemble(runtime)
    engine = app.extensions["hocba"].engine
    try:
        with Session(engine) as session, session.begin():
            _lock(session, runtime)
        yield Half(app, runtime)
    finally:
        engine.dispose()
        runtime.close()


def _lock(session: Session, runtime: Runtime) -> None:
    assert runtime.authority is not None
    rows = (JudgedPupil(row=5, pupil=1, content=RECORD, findings=()),)
    judged = JudgedClass(class_name=RECORD.class_name, grade=RECORD.grade, rows=rows, findings=())
    school = organisation.unit(session, SCHOOL)
    taken = take_in(session, SYSTEM, school, RECORD.school_year, judged, "0" * 64, lambda: CODE, NOW)
    assert taken.packet is not None
    signers = {role: demo_signer(runtime.authority, SCHOOL, role, NOW) for role in (Role.HEAD, Role.SCHOOL_SEAL)}
    sign_packet(session, SYSTEM, taken.packet, signers, runtime.trust(NOW), NOW)
    lock_packet(
        session,
        SYSTEM,
        taken.packet,
        decision=DECISION,
        log_signer=runtime.log_signer,
        salt=lambda: secrets.token_bytes(32),
        now=NOW,
    )


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Half]:
    with half(tmp_path_factory.mktemp("training") / "instance", is_training=True) as made:
        yield made


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Half]:
    with half(tmp_path_factory.mktemp("real") / "instance", is_training=False) as made:
        yield made


def test_a_print_is_green_at_home_and_nowhere_else(trained: Half, real: Half) -> None:
    """The very same record, locked under the same code in both: the strongest mistake that people could make."""
    ours, theirs = trained.print(), real.print()
    assert "tone-good" in trained.verdict(ours).response.text
    assert "tone-good" in real.verdict(theirs).response.text
    for home, stranger in ((real, ours), (trained, theirs)):
        shown = home.verdict(stranger)
        assert "Đúng bản gốc" not in shown.heading
        assert 'class="answer tone-good"' not in shown.response.text


def test_keys_and_log_are_of_its_own(trained: Half, real: Half) -> None:
    ours, theirs = trained.runtime, real.runtime
    assert ours.instance.log_origin != theirs.instance.log_origin
    assert "/tap-huan/" in ours.instance.log_origin
    assert notes.format_vkey(ours.log_signer.verifier) != notes.format_vkey(theirs.log_signer.verifier)
    assert ours.authority is not None
    assert theirs.authority is not None
    assert ours.authority.root_pem() != theirs.authority.root_pem()


def test_a_training_has_its_own_log_even_at_the_address_of_the_real_one(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "instance", training=True)
    create_instance(settings, training_founding("https://hocba.example"), NOW)
    assert load_instance(settings).log_origin == "hocba.example/tap-huan/log"


def test_every_sheet_says_so(trained: Half) -> None:
    document = PdfDocument(io.BytesIO(trained.print()))
    try:
        for sheet in document:
            text = sheet.get_textpage().get_text_range()
            assert text.count("BẢN TẬP HUẤN") >= 4, "both margins and the head"
            assert "tap-huan.hocba.example" in text.replace("\r\n", "")
    finally:
        document.close()


@pytest.mark.parametrize("path", ["/", "/tra-cuu", "/kiem-tra", "/huong-dan", f"/t/{CODE}", "/khong-co", "/tap-huan"])
def test_every_page_says_so(trained: Half, real: Half, path: str) -> None:
    status = 404 if path == "/khong-co" else 200
    page = trained.browser().get(path, status)
    title = page.tree.find("head/title")
    assert title is not None
    assert (title.text or "").startswith("[TẬP HUẤN]")
    assert "BẢN TẬP HUẤN – dữ liệu không có giá trị" in page.text
    assert page.response.headers["Hocba-Training"]
    assert "tập huấn" not in real.browser().get(path, 404 if path == "/tap-huan" else status).text.lower()


def test_software_of_schools_is_told_in_a_header(trained: Half, real: Half) -> None:
    for path, status in (("/api/v1/openapi.json", 200), ("/api/v1/packets", 401), ("/log/checkpoint", 200)):
        assert trained.browser().fetch(path, status).headers["Hocba-Training"] == "data-without-value"
        assert "Hocba-Training" not in real.browser().fetch(path, status).headers


def test_neither_starts_on_the_other_ones_data(trained: Half, real: Half) -> None:
    for home, problem in ((trained, Problem.TRAINING_DATA), (real, Problem.REAL_DATA)):
        wrong = home.runtime.settings.model_copy(update={"training": not home.runtime.settings.training})
        with pytest.raises(Refused) as refused:
            open_runtime(wrong, NOW)
        assert refused.value.problem is problem
    with pytest.raises(Refused):
        create_instance(Settings(data=real.runtime.settings.data / "x"), training_founding(), NOW)
    with pytest.raises(Refused):
        wipe_training(real.runtime.settings.model_copy(update={"training": True}))


def test_only_a_trainer_begins_again_and_only_where_somebody_does_it(trained: Half) -> None:
    folder = trained.runtime.settings.data
    trainer = trained.browser("so.quantri")
    assert "Xóa và bắt đầu lại" not in trainer.get("/tap-huan").text, "nobody serves it"
    training.offer(folder)
    assert "Xóa và bắt đầu lại" not in trained.browser("th01.vanthu").get("/tap-huan").text
    page = trainer.get("/tap-huan")
    assert not training.is_asked(folder)
    assert "Đang bắt đầu lại" in Page(trainer.submit(page, "/tap-huan", {}, 200)).text
    assert training.is_asked(folder)
    training.offer(folder)
    assert not training.is_asked(folder), "an old request ends with the start"


def test_the_command_makes_and_renews_it_with_the_same_passwords(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    def hocba(*words: str, training: bool = False) -> tuple[int, str]:
        environment = {"HOCBA_SANDBOX_WORKERS": "1", "HOCBA_TRAINING": "1" if training else None}
        done = CliRunner(env=environment).invoke(main, list(words))
        return done.exit_code, done.output

    status, said = hocba("demo", "--training", "--no-serve", "--url", "https://tap-huan.mau.invalid")
    assert status == 0, said
    settings = for_training(Settings())
    first, logins = load_instance(settings), read_logins(settings.data)
    assert first.url == "https://tap-huan.mau.invalid"
    assert settings.data.resolve() == (tmp_path / "instance-tap-huan").resolve()
    assert hocba("--data", str(settings.data), "audit")[0] == 1, "a real one does not open it"
    status, said = hocba("demo", "--training", "--no-serve", "--reset")
    assert status == 0, said
    assert load_instance(settings).secret_key != first.secret_key
    assert read_logins(settings.data) == logins
    assert hocba("audit", training=True)[0] == 0
    assert hocba("demo", "--reset", "--no-serve")[0] == 2, "never without --training"


def test_the_served_training_begins_again_in_a_new_process(tmp_path: Path) -> None:
    """What a trainer sees: press the button, wait, sign in with the same password; keys are others."""
    data, port = tmp_path / "instance", _free_port()
    command = [str(INSTALLED), "--data", str(data), "demo", "--training", "--host", "127.0.0.1", "--port", str(port)]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, "HOCBA_SANDBOX_WORKERS": "1"})
        try:
            address = f"http://127.0.0.1:{port}"
            _answers(address, process)
            key, logins = (data / LOG_KEY).read_bytes(), read_logins(data)
            asked = _signed_in(address, data)
            _press(asked, address, "/tap-huan")
            deadline = time.monotonic() + _PATIENCE_SECONDS
            while not (data / "hocba.toml").exists() or (data / LOG_KEY).read_bytes() == key:
                assert time.monotonic() < deadline, "it did not begin again"
                time.sleep(0.5)
            _answers(address, process)
            assert process.poll() is None, "the same process under the same number"
            assert read_logins(data) == logins
            assert "Đăng xuất" in _signed_in(address, data).open(address + "/").read().decode()
        finally:
            process.terminate()
            process.wait(60)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None
        try:
            with urllib.request.urlopen(address + "/suc-khoe", timeout=5):  # noqa: S310
                return
        except OSError:
            time.sleep(0.5)
    raise AssertionError("it does not answer")


def _signed_in(address: str, data: Path) -> urllib.request.OpenerDirector:
    person = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    login = next(each for each in read_logins(data) if each.username == "so.quantri")
    _press(person, address, "/dang-nhap", username=login.username, password=login.password)
    return person


def _press(person: urllib.request.OpenerDirector, address: str, path: str, **fields: str) -> None:
    page = person.open(address + path).read().decode()
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found is not None
    data = urlencode({"csrf_token": found[1], **fields}).encode()
    person.open(urllib.request.Request(address + path, data, {"Referer": address + path})).close()  # noqa: S310
