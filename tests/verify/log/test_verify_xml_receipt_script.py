"""docs/verify_xml_receipt.py, run as a stranger runs it: beside the script that it uses, on files taken from a PDF."""

import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import pytest

from tests.factories import LOOKUP_CODE as CODE
from tests.factories import OTHER_LOOKUP_CODE as OTHER_CODE
from tests.factories import content_of
from tests.pki import NOW, pki
from tests.verify.containers.xmldsig.making import FOUR, RECORDS, four, signed
from tests.verify.log import samples
from verify.containers.xmldsig import writing
from verify.containers.xmldsig.opening import canonical, opened
from verify.containers.xmldsig.packets import read_packet
from verify.log import checkpoint, commitments, leaves, merkle, notes, receipt
from verify.log.commitments import Committed

SCRIPT = Path(__file__).parents[3] / "docs" / "verify_xml_receipt.py"
VKEY = notes.format_vkey(samples.LOG.verifier)


@cache
def xml_files(numbered: bool = True, prefix: bytes = b"ds:") -> Mapping[str, bytes]:
    """Files of an XML record in a log of one leaf. numbered: it says its code itself."""
    root = read_packet(four() if numbered else signed(packet=unnumbered())).entries[0].root
    if not prefix:
        root = in_default_namespace(root)
    head, seal = [canonical(each) for each in list(opened(root))[3:5]]
    committed = Committed(root, CODE, "2024-2025", 1, {"head": head, "school_seal": seal})
    leaf = leaves.to_bytes(leaves.lock_leaf(committed, samples.SALT, "MAU-TH-01", samples.EFFECTIVE, 1))
    note = checkpoint.sign(checkpoint.Checkpoint(samples.ORIGIN, 1, merkle.leaf_hash(leaf)), samples.LOG)
    return {
        "record.xml": root,
        "log-leaf.json": leaf,
        "log-receipt.tlog-proof": receipt.build(receipt.Receipt(0, (), note)),
        "log-opening.json": commitments.opening_bytes(committed, samples.SALT),
    }


def unnumbered() -> bytes:
    return writing.packet([content_of(RECORDS[0])])


def in_default_namespace(root: bytes) -> bytes:
    """As other software writes signatures: without a prefix. They no longer verify; what is logged is bytes."""
    opening = b'<Signature xmlns="http://www.w3.org/2000/09/xmldsig#" Id='
    changed = root.replace(b'<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#" Id=', opening)
    return canonical(opened(changed.replace(b"<ds:", b"<").replace(b"</ds:", b"</")))


def run_xml(
    folder: Path, files: Mapping[str, bytes], changed: tuple[str, bytes, bytes] | None = None
) -> subprocess.CompletedProcess[str]:
    for name, data in files.items():
        (folder / name).write_bytes(data)
    if changed is not None:
        name, old, new = changed
        assert old in files[name]
        (folder / name).write_bytes(files[name].replace(old, new, 1))
    command = [sys.executable, "-E", "-s", str(SCRIPT), VKEY, *files]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("numbered", [True, False], ids=["with its code", "code from the store"])
@pytest.mark.parametrize("prefix", [b"ds:", b""], ids=["prefix", "default name space"])
def test_it_verifies_xml(numbered: bool, prefix: bytes, tmp_path: Path) -> None:
    done = run_xml(tmp_path, xml_files(numbered, prefix))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("ĐẠT (passed): MAU-TH-01 2024-2025, entry 0 of 1\n")


def test_the_commands_that_it_prints_verify_each_signature(tmp_path: Path, need_command: Callable[[str], str]) -> None:
    program = need_command("xmlsec1")
    done = run_xml(tmp_path, xml_files())
    (tmp_path / "GOC.pem").write_bytes(pki().root.pem)
    printed = done.stdout.replace("\\\n", "").splitlines()[1:]
    assert len(printed) == 4
    for line in printed:
        command = shlex.split(line)
        assert command.pop(0) == "xmlsec1"
        at = ["--verification-time", f"{NOW:%Y-%m-%d %H:%M:%S}"]
        verified = [program, command[0], *at, *command[1:]]
        answer = subprocess.run(verified, cwd=tmp_path, capture_output=True, check=False)
        assert answer.returncode == 0, answer.stderr
    (tmp_path / "record.xml").write_bytes(xml_files()["record.xml"].replace("Ngọc Uyên".encode(), b"Khac", 1))
    answer = subprocess.run(verified, cwd=tmp_path, capture_output=True, check=False)
    assert answer.returncode != 0, "and a changed record does not"


@pytest.mark.parametrize(
    "changed",
    [
        ("record.xml", "Ngọc Uyên".encode(), "Ngọc Uyển".encode()),
        ("record.xml", b"<NamHoc>2024-2025", b"<NamHoc>2023-2024"),
        ("record.xml", b"<PhienBan>1", b"<PhienBan>2"),
        ("record.xml", CODE.encode(), OTHER_CODE.encode()),
        ("record.xml", b"<ds:SignatureValue>", b"<ds:SignatureValue>A"),
        ("record.xml", b"<HoSo", b"<!DOCTYPE HoSo><HoSo"),
        ("record.xml", b"</HoSo>", b""),
        ("log-opening.json", CODE.encode(), OTHER_CODE.encode()),
        ("log-opening.json", b'"version":1', b'"version":2'),
        ("log-leaf.json", b"2024-2025", b"2023-2024"),
    ],
)
def test_any_change_of_an_xml_record_fails(changed: tuple[str, bytes, bytes], tmp_path: Path) -> None:
    done = run_xml(tmp_path, xml_files(), changed)
    assert (done.returncode, done.stdout) == (1, "")


def test_signatures_of_the_log_must_be_within_the_record(tmp_path: Path) -> None:
    """The log names two signatures; the same record without the seal is another record."""
    files = dict(xml_files())
    entry = read_packet(signed(FOUR[:3])).entries[0]
    files["record.xml"] = entry.root
    assert "signatures within the record" in run_xml(tmp_path, files).stderr
