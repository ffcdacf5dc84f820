"""`policy`: what a unit allows from here on, by a published regulation; the newest leaf of a policy holds."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from verify.canonical import Json
from verify.errors import MalformedRecord, Refusal
from verify.log import fields

KEYS: Final = frozenset({"unit", "policy", "settings", "file_sha256", "effective_at"})
_SETTINGS: Final = 20
_NAME: Final = re.compile(r"[a-z][a-z_]{0,39}")


@dataclass(frozen=True, slots=True)
class PolicyLeaf:
    """unit: code of who decided. policy: `corrections`, … settings: whole numbers from 0 by name; 1 and 0: yes and no.

    file_sha256: of the regulation's file, 64 hex. effective_at: UTC, whole seconds.
    """

    unit: str
    policy: str
    settings: Mapping[str, int]
    file_sha256: str
    effective_at: datetime


def to_json(leaf: PolicyLeaf) -> dict[str, Json]:
    return {
        "unit": leaf.unit,
        "policy": leaf.policy,
        "settings": dict(leaf.settings),
        "file_sha256": leaf.file_sha256,
        "effective_at": fields.time_text(leaf.effective_at),
    }


def read(value: Mapping[str, Json]) -> PolicyLeaf:
    fields.exactly(value, KEYS)
    settings = value["settings"]
    if not isinstance(settings, Mapping) or not 0 < len(settings) <= _SETTINGS:
        raise MalformedRecord(Refusal.BAD_SHAPE, "settings")
    return PolicyLeaf(
        unit=fields.unit(value["unit"]),
        policy=fields.text(value["policy"], _NAME, "policy"),
        settings=MappingProxyType(
            {fields.text(name, _NAME, "settings"): fields.index(each, name) for name, each in settings.items()}
        ),
        file_sha256=fields.text(value["file_sha256"], fields.HASH, "file_sha256"),
        effective_at=fields.time(value["effective_at"], "effective_at"),
    )
