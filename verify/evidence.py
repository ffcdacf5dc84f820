"""What the store holds of a locked year, and which print a document may be: the values that are compared."""

from collections.abc import Mapping
from dataclasses import dataclass

from verify.form.render import Attachment, PrintContext
from verify.standing import Standing
from verify.verdict import Check

_CMS_TYPE = "application/pkcs7-signature"


@dataclass(frozen=True, slots=True)
class StoredYear:
    """One locked version as the store holds it.

    record: the signed bytes. signatures: CMS by role. received: the checks of the one full validation at intake, all
    roles. leaf, receipt, opening: of its lock.
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


@dataclass(frozen=True, slots=True)
class Edition:
    """A print that the document may be: its years, oldest first, and the frame in which it was printed."""

    years: tuple[StoredYear, ...]
    context: PrintContext

    @property
    def attachments(self) -> tuple[Attachment, ...]:
        """What lets a holder verify the records offline (docs/verify_receipt.py names these files)."""
        several = len(self.years) > 1
        return tuple(
            file for year in self.years for file in _attachments(year, f"{year.school_year}-" if several else "")
        )


def _attachments(year: StoredYear, prefix: str) -> list[Attachment]:
    files = [
        Attachment(f"{prefix}record.json", "application/json", "source", "Dữ liệu đã ký (RFC 8785)", year.record),
        Attachment(f"{prefix}log-leaf.json", "application/json", "supplement", "Dòng trong sổ minh bạch", year.leaf),
        Attachment(
            f"{prefix}log-receipt.tlog-proof", "text/plain", "supplement", "Biên nhận của sổ minh bạch", year.receipt
        ),
        Attachment(f"{prefix}log-opening.json", "application/json", "supplement", "Khóa mở dòng của sổ", year.opening),
    ]
    files += [
        Attachment(f"{prefix}signature-{role}.p7s", _CMS_TYPE, "supplement", f"Chữ ký số ({role}), CAdES", cms)
        for role, cms in sorted(year.signatures.items())
    ]
    return files
