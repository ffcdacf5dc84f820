"""The only writer of PDF signatures: the department's seal on a print of ours (PAdES-B-B, EN 319 142-1).

One incremental update onto the form that `verify.form` rendered: a signature dictionary, an invisible field on the
first page, and the catalogue that certifies the document with "no changes allowed" (DocMDP level 1, ISO 32000-1
§12.8.2.2). Information dictionary and XMP stay as they are, so that PDF/A-3 stays PDF/A-3. Nothing random, no clock:
one form, time and key with a deterministic algorithm give the same bytes. The room for the signature is reserved once.
"""

# mypy: no-disallow-untyped-calls

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name, pdf_string
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.signers.cms_embedder import docmdp_reference_dictionary
from pyhanko.sign.signers.pdf_byterange import SignatureObject

from verify.cms.certificates import facts_of
from verify.cms.foreign import translated
from verify.cms.writing import largest, sign_digest
from verify.errors import MalformedRecord, Refusal
from verify.signing import Signer

FIELD: Final = "ConDauSo"
REASON: Final = "Xác nhận bản in đúng với dữ liệu học bạ đã ký và đã chốt"
# ISO 32000-1 table 165: print (ISO 19005-3 §6.3.2 demands it), locked. Table 219: signatures exist, append only.
_PRINT_AND_LOCKED: Final = 4 | 128
_SIGNATURES_EXIST_APPEND_ONLY: Final = 3


def seal(pdf: bytes, signer: Signer, signing_time: datetime) -> bytes:
    """The PDF with exactly one signature, certifying it as final.

    pdf: a form as rendered, without fields. signing_time: with zone; kept in whole seconds. Raises
    MalformedRecord(DAMAGED_PDF) for bytes that are no such form, BAD_CERTIFICATE for a signer that cannot be used.
    """
    signature = _dictionary(signer.certificate, signer.chain, signing_time)
    with translated(Refusal.DAMAGED_PDF):
        return _signed(_update(pdf, signature), signature, lambda digest: sign_digest(digest, signer, None))


def resealed(pdf: bytes, certificate: bytes, chain: tuple[bytes, ...], signing_time: datetime, cms: bytes) -> bytes:
    """What `seal` writes around a signature that is already there: the measure for our own sealed prints.

    Raises as `seal`, and MalformedRecord(DAMAGED_PDF) for a signature too large for its room.
    """
    signature = _dictionary(certificate, chain, signing_time)
    with translated(Refusal.DAMAGED_PDF):
        return _signed(_update(pdf, signature), signature, lambda _digest: cms)


def _dictionary(certificate: bytes, chain: tuple[bytes, ...], signing_time: datetime) -> SignatureObject:
    if signing_time.tzinfo is None:
        raise MalformedRecord(Refusal.BAD_SHAPE, "signing time")
    return SignatureObject(
        timestamp=signing_time.astimezone(UTC).replace(microsecond=0),
        subfilter=SigSeedSubFilter.PADES,
        name=facts_of(certificate).subject,
        reason=REASON,
        bytes_reserved=2 * largest(certificate, chain),
    )


def _update(pdf: bytes, signature: SignatureObject) -> "_Update":
    update = _Update(BytesIO(pdf))
    root = update.root
    if "/AcroForm" in root or "/Perms" in root:
        raise MalformedRecord(Refusal.DAMAGED_PDF, "has fields")
    signature["/Reference"] = generic.ArrayObject([docmdp_reference_dictionary(MDPPerm.NO_CHANGES)])
    value = update.add_object(signature)
    page = update.find_page_for_modification(0)[0]
    field = update.add_object(_field(value, page, update.add_object(_nothing_to_see())))
    update.register_annotation(page, field)
    root["/AcroForm"] = generic.DictionaryObject(
        {
            pdf_name("/Fields"): generic.ArrayObject([field]),
            pdf_name("/SigFlags"): generic.NumberObject(_SIGNATURES_EXIST_APPEND_ONLY),
        }
    )
    root["/Perms"] = generic.DictionaryObject({pdf_name("/DocMDP"): value})
    update.update_root()
    return update


def _field(value: Any, page: Any, appearance: Any) -> generic.DictionaryObject:
    """Signature field and its widget in one; an empty rectangle is invisible (ISO 32000-1 §12.7.4.5)."""
    return generic.DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Annot"),
            pdf_name("/Subtype"): pdf_name("/Widget"),
            pdf_name("/FT"): pdf_name("/Sig"),
            pdf_name("/T"): pdf_string(FIELD),
            pdf_name("/V"): value,
            pdf_name("/P"): page,
            pdf_name("/F"): generic.NumberObject(_PRINT_AND_LOCKED),
            pdf_name("/Rect"): generic.ArrayObject([generic.NumberObject(0)] * 4),
            pdf_name("/AP"): generic.DictionaryObject({pdf_name("/N"): appearance}),
        }
    )


def _nothing_to_see() -> generic.StreamObject:
    return generic.StreamObject(
        {
            pdf_name("/Type"): pdf_name("/XObject"),
            pdf_name("/Subtype"): pdf_name("/Form"),
            pdf_name("/BBox"): generic.ArrayObject([generic.NumberObject(0)] * 4),
            pdf_name("/Resources"): generic.DictionaryObject(),
        },
        stream_data=b"",
    )


def _signed(update: "_Update", signature: SignatureObject, sign: Callable[[bytes], bytes]) -> bytes:
    """Write the update, sign everything around the room that it keeps, and fill that."""
    steps = signature.fill(update, md_algorithm="sha256")
    prepared, output = next(steps)
    steps.send(sign(prepared.document_digest))
    return bytes(output.getvalue())


class _Update(IncrementalPdfFileWriter):
    """An incremental update that says nothing about its software and its moment, and chooses nothing at random."""

    def _update_meta(self) -> None:
        """Information dictionary and XMP must agree (ISO 19005-3 §6.6.3): neither is touched."""

    @classmethod
    def _handle_id(cls, prev: Any) -> generic.ArrayObject:
        """The first identifier stays; the second (ISO 32000-1 §14.4) hangs on the bytes that are extended."""
        first, _second = prev.document_id
        digest = hashlib.sha256(prev.stream.getbuffer()).digest()[:16]
        return generic.ArrayObject([generic.ByteStringObject(first), generic.ByteStringObject(digest)])
