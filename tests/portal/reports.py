"""Reports of a round that was really locked, and what a thief does to a finished file: shared steps."""

import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from io import BytesIO
from typing import Final

from portal.demo.units import DEPARTMENT
from portal.services.report_writing import Desk, RoundWanted, write_report
from tests.instances import DemoInstance
from tests.portal.officials import AFTER, YEAR, accepted_class, lock
from verify.anchors import TrustStore
from verify.canonical import canonicalise, sha256
from verify.containers.jcs_cades import sign
from verify.log.receipt import Policy
from verify.report import archive, manifest
from verify.report.archive import Reader, Writer
from verify.report.checking import Outcome, check_report
from verify.report.judging import Believed
from verify.report.manifest import HeldFile
from verify.signing import Signer

FIRST_ROUND: Final = RoundWanted(YEAR, 1)


@dataclass(frozen=True, slots=True)
class Finished:
    """A report that was made once, and with what it is checked and forged. school: a seal that is no department's."""

    data: bytes
    believed: Believed
    seal: Signer
    school: Signer


def locked_round(instance: DemoInstance) -> None:
    accepted_class(instance)
    lock(instance)


def seal_of(instance: DemoInstance) -> Signer:
    assert instance.runtime.seal is not None
    return instance.runtime.seal


def made(instance: DemoInstance, wanted: RoundWanted = FIRST_ROUND, now: datetime = AFTER) -> bytes:
    file = BytesIO()
    with instance.reading() as session:
        write_report(session, wanted, Desk(DEPARTMENT, True, seal_of(instance)), file, now)
    return file.getvalue()


def believed(instance: DemoInstance, now: datetime = AFTER) -> Believed:
    """Whom a ministry believes: the log's key, and roots and lists, each from elsewhere."""
    trust: TrustStore = instance.runtime.trust(now)
    return Believed(Policy(instance.runtime.log_signer.verifiers, (), 0), trust, now)


def checked(data: bytes, whom: Believed) -> Outcome:
    return check_report(Reader(BytesIO(data)), whom, lambda _done, _all: None)


def differences(outcome: Outcome) -> dict[str, int]:
    return {kind.value: count for kind, count in outcome.ledger.counts.items()}


def files_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(data)) as held:
        return {name: held.read(name) for name in held.namelist()}


def packed(files: dict[str, bytes]) -> bytes:
    file = BytesIO()
    with Writer(file) as writer:
        for name in sorted(files):
            writer.put(name, [files[name]])
    return file.getvalue()


def changed(data: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """The report with one file changed, and nothing else."""
    files = files_of(data)
    return packed({**files, name: change(files[name])})


def resigned(
    data: bytes, signer: Signer, change: Callable[[dict[str, bytes]], dict[str, bytes]], now: datetime = AFTER
) -> bytes:
    """The report as who holds the department's key makes it: files changed, manifest and signature made anew."""
    files = change(files_of(data))
    held = manifest.from_bytes(files[archive.MANIFEST])
    told = {
        name: HeldFile(len(each), sha256(each))
        for name, each in files.items()
        if name not in (archive.MANIFEST, archive.SIGNATURE)
    }
    files[archive.MANIFEST] = manifest.to_bytes(replace(held, files=told))
    files[archive.SIGNATURE] = sign(files[archive.MANIFEST], signer, now)
    return packed(files)


def with_line(change: Callable[[dict[str, object]], None], number: int = 0) -> Callable[[bytes], bytes]:
    """A change of one line of the records."""

    def apply(data: bytes) -> bytes:
        lines = data.splitlines(keepends=True)
        value = json.loads(lines[number])
        change(value)
        lines[number] = canonicalise(value) + b"\n"
        return b"".join(lines)

    return apply
