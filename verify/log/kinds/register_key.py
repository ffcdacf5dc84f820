"""`register_key`: a certificate may sign for a unit in a role; a second leaf of that key ends it (decision 0011)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from verify.canonical import Json
from verify.log import fields

KEYS: Final = frozenset({"unit", "role", "certificate_sha256", "valid_from", "valid_to", "effective_at"})


@dataclass(frozen=True, slots=True)
class RegisterKeyLeaf:
    """A certificate may sign for a unit in a role. valid_to: None while open. Times: UTC, whole seconds."""

    unit: str
    role: str
    certificate_sha256: str
    valid_from: datetime
    valid_to: datetime | None
    effective_at: datetime


def to_json(leaf: RegisterKeyLeaf) -> dict[str, Json]:
    return {
        "unit": leaf.unit,
        "role": leaf.role,
        "certificate_sha256": leaf.certificate_sha256,
        "valid_from": fields.time_text(leaf.valid_from),
        "valid_to": None if leaf.valid_to is None else fields.time_text(leaf.valid_to),
        "effective_at": fields.time_text(leaf.effective_at),
    }


def read(value: Mapping[str, Json]) -> RegisterKeyLeaf:
    fields.exactly(value, KEYS)
    return RegisterKeyLeaf(
        unit=fields.unit(value["unit"]),
        role=fields.text(value["role"], fields.ROLE, "role"),
        certificate_sha256=fields.text(value["certificate_sha256"], fields.HASH, "certificate_sha256"),
        valid_from=fields.time(value["valid_from"], "valid_from"),
        valid_to=None if value["valid_to"] is None else fields.time(value["valid_to"], "valid_to"),
        effective_at=fields.time(value["effective_at"], "effective_at"),
    )
