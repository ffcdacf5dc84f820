"""The home of who has signed in: the deadlines, what is missing, whose turn it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from portal.identity import Identity, StaffRole
from portal.models import State
from portal.presenters.language import mark, say
from portal.presenters.progress import PROGRESS, Tile, tiles
from portal.presenters.rounds import number
from portal.services.progress import Counts
from portal.services.rounds import YearRounds
from portal.services.school_packets import PacketSummary
from portal.services.waiting import Confirmations, Schools

_UNSIGNED: Final = (State.DRAFT.value, State.SUBMITTED.value)
_CLASSES: Final = 12


@dataclass(frozen=True, slots=True)
class Task:
    """What waits. count: empty for work that is not counted. turn: whose turn it is; mine: of who looks.

    href: where it is done or seen.
    """

    count: str
    what: str
    turn: str
    mine: bool
    href: str


@dataclass(frozen=True, slots=True)
class ToSign:
    """A class that waits for the head's signature."""

    name: str
    count: str
    href: str


@dataclass(frozen=True, slots=True)
class Desk:
    """to_sign: the classes that wait for who looks; more: how many others do, empty for none.

    brings: who looks brings in classes.
    """

    school_year: str
    tiles: tuple[Tile, ...]
    tasks: tuple[Task, ...]
    to_sign: tuple[ToSign, ...]
    more: str
    href: str
    brings: bool


@dataclass(frozen=True, slots=True)
class Beside:
    """What the desk shows beside the counts. packets: of the school whose head looks. files: sent, not taken in yet."""

    schools: Schools
    packets: Sequence[PacketSummary]
    files: int
    confirmations: Confirmations


def present_desk(identity: Identity, rounds: YearRounds, counts: Counts, beside: Beside, now: datetime) -> Desk:
    """The desk of a clerk, a head, a committee or the department."""
    head, clerk = bool(identity.units_as(StaffRole.HEAD)), bool(identity.units_as(StaffRole.CLERK))
    department = bool(identity.units_as(StaffRole.DEPARTMENT_ADMIN))
    where = "/goi-hoc-ba" if head or clerk else PROGRESS
    primary, asked = beside.schools.primary, beside.confirmations
    nothing = primary and not counts.total and not beside.files
    waiting = [
        (packet, n) for packet in beside.packets if (n := sum(packet.counts.get(state, 0) for state in _UNSIGNED))
    ]
    found = (
        (asked.locks, mark("đề nghị chốt chờ cán bộ thứ hai xác nhận"), mark("Sở"), True, "/chot-du-lieu"),
        (asked.keys, mark("đề nghị về chứng thư chờ cán bộ thứ hai xác nhận"), mark("Sở"), True, "/chung-thu"),
        (asked.people, mark("đề nghị về người dùng chờ cán bộ thứ hai xác nhận"), mark("Sở"), True, "/nguoi-dung"),
        (asked.corrections, mark("việc sau khi chốt chờ cán bộ thứ hai xác nhận"), mark("Sở"), True, "/sau-khi-chot"),
        (beside.files, mark("tệp lớp đã gửi, chưa nhận vào: xem kết quả"), mark("Văn thư"), clerk, "/goi-hoc-ba"),
        (counts.draft, mark("bản nháp: xem trước, ký, đóng dấu, nộp"), mark("Người đứng đầu trường"), head, where),
        (counts.submitted, mark("đã nộp, còn thiếu một chữ ký"), mark("Người đứng đầu trường"), head, where),
        (counts.rejected, mark("không được tiếp nhận: sửa rồi gửi lại"), mark("Văn thư"), clerk, where),
        (counts.second_open, _second_round(rounds, now), mark("Văn thư"), clerk, where),
        (counts.accepted, mark("đã tiếp nhận, chờ chốt theo đợt"), mark("Sở"), department, "/chot-du-lieu"),
    )
    first = Task("0", say(mark("học bạ đã gửi: nhập lớp đầu tiên")), say(mark("Văn thư")), clerk, "/goi-hoc-ba/nhap")
    return Desk(
        school_year=rounds.school_year,
        tiles=tiles(rounds, counts, now) if primary or not (head or clerk) else (),
        tasks=(
            *((_receiving(clerk),) if beside.schools.receiving and not primary else ()),
            *((first,) if nothing else ()),
            *(Task(number(n), say(what), say(turn), mine, href) for n, what, turn, mine, href in found if n),
        ),
        to_sign=tuple(
            ToSign(packet.class_name, number(n), f"/goi-hoc-ba/{packet.packet_id}") for packet, n in waiting[:_CLASSES]
        ),
        more=number(len(waiting) - _CLASSES) if len(waiting) > _CLASSES else "",
        href=PROGRESS,
        brings=primary,
    )


def _second_round(rounds: YearRounds, now: datetime) -> str:
    if rounds.second.is_over(now):
        return mark("chưa ký, phải đánh giá bổ sung, đã quá hạn đợt 2")
    return mark("chưa ký, phải đánh giá bổ sung, thuộc đợt 2, chưa muộn")


def _receiving(clerk: bool) -> Task:
    return Task(
        "", say(mark("Tiếp nhận học sinh và kiểm tra hồ sơ các em mang đến")), say(mark("Văn thư")), clerk, "/tiep-nhan"
    )
