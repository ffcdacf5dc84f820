"""One-page guides: each role's steps of the year in their order, each with its page, its days and its remedies.

Days stand in the words as names in parentheses and are filled with what holds today: a guide never says an old limit.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from portal.identity import Identity, StaffRole
from portal.presenters.guide_steps import Guide, Step
from portal.presenters.guides_authorities import COMMITTEE, DEPARTMENT
from portal.presenters.guides_outside import AUDITOR, FAMILY, RECEIVING
from portal.presenters.guides_schools import CLERK, HEAD
from portal.presenters.language import day_words, say
from portal.services.admissions import KEPT
from portal.services.corrections import LIFE_OPEN
from portal.services.custody_days import DayLimits
from portal.services.guardians import INVITATION
from portal.services.key_proposals import LIFE
from portal.services.rounds import YearRounds
from portal.services.uploads import WAITS
from portal.services.waiting import Schools

GUIDES: Final[Mapping[str, Guide]] = {
    "phu-huynh": FAMILY,
    "van-thu": CLERK,
    "hieu-truong": HEAD,
    "xa": COMMITTEE,
    "so": DEPARTMENT,
    "thcs": RECEIVING,
    "kiem-toan": AUDITOR,
}
_BY_ROLE: Final = {
    StaffRole.DEPARTMENT_ADMIN: "so",
    StaffRole.HEAD: "hieu-truong",
    StaffRole.CLERK: "van-thu",
    StaffRole.MONITOR: "xa",
    StaffRole.AUDITOR: "kiem-toan",
    StaffRole.MINISTRY: "kiem-toan",
}


@dataclass(frozen=True, slots=True)
class GuideLink:
    """A guide in the list. mine: written for the role of who looks."""

    href: str
    title: str
    lead: str
    mine: bool


@dataclass(frozen=True, slots=True)
class ShownStep:
    """A step as it is read: every day filled in; empty where there is nothing to say."""

    title: str
    text: str
    when: str
    fails: str
    href: str
    link: str
    picture: str


@dataclass(frozen=True, slots=True)
class ShownGuide:
    title: str
    lead: str
    steps: tuple[ShownStep, ...]


def guide_links(identity: Identity | None, schools: Schools) -> tuple[GuideLink, ...]:
    """Every guide, those of one's own roles first. schools: what the person's schools do."""
    mine = _own(identity)
    if schools.receiving:
        mine = (mine if schools.primary else mine - {"van-thu", "hieu-truong"}) | {"thcs"}
    links = [
        GuideLink(f"/huong-dan/{name}", say(guide.title), say(guide.lead), name in mine)
        for name, guide in GUIDES.items()
    ]
    return tuple(sorted(links, key=lambda link: not link.mine))


def present_guide(guide: Guide, rounds: YearRounds, limits: DayLimits) -> ShownGuide:
    """A guide with the days that hold today."""
    values = {
        "first": day_words(rounds.first.last_day),
        "second": day_words(rounds.second.last_day),
        "report1": day_words(rounds.first.report_day),
        "report2": day_words(rounds.second.report_day),
        "receiving": str(limits.receiving),
        "keeping": str(limits.keeping),
        "invitation": str(INVITATION.days),
        "confirming": str(LIFE.days),
        "waits": str(WAITS.days),
        "replacing": str(LIFE_OPEN.days),
        "claimed": str(KEPT.days),
    }
    return ShownGuide(say(guide.title), say(guide.lead), tuple(_shown(step, values) for step in guide.steps))


def _own(identity: Identity | None) -> frozenset[str]:
    if identity is None:
        return frozenset()
    staff = {_BY_ROLE[held.role] for held in identity.appointments}
    return frozenset(staff | ({"phu-huynh"} if identity.children else set()))


def _shown(step: Step, values: Mapping[str, str]) -> ShownStep:
    text, when, fails = (say(words, values) if words else "" for words in (step.text, step.when, step.fails))
    return ShownStep(say(step.title), text, when, fails, step.href, say(step.link), step.picture)
