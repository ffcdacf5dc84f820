"""The parsers that a stranger reaches: how each is called, and which refusals are its own. Runs in the children too."""

import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from portal import archives
from portal.archives import ArchiveRefused
from portal.services.certificate_files import open_file
from portal.workbooks.code_list import read_code_list
from portal.workbooks.reading import read_class
from portal.workbooks.refusals import WorkbookRefused
from verify import canonical, code, status_list, timestamps
from verify.cms import reading
from verify.cms.certificates import facts_of
from verify.code import PrintTarget
from verify.containers.xmldsig.verification import Gate, examine_packet
from verify.errors import LimitExceeded, VerifyError
from verify.evidence import Edition
from verify.exchange import answer as exchange_answer
from verify.exchange.judging import Border, Peer, examine_bundle
from verify.log import checkpoint, commitments, currency, leaves, notes, policy, receipt, witness
from verify.log.receipt import Policy
from verify.paper.qr import read_photo
from verify.record import codec
from verify.summary.signed import SummaryKey, from_digits, open_summary
from verify.verdict import Check, Question, Reason, Status, Verdict
from verify.verifier import Anchors, inspect_pdf, inspect_photos, verify_pdf, verify_photos, verify_scan

_FOUND: Final = Check(Question.RECORD_FOUND, Status.PASSED)
_LOST: Final = Check(Question.RECORD_FOUND, Status.FAILED, Reason.NO_CODE_FOUND)
_OURS: Final = (VerifyError, WorkbookRefused, ArchiveRefused)
# What nobody may reach: the child's answer for an exception that is not the parser's own.
RAISED: Final = "RAISED"
GREEN: Final = "GREEN"


@dataclass(frozen=True)
class Context:
    """What the parsers compare with. genuine: the bytes that alone may be green."""

    anchors: Anchors
    edition: Edition
    gate: Gate
    logs: tuple[notes.Verifier, ...]
    summaries: tuple[SummaryKey, ...]
    target: PrintTarget
    genuine: frozenset[str]


def _print(data: bytes, context: Context) -> str:
    """A spoiled print, compared with the one that the store gives."""
    inspect_pdf(data)
    return verify_pdf(data, _FOUND, (context.edition,), context.anchors, pictures=True).verdict.value


def _pdf(data: bytes, context: Context) -> str:
    """A small PDF of anybody's: everything but the comparison."""
    inspect_pdf(data)
    checks = verify_pdf(data, _LOST, (), context.anchors).checks
    broken = [check for check in checks if check.status is not Status.PASSED and check.reason is not Reason.NOT_ASKED]
    return Verdict.NOT_FOUND.value if len(broken) > 1 else Verdict.AUTHENTIC.value


def _photo(data: bytes, _context: Context) -> str:
    return "read" if read_photo(data) else "nothing read"


def _photographed(data: bytes, context: Context) -> str:
    """A picture of a page, looked for among the pages of the print and read cell by cell."""
    inspect_photos((data,))
    return verify_photos((data,), _FOUND, (context.edition,), context.anchors, pictures=True).verdict.value


def _scanned(data: bytes, context: Context) -> str:
    """A PDF of pictures."""
    inspect_pdf(data)
    return verify_scan(data, _FOUND, (context.edition,), context.anchors, pictures=True).verdict.value


def _workbook(data: bytes, _context: Context) -> str:
    return "read" if read_class(data).rows else "nothing read"


def _codes(data: bytes, _context: Context) -> str:
    return "read" if read_code_list(data) else "nothing read"


def _archive(data: bytes, _context: Context) -> str:
    tail = data[-archives.TAIL_BYTES :]
    for entry in archives.entries(len(data), tail):
        record = data[entry.start : entry.start + archives.span(len(data), entry)]
        archives.unpacked(len(data), tail, entry, record)
    return "read"


def _packet(data: bytes, context: Context) -> str:
    accepted = all(record.accepted for record in examine_packet(data, context.gate).records)
    return "accepted" if accepted else "not accepted"


