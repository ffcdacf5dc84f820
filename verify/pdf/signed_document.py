"""A PDF as the strict reader sees it: its revisions, and its filled signature fields with the bytes that they sign.

The border to pyHanko's reader: whatever it raises on a malformed file ends here. What cannot be read of one signature
is empty, so that the rest can still be described.
"""

# mypy: no-disallow-untyped-calls

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any, Final, NoReturn, TypeVar

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.crypt import AuthStatus
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm, enumerate_sig_fields
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature, extract_contents, read_certification_data
from pyhanko.sign.validation.status import SignatureCoverageLevel

from verify import limits
from verify.cms.foreign import translated
from verify.errors import LimitExceeded, MalformedRecord, Refusal, UnreadableDocument
from verify.pdf.opening import check_bytes

_T = TypeVar("_T")
_HEXADECIMAL: Final = re.compile(rb"<([0-9A-Fa-f]*)>")
# pyHanko reads hexadecimal octet by octet: ten million digits take 11 s. More than a signature may have is not ours.
_TOO_LONG: Final = re.compile(rb"<[0-9A-Fa-f\s]{%d}" % (4 * limits.CMS_BYTES))
_END: Final = re.compile(rb"%%EOF(\r\n|\r|\n)?\Z")
_LONGEST_END: Final = len(b"%%EOF\r\n")
_PAIRS: Final = 8


@dataclass(frozen=True, slots=True)
class SignatureField:
    """A filled signature field.

    byte_range: pairs of start and size; empty if it is none. contents: /Contents decoded, padding included. claimed:
    /M, None without zone. certifies: the catalogue names this signature as the one that forbids every change (DocMDP
    level 1). revision: in which it was written, from 0; the last if that is unknown. entire: pyHanko's opinion that
    the whole file is covered.
    """

    byte_range: tuple[int, ...]
    contents: bytes
    claimed: datetime | None
    sub_filter: str
    certifies: bool
    revision: int
    entire: bool

    @property
    def end(self) -> int:
        """First byte behind the signed ones; 0 without a ByteRange."""
        return sum(self.byte_range[-2:])


@dataclass(frozen=True, slots=True)
class SignedDocument:
    """data: the file. reader: pyHanko's. signatures: in the order in which they were written."""

    data: bytes
    reader: PdfFileReader
    signatures: tuple[SignatureField, ...]

    @property
    def last_revision(self) -> int:
        return int(self.reader.xrefs.total_revisions) - 1

    @property
    def is_hybrid(self) -> bool:
        """Two cross-references beside each other (ISO 32000-1 §7.5.8.4): two readers may see two documents."""
        return bool(self.reader.xrefs.hybrid_xrefs_present)

    def gap(self, field: SignatureField) -> bytes:
        """What the ByteRange of a signature leaves out, angle brackets included; empty if it is of another shape."""
        if len(field.byte_range) != 4 or field.byte_range[0] != 0:
            return b""
        return self.data[field.byte_range[1] : field.byte_range[2]]

    def is_covered(self, field: SignatureField) -> bool:
        """Every byte but the signature's own hexadecimal is signed, and the file ends where it says so."""
        hexadecimal = _HEXADECIMAL.fullmatch(self.gap(field))
        return (
            hexadecimal is not None
            and hexadecimal[1].lower() == field.contents.hex().encode()
            and field.end == len(self.data)
            and _END.search(self.data, len(self.data) - _LONGEST_END) is not None
            and field.entire
        )

    def signed_bytes(self, field: SignatureField) -> bytes | None:
        """The bytes that a signature's ByteRange names, as far as they are there; None without a ByteRange."""
        if not field.byte_range:
            return None
        pairs = zip(field.byte_range[::2], field.byte_range[1::2], strict=True)
        return b"".join(self.data[start : start + size] for start, size in pairs)


def opened(data: bytes) -> SignedDocument:
    """Read strictly.

    Raises UnreadableDocument(NOT_PDF, ENCRYPTED), LimitExceeded, and MalformedRecord for what bears no seal of ours,
    though others may open it: DAMAGED_PDF where the strict reader refuses it, ENCRYPTED where it opens for everybody.
    """
    check_bytes(data)
    if _TOO_LONG.search(data):
        raise MalformedRecord(Refusal.DAMAGED_PDF, "hexadecimal")
    with translated(Refusal.DAMAGED_PDF):
        reader = PdfFileReader(BytesIO(data), strict=True)
        if reader.encrypted:
            _refuse_encrypted(reader)
        named = []
        for name, _value, reference in enumerate_sig_fields(reader, filled_status=True):
            named.append((name, reference.get_object()))
            if len(named) > limits.DOCUMENT_SIGNATURES:
                raise LimitExceeded(Refusal.TOO_MUCH_WORK, "signatures")
        fields = [_field(reader, name, field) for name, field in named]
    return SignedDocument(data, reader, tuple(sorted(fields, key=lambda each: (each.revision, each.end))))


def _refuse_encrypted(reader: PdfFileReader) -> NoReturn:
    """ISO 32000-1 §7.6.3.1: with the empty password a file opens for everybody, and only asks readers for restraint."""
    if reader.decrypt(b"").status is AuthStatus.FAILED:
        raise UnreadableDocument(Refusal.ENCRYPTED)
    raise MalformedRecord(Refusal.ENCRYPTED)


def _field(reader: PdfFileReader, name: str, field: Any) -> SignatureField:
    value = _if_readable(lambda: field["/V"])
    if not isinstance(value, generic.DictionaryObject):
        value = generic.DictionaryObject()
    revision = _if_readable(lambda: int(reader.xrefs.get_last_change(field.raw_get("/V").reference)))
    coverage = _if_readable(lambda: EmbeddedPdfSignature(reader, field, name).evaluate_signature_coverage())
    return SignatureField(
        byte_range=_byte_range(_if_readable(lambda: value["/ByteRange"])),
        contents=_if_readable(lambda: bytes(extract_contents(value))) or b"",
        claimed=_claimed(value),
        sub_filter=str(_if_readable(lambda: value["/SubFilter"])),
        certifies=bool(_if_readable(lambda: _certifies(reader, value))),
        revision=reader.xrefs.total_revisions - 1 if revision is None else revision,
        entire=coverage is SignatureCoverageLevel.ENTIRE_FILE,
    )


def _byte_range(value: object) -> tuple[int, ...]:
    if not isinstance(value, generic.ArrayObject) or len(value) % 2 or len(value) > 2 * _PAIRS:
        return ()
    if not all(isinstance(number, int) and number >= 0 for number in value):
        return ()
    return tuple(int(number) for number in value)


def _claimed(value: Any) -> datetime | None:
    moment = _if_readable(lambda: generic.parse_pdf_date(value["/M"]))
    return moment if isinstance(moment, datetime) and moment.tzinfo is not None else None


def _certifies(reader: PdfFileReader, value: Any) -> bool:
    certification = read_certification_data(reader)
    return (
        certification is not None
        and certification.permission is MDPPerm.NO_CHANGES
        and certification.author_sig.container_ref == value.container_ref
    )


def _if_readable(ask: Callable[[], _T]) -> _T | None:
    try:
        with translated(Refusal.DAMAGED_PDF):
            return ask()
    except MalformedRecord:
        return None
