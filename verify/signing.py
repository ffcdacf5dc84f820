"""Who signs, and the one thing that the core asks of a key: a raw signature over bytes.

Keys stay behind `Signer`; back ends (files, PKCS#11, remote signing) live in `portal.signers`. The algorithm
follows from the key and is never chosen by a document: RSA PKCS#1 v1.5 or ECDSA (DER), both with SHA-256.
"""

from enum import StrEnum
from typing import Protocol


class Role(StrEnum):
    """In which role a signature stands on a record or document (design §9.3)."""

    SUBJECT_TEACHER = "subject_teacher"
    HOMEROOM_TEACHER = "homeroom_teacher"
    HEAD = "head"
    SCHOOL_SEAL = "school_seal"
    DEPARTMENT_SEAL = "department_seal"


class Signer(Protocol):
    """A key that is held open: parsed once, asked often, never read back."""

    @property
    def certificate(self) -> bytes:
        """The signer's X.509 certificate, DER."""
        ...

    @property
    def chain(self) -> tuple[bytes, ...]:
        """Certificates between the signer and the root, DER, without either."""
        ...

    def sign(self, data: bytes) -> bytes:
        """The raw signature over `data` (hashed with SHA-256 by the key's holder)."""
        ...
