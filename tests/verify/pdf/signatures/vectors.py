"""Sealed PDFs with one defect each, made anew from their names: what a stranger, or a bug, may hand in.

`VECTORS` maps the name of a defect to its maker. Nothing here is fetched or stored.
"""

# mypy: no-disallow-untyped-calls

import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

import pikepdf
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name, pdf_string
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers.pdf_byterange import SignatureObject

from portal.signers.file import FileSigner
from tests import factories
from tests.pki import NOW, pki
from tests.verify.cms.altered import with_certificate, with_indefinite_length, with_unsigned_attribute
from tests.verify.pdf.signatures import updates
from tests.verify.pdf.signatures.updates import resaved, signed_again, updated
from verify.cms.writing import largest, sign_digest
from verify.form.render import Attachment, PrintContext, render
from verify.pdf import seal as sealing

Contents = Callable[[bytes], bytes]
_CONTEXT: Final = PrintContext("https://hocba.example.vn", "Cổng học bạ số Mẫu", "Sở Mẫu", sample=True, preview=False)


_PRINT: Final[ContextVar[bytes | None]] = ContextVar("print", default=None)


@contextmanager
def spoiling(pdf: bytes) -> Iterator[None]:
    """Make every vector out of another unsealed print: that of a store which knows its record."""
    token = _PRINT.set(pdf)
    try:
        yield
    finally:
        _PRINT.reset(token)


def unsealed() -> bytes:
    """A print of one year with what proves it attached, as the portal renders it."""
    return _PRINT.get() or _own_print()


@cache
def _own_print() -> bytes:
    attachments = (
        Attachment("record.json", "application/json", "source", "Dữ liệu đã ký (RFC 8785)", b'{"sample":true}'),
        Attachment("log-opening.json", "application/json", "supplement", "Khóa mở dòng của sổ", b"{}"),
    )
    return render([factories.year_record(4)], _CONTEXT, attachments).pdf


def sealed() -> bytes:
    return _sealed(unsealed())


@cache
def _sealed(pdf: bytes) -> bytes:
    return sealing.seal(pdf, pki().department_seal, NOW)


def sealed_by(signer: FileSigner, moment: datetime = NOW) -> bytes:
    return sealing.seal(unsealed(), signer, moment)


def contents_of(data: bytes) -> tuple[int, int]:
    """Start and end of the hexadecimal of the (first) signature, brackets excluded."""
    found = re.search(rb"/Contents <([0-9A-Fa-f]*)>", data)
    assert found is not None
    return found.span(1)


def with_contents(data: bytes, contents: bytes) -> bytes:
    """The file with other signature bytes in the same room."""
    start, end = contents_of(data)
    text = contents.hex().upper().encode().ljust(end - start, b"0")
    assert len(text) == end - start
    return data[:start] + text + data[end:]


# --- seals that our key could have made, but `seal` does not make ---


def made(
    contents: Contents | None = None,
    *,
    pdf: bytes | None = None,
    room: int | None = None,
    moment: datetime | None = NOW,
    sub_filter: SigSeedSubFilter = SigSeedSubFilter.PADES,
    change: Callable[[Any, SignatureObject], None] = lambda _update, _signature: None,
) -> bytes:
    """A seal written as `verify.pdf.seal` does, but for what is asked. contents: of a digest, the signature's bytes."""
    signer = pki().department_seal
    signature = SignatureObject(
        timestamp=moment,
        subfilter=sub_filter,
        name="Sở Mẫu",
        bytes_reserved=2 * (room or largest(signer.certificate, signer.chain)),
    )
    update = sealing._update(pdf or unsealed(), signature)
    change(update, signature)
    steps = signature.fill(update, md_algorithm="sha256")
    prepared, output = next(steps)
    steps.send((contents or ours)(prepared.document_digest))
    return bytes(output.getvalue())


def ours(digest: bytes) -> bytes:
    return sign_digest(digest, pki().department_seal, None)


def set_level(level: int) -> Callable[[Any, SignatureObject], None]:
    def change(_update: Any, signature: SignatureObject) -> None:
        signature["/Reference"][0]["/TransformParams"][pdf_name("/P")] = generic.NumberObject(level)

    return change


