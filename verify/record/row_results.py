"""What the teacher assessed: subjects, qualities, competences and the overall result."""

import re
from collections.abc import Sequence
from typing import Final

from verify.record.findings import FindingCode, shorten
from verify.record.model import TraitResult
from verify.record.row import Row
from verify.record.rules import SubjectEntry
from verify.record.spellings import (
    OVERALL_RESULTS,
    OVERALL_WORDS,
    SUBJECT_LEVEL_WORDS,
    SUBJECT_LEVELS,
    TRAIT_LEVEL_WORDS,
    TRAIT_LEVELS,
)
from verify.record.text import fold
from verify.record.values import Value, mark_of, shown
from verify.record.vocabulary import (
    SUBJECTS,
    OverallResult,
    Presence,
    Subject,
    SubjectLevel,
    Trait,
    TraitLevel,
)

# A whole comment in the column of a level is quoted only by its beginning.
_QUOTED: Final = 40
_LEVEL_AND_MARK = re.compile(r"(?P<level>[^\d]*[^\d\s\-–/:(,.])[\s\-–/:(,]*(?P<mark>\d{1,3}(?:[.,]\d{1,3})?)\)?")
_EXTRA_TRAIT = re.compile(r"(qualities|competences)\.([a-z0-9_]{1,60})\.(level|comment|label)")


def subjects(row: Row) -> dict[str, SubjectEntry]:
    """Each row of section 1 that the cells say anything of, in the order of the catalogue."""
    entries = ((subject.code, _subject(row, subject)) for subject in SUBJECTS)
    return {code: entry for code, entry in entries if entry is not None}


def _subject(row: Row, subject: Subject) -> SubjectEntry | None:
    stem = f"subjects.{subject.code}"
    if subject.presence_in(row.context.grade) is Presence.NOT_TAUGHT:
        written = [row.value(f"{stem}.{part}") for part in ("level", "score", "comment")]
        return SubjectEntry() if any(value is not None for value in written) else None
    level, beside = _level_and_mark(row, f"{stem}.level", f"{stem}.score")
    score = row.optional(f"{stem}.score", mark_of(row.value(f"{stem}.score")))
    if score is not None and beside is not None and score != beside:
        row.fault(f"{stem}.score", FindingCode.MARKS_DISAGREE, value=beside, other=score)
    comment = row.text(f"{stem}.comment")
    entry = SubjectEntry(level, score if score is not None else beside, comment)
    touched = any(f"{stem}.{part}" in row.faulted for part in ("level", "score", "comment"))
    return entry if touched or entry != SubjectEntry() else None


def _level_and_mark(row: Row, path: str, score_path: str) -> tuple[SubjectLevel | None, int | None]:
    """A level, and the mark that some schools write beside it in the same cell: `T 9`, `H-7`, `T (10)`."""
    value = row.value(path)
    if value is None:
        return None, None
    if isinstance(value, str):
        level = SUBJECT_LEVELS.get(fold(value))
        if level is not None:
            return level, None
        match = _LEVEL_AND_MARK.fullmatch(value)
        level = SUBJECT_LEVELS.get(fold(match["level"])) if match else None
        if match and level is not None:
            return level, row.optional(score_path, mark_of(match["mark"]))
    _refuse_level(row, path, value, SUBJECT_LEVEL_WORDS)
    return None, None


def _refuse_level(row: Row, path: str, value: Value, allowed: str) -> None:
    row.fault(path, FindingCode.LEVEL_NOT_ALLOWED, value=shorten(shown(value), _QUOTED), allowed=allowed)


def traits(row: Row, section: str, catalogue: Sequence[Trait]) -> dict[str, TraitResult]:
    """Section 2 or 3 by code: the catalogue's order, then rows beyond it (accepted, domain §3)."""
    known = [trait.code for trait in catalogue]
    matches = (_EXTRA_TRAIT.fullmatch(path) for path in row.cells)
    extra = {match[2] for match in matches if match and match[1] == section}.difference(known)
    results = ((code, _trait(row, f"{section}.{code}", code)) for code in known)
    more = ((code, _trait(row, f"{section}.{code}", code, extra=True)) for code in sorted(extra))
    return {code: result for code, result in (*results, *more) if result is not None}


def _trait(row: Row, stem: str, code: str, *, extra: bool = False) -> TraitResult | None:
    """A row needs a level only when a comment would be lost without it."""
    level = _trait_level(row, f"{stem}.level")
    comment = row.text(f"{stem}.comment")
    label = (row.text(f"{stem}.label", _QUOTED * 5) or code) if extra else None
    if level is None:
        if comment is not None:
            row.missing(f"{stem}.level", FindingCode.LEVEL_MISSING, allowed=TRAIT_LEVEL_WORDS)
        return None
    return TraitResult(level, comment, label)


def _trait_level(row: Row, path: str) -> TraitLevel | None:
    value = row.value(path)
    if value is None:
        return None
    level = TRAIT_LEVELS.get(fold(value)) if isinstance(value, str) else None
    if level is None:
        _refuse_level(row, path, value, TRAIT_LEVEL_WORDS)
    return level


def overall_result(row: Row) -> OverallResult | None:
    value = row.value("overall_result")
    if value is None:
        row.missing("overall_result", FindingCode.RESULT_MISSING, allowed=OVERALL_WORDS)
        return None
    result = OVERALL_RESULTS.get(fold(value)) if isinstance(value, str) else None
    if result is None:
        written = shorten(shown(value), _QUOTED)
        row.fault("overall_result", FindingCode.RESULT_NOT_ALLOWED, value=written, allowed=OVERALL_WORDS)
    return result
