"""The seal itself: its bytes and its ByteRange, what it certifies, who made it and when, and timestamps inside it."""

# mypy: no-disallow-untyped-calls

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.sign.general import simple_cms_attribute

from portal.signers.file import FileSigner
from tests.pki import DAY, NOW, _builder, _leaf, _usage, pki
from tests.vectors.pdfs.ground import AT, Ground
from tests.vectors.pdfs.tokens import token_of
from tests.vectors.pdfs.vector import Vector
from tests.verify.cms.altered import with_indefinite_length, with_unsigned_attribute
from tests.verify.pdf.signatures import updates
from tests.verify.pdf.signatures import vectors as seals
from tests.verify.pdf.signatures.updates import updated
from verify.cms.writing import stamped, value_of
from verify.timestamps import imprint_of
from verify.verdict import Verdict

_MATCHES: Final = Verdict.CONTENT_MATCHES
_UNCOVERED: Final = "whole_file_covered bytes_not_covered"
_LAYOUT: Final = "signature_found signature_malformed"
_NO_CMS: Final = f"{_LAYOUT}, signature_value signature_malformed, {_UNCOVERED}"
_NO_RANGE: Final = f"signature_value signature_malformed, {_UNCOVERED}"
_DIFFERS: Final = f"digest_intact digest_differs, {_UNCOVERED}"
_NOT_OURS: Final = "signature_found not_our_signature, signer_authorised"
_RESTLESS: Final = "?picture_equal may_show_otherwise"
# Lists are asked for no certificate that leads nowhere.
_UNASKED: Final = "?not_revoked revocation_unknown"
_EARLY: Final = "certificate_not_yet_valid"
_NOT_CERTIFIED: Final = "later_changes not_certified"


def _held(name: str) -> Callable[[Ground], bytes]:
    """A vector of the seal's own tests, made out of the store's print."""
    return lambda _ground: seals.VECTORS[name]()


def _by(signer: Callable[[], FileSigner], moment: datetime = NOW) -> Callable[[Ground], bytes]:
    return lambda _ground: seals.sealed_by(signer(), moment)


def _namesake() -> FileSigner:
    """A certificate that somebody gave himself, with the department's own name on it."""
    key, name = ec.generate_private_key(ec.SECP256R1()), "Sở Giáo dục và Đào tạo Mẫu"
    own = x509.load_der_x509_certificate(pki().department_seal.certificate).subject
    builder = _builder(key, name, own, NOW - 60 * DAY, NOW + 600 * DAY)
    builder = builder.add_extension(_usage("signing"), critical=True)
    certificate = builder.sign(key, SHA256()).public_bytes(Encoding.DER)
    return FileSigner(key, certificate, ())


def _of_another_department() -> FileSigner:
    return _leaf(pki().issuing, "Sở Giáo dục và Đào tạo tỉnh khác")


def _not_yet_valid() -> FileSigner:
    return _leaf(pki().issuing, "Khóa chưa đến hạn", starts=AT + 10 * DAY)


def _overlapping(_ground: Ground) -> bytes:
    """Two parts that share bytes, so that the signed length is right and the signed bytes are not."""
    start, end = seals.contents_of(seals.sealed())
    size = len(seals.sealed())
    return seals.resigned_over(seals.sealed(), (0, end + 1, start - 1, size - start + 1))


def _large_contents(_ground: Ground) -> bytes:
    """Ten million digits of hexadecimal in the room of the signature, properly covered."""
    return seals.made(room=5_000_000)


def _stamped(name: str) -> Callable[[Ground], bytes]:
    """The seal with a timestamp of this authority on its value (PAdES-B-T)."""

    def make(ground: Ground) -> bytes:
        def contents(digest: bytes) -> bytes:
            made = seals.ours(digest)
            return stamped(made, token_of(ground.stamps, name, imprint_of(value_of(made))))

        return seals.made(contents, room=16_000)

    return make


def _stamped_elsewhere(ground: Ground) -> bytes:
    """The timestamp of another signature."""
    foreign = token_of(ground.stamps, "good", imprint_of(b"another signature"))
    return seals.made(lambda digest: stamped(seals.ours(digest), foreign), room=16_000)


def _stamp_of_nothing(_ground: Ground) -> bytes:
    """An attribute that says timestamp and holds a few words."""

    def contents(digest: bytes) -> bytes:
        message = cms.ContentInfo.load(seals.ours(digest))
        nothing = cms.ContentInfo({"content_type": "data", "content": b"dau thoi gian"})
        attribute = simple_cms_attribute("signature_time_stamp_token", nothing)
        message["content"]["signer_infos"][0]["unsigned_attrs"] = cms.CMSAttributes([attribute])
        return bytes(message.dump(force=True))

    return seals.made(contents, room=2_000)


def _annotated_at_level_three(_ground: Ground) -> bytes:
    """Certified so that comments are allowed, then one is made: DocMDP itself is kept."""
    return updated(seals.made(change=seals.set_level(3)), updates.add_comment)


