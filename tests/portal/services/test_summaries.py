"""Summaries in the QR of a print: built from the log alone, for what stands, by a key that may; and the day-kit."""

import inspect
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from portal.errors import NotFound, Problem, Refused
from portal.identity import SYSTEM
from portal.jobs.inventories import InventoryDesk, make_inventory
from portal.models import CorrectionKind, KeyAuthorisation, Print, RecordVersion, Unit
from portal.services import blobs, registry
from portal.services.checking import check_document
from portal.services.day_kit import DayKit, make_kit
from portal.services.inventory import today
from portal.services.prints import Press, Printed, editions_of, printed_pdf
from portal.services.summaries import SummarySigner, published_keys
from portal.signers.pkcs11 import open_token
from tests.instances import NOW, SCHOOL, WORKBOOKS, DemoInstance
from tests.pki import pki
from tests.portal.correcting import DUE, LATER, act, code_of, effect, supersession, switch
from tests.portal.signers.tokens import PIN, all_of, softhsm
from verify.code import parse_target
from verify.containers.roots import locked_record
from verify.signing import Role
from verify.summary import marks
from verify.summary.payload import Summary
from verify.summary.signed import SummaryKey, from_digits, key_of, open_summary
from verify.verdict import Verdict

STATIC = Path(__file__).parents[3] / "static"


def summarised(instance: DemoInstance, code: str, press: Press | None = None) -> Printed:
    with instance.transaction() as session:
        held = press or instance.runtime.press
        return printed_pdf(session, held, SYSTEM, code, None, whole=False, now=LATER, network="local", summary=True)


def signer_of(instance: DemoInstance) -> SummarySigner:
    held = instance.runtime.press.summaries
    assert held is not None
    return held


def keys_of(instance: DemoInstance) -> tuple[SummaryKey, ...]:
    held = key_of(signer_of(instance).key.certificate)
    assert held is not None
    return (held,)


def digits_of(instance: DemoInstance) -> list[str]:
    with instance.reading() as session:
        return [row.summary or "" for row in session.scalars(sa.select(Print).order_by(Print.id))]


def opened(instance: DemoInstance, code: str, digits: str) -> Summary:
    return open_summary(from_digits(digits), parse_target(f"/t/{code}/2025-2026.1"), keys_of(instance))


def indices(instance: DemoInstance) -> list[int]:
    """Leaves that lock a record, in the order of intake."""
    with instance.reading() as session:
        found = session.scalars(sa.select(RecordVersion.log_index).order_by(RecordVersion.id)).all()
    return [index for index in found if index is not None]


def test_the_print_is_a_row_that_says_so_and_is_authentic(instance: DemoInstance) -> None:
    code = code_of(instance)
    made = summarised(instance, code)
    assert made.filename.endswith("2025-2026_tom-tat.pdf")
    (digits,) = digits_of(instance)
    with instance.reading() as session:
        row = session.scalars(sa.select(Print)).one()
        ((_years, context),) = editions_of(session, row.transcript_id)
    assert context.summary == digits
    checked = check_document(instance.runtime.desk(LATER), instance.reading, made.pdf, LATER + timedelta(minutes=1))
    assert checked.conclusion.verdict is Verdict.AUTHENTIC


def test_what_it_says_is_what_the_school_signed(instance: DemoInstance) -> None:
    code = code_of(instance)
    summarised(instance, code)
    held = opened(instance, code, digits_of(instance)[0])
    with instance.reading() as session:
        row = session.scalars(sa.select(RecordVersion).order_by(RecordVersion.id)).first()
        assert row is not None
        record = locked_record(blobs.get(session, row.root_sha256), code, 1)
        assert held.content.hex() == row.root_sha256[:32]
        assert held.log_index == row.log_index
    assert (held.full_name, held.birth_date) == (record.full_name, record.birth_date)
    assert (held.school_name, held.class_name) == (record.issuing_school.name, record.class_name)
    assert held.marks == marks.marks_of(record)
    assert held.signed_on == LATER.date()


def test_the_same_print_is_made_once_beside_the_plain_one(instance: DemoInstance) -> None:
    code = code_of(instance)
    first = summarised(instance, code)
    assert summarised(instance, code) == first
    with instance.transaction() as session:
        plain = printed_pdf(
            session, instance.runtime.press, SYSTEM, code, None, whole=False, now=LATER, network="local"
        )
    assert plain.pdf != first.pdf
    assert [bool(digits) for digits in digits_of(instance)] == [True, False]


def test_a_lost_file_is_drawn_again_with_the_summary_that_circulates(instance: DemoInstance) -> None:
    code = code_of(instance)
    summarised(instance, code)
    before = digits_of(instance)
    (kept,) = instance.runtime.press.folder.glob("*.pdf")
    kept.unlink()
    summarised(instance, code)
    assert digits_of(instance) == before


def test_the_signer_takes_an_index_and_nothing_else() -> None:
    """What is not a parameter cannot be put into a payload by a request."""
    assert list(inspect.signature(SummarySigner.sign).parameters) == ["self", "session", "log_index", "now"]


def test_a_leaf_that_locks_no_record_has_no_summary(instance: DemoInstance) -> None:
    for index in (0, max(indices(instance)) + 1, 10**6):
        assert index not in indices(instance)
        with instance.reading() as session, pytest.raises(NotFound):
            signer_of(instance).sign(session, index, LATER)


def refused(instance: DemoInstance, signer: SummarySigner, problem: Problem, index: int | None = None) -> None:
    with instance.reading() as session, pytest.raises(Refused) as caught:
        signer.sign(session, indices(instance)[0] if index is None else index, LATER)
    assert caught.value.problem is problem


