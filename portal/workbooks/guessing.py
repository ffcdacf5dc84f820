"""What an unknown heading probably means: the most similar known spelling that fits what the column holds.

A guess is only ever preselected for a person; nothing is read by it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Final

from portal.workbooks.fields import FIELDS
from portal.workbooks.headings import SECTIONS, Headings
from portal.workbooks.tables import part_of
from verify.record.spellings import GENDERS, OVERALL_RESULTS, SUBJECT_LEVELS, TRAIT_LEVELS
from verify.record.text import fold
from verify.record.values import Value, date_of, mark_of, number_of

_LEAST: Final = 0.62
_FITS, _DOES_NOT_FIT = 0.1, 0.35
_SHORT: Final = 4
_COMPARED: Final = 60
_SAMPLED: Final = 50


@dataclass(frozen=True, slots=True)
class Unknown:
    """A column to be guessed. texts: its headings, top first. values: what it holds, tidied."""

    index: int
    texts: tuple[str, ...]
    values: Sequence[Value]


def guesses(columns: Sequence[Unknown], taken: frozenset[str], headings: Headings) -> dict[int, str]:
    """A field for some of the columns, each at most once, the surest first. taken: fields that have a column."""
    rated = sorted(
        ((score, column.index, path) for column in columns for path, score in _candidates(column, headings).items()),
        key=lambda each: (-each[0], each[1]),
    )
    found: dict[int, str] = {}
    used = set(taken)
    for _score, index, path in rated:
        if index not in found and not _clashes(path, used):
            found[index] = path
            used.add(path)
    return found


def _clashes(path: str, used: set[str]) -> bool:
    if path == "full_name":
        return bool(used & {"full_name", "family_name", "given_name"})
    if path in ("family_name", "given_name"):
        return bool(used & {"full_name", path})
    return path in used or (path == "female_mark" and "gender" in used)


def _candidates(column: Unknown, headings: Headings) -> dict[str, float]:
    """Fields with how much speaks for each, from 0 to about 1."""
    words = fold(" ".join(column.texts))[:_COMPARED]
    sections = {headings.groups[fold(text)] for text in column.texts if fold(text) in headings.groups} - {""}
    rest, part = _without_part(words, headings)
    values = column.values[:_SAMPLED]
    found: dict[str, float] = {}
    for section, name, spelling in _spellings(headings):
        if sections and section not in sections:
            continue
        score = _similarity(rest if section else words, spelling)
        if score < _LEAST - _FITS:
            continue
        path = _path(section, name, part, values)
        score += _fit(path, values)
        if path in FIELDS and score >= _LEAST:
            found[path] = max(score, found.get(path, 0))
    return found


def _path(section: str, name: str, part: str, values: Sequence[Value]) -> str:
    if not section:
        return name
    sentences = sum(len(str(value)) > 18 for value in values) * 2 > len(values)
    return f"{section}.{name}.{part or part_of(values, section, sentences=sentences)}"


@lru_cache(maxsize=8)
def _spellings(headings: Headings) -> tuple[tuple[str, str, str], ...]:
    """Section, name and compact spelling of everything that is known."""
    fields = [("", name, spelling) for spelling, name in headings.fields.items()]
    items = [(each, name, spelling) for each in SECTIONS for spelling, name in headings.sections[each].items()]
    added = [(meaning.section, meaning.name, spelling) for spelling, meaning in headings.aliases.items()]
    return tuple((section, name, spelling.replace(" ", "")) for section, name, spelling in (*fields, *items, *added))


def _without_part(words: str, headings: Headings) -> tuple[str, str]:
    """The words without those that name a part, and the part."""
    for spelling in sorted(headings.parts, key=len, reverse=True):
        padded = f" {words} "
        if f" {spelling} " in padded:
            rest = padded.replace(f" {spelling} ", " ").strip()
            if rest:
                return rest, headings.parts[spelling]
    return words, ""


def _similarity(words: str, spelling: str) -> float:
    """Of 0 to 1, without regard to spaces; a spelling that the words contain counts for much."""
    compact = words.replace(" ", "")
    if not compact or not spelling:
        return 0.0
    if compact == spelling:
        return 1.0
    if len(spelling) >= _SHORT and spelling in compact:
        return 0.7 + 0.25 * len(spelling) / len(compact)
    matcher = SequenceMatcher(None, compact, spelling, autojunk=False)
    if len(compact) < _SHORT or matcher.real_quick_ratio() < _LEAST or matcher.quick_ratio() < _LEAST:
        return 0.0
    return matcher.ratio()


def _fit(path: str, values: Sequence[Value]) -> float:
    """Whether a column holds what the field holds."""
    fits = _tests(path)
    if fits is None or not values:
        return 0.0
    share = sum(fits(value) for value in values) / len(values)
    return _FITS if share > 0.7 else -_DOES_NOT_FIT if share < 0.3 else 0.0


def _tests(path: str) -> Callable[[Value], bool] | None:
    if path.endswith(".level"):
        return _is_level
    if path.endswith(".score"):
        return lambda value: isinstance(mark_of(value), int)
    return _KINDS.get(path)


def _is_level(value: Value) -> bool:
    words = fold(str(value)).rstrip("0123456789 ")
    return words in SUBJECT_LEVELS or words in TRAIT_LEVELS


def _digits(length: int) -> Callable[[Value], bool]:
    return lambda value: str(value).isdigit() and length - 1 <= len(str(value)) <= length


def _is_name(value: Value) -> bool:
    return isinstance(value, str) and " " in value and not any(character.isdigit() for character in value)


def _is_day(value: Value) -> bool:
    return isinstance(date_of(value), date) and number_of(value) is None


_KINDS: Final[Mapping[str, Callable[[Value], bool]]] = {
    "full_name": _is_name,
    "birth_date": _is_day,
    "issue_date": _is_day,
    "gender": lambda value: fold(str(value)) in GENDERS,
    "personal_id": _digits(12),
    "moet_student_code": _digits(10),
    "overall_result": lambda value: fold(str(value)) in OVERALL_RESULTS,
    "father": _is_name,
    "mother": _is_name,
    "number": lambda value: number_of(value) is not None,
    "height_cm": lambda value: number_of(value) is not None,
    "weight_kg": lambda value: number_of(value) is not None,
}


def by_values(columns: Sequence[Unknown], taken: frozenset[str]) -> Iterator[tuple[int, str]]:
    """What a column surely holds whatever it is called: a gender, an overall result, a birth date."""
    used = set(taken)
    for path in ("gender", "overall_result", "birth_date"):
        fitting = [each for each in columns if len(each.values) > 1 and all(map(_KINDS[path], each.values[:_SAMPLED]))]
        if path not in used and len(fitting) == 1:
            used.add(path)
            yield fitting[0].index, path
