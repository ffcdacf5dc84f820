"""A unit's lines of the log in words, the ones that nobody accounts for first."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final
from urllib.parse import quote

from portal.presenters.language import mark, say
from portal.presenters.states import role_words
from portal.presenters.tones import Tone
from portal.services.school_log import LogGroup, SchoolLog
from verify.log.leaves import Kind
from verify.log.tiles import WIDTH, bundle_path
from verify.signing import Role

SCHOOLS: Final = "/so-minh-bach/truong"
_MOST_UNKNOWN: Final = 100
_ROLES: Final = frozenset(role.value for role in Role)
_LOCK_ROUND: Final = mark("Chốt đợt %(round)s, năm học %(year)s%(class)s")
_LOCK_LATE: Final = mark("Chốt muộn theo quyết định, năm học %(year)s%(class)s")
_CLASS: Final = mark(", lớp %(name)s")
_WHAT: Final[Mapping[Kind, str]] = {
    Kind.EARLIER_RECORD: mark("Nhập từ hệ thống trước (%(detail)s), năm học %(year)s"),
    Kind.FOREIGN_RECORD: mark("Nhận từ hệ thống khác (%(detail)s), năm học %(year)s"),
    Kind.SUPERSEDE: mark("Thay thế học bạ đã chốt, năm học %(year)s"),
    Kind.REVOKE: mark("Thu hồi học bạ đã chốt, năm học %(year)s"),
    Kind.ANNOTATE: mark("Ghi chú bên học bạ đã chốt, năm học %(year)s"),
    Kind.REGISTER_KEY: mark("Chứng thư được ký hoặc hết được ký, vai: %(role)s"),
    Kind.EARLIER_KEY: mark("Công nhận chứng thư của hệ thống trước, vai: %(role)s"),
    Kind.POLICY: mark("Quy chế của đơn vị thay đổi"),
}
_UNREADABLE: Final = mark("Dòng không đọc được theo định dạng của sổ")
_WHY: Final[Mapping[Kind | None, str]] = {
    Kind.LOCK: mark("Cổng không mở được dòng này ra học bạ nào của trường."),
    Kind.EARLIER_RECORD: mark("Cổng không mở được dòng này ra học bạ nào của trường."),
    Kind.FOREIGN_RECORD: mark("Cổng không mở được dòng này ra học bạ nào của trường."),
    Kind.SUPERSEDE: mark("Cổng không có việc thay thế nào ứng với dòng này."),
    Kind.REVOKE: mark("Cổng không có việc thu hồi nào ứng với dòng này."),
    Kind.ANNOTATE: mark("Cổng không có ghi chú nào ứng với dòng này."),
    Kind.REGISTER_KEY: mark("Sổ chứng thư không có chứng thư này của trường."),
    Kind.EARLIER_KEY: mark("Sổ chứng thư không có chứng thư này của trường."),
    Kind.POLICY: mark("Cổng không có quy chế nào ứng với dòng này."),
    None: mark("Dòng có tên trường nhưng không theo định dạng nào của sổ."),
}


@dataclass(frozen=True, slots=True)
class GroupLine:
    """what: in words. lines: their numbers; href: the bundle of entries with the first. count: how many, in words."""

    day: date | None
    what: str
    count: str
    lines: str
    href: str
    state: str
    tone: Tone
    why: str


@dataclass(frozen=True, slots=True)
class SchoolLogPage:
    """unknown: lines that are not accounted for, the first hundred; unknown_count: all of them."""

    unit_code: str
    unit_name: str
    headline: str
    advice: str
    tone: Tone
    groups: tuple[GroupLine, ...]
    unknown: tuple[GroupLine, ...]
    unknown_count: int
    page: int
    pages: int
    previous: str | None
    next: str | None
    back: str | None


def present_school_log(seen: SchoolLog, *, several: bool) -> SchoolLogPage:
    """several: whether the reader may look at other units too."""
    values = {"total": str(seen.total), "unknown": str(len(seen.unknown))}
    if seen.unknown:
        headline = say(mark("%(unknown)s dòng cổng không giải thích được"), values)
        advice = say(
            mark("Trong %(total)s dòng đứng tên đơn vị. Báo ngay cho Sở, và cho bên chứng kiến nếu Sở không trả lời."),
            values,
        )
        tone = Tone.BAD
    elif seen.total:
        headline = say(mark("%(total)s dòng, dòng nào cổng cũng giải thích được"), values)
        advice = say(mark("Nhà trường vẫn nên so số lượng từng lớp và từng ngày với việc mình đã làm."))
        tone = Tone.INFO
    else:
        headline = say(mark("Chưa có dòng nào đứng tên đơn vị"))
        advice = say(mark("Dòng đầu tiên xuất hiện khi Sở đăng ký chứng thư hoặc chốt học bạ."))
        tone = Tone.NEUTRAL
    here = address_of(seen.unit_code)
    return SchoolLogPage(
        unit_code=seen.unit_code,
        unit_name=seen.unit_name,
        headline=headline,
        advice=advice,
        tone=tone,
        groups=tuple(_line(group, seen.log_size) for group in seen.groups),
        unknown=tuple(_line(group, seen.log_size) for group in seen.unknown[:_MOST_UNKNOWN]),
        unknown_count=len(seen.unknown),
        page=seen.page,
        pages=seen.pages,
        previous=f"{here}?trang={seen.page - 1}" if seen.page > 1 else None,
        next=f"{here}?trang={seen.page + 1}" if seen.page < seen.pages else None,
        back=SCHOOLS if several else None,
    )


def address_of(unit_code: str) -> str:
    """Where the lines of a unit stand."""
    return f"{SCHOOLS}/{quote(unit_code, safe='')}"


def _line(group: LogGroup, log_size: int) -> GroupLine:
    numbers = {"first": str(group.first), "last": str(group.last)}
    return GroupLine(
        day=group.day,
        what=_what(group),
        count=_count(group),
        lines=say(mark("%(first)s") if group.count == 1 else mark("%(first)s đến %(last)s"), numbers),
        href=_bundle(group.first, log_size),
        state=say(mark("Giải thích được") if group.known else mark("Không giải thích được")),
        tone=Tone.INFO if group.known else Tone.BAD,
        why="" if group.known else say(_WHY[group.kind]),
    )


def _what(group: LogGroup) -> str:
    if group.kind is None:
        return say(_UNREADABLE)
    if group.kind is Kind.LOCK:
        named = say(_CLASS, {"name": group.detail}) if group.detail else ""
        values = {"round": str(group.round), "year": group.school_year or "", "class": named}
        return say(_LOCK_LATE if group.round is None else _LOCK_ROUND, values)
    values = {"year": group.school_year or "", "detail": group.detail, "role": _role(group.detail)}
    return say(_WHAT[group.kind], values)


def _role(name: str) -> str:
    """An invented leaf may name a role that there is not."""
    return role_words(name) if name in _ROLES else name


def _count(group: LogGroup) -> str:
    if group.kind in (Kind.LOCK, Kind.EARLIER_RECORD, Kind.FOREIGN_RECORD):
        return say(mark("%(n)s học bạ"), {"n": str(group.count)})
    return say(mark("%(n)s dòng"), {"n": str(group.count)})


def _bundle(index: int, log_size: int) -> str:
    """Where everybody fetches that entry, with those beside it."""
    bundle = index // WIDTH
    return f"/log/{bundle_path(bundle, min(WIDTH, log_size - bundle * WIDTH))}"
