"""The registry of certificates in words: the list, one key, and what the instance trusts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from portal.presenters.certificate_blocks import CertificateBlock, Pair, certificate_block
from portal.presenters.certificate_words import KEYS, STATE_TONES, STATES, fault_sentence, period
from portal.presenters.key_proposals import ProposalRow, proposal_row
from portal.presenters.language import mark, moment_words, say
from portal.presenters.states import role_words
from portal.presenters.tones import Tone
from portal.services.certificate_trust import TrustFault, TrustOverview
from portal.services.certificates import ENDING_DAYS, PAGE_ROWS, Key, KeyFilter, KeyState, UnitChoice, ending
from portal.services.examinations import Examination
from portal.services.key_proposals import ProposalView
from verify.signing import Role


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A line of the list. registered, certificate: the two periods in words. left: days until it ends."""

    href: str
    unit_name: str
    unit_code: str
    role: str
    holder: str
    issuer: str
    serial: str
    registered: str
    certificate: str
    state: str
    tone: Tone
    ends_at: datetime
    left: str


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    words: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class KeysPage:
    """official: whether the department looks. summary: how many were found. previous, next: neighbour pages."""

    official: bool
    text: str
    roles: tuple[Choice, ...]
    states: tuple[Choice, ...]
    ending: tuple[KeyRow, ...]
    ending_days: int
    waiting: tuple[ProposalRow, ...]
    rows: tuple[KeyRow, ...]
    summary: str
    faults: tuple[str, ...]
    page: int
    pages: int
    previous: str | None
    next: str | None


@dataclass(frozen=True, slots=True)
class KeyPage:
    """may_end: the person may propose an end, and there is something to end."""

    href: str
    row: KeyRow
    pairs: tuple[Pair, ...]
    certificate: CertificateBlock
    history: tuple[ProposalRow, ...]
    official: bool
    may_end: bool


@dataclass(frozen=True, slots=True)
class AuthorityLine:
    name: str
    kind: str
    not_before: datetime
    not_after: datetime


@dataclass(frozen=True, slots=True)
class ListLine:
    issuer: str
    made_at: datetime
    until: str
    count: int
    state: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class TrustPage:
    faults: tuple[str, ...]
    fresh_until: datetime | None
    authorities: tuple[AuthorityLine, ...]
    lists: tuple[ListLine, ...]


def filter_of(text: str, role: str, state: str) -> KeyFilter:
    """A filter from what came with an address; unknown words count as not given."""
    return KeyFilter(
        text=text,
        role=Role(role) if role in {each.value for each in Role} else None,
        state=KeyState(state) if state in {each.value for each in KeyState} else None,
    )


def unit_words(units: Sequence[UnitChoice]) -> dict[str, str]:
    """The choices of a form: code, and name with code."""
    return {unit.code: f"{unit.name} ({unit.code})" for unit in units}


def role_choices(units: Sequence[UnitChoice]) -> dict[str, str]:
    held = {role for unit in units for role in unit.roles}
    return {role.value: role_words(role.value) for role in reversed(Role) if role in held}


def present_keys(
    held: Sequence[Key],
    waiting: Sequence[ProposalView],
    faults: Sequence[TrustFault],
    wanted: KeyFilter,
    page: int,
    *,
    official: bool,
) -> KeysPage:
    found = [key for key in held if wanted.fits(key)]
    pages = max(1, -(-len(found) // PAGE_ROWS))
    page = min(page, pages)

    def neighbour(number: int) -> str | None:
        return _address(wanted, number) if 1 <= number <= pages else None

    return KeysPage(
        official=official,
        text=wanted.text,
        roles=tuple(Choice(each.value, role_words(each.value), each is wanted.role) for each in reversed(Role)),
        states=tuple(Choice(each.value, say(words), each is wanted.state) for each, words in STATES.items()),
        ending=tuple(key_row(key) for key in ending(tuple(held))),
        ending_days=ENDING_DAYS,
        waiting=tuple(proposal_row(each) for each in waiting),
        rows=tuple(key_row(key) for key in found[(page - 1) * PAGE_ROWS : page * PAGE_ROWS]),
        summary=_summary(len(found)),
        faults=tuple(fault_sentence(fault) for fault in faults),
        page=page,
        pages=pages,
        previous=neighbour(page - 1),
        next=neighbour(page + 1),
    )


def present_key(key: Key, examined: Examination, history: Sequence[ProposalView], *, official: bool) -> KeyPage:
    pairs = [
        Pair(say(mark("Đơn vị")), f"{key.unit_name} ({key.unit_code})"),
        Pair(say(mark("Vai ký")), role_words(key.role.value)),
        Pair(say(mark("Được ký")), period(key.valid_from, key.valid_to)),
        Pair(say(mark("Ghi vào sổ")), moment_words(key.added_at)),
    ]
    if key.log_index is not None:
        pairs.append(Pair(say(mark("Dòng trong sổ minh bạch")), str(key.log_index)))
    over = key.valid_to is not None and key.valid_to <= examined.at
    return KeyPage(
        href=f"{KEYS}/{key.id}",
        row=key_row(key),
        pairs=tuple(pairs),
        certificate=certificate_block(examined, ()),
        history=tuple(proposal_row(each) for each in reversed(history)),
        official=official,
        may_end=official and not over,
    )


def present_trust(seen: TrustOverview, now: datetime) -> TrustPage:
    return TrustPage(
        faults=tuple(fault_sentence(fault) for fault in seen.faults),
        fresh_until=seen.fresh_until,
        authorities=tuple(
            AuthorityLine(
                each.name,
                say(mark("Gốc") if each.is_root else mark("Trung gian")),
                each.not_before,
                each.not_after,
            )
            for each in seen.authorities
        ),
        lists=tuple(
            ListLine(
                issuer=each.issuer,
                made_at=each.made_at,
                until=moment_words(each.next_update) if each.next_update is not None else say(mark("không ghi")),
                count=each.count,
                state=say(
                    mark("Không được dùng")
                    if not each.known
                    else mark("Còn hạn")
                    if each.fresh(now)
                    else mark("Quá hạn")
                ),
                tone=Tone.INFO if each.known and each.fresh(now) else Tone.BAD,
            )
            for each in seen.lists
        ),
    )


def key_row(key: Key) -> KeyRow:
    facts = key.says.facts
    return KeyRow(
        href=f"{KEYS}/{key.id}",
        unit_name=key.unit_name,
        unit_code=key.unit_code,
        role=role_words(key.role.value),
        holder=facts.subject,
        issuer=facts.issuer,
        serial=facts.serial,
        registered=period(key.valid_from, key.valid_to),
        certificate=period(facts.not_before, facts.not_after),
        state=say(STATES[key.state]),
        tone=STATE_TONES[key.state],
        ends_at=key.ends_at,
        left=say(mark("còn %(n)s ngày"), {"n": str(key.days_left)}) if key.state is KeyState.ENDING else "",
    )


def _summary(count: int) -> str:
    if count == 0:
        return say(mark("Không có chứng thư nào phù hợp."))
    return say(mark("%(n)s chứng thư."), {"n": f"{count:,}".replace(",", ".")})


def _address(wanted: KeyFilter, page: int) -> str:
    asked = {
        "q": wanted.text,
        "vai": wanted.role.value if wanted.role is not None else "",
        "tt": wanted.state.value if wanted.state is not None else "",
        "trang": str(page) if page > 1 else "",
    }
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"{KEYS}?{query}" if query else KEYS
