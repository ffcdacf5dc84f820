"""What the store holds of a locked year, and which print a document may be: the values that are compared."""

from collections.abc import Mapping
from dataclasses import dataclass

from verify.containers.roots import Container, container_of, locked_record
from verify.errors import VerifyError
from verify.existence import TimeEvidence
from verify.form.render import Attachment, PrintContext
from verify.form.words import Origin, Replacement, Told
from verify.log import leaves
from verify.log.leaves import EarlierRecordLeaf
from verify.record.model import YearRecord
from verify.standing import Standing
from verify.verdict import Check

# How the names of attached receipts end: a print keeps the receipt of its day.
RECEIPT = "log-receipt.tlog-proof"
_CMS_TYPE = "application/pkcs7-signature"
_SIGNED_JSON = "Dữ liệu đã ký (RFC 8785)"
_SIGNED_XML = "Dữ liệu và chữ ký của nhà trường (XML, XAdES)"


@dataclass(frozen=True, slots=True)
class StoredYear:
    """One locked version as the store holds it.

    record: the signed bytes (a root of either container). signatures: by role, CMS or, of an XML root, a `ds:Signature`
    inside it. received: the checks of the one full validation at intake, all roles. leaf, receipt, opening: of its
    lock. replaces: the version whose place it took, as its prints say. time: the stamp that tells since when it exists.
    """

    lookup_code: str
    school_year: str
    version: int
    record: bytes
    signatures: Mapping[str, bytes]
    received: tuple[Check, ...]
    leaf: bytes
    receipt: bytes
    opening: bytes
    standing: Standing
    replaces: Replacement | None = None
    time: TimeEvidence | None = None

    def read(self) -> YearRecord:
        """The record of the signed bytes; raises MalformedRecord or LimitExceeded."""
        return locked_record(self.record, self.lookup_code, self.version)

    @property
    def earlier(self) -> EarlierRecordLeaf | None:
        """What its leaf says of the system before this one that locked it; None for a year that was locked here."""
        try:
            leaf = leaves.from_bytes(self.leaf)
        except VerifyError:
            return None  # told by the check of the leaf
        return leaf if isinstance(leaf, EarlierRecordLeaf) else None


@dataclass(frozen=True, slots=True)
class Edition:
    """A print that the document may be: its years, oldest first, and the frame in which it was printed."""

    years: tuple[StoredYear, ...]
    context: PrintContext

    @property
    def origins(self) -> tuple[Told, ...]:
        """What the pages say of years from the system before this one, and of versions that took another's place."""
        replacing = tuple(year.replaces for year in self.years if year.replaces is not None)
        return replacing + tuple(
            Origin(year.school_year, leaf.source, leaf.original_effective_at, leaf.effective_at)
            for year in self.years
            if (leaf := year.earlier) is not None
        )

    @property
    def attachments(self) -> tuple[Attachment, ...]:
        """What a print carries of `proofs`: an extract of chosen sections nothing, for the record says the others."""
        return self.proofs if self.context.sections is None else ()

    @property
    def proofs(self) -> tuple[Attachment, ...]:
        """What lets a holder verify the records offline (docs/verify_receipt.py, docs/verify_xml_receipt.py)."""
        several = len(self.years) > 1
        return tuple(
            file for year in self.years for file in _attachments(year, f"{year.school_year}-" if several else "")
        )


def _attachments(year: StoredYear, prefix: str) -> list[Attachment]:
    inside = container_of(year.record) is Container.XMLDSIG
    files = [
        Attachment(f"{prefix}record.xml", "application/xml", "source", _SIGNED_XML, year.record)
        if inside
        else Attachment(f"{prefix}record.json", "application/json", "source", _SIGNED_JSON, year.record),
        Attachment(f"{prefix}log-leaf.json", "application/json", "supplement", "Dòng trong sổ minh bạch", year.leaf),
        Attachment(f"{prefix}{RECEIPT}", "text/plain", "supplement", "Biên nhận của sổ minh bạch", year.receipt),
        Attachment(f"{prefix}log-opening.json", "application/json", "supplement", "Khóa mở dòng của sổ", year.opening),
    ]
    # XML carries its signatures within: a file beside it would be one that nobody made.
    files += [
        Attachment(f"{prefix}signature-{role}.p7s", _CMS_TYPE, "supplement", f"Chữ ký số ({role}), CAdES", cms)
        for role, cms in sorted(year.signatures.items())
        if not inside
    ]
    return files