def _bundle(data: bytes, context: Context) -> str:
    """A pupil from another province, with everything that is asked of the file."""
    policy_there = Policy(context.logs, (), 0)
    border = Border(context.logs, (Peer(1, policy_there),), context.anchors.trust, context.anchors.at)
    fault = examine_bundle(data, border).fault
    return "taken" if fault is None else fault.value


def _cms(data: bytes, _context: Context) -> str:
    message = reading.read(data, padded=True)
    return reading.integrity(message, message.digest(b"x"))[1].reason.value


def _certificate(data: bytes, _context: Context) -> str:
    opened = open_file(data)
    return facts_of(opened).subject and "read" if isinstance(opened, bytes) else opened.value


def _stamp(data: bytes, _context: Context) -> str:
    return "dated" if timestamps.stated(data, timestamps.imprint_of(b"x")) else "not dated"


def _text(read: Callable[[str], object]) -> Callable[[bytes, Context], str]:
    def ask(data: bytes, _context: Context) -> str:
        read(data.decode("utf-8", "replace"))
        return "read"

    return ask


def _bytes(read: Callable[[bytes], object]) -> Callable[[bytes, Context], str]:
    def ask(data: bytes, _context: Context) -> str:
        read(data)
        return "read"

    return ask


def _summary(data: bytes, context: Context) -> str:
    open_summary(data, context.target, context.summaries)
    return "read"


def _receipt(data: bytes, context: Context) -> str:
    receipt.parse(data)
    return receipt.verify(data, context.edition.years[0].leaf, context.anchors.policy)[0].reason.value


def _currency(data: bytes, context: Context) -> str:
    year = context.edition.years[0]
    currency.parse(data)
    proven = currency.verify(data, year.lookup_code, year.school_year, context.anchors.policy)
    return "proven" if proven else "not proven"


def _note(data: bytes, context: Context) -> str:
    notes.open_note(data, context.logs)
    checkpoint.parse(notes.read_unverified(data))
    return "read"


def _list(data: bytes, context: Context) -> str:
    status_list.open_list(data, context.logs)
    return "read"


# By kind: what runs in a child, as in service; then what runs in the portal itself.
IN_CHILD: Final[Mapping[str, Callable[[bytes, Context], str]]] = {
    "print": _print,
    "pdf": _pdf,
    "photo": _photo,
    "photographed": _photographed,
    "scanned": _scanned,
    "workbook": _workbook,
    "codes": _codes,
    "archive": _archive,
    "packet": _packet,
    "certificate": _certificate,
    "bundle": _bundle,
    "answer": _bytes(exchange_answer.read),
}
DIRECT: Final[Mapping[str, Callable[[bytes, Context], str]]] = {
    "cms": _cms,
    "stamp": _stamp,
    "qr": _text(code.parse_target),
    "code": _text(code.parse),
    "digits": _text(from_digits),
    "summary": _summary,
    "json": _bytes(canonical.parse),
    "record": _bytes(codec.from_bytes),
    "note": _note,
    "receipt": _receipt,
    "currency": _currency,
    "leaf": _bytes(leaves.from_bytes),
    "opening": _bytes(commitments.read_opening),
    "policy": _text(policy.parse),
    "witness": _bytes(witness.parse),
    "status list": _list,
}
PARSERS: Final = {**IN_CHILD, **DIRECT}


def answers(kind: str, inputs: Sequence[bytes], context: Context) -> list[str]:
    """How the parser of a kind ended on each input. Raises LimitExceeded for memory that ran out."""
    return [answer(kind, data, context) for data in inputs]


def answer(kind: str, data: bytes, context: Context) -> str:
    """An outcome in few words; `RAISED …` for what is no refusal, `GREEN …` for what is taken for the original."""
    try:
        said = PARSERS[kind](data, context)
    except LimitExceeded:
        return "over limit"
    except _OURS:
        return "refused"
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        place = traceback.extract_tb(error.__traceback__)[-1]
        return f"{RAISED} {type(error).__name__} at {place.filename}:{place.lineno}"
    if said == Verdict.AUTHENTIC.value and canonical.sha256(data) not in context.genuine:
        return GREEN
    return said