def test_what_was_replaced_or_revoked_gets_none(instance: DemoInstance) -> None:
    switch(instance)
    code, other = code_of(instance), code_of(instance, 1)
    summarised(instance, code)
    act(instance, code, CorrectionKind.REVOKE)
    supersession(instance, other)
    effect(instance, DUE)
    for index in indices(instance)[:2]:
        refused(instance, signer_of(instance), Problem.SUMMARY_NOT_IN_FORCE, index)
    with pytest.raises(Refused) as caught:  # although the file of the print is there
        summarised(instance, code)
    assert caught.value.problem is Problem.SUMMARY_NOT_IN_FORCE


def test_a_key_that_is_not_registered_for_the_department_signs_nothing(instance: DemoInstance) -> None:
    held = signer_of(instance)
    refused(instance, replace(held, key=pki().department_seal), Problem.SUMMARY_KEY)
    refused(instance, replace(held, department=SCHOOL), Problem.SUMMARY_KEY)


def test_without_a_key_there_is_no_such_print(instance: DemoInstance) -> None:
    with pytest.raises(Refused) as caught:
        summarised(instance, code_of(instance), replace(instance.runtime.press, summaries=None))
    assert caught.value.problem is Problem.SUMMARY_KEY
    assert not digits_of(instance)


def test_before_the_lock_nothing_is_signed(empty_instance: DemoInstance) -> None:
    taken = empty_instance.take_in(WORKBOOKS / "lop-4A1.xlsx")
    code = next(row.lookup_code for row in taken.rows if row.lookup_code)
    with pytest.raises(Refused) as caught:
        summarised(empty_instance, code)
    assert caught.value.problem is Problem.NOT_LOCKED


def test_a_token_signs_it(instance: DemoInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """PKCS#11 with an EC key in SoftHSM: registered like any seal, and the same bytes verify."""
    hsm = softhsm(tmp_path, monkeypatch)
    seal = pki().department_seal
    hsm.token("Con dấu", *all_of(seal))
    department = instance.runtime.instance.department_code
    with instance.transaction() as session:
        unit = session.scalars(sa.select(Unit).where(Unit.code == department)).one()
        registry.register_key(
            session, unit, Role.DEPARTMENT_SEAL, seal.certificate, NOW, None, instance.runtime.log_signer, NOW
        )
    with open_token(hsm.library, None, None, lambda _token: PIN) as token, instance.reading() as session:
        digits = SummarySigner(department, token).sign(session, indices(instance)[0], LATER)
    key = key_of(seal.certificate)
    assert key is not None
    held = open_summary(from_digits(digits), parse_target(f"/t/{code_of(instance)}/2025-2026.1"), (key,))
    assert held.log_index == indices(instance)[0]


def test_published_keys_say_when_they_end_and_whether_they_were_revoked(instance: DemoInstance) -> None:
    runtime = instance.runtime
    department, authority = runtime.instance.department_code, runtime.authority
    assert authority is not None
    with instance.reading() as session:
        (held,) = published_keys(session, department, runtime.trust(LATER), LATER)
    assert (held.key, held.revoked) == (keys_of(instance)[0], False)
    assert held.valid_from < LATER < held.valid_to
    certificate = signer_of(instance).key.certificate
    authority.revoke_demo(certificate, LATER)
    ended = LATER + timedelta(days=2)
    with instance.transaction() as session:
        entry = session.scalars(sa.select(KeyAuthorisation).where(KeyAuthorisation.certificate == certificate)).one()
        registry.end_key(session, entry, ended, runtime.log_signer, LATER)
    with instance.reading() as session:
        (held,) = published_keys(session, department, runtime.trust(LATER), LATER + timedelta(minutes=1))
    assert (held.revoked, held.valid_to) == (True, ended)


# --- the day-kit -----------------------------------------------------------------------------------------------


def kit_of(instance: DemoInstance) -> DayKit:
    with instance.reading() as session:
        desk = instance.runtime.kit_desk(STATIC, LATER)
        return make_kit(session, desk, SCHOOL, "Trường <Mẫu> & bạn", today(LATER), LATER)


def test_a_kit_needs_a_status_list(instance: DemoInstance) -> None:
    with pytest.raises(Refused) as caught:
        kit_of(instance)
    assert caught.value.problem is Problem.KIT_EMPTY


def test_a_kit_is_one_file_that_asks_nobody_and_is_signed(
    instance: DemoInstance, tmp_path: Path, need_command: Callable[[str], str]
) -> None:
    runtime = instance.runtime
    make_inventory(InventoryDesk(instance.engine, runtime.log_signer, lambda: LATER))
    made = kit_of(instance)
    text = made.page.decode()
    assert "default-src 'none'" in text
    assert "Trường \\u003cMẫu>" in text
    assert not [word for word in ("src=", 'href="/', "@import", "url(", "\nimport ", "\nexport ") if word in text]
    (tmp_path / "kit.html").write_bytes(made.page)
    (tmp_path / "kit.p7s").write_bytes(made.signature)
    (tmp_path / "root.pem").write_bytes((runtime.settings.data / "trust" / "roots" / "demo-root.pem").read_bytes())
    command = [need_command("openssl"), "cms", "-verify", "-binary", "-inform", "DER", "-in", "kit.p7s"]
    command += ["-content", "kit.html", "-CAfile", "root.pem", "-purpose", "any", "-out", "/dev/null"]
    moment = ["-attime", str(int(LATER.timestamp()))]
    assert subprocess.run([*command, *moment], cwd=tmp_path, capture_output=True, check=False).returncode == 0
    (tmp_path / "kit.html").write_bytes(made.page.replace(b"</main>", b"</main> ", 1))
    assert subprocess.run([*command, *moment], cwd=tmp_path, capture_output=True, check=False).returncode != 0
