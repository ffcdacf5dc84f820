"""Two contents of one year, field by field: what an import replaces, and what a superseding version says otherwise."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from verify.canonical import Json
from verify.record.codec import to_json
from verify.record.model import YearContent

_BESIDE: Final = frozenset({"version", "replaces", "lookup_code", "schema"})


@dataclass(frozen=True, slots=True)
class Change:
    """One field that will say something else. Empty text: nothing stands there."""

    path: str
    before: str
    after: str


def changes_between(before: YearContent, after: YearContent) -> Iterator[Change]:
    """Field by field."""
    old, new = values_of(before), values_of(after)
    for path in dict.fromkeys((*old, *new)):
        if old.get(path, "") != new.get(path, ""):
            yield Change(path, old.get(path, ""), new.get(path, ""))


def values_of(content: YearContent) -> dict[str, str]:
    """Every value of a record under its path, as text."""
    values = to_json(content.under("0" * 32))
    return dict(_leaves({name: value for name, value in values.items() if name not in _BESIDE}, ""))


def _leaves(value: Json, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _leaves(item, f"{path}.{name}" if path else name)
    elif isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
        for index, item in enumerate(value):
            yield from _leaves(item, f"{path}.{index}")
    elif isinstance(value, list):
        yield path, "; ".join(map(str, value))
    elif isinstance(value, bool):
        yield path, "có" if value else "không"
    else:
        yield path, "" if value is None else str(value)
