"""The alias table `headings.toml`: what a heading means, by folded text. Extended by people, checked when loaded.

What the department added while the portal runs comes as `aliases` of a `Headings` of its own (`headings_with`).
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Final

from verify.record.text import clean, fold

_FILE: Final = Path(__file__).with_name("headings.toml")
# "Số định danh cá nhân (12 chữ số, bắt buộc)" has 43; whole sentences are notes.
HEADING_CHARACTERS: Final = 150
_FIELDS, _PARTS = "fields", "parts"
SUBJECTS, QUALITIES, COMPETENCES = "subjects", "qualities", "competences"
SECTIONS: Final = (SUBJECTS, QUALITIES, COMPETENCES)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the headings over a column say.

    section: subjects, qualities, competences, or "" for a field of the pupil. name: code in the section, or the field;
    "" for a part alone (`Mức` in a list of one row per subject). part: level, score, comment, or "" when not said.
    doubtful: the same word names a subject and a competence (Khoa học, Tin học, Công nghệ). extra: beyond the
    catalogue.
    """

    section: str
    name: str
    part: str = ""
    doubtful: bool = False
    extra: bool = False


IGNORED: Final = Meaning("", "ignored")


@dataclass(frozen=True, slots=True, eq=False)
class Headings:
    """Folded spelling -> name, for each table of the file. groups: "" stands for a heading that names no section.

    aliases: what people added, before everything else. Told apart by identity, so that meanings can be kept.
    """

    fields: Mapping[str, str]
    parts: Mapping[str, str]
    groups: Mapping[str, str]
    sections: Mapping[str, Mapping[str, str]]
    ignored: frozenset[str]
    earlier: frozenset[str]
    notes: frozenset[str]
    line_beginnings: tuple[str, ...]
    aliases: Mapping[str, Meaning] = field(default_factory=dict)


def _load() -> Headings:
    held = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    groups = _by_spelling(held["groups"])
    return Headings(
        fields=_by_spelling(held[_FIELDS]),
        parts=_by_spelling(held[_PARTS]),
        groups={spelling: "" if name == "none" else name for spelling, name in groups.items()},
        sections={section: _by_spelling(held[section]) for section in SECTIONS},
        ignored=frozenset(map(fold, held["ignored"]["headings"])),
        earlier=frozenset(map(fold, held["ignored"]["earlier"])),
        notes=frozenset(map(fold, held["notes"]["words"])),
        line_beginnings=tuple(clean(beginning).casefold() for beginning in held["lines"]["beginnings"]),
    )


