"""A locked record as its holder has it: the files that a print carries, or that `/api/v1/…/evidence` answers with.

Names as in `verify.evidence`; in a print of several years each name begins with its school year. Nothing is proven
here: what comes out says of itself where in the log it stands, and whoever takes it asks the log.
"""

import base64
import binascii
from collections.abc import Iterator, Mapping
from typing import Final

from verify import canonical, limits
from verify.containers.roots import inner_signatures
from verify.errors import MalformedRecord, Refusal
from verify.log import leaves, receipt
from verify.log.commitments import read_opening
from verify.log.leaves import RecordLeaf
from verify.report.judging import in_force_since
from verify.report.lines import ReportedRecord

_LEAF: Final = "log-leaf.json"
_RECEIPT: Final = "log-receipt.tlog-proof"
_OPENING: Final = "log-opening.json"
_ROOTS: Final = ("record.json", "record.xml")
_SIGNATURE: Final = ("signature-", ".p7s")


def of_files(files: Mapping[str, bytes]) -> Iterator[ReportedRecord]:
    """Every record among the attachments of a print; raises MalformedRecord or LimitExceeded for one that is torn."""
    for name in sorted(files):
        if name.endswith(_LEAF):
            prefix = name.removesuffix(_LEAF)
            yield _of_year({each.removeprefix(prefix): data for each, data in files.items() if each.startswith(prefix)})


def of_answer(data: bytes) -> ReportedRecord:
    """The record of an answer of the machine interface; raises MalformedRecord or LimitExceeded."""
    value = canonical.parse(data, limits.REPORT_LINE_BYTES)
    signatures = value.get("signatures")
    if not isinstance(signatures, Mapping):
        raise MalformedRecord(Refusal.BAD_SHAPE, "signatures")
    held = {role: _decoded(each) for role, each in signatures.items()}
    leaf, proof, opening = (_text(value.get(key)) for key in ("leaf", "receipt", "opening"))
    return _record(_decoded(value.get("record")), leaf, proof, opening, held)


def _of_year(files: Mapping[str, bytes]) -> ReportedRecord:
    begins, ends = _SIGNATURE
    detached = {
        name.removeprefix(begins).removesuffix(ends): data
        for name, data in files.items()
        if name.startswith(begins) and name.endswith(ends)
    }
    root = next((files[name] for name in _ROOTS if name in files), None)
    if root is None or not files.keys() >= {_LEAF, _RECEIPT, _OPENING}:
        raise MalformedRecord(Refusal.BAD_SHAPE, "attachments")
    return _record(root, files[_LEAF], files[_RECEIPT], files[_OPENING], detached)


def _record(
    root: bytes, leaf_bytes: bytes, proof: bytes, opening: bytes, signatures: Mapping[str, bytes]
) -> ReportedRecord:
    leaf, opened = leaves.from_bytes(leaf_bytes), read_opening(opening)
    if not isinstance(leaf, RecordLeaf):
        raise MalformedRecord(Refusal.BAD_SHAPE, "leaf")
    if root[:1] == b"<" and not signatures:  # a print of an XML record carries no file beside it
        inside = {canonical.sha256(each): each for each in inner_signatures(root)}
        signatures = {role: inside[digest] for role, digest in opened.signatures.items() if digest in inside}
    return ReportedRecord(
        log_index=receipt.parse(proof).index,
        lookup_code=opened.lookup_code,
        school_year=opened.school_year,
        version=opened.version,
        unit=leaf.unit,
        effective_at=in_force_since(leaf),
        root=root,
        signatures=signatures,
        salt=opened.salt,
    )


def _text(value: object) -> bytes:
    if not isinstance(value, str):
        raise MalformedRecord(Refusal.BAD_SHAPE, "evidence")
    return value.encode()


def _decoded(value: object) -> bytes:
    try:
        return base64.b64decode(_text(value), validate=True)
    except binascii.Error as error:
        raise MalformedRecord(Refusal.BAD_SHAPE, "base64") from error
