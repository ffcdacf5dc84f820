"""The only writer of PDF signatures: the department's seal on a print (PAdES-B-B) or on minutes (PAdES-B-LTA).

One incremental update onto the form that `verify.form` rendered: a signature dictionary, an invisible field on the
first page, and the catalogue that certifies the document with "no changes allowed" (DocMDP level 1, ISO 32000-1
§12.8.2.2). Information dictionary and XMP stay as they are, so that PDF/A-3 stays PDF/A-3. Nothing random, no clock:
one form, time and key with a deterministic algorithm give the same bytes. The room for the signature is reserved once.

A lasting seal (EN 319 142-1 §5.4, level B-LTA) has a timestamp on the signature, and a second update with what proves
seal and timestamp (certificates and revocation lists in the DSS) under a document timestamp. Neither changes what is
seen, so DocMDP level 1 allows both (ISO 32000-2 §12.8.2.2).
"""

# mypy: no-disallow-untyped-calls

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, Final

from asn1crypto import cms, crl, x509
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name, pdf_string
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.general import extract_certificate_info
from pyhanko.sign.signers.cms_embedder import docmdp_reference_dictionary
from pyhanko.sign.signers.constants import ESIC_EXTENSION_1
from pyhanko.sign.signers.pdf_byterange import DocumentTimestamp, PdfSignedData, SignatureObject
from pyhanko.sign.validation.dss import DocumentSecurityStore

from verify.anchors import TrustStore
from verify.cms.certificates import facts_of
from verify.cms.foreign import translated
from verify.cms.paths import examine_path
from verify.cms.writing import largest, sign_digest, stamped, value_of
from verify.errors import MalformedRecord, Refusal
from verify.signing import Signer
from verify.timestamps import IMPRINT, Stamped, imprint_of

FIELD: Final = "ConDauSo"
DOCUMENT_TIME_FIELD: Final = "DauThoiGian"
REASON: Final = "Xác nhận bản in đúng với dữ liệu học bạ đã ký và đã chốt"
MINUTES_REASON: Final = "Biên bản chốt dữ liệu học bạ số"
# Bytes for a timestamp: 2-8 kB with the certificates of its path.
_ROOM_FOR_A_STAMP: Final = 12 * 1024
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


def seal_minutes(pdf: bytes, signer: Signer, signing_time: datetime, reason: str = MINUTES_REASON) -> bytes:
    """As `seal`, for minutes when nobody stamps: PAdES-B-B. reason: what kind of minutes; readers of PDFs show it."""
    signature = _dictionary(signer.certificate, signer.chain, signing_time, reason=reason)
    with translated(Refusal.DAMAGED_PDF):
        return _signed(_update(pdf, signature), signature, lambda digest: sign_digest(digest, signer, None))


def seal_lasting(
    pdf: bytes, signer: Signer, signing_time: datetime, trust: TrustStore, stamp: Callable[[bytes], Stamped]
) -> bytes:
    """Minutes with a seal that can be checked when its certificate has long ended: PAdES-B-LTA.

    trust: roots and lists that judge the signer now. stamp: gives a timestamp on an imprint; what it raises goes
    through. Otherwise as `seal`.
    """
    signature = _dictionary(
        signer.certificate, signer.chain, signing_time, reason=MINUTES_REASON, further=_ROOM_FOR_A_STAMP
    )
    given: list[Stamped] = []

    def sign(digest: bytes) -> bytes:
        made = sign_digest(digest, signer, None)
        given.append(stamp(imprint_of(value_of(made))))
        return stamped(made, given[0].token)

    update = _update(pdf, signature)
    update.register_extension(ESIC_EXTENSION_1)
    once = _signed(update, signature, sign)
    own = examine_path(signer.certificate, signer.chain, trust, signing_time).certificates
    return _archived(once, own | _path_of(given[0]), trust.crls + given[0].trust.crls, stamp)


