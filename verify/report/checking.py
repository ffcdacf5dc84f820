"""A whole report judged by its receiver, offline: archive, signature of the manifest, log, records, counts, XML.

And the same for whoever audits the log of another source: `audit_records`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from verify import limits
from verify.canonical import sha256
from verify.cms import reading
from verify.errors import VerifyError
from verify.log.leaves import RecordLeaf
from verify.report import archive, lines, manifest, signers, xml
from verify.report.archive import Reader
from verify.report.currents import Currents
from verify.report.differences import Difference, Found, Ledger
from verify.report.judging import Believed, Judge, Tally, counts_differ, of_round, unreadable
from verify.report.lines import ReportedRecord
from verify.report.log_reading import Log, LogView, Tell, read_log
from verify.report.manifest import Manifest
from verify.signing import Role
from verify.verdict import Status

EVERYTHING = range(2**63 - 1)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was found. entries, root (hex): of the log, None where it could not be read. signed_by: of the manifest."""

    ledger: Ledger
    tally: Tally = field(default_factory=Tally)
    entries: int | None = None
    root: str | None = None
    manifest: Manifest | None = None
    signed_by: str = ""

    @property
    def holds(self) -> bool:
        return not self.ledger.total


def check_report(reader: Reader, believed: Believed, tell: Tell) -> Outcome:
    """Everything that can be asked of a report without its sender. Raises nothing for a bad one."""
    ledger = Ledger()
    read = _manifest(reader, ledger)
    if read is None:
        return Outcome(ledger)
    held, data = read
    view = read_log(reader, believed.policy, lambda leaf: of_round(leaf, held.school_year, held.round), ledger, tell)
    signed_by = _signature(reader, data, held, view, believed, ledger)
    if not _files(reader, held, ledger) or view is None:
        return Outcome(ledger, manifest=held, signed_by=signed_by)
    if (view.size, view.root.hex()) != (held.head.size, held.head.root):
        ledger.add(Found(Difference.LOG_ROOT_DIFFERS, held.head.size, detail="manifest"))
    judge = Judge(reader, view, believed, ledger)
    judge.take_all(_with_xml(reader, held, ledger), EVERYTHING, lambda done, _all: tell(done, held.records))
    judge.close(EVERYTHING)
    for found in counts_differ(judge.tally.counts, held.counts):
        ledger.add(found)
    return Outcome(ledger, judge.tally, view.size, view.root.hex(), held, signed_by)


def audit_records(
    log: Log,
    records: Iterator[ReportedRecord | Found],
    asked: Callable[[RecordLeaf], bool] | None,
    believed: Believed,
    within: range,
    tell: Tell,
) -> Outcome:
    """Records of any source against a log of any source.

    asked: which leaves bind a record that must be shown; None: every one, and then the newest inventory is made again.
    within: of the leaves whose records are looked at; the log is read whole.
    """
    ledger = Ledger()
    view = read_log(log, believed.policy, asked or _every, ledger, tell)
    if view is None:
        return Outcome(ledger)
    whole = asked is None and within == EVERYTHING
    judge = Judge(log, view, believed, ledger, Currents(view) if whole else None)
    judge.take_all(records, within, tell)
    judge.close(within)
    return Outcome(ledger, judge.tally, view.size, view.root.hex())


def _every(_leaf: RecordLeaf) -> bool:
    return True


def read_manifest(reader: Reader) -> Manifest:
    """What a report says that it holds, its signature unasked; raises MalformedRecord or LimitExceeded."""
    return manifest.from_bytes(reader.read(archive.MANIFEST, limits.REPORT_MANIFEST_BYTES) or b"")


def report_records(reader: Reader) -> Iterator[ReportedRecord | Found]:
    """The records of a report; what cannot be read in its place."""
    for _line, record in _lines(reader):
        yield record


def _manifest(reader: Reader, ledger: Ledger) -> tuple[Manifest, bytes] | None:
    try:
        data = reader.read(archive.MANIFEST, limits.REPORT_MANIFEST_BYTES)
        if data is None:
            ledger.add(Found(Difference.FILE_MISSING, detail=archive.MANIFEST))
            return None
        return manifest.from_bytes(data), data
    except VerifyError as error:
        ledger.add(Found(Difference.MANIFEST_UNREADABLE, detail=error.refusal.value))
        return None


