"""Whose records somebody saw, for the officer of a breach: a few sentences, and a line for each record."""

from datetime import datetime

from portal.presenters.language import mark, moment_words, say
from portal.presenters.ledger import ACTIONS
from portal.services.ledger_seen import Seen, SeenRecord
from verify.code import grouped


def seen_sentences(found: Seen) -> tuple[str, ...]:
    """How many records and looks, by the school that tells the families; then looks that name no record."""
    schools: dict[str, int] = {}
    for each in found.records:
        schools[each.keeper] = schools.get(each.keeper, 0) + 1
    counts = {"records": str(len(found.records)), "looks": str(sum(each.looks for each in found.records))}
    lines = [say(mark("%(records)s học bạ bị xem, %(looks)s lần."), counts)]
    lines += [
        say(mark("%(school)s: %(count)s học bạ."), {"school": school, "count": str(count)})
        for school, count in schools.items()
    ]
    lines += [
        say(
            mark("Việc không ghi từng học bạ: %(action)s, %(count)s lần."),
            {"action": _action(each), "count": str(count)},
        )
        for each, count in found.others.items()
    ]
    if found.refused:
        lines.append(say(mark("%(count)s lần bị từ chối."), {"count": str(found.refused)}))
    return tuple(lines)


def seen_headings() -> tuple[str, ...]:
    """The headings of the file."""
    words = (
        mark("Mã số tra cứu"),
        mark("Nơi quản lý hồ sơ"),
        mark("Số lần"),
        mark("Lần đầu"),
        mark("Lần cuối"),
        mark("Việc"),
        mark("Phần"),
    )
    return tuple(say(word) for word in words)


def seen_cells(each: SeenRecord) -> tuple[str, ...]:
    """A record as a line of the file."""
    return (
        grouped(each.code),
        each.keeper,
        str(each.looks),
        moment_words(each.first),
        moment_words(each.last),
        ", ".join(_action(action) for action in each.actions),
        "; ".join(each.parts),
    )


def seen_json(found: Seen) -> dict[str, object]:
    """The same for a machine."""
    return {
        "records": [
            {
                "code": each.code,
                "keeper": each.keeper,
                "looks": each.looks,
                "first": _iso(each.first),
                "last": _iso(each.last),
                "actions": list(each.actions),
                "parts": list(each.parts),
            }
            for each in found.records
        ],
        "others": found.others,
        "refused": found.refused,
    }


def _iso(at: datetime) -> str:
    return at.isoformat()


def _action(action: str) -> str:
    return say(ACTIONS[action]) if action in ACTIONS else action