def _archived(
    pdf: bytes, certificates: frozenset[bytes], lists: tuple[bytes, ...], stamp: Callable[[bytes], Stamped]
) -> bytes:
    """A second update: what proves the seal, and a timestamp over all of it."""
    with translated(Refusal.DAMAGED_PDF):
        update = _Update(BytesIO(pdf))
        update.register_extension(ESIC_EXTENSION_1)
        known = [x509.Certificate.load(each) for each in sorted(certificates)]
        names = {each.subject.dump() for each in known}
        told = [crl.CertificateList.load(each) for each in dict.fromkeys(lists)]
        DocumentSecurityStore.supply_dss_in_writer(
            update, None, certs=known, crls=[each for each in told if each.issuer.dump() in names]
        )
        time = DocumentTimestamp(bytes_reserved=2 * _ROOM_FOR_A_STAMP)
        update.root["/AcroForm"]["/Fields"].append(_placed(update, time, DOCUMENT_TIME_FIELD))
        update.update_root()
    return _signed(update, time, lambda imprint: stamp(imprint).token, IMPRINT)


def _path_of(given: Stamped) -> frozenset[bytes]:
    """Certificates that a timestamp brings, and those that it leads to."""
    with translated(Refusal.BAD_SIGNATURE_FILE):
        found = extract_certificate_info(cms.ContentInfo.load(given.token, strict=True)["content"])
        brought = (found.signer_cert, *found.other_certs)
    return frozenset((*(each.dump() for each in brought), *given.trust.roots, *given.trust.intermediates))


def _dictionary(
    certificate: bytes,
    chain: tuple[bytes, ...],
    signing_time: datetime,
    *,
    reason: str = REASON,
    further: int = 0,
) -> SignatureObject:
    if signing_time.tzinfo is None:
        raise MalformedRecord(Refusal.BAD_SHAPE, "signing time")
    return SignatureObject(
        timestamp=signing_time.astimezone(UTC).replace(microsecond=0),
        subfilter=SigSeedSubFilter.PADES,
        name=facts_of(certificate).subject,
        reason=reason,
        bytes_reserved=2 * (largest(certificate, chain) + further),
    )


def _update(pdf: bytes, signature: SignatureObject) -> "_Update":
    update = _Update(BytesIO(pdf))
    root = update.root
    if "/AcroForm" in root or "/Perms" in root:
        raise MalformedRecord(Refusal.DAMAGED_PDF, "has fields")
    signature["/Reference"] = generic.ArrayObject([docmdp_reference_dictionary(MDPPerm.NO_CHANGES)])
    field = _placed(update, signature, FIELD)
    root["/AcroForm"] = generic.DictionaryObject(
        {
            pdf_name("/Fields"): generic.ArrayObject([field]),
            pdf_name("/SigFlags"): generic.NumberObject(_SIGNATURES_EXIST_APPEND_ONLY),
        }
    )
    root["/Perms"] = generic.DictionaryObject({pdf_name("/DocMDP"): field.get_object().raw_get("/V")})
    update.update_root()
    return update


def _placed(update: "_Update", signature: PdfSignedData, name: str) -> Any:
    """A reference to a signature's field, whose widget is on the first page."""
    value = update.add_object(signature)
    page = update.find_page_for_modification(0)[0]
    # A document timestamp that has an appearance counts as a form filled in.
    shown = None if isinstance(signature, DocumentTimestamp) else update.add_object(_nothing_to_see())
    field = update.add_object(_field(value, page, shown, name))
    update.register_annotation(page, field)
    return field


def _field(value: Any, page: Any, appearance: Any, name: str = FIELD) -> generic.DictionaryObject:
    """Signature field and its widget in one; an empty rectangle is invisible (ISO 32000-1 §12.7.4.5).

    appearance: None where none may be; an empty rectangle needs none (ISO 19005-3 §6.3.3).
    """
    field = generic.DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Annot"),
            pdf_name("/Subtype"): pdf_name("/Widget"),
            pdf_name("/FT"): pdf_name("/Sig"),
            pdf_name("/T"): pdf_string(name),
            pdf_name("/V"): value,
            pdf_name("/P"): page,
            pdf_name("/F"): generic.NumberObject(_PRINT_AND_LOCKED),
            pdf_name("/Rect"): generic.ArrayObject([generic.NumberObject(0)] * 4),
        }
    )
    if appearance is not None:
        field[pdf_name("/AP")] = generic.DictionaryObject({pdf_name("/N"): appearance})
    return field


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


def _signed(
    update: "_Update", signature: PdfSignedData, sign: Callable[[bytes], bytes], algorithm: str = "sha256"
) -> bytes:
    """Write the update, sign everything around the room that it keeps, and fill that."""
    steps = signature.fill(update, md_algorithm=algorithm)
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