def not_certified(update: Any, signature: SignatureObject) -> None:
    del update.root["/Perms"]
    del signature["/Reference"]


def certified_elsewhere(update: Any, signature: SignatureObject) -> None:
    """The catalogue certifies with a copy of the signature's dictionary, not with the signature."""
    copy = generic.DictionaryObject({pdf_name("/Reference"): signature["/Reference"]})
    update.root["/Perms"][pdf_name("/DocMDP")] = update.add_object(copy)


def dated(text: str) -> Callable[[Any, SignatureObject], None]:
    def change(_update: Any, signature: SignatureObject) -> None:
        signature["/M"] = pdf_string(text)

    return change


def resigned_over(data: bytes, byte_range: tuple[int, int, int, int]) -> bytes:
    """Our key signs what this ByteRange names, whatever that is."""
    start, size, second, rest = byte_range
    text = b"[%d %d %d %d]" % byte_range
    place = re.search(rb"/ByteRange (\[[0-9 ]*\] *)", data)
    assert place is not None
    data = data[: place.start(1)] + text.ljust(len(place[1])) + data[place.end(1) :]
    digest = hashlib.sha256(data[start : start + size] + data[second : second + rest]).digest()
    return with_contents(data, ours(digest))


def gap_wider_than_the_signature() -> bytes:
    start, end = contents_of(sealed())
    return resigned_over(sealed(), (0, start - 1, end + 40, len(sealed()) - end - 40))


def signed_from_the_second_byte() -> bytes:
    start, end = contents_of(sealed())
    return resigned_over(sealed(), (1, start - 2, end + 1, len(sealed()) - end - 1))


def bytes_after_the_end_signed() -> bytes:
    data = sealed() + b"% behind the end\n"
    start, end = contents_of(data)
    return resigned_over(data, (0, start - 1, end + 1, len(data) - end - 1))


def hybrid_reference() -> bytes:
    """An original with a cross-reference stream beside its table (ISO 32000-1 §7.5.8.4), then sealed."""
    data = unsealed()
    trailer = re.search(rb"trailer\n<<(.*)>>\nstartxref\n(\d+)\n%%EOF", data, re.DOTALL)
    assert trailer is not None
    size = int(re.findall(rb"/Size (\d+)", trailer[1])[-1])
    stream = len(data) + 1
    entry = bytes([1, *stream.to_bytes(4, "big"), 0])
    body = b"\n%d 0 obj\n<</Type/XRef/Size %d/W[1 4 1]/Index[%d 1]/Length 6>>stream\n%s\nendstream\nendobj\n" % (
        size,
        size + 1,
        size,
        entry,
    )
    table = len(data) + len(body)
    entries = re.sub(rb"/Size \d+", b"/Size %d" % (size + 1), trailer[1])
    tail = b"xref\n0 1\n0000000000 65535 f \ntrailer\n<<%s/Prev %s/XRefStm %d>>\nstartxref\n%d\n%%%%EOF\n"
    return made(pdf=data + body + tail % (entries, trailer[2], stream, table))


def two_updates() -> bytes:
    """The original was already updated when it was sealed."""
    return made(pdf=updated(unsealed(), updates.add_comment))


# --- files changed after the seal ---


def edited(pattern: bytes, replacement: bytes) -> bytes:
    """The seal's own dictionary changed in place, lengths kept."""
    data = sealed()
    found = re.search(pattern, data)
    assert found is not None
    assert len(replacement) <= len(found[0])
    return data[: found.start()] + replacement.ljust(len(found[0])) + data[found.end() :]


