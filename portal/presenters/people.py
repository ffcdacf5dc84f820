"""People on pages: the list, one person with dated roles, what waits for a second official."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from portal.identity import StaffRole
from portal.models import InvitationKind, PeopleProposalKind
from portal.presenters.language import day_words, mark, say
from portal.presenters.tones import Tone
from portal.services.invitations import Offer
from portal.services.people_pages import (
    InvitationLine,
    PeopleList,
    PersonLine,
    PersonView,
    ProposalLine,
    RoleView,
)

PEOPLE: Final = "/nguoi-dung"
ROLES: Final[Mapping[StaffRole, str]] = {
    StaffRole.CLERK: mark("Văn thư"),
    StaffRole.HEAD: mark("Người đứng đầu"),
    StaffRole.DEPARTMENT_ADMIN: mark("Quản trị của Sở"),
    StaffRole.AUDITOR: mark("Kiểm toán"),
    StaffRole.MONITOR: mark("Theo dõi các trường"),
    StaffRole.MINISTRY: mark("Đọc báo cáo của Bộ"),
}


@dataclass(frozen=True, slots=True)
class RoleLine:
    """end: where it is ended, empty when it has ended or the reader may not."""

    id: int
    role: str
    unit: str
    days: str
    state: str
    tone: Tone
    end: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """An invitation or a proposal. href: of a proposal. end: where an invitation is ended."""

    name: str
    what: str
    by: str
    state: str
    tone: Tone
    href: str = ""
    end: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    href: str
    name: str
    username: str
    roles: tuple[str, ...]
    state: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """everything: the reader sees all units. summary: how many were found."""

    people: tuple[Person, ...]
    invitations: tuple[Waiting, ...]
    proposals: tuple[Waiting, ...]
    everything: bool
    summary: str
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class PersonPage:
    person: Person
    roles: tuple[RoleLine, ...]
    waiting: tuple[Waiting, ...]
    own: bool
    gives: bool
    resets: bool
    by_two: bool
    closes: bool

    def ending(self, role_id: int) -> RoleLine | None:
        """The role that the reader may end, None for any other."""
        return next((each for each in self.roles if each.id == role_id and each.end), None)


@dataclass(frozen=True, slots=True)
class ProposalPage:
    """confirms: the reader may be the second official. mine: the reader proposed it."""

    href: str
    person: str
    name: str
    username: str
    what: str
    by: str
    expires: str
    reset: bool
    confirms: bool
    mine: bool


def role_words(role: StaffRole) -> str:
    return say(ROLES[role])


def present_people(found: PeopleList) -> PeoplePage:
    summary = say(mark("%(count)s người")) % {"count": found.found}
    return PeoplePage(
        tuple(_person(each) for each in found.people),
        tuple(_invitation(each) for each in found.invitations),
        tuple(_proposal(each) for each in found.proposals),
        found.everything,
        summary,
        found.page,
        found.pages,
    )


def present_person(view: PersonView) -> PersonPage:
    person = _person(view.line)
    return PersonPage(
        person=person,
        roles=tuple(_role(each, person.href) for each in view.roles),
        waiting=(
            *(_proposal(each) for each in view.proposals),
            *(_invitation(each) for each in view.invitations),
        ),
        own=view.own,
        gives=view.gives,
        resets=view.resets,
        by_two=view.by_two,
        closes=view.closes,
    )


def present_proposal(line: ProposalLine) -> ProposalPage:
    return ProposalPage(
        href=f"{PEOPLE}/de-nghi/{line.id}",
        person=f"{PEOPLE}/{line.account_id}",
        name=line.display_name,
        username=line.username,
        what=_proposed(line),
        by=line.by,
        expires=day_words(line.expires_at.date()),
        reset=line.kind is PeopleProposalKind.RESET,
        confirms=line.confirms,
        mine=line.mine,
    )


def offer_words(offer: Offer) -> str:
    """What an invitation offers, for the person who takes it up."""
    if offer.role is None or offer.unit_name is None or offer.since is None:
        return say(mark("Đặt mật khẩu mới cho tài khoản %(name)s."), {"name": offer.username or ""})
    what = f"{role_words(offer.role)}, {offer.unit_name}, {_days(offer.since, offer.until)}"
    if offer.by_two:
        return say(mark("%(what)s; có hiệu lực sau khi cán bộ thứ hai của Sở xác nhận."), {"what": what})
    return say(mark("%(what)s."), {"what": what})


def _person(line: PersonLine) -> Person:
    state, tone = _standing(line)
    roles = tuple(f"{role_words(each.role)}, {each.unit_name}" for each in line.roles)
    return Person(f"{PEOPLE}/{line.id}", line.display_name, line.username, roles, state, tone)


def _standing(line: PersonLine) -> tuple[str, Tone]:
    if not line.active:
        return say(mark("Đã đóng")), Tone.NEUTRAL
    if any(not each.ahead for each in line.roles):
        return say(mark("Đang làm việc")), Tone.INFO
    if line.roles:
        return say(mark("Chưa đến ngày")), Tone.CAUTION
    return say(mark("Không giữ vai trò")), Tone.NEUTRAL


def _role(view: RoleView, href: str) -> RoleLine:
    state, tone = say(mark("Đang giữ")), Tone.INFO
    if view.over:
        state, tone = say(mark("Đã kết thúc")), Tone.NEUTRAL
    elif view.ahead:
        state, tone = say(mark("Chưa đến ngày")), Tone.CAUTION
    end = f"{href}/vai-tro/{view.id}" if view.ends else ""
    return RoleLine(view.id, role_words(view.role), view.unit_name, _period(view), state, tone, end)


def _period(view: RoleView) -> str:
    if view.until is not None and view.until < view.since:
        return say(mark("từ %(since)s, kết thúc trước khi bắt đầu"), {"since": day_words(view.since)})
    return _days(view.since, view.until)


def _days(since: date, until: date | None) -> str:
    if until is None:
        return say(mark("từ %(since)s"), {"since": day_words(since)})
    return say(mark("%(since)s – %(until)s"), {"since": day_words(since), "until": day_words(until)})


def _invitation(line: InvitationLine) -> Waiting:
    if line.kind is InvitationKind.RESET or line.role is None:
        what = say(mark("Đặt lại mật khẩu"))
    else:
        what = f"{role_words(line.role)}, {line.unit_name}"
    until = {"day": day_words(line.until.date())}
    state = say(mark("Đã hết hạn")) if line.late else say(mark("Chờ nhận, đến %(day)s"), until)
    tone = Tone.NEUTRAL if line.late else Tone.CAUTION
    return Waiting(line.display_name, what, line.by, state, tone, end=f"{PEOPLE}/loi-moi/{line.id}/ket-thuc")


def _proposal(line: ProposalLine) -> Waiting:
    state = say(mark("Chờ bạn xác nhận")) if line.confirms else say(mark("Chờ cán bộ thứ hai"))
    href = f"{PEOPLE}/de-nghi/{line.id}"
    return Waiting(line.display_name, _proposed(line), line.by, state, Tone.CAUTION, href=href)


def _proposed(line: ProposalLine) -> str:
    if line.role is None or line.since is None:
        return say(mark("Đặt lại mật khẩu"))
    return f"{role_words(line.role)}, {line.unit_name}, {_days(line.since, line.until)}"