def _by_spelling(names: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Raises ValueError for one spelling under two names."""
    found: dict[str, str] = {}
    for name, spellings in names.items():
        for spelling in map(fold, spellings):
            if found.setdefault(spelling, name) != name:
                raise ValueError(f"headings.toml: “{spelling}” stands under {found[spelling]} and {name}")
    return found


HEADINGS: Final = _load()


@lru_cache(maxsize=8)
def headings_with(aliases: tuple[tuple[str, str], ...]) -> Headings:
    """The table with what people added.

    aliases: a spelling and its field each, such as `full_name`, `subjects.toan` or `subjects.toan.score`.
    """
    if not aliases:
        return HEADINGS
    return replace(HEADINGS, aliases={fold(spelling): _meaning_from(path) for spelling, path in aliases})


def _meaning_from(path: str) -> Meaning:
    section, _, rest = path.partition(".")
    if not rest:
        return Meaning("", path)
    name, _, part = rest.partition(".")
    return Meaning(section, name, part)


def is_heading(text: str, headings: Headings = HEADINGS) -> bool:
    """Whether a cell alone could stand in a header row."""
    if len(text) > HEADING_CHARACTERS:
        return False
    words = fold(text)
    return words in HEADINGS.groups or words in HEADINGS.earlier or meaning_of((text,), headings) is not None


@lru_cache(maxsize=4096)
def meaning_of(texts: tuple[str, ...], headings: Headings = HEADINGS) -> Meaning | None:
    """The meaning of a column from its stacked headings, top first; None for an unknown one."""
    stacked = [fold(text) for text in texts]
    return headings.aliases.get(" ".join(stacked)) or _meaning_of(stacked, headings)


def _meaning_of(stacked: list[str], headings: Headings) -> Meaning | None:
    if any(words in HEADINGS.earlier for words in stacked):
        return IGNORED
    section, part, rest = _sorted_words(stacked)
    if not rest:
        return Meaning("", "", part) if part else None
    whole = _exact(" ".join(stacked), "")
    if whole is not None and whole.section:
        return whole
    for candidate in (" ".join(rest), *reversed(rest)):
        found = _added(candidate, section, headings) or _looked_up(candidate, section, headings)
        if found is not None:
            return Meaning(found.section, found.name, found.part or part, found.doubtful)
    if section in (QUALITIES, COMPETENCES):
        return Meaning(section, _slug(rest[-1]), part, extra=True)
    return None


def _sorted_words(stacked: list[str]) -> tuple[str, str, list[str]]:
    """The section and part that headings name, and the other words."""
    section, part, rest = "", "", []
    for words in stacked:
        if words in HEADINGS.groups:
            section = HEADINGS.groups[words] or section
        elif words in HEADINGS.parts:
            part = HEADINGS.parts[words]
        elif words:
            rest.append(words)
    return section, part, rest


def _added(words: str, section: str, headings: Headings) -> Meaning | None:
    """What people added, unless the headings above name another section."""
    found = headings.aliases.get(words)
    return found if found is not None and (not section or found.section in ("", section)) else None


def _looked_up(words: str, section: str, headings: Headings) -> Meaning | None:
    """Exactly, then with a part before or behind (`Điểm Toán`, `TV - Mức`), then without a closing note or digit."""
    if found := _exact(words, section) or _behind_group(words):
        return found
    for spelling, part in _PARTS_LONGEST_FIRST:
        for rest in (words.removeprefix(f"{spelling} "), words.removesuffix(f" {spelling}")):
            if rest == words:
                continue
            found = _added(rest, section, headings) or _exact(rest, section) or _behind_group(rest)
            if found is not None and found.section:
                return Meaning(found.section, found.name, part, found.doubtful)
    for shorter in _without_note(words):
        if found := _exact(shorter, section):
            return found
    return None


def _exact(words: str, section: str) -> Meaning | None:
    if section:
        name = HEADINGS.sections[section].get(words)
        if name is not None:
            return Meaning(section, name)
    if words in HEADINGS.ignored:
        return IGNORED
    if words in HEADINGS.fields:
        return Meaning("", HEADINGS.fields[words])
    named = [(each, HEADINGS.sections[each][words]) for each in SECTIONS if words in HEADINGS.sections[each]]
    if section or not named:
        return None
    return Meaning(*named[0], doubtful=len(named) > 1)


def _behind_group(words: str) -> Meaning | None:
    """A section and its item in one cell: `Năng lực: Khoa học`, `PC Nhân ái`."""
    for spelling, section in HEADINGS.groups.items():
        if section and words.startswith(f"{spelling} "):
            name = HEADINGS.sections[section].get(words.removeprefix(f"{spelling} "))
            if name is not None:
                return Meaning(section, name)
    return None


def _without_note(words: str) -> Iterator[str]:
    for note in HEADINGS.notes:
        if words.endswith(f" {note}"):
            yield words.removesuffix(f" {note}")
    head, _, last = words.rpartition(" ")
    if head.endswith(" lop") and last.isdecimal():
        yield head  # "Hoàn thành chương trình lớp 4"


def item_named(text: str, headings: Headings = HEADINGS) -> tuple[str, str] | None:
    """Section and code that a cell of a list of one row per subject names; a subject before a competence."""
    words = fold(text)
    added = headings.aliases.get(words)
    if added is not None and added.section:
        return added.section, added.name
    for section in SECTIONS:
        if words in HEADINGS.sections[section]:
            return section, HEADINGS.sections[section][words]
    return None


def is_closing_line(text: str) -> bool:
    """Whether a text begins as lines under a list do: totals, signatures, dates. Tone marks count: Tống is a name."""
    words = " ".join(re.findall(r"\w+", clean(text).casefold()))
    return f"{words} ".startswith(_LINE_BEGINNINGS)


def _slug(words: str) -> str:
    return "".join(c for c in words.replace(" ", "_") if c.isascii() and (c.isalnum() or c == "_"))[:60] or "khac"


_PARTS_LONGEST_FIRST: Final = sorted(HEADINGS.parts.items(), key=lambda item: -len(item[0]))
_LINE_BEGINNINGS: Final = tuple(f"{beginning} " for beginning in HEADINGS.line_beginnings)
