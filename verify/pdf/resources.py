"""What a page or group may draw with, by name: only what it names itself, or a page inherits.

A group that leans on the names of the page around it is drawn by pdfium and poppler, not by MuPDF and pdf.js.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pikepdf

from verify.pdf.profiles import parts_of_profile

# A page tree of 40 pages is not deeper.
_LEVELS: Final = 64
_ON_OR_OFF: Final = frozenset({"/SA", "/OP", "/op"})
# Parameters of a graphics state that viewers understand alike (ISO 32000-1 table 58). Blend modes, soft masks, transfer
# functions and overprint are asked for in `stillness`.
_STATE: Final = frozenset(
    {"/Type", "/CA", "/ca", "/LW", "/LC", "/LJ", "/ML", "/SM", "/OPM", "/BM", "/SMask", "/TR", "/TR2"} | _ON_OR_OFF
)
_OPACITY: Final = frozenset({"/CA", "/ca"})
_NUMBERS: Final = _OPACITY | {"/LW", "/LC", "/LJ", "/ML", "/SM", "/OPM"}


@dataclass(frozen=True, slots=True)
class Resources:
    """A resource dictionary (ISO 32000-1 §7.8.3)."""

    held: pikepdf.Object | None

    @classmethod
    def of_page(cls, page: pikepdf.Object) -> "Resources":
        """Its own, or those of the nearest node above it."""
        node: pikepdf.Object | None = page
        for _ in range(_LEVELS):
            if not isinstance(node, pikepdf.Dictionary):
                break
            if "/Resources" in node:
                return cls.of_group(node)
            node = node.get("/Parent")
        return cls(None)

    @classmethod
    def of_group(cls, group: pikepdf.Object) -> "Resources":
        held = group.get("/Resources")
        return cls(held if isinstance(held, pikepdf.Dictionary) else None)

    def named(self, kind: str) -> Mapping[str, Any]:
        """Everything of a kind (`/Font`), by name."""
        held = self.held.get(kind) if self.held is not None else None
        return dict(held.items()) if isinstance(held, pikepdf.Dictionary) else {}

    def has(self, kind: str, name: str) -> bool:
        return name in self.named(kind)

    def drawn(self, name: str) -> pikepdf.Object | None:
        """A group or picture."""
        held = self.named("/XObject").get(name)
        return held if isinstance(held, pikepdf.Stream) else None

    def state(self, name: str) -> Mapping[str, Any] | None:
        """Parameters of a graphics state, None where viewers may understand them unlike."""
        held = self.named("/ExtGState").get(name)
        if not isinstance(held, pikepdf.Dictionary) or not held.keys() <= _STATE:
            return None
        said: dict[str, Any] = dict(held.items())
        numbers = {key: said[key] for key in said.keys() & _NUMBERS}
        if any(isinstance(each, bool | str | pikepdf.Object) for each in numbers.values()):
            return None
        opaque = all(0 <= numbers[key] <= 1 for key in numbers.keys() & _OPACITY)
        return said if opaque and all(isinstance(said[key], bool) for key in said.keys() & _ON_OR_OFF) else None

    def parts_of_colour(self, name: str) -> int | None:
        """How many numbers a colour has in a space of this name; None for spaces that are not plain."""
        return parts_of_profile(self.named("/ColorSpace").get(name))
