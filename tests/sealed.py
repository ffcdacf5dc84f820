"""A sealed print of an invented record with everything that proves it, made with real keys and a log of one leaf."""

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache

from tests.factories import year_record
from tests.pki import DEPARTMENT, NOW, SCHOOL, pki
from verify.containers.jcs_cades import examine, sign
from verify.evidence import Edition, StoredYear
from verify.form.render import PrintContext, render
from verify.log import checkpoint, leaves, merkle, notes, receipt
from verify.log.commitments import Committed, opening_bytes
from verify.pdf.seal import seal
from verify.record.codec import to_bytes
from verify.record.model import YearRecord
from verify.signing import Role
from verify.standing import IN_FORCE
from verify.verdict import Check, Conclusion, Question, Status
from verify.verifier import Anchors, verify_pdf

CONTEXT = PrintContext(
    "https://hocba.example", "Hệ thống học bạ số mẫu", "Sở Giáo dục và Đào tạo Mẫu", sample=True, preview=False
)
LOG = notes.parse_skey(notes.format_skey("hocba.example/log", bytes(31) + b"1"))
FOUND = Check(Question.RECORD_FOUND, Status.PASSED)


@dataclass(frozen=True)
class SealedPrint:
    """pdf: sealed. year: what the store holds. record: the signed record."""

    pdf: bytes
    year: StoredYear
    record: YearRecord

    @property
    def edition(self) -> Edition:
        return Edition((self.year,), CONTEXT)


@cache
def sealed_print(grade: int = 4) -> SealedPrint:
    record = year_record(grade)
    year = stored(record)
    unsealed = render([record], CONTEXT, Edition((year,), CONTEXT).attachments)
    return SealedPrint(seal(unsealed.pdf, pki().department_seal, NOW), year, record)


def stored(record: YearRecord) -> StoredYear:
    """The record signed by head and school, locked as the only leaf of a log."""
    cast, data = pki(), to_bytes(record)
    moment = NOW - timedelta(hours=1)
    signers = {Role.HEAD: cast.head, Role.SCHOOL_SEAL: cast.school_seal}
    signatures = {role: sign(data, signer, moment) for role, signer in signers.items()}
    reports = [
        examine(data, cms, role=role, unit_code=SCHOOL, trust=cast.trust, registry=cast.registry, at=NOW)
        for role, cms in signatures.items()
    ]
    by_name = {role.value: cms for role, cms in signatures.items()}
    committed = Committed(data, record.lookup_code, record.school_year, record.version, by_name)
    salt = bytes(range(32))
    leaf = leaves.to_bytes(leaves.lock_leaf(committed, salt, SCHOOL, NOW))
    note = checkpoint.sign(checkpoint.Checkpoint(LOG.verifier.name, 1, merkle.leaf_hash(leaf)), LOG)
    return StoredYear(
        lookup_code=record.lookup_code,
        school_year=record.school_year,
        version=record.version,
        record=data,
        signatures=by_name,
        received=tuple(check for report in reports for check in report.checks),
        leaf=leaf,
        receipt=receipt.build(receipt.Receipt(0, (), note)),
        opening=opening_bytes(committed, salt),
        standing=IN_FORCE,
    )


def anchors() -> Anchors:
    cast = pki()
    return Anchors(DEPARTMENT, cast.trust, cast.registry, receipt.Policy((LOG.verifier,), (), 0), NOW)


def verdict_on(pdf: bytes, *editions: Edition) -> Conclusion:
    """Steps 2 to 7 for a document, against these editions (default: that of `sealed_print`)."""
    return verify_pdf(pdf, FOUND, editions or (sealed_print().edition,), anchors())


def with_record(year: StoredYear, **changes: object) -> StoredYear:
    """The stored year with some of its parts replaced."""
    return replace(year, **changes)  # type: ignore[arg-type]
