"""Headings that the department teaches for all schools, from the next file on; who added and removed each is kept."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from portal.errors import NotFound, Problem, Refused
from portal.identity import Identity
from portal.models import Account, HeadingAlias
from portal.permissions import may_teach_headings
from portal.services.uploads import LARGEST_ID
from portal.workbooks.fields import GROUPS, IGNORED
from portal.workbooks.headings import HEADING_CHARACTERS, HEADINGS, Meaning, headings_with, is_heading, meaning_of
from verify.record.text import clean, fold

# Which of two columns holds a name's half, and parts of a list by rows, hang on other columns.
_STEERING: Final = frozenset({"part.level", "part.score", "part.comment"})


@dataclass(frozen=True, slots=True)
class AddedAlias:
    """removed_by, removed_at: None while in use."""

    alias_id: int
    spelling: str
    path: str
    added_by: str
    added_at: datetime
    removed_by: str | None
    removed_at: datetime | None


@dataclass(frozen=True, slots=True)
class AliasTable:
    """built_in: spellings by field, as folded. added: in use, and then those that were removed, newest first."""

    built_in: Mapping[str, Sequence[str]]
    added: tuple[AddedAlias, ...]
    removed: tuple[AddedAlias, ...]


def targets() -> Mapping[str, tuple[str, ...]]:
    """What a heading can be taught to mean, by group: a field, a subject as a whole, or one part of it."""
    return {group: tuple(_targets(paths)) for group, paths in GROUPS.items()}


def _targets(paths: Sequence[str]) -> Iterator[str]:
    seen: set[str] = set()
    for path in paths:
        whole = path.rpartition(".")[0]
        if path not in _STEERING and whole and whole not in seen:
            seen.add(whole)
            yield whole
        if path not in _STEERING:
            yield path


_TARGETS: Final = frozenset(path for paths in targets().values() for path in paths) | {IGNORED}


def is_official(identity: Identity) -> bool:
    """Whether a person teaches headings for all."""
    return may_teach_headings(identity)


def table(session: Session, identity: Identity) -> AliasTable:
    """Everything that headings mean for all schools; raises NotFound for others than the department."""
    _require(identity)
    adder, remover = aliased(Account), aliased(Account)
    rows = session.execute(
        sa.select(HeadingAlias, adder.display_name, remover.display_name)
        .join(adder, adder.id == HeadingAlias.added_by)
        .outerjoin(remover, remover.id == HeadingAlias.removed_by)
        .order_by(HeadingAlias.id.desc())
    )
    held = [_added(row, by, gone) for row, by, gone in rows]
    return AliasTable(
        _built_in(),
        tuple(each for each in held if each.removed_at is None),
        tuple(each for each in held if each.removed_at is not None),
    )


def _added(row: HeadingAlias, added_by: str, removed_by: str | None) -> AddedAlias:
    return AddedAlias(row.id, row.spelling, row.path, added_by, row.added_at, removed_by, row.removed_at)


def _built_in() -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for spelling, name in HEADINGS.fields.items():
        found[name].append(spelling)
    for section, items in HEADINGS.sections.items():
        for spelling, name in items.items():
            found[f"{section}.{name}"].append(spelling)
    for spelling, part in HEADINGS.parts.items():
        found[f"part.{part}"].append(spelling)
    found[IGNORED] = sorted(HEADINGS.ignored)
    return found


def add(session: Session, identity: Identity, spelling: str, path: str, now: datetime) -> None:
    """Teach a heading. Raises Refused: ALIAS_EMPTY, ALIAS_KNOWN for what already means it, ALIAS_COLLIDES otherwise."""
    _require(identity)
    written = clean(spelling)[:HEADING_CHARACTERS]
    if not fold(written):
        raise Refused(Problem.ALIAS_EMPTY)
    if path not in _TARGETS:
        raise Refused(Problem.ALIAS_EMPTY)
    in_use = session.execute(
        sa.select(HeadingAlias.spelling, HeadingAlias.path).where(HeadingAlias.removed_at.is_(None))
    )
    _refuse_collision(written, path, tuple((row.spelling, row.path) for row in in_use))
    session.add(
        HeadingAlias(
            spelling=written,
            folded=fold(written),
            path=path,
            added_by=identity.account_id,
            added_at=now,
            removed_by=None,
            removed_at=None,
        )
    )
    try:
        session.flush()
    except IntegrityError as error:  # another official was faster
        raise Refused(Problem.ALIAS_KNOWN, heading=written) from error


def _refuse_collision(spelling: str, path: str, in_use: tuple[tuple[str, str], ...]) -> None:
    """A heading means one thing for everybody."""
    headings = headings_with(in_use)
    found = meaning_of((spelling,), headings)
    if found is None:
        if is_heading(spelling, headings):
            raise Refused(Problem.ALIAS_IS_GROUP, heading=spelling)
        return
    means = _path(found)
    if means == path:
        raise Refused(Problem.ALIAS_KNOWN, heading=spelling, path=means)
    raise Refused(Problem.ALIAS_COLLIDES, heading=spelling, path=means)


def _path(meaning: Meaning) -> str:
    if not meaning.section:
        return meaning.name or f"part.{meaning.part}"
    return ".".join(filter(None, (meaning.section, meaning.name, meaning.part)))


def remove(session: Session, identity: Identity, alias_id: int, now: datetime) -> None:
    """Use an added heading no more; it stays in the history. Raises NotFound. Pressed twice, it happens once."""
    _require(identity)
    held = session.get(HeadingAlias, alias_id) if 0 < alias_id <= LARGEST_ID else None
    if held is None:
        raise NotFound
    if held.removed_at is None:
        held.removed_by, held.removed_at = identity.account_id, now
        session.flush()


def _require(identity: Identity) -> None:
    if not may_teach_headings(identity):
        raise NotFound
