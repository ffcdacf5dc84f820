"""Counting what was found in a file that is taken in: by type, school and the software that wrote the file."""

from collections import Counter
from collections.abc import Iterable
from typing import Final

from sqlalchemy.orm import Session

from portal.models import FindingCount
from portal.services.counting_up import add_up
from verify.record.findings import Finding, FindingCode

# No fault of a file: each pupil whom the system sees for the first time.
_NONE: Final = frozenset({FindingCode.NEW_PUPIL})


def add(session: Session, school_year: str, unit_id: int, software: str | None, findings: Iterable[Finding]) -> None:
    """Add the findings of one file. No sum of the province is kept: every school would wait for its row (0039)."""
    counts: Counter[tuple[str, int, str, str, str]] = Counter()
    for found in findings:
        if found.code not in _NONE:
            counts[school_year, unit_id, software or "", found.code.value, found.severity.value] += 1
    add_up(session, FindingCount, counts)
