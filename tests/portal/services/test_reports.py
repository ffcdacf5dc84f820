"""The report of a round: made again the same, checked offline, and every part of it tampered with."""

import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
import sqlalchemy as sa
from lxml import etree
from sqlalchemy.orm import Session

from portal.errors import Fault, Problem, Refused
from portal.models import Blob, RecordVersion
from portal.runtime import demo_signer
from portal.services.report_writing import RoundWanted
from tests.databases import Backend
from tests.instances import NOW, SCHOOL, DemoInstance, Templates
from tests.portal.officials import AFTER, YEAR
from tests.portal.reports import (
    Finished,
    believed,
    changed,
    checked,
    differences,
    files_of,
    locked_round,
    made,
    packed,
    resigned,
    seal_of,
    with_line,
)
from verify.anchors import TrustStore
from verify.canonical import canonicalise
from verify.errors import VerifyError
from verify.log.receipt import Policy
from verify.report import archive, manifest
from verify.report.judging import Believed
from verify.signing import Role

FORMATS = Path(__file__).parents[3] / "docs" / "formats"
BUNDLE = "log/tile/entries/000.p/38"
Files = dict[str, bytes]


@pytest.fixture(scope="module")
def finished(templates: Templates, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """What is done to a file has nothing to do with the database that it came from."""
    with templates.instance(Backend.SQLITE, tmp_path_factory.mktemp("report"), locked=False) as instance:
        locked_round(instance)
        authority = instance.runtime.authority
        assert authority is not None
        school = demo_signer(authority, SCHOOL, Role.SCHOOL_SEAL, NOW)
        return Finished(made(instance), believed(instance), seal_of(instance), school)


@pytest.fixture
def report(empty_instance: DemoInstance) -> bytes:
    locked_round(empty_instance)
    return made(empty_instance)


def test_a_report_holds_what_was_locked_and_proves_it(empty_instance: DemoInstance, report: bytes) -> None:
    outcome = checked(report, believed(empty_instance))
    assert differences(outcome) == {}
    assert (outcome.tally.records, outcome.tally.signatures, outcome.tally.revocation_unknown) == (31, 62, 0)
    assert outcome.manifest is not None
    assert outcome.manifest.counts == {("MAU-TH-01", 1): 31}
    assert (outcome.manifest.round, outcome.manifest.decisions) == (1, ("310/QĐ-SGDĐT",))
    assert outcome.entries == outcome.manifest.head.size == 38


def test_made_again_it_differs_by_its_signature_alone(empty_instance: DemoInstance, report: bytes) -> None:
    empty_instance.locked_class()
    again = files_of(made(empty_instance))
    assert {name for name, data in files_of(report).items() if again.pop(name) != data} == {archive.SIGNATURE}
    assert not again
    with zipfile.ZipFile(BytesIO(report)) as held:
        assert held.namelist() == sorted(held.namelist())
        assert {info.date_time for info in held.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_each_round_is_a_report_of_its_own(empty_instance: DemoInstance, report: bytes) -> None:
    with pytest.raises(Refused) as refused:
        made(empty_instance, RoundWanted(YEAR, 2))
    assert refused.value.problem is Problem.NOTHING_TO_REPORT
    empty_instance.locked_class()
    outcome = checked(made(empty_instance, RoundWanted(YEAR, None)), believed(empty_instance))
    assert outcome.holds
    assert outcome.manifest is not None
    assert (outcome.manifest.round, outcome.manifest.decisions) == (None, ())
    assert report


def test_the_xml_follows_its_schema_and_leaves_out_what_lists_leave_out(finished: Finished) -> None:
    schema = etree.XMLSchema(etree.parse(FORMATS / "bao-cao-1.xsd"))
    document = etree.fromstring(files_of(finished.data)[archive.XML])
    schema.assertValid(document)
    text = files_of(finished.data)[archive.XML].decode()
    assert not any(element in text for element in ("DanToc", "ChieuCao", "CanNang"))


def test_a_record_that_was_changed_in_the_store_is_not_reported(empty_instance: DemoInstance, report: bytes) -> None:
    with empty_instance.transaction() as session:
        _drop_guard(session, "blob", "blob_update")
        root = sa.select(RecordVersion.root_sha256).limit(1).scalar_subquery()
        session.execute(sa.update(Blob).where(Blob.sha256 == root).values(data=b"{}"))
    with pytest.raises(Fault) as fault:
        made(empty_instance)
    assert fault.value.problem is Problem.STORE_DAMAGED
    assert report


def _drop_guard(session: Session, table: str, name: str) -> None:
    on = f" ON {table}" if session.get_bind().dialect.name == "postgresql" else ""
    session.execute(sa.text(f"DROP TRIGGER guard_{name}{on}"))


def _without(name: str) -> Callable[[Files], Files]:
    return lambda files: {key: data for key, data in files.items() if key != name}


def _replaced(name: str, change: Callable[[bytes], bytes]) -> Callable[[Files], Files]:
    return lambda files: {**files, name: change(files[name])}


def _flip(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


# What anybody can do to a file: the manifest tells.
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (archive.RECORDS, "file_differs"),
        (archive.XML, "file_differs"),
        (archive.CHECKPOINT, "file_differs"),
        (BUNDLE, "file_differs"),
        (archive.MANIFEST, "manifest_unreadable"),
        (archive.SIGNATURE, "manifest_signature"),
    ],
)
def test_one_flipped_bit_is_found_in_every_part(finished: Finished, name: str, expected: str) -> None:
    found = differences(checked(changed(finished.data, name, _flip), finished.believed))
    assert found.keys() & {expected, "manifest_signature"}, found


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (archive.RECORDS, "file_missing"),
        (archive.XML, "file_missing"),
        (archive.CHECKPOINT, "checkpoint_invalid"),
        (BUNDLE, "log_short"),
        (archive.MANIFEST, "file_missing"),
        (archive.SIGNATURE, "manifest_signature"),
    ],
)
def test_a_missing_part_is_named(finished: Finished, name: str, expected: str) -> None:
    found = differences(checked(packed(_without(name)(files_of(finished.data))), finished.believed))
    assert expected in found


