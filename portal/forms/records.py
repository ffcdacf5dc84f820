"""Searching the staff's list: `?q=` words of a name, `?nam=` school year, `?lop=` class, `?trang=` page."""

from collections.abc import Mapping
from dataclasses import dataclass

QUERY_CHARACTERS = 100
_LAST_PAGE = 100_000


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What to search for. Empty text and no class: nothing was asked yet. page: from 1."""

    text: str = ""
    school_year: str | None = None
    class_name: str | None = None
    page: int = 1

    @property
    def asked(self) -> bool:
        return bool(self.text or self.school_year or self.class_name)


def list_query(arguments: Mapping[str, str]) -> ListQuery:
    """Read the query; what makes no sense counts as not given: it comes from links and bookmarks."""
    return ListQuery(
        text=_text(arguments, "q") or "",
        school_year=_text(arguments, "nam"),
        class_name=_text(arguments, "lop"),
        page=_page(arguments.get("trang", "")),
    )


def _text(arguments: Mapping[str, str], name: str) -> str | None:
    return arguments.get(name, "").replace("\0", "").strip()[:QUERY_CHARACTERS] or None


def _page(text: str) -> int:
    return min(int(text), _LAST_PAGE) if text.isascii() and text.isdigit() and len(text) < 7 else 1
