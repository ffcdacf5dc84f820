"""The organisation in words: kinds, acts and what they moved, one unit and its history."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from portal.models import ActKind, ActPart, UnitKind
from portal.presenters.language import day_words, mark, say
from portal.services.unit_handover import Consequences
from portal.services.unit_pages import ActLine, Dated, Overview, UnitLine, UnitView
from portal.services.unit_requests import Preview

HOME: Final = "/to-chuc"
KINDS: Final[Mapping[UnitKind, str]] = {
    UnitKind.MINISTRY: mark("Bộ GDĐT"),
    UnitKind.DEPARTMENT: mark("Sở GDĐT"),
    UnitKind.OFFICE: mark("Phòng GDĐT"),
    UnitKind.COMMUNE: mark("Xã, phường"),
    UnitKind.PRIMARY: mark("Tiểu học"),
    UnitKind.LOWER_SECONDARY: mark("Trung học cơ sở"),
    UnitKind.COMBINED: mark("Tiểu học và trung học cơ sở"),
    UnitKind.OUTSIDE: mark("Hệ thống khác"),
}
ACTS: Final[Mapping[ActKind, str]] = {
    ActKind.FOUND: mark("Thành lập"),
    ActKind.RENAME: mark("Đổi tên"),
    ActKind.MOVE: mark("Chuyển đơn vị cấp trên"),
    ActKind.MERGE: mark("Sáp nhập"),
    ActKind.SPLIT: mark("Chia tách"),
    ActKind.CLOSE: mark("Giải thể"),
}
# The last part of the address of each form.
ADDRESSES: Final[Mapping[str, ActKind]] = {
    "doi-ten": ActKind.RENAME,
    "chuyen": ActKind.MOVE,
    "sap-nhap": ActKind.MERGE,
    "chia-tach": ActKind.SPLIT,
    "giai-the": ActKind.CLOSE,
}
_PARTS: Final[Mapping[ActPart, str]] = {
    ActPart.SUBJECT: mark("%(act)s"),
    ActPart.HEIR: mark("%(act)s: kế thừa"),
    ActPart.CHILD: mark("%(act)s ở đơn vị cấp trên"),
}
_MOVED: Final[Mapping[str, str]] = {
    "pupils": mark("học bạ chuyển sang đơn vị kế thừa quản lí; đơn vị đã phát hành vẫn ghi như cũ"),
    "withdrawn": mark("học bạ chưa được tiếp nhận bị rút; đơn vị kế thừa nhập lại dưới tên mình"),
    "accepted": mark("học bạ đã được tiếp nhận giữ nguyên tên trường và chốt cùng đợt"),
    "people": mark("người thôi vai trò ở đơn vị; Sở giao vai trò mới ở đơn vị kế thừa"),
    "keys": mark("chứng thư thôi được ký, ghi vào sổ minh bạch"),
    "api_keys": mark("khóa của phần mềm trường bị thu hồi"),
    "uploads": mark("tệp đang chờ xác nhận bị bỏ"),
    "children": mark("đơn vị cấp dưới chuyển sang đơn vị kế thừa"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """schools: words of their number, empty for none. ended: words of the last day, empty while it stands."""

    name: str
    code: str
    kind: str
    parent: str
    schools: str
    ended: str
    href: str


@dataclass(frozen=True, slots=True)
class TreePage:
    summary: str
    middle: tuple[Line, ...]
    schools: tuple[Line, ...]
    may_change: bool


@dataclass(frozen=True, slots=True)
class FoundPage:
    words: str
    lines: tuple[Line, ...]
    summary: str


@dataclass(frozen=True, slots=True)
class Period:
    words: str
    days: str


@dataclass(frozen=True, slots=True)
class Moved:
    """count of something, and what becomes of it."""

    count: int
    words: str


@dataclass(frozen=True, slots=True)
class Entry:
    """An act in the history of a unit."""

    title: str
    day: date
    decision: str
    who: str
    at: datetime
    what: str
    moved: tuple[Moved, ...]


@dataclass(frozen=True, slots=True)
class ActLink:
    words: str
    href: str


@dataclass(frozen=True, slots=True)
class UnitPage:
    name: str
    code: str
    kind: str
    days: str
    ended: bool
    parent: Line | None
    pupils: int
    children: tuple[Line, ...]
    heirs: tuple[Line, ...]
    before: tuple[Line, ...]
    names: tuple[Period, ...]
    parents: tuple[Period, ...]
    entries: tuple[Entry, ...]
    acts: tuple[ActLink, ...]


@dataclass(frozen=True, slots=True)
class ConfirmPage:
    """title: the act. sentence: what happens. moved: the numbers. final: whether units end by it."""

    title: str
    sentence: str
    day: date
    moved: tuple[Moved, ...]
    final: bool
    digest: str


def kind_of(value: str) -> UnitKind:
    """The kind by its stored name."""
    return UnitKind(value)


def kind_choices() -> dict[str, str]:
    """Kinds that the department founds."""
    others = (UnitKind.MINISTRY, UnitKind.OFFICE, UnitKind.OUTSIDE)
    return {kind.value: say(words) for kind, words in KINDS.items() if kind not in others}


def present_tree(held: Overview) -> TreePage:
    counts = [f"{count} {say(KINDS[kind]).lower()}" for kind, count in held.counts.items() if kind in _COUNTED]
    return TreePage(
        " · ".join(sorted(counts, key=lambda words: words.split(" ", 1)[1])),
        tuple(map(present_line, held.middle)),
        tuple(map(present_line, held.schools)),
        held.may_change,
    )


_ROOT: Final = frozenset({ActKind.MOVE, ActKind.MERGE, ActKind.SPLIT, ActKind.CLOSE})
# What cannot happen to a kind of unit: committees and offices stand below the one department.
_IMPOSSIBLE: Final[Mapping[UnitKind, frozenset[ActKind]]] = {
    UnitKind.MINISTRY: _ROOT,
    UnitKind.DEPARTMENT: _ROOT,
    UnitKind.OFFICE: frozenset({ActKind.MOVE}),
    UnitKind.COMMUNE: frozenset({ActKind.MOVE}),
    UnitKind.OUTSIDE: frozenset(ActKind),
}
_COUNTED: Final = frozenset(KINDS) - {UnitKind.MINISTRY, UnitKind.DEPARTMENT, UnitKind.OUTSIDE}


def present_found(words: str, lines: tuple[UnitLine, ...], total: int) -> FoundPage:
    told = say(mark("Tìm thấy %(total)s đơn vị."), {"total": str(total)})
    if total > len(lines):
        told += " " + say(mark("Đang hiện %(shown)s đơn vị đầu; ghi thêm chữ để thu hẹp."), {"shown": str(len(lines))})
    return FoundPage(words, tuple(map(present_line, lines)), told)


def present_line(held: UnitLine) -> Line:
    schools = say(mark("%(count)s trường"), {"count": str(held.schools)}) if held.schools else ""
    ended = say(mark("đến hết %(day)s"), {"day": day_words(held.ended)}) if held.ended is not None else ""
    return Line(held.name, held.code, say(KINDS[held.kind]), held.parent, schools, ended, f"{HOME}/{held.id}")


def present_unit(held: UnitView) -> UnitPage:
    unit = held.unit
    wanted = ADDRESSES.items() if held.may_change else ()
    impossible = _IMPOSSIBLE.get(held.kind, frozenset())
    return UnitPage(
        name=unit.name,
        code=unit.code,
        kind=say(KINDS[held.kind]),
        days=_days(unit.valid_from, unit.valid_to),
        ended=unit.valid_to is not None,
        parent=present_line(held.parent) if held.parent is not None else None,
        pupils=held.pupils,
        children=tuple(map(present_line, held.children)),
        heirs=tuple(map(present_line, held.heirs)),
        before=tuple(map(present_line, held.before)),
        names=tuple(map(_period, held.names)),
        parents=tuple(_period(each) for each in held.parents if each.words),
        entries=tuple(map(_entry, held.acts)),
        acts=tuple(
            ActLink(say(ACTS[kind]), f"{HOME}/{unit.id}/{path}") for path, kind in wanted if kind not in impossible
        ),
    )


def present_confirm(held: Preview) -> ConfirmPage:
    wanted = held.wanted
    names, heirs = "“" + "”, “".join(held.subjects) + "”", "“" + "”, “".join(held.heirs) + "”"
    sentences = {
        ActKind.RENAME: mark("%(names)s đổi tên thành “%(name)s”. Học bạ đã ký giữ tên cũ."),
        ActKind.MOVE: mark("%(names)s chuyển sang thuộc đơn vị mang mã %(parent)s."),
        ActKind.MERGE: mark("%(names)s sáp nhập vào %(heirs)s và kết thúc."),
        ActKind.SPLIT: mark("%(names)s chia tách cho %(heirs)s."),
        ActKind.CLOSE: mark("%(names)s giải thể. Sở giữ học bạ của đơn vị."),
    }
    values = {"names": names, "heirs": heirs, "name": wanted.name, "parent": wanted.parent}
    return ConfirmPage(
        say(ACTS[wanted.kind]),
        say(sentences[wanted.kind], values),
        wanted.basis.effective_on,
        moved(held.counts.as_json()),
        wanted.ends_units,
        held.digest,
    )


def act_title(kind: ActKind, name: str) -> str:
    return f"{say(ACTS[kind])}: {name}"


def moved(counts: Mapping[str, int]) -> tuple[Moved, ...]:
    """What an act moves, in the order in which people ask; counts as `Consequences` names them."""
    return tuple(Moved(counts[name], say(words)) for name, words in _MOVED.items() if counts.get(name))


def _period(held: Dated) -> Period:
    return Period(held.words, _days(held.since, held.until))


def _days(since: date, until: date | None) -> str:
    if until is None:
        return say(mark("từ %(since)s"), {"since": day_words(since)})
    return say(mark("từ %(since)s đến %(until)s"), {"since": day_words(since), "until": day_words(until)})


def _entry(held: ActLine) -> Entry:
    decision = held.decision or say(mark("không ghi số văn bản"))
    if held.decided_on is not None:
        decision = say(mark("%(number)s ngày %(day)s"), {"number": decision, "day": day_words(held.decided_on)})
    what = ", ".join(held.subjects)
    if held.heirs:
        what = f"{what} → {', '.join(held.heirs)}"
    return Entry(
        say(_PARTS[held.part], {"act": say(ACTS[held.kind])}),
        held.effective_on,
        decision,
        held.by or say(mark("dòng lệnh")),
        held.at,
        what,
        moved(Consequences(**held.counts).as_json()),
    )