def test_a_file_beside_is_named(finished: Finished) -> None:
    files = files_of(finished.data) | {"data/more.txt": b"x"}
    assert differences(checked(packed(files), finished.believed)) == {"file_extra": 1}


# What the department itself can do, with its own key: the log and the schools' signatures tell.
def _drop_line(data: bytes) -> bytes:
    return b"".join(data.splitlines(keepends=True)[1:])


def _twice(data: bytes) -> bytes:
    lines = data.splitlines(keepends=True)
    return b"".join([lines[0], *lines])


def _mark(value: dict[str, object]) -> None:
    value["record"]["subjects"]["toan"]["score"] = 9  # type: ignore[index]


def _swapped_signature(value: dict[str, object]) -> None:
    held: dict[str, str] = value["signatures"]  # type: ignore[assignment]
    held["head"] = held["school_seal"]


def _no_head(value: dict[str, object]) -> None:
    del value["signatures"]["head"]  # type: ignore[attr-defined]


def _other_salt(value: dict[str, object]) -> None:
    value["salt"] = "00" * 32


def _earlier_date(value: dict[str, object]) -> None:
    value["effective_at"] = "2026-06-30T16:59:59Z"


def _other_unit(value: dict[str, object]) -> None:
    value["unit"] = "MAU-TH-02"


def _other_leaf(value: dict[str, object]) -> None:
    value["log_index"] = 1


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (_drop_line, {"record_missing", "count_differs", "xml_differs"}),
        (_twice, {"record_out_of_order", "xml_differs"}),
        (with_line(_mark), {"leaf_differs", "signature_broken", "xml_differs"}),
        (with_line(_swapped_signature), {"leaf_differs", "signer_not_authorised"}),
        (with_line(_no_head), {"leaf_differs", "signature_missing"}),
        (with_line(_other_salt), {"leaf_differs"}),
        (with_line(_earlier_date), {"leaf_differs", "signed_after_lock", "xml_differs"}),
        (with_line(_other_unit), {"leaf_differs", "record_differs", "xml_differs", "count_differs"}),
        (with_line(_other_leaf), {"record_not_asked", "record_missing", "xml_differs", "count_differs"}),
        (lambda data: data + b"{}\n", {"record_unreadable", "xml_differs"}),
    ],
)
def test_the_departments_own_key_changes_no_record_unseen(
    finished: Finished, change: Callable[[bytes], bytes], expected: set[str]
) -> None:
    forged = resigned(finished.data, finished.seal, _replaced(archive.RECORDS, change))
    found = set(differences(checked(forged, finished.believed)))
    assert expected - {"signed_after_lock"} <= found <= expected, found


