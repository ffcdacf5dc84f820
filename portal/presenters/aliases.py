"""What headings mean for all schools: built in, added by the department, removed again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from portal.presenters.fields import IGNORED, FieldGroup, FieldOption, field_groups, field_words
from portal.presenters.language import mark, say
from portal.services import aliases as service
from portal.services.aliases import AddedAlias, AliasTable

ALIASES: Final = "/tieu-de-cot"
_LEFT_OUT: Final = mark("Cột không thuộc học bạ")


@dataclass(frozen=True, slots=True)
class AliasLine:
    alias_id: int
    spelling: str
    field: str
    added_by: str
    added_at: datetime
    removed_by: str
    removed_at: datetime | None
    href: str


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """spellings: as they are compared: lower case, without diacritics."""

    field: str
    spellings: str
    count: int


@dataclass(frozen=True, slots=True)
class AliasPage:
    added: tuple[AliasLine, ...]
    removed: tuple[AliasLine, ...]
    built_in: tuple[BuiltIn, ...]


def choices() -> tuple[FieldGroup, ...]:
    """What a heading can be taught to mean."""
    ignored = FieldGroup(say(_LEFT_OUT), (FieldOption(IGNORED, field_words(IGNORED)),))
    return (*field_groups({group: paths for group, paths in service.targets().items() if paths}), ignored)


def present_aliases(table: AliasTable) -> AliasPage:
    return AliasPage(
        tuple(map(_line, table.added)),
        tuple(map(_line, table.removed)),
        tuple(BuiltIn(field_words(path), ", ".join(spellings), len(spellings)) for path, spellings in _in_order(table)),
    )


def _in_order(table: AliasTable) -> Sequence[tuple[str, Sequence[str]]]:
    return [(path, spellings) for path, spellings in table.built_in.items() if spellings]


def _line(added: AddedAlias) -> AliasLine:
    return AliasLine(
        added.alias_id,
        added.spelling,
        field_words(added.path),
        added.added_by,
        added.added_at,
        added.removed_by or "",
        added.removed_at,
        f"{ALIASES}/{added.alias_id}/bo",
    )
