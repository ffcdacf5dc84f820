"""What comes after the seal: bytes behind the end, incremental saving, shadow attacks, further signatures."""

# mypy: no-disallow-untyped-calls

from collections.abc import Callable
from io import BytesIO
from typing import Any, Final

from asn1crypto import crl, x509
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.signers.pdf_byterange import DocumentTimestamp
from pyhanko.sign.validation.dss import DocumentSecurityStore

from portal.signers.file import FileSigner
from tests.pki import NOW, pki
from tests.vectors.pdfs.ground import Ground
from tests.vectors.pdfs.tokens import token_of
from tests.vectors.pdfs.vector import Vector
from tests.verify.pdf.content import forging
from tests.verify.pdf.signatures import updates
from tests.verify.pdf.signatures import vectors as seals
from tests.verify.pdf.signatures.updates import signed_again, updated
from verify.pdf import seal as sealing
from verify.verdict import Verdict

_AFTER: Final = "whole_file_covered bytes_not_covered, later_changes changed_after_signing"
_SEVERAL: Final = f"signature_found several_signatures, {_AFTER}"
_ANOTHER: Final = "signature_found signature_malformed, later_changes not_certified"
_NONE: Final = "signature_found no_signature"
_UNTRUSTED: Final = "trusted_path unknown_authority, ?not_revoked revocation_unknown"
_RESTLESS: Final = f"{_AFTER}, ?picture_equal may_show_otherwise"
_EMPTY_PAGE: Final = f"{_AFTER}, ?text_equal text_missing, picture_equal picture_differs"
_DIFFERS: Final = "text_equal text_differs, picture_equal picture_differs"


def _update(change: Callable[[Any], None]) -> Callable[[Ground], bytes]:
    return lambda ground: updated(ground.sealed, change)


def _again(signer: FileSigner, *, same_field: bool = False) -> Callable[[Ground], bytes]:
    return lambda ground: signed_again(ground.sealed, signer, same_field=same_field)


def _nothing(writer: Any) -> None:
    """An update that writes the catalogue again, as it was."""
    writer.update_root()


def _validation_data(writer: IncrementalPdfFileWriter) -> None:
    """LTV: certificates and lists beside the seal, as Acrobat's "add verification information" writes them."""
    cast = pki()
    DocumentSecurityStore.supply_dss_in_writer(
        writer,
        None,
        certs=[x509.Certificate.load(each.der) for each in (cast.root, cast.issuing)],
        crls=[crl.CertificateList.load(each) for each in cast.trust.crls],
    )


def _document_timestamp(ground: Ground) -> bytes:
    """A timestamp of a real authority over the sealed file, in a field of its own (ETSI.RFC3161)."""
    update = sealing._Update(BytesIO(ground.sealed))
    time = DocumentTimestamp(bytes_reserved=24_000)
    update.root["/AcroForm"]["/Fields"].append(sealing._placed(update, time, "DauThoiGian"))
    update.update_root()
    return sealing._signed(update, time, lambda imprint: token_of(ground.stamps, "good", imprint), "sha512")


def _strangers(pdf: bytes) -> bytes:
    """Signed by a certificate of another authority, in the department's own layout."""
    return sealing.seal(pdf, pki().other_authority, NOW)


def _foreign_hide(_ground: Ground) -> bytes:
    """A forged print whose forged mark lies under a white sheet until, after signing, the sheet is taken away."""
    box = forging.cell("subjects.toan.score")
    signed = _strangers(forging.drawn(box.page, forging.blanked(box) + " " + forging.typed(box, "9")))

    def change(writer: IncrementalPdfFileWriter) -> None:
        page = writer.find_page_for_modification(box.page)[0].get_object()
        drawings = page["/Contents"]
        last = drawings.raw_get(len(drawings) - 1)
        writer.objects[(last.generation, last.idnum)] = generic.StreamObject(stream_data=b"Q")

    return updated(signed, change)


def _foreign_replace(_ground: Ground) -> bytes:
    return updated(_strangers(forging.true_print().pdf), updates.replace_page_content)


def _hide_and_replace(seal: Callable[[bytes], bytes]) -> bytes:
    """The other drawing is in the signed bytes, unused; afterwards a page points at it."""
    box = forging.cell("subjects.toan.score")
    held: list[Any] = []

    def prepare(writer: IncrementalPdfFileWriter) -> None:
        page = writer.find_page_for_modification(box.page)[0].get_object()
        drawing = forging.blanked(box) + " " + forging.typed(box, "9").replace("/Hv", "/F0")
        stream = writer.add_object(generic.StreamObject(stream_data=drawing.encode()))
        held.append((stream.idnum, page.raw_get("/Contents")))
        writer.root[pdf_name("/PieceInfo")] = stream
        writer.update_root()

    signed = seal(updated(forging.true_print().pdf, prepare))

    def swap(writer: IncrementalPdfFileWriter) -> None:
        page = writer.find_page_for_modification(box.page)[0]
        number, drawing = held[0]
        added = generic.IndirectObject(number, 0, writer)
        page.get_object()["/Contents"] = generic.ArrayObject(
            [generic.IndirectObject(drawing.idnum, drawing.generation, writer), added]
        )
        writer.mark_update(page)

    return updated(signed, swap)