def wrapped() -> bytes:
    """Signature wrapping: the signed tail moved back, and objects of the attacker's in the gap.

    The moved `startxref` still names its old place, now in the gap: there a forged table leads to a forged signature
    dictionary, whose ByteRange names exactly the bytes that were signed once.
    """
    data = sealed()
    start, end = contents_of(data)
    tail = data[end + 1 :]
    table_at = int(data.rsplit(b"startxref\n", 1)[1].split()[0])
    update = len(unsealed())
    offsets = {
        int(found[1]): found.start(1) for found in re.finditer(rb"(\d+) 0 obj\n", data) if found.start() >= update
    }
    value = int(re.findall(rb"/V (\d+) 0 R", data)[-1])
    trailer = data[data.rindex(b"trailer") : data.rindex(b"startxref")]
    entry = b"%d 1\n%010d 00000 n \n"
    length = len(b"xref\n") + sum(len(entry % (number, 0)) for number in offsets) + len(trailer)
    dictionary = (
        b"%d 0 obj\n<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/M(D:20260601030000Z)"
        b"/Reference[<</Type/SigRef/TransformMethod/DocMDP/TransformParams<</P 1>>>>]"
        b"/ByteRange[0 %d %d %d]/Contents <%s>>>\nendobj\n"
    )
    second = table_at + length + len(dictionary % (value, start - 1, table_at, len(tail), data[start:end]))
    moved = {number: at if at < start else at - end - 1 + second for number, at in offsets.items()}
    moved[value] = table_at + length
    rows = b"".join(entry % (number, moved[number]) for number in sorted(moved))
    forged = dictionary % (value, start - 1, second, len(tail), data[start:end])
    gap = data[start - 1 : end + 1].ljust(table_at - start + 1) + b"xref\n" + rows + trailer + forged
    return data[: start - 1] + gap + tail


