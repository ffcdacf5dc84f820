"""What a rule yields: plain values that services turn into filters and answers."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class RecordScope:
    """Records within reach: all of the province, those managed or issued by some units, or those of some pupils.

    children: ids of their transcripts.
    """

    everything: bool = False
    managed_by: frozenset[str] = frozenset()
    issued_by: frozenset[str] = frozenset()
    children: frozenset[int] = frozenset()

    def covers(self, managing_unit: str, issuing_unit: str, transcript_id: int | None = None) -> bool:
        """Whether one year of a transcript lies within reach."""
        by_unit = managing_unit in self.managed_by or issuing_unit in self.issued_by
        return self.everything or by_unit or transcript_id in self.children

    @property
    def nothing(self) -> bool:
        return not (self.everything or self.managed_by or self.issued_by or self.children)


NOTHING = RecordScope()


@dataclass(frozen=True, slots=True)
class GrantTerms:
    """A grant as far as the rule asks. given: neither merely requested nor refused or ended. spent: no look is left."""

    given: bool
    unit_code: str | None
    account_id: int | None
    valid_from: date
    valid_to: date
    spent: bool


@dataclass(frozen=True, slots=True)
class GrantReach:
    """Grants that one person may use on a day: to the units where they serve, and to themselves."""

    account_id: int
    units: frozenset[str]
    day: date

    def covers(self, terms: GrantTerms) -> bool:
        """Whether a grant may be used."""
        theirs = terms.account_id == self.account_id or terms.unit_code in self.units
        return theirs and terms.given and not terms.spent and terms.valid_from <= self.day <= terms.valid_to


class ApiScope(StrEnum):
    """What a key of school software may do, always within its own school. Stored, so for ever."""

    PACKETS_WRITE = "packets:write"
    PACKETS_READ = "packets:read"
    SIGNATURES_WRITE = "signatures:write"
    RECEIPTS_READ = "receipts:read"
    ADMISSIONS_READ = "admissions:read"


@dataclass(frozen=True, slots=True)
class UnitScope:
    """Units within reach: all of the province, or some by their codes."""

    everything: bool = False
    units: frozenset[str] = frozenset()

    def covers(self, unit_code: str) -> bool:
        return self.everything or unit_code in self.units

    @property
    def nothing(self) -> bool:
        return not (self.everything or self.units)
