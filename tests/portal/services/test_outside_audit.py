"""The audit over tiles and blobs alone: every kind of record holds, and whatever is changed in either is named."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from portal.backup.mirror import Mirror
from portal.backup.sources import DatabaseSource, FolderSource
from portal.cli.outside_audit import write_blobs
from portal.jobs.inventories import InventoryDesk, make_inventory
from portal.services import locked_records
from tests.databases import Backend
from tests.earlier import bundle, entry, old_keys, old_record, old_trust
from tests.instances import NOW, DemoInstance, Templates
from tests.portal.reports import believed
from tests.portal.services.test_earlier_imports import imported, recognise
from tests.portal.services.test_xml_packets import packet, taken
from tests.portal.xml_packets import contents, register_teachers
from verify.anchors import TrustStore
from verify.canonical import canonicalise
from verify.log import tiles
from verify.report import folder
from verify.report.checking import EVERYTHING, Outcome, audit_records
from verify.report.differences import Difference
from verify.report.judging import Believed
from verify.signing import Role


@dataclass(frozen=True, slots=True)
class Copy:
    """A mirror of a log, a folder of blobs beside it, and whom their auditor believes."""

    log: Path
    blobs: Path
    whom: Believed

    def at(self, place: Path) -> "Copy":
        """A copy to be changed."""
        shutil.copytree(self.log, place / "log")
        shutil.copytree(self.blobs, place / "blobs")
        return Copy(place / "log", place / "blobs", self.whom)


def exported(instance: DemoInstance, place: Path) -> Copy:
    mirror = Mirror(place / "log")
    mirror.begin([instance.runtime.log_signer.verifier])
    mirror.update(DatabaseSource(instance.engine))
    with instance.reading() as session:
        held = locked_records.records(session, lambda _leaf: True)
        write_blobs(place / "blobs", (each.record for each in held))
    whom = believed(instance, NOW)
    trust, old = whom.trust, old_trust(NOW)
    both = TrustStore((*trust.roots, *old.roots), (*trust.intermediates, *old.intermediates), (*trust.crls, *old.crls))
    return Copy(place / "log", place / "blobs", replace(whom, trust=both))


def audited(copy: Copy, within: range = EVERYTHING) -> Outcome:
    records = folder.records(copy.blobs)
    return audit_records(FolderSource(copy.log), records, None, copy.whom, within, lambda _done, _all: None)


def kinds(outcome: Outcome) -> set[Difference]:
    return set(outcome.ledger.counts)


@pytest.fixture(scope="module")
def whole(templates: Templates, tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """A class from a workbook, one from XML, a year of the system before this one, and an inventory over them."""
    place = tmp_path_factory.mktemp("outside")
    with templates.instance(Backend.SQLITE, place, locked=True) as instance:
        with instance.transaction() as session:
            register_teachers(session, instance.runtime, NOW)
        result = taken(instance, packet(instance, contents()))
        assert result.packet is not None
        instance.lock(result.packet)
        recognise(instance, Role.HEAD, old_keys().head.certificate)
        recognise(instance, Role.SCHOOL_SEAL, old_keys().seal.certificate)
        imported(instance, bundle(entry(old_record("2023-2024", 2))))
        assert make_inventory(InventoryDesk(instance.engine, instance.runtime.log_signer, lambda: NOW)) is not None
        return exported(instance, place)


def test_every_kind_of_record_holds(whole: Copy) -> None:
    outcome = audited(whole)
    assert not outcome.ledger.first
    assert outcome.tally.records == 34 + 2 + 1
    assert outcome.tally.signatures == 2 * 37


def test_it_is_the_same_from_both_databases(instance: DemoInstance, tmp_path: Path) -> None:
    outcome = audited(exported(instance, tmp_path))
    assert outcome.holds
    assert outcome.tally.records == 34


def test_ranges_together_see_every_record_once(whole: Copy) -> None:
    size = audited(whole).entries
    assert size is not None
    middle = size // 2
    parts = [audited(whole, range(middle)), audited(whole, range(middle, size))]
    assert all(part.holds for part in parts)
    assert sum(part.tally.records for part in parts) == 37


def _flip(path: Path, place: int | None = None) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2 if place is None else place] ^= 1
    path.write_bytes(bytes(data))


def _index_line(number: int, change: Callable[[dict[str, object]], None]) -> Callable[[Copy], None]:
    def apply(copy: Copy) -> None:
        path = copy.blobs / folder.INDEX
        lines = path.read_bytes().splitlines(keepends=True)
        value = json.loads(lines[number])
        change(value)
        lines[number] = canonicalise(value) + b"\n"
        path.write_bytes(b"".join(lines))

    return apply


def _dropped(copy: Copy) -> None:
    path = copy.blobs / folder.INDEX
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))


def _blob_of(copy: Copy, number: int = 0) -> Path:
    line = json.loads((copy.blobs / folder.INDEX).read_bytes().splitlines()[number])
    return copy.blobs / folder.BLOBS / str(line["record"])


def _bundle(copy: Copy) -> Path:
    (path,) = (each for each in (copy.log / "tile" / tiles.ENTRIES).rglob("*") if each.is_file())
    return path


def _earlier_source(copy: Copy) -> None:
    """One letter of a leaf, in the name of the old system: only the root tells."""
    path = _bundle(copy)
    data = path.read_bytes()
    assert b'"source":"' in data
    place = data.index(b'"source":"') + len(b'"source":"')
    _flip(path, place)


CHANGES: dict[str, tuple[Callable[[Copy], None], set[Difference]]] = {
    "blob changed": (
        lambda copy: _flip(_blob_of(copy)),
        {Difference.RECORD_UNREADABLE, Difference.RECORD_MISSING, Difference.INVENTORY_DIFFERS},
    ),
    "blob gone": (
        lambda copy: _blob_of(copy).unlink(),
        {Difference.RECORD_UNREADABLE, Difference.RECORD_MISSING, Difference.INVENTORY_DIFFERS},
    ),
    "record left out": (_dropped, {Difference.RECORD_MISSING, Difference.INVENTORY_DIFFERS}),
    "another version": (
        _index_line(0, lambda value: value.update(version=2)),
        {Difference.LEAF_DIFFERS, Difference.RECORD_DIFFERS, Difference.INVENTORY_DIFFERS},
    ),
    "another code": (
        _index_line(0, lambda value: value.update(lookup_code="0" * 32)),
        {Difference.LEAF_DIFFERS, Difference.RECORD_DIFFERS, Difference.INVENTORY_DIFFERS},
    ),
    "another's bytes": (
        _index_line(0, lambda value: value.update(record="0" * 64)),
        {Difference.RECORD_UNREADABLE, Difference.RECORD_MISSING, Difference.INVENTORY_DIFFERS},
    ),
    "leaf changed": (_earlier_source, {Difference.LOG_ROOT_DIFFERS}),
    "bundle gone": (
        lambda copy: _bundle(copy).unlink(),
        {Difference.LOG_SHORT, Difference.LOG_ROOT_DIFFERS, Difference.RECORD_NOT_ASKED},
    ),
    "checkpoint changed": (lambda copy: _flip(copy.log / "checkpoint"), {Difference.CHECKPOINT_INVALID}),
    "checkpoint gone": (lambda copy: (copy.log / "checkpoint").unlink(), {Difference.CHECKPOINT_INVALID}),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_named(whole: Copy, tmp_path: Path, name: str) -> None:
    change, expected = CHANGES[name]
    copy = whole.at(tmp_path)
    change(copy)
    assert kinds(audited(copy)) == expected


def test_an_auditor_who_believes_another_root_says_so(whole: Copy) -> None:
    nobody = replace(whole.whom, trust=TrustStore((), (), ()))
    outcome = audited(replace(whole, whom=nobody))
    assert kinds(outcome) == {Difference.SIGNER_NOT_TRUSTED}
    assert outcome.ledger.counts[Difference.SIGNER_NOT_TRUSTED] == outcome.tally.signatures
    assert len(outcome.ledger.first) <= 100