VECTORS: Final[dict[str, Callable[[], bytes]]] = {
    "unsealed": unsealed,
    "one byte appended": lambda: sealed() + b"\n",
    "another file appended": lambda: sealed() + unsealed(),
    "end of line cut off": lambda: sealed()[:-1],
    "content flipped": lambda: sealed()[:40_000] + bytes([sealed()[40_000] ^ 1]) + sealed()[40_001:],
    "comment added": lambda: updated(sealed(), updates.add_comment),
    "script added": lambda: updated(sealed(), updates.add_script),
    "attachment added": lambda: updated(sealed(), updates.add_attachment),
    "form field added": lambda: updated(sealed(), updates.add_form_field),
    "shadow attack replaces a page": lambda: updated(sealed(), updates.replace_page_content),
    "shadow attack reorders pages": lambda: updated(sealed(), updates.swap_pages),
    "shadow attack hides an object": lambda: updated(sealed(), updates.hide_object),
    "page tree broken": lambda: updated(sealed(), updates.break_page_tree),
    "page removed": lambda: updated(sealed(), updates.remove_page),
    "signature removed": lambda: updated(sealed(), updates.remove_signature),
    "signature emptied": lambda: updated(sealed(), updates.empty_signature),
    "second signature by a stranger": lambda: signed_again(sealed(), pki().other_authority, same_field=False),
    "second signature by the seal itself": lambda: signed_again(sealed(), pki().department_seal, same_field=False),
    "seal overwritten by a stranger": lambda: signed_again(sealed(), pki().other_authority, same_field=True),
    "seal overwritten by the seal itself": lambda: signed_again(sealed(), pki().department_seal, same_field=True),
    "saved again by pikepdf": lambda: resaved(sealed()),
    "saved again with object streams": lambda: resaved(sealed(), object_stream_mode=pikepdf.ObjectStreamMode.generate),
    "saved again linearised": lambda: resaved(sealed(), linearize=True),
    "wrapped": wrapped,
    "by another authority": lambda: sealed_by(pki().other_authority),
    "by an unregistered key": lambda: sealed_by(pki().unregistered),
    "by an expired key": lambda: sealed_by(pki().expired),
    "by an expired key, dated back": lambda: sealed_by(pki().expired, NOW - timedelta(days=20)),
    "by a key not yet valid": lambda: sealed_by(pki().not_yet_valid),
    "by a revoked key": lambda: sealed_by(pki().revoked),
    "by a revoked key without list address": lambda: sealed_by(pki().revoked_without_list_address),
    "by a key for encryption": lambda: sealed_by(pki().key_for_encryption_only),
    "by a certificate with a weak hash": lambda: sealed_by(pki().weak_hash),
    "by a school": lambda: sealed_by(pki().school_seal),
    "by a head": lambda: sealed_by(pki().head),
    "dated in the future": lambda: sealed_by(pki().department_seal, NOW + timedelta(hours=1)),
    "dated before the certificate": lambda: sealed_by(pki().department_seal, NOW - timedelta(days=100)),
    "dated before the registration": lambda: sealed_by(pki().department_seal, NOW - timedelta(days=45)),
    "dated in the year 1": lambda: made(change=dated("D:00010101000000+14'00'")),
    "dated in the year 9999": lambda: made(change=dated("D:99991231235959-12'00'")),
    "without time": lambda: made(moment=None),
    "signature of another file": lambda: with_contents(sealed(), ours(bytes(32))),
    "unsigned attribute": lambda: made(lambda digest: with_unsigned_attribute(ours(digest)), room=2000),
    "further certificate": lambda: made(
        lambda digest: with_certificate(ours(digest), pki().head.certificate), room=4000
    ),
    "BER": lambda: made(lambda digest: with_indefinite_length(ours(digest)), room=2000),
    "signing time inside": lambda: made(lambda digest: sign_digest(digest, pki().department_seal, NOW), room=2000),
    "padding not zero": lambda: made(lambda digest: ours(digest) + b"\0\0\1", room=2000),
    "lower-case hexadecimal": lambda: edited(
        rb"/Contents <[0-9A-F]*", sealed()[slice(*contents_of(sealed()))].lower().join([b"/Contents <", b""])
    ),
    "older sub-filter": lambda: made(sub_filter=SigSeedSubFilter.ADOBE_PKCS7_DETACHED),
    "certified at level 2": lambda: made(change=set_level(2)),
    "certified at level 3": lambda: made(change=set_level(3)),
    "not certified": lambda: made(change=not_certified),
    "certified by a copy": lambda: made(change=certified_elsewhere),
    "gap wider than the signature": gap_wider_than_the_signature,
    "first byte not signed": signed_from_the_second_byte,
    "bytes behind the end signed": bytes_after_the_end_signed,
    "hybrid cross-reference": hybrid_reference,
    "updated before the seal": two_updates,
    "contents null": lambda: edited(rb"/Contents <[0-9A-F]*>", b"/Contents null"),
    "contents empty": lambda: edited(rb"/Contents <[0-9A-F]*>", b"/Contents <>"),
    "contents zero": lambda: with_contents(sealed(), b""),
    "contents a name": lambda: edited(rb"/Contents <[0-9A-F]*>", b"/Contents /A"),
    "contents cut short": lambda: with_contents(
        sealed(), bytes.fromhex(sealed()[slice(*contents_of(sealed()))].decode())[:700]
    ),
    "byte range empty": lambda: edited(rb"/ByteRange \[[0-9 ]*\]", b"/ByteRange []"),
    "byte range null": lambda: edited(rb"/ByteRange \[[0-9 ]*\]", b"/ByteRange null"),
    "byte range odd": lambda: edited(rb"/ByteRange \[[0-9 ]*\]", b"/ByteRange [0 9 9]"),
    "byte range negative": lambda: edited(rb"/ByteRange \[[0-9 ]*\]", b"/ByteRange [0 -1 9 -9]"),
    "byte range of names": lambda: edited(rb"/ByteRange \[[0-9 ]*\]", b"/ByteRange [/A /B /C /D]"),
    "byte range beyond the file": lambda: edited(rb"/ByteRange \[[0-9 ]*\]", b"/ByteRange [0 9 9 99999999]"),
    "byte range of nothing": lambda: edited(rb"/ByteRange \[[0-9 ]*\]", b"/ByteRange [0 0 0 0]"),
    "value a number": lambda: edited(rb"/V \d+ 0 R", b"/V 1"),
    "value null": lambda: edited(rb"/V \d+ 0 R", b"/V null"),
    "value a dangling reference": lambda: edited(rb"/V \d+ 0 R", b"/V 99 9 R"),
    "fields a number": lambda: edited(rb"/Fields \[ \d+ 0 R \]", b"/Fields 1"),
    "time malformed": lambda: edited(rb"/M \(D.{4}\d{14}Z\)", b"/M (D:2026-06-01)"),
}
