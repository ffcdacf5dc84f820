"""docs/verify_receipt.py, run as a stranger runs it: alone, in isolated mode, on files taken from a PDF."""

import ast
import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature

from tests.verify.log import samples
from verify.log import commitments, notes

SCRIPT = Path(__file__).parents[3] / "docs" / "verify_receipt.py"
FILES = {
    "record.json": samples.RECORD,
    "log-leaf.json": samples.LEAF_BYTES,
    "log-receipt.tlog-proof": samples.made_receipt(*samples.WITNESSES[:1], extra=b"x"),
    "log-opening.json": commitments.opening_bytes(samples.COMMITTED, samples.SALT),
    "signature-head.p7s": samples.COMMITTED.signatures["head"],
}
VKEY = notes.format_vkey(samples.LOG.verifier)


def run(folder: Path, vkey: str = VKEY, changed: tuple[str, bytes] | None = None) -> subprocess.CompletedProcess[str]:
    for name, data in {**FILES, **dict([changed] if changed else [])}.items():
        (folder / name).write_bytes(data)
    *paths, signature = FILES
    command = [sys.executable, "-I", str(SCRIPT), vkey, *paths, f"head={signature}"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)


def test_it_verifies(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "ĐẠT (passed): MAU-TH-01 2025-2026, entry 271 of 300\n"


def swapped(name: str, old: bytes, new: bytes) -> tuple[str, bytes]:
    assert old in FILES[name]
    return name, FILES[name].replace(old, new, 1)


LINE = samples.made_receipt().split(b"\n")[2]


@pytest.mark.parametrize(
    "changed",
    [
        swapped("record.json", b'"score":9', b'"score":8'),
        swapped("record.json", b'"version":2', b'"version":1'),
        swapped("log-leaf.json", b'"round":1', b'"round":2'),
        swapped("log-leaf.json", b"2025-2026", b"2024-2025"),
        swapped("log-receipt.tlog-proof", b"index 271", b"index 270"),
        swapped("log-receipt.tlog-proof", b"@v1", b"@v2"),
        swapped("log-receipt.tlog-proof", b"\n300\n", b"\n301\n"),
        swapped("log-receipt.tlog-proof", LINE, LINE.swapcase()),
        swapped("log-receipt.tlog-proof", LINE + b"\n", b""),
        swapped("log-opening.json", b'"version":2', b'"version":1'),
        swapped("log-opening.json", b'"school_seal":"', b'"homeroom_teacher":"'),
        swapped("log-opening.json", b'"salt":"64', b'"salt":"65'),
        swapped("signature-head.p7s", b"head", b"seal"),
    ],
)
def test_any_change_fails(changed: tuple[str, bytes], tmp_path: Path) -> None:
    done = run(tmp_path, changed=changed)
    assert done.returncode == 1
    assert done.stdout == ""


def test_one_bit_changed_anywhere_in_any_file_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each byte of each file, but what the log's key did not sign: an extra line, others' lines under the note."""
    monkeypatch.chdir(tmp_path)
    check = _check_of_the_script()
    files = {**FILES, "log-receipt.tlog-proof": samples.made_receipt()}
    for name, data in files.items():
        Path(name).write_bytes(data)
    *paths, signature = files

    def passes() -> bool:
        try:
            check(json.loads(Path("record.json").read_bytes()), VKEY, *paths, f"head={signature}")
        except (ValueError, LookupError, TypeError, AttributeError, InvalidSignature, SystemExit):
            return False
        return True

    assert passes()
    assert capsys.readouterr().out.startswith("ĐẠT")
    for name, data in files.items():
        for at in range(len(data) - 1):  # the last byte of a receipt is a line end
            Path(name).write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
            assert not passes(), (name, at)
        Path(name).write_bytes(data[:-2])
        assert not passes(), f"{name} cut short"
        Path(name).write_bytes(data)
    assert passes()


def test_another_key_fails(tmp_path: Path) -> None:
    stranger = notes.parse_skey(notes.format_skey(samples.ORIGIN, bytes(32)))
    assert run(tmp_path, notes.format_vkey(stranger.verifier)).returncode == 1
    assert run(tmp_path, VKEY.replace(samples.ORIGIN, "hocba.example/other")).returncode == 1


def test_it_stands_alone_in_sixty_lines() -> None:
    source = SCRIPT.read_text(encoding="utf-8")
    tree = ast.parse(source)
    imported = {each.module or "" for each in ast.walk(tree) if isinstance(each, ast.ImportFrom)}
    imported |= {name.name for each in ast.walk(tree) if isinstance(each, ast.Import) for name in each.names}
    roots = {name.split(".")[0] for name in imported}
    assert "cryptography" in roots
    assert roots - {"cryptography"} <= set(sys.stdlib_module_names)
    lines = [line for line in source.splitlines() if line.strip()]
    assert len(lines) <= 60
    assert max(map(len, lines)) <= 120


def _check_of_the_script() -> Callable[..., None]:
    spec = importlib.util.spec_from_file_location("verify_receipt", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Callable[..., None] = module.check
    return found
