"""CMS signatures with one defect each, for tests: nothing signed changes where the name does not say so."""

# mypy: no-disallow-untyped-calls

import hashlib
from collections.abc import Sequence
from typing import Any

from asn1crypto import algos, cms, core, x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from pyhanko.sign.general import as_signing_certificate_v2, simple_cms_attribute

from portal.signers.file import FileSigner
from tests.pki import NOW
from verify.cms.writing import signer_id_of


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def with_unsigned_attribute(signature: bytes) -> bytes:
    message = cms.ContentInfo.load(signature)
    attribute = cms.CMSAttribute({"type": "1.2.3.4", "values": [core.Any(core.UTF8String("thêm vào"))]})
    message["content"]["signer_infos"][0]["unsigned_attrs"] = cms.CMSAttributes([attribute])
    return bytes(message.dump(force=True))


def with_certificates(signature: bytes, certificates: Sequence[bytes]) -> bytes:
    message = cms.ContentInfo.load(signature)
    message["content"]["certificates"] = cms.CertificateSet(
        [cms.CertificateChoices.load(each) for each in sorted(certificates)]
    )
    return bytes(message.dump(force=True))


def with_certificate(signature: bytes, certificate: bytes) -> bytes:
    """One certificate more."""
    held = cms.ContentInfo.load(signature)["content"]["certificates"]
    return with_certificates(signature, [*(each.chosen.dump() for each in held), certificate])


def with_indefinite_length(signature: bytes) -> bytes:
    """The same values in BER."""
    return b"\x30\x80" + bytes(cms.ContentInfo.load(signature).contents) + b"\x00\x00"


def with_key_identifier(signature: bytes) -> bytes:
    """The signer named by the identifier of its key, not by issuer and number."""
    message = cms.ContentInfo.load(signature)
    held = [each.chosen for each in message["content"]["certificates"]]
    signer_info = message["content"]["signer_infos"][0]
    number = signer_info["sid"].chosen["serial_number"].native
    (own,) = (each for each in held if each.serial_number == number)
    signer_info["sid"] = cms.SignerIdentifier("subject_key_identifier", own.key_identifier)
    signer_info["version"] = "v3"
    return bytes(message.dump(force=True))


def without_parameters(signature: bytes) -> bytes:
    """SHA-256 without the NULL that we write beside it; tools must read both (RFC 5754 §2)."""
    message = cms.ContentInfo.load(signature)
    algorithm = cms.DigestAlgorithm.load(bytes.fromhex("300b0609608648016503040201"))
    message["content"]["digest_algorithms"] = cms.DigestAlgorithms([algorithm])
    return bytes(message.dump(force=True))


def made(defect: str, content: bytes, signer: FileSigner, key: Any = None) -> bytes:
    """A signature of another tool with a defect; any other word gives a good one, in a layout that is not ours.

    "no attributes", "not bound", "sha1", "sha1 inside", "attached content", "two signers".
    """
    certificate = x509.Certificate.load(signer.certificate)
    weak = defect == "sha1"
    name = "sha1" if weak else "sha256"
    digest = hashlib.new(name, content).digest()
    attributes = [
        simple_cms_attribute("content_type", "data"),
        simple_cms_attribute("message_digest", digest),
        simple_cms_attribute("signing_time", cms.Time({"utc_time": NOW})),
    ]
    if defect != "not bound":
        attributes.append(simple_cms_attribute("signing_certificate_v2", as_signing_certificate_v2(certificate)))
    signed = cms.CMSAttributes(attributes)
    held = key or signer._key
    assert isinstance(held, EllipticCurvePrivateKey)
    digest_used: hashes.HashAlgorithm = hashes.SHA1() if "sha1" in defect else hashes.SHA256()  # noqa: S303
    signed_bytes = content if defect == "no attributes" else signed.dump()
    info = {
        "version": "v1",
        "sid": cms.SignerIdentifier(
            "issuer_and_serial_number", cms.IssuerAndSerialNumber.load(signer_id_of(certificate))
        ),
        "digest_algorithm": {"algorithm": name},
        "signature_algorithm": algos.SignedDigestAlgorithm(
            {"algorithm": "sha1_ecdsa" if "sha1" in defect else "sha256_ecdsa"}
        ),
        "signature": held.sign(signed_bytes, ECDSA(digest_used)),
    }
    if defect != "no attributes":
        info["signed_attrs"] = signed
    inner = {"content_type": "data"} | ({"content": content} if defect == "attached content" else {})
    signed_data = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [{"algorithm": name}],
            "encap_content_info": inner,
            "certificates": [certificate, *(x509.Certificate.load(each) for each in signer.chain)],
            "signer_infos": [info, info] if defect == "two signers" else [info],
        }
    )
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": signed_data}).dump())
