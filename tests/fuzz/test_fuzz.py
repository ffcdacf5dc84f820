"""A few hundred spoiled inputs of every kind at each run of the suite; `make fuzz` asks 20,000."""

import secrets
from pathlib import Path

import pytest

from portal.sandbox import Sandbox
from tests.fuzz.__main__ import GROWTH
from tests.fuzz.flips import flip_all, places
from tests.fuzz.parsers import GREEN
from tests.fuzz.running import run, spoiled
from tests.fuzz.seeds import context_of, kinds
from tests.vectors.pdfs.conftest import ground, sandbox
from tests.vectors.pdfs.ground import Ground
from verify.errors import VerifyError

__all__ = ["ground", "sandbox"]


def test_spoiled_bytes_are_refused_or_read_and_nothing_else(ground: Ground, sandbox: Sandbox) -> None:
    held = kinds(ground)
    report = run(held, context_of(ground, held), sandbox, 500, secrets.randbelow(10**6))
    assert report.bad == []
    assert report.count > 450
    _before, half, end = report.resident
    assert end - half < GROWTH
    for name in ("print", "cms", "summary", "receipt"):
        assert report.outcomes[name]["refused"] + report.outcomes[name]["over limit"] > 0, name


def test_no_flipped_bit_passes_for_the_original(ground: Ground, sandbox: Sandbox) -> None:
    """A sample over the whole file; `make fuzz` takes every byte of the seal. The tool itself sees what would pass."""
    anchors = context_of(ground, kinds(ground)).anchors
    chosen = places(len(ground.sealed), len(ground.expected.pdf), 60)
    assert 60 <= len(chosen) <= 61
    assert flip_all(ground.sealed, chosen, anchors, sandbox) == []
    behind = places(len(ground.sealed), len(ground.expected.pdf), 10_000)
    assert {*range(len(ground.expected.pdf), len(ground.sealed))} <= {*behind}
    restored = bytes([ground.sealed[0] ^ 1]) + ground.sealed[1:]
    assert flip_all(restored, [0], anchors, sandbox) == [f"byte 0: {GREEN}"]


def test_the_same_seed_spoils_the_same_way(ground: Ground) -> None:
    for name, kind in kinds(ground).items():
        assert spoiled(kind, name, 7, 3) == spoiled(kind, name, 7, 3) != spoiled(kind, name, 7, 4), name


def test_a_raised_mistake_is_seen(ground: Ground, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The run itself can fail: a parser with a mistake is named, and its input kept."""

    def mistaken(_data: bytes, _context: object) -> str:
        raise KeyError("mistake")

    held = kinds(ground)
    monkeypatch.setattr("tests.fuzz.parsers.PARSERS", {"json": mistaken})
    monkeypatch.setattr("tests.fuzz.running.KEPT", tmp_path)
    report = run({"json": held["json"]}, context_of(ground, held), None, 4, 1)  # type: ignore[arg-type]
    assert len(report.bad) == 4
    assert "KeyError" in report.bad[0]
    assert (tmp_path / "1-json-0").read_bytes() == spoiled(held["json"], "json", 1, 0)
    assert not issubclass(KeyError, VerifyError)
