"""Rules about the record of one child: who reads it, gives leave to read it, and asks about it."""

from datetime import date

from portal.identity import SYSTEM, Identity, StaffRole
from portal.permissions.scopes import NOTHING, GrantReach, RecordScope


def may_read_whole_records(identity: Identity | None) -> RecordScope:
    """The department reads every record; a school reads those it manages and the years that it issued (domain §4), or
    that a school issued whose records it keeps; a guardian reads every year of the own child.
    """
    if identity is None:
        return NOTHING
    if identity == SYSTEM or identity.units_as(StaffRole.DEPARTMENT_ADMIN):
        return RecordScope(everything=True)
    schools = identity.reach_as(StaffRole.CLERK, StaffRole.HEAD)
    return RecordScope(managed_by=schools, issued_by=schools, children=identity.children)


def may_use_grants(identity: Identity, day: date) -> GrantReach:
    """Whoever serves in a unit uses what the unit was granted; what was granted to a person only that one uses."""
    return GrantReach(identity.account_id, may_ask_for_grants(identity), day)


def may_ask_for_grants(identity: Identity) -> frozenset[str]:
    """Who works in a unit asks for it; auditors and the ministry need no child's record."""
    return identity.units_as(StaffRole.CLERK, StaffRole.HEAD, StaffRole.MONITOR, StaffRole.DEPARTMENT_ADMIN)


def may_give_grants(identity: Identity) -> bool:
    """The department's administrators give organisations and people leave to open records (plan PL 3)."""
    return bool(identity.units_as(StaffRole.DEPARTMENT_ADMIN))


def may_give_for_child(identity: Identity, transcript_id: int) -> bool:
    """A guardian shares the own child's record, gives leave for it and ends both."""
    return transcript_id in identity.children


def may_decide_grant(identity: Identity, asked_by: int) -> bool:
    """An administrator decides a request: never the person who asked."""
    return may_give_grants(identity) and identity.account_id != asked_by


def may_link_guardians(identity: Identity, managing_unit: str) -> bool:
    """The school that keeps a pupil's records has seen the papers: its clerk and head link guardians and end that."""
    return managing_unit in identity.units_as(StaffRole.CLERK, StaffRole.HEAD)


def may_ask_about_data(identity: Identity, transcript_id: int, managing_unit: str) -> bool:
    """A guardian asks about the own child's data; on paper the school that keeps the records writes it down."""
    return transcript_id in identity.children or may_withdraw_request(identity, managing_unit)


def may_withdraw_request(identity: Identity, managing_unit: str) -> bool:
    """The clerk and the head of the school that keeps the records write down what families say on paper."""
    return managing_unit in identity.units_as(StaffRole.CLERK, StaffRole.HEAD)


def may_answer_about_data(identity: Identity, managing_unit: str) -> bool:
    """The head of the school that keeps the records answers a family, or the department's administrators."""
    return managing_unit in identity.units_as(StaffRole.HEAD) or bool(identity.units_as(StaffRole.DEPARTMENT_ADMIN))


def may_lift_restriction(identity: Identity, transcript_id: int, managing_unit: str) -> bool:
    """The family lifts what it asked for; who answers for the school does, with a reason that the family reads."""
    return transcript_id in identity.children or may_answer_about_data(identity, managing_unit)


def may_see_subject_requests(identity: Identity) -> RecordScope:
    """The department sees every request about data, a school those on records it keeps, a guardian the own child's."""
    if identity.units_as(StaffRole.DEPARTMENT_ADMIN):
        return RecordScope(everything=True)
    return RecordScope(managed_by=identity.reach_as(StaffRole.CLERK, StaffRole.HEAD), children=identity.children)


def may_ask_amendment(identity: Identity) -> RecordScope:
    """A guardian asks for the own child, a school's staff for records that it issued or keeps (plan PL 2.4)."""
    schools = identity.reach_as(StaffRole.CLERK, StaffRole.HEAD)
    return RecordScope(managed_by=schools, issued_by=schools, children=identity.children)


def may_issue_extracts(identity: Identity) -> RecordScope:
    """The holder issues extracts: the family of the own child, the school that keeps the record (plan PL 2.3d)."""
    return RecordScope(managed_by=identity.units_as(StaffRole.CLERK, StaffRole.HEAD), children=identity.children)


def may_answer_amendment(identity: Identity, issuing_unit: str) -> bool:
    """Before the lock the issuing school answers (plan PL 2.4); for a school that is no more, the one that keeps its
    records.
    """
    return issuing_unit in identity.reach_as(StaffRole.CLERK, StaffRole.HEAD)