def _signature(
    reader: Reader, data: bytes, held: Manifest, view: LogView | None, believed: Believed, ledger: Ledger
) -> str:
    """The manifest is signed by the department's seal, which the log names; returns the signer's name."""
    refused: list[str] = []
    try:
        signature = reader.read(archive.SIGNATURE, limits.CMS_BYTES) or b""
        message = reading.read(signature)
        signer = signers.signer_of(data, signature)
        if any(check.status is not Status.PASSED for check in reading.integrity(message, message.digest(data))):
            refused.append("digest")
        path = signers.trusted(signer, believed.trust, signer.time, believed.now)
        if not message.is_ours(path.certificates):
            refused.append("layout")
        if path.trusted.status is not Status.PASSED:
            refused.append(path.trusted.reason.value)
        if path.not_revoked.status is Status.FAILED:
            refused.append(path.not_revoked.reason.value)
        if view is None or not signers.authorised_between(
            signer, held.department, Role.DEPARTMENT_SEAL, believed.now, view.registry
        ):
            refused.append("not_registered")
        name = str(path.trusted.facts.get("signer", ""))
    except VerifyError as error:
        refused, name = [error.refusal.value], ""
    for reason in refused:
        ledger.add(Found(Difference.MANIFEST_SIGNATURE, unit=held.department, detail=reason))
    return name


def _files(reader: Reader, held: Manifest, ledger: Ledger) -> bool:
    """Each file is there, is what the manifest says, and there is no other. False where the records are not there."""
    listed = frozenset(held.files)
    beside = frozenset({archive.MANIFEST, archive.SIGNATURE})
    for name in sorted(listed - reader.names):
        ledger.add(Found(Difference.FILE_MISSING, detail=name))
    for name in sorted(reader.names - listed - beside):
        ledger.add(Found(Difference.FILE_EXTRA, detail=name))
    for name in sorted(listed & reader.names):
        try:
            same = reader.size(name) == held.files[name].size and reader.digest(name) == held.files[name].sha256
        except VerifyError:
            same = False
        if not same:
            ledger.add(Found(Difference.FILE_DIFFERS, detail=name))
    for name in sorted({archive.RECORDS, archive.XML} - listed):
        ledger.add(Found(Difference.FILE_MISSING, detail=name))
    return {archive.RECORDS, archive.XML} <= listed & reader.names


def _lines(reader: Reader) -> Iterator[tuple[bytes, ReportedRecord | Found]]:
    number = 0
    try:
        for number, line in enumerate(reader.lines(archive.RECORDS), start=1):
            try:
                yield line, lines.from_line(line)
            except VerifyError as error:
                yield line, unreadable(number, error)
    except VerifyError as error:
        yield b"", unreadable(number + 1, error)


def _with_xml(reader: Reader, held: Manifest, ledger: Ledger) -> Iterator[ReportedRecord | Found]:
    """The records, each held against its line of the XML, which follows from the signed bytes."""
    given = _xml_lines(reader)
    _same_xml(next(given, b""), xml.opening(held.school_year, held.round), None, ledger)
    for _line, record in _lines(reader):
        yield record
        if isinstance(record, Found):
            next(given, b"")
            continue
        try:
            wanted = xml.line_of(record)
        except VerifyError:
            wanted = b""  # the record itself is told as unreadable
        _same_xml(next(given, b""), wanted, record, ledger)
    _same_xml(next(given, b""), xml.CLOSING, None, ledger)
    _same_xml(next(given, b""), b"", None, ledger)


def _xml_lines(reader: Reader) -> Iterator[bytes]:
    try:
        yield from reader.lines(archive.XML)
    except VerifyError:
        yield b"\0"


def _same_xml(given: bytes, wanted: bytes, record: ReportedRecord | None, ledger: Ledger) -> None:
    if given == wanted:
        return
    index, code, unit = (None, None, None) if record is None else (record.log_index, record.lookup_code, record.unit)
    ledger.add(Found(Difference.XML_DIFFERS, index, code, unit, sha256(given)[:8]))