CONTENTS: Final = (
    Vector("signature wrapping", _held("wrapped"), _MATCHES, _UNCOVERED),
    *(
        Vector(f"contents {how}", _held(f"contents {how}"), _MATCHES, _NO_CMS)
        for how in ("null", "empty", "zero", "a name", "cut short")
    ),
    Vector("contents of ten million digits", _large_contents, _MATCHES, "signature_found damaged"),
    *(
        Vector(f"byte range {how}", _held(f"byte range {how}"), _MATCHES, _NO_RANGE)
        for how in ("empty", "null", "odd", "negative", "of names")
    ),
    Vector("byte range beyond the file", _held("byte range beyond the file"), _MATCHES, _DIFFERS),
    Vector("byte range zero", _held("byte range of nothing"), _MATCHES, _DIFFERS),
    Vector("byte range overlapping itself", _overlapping, _MATCHES, _DIFFERS),
    Vector("byte range from the second byte on", _held("first byte not signed"), _MATCHES, _UNCOVERED),
    Vector("gap wider than the signature", _held("gap wider than the signature"), _MATCHES, _UNCOVERED),
    Vector("bytes behind the end signed", _held("bytes behind the end signed"), _MATCHES, _UNCOVERED),
    Vector("padding that is not zero", _held("padding not zero"), _MATCHES, _LAYOUT),
    Vector(
        "an unsigned attribute",
        lambda _g: seals.made(lambda d: with_unsigned_attribute(seals.ours(d)), room=2_000),
        _MATCHES,
        _LAYOUT,
    ),
    Vector(
        "signature in BER",
        lambda _g: seals.made(lambda d: with_indefinite_length(seals.ours(d)), room=2_000),
        _MATCHES,
        _LAYOUT,
    ),
    Vector("signature of another file", _held("signature of another file"), _MATCHES, "digest_intact digest_differs"),
)

CERTIFIED: Final = (
    Vector("certified at level 2", _held("certified at level 2"), _MATCHES, _NOT_CERTIFIED),
    Vector("certified at level 3", _held("certified at level 3"), _MATCHES, _NOT_CERTIFIED),
    Vector(
        "certified at level 3, then annotated",
        _annotated_at_level_three,
        Verdict.INSUFFICIENT,
        f"{_UNCOVERED}, later_changes changed_after_signing, {_RESTLESS}",
    ),
    Vector("signed and not certified", _held("not certified"), _MATCHES, _NOT_CERTIFIED),
    Vector("certified by a copy of the signature", _held("certified by a copy"), _MATCHES, _NOT_CERTIFIED),
    Vector(
        "updated before the seal", _held("updated before the seal"), Verdict.INSUFFICIENT, f"{_LAYOUT}, {_RESTLESS}"
    ),
    Vector("hybrid cross-reference", _held("hybrid cross-reference"), Verdict.INSUFFICIENT, f"{_LAYOUT}, {_RESTLESS}"),
)

SIGNERS: Final = (
    Vector(
        "self-signed with the department's name",
        _by(_namesake),
        _MATCHES,
        f"{_NOT_OURS} not_registered, trusted_path unknown_authority, {_UNASKED}",
    ),
    Vector("sealed by another department", _by(_of_another_department), _MATCHES, f"{_NOT_OURS} not_registered"),
    Vector("sealed by a school", _by(lambda: pki().school_seal), _MATCHES, f"{_NOT_OURS} other_school"),
    Vector(
        "sealed by the head of another school",
        _by(lambda: pki().other_school_head),
        _MATCHES,
        f"{_NOT_OURS} other_school",
    ),
    Vector(
        "sealed under another authority",
        _by(lambda: pki().other_authority),
        _MATCHES,
        f"trusted_path unknown_authority, {_UNASKED}",
    ),
    Vector(
        "certificate expired",
        _by(lambda: pki().expired),
        _MATCHES,
        f"trusted_path certificate_expired, signing_time certificate_expired, {_UNASKED}",
    ),
    Vector(
        "certificate expired, dated back",
        _by(lambda: pki().expired, NOW - timedelta(days=20)),
        _MATCHES,
        f"trusted_path certificate_expired, {_UNASKED}",
    ),
    Vector(
        "certificate not yet valid",
        _by(_not_yet_valid, AT),
        _MATCHES,
        f"{_NOT_OURS} not_registered, trusted_path {_EARLY}, signing_time {_EARLY}, {_UNASKED}",
    ),
    Vector("certificate revoked", _by(lambda: pki().revoked), _MATCHES, "not_revoked revoked"),
    Vector(
        "certificate revoked that names no list",
        _by(lambda: pki().revoked_without_list_address),
        _MATCHES,
        "not_revoked revoked",
    ),
    Vector(
        "certificate for encryption",
        _by(lambda: pki().key_for_encryption_only),
        _MATCHES,
        f"trusted_path certificate_unsuitable, {_UNASKED}",
    ),
    Vector(
        "certificate signed with SHA-1",
        _by(lambda: pki().weak_hash),
        _MATCHES,
        f"trusted_path certificate_unsuitable, {_UNASKED}",
    ),
    Vector(
        "dated in the future",
        _by(lambda: pki().department_seal, AT + timedelta(hours=1)),
        _MATCHES,
        "signing_time signed_in_future",
    ),
    Vector(
        "dated before the certificate",
        _held("dated before the certificate"),
        _MATCHES,
        "signing_time certificate_not_yet_valid",
    ),
    Vector("without a time", _held("without time"), _MATCHES, "signing_time signature_malformed"),
)

TIMESTAMPS: Final = (
    Vector("timestamp of a good authority inside", _stamped("good"), _MATCHES, _LAYOUT),
    Vector("timestamp of an unknown authority inside", _stamped("foreign"), _MATCHES, _LAYOUT),
    Vector("timestamp of an expired certificate inside", _stamped("expired"), _MATCHES, _LAYOUT),
    Vector("timestamp of another signature inside", _stamped_elsewhere, _MATCHES, _LAYOUT),
    Vector("timestamp that is a few words", _stamp_of_nothing, _MATCHES, _LAYOUT),
)
