"""The receiver's answer: leaves of its log that say "taken in", each naming a leaf of the sender. It proves itself.

    {"schema": "hocba/exchange-answer/1", "case": 32 hex, "records": [{"leaf": text, "receipt": text}, …]}

No signature beside it: a leaf that names the sender's leaf, in a log that the sender knows, is what the sender needs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from verify import canonical
from verify.canonical import Json
from verify.errors import MalformedRecord, Refusal, VerifyError
from verify.exchange.bundle import LARGEST_BYTES, MOST_RECORDS, LoggedLeaf, read_logged
from verify.log import fields, leaves, receipt
from verify.log.leaves import ForeignRecordLeaf
from verify.log.receipt import Policy
from verify.verdict import Status

SCHEMA: Final = "hocba/exchange-answer/1"
_KEYS: Final = frozenset({"schema", "case", "records"})


@dataclass(frozen=True, slots=True)
class Answer:
    """case: of the bundle. records: leaves of the receiver's log."""

    case: str
    records: tuple[LoggedLeaf, ...]


def build(answer: Answer) -> bytes:
    """The file; raises VerifyError for what `read` would not give back."""
    records: list[Json] = [{"leaf": each.leaf.decode(), "receipt": each.receipt.decode()} for each in answer.records]
    data = canonical.canonicalise({"schema": SCHEMA, "case": answer.case, "records": records})
    if read(data) != answer:
        raise MalformedRecord(Refusal.BAD_SHAPE, "answer")
    return data


def read(data: bytes) -> Answer:
    """Read a file strictly, nothing of it verified; raises MalformedRecord or LimitExceeded."""
    value = canonical.parse_canonical(data, LARGEST_BYTES)
    if value.get("schema") != SCHEMA:
        raise MalformedRecord(Refusal.UNKNOWN_FORMAT_VERSION, "schema")
    fields.exactly(value, _KEYS)
    records = value["records"]
    if not isinstance(records, list) or len(records) > MOST_RECORDS:
        raise MalformedRecord(Refusal.BAD_SHAPE, "records")
    return Answer(fields.text(value["case"], fields.LOOKUP_CODE, "case"), tuple(read_logged(each) for each in records))


def judge(data: bytes, cases: Sequence[str], handed: Sequence[bytes], policy: Policy) -> bool:
    """Whether a file is the receiver's answer to one of these cases, which handed over the same records.

    Runs in a child. Raises MalformedRecord or LimitExceeded.
    """
    answer = read(data)
    return answer.case in cases and settles(answer, handed, policy)


def settles(answer: Answer, handed: Sequence[bytes], policy: Policy) -> bool:
    """Whether the receiver's log, seen by its witnesses, names each leaf that was handed over.

    handed: bytes of the sender's leaves, as in the bundle. policy: of the receiver.
    """
    return {canonical.sha256(leaf) for leaf in handed} <= set(_named(answer, policy))


def _named(answer: Answer, policy: Policy) -> list[str]:
    found = []
    for held in answer.records:
        logged, witnessed = receipt.verify(held.receipt, held.leaf, policy)
        if logged.status is not Status.PASSED or witnessed.status not in (Status.PASSED, Status.NOT_APPLICABLE):
            continue
        try:
            leaf = leaves.from_bytes(held.leaf)
        except VerifyError:
            continue
        if isinstance(leaf, ForeignRecordLeaf):
            found.append(leaf.origin_leaf)
    return found
