"""A guardian's pages: the children, and for one of them what is shared, what prints open, who looked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from portal.presenters.amendments import Line as RequestRow
from portal.presenters.amendments import request_lines
from portal.presenters.grant_words import kinship_words, papers_words, scope_words, views_words, years_words
from portal.presenters.grants import GrantLine, grant_line
from portal.presenters.language import day_words, mark, say
from portal.presenters.ledger import LooksPage, present_looks
from portal.presenters.subject_requests import Line as DataRow
from portal.presenters.subject_requests import data_lines
from portal.presenters.tones import Tone
from portal.services.family import ChildView
from portal.services.guardians import Child, LinkView, PupilLinks
from portal.services.print_openings import PrintView
from portal.services.shares import ShareView


@dataclass(frozen=True, slots=True)
class ChildLine:
    code: str
    full_name: str
    school_name: str
    kinship: str


@dataclass(frozen=True, slots=True)
class ShareLine:
    """A shared link. end: where it is ended, empty when it has ended."""

    what: str
    details: str
    state: str
    tone: Tone
    end: str


@dataclass(frozen=True, slots=True)
class PrintLine:
    """A print. end: where it stops opening anything, empty when it does not open any more."""

    years: str
    issued: str
    state: str
    end: str


@dataclass(frozen=True, slots=True)
class ChildPage:
    """locked: there is something to share."""

    code: str
    full_name: str
    locked: bool
    shares: tuple[ShareLine, ...]
    grants: tuple[GrantLine, ...]
    prints: tuple[PrintLine, ...]
    looks: LooksPage
    requests: tuple[RequestRow, ...]
    data_requests: tuple[DataRow, ...]


@dataclass(frozen=True, slots=True)
class GuardianLine:
    """end: where the link is ended, empty when it has ended."""

    name: str
    kinship: str
    papers: str
    checked: str
    state: str
    tone: Tone
    end: str


@dataclass(frozen=True, slots=True)
class GuardiansPage:
    code: str
    full_name: str
    links: tuple[GuardianLine, ...]


def present_children(children: Sequence[Child]) -> tuple[ChildLine, ...]:
    return tuple(
        ChildLine(each.code, each.full_name, each.school_name, kinship_words(each.kinship)) for each in children
    )


def present_child(view: ChildView) -> ChildPage:
    return ChildPage(
        code=view.code,
        full_name=view.full_name,
        locked=bool(view.years),
        shares=tuple(_share(each) for each in view.shares),
        grants=tuple(grant_line(each) for each in view.grants),
        prints=tuple(_print(each) for each in view.prints),
        looks=present_looks(view.looks),
        requests=request_lines(view.requests),
        data_requests=data_lines(view.data_requests),
    )


def present_guardians(found: PupilLinks, now: datetime) -> GuardiansPage:
    return GuardiansPage(found.code, found.full_name, tuple(_guardian(each, now) for each in found.links))


def _share(view: ShareView) -> ShareLine:
    details = [
        say(mark("lập ngày %(day)s"), {"day": day_words(view.made_at)}),
        say(mark("hết hạn ngày %(day)s"), {"day": day_words(view.expires_at)}),
        views_words(view.views_used, view.views_allowed),
    ]
    if view.download:
        details.append(say(mark("cho tải PDF")))
    state, tone = _share_state(view)
    return ShareLine(
        what=f"{scope_words(view.scope)}, {years_words(view.first_year, view.last_year)}",
        details=" · ".join(details),
        state=state,
        tone=tone,
        end=f"/con-em/chia-se/{view.id}/ket-thuc" if view.open else "",
    )


def _share_state(view: ShareView) -> tuple[str, Tone]:
    if view.open:
        return say(mark("Đang mở")), Tone.INFO
    if view.ended_at is not None:
        return say(mark("Đã kết thúc")), Tone.NEUTRAL
    return say(mark("Hết hạn hoặc hết lượt")), Tone.NEUTRAL


def _print(view: PrintView) -> PrintLine:
    until = day_words(view.opens_until) if view.open and view.opens_until else ""
    return PrintLine(
        years=", ".join(view.years),
        issued=day_words(view.issued_at),
        state=say(mark("mở kết quả đến ngày %(day)s"), {"day": until}) if until else say(mark("chỉ còn tình trạng")),
        end=f"/con-em/ban-in/{view.id}/ket-thuc" if view.open else "",
    )


def _guardian(view: LinkView, now: datetime) -> GuardianLine:
    state, tone = _guardian_state(view, now)
    values = {"who": view.checked_by, "day": day_words(view.checked_at)}
    return GuardianLine(
        name=view.display_name,
        kinship=kinship_words(view.kinship),
        papers=papers_words(view.papers),
        checked=say(mark("%(who)s, ngày %(day)s"), values),
        state=state,
        tone=tone,
        end=f"/giam-ho/lien-ket/{view.id}/ket-thuc" if view.ended_at is None else "",
    )


def _guardian_state(view: LinkView, now: datetime) -> tuple[str, Tone]:
    if view.ended_at is not None:
        return say(mark("Đã kết thúc ngày %(day)s"), {"day": day_words(view.ended_at)}), Tone.NEUTRAL
    if view.username is not None:
        return say(mark("Đã liên kết, tài khoản %(name)s"), {"name": view.username}), Tone.INFO
    if view.invite_until <= now:
        return say(mark("Lời mời đã hết hạn")), Tone.NEUTRAL
    return say(mark("Chờ nhận lời mời, đến ngày %(day)s"), {"day": day_words(view.invite_until)}), Tone.CAUTION
