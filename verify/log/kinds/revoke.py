"""`revoke`: a locked record is no longer in force, and nothing takes its place."""

from collections.abc import Mapping
from dataclasses import dataclass

from verify.canonical import Json
from verify.log.kinds import act
from verify.log.kinds.act import ActLeaf, to_json

__all__ = ["RevokeLeaf", "read", "to_json"]


@dataclass(frozen=True, slots=True)
class RevokeLeaf(ActLeaf):
    """A record was revoked."""


def read(value: Mapping[str, Json]) -> RevokeLeaf:
    return act.read(value, RevokeLeaf)
