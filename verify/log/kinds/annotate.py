"""`annotate`: a note stands beside a locked record from here on; the record keeps its force."""

from collections.abc import Mapping
from dataclasses import dataclass

from verify.canonical import Json
from verify.log.kinds import act
from verify.log.kinds.act import ActLeaf, to_json

__all__ = ["AnnotateLeaf", "read", "to_json"]


@dataclass(frozen=True, slots=True)
class AnnotateLeaf(ActLeaf):
    """A record was annotated."""


def read(value: Mapping[str, Json]) -> AnnotateLeaf:
    return act.read(value, AnnotateLeaf)
