"""Prints: for who may read, kept and recorded, with what proves them attached; a preview before the lock."""

import io
import stat
import subprocess
import sys
from pathlib import Path

import pikepdf
import pytest
import sqlalchemy as sa

from portal.errors import NotFound, Problem, Refused
from portal.identity import SYSTEM, Appointment, Identity, StaffRole
from portal.models import AccessEvent, Print
from portal.services.prints import Press, Printed, printed_pdf
from tests.instances import NOW, WORKBOOKS, DemoInstance
from verify.canonical import sha256
from verify.log import notes

SCRIPT = Path(__file__).parents[3] / "docs" / "verify_receipt.py"

CLERK = Identity(2, "văn thư", (Appointment("MAU-TH-01", StaffRole.CLERK),))
NEIGHBOUR = Identity(4, "trường khác", (Appointment("MAU-TH-02", StaffRole.CLERK),))


def codes(instance: DemoInstance, workbook: str = "lop-4A1.xlsx") -> list[str]:
    return [row.lookup_code for row in instance.take_in(WORKBOOKS / workbook).rows if row.lookup_code]


def print_one(
    instance: DemoInstance, code: str, identity: Identity | None = CLERK, press: Press | None = None, **how: bool
) -> Printed:
    with instance.transaction() as session:
        return printed_pdf(
            session,
            press or instance.runtime.press,
            identity,
            code,
            None,
            whole=how.get("whole", False),
            now=NOW,
            network="local",
        )


def test_a_print_carries_what_proves_it(instance: DemoInstance) -> None:
    code = codes(instance)[0]
    made = print_one(instance, code)
    with pikepdf.open(io.BytesIO(made.pdf)) as opened:
        assert set(opened.attachments) == {
            "record.json",
            "log-leaf.json",
            "log-receipt.tlog-proof",
            "log-opening.json",
            "signature-head.p7s",
            "signature-school_seal.p7s",
        }
    assert made.filename.endswith("2025-2026.pdf")
    assert "Nguyễn" not in made.filename


def test_the_receipt_of_a_print_verifies_with_the_network_off(instance: DemoInstance, tmp_path: Path) -> None:
    """By the script alone: in isolated mode, in a name space without a network where the machine allows one."""
    with pikepdf.open(io.BytesIO(print_one(instance, codes(instance)[0]).pdf)) as opened:
        for name, spec in opened.attachments.items():
            (tmp_path / name).write_bytes(spec.get_file().read_bytes())
    alone = ["unshare", "--net", "--map-root-user"]
    allowed = subprocess.run([*alone, "true"], capture_output=True, check=False).returncode == 0
    key = notes.format_vkey(instance.runtime.log_signer.verifier)
    names = ["record.json", "log-leaf.json", "log-receipt.tlog-proof", "log-opening.json"]
    roles = [f"{role}=signature-{role}.p7s" for role in ("head", "school_seal")]
    command = [*(alone if allowed else []), sys.executable, "-I", str(SCRIPT), key, *names, *roles]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("ĐẠT (passed): MAU-TH-01 2025-2026, entry ")


def test_the_same_print_is_made_once(instance: DemoInstance) -> None:
    code = codes(instance)[0]
    first, again = print_one(instance, code), print_one(instance, code)
    assert first == again
    with instance.reading() as session:
        row = session.scalars(sa.select(Print)).one()
        assert row.pdf_sha256 == sha256(first.pdf)
        assert row.host_url == "https://hocba.example"
        assert row.years == [["2025-2026", 1]]
    (kept,) = instance.runtime.press.folder.glob("*.pdf")
    assert not kept.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)


def test_a_kept_file_that_was_changed_is_not_given_out(instance: DemoInstance) -> None:
    code = codes(instance)[0]
    first = print_one(instance, code)
    (kept,) = instance.runtime.press.folder.glob("*.pdf")
    kept.write_bytes(first.pdf[:-200])
    again = print_one(instance, code)
    assert again.pdf != first.pdf[:-200]
    assert again.pdf.rstrip().endswith(b"%%EOF")


def test_a_whole_booklet_names_its_years(instance: DemoInstance) -> None:
    made = print_one(instance, codes(instance)[0], whole=True)
    with pikepdf.open(io.BytesIO(made.pdf)) as opened:
        assert len(opened.pages) == 4


@pytest.mark.parametrize("identity", [NEIGHBOUR, None], ids=["another school", "stranger"])
def test_who_may_not_read_gets_the_answer_for_unknown(instance: DemoInstance, identity: Identity | None) -> None:
    code = codes(instance)[0]
    with pytest.raises(NotFound):
        print_one(instance, code, identity)
    with pytest.raises(NotFound):
        print_one(instance, "12345678123441238123123456789012", identity)


def test_who_printed_is_written(instance: DemoInstance) -> None:
    print_one(instance, codes(instance)[0])
    with instance.reading() as session:
        event = session.scalars(sa.select(AccessEvent)).one()
        assert (event.account_id, event.action, event.outcome) == (2, "record.print", "allowed")


def test_before_the_lock_a_preview_without_seal_or_code(empty_instance: DemoInstance) -> None:
    code = codes(empty_instance)[0]
    made = print_one(empty_instance, code, SYSTEM)
    with pikepdf.open(io.BytesIO(made.pdf)) as opened:
        assert "/AcroForm" not in opened.Root
        assert not opened.attachments
    with empty_instance.reading() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Print)) == 0
    with pytest.raises(Refused) as refused:
        print_one(empty_instance, code, SYSTEM, whole=True)
    assert refused.value.problem is Problem.NOT_LOCKED


def test_without_a_seal_nothing_is_printed(instance: DemoInstance) -> None:
    held = instance.runtime.press
    with pytest.raises(Refused) as refused:
        print_one(instance, codes(instance)[0], press=Press(held.context, None, held.folder))
    assert refused.value.problem is Problem.KEY_MISSING
