"""Names of the format: elements, algorithms that are accepted, and how a role is written inside a signature."""

from typing import Final

from verify.signing import Role

# The last part is the version; a change of meaning is a new number, and each number is read for ever.
FAMILY: Final = "urn:hocba:goi-hoc-ba:"
NAMESPACE: Final = f"{FAMILY}1"
DS: Final = "http://www.w3.org/2000/09/xmldsig#"
XADES: Final = "http://uri.etsi.org/01903/v1.3.2#"

EXCLUSIVE_C14N: Final = "http://www.w3.org/2001/10/xml-exc-c14n#"
SHA256: Final = "http://www.w3.org/2001/04/xmlenc#sha256"
RSA_SHA256: Final = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
ECDSA_SHA256: Final = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
SIGNED_PROPERTIES: Final = "http://uri.etsi.org/01903#SignedProperties"

# In the order in which they sign (domain §3; issue 3).
ROLES: Final = {
    Role.SUBJECT_TEACHER: "giao_vien_bo_mon",
    Role.HOMEROOM_TEACHER: "giao_vien_chu_nhiem",
    Role.HEAD: "nguoi_dung_dau",
    Role.SCHOOL_SEAL: "con_dau_truong",
}
ROLE_OF: Final = {word: role for role, word in ROLES.items()}
RANK: Final = {role: rank for rank, role in enumerate(ROLES)}


def own(name: str) -> str:
    """The tag of an element of the packet."""
    return f"{{{NAMESPACE}}}{name}"


def ds(name: str) -> str:
    """The tag of an element of XML Signature."""
    return f"{{{DS}}}{name}"


def xades(name: str) -> str:
    """The tag of an element of XAdES."""
    return f"{{{XADES}}}{name}"


PACKET: Final = own("GoiHocBa")
HEADER: Final = own("DauGoi")
FILE: Final = own("HoSo")
RECORD: Final = own("HocBaNam")
SIGNATURE: Final = ds("Signature")