def _count(number: int) -> Callable[[Files], Files]:
    def change(files: Files) -> Files:
        held = manifest.from_bytes(files[archive.MANIFEST])
        counts = {key: value + number for key, value in held.counts.items()}
        return {**files, archive.MANIFEST: manifest.to_bytes(replace(held, counts=counts))}

    return change


@pytest.mark.parametrize("number", [1, -1])
def test_a_wrong_count_is_named_with_school_and_grade(finished: Finished, number: int) -> None:
    outcome = checked(resigned(finished.data, finished.seal, _count(number)), finished.believed)
    assert differences(outcome) == {"count_differs": 1}
    (found,) = outcome.ledger.first
    assert (found.unit, found.detail) == ("MAU-TH-01", f"1: {31 + number} ≠ 31")


def test_a_changed_mark_in_the_xml_alone_is_found(finished: Finished) -> None:
    forged = resigned(
        finished.data,
        finished.seal,
        _replaced(archive.XML, lambda data: data.replace(b"<DiemKTDK>10<", b"<DiemKTDK>9<", 1)),
    )
    outcome = checked(forged, finished.believed)
    assert differences(outcome) == {"xml_differs": 1}
    assert outcome.ledger.first[0].index is not None


def test_a_log_without_its_last_leaves_does_not_pass(finished: Finished) -> None:
    """Records cut from report and log together: the root that the log signed tells."""

    def cut(files: Files) -> Files:
        entries = files[BUNDLE]
        return {**files, BUNDLE: entries[: len(entries) // 2]}

    found = differences(checked(resigned(finished.data, finished.seal, cut), finished.believed))
    assert {"log_short", "log_root_differs"} <= found.keys()


def test_a_manifest_signed_by_a_schools_key_is_refused(finished: Finished) -> None:
    outcome = checked(resigned(finished.data, finished.school, lambda files: files), finished.believed)
    assert [(found.difference.value, found.detail) for found in outcome.ledger.first] == [
        ("manifest_signature", "not_registered")
    ]


def test_believing_others_nothing_passes(finished: Finished) -> None:
    held = finished.believed
    nobody = Believed(held.policy, TrustStore((), (), ()), AFTER)
    assert {"manifest_signature", "signer_not_trusted"} <= differences(checked(finished.data, nobody)).keys()
    other_log = Believed(Policy((), (), 0), held.trust, AFTER)
    assert "checkpoint_invalid" in differences(checked(finished.data, other_log))
    asking = Believed(replace(held.policy, quorum=1), held.trust, AFTER)
    assert differences(checked(finished.data, asking)) == {"no_quorum": 1}


def test_lists_that_are_gone_leave_revocation_unknown_and_say_so(finished: Finished) -> None:
    held = finished.believed
    outcome = checked(finished.data, Believed(held.policy, replace(held.trust, crls=()), AFTER))
    assert outcome.holds
    assert outcome.tally.revocation_unknown == 62


@pytest.mark.parametrize("data", [b"", b"PK", b"not a zip", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_report_is_refused_or_empty(finished: Finished, data: bytes) -> None:
    try:
        outcome = checked(data, finished.believed)
    except VerifyError:
        return
    assert differences(outcome) == {"file_missing": 1}


def test_a_manifest_reads_back_and_nothing_else_does(finished: Finished) -> None:
    data = files_of(finished.data)[archive.MANIFEST]
    assert manifest.to_bytes(manifest.from_bytes(data)) == data
    value = json.loads(data)
    for key in value:
        with pytest.raises(VerifyError):
            manifest.from_bytes(canonicalise({name: item for name, item in value.items() if name != key}))
    with pytest.raises(VerifyError):
        manifest.from_bytes(canonicalise(value | {"records": 30}))
