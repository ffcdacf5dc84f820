"""Signing a packet: XAdES-BES over the record, every signature before it, and the own signed properties.

The bytes to sign are made here; the key behind `Signer` gives a raw signature and learns nothing of XML.
"""

import base64
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from lxml import etree

from verify.cms.foreign import translated
from verify.containers.xmldsig import names
from verify.containers.xmldsig.names import DS, FILE, PACKET, XADES, ds, xades
from verify.containers.xmldsig.opening import Element, canonical, opened
from verify.containers.xmldsig.packets import record_and_signatures
from verify.errors import MalformedRecord, Refusal
from verify.signing import Role, Signer


def sign_packet(packet: bytes, signer: Signer, role: Role, signing_time: datetime) -> bytes:
    """Add a signature to every record of a packet, whose earlier signatures it covers.

    signing_time: with zone; kept in whole seconds. Raises MalformedRecord: BAD_SHAPE for a role that does not sign
    packets or a time without zone, BAD_CERTIFICATE for a signer that cannot be used, and as `opened`.
    """
    root = opened(packet)
    if root.tag != PACKET:
        raise MalformedRecord(Refusal.BAD_SHAPE, "root")
    if role not in names.ROLES or signing_time.tzinfo is None:
        raise MalformedRecord(Refusal.BAD_SHAPE, "role or signing time")
    for file in root.findall(FILE):
        _sign_record(file, signer, role, signing_time)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _sign_record(file: Element, signer: Signer, role: Role, signing_time: datetime) -> None:
    record, earlier = record_and_signatures(file)
    identifier = f"{record.get('Id')}-ck{len(earlier) + 1}"
    properties_id = f"{identifier}-tt"
    signature = etree.SubElement(file, ds("Signature"), {"Id": identifier}, nsmap={"ds": DS})
    info = etree.SubElement(signature, ds("SignedInfo"))
    value = etree.SubElement(signature, ds("SignatureValue"))
    _key_info(signature, signer)
    properties = _properties(signature, identifier, properties_id, signer, role, signing_time)
    _fill(info, signer, [record, *earlier], properties)
    value.text = _text(_raw(signer, canonical(info)))


def _fill(info: Element, signer: Signer, signed: Sequence[Element], properties: Element) -> None:
    method = names.ECDSA_SHA256 if _curve_octets(signer) else names.RSA_SHA256
    etree.SubElement(info, ds("CanonicalizationMethod"), {"Algorithm": names.EXCLUSIVE_C14N})
    etree.SubElement(info, ds("SignatureMethod"), {"Algorithm": method})
    for element in signed:
        _reference(info, element, {})
    _reference(info, properties, {"Type": names.SIGNED_PROPERTIES})


def _reference(info: Element, element: Element, attributes: dict[str, str]) -> None:
    reference = etree.SubElement(info, ds("Reference"), {**attributes, "URI": f"#{element.get('Id')}"})
    transforms = etree.SubElement(reference, ds("Transforms"))
    etree.SubElement(transforms, ds("Transform"), {"Algorithm": names.EXCLUSIVE_C14N})
    _digest(reference, canonical(element))


def _digest(parent: Element, data: bytes) -> None:
    etree.SubElement(parent, ds("DigestMethod"), {"Algorithm": names.SHA256})
    etree.SubElement(parent, ds("DigestValue")).text = _text(hashlib.sha256(data).digest())


def _key_info(signature: Element, signer: Signer) -> None:
    data = etree.SubElement(etree.SubElement(signature, ds("KeyInfo")), ds("X509Data"))
    for certificate in (signer.certificate, *signer.chain):
        etree.SubElement(data, ds("X509Certificate")).text = _text(certificate)


def _properties(
    signature: Element, identifier: str, properties_id: str, signer: Signer, role: Role, signing_time: datetime
) -> Element:
    held = etree.SubElement(signature, ds("Object"))
    qualifying = etree.SubElement(
        held, xades("QualifyingProperties"), {"Target": f"#{identifier}"}, nsmap={"xades": XADES}
    )
    signed = etree.SubElement(qualifying, xades("SignedProperties"), {"Id": properties_id})
    own = etree.SubElement(signed, xades("SignedSignatureProperties"))
    moment = signing_time.astimezone(UTC).replace(microsecond=0, tzinfo=None)
    etree.SubElement(own, xades("SigningTime")).text = f"{moment.isoformat()}Z"
    certificate = etree.SubElement(etree.SubElement(own, xades("SigningCertificateV2")), xades("Cert"))
    _digest(etree.SubElement(certificate, xades("CertDigest")), signer.certificate)
    claimed = etree.SubElement(etree.SubElement(own, xades("SignerRoleV2")), xades("ClaimedRoles"))
    etree.SubElement(claimed, xades("ClaimedRole")).text = names.ROLES[role]
    return signed


def _raw(signer: Signer, data: bytes) -> bytes:
    """A signature value as XML writes it: RSA as it is, ECDSA as r and s side by side (RFC 4050 §3.3)."""
    signature = signer.sign(data)
    octets = _curve_octets(signer)
    if not octets:
        return signature
    with translated(Refusal.BAD_SIGNATURE_FILE):
        first, second = decode_dss_signature(signature)
        return first.to_bytes(octets, "big") + second.to_bytes(octets, "big")


def _curve_octets(signer: Signer) -> int:
    """Octets of one number of the signer's curve; 0 for RSA."""
    with translated(Refusal.BAD_CERTIFICATE):
        key = x509.load_der_x509_certificate(signer.certificate).public_key()
    return (key.curve.key_size + 7) // 8 if isinstance(key, EllipticCurvePublicKey) else 0


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
