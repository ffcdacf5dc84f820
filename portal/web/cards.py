"""Counting anonymous cards (design §9.10) without making a lookup wait for a disk."""

from datetime import datetime

from portal.web.rendering import VIETNAM
from portal.web.runtime import held, write_counts_aside


def count(moment: datetime, *, found: bool) -> None:
    """Count one card of the province's day; now and then a batch is written, in a thread of its own."""
    kept = held()
    if kept.cards.add(moment.astimezone(VIETNAM).date(), "found" if found else "not_found"):
        write_counts_aside(kept)
