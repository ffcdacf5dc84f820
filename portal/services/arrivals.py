"""What comes with a record of an XML packet beside its content: its signatures, and what it says of code and version.

An `Arrival` is what is shown and compared while a person decides; a `SignedRoot` is what is then kept: the signed
bytes, with the signatures that a lock needs. Both come from one examination (`services.xml_packets`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.services.evidence import checks_from_json, checks_to_json
from verify.signing import Role
from verify.verdict import Check


@dataclass(frozen=True, slots=True)
class SignedBy:
    """One signature of a chain as it was found on receipt.

    role, signed_at: as signed, None where the signature does not verify. failed: checks that did not pass.
    """

    role: Role | None
    signer_name: str
    signed_at: datetime | None
    failed: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class Chain:
    """The signatures of one record, in order. missing: roles that a lock needs and in which nobody signed."""

    signatures: tuple[SignedBy, ...]
    missing: tuple[Role, ...]

    @property
    def holds(self) -> bool:
        """Whether every signature that is there counts."""
        return not any(each.failed for each in self.signatures)

    @property
    def complete(self) -> bool:
        """Whether it may be accepted."""
        return self.holds and not self.missing

    def signed_as(self, role: Role) -> bool:
        return any(each.role is role and not each.failed for each in self.signatures)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A record of an XML packet, without its bytes.

    root_sha256: of the signed bytes. record_sha256: of the part that does not grow with the signatures. lookup_code,
    version, replaces: as it says itself, or None.
    """

    root_sha256: str
    record_sha256: str
    lookup_code: str | None
    version: int | None
    replaces: str | None
    chain: Chain

    @property
    def signed(self) -> bool:
        """Whether anybody signed: a record that nobody signed is data like a workbook's row."""
        return bool(self.chain.signatures)


@dataclass(frozen=True, slots=True)
class NeededSignature:
    """A signature that a lock needs. element: its exclusive C14N. report: its one full validation (design §3.4)."""

    role: Role
    element: bytes
    certificate_sha256: str
    signer_name: str
    signed_at: datetime
    report: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class SignedRoot:
    """The signed bytes of a record, and of its signatures those that a lock needs."""

    root: bytes
    signatures: tuple[NeededSignature, ...]


Arrivals = Mapping[int, Arrival]
Roots = Mapping[int, SignedRoot]


def arrival_to_json(held: Arrival) -> dict[str, Any]:
    return {
        "root_sha256": held.root_sha256,
        "record_sha256": held.record_sha256,
        "lookup_code": held.lookup_code,
        "version": held.version,
        "replaces": held.replaces,
        "chain": chain_to_json(held.chain),
    }


def arrival_from_json(value: Mapping[str, Any]) -> Arrival:
    return Arrival(
        value["root_sha256"],
        value["record_sha256"],
        value["lookup_code"],
        value["version"],
        value["replaces"],
        chain_from_json(value["chain"]),
    )


def chain_to_json(chain: Chain) -> dict[str, Any]:
    return {
        "signatures": [
            {
                "role": each.role.value if each.role is not None else None,
                "signer": each.signer_name,
                "signed_at": each.signed_at.isoformat() if each.signed_at is not None else None,
                "failed": checks_to_json(each.failed),
            }
            for each in chain.signatures
        ],
        "missing": [role.value for role in chain.missing],
    }


def chain_from_json(value: Mapping[str, Any]) -> Chain:
    return Chain(
        tuple(
            SignedBy(
                Role(each["role"]) if each["role"] is not None else None,
                each["signer"],
                datetime.fromisoformat(each["signed_at"]) if each["signed_at"] is not None else None,
                checks_from_json(each["failed"]),
            )
            for each in value["signatures"]
        ),
        tuple(Role(role) for role in value["missing"]),
    )