AFTER_THE_END: Final = (
    Vector("one byte after the end", lambda g: g.sealed + b"\n", Verdict.CONTENT_MATCHES, _AFTER),
    Vector("a comment after the end", lambda g: g.sealed + b"% da xem\n", Verdict.CONTENT_MATCHES, _AFTER),
    Vector("another file after the end", lambda g: g.sealed + seals.unsealed(), Verdict.CONTENT_MATCHES, _NONE),
    Vector(
        "the last byte cut off",
        lambda g: g.sealed[:-1],
        Verdict.CONTENT_MATCHES,
        "digest_intact digest_differs, whole_file_covered bytes_not_covered",
    ),
)

SAVED_LATER: Final = (
    Vector("saved incrementally without a change", _update(_nothing), Verdict.CONTENT_MATCHES, _AFTER),
    Vector("certified, then annotated", _update(updates.add_comment), Verdict.INSUFFICIENT, _RESTLESS),
    Vector("a script added", _update(updates.add_script), Verdict.INSUFFICIENT, _RESTLESS),
    Vector("an attachment added", _update(updates.add_attachment), Verdict.CONTENT_MATCHES, _AFTER),
    Vector(
        "a form field added that is shown nowhere", _update(updates.add_form_field), Verdict.CONTENT_MATCHES, _AFTER
    ),
    Vector(
        "a page taken away by an update",
        _update(updates.remove_page),
        Verdict.INSUFFICIENT,
        f"{_AFTER}, ?text_equal pages_missing, ?picture_equal pages_missing",
    ),
    Vector(
        "the page tree broken by an update", _update(updates.break_page_tree), Verdict.INSUFFICIENT, "readable damaged"
    ),
    Vector("the signature taken away", _update(updates.remove_signature), Verdict.CONTENT_MATCHES, _NONE),
    Vector("the signature's value taken away", _update(updates.empty_signature), Verdict.CONTENT_MATCHES, _NONE),
    Vector("data for long-term validation added", _update(_validation_data), Verdict.CONTENT_MATCHES, _AFTER),
    Vector("a document timestamp added", _document_timestamp, Verdict.CONTENT_MATCHES, _SEVERAL),
)

SIGNED_LATER: Final = (
    Vector("a second signature by a stranger", _again(pki().other_authority), Verdict.CONTENT_MATCHES, _SEVERAL),
    Vector("a second signature by the seal", _again(pki().department_seal), Verdict.CONTENT_MATCHES, _SEVERAL),
    Vector(
        "the seal replaced by a stranger",
        _again(pki().other_authority, same_field=True),
        Verdict.CONTENT_MATCHES,
        f"{_ANOTHER}, {_UNTRUSTED}",
    ),
    Vector(
        "the seal replaced by itself", _again(pki().department_seal, same_field=True), Verdict.CONTENT_MATCHES, _ANOTHER
    ),
)

SHADOWS: Final = (
    Vector("shadow attack: our page hidden", _update(updates.hide_object), Verdict.INSUFFICIENT, _EMPTY_PAGE, None),
    Vector(
        "shadow attack: our page replaced",
        _update(updates.replace_page_content),
        Verdict.INSUFFICIENT,
        _EMPTY_PAGE,
        None,
    ),
    Vector(
        "shadow attack: our pages in another order",
        _update(updates.swap_pages),
        Verdict.MISMATCH,
        f"{_AFTER}, {_DIFFERS}",
        None,
    ),
    Vector(
        "shadow attack: hidden in our file, then put in place",
        lambda _g: _hide_and_replace(lambda pdf: seals.made(pdf=pdf)),
        Verdict.MISMATCH,
        f"signature_found signature_malformed, {_AFTER}, {_DIFFERS}",
        frozenset({"subjects.toan.score"}),
    ),
    Vector("shadow attack: a stranger's file hides", _foreign_hide, Verdict.CONTENT_MATCHES, f"{_AFTER}, {_UNTRUSTED}"),
    Vector(
        "shadow attack: a stranger's file replaces",
        _foreign_replace,
        Verdict.INSUFFICIENT,
        f"{_EMPTY_PAGE}, {_UNTRUSTED}",
        None,
    ),
    Vector(
        "shadow attack: a stranger's file hides and replaces",
        lambda _g: _hide_and_replace(_strangers),
        Verdict.MISMATCH,
        f"signature_found signature_malformed, {_AFTER}, {_DIFFERS}, {_UNTRUSTED}",
        frozenset({"subjects.toan.score"}),
    ),
)
