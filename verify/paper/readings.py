"""What a photo says about each cell, as values; what follows from it is decided elsewhere (`verify.verdict`)."""

from dataclasses import dataclass
from enum import StrEnum

from verify.paper.thresholds import MANY


class State(StrEnum):
    """equal: as expected. differs: confidently not. unread: the photo does not tell."""

    EQUAL = "equal"
    DIFFERS = "differs"
    UNREAD = "unread"


class Cause(StrEnum):
    """Why a cell is unread."""

    NOT_SEEN = "not_seen"  # outside the photo, or in glare
    TOO_POOR = "too_poor"  # the page's own labels are not clear enough
    COVERED = "covered"  # ink that belongs to no value: pen, stamp, stain, crease
    UNCLEAR = "unclear"  # between two values


@dataclass(frozen=True, slots=True)
class CellReading:
    """One cell. expected: as printed. seen: the value that it looks like where it differs and that can be told.

    lean: 0 as expected, 1 as the nearest other value. stroke: strongest ink that is too much or missing, of full ink.
    cause: of an unread cell. by_eye: words whose tone marks this photo cannot carry; a person compares them.
    """

    field: str
    page: int
    box: tuple[float, float, float, float]
    state: State
    expected: str
    seen: str = ""
    lean: float = 0.0
    stroke: float = 0.0
    cause: Cause | None = None
    by_eye: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PaperReading:
    """All cells of the pages that were photographed, in the order of the form."""

    cells: tuple[CellReading, ...]

    @property
    def equal(self) -> int:
        return sum(cell.state is State.EQUAL for cell in self.cells)

    @property
    def differing(self) -> tuple[CellReading, ...]:
        return tuple(cell for cell in self.cells if cell.state is State.DIFFERS)

    @property
    def unread(self) -> tuple[CellReading, ...]:
        return tuple(cell for cell in self.cells if cell.state is State.UNREAD)

    @property
    def by_eye(self) -> tuple[CellReading, ...]:
        """Equal as far as the photo tells, with tone marks that it does not."""
        return tuple(cell for cell in self.cells if cell.state is State.EQUAL and cell.by_eye)

    @property
    def too_many_differ(self) -> bool:
        """More than a forger changes: likelier another page, or a photo that was laid wrongly."""
        return len(self.differing) > MANY
